"""No framework: a WSGI callable for each case, the floor under all the others.

A callable looks only at what its case needs. The loop, the copy of the environ and the calls that
WSGI demands are in every number of the report; here they are nearly all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .interface import PLAIN, TEXT, Probe

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DISTRIBUTION = None
HANDLER = """
def handler_{i}(id):
    return f"{i}:{id}".encode()
"""


def build(case: str, probe: Probe) -> WSGIApplication:
    """Return the callable for `case`."""
    if case == "middlewares":
        return with_timer(with_count(with_request_id(numbered, probe), probe), probe)
    applications: dict[str, WSGIApplication] = {
        "text": text,
        "path": greeting,
        "json": json_document,
        "404": not_found,
        "405": not_allowed,
    }
    return applications[case]


def routes(handlers: Sequence[Callable[[str], bytes]]) -> WSGIApplication:
    """Return a callable that finds the handler in a dict by the first segment."""
    table = {f"r{i}": handler for i, handler in enumerate(handlers)}

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _, first, rest = environ["PATH_INFO"].split("/", 2)
        handler = table.get(first)
        if handler is None:
            return not_found(environ, start_response)
        return answer(start_response, handler(rest))

    return application


def answer(
    start_response: StartResponse, body: bytes, content_type: str = PLAIN, status: str = "200 OK"
) -> Iterable[bytes]:
    """Start a response with its two headers and return its body."""
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]


def text(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with a text that never changes."""
    start_response("200 OK", [("Content-Type", PLAIN), ("Content-Length", "13")])
    return [b"Hello, World!"]


def greeting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the path's second segment in a text."""
    name = environ["PATH_INFO"][len("/hello/") :]
    return answer(start_response, f"Hello, {name}!".encode())


def json_document(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with a JSON object."""
    return answer(start_response, json.dumps({"message": TEXT}).encode(), "application/json")


def not_found(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer that there is nothing here."""
    return answer(start_response, b"Not Found", status="404 Not Found")


def not_allowed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer that only GET is allowed here."""
    headers = [("Content-Type", PLAIN), ("Content-Length", "18"), ("Allow", "GET")]
    start_response("405 Method Not Allowed", headers)
    return [b"Method Not Allowed"]


def numbered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the number that a middleware gave to the request."""
    return answer(start_response, f"{TEXT} {environ['request_id']}".encode())


def with_request_id(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Give each request a number."""
    request_ids = probe.request_ids

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["request_id"] = next(request_ids)
        return application(environ, start_response)

    return wrapped


def with_count(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Count the responses by status."""
    statuses = probe.statuses

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def counting(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            statuses[status] += 1
            return start_response(status, headers, exc_info)

        return application(environ, counting)

    return wrapped


def with_timer(application: WSGIApplication, probe: Probe) -> WSGIApplication:
    """Add up the time that requests take."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = perf_counter()
        try:
            return application(environ, start_response)
        finally:
            probe.seconds += perf_counter() - started

    return wrapped
