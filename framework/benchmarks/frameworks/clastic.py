"""Clastic, with middlewares of the `request` phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

from clastic import (
    GET,
    POST,
    Application,
    JSONResponse,
    Middleware,
    Request,
    Response,
    StaticApplication,
    redirect,
    render_basic,
    render_json,
)
from clastic.middleware.cookie import SignedCookieMiddleware
from clastic.middleware.session import SessionMiddleware
from clastic.render.jinja2_templates import Jinja2RenderFactory
from clastic.sessions import MemoryStore

from .interface import FILES, PAGE, SECRET, TEXT, Probe, WSGIApplication

DISTRIBUTION = "clastic"
LACKS = ()
HANDLER = """
def handler_{i}(id):
    return Response(f"{i}:{id}")
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    if case.startswith("middlewares"):
        middlewares = [Timer(probe), Count(probe), RequestId(probe)]
        route = GET("/", numbered_text, render_basic) if "render" in case else GET("/", numbered)
        return Application([route], middlewares=middlewares)
    if case == "cookie":
        session = SignedCookieMiddleware("session", "session", SECRET)
        return Application([GET("/", cookie)], middlewares=[session])
    if case == "session":
        middleware = SessionMiddleware(MemoryStore(), "session", "session")
        return Application([GET("/", cookie)], middlewares=[middleware])
    return Application(
        [
            GET("/", text),
            GET("/rendered", plain_text, render_basic),
            GET("/hello/<name>", path),
            GET("/rendered/<name>", plain_path, render_basic),
            GET("/json", json_object, render_json),
            GET("/json-response", json_response),
            GET("/page", html_page, "page.html"),
            GET("/old", redirect_to_new),
            POST("/form", form),
            ("/static/", StaticApplication(FILES)),
        ],
        render_factory=Jinja2RenderFactory(FILES),
    )


def routes(handlers: Sequence[Callable[[str], Response]]) -> WSGIApplication:
    return Application([GET(f"/r{i}/<id>", handler) for i, handler in enumerate(handlers)])


def text() -> Response:
    return Response(TEXT)


def plain_text() -> str:
    return TEXT


def plain_path(name: str) -> str:
    return f"Hello, {name}!"


def path(name: str) -> Response:
    return Response(f"Hello, {name}!")


def json_object() -> dict[str, str]:
    return {"message": TEXT}


def json_response() -> Response:
    return JSONResponse({"message": TEXT})


def html_page() -> dict[str, Any]:
    return PAGE


def redirect_to_new() -> Response:
    return redirect("/new")


def form(request: Request) -> Response:
    form = request.form
    return Response(f"{form['greeting']}, {form['name']}!")


def cookie(session: dict[str, Any]) -> Response:
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}")


def numbered(request_id: int) -> Response:
    return Response(f"{TEXT} {request_id}")


def numbered_text(request_id: int) -> str:
    return f"{TEXT} {request_id}"


class RequestId(Middleware):
    """Number each request, and pass the number to the endpoint."""

    provides = ("request_id",)

    def __init__(self, probe: Probe) -> None:
        self.next_id = partial(next, probe.request_ids)

    def request(self, next: Callable[..., Response]) -> Response:
        return next(self.next_id())


class Count(Middleware):
    """Count the responses by status."""

    def __init__(self, probe: Probe) -> None:
        self.statuses = probe.statuses

    def request(self, next: Callable[..., Response]) -> Response:
        response = next()
        self.statuses[response.status_code] += 1
        return response


class Timer(Middleware):
    """Add up the time of the requests."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def request(self, next: Callable[..., Response]) -> Response:
        started = perf_counter()
        try:
            return next()
        finally:
            self.probe.seconds += perf_counter() - started
