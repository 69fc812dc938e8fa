"""Test the headers that every kind of response is sent with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any
from wsgiref.validate import validator

import pytest
from markupsafe import Markup
from werkzeug.http import parse_cache_control_header
from werkzeug.test import Client

from clastic import (
    GET,
    Application,
    BaseResponse,
    FileResponse,
    MetaApplication,
    Middleware,
    NotFound,
    RerouteWSGI,
    Response,
    StaticApplication,
    StaticFileRoute,
    redirect,
    render_basic,
    render_json,
    render_json_dev,
)
from clastic.flaw import create_app as create_flaw_app
from clastic.middleware import HTTPCacheMiddleware, SignedCookieMiddleware, SimpleProfileMiddleware
from clastic.middleware.stats import StatsMiddleware, create_stats_app
from clastic.render import JSONPRender, JSONRender, TabularRender
from clastic.render.ashes_templates import AshesRenderFactory

CONTEXTS: Mapping[str, Any] = MappingProxyType(
    {
        "text": "Hello",
        "html": "<html>",
        "markup": Markup("<b>"),
        "bytes": b"\xff",
        "none": None,
        "number": 5,
        "data": {"a": [1, 2]},
    }
)
RENDERS: Mapping[str, Any] = MappingProxyType(
    {
        "json": render_json,
        "json-dev": render_json_dev,
        "json-stream": JSONRender(streaming=True),
        "jsonp": JSONPRender(),
        "table": TabularRender(),
        "template": "page.html",
    }
)
ACCEPTED = ("text/plain", "text/html", "application/json", "application/xml")
FORMATS = (*ACCEPTED, "application/problem+json")


@pytest.fixture
def site(tmp_path: Path) -> Application:
    """An application with everything that the framework makes responses of."""
    (tmp_path / "page.html").write_text("{a}")
    routes = [GET(f"/basic/{name}", lambda c=c: c, render_basic) for name, c in CONTEXTS.items()]
    routes += [GET(f"/{name}", lambda: {"a": 1}, render) for name, render in RENDERS.items()]
    return Application(
        [
            *routes,
            GET("/refused", lambda: NotFound(headers={"X-A": "1"})),
            GET("/failed", lambda: 1 / 0),
            ("/static", StaticApplication(tmp_path)),
            StaticFileRoute("/file", tmp_path / "page.html"),
            ("/meta/", MetaApplication()),
            ("/stats/", create_stats_app()),
        ],
        middlewares=[StatsMiddleware(), SimpleProfileMiddleware()],
        render_factory=AshesRenderFactory(tmp_path),
        debug=True,
    )


def requests_to_the_site() -> Iterator[tuple[str, dict[str, str]]]:
    for accepted in FORMATS:
        for path in ("/refused", "/failed", "/nowhere", "/basic/data", "/static/none"):
            yield path, {"Accept": accepted}
    for path in (*(f"/basic/{name}" for name in CONTEXTS), *(f"/{name}" for name in RENDERS)):
        yield path, {}
    for path in ("/static/page.html", "/file", "/static/../page.html"):
        for headers in ({}, {"Range": "bytes=1-"}, {"Range": "bytes=9-"}, {"If-None-Match": "*"}):
            yield path, headers
    for path in ("meta/", "meta/json/", "meta/clastic_assets/common.css", "stats/", "stats/json/"):
        yield f"/{path}", {}
    yield "/jsonp?callback=f", {}
    yield "/jsonp?callback=1", {}
    yield "/basic/text?_prof=1", {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_browsers_do_not_guess_the_type_of_responses_of_the_framework(
    site: Application, method: str
) -> None:
    client = site.get_local_client()
    for path, headers in requests_to_the_site():
        response = client.open(path, method=method, headers=headers)
        nosniff = response.headers.getlist("X-Content-Type-Options")
        assert nosniff == ["nosniff"], (path, headers, response.status)


@pytest.mark.parametrize("accepted", FORMATS)
@pytest.mark.parametrize("debug", [False, True])
def test_browsers_do_not_guess_the_type_of_an_error(accepted: str, debug: bool) -> None:
    application = Application([GET("/", lambda: 1 / 0)], debug=debug)
    for app, path in ((application, "/"), (application, "/no"), (create_flaw_app("error"), "/")):
        response = app.get_local_client().get(path, headers={"Accept": accepted})
        assert response.headers.getlist("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Response("Hello"),
        lambda: Response(iter(["Hello"])),
        lambda: BaseResponse("Hello"),
        lambda: redirect("/"),
    ],
    ids=["a text", "an iterator", "a response of Werkzeug", "a redirect"],
)
def test_a_response_of_the_application_is_sent_as_written(make: Any) -> None:
    response = Application([GET("/", make)]).get_local_client().get("/")
    assert "X-Content-Type-Options" not in response.headers


def test_an_error_can_be_sent_with_another_value_or_without() -> None:
    def without() -> NotFound:
        error = NotFound()
        del error.headers["X-Content-Type-Options"]
        return error

    application = Application(
        [
            GET("/other", lambda: NotFound(headers={"x-content-type-options": "other"})),
            GET("/without", without),
        ]
    )
    client = application.get_local_client()
    assert client.get("/other").headers.getlist("X-Content-Type-Options") == ["other"]
    assert "X-Content-Type-Options" not in client.get("/without").headers


class SetCookie(Middleware):
    """Set a cookie on every response, in the given method."""

    def __init__(self, method: str) -> None:
        self._method = method

    def request(self, next: Any) -> Any:
        response = next()
        if self._method == "request":
            response.set_cookie("a", "b")
        return response

    def finish(self, response: Any, environ: Any, route: Any) -> Any:
        if self._method == "finish":
            response.set_cookie("a", "b")
        return response


class ChangeSession(Middleware):
    """Change the signed cookie."""

    def request(self, next: Any, cookie: Any) -> Any:
        cookie["a"] = "b"
        return next()


COOKIES = (
    [SetCookie("request")],
    [SetCookie("finish")],
    [SignedCookieMiddleware(secret_key=b"k" * 32), ChangeSession()],
)
CACHE = HTTPCacheMiddleware(max_age=60, s_maxage=99, public=True)
PUBLIC = {"Cache-Control": "public, s-maxage=5, max-age=9, no-transform"}


@pytest.mark.parametrize("cookies", COOKIES, ids=["request", "finish", "a signed cookie"])
@pytest.mark.parametrize("order", ["cache, cookies", "cookies, cache", "cookies"])
def test_shared_caches_do_not_keep_responses_that_set_a_cookie(
    tmp_path: Path, cookies: list[Middleware], order: str
) -> None:
    def rerouted(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), *PUBLIC.items()])
        return [b"rerouted"]

    (tmp_path / "a.txt").write_text("Hello")
    middlewares = {
        "cache, cookies": [CACHE, *cookies],
        "cookies, cache": [*cookies, CACHE],
        "cookies": cookies,
    }[order]
    application = Application(
        [
            GET("/text", lambda: Response("Hello")),
            GET("/public", lambda: Response("Hello", headers=PUBLIC)),
            GET("/stream", lambda: Response(iter(["Hello"]), headers=PUBLIC)),
            GET("/error", lambda: NotFound(headers=PUBLIC)),
            GET("/data", lambda: {"a": 1}, render_json),
            GET("/file", lambda: FileResponse(tmp_path / "a.txt")),
            GET("/rerouted", RerouteWSGI(rerouted)),
            ("/static", StaticApplication(tmp_path, cache_timeout=60)),
        ],
        middlewares=middlewares,
    )
    client = Client(application, use_cookies=False)
    checked = 0
    for path in ("text", "public", "stream", "error", "data", "file", "rerouted", "static/a.txt"):
        response = client.get(f"/{path}")
        if "Set-Cookie" in response.headers and "Cache-Control" in response.headers:
            checked += 1
            control = parse_cache_control_header(response.headers["Cache-Control"])
            assert "private" in control, path
            assert control.keys().isdisjoint({"public", "s-maxage", "proxy-revalidate"}), path
    assert checked >= 5


def test_a_response_that_sets_a_cookie_keeps_the_other_directives() -> None:
    response = Response("Hello", headers=PUBLIC)
    response.set_cookie("a", "b")
    assert response.headers["Cache-Control"] == "max-age=9, no-transform, private"
    secret = Response("Hello", headers={"Cache-Control": "no-store"})
    secret.set_cookie("a", "b")
    assert secret.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("code", [204, 304])
@pytest.mark.parametrize("middlewares", [[], [SetCookie("finish")]], ids=["sent", "finished"])
def test_a_status_without_a_body_has_no_headers_about_one(
    tmp_path: Path, code: int, middlewares: list[Middleware]
) -> None:
    def with_code(response: Any) -> Any:
        response.status_code = code
        return response

    (tmp_path / "a.txt").write_text("Hello")
    kinds: list[Any] = [
        lambda: Response("Hello", code),
        lambda: Response(None, code, content_type="text/css", headers={"Content-Length": "5"}),
        lambda: Response(iter(["Hello"]), code),
        lambda: with_code(Response("Hello")),
        lambda: BaseResponse("Hello", code),
        lambda: BaseResponse(iter(["Hello"]), code),
        lambda: with_code(NotFound("Hello")),
        lambda: with_code(FileResponse(tmp_path / "a.txt")),
        lambda: with_code(redirect("/there")),
        RerouteWSGI(BaseResponse("Hello", code)),
    ]
    routes = [GET(f"/{number}", kind) for number, kind in enumerate(kinds)]
    application: Any = validator(Application(routes, middlewares=middlewares))
    for number, method in product(range(len(kinds)), ("GET", "HEAD")):
        with Client(application).open(f"/{number}", method=method) as response:
            assert (response.status_code, response.data) == (code, b"")
            assert "Content-Type" not in response.headers
            assert "Content-Length" not in response.headers
