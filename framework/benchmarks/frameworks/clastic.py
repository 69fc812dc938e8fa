"""Clastic: routes with methods, renders, and middlewares with `request`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from clastic import (
    GET,
    POST,
    Application,
    Middleware,
    Request,
    Response,
    StaticApplication,
    redirect,
    render_json,
)
from clastic.middleware.cookie import SignedCookieMiddleware
from clastic.render.jinja2_templates import Jinja2RenderFactory

from .interface import FILES, PAGE, SECRET, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "clastic"
HANDLER = """
def handler_{i}(id):
    return Response(f"{i}:{id}")
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application for a case; most cases share one."""
    if case == "middlewares":
        return Application(
            [GET("/", numbered)], middlewares=[Timer(probe), Count(probe), RequestId(probe)]
        )
    if case == "cookie":
        session = SignedCookieMiddleware("session", "session", SECRET)
        return Application([GET("/", visit)], middlewares=[session])
    return Application(
        [
            GET("/", home),
            GET("/hello/<name>", greeting),
            GET("/json", document, render_json),
            GET("/page", page, "page.html"),
            GET("/old", moved),
            POST("/form", posted),
            ("/static/", StaticApplication(FILES)),
        ],
        render_factory=Jinja2RenderFactory(FILES),
    )


def routes(handlers: Sequence[Callable[[str], Response]]) -> WSGIApplication:
    """Make an application with one endpoint for each of the `handlers`."""
    return Application([GET(f"/r{i}/<id>", handler) for i, handler in enumerate(handlers)])


def home() -> Response:
    """Respond with a text."""
    return Response(TEXT)


def greeting(name: str) -> Response:
    """Respond with the path's second segment in a text."""
    return Response(f"Hello, {name}!")


def document() -> dict[str, str]:
    """Respond with a JSON object, made by the route's render from a dict."""
    return {"message": TEXT}


def page() -> dict[str, Any]:
    """Respond with the data of the route's template."""
    return PAGE


def moved() -> Response:
    """Respond with a redirect."""
    return redirect("/new")


def posted(request: Request) -> Response:
    """Respond with two fields of a form."""
    form = request.form
    return Response(f"{form['greeting']}, {form['name']}!")


def visit(session: dict[str, Any]) -> Response:
    """Count visits in a signed cookie."""
    visits = session["visits"] = session.get("visits", 0) + 1
    return Response(f"Visit {visits}")


def numbered(request_id: int) -> Response:
    """Respond with the number of the request from a middleware."""
    return Response(f"{TEXT} {request_id}")


class RequestId(Middleware):
    """Pass a number for each request to the endpoint."""

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
