"""Redirects: their locations, statuses and pages. Bytes on the wire: test_wire.py."""

from __future__ import annotations

import inspect
import sys
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from clastic import Application
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


# Where a browser could read a host: the path of the application, and the path of the request.
OFF_SITE = (
    *("//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "//evil.com/", "https:evil.com"),
    *("https://evil.com", "/docs/https:evil.com", "/javascript:alert(1)", "/a/b:c", "//", "/\t/a"),
    *("/@evil.com", "//user@evil.com", "/.", "/..", "/a/..", "/%2F/evil.com", "/é:ü", "", "a:b"),
)


def is_on_site(location):
    """Return whether a location is relative for every browser: no scheme and no authority."""
    parts = urlsplit(location)
    return (
        not parts.scheme
        and not parts.netloc
        and not location.startswith("//")
        and location.isascii()
        and not set(location) & set("\\\t\r\n ")
    )


@pytest.mark.parametrize("root", OFF_SITE)
@pytest.mark.parametrize("path", OFF_SITE)
def test_a_redirect_of_the_framework_stays_on_the_site(root, path):
    environ = create_environ() | {
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.encode().decode("latin-1"),
    }
    assert is_on_site(append_slash_redirect(environ).location)
    assert is_on_site(redirect_to_path(environ, "/" + path.strip("/")).location)


@pytest.mark.parametrize("root", ["//evil.com", "///evil.com/", "/\\evil.com", "/"])
def test_a_slash_redirect_stays_on_the_site(root):
    app = Application([("/a/", lambda: Response("fine"))])
    environ = create_environ("/a") | {"SCRIPT_NAME": root}
    _, _, headers = run_wsgi_app(app, environ)
    assert headers["Location"] in ("/evil.com/a/", "/%5Cevil.com/a/", "/a/")


@pytest.mark.parametrize(
    ("root", "path", "query", "location"),
    [
        ("", "/user/42", "", "42/"),
        ("", "/user/42", "a=b&c=%20", "42/?a=b&c=%20"),
        ("/app", "", "", "app/"),
        ("/app", "/docs/https:evil.com", "", "./https:evil.com/"),
        ("", "/Gr\xc3\xbc\xc3\x9fe 1?#%", "", "Gr%C3%BC%C3%9Fe%201%3F%23%25/"),
        ("", "/a", "\xc3\xbc#", "a/?%C3%BC%23"),
    ],
)
def test_a_slash_is_appended_to_the_last_name(root, path, query, location):
    environ = create_environ() | {"SCRIPT_NAME": root, "PATH_INFO": path, "QUERY_STRING": query}
    response = append_slash_redirect(environ)
    assert (type(response), response.status_code) == (Response, 308)
    assert serve(response)[1][1] == ("Location", location)
    assert append_slash_redirect(environ, 301).status_code == 301


class TestLocations:
    AS_GIVEN = (
        *("https://example.org/search?#top", "/a?", "/a#", "?", "#", "?#", "HTTP://Example.ORG:80"),
        *("https://example.org:443/", "//example.org/a//b", "../a", ".", "a:b", "mailto:a@b.org"),
        *("http://[::1]:80/", "http://u:p@a.org/", "/%zz%20", "/a;b=c,d!$&'()*+@~", "http://a_b/"),
        *("https://xn--strae-oqa.de/", "/?a=b?c/d&e", "/#a?b/c#d", "http:///a", "", "a.b:"),
    )
    ENCODED = (
        ("https://straße.de/x", "https://xn--strae-oqa.de/x"),
        (
            "http://u:ö@Bücher.example:8080?ü#é",
            "http://u:%C3%B6@xn--bcher-kva.example:8080?%C3%BC#%C3%A9",
        ),
        ("//ελλάς.gr", "//xn--hxarsa0b.gr"),
        ('/a b\\c"<>^`{|}[]é', "/a%20b%5Cc%22%3C%3E%5E%60%7B%7C%7D%5B%5D%C3%A9"),
        ("/\\evil.com", "/%5Cevil.com"),
        ("/?a b[]", "/?a%20b%5B%5D"),
        (" /a", "%20/a"),
    )

    @pytest.mark.parametrize(
        ("given", "sent"), [*((each, each) for each in AS_GIVEN), *ENCODED], ids=str
    )
    def test_are_sent_as_given_but_for_what_must_be_encoded(self, given, sent):
        def location(response):
            return dict(serve(response)[1])["Location"]

        assert location(redirect(given)) == sent
        changed = redirect(given)
        changed.headers["X-A"] = "1"
        assert location(changed) == sent
        changed.set_cookie("a", "b")
        changed.call_on_close(lambda: None)
        assert location(changed) == sent
        own = redirect(given, Response=type("Own", (Response,), {}))
        assert location(own) == sent
        assert location(Response(status=302, headers={"Location": given})) == sent

    @pytest.mark.parametrize(
        "location",
        [
            *("http://☃.net/", "http://a..é/", "http://a..b/", "http://a b/", "http://a\\@b.org/"),
            *("http://[/", "http://[::1/", "http://a:b/", "http://é:b/", "http://\ud800.org/"),
            *("http://evil.com\\.example.org/", "http://<a>/", "/\ud800"),
        ],
    )
    def test_without_a_valid_host_are_refused(self, location):
        with pytest.raises(ValueError, match=r"is not a URL|surrogates"):
            redirect(location)

    def test_need_the_extra_for_international_hosts_only(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "idna", None)
        assert redirect("https://example.org/é").location == "https://example.org/%C3%A9"
        with pytest.raises(ValueError, match="is not a URL") as caught:
            redirect("https://straße.de/x")
        assert str(caught.value) == (
            "'https://straße.de/x' is not a URL: the host 'straße.de' is not ASCII. "
            "Install clastic[idna], or write its Punycode form."
        )


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
