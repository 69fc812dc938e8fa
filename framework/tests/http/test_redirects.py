"""Redirects: their locations, statuses and pages. Bytes on the wire: test_wire.py."""

from __future__ import annotations

import inspect
from http import HTTPStatus

import pytest
import werkzeug.utils
from werkzeug.test import create_environ, run_wsgi_app

from clastic.http import (
    BaseResponse,
    Redirector,
    Response,
    append_slash_redirect,
    redirect,
    redirect_to_path,
)


def serve(response):
    chunks, status, headers = run_wsgi_app(response, create_environ(), buffered=True)
    return status, list(headers), b"".join(chunks)


def test_append_slash_redirect_is_that_of_werkzeug():
    assert append_slash_redirect is werkzeug.utils.append_slash_redirect


def test_redirect_returns_a_response_of_the_framework():
    response = redirect("/new")
    assert type(response) is Response
    assert (response.status_code, response.location) == (302, "/new")


def test_redirect_returns_a_response_of_the_given_type():
    class Own(BaseResponse):
        pass

    assert type(redirect("/new", 307, Own)) is Own
    assert type(redirect("/new", code=303, Response=None)) is BaseResponse


@pytest.mark.parametrize("make", [redirect, Redirector])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        pytest.param("/a\nSet-Cookie: b=c", r"'\n' at position 2", id="a line feed"),
        pytest.param("\r/a", r"'\r' at position 0", id="a carriage return"),
        pytest.param("/a\tb", r"'\t' at position 2", id="a tab"),
        pytest.param("/\x00", r"'\x00' at position 1", id="a NUL"),
        pytest.param(
            "/\x1f", r"'\x1f' at position 1", id="the last control character before the space"
        ),
        pytest.param("/ab\x7f\x00", r"'\x7f' at position 3", id="a DEL"),
    ],
)
def test_a_location_with_a_control_character_is_refused(make, location, shown):
    with pytest.raises(ValueError, match="control character") as caught:
        make(location)
    assert str(caught.value) == (
        f"Cannot redirect to {location!r}: it has the control character {shown}. "
        "Percent-encode it, or leave it out."
    )


@pytest.mark.parametrize(
    ("method", "code"), [("GET", 302), ("HEAD", 302), ("POST", 307), ("DELETE", 307)]
)
def test_a_redirect_to_a_path_keeps_the_method_and_the_query(method, code):
    environ = create_environ("/old?a=b&c=\xe9", "http://localhost/root", method=method)
    response = redirect_to_path(environ, "/n\xe9w")
    assert type(response) is Response
    assert (response.status_code, response.location) == (code, "/root/n%C3%A9w?a=b&c=%C3%A9")


class TestRedirector:
    def test_redirects_permanently(self):
        status, headers, _ = serve(Redirector("/new")())
        assert (status, dict(headers)["Location"]) == ("301 MOVED PERMANENTLY", "/new")

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", ["/new", "/é?a=<b>&c", "http://Example.com:80/a b"])
    def test_sends_what_redirect_does(self, location, code):
        status, headers, body = serve(Redirector(location, code=code)())
        expected_status, expected_headers, expected_body = serve(redirect(location, code))
        assert (status, body) == (expected_status, expected_body)
        assert sorted(headers) == sorted(expected_headers)

    def test_makes_a_response_for_each_request(self):
        redirector = Redirector("/new")
        redirector().headers["X-A"] = "1"
        assert "X-A" not in redirector().headers

    def test_takes_no_arguments_as_an_endpoint(self):
        assert not inspect.signature(Redirector("/new")).parameters

    def test_has_a_repr_that_can_be_evaluated(self):
        assert repr(Redirector("/new")) == "Redirector('/new', code=301)"
        redirector = Redirector("/new", HTTPStatus.TEMPORARY_REDIRECT)
        assert repr(redirector) == "Redirector('/new', code=307)"
        assert (redirector.location, type(redirector.code)) == ("/new", int)

    @pytest.mark.parametrize("code", [200, 300, 304, 404, "301", None])
    def test_refuses_a_status_that_does_not_redirect(self, code):
        with pytest.raises(ValueError, match="status") as caught:
            Redirector("/new", code)
        assert str(caught.value) == (
            f"Cannot redirect with the status {code!r}. Use one of 301, 302, 303, 307, 308."
        )
