"""Test the response type of files: how it is sent, and that it is like any other response."""

from __future__ import annotations

import io
from copy import copy
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response as BaseResponse

from clastic.http import Response
from clastic.static.responses import StaticFileResponse

FIELDS = (("ETag", '"a"'), ("Content-Length", "5"), ("Content-Type", "text/css"))


class Body(io.BytesIO):
    """The iterable that a server makes for an open file."""


def make(status: int = 200) -> StaticFileResponse:
    return StaticFileResponse(Body(b"first"), status, FIELDS)


def theirs(status: int = 200) -> BaseResponse:
    return BaseResponse(Body(b"first"), status, FIELDS, direct_passthrough=True)


def serve(response: BaseResponse, method: str = "GET") -> tuple[str, list[Any], bytes]:
    chunks, status, headers = run_wsgi_app(response, create_environ(method=method))
    return status, list(headers), b"".join(chunks)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 206])
def test_it_sends_what_werkzeug_sends(status, method):
    assert serve(make(status), method) == serve(theirs(status), method)


def test_the_server_gets_its_own_iterable():
    body = Body(b"first")
    response = StaticFileResponse(body, 200, FIELDS)
    assert response(create_environ(), lambda status, headers: None) is body


def test_headers_are_not_made_before_they_are_read():
    response = make()
    serve(response)
    assert "headers" not in vars(response)


@pytest.mark.parametrize(
    "name",
    [
        *("status", "status_code", "headers", "content_type", "content_length", "is_streamed"),
        *("direct_passthrough", "is_sequence", "cache_control", "mimetype_params"),
    ],
)
def test_its_attributes_are_those_of_any_response(name):
    assert getattr(make(), name) == getattr(theirs(), name)


CHANGES = {
    "a header": lambda response: response.headers.add("X-A", "1"),
    "all headers": lambda response: setattr(response, "headers", response.headers.copy()),
    "the status": lambda response: setattr(response, "status", "404 Gone astray"),
    "the status code": lambda response: setattr(response, "status_code", 410),
    "the body": lambda response: setattr(response, "data", b"other"),
    "the iterable": lambda response: setattr(response, "response", [b"other"]),
    "a cookie": lambda response: response.set_cookie("a", "b"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_changes_are_sent(change):
    ours, other = make(), theirs()
    change(ours)
    change(other)
    assert serve(ours) == serve(other)
    assert serve(make()) != serve(other)


def test_a_copy_has_its_own_headers():
    response = make()
    other = copy(response)
    other.headers["X-A"] = "1"
    assert "X-A" not in response.headers


def test_call_on_close_works():
    ran = []
    response = make()
    response.call_on_close(lambda: ran.append(True))
    response.close()
    assert (ran, response.response.closed) == ([True], True)


def test_it_is_a_clastic_response():
    assert isinstance(make(), Response)


@pytest.mark.parametrize("name", ["nonexistent", "_nonexistent", "__nonexistent__"])
def test_it_has_no_unknown_attributes(name):
    with pytest.raises(
        AttributeError, match=f"'StaticFileResponse' object has no attribute '{name}'"
    ):
        getattr(make(), name)
