"""Call an application as a WSGI server does: once, to check the response, or in a timed loop."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from wsgiref.util import FileWrapper

from cases import Case
from frameworks.interface import WSGIApplication
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ, run_wsgi_app

Environ = dict[str, Any]
Values = dict[str, dict[str, list[float]]]
"""Measured values by `table/row` and column: seconds, bytes or steps, one for each loop."""


class WrongResponseError(Exception):
    """A framework does not respond as the case expects."""


@dataclass(frozen=True)
class Options:
    """The duration of a measurement.

    - `rounds`: how often each framework does each job, in a new process each time.
    - `loops`, `loop_seconds`: the number of loops of a process, and the duration of each.
    - `limit_seconds`: the time after which a process with many routes is stopped.
    - `starts`: how often each round starts each framework.
    - `load_seconds`: the duration of a load on a server.
    - `connections`: how many connections a server holds open.
    """

    rounds: int = 3
    loops: int = 20
    loop_seconds: float = 0.01
    limit_seconds: float = 120.0
    starts: int = 10
    load_seconds: int = 3
    connections: int = 10_000


QUICK = Options(1, 2, 0.005, 5.0, 3, 1, 1_000)


def environ_of(case: Case) -> Environ:
    """Return the environ that a server creates for a request by curl."""
    return create_environ(
        case.path,
        "http://127.0.0.1:8000",
        method=case.method,
        input_stream=io.BytesIO(case.form),
        content_type="application/x-www-form-urlencoded" if case.form else None,
        content_length=len(case.form) or None,
        headers={"User-Agent": "curl/8.5.0", "Accept": "*/*"},
        environ_overrides={"wsgi.file_wrapper": FileWrapper, "wsgi.multithread": True},
    )


def checked_environ(application: WSGIApplication, case: Case, checks: int = 1) -> Environ:
    """Return the environ of a case, after `checks` requests with the expected response.

    Raises `WrongResponseError` for another response.
    """
    environ = environ_of(case)
    if case.returns:
        _, headers, _ = call(application, environ)
        sent = {
            "HTTP_COOKIE": headers.get("Set-Cookie", "").partition(";")[0],
            "HTTP_IF_NONE_MATCH": headers.get("ETag"),
            "HTTP_IF_MODIFIED_SINCE": headers.get("Last-Modified"),
        }
        environ |= {name: value for name, value in sent.items() if value}
    for _ in range(checks):
        problem = case.problem(*call(application, environ))
        if problem is not None:
            raise WrongResponseError(f"{case.name} ({case.method} {case.path}): {problem}")
    return environ


def call(application: WSGIApplication, environ: Environ) -> tuple[str, Headers, bytes]:
    """Send one request. Return the status, the headers and the body."""
    environ["wsgi.input"].seek(0)
    body, status, headers = run_wsgi_app(application, environ.copy(), buffered=True)
    return status, headers, b"".join(body)


def times_of(application: WSGIApplication, environ: Environ, options: Options) -> list[float]:
    """Return the seconds per request in each loop, after shorter loops that set its length."""
    count = 8
    elapsed = run_loop(application, environ, count)
    while elapsed < options.loop_seconds / 5:
        count *= 4
        elapsed = run_loop(application, environ, count)
    count = max(1, round(count * options.loop_seconds / elapsed))
    gc.collect()
    return [run_loop(application, environ, count) / count for _ in range(options.loops)]


def run_loop(
    application: WSGIApplication,
    environ: Environ,
    count: int,
    start_response: Callable[..., Any] | None = None,
) -> float:
    """Send `count` requests as a server does, and return the seconds that they took."""
    start: list[Any] = [None, None]

    def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        start[0] = status
        start[1] = headers

    start_response = start_response or keep
    rewind = environ["wsgi.input"].seek
    started = perf_counter()
    for _ in range(count):
        rewind(0)
        body = application(environ.copy(), start_response)
        for _chunk in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return perf_counter() - started
