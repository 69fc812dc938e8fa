"""Test the headers that every kind of response is sent with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from markupsafe import Markup

from clastic import (
    GET,
    Application,
    BaseResponse,
    MetaApplication,
    NotFound,
    Response,
    StaticApplication,
    StaticFileRoute,
    redirect,
    render_basic,
    render_json,
    render_json_dev,
)
from clastic.flaw import create_app as create_flaw_app
from clastic.middleware import SimpleProfileMiddleware
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
def test_browsers_do_not_guess_the_type_of_what_the_framework_makes(
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
