"""Test the members of HTTP errors that apps written for Clastic 26 use."""

from __future__ import annotations

import json
import logging

import pytest

from clastic import Application, Response, Route, render_json
from clastic.errors import (
    BadRequest,
    Conflict,
    HTTPException,
    MethodNotAllowed,
    NotFound,
)


def ask(error: HTTPException, accept: str = "*/*") -> Response:
    def fail():
        raise error

    app = Application([("/", fail)])
    return app.get_local_client().get("/", headers={"Accept": accept})


def test_an_error_can_be_written_in_each_format():
    error = BadRequest("a < b", error_type="https://e.example/age")

    fields = {
        "code": 400,
        "message": "Bad Request",
        "detail": "a < b",
        "error_type": "https://e.example/age",
    }
    assert error.to_dict() == fields
    assert error.to_escaped_dict() == {**fields, "code": "400", "detail": "a &lt; b"}
    assert error.to_json() == json.dumps(fields, indent=2, sort_keys=True)
    assert error.to_json(indent=None, sort_keys=False) == json.dumps(fields)
    assert error.to_text() == "400 Bad Request\na < b\n"
    assert "<p>a &lt; b</p>" in error.to_html()
    assert "<http_error>\n<code>400</code>\n<message>Bad Request</message>" in error.to_xml()


def test_a_render_error_can_send_the_fields_of_an_error():
    def page(_error):
        response = render_json({"error": _error.to_dict()["detail"]})
        response.status_code = _error.code
        return response

    def fail():
        raise Conflict("taken")

    app = Application([Route("/", fail, render_json, page)])
    response = app.get_local_client().get("/")
    assert (response.status_code, response.json) == (409, {"error": "taken"})


class FieldError(BadRequest):
    def to_dict(self):
        return {**super().to_dict(), "detail": "<mine>", "field": "age"}


class OwnTextsError(BadRequest):
    def to_text(self):
        return "my text"

    def to_html(self):
        return "<p>my page"

    def to_json(self, **options):
        return '{"my": "JSON"}'

    def to_xml(self):
        return "<my/>"


class CarelessError(BadRequest):
    def to_escaped_dict(self):
        return {"message": "a &amp; b", "detail": "<script>"}


@pytest.mark.parametrize(
    ("error", "accept", "text"),
    [
        (FieldError(), "text/plain", "400 Bad Request\n<mine>\n"),
        (FieldError(), "text/html", "<p>&lt;mine&gt;</p>"),
        (FieldError(), "application/json", '"field": "age"'),
        (FieldError(), "application/xml", "<field>age</field>"),
        (OwnTextsError(), "text/plain", "my text"),
        (OwnTextsError(), "text/html", "<p>my page"),
        (OwnTextsError(), "application/json", '{"my": "JSON"}'),
        (OwnTextsError(), "application/xml", "<my/>"),
        (OwnTextsError(), "application/problem+json", '"title": "Bad Request"'),
        (CarelessError(), "text/html", "<p>a &amp; b</p>\n<p>&lt;script&gt;</p>"),
        (CarelessError(), "application/xml", "<detail>&lt;script&gt;</detail>"),
    ],
)
def test_an_overridden_member_shapes_what_is_sent(error, accept, text):
    response = ask(error, accept)
    assert (response.status_code, response.mimetype) == (400, accept)
    assert text in response.text


def test_an_overridden_member_that_fails_leaves_the_usual_text(caplog):
    class BrokenError(BadRequest):
        def to_dict(self):
            raise RuntimeError("no fields")

    with caplog.at_level(logging.ERROR, logger="clastic"):
        assert ask(BrokenError("No.")).text == "400 Bad Request\nNo.\n"
    assert caplog.messages == ["BrokenError failed to make its own text"]
    assert "no fields" in caplog.text


@pytest.mark.parametrize(
    ("error", "mimetype", "content_type", "start"),
    [
        (BadRequest(), "application/json", "application/json", '{"code"'),
        (BadRequest(), "text/html", "text/html; charset=utf-8", "<!doctype html>"),
        (BadRequest(), "image/png", "text/plain; charset=utf-8", "400 Bad Request"),
        (OwnTextsError(), None, "text/plain; charset=utf-8", "my text"),
    ],
)
def test_an_error_can_be_adapted_to_a_format(error, mimetype, content_type, start):
    error.adapt(mimetype)
    response = ask(error, "application/xml")
    assert response.content_type == content_type
    assert response.text.startswith(start)


@pytest.mark.parametrize("error_type", [HTTPException, NotFound, MethodNotAllowed])
def test_every_error_takes_the_keywords_of_clastic_26(error_type):
    record, state = object(), object()
    error = error_type(
        exc_info=record, dispatch_state=state, request=object(), application=object()
    )
    assert (error.exc_info, error.dispatch_state) == (record, state)
    assert (error_type().exc_info, error_type().dispatch_state) == (None, None)
