"""Clastic: routes that answer GET, `render_json`, middlewares of the `request` kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from clastic import GET, Application, Middleware, Response, render_json

from .interface import TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DISTRIBUTION = "clastic"
HANDLER = """
def handler_{i}(id):
    return Response(f"{i}:{id}")
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Make the application of all the plain cases, or the one with three middlewares."""
    if case == "middlewares":
        return Application(
            [GET("/", numbered)], middlewares=[Timer(probe), Count(probe), RequestId(probe)]
        )
    return Application(
        [GET("/", home), GET("/hello/<name>", greeting), GET("/json", document, render_json)]
    )


def routes(handlers: Sequence[Callable[[str], Response]]) -> WSGIApplication:
    """Make an application with one endpoint for each of the `handlers`."""
    return Application([GET(f"/r{i}/<id>", handler) for i, handler in enumerate(handlers)])


def home() -> Response:
    """Answer with a text."""
    return Response(TEXT)


def greeting(name: str) -> Response:
    """Answer with the path's second segment in a text."""
    return Response(f"Hello, {name}!")


def document() -> dict[str, str]:
    """Answer with a JSON object, which the route's render makes of a dict."""
    return {"message": TEXT}


def numbered(request_id: int) -> Response:
    """Answer with the number that a middleware gave to the request."""
    return Response(f"{TEXT} {request_id}")


class RequestId(Middleware):
    """Gives each request a number, as an argument of the endpoint."""

    provides = ("request_id",)

    def __init__(self, probe: Probe) -> None:
        self.next_id = partial(next, probe.request_ids)

    def request(self, next: Callable[..., Response]) -> Response:
        """Wrap the whole of the request."""
        return next(self.next_id())


class Count(Middleware):
    """Counts the responses by status."""

    def __init__(self, probe: Probe) -> None:
        self.statuses = probe.statuses

    def request(self, next: Callable[..., Response]) -> Response:
        """Wrap the whole of the request."""
        response = next()
        self.statuses[response.status_code] += 1
        return response


class Timer(Middleware):
    """Adds up the time that requests take."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def request(self, next: Callable[..., Response]) -> Response:
        """Wrap the whole of the request."""
        started = perf_counter()
        try:
            return next()
        finally:
            self.probe.seconds += perf_counter() - started
