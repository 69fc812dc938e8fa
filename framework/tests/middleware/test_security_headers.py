"""Test the headers that restrict what browsers do with a page."""

from __future__ import annotations

import re

import pytest

from clastic import Application, NotFound, Response
from clastic.middleware import SecurityHeadersMiddleware

CSP, HSTS = "Content-Security-Policy", "Strict-Transport-Security"


def fail():
    raise LookupError("uncaught")


def raise_not_found():
    raise NotFound()


def make_client(*arguments, **options):
    embedded = Application(
        [("/", lambda: Response("embedded"))],
        middlewares=[SecurityHeadersMiddleware(frame_ancestors="'self'")],
    )
    own = Response("own", headers={CSP: "default-src 'none'", "Referrer-Policy": "origin"})
    app = Application(
        [
            ("/", lambda: Response("page")),
            ("/own", lambda: own),
            ("/raised", raise_not_found),
            ("/fails", fail),
            ("/branch/", lambda: Response("branch")),
            ("/embedded", embedded),
        ],
        middlewares=[SecurityHeadersMiddleware(*arguments, **options)],
    )
    return app.get_local_client()


@pytest.mark.parametrize("path", ["/", "/raised", "/fails", "/branch", "/nowhere", "/%FF"])
def test_every_response_has_the_headers(path):
    headers = make_client().get(path, base_url="https://localhost/").headers
    assert headers[CSP] == "frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers[HSTS] == "max-age=31536000"


def test_headers_of_a_response_and_of_an_embedded_application_come_first():
    client = make_client()
    assert client.get("/own").headers[CSP] == "default-src 'none'"
    assert client.get("/own").headers["Referrer-Policy"] == "origin"
    assert client.get("/embedded/").headers[CSP] == "frame-ancestors 'self'"
    assert client.get("/embedded/nowhere").headers[CSP] == "frame-ancestors 'self'"
    assert client.get("/own").headers[CSP] == "default-src 'none'"


def test_the_policy_is_data():
    policy = {
        "default-src": "'self'",
        "img-src": ["'self'", "data:", "https://*.example.org:8443/a"],
        "upgrade-insecure-requests": (),
        "sandbox": "allow-forms allow-scripts",
        "frame-ancestors": "https://a.example",
    }
    assert make_client(policy).get("/").headers[CSP] == (
        "frame-ancestors https://a.example; default-src 'self'; "
        "img-src 'self' data: https://*.example.org:8443/a; upgrade-insecure-requests; "
        "sandbox allow-forms allow-scripts"
    )


@pytest.mark.parametrize(
    ("options", "url", "expected"),
    [
        ({}, "http://localhost/", None),
        ({"hsts": None}, "https://localhost/", None),
        ({"hsts": 0}, "https://localhost/", "max-age=0"),
        (
            {"hsts": 60, "include_subdomains": True},
            "https://localhost/",
            "max-age=60; includeSubDomains",
        ),
    ],
)
def test_browsers_are_kept_on_https_where_they_use_it(options, url, expected):
    assert make_client(**options).get("/", base_url=url).headers.get(HSTS) == expected


def test_the_referrer_policy_can_be_left_out():
    assert "Referrer-Policy" not in make_client(referrer_policy=None).get("/").headers


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"policy": {"defaul-src": "'self'"}},
            "'defaul-src' is not a directive of Content-Security-Policy. "
            "Did you mean 'default-src'?",
        ),
        (
            {"policy": {"img_src": "'self'"}},
            "'img_src' is not a directive of Content-Security-Policy. Did you mean 'img-src'?",
        ),
        (
            {"policy": {"img-src": "self data:"}},
            "img-src has 'self', which browsers read as a host. Write \"'self'\".",
        ),
        (
            {"frame_ancestors": "none"},
            "frame-ancestors has 'none', which browsers read as a host. Write \"'none'\".",
        ),
        (
            {"policy": {"img-src": "'self'; script-src *"}},
            "img-src has \"'self';\", which is not one source.",
        ),
        ({"policy": {"img-src": ["a b"]}}, "img-src has 'a b', which is not one source."),
        ({"policy": {"img-src": ["a\r\nb"]}}, "img-src has 'a\\r\\nb', which is not one source."),
        (
            {"policy": {"img-src": "'none' data:"}},
            "img-src has 'none' beside other sources, so browsers ignore it.",
        ),
        ({"referrer_policy": "none"}, "referrer_policy='none' is not one of no-referrer, "),
        ({"hsts": -1}, "hsts=-1 is not a number of seconds."),
    ],
)
def test_a_value_that_no_browser_understands_is_refused(options, error):
    with pytest.raises(ValueError, match=f"^{re.escape(error)}"):
        SecurityHeadersMiddleware(**options)
