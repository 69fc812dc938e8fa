"""Test the members of HTTP errors that apps written for Clastic 26 use."""

from __future__ import annotations

import json
import logging

import pytest

from clastic import GET, Application, Response, Route, render_json
from clastic.errors import (
    BadRequest,
    Conflict,
    ErrorHandler,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    ServiceUnavailable,
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


# -- error handlers --------------------------------------------------------------------------------


def named(values):
    """Return the names of values, and the types of those that the framework provides."""
    return {name: type(value).__name__ for name, value in values.items()}


BUILT_IN = {
    "_application": "Application",
    "_route": "BoundRoute",
    "_dispatch_state": "DispatchState",
}


def divide(id):
    return 1 / 0


def refuse(id):
    raise Conflict("No.")


def test_the_keywords_of_an_error_handler_get_resources_and_path_values():
    calls = []

    class Handler(ErrorHandler):
        def render_error(self, request, _error, **kwargs):
            calls.append(named(kwargs))
            return Response("page", _error.code)

    app = Application(
        [("/<id:int>", refuse)], resources={"words": ["tea"]}, error_handler=Handler()
    )
    client = app.get_local_client()
    assert client.get("/7").text == client.get("/no/where").text == "page"
    assert calls == [
        {**BUILT_IN, "words": "list", "id": "int"},
        {**BUILT_IN, "words": "list"},
    ]


def test_the_keywords_of_a_render_error_are_the_arguments_that_it_does_not_name():
    def page(_error, words, **kwargs):
        return Response(f"{words} {sorted(kwargs)}")

    app = Application([Route("/<id>", refuse, None, page)], resources={"words": ["tea"]})
    assert app.get_local_client().get("/7").text == (
        "['tea'] ['_application', '_dispatch_state', '_route', 'id', 'request']"
    )


def test_uncaught_to_response_gets_the_exception_and_the_request():
    calls = []

    class Handler(ErrorHandler):
        def uncaught_to_response(self, **kwargs):
            calls.append(named(kwargs))
            return Response("broken", 500)

    app = Application([("/<id>", divide)], resources={"words": []}, error_handler=Handler())
    assert app.get_local_client().get("/7").text == "broken"
    assert calls == [
        {
            **BUILT_IN,
            "id": "str",
            "words": "list",
            "request": "Request",
            "_error": "ZeroDivisionError",
        }
    ]


def test_the_types_of_an_error_handler_are_called_with_keywords():
    calls = []

    def recorded(error_type):
        def make(**kwargs):
            calls.append(named(kwargs))
            return error_type(**kwargs)

        return staticmethod(make)

    class Handler(ErrorHandler):
        not_found_type = recorded(NotFound)
        method_not_allowed_type = recorded(MethodNotAllowed)
        server_error_type = recorded(ServiceUnavailable)

    app = Application([GET("/<id>", divide)], error_handler=Handler())
    client = app.get_local_client()
    answers = [client.get("/no/where"), client.post("/7"), client.get("/7")]
    assert [each.status_code for each in answers] == [404, 405, 503]
    assert calls == [
        {"request": "Request", "application": "Application", "dispatch_state": "DispatchState"},
        {"allowed_methods": "set"},
        {"exc_info": "ExceptionInfo", "source_route": "BoundRoute"},
    ]


def test_errors_of_the_framework_have_their_dispatch_state_or_exception():
    errors = []

    class Handler(ErrorHandler):
        def render_error(self, _error):
            errors.append(_error)
            return _error

    client = Application([("/<id>", divide)], error_handler=Handler()).get_local_client()
    client.get("/no/where")
    client.get("/7")
    missing, broken = errors
    assert missing.dispatch_state.attempted_routes == []
    assert broken.exc_info.exc_type == "ZeroDivisionError"
