"""Send requests to an application: check one response, or time many requests."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases import Case, Response, environ_of, remembered

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class WrongResponseError(Exception):
    """A framework sends another response than the expected one."""


@dataclass(frozen=True)
class Loops:
    """The loops in which a case is measured.

    - `number`: the number of loops.
    - `seconds`: the time of a loop, which determines its number of requests.
    """

    number: int
    seconds: float


def environ_for(application: WSGIApplication, case: Case) -> WSGIEnvironment:
    """Make the environ of `case`; a returning client has sent a request to the application."""
    environ = environ_of(case)
    if case.returns:
        environ.update(remembered(send(application, environ)))
    return environ


def check(application: WSGIApplication, case: Case, environ: WSGIEnvironment) -> None:
    """Send the request of `case`. Raise `WrongResponseError` if the response is not expected."""
    problem = case.problem(send(application, environ))
    if problem is not None:
        raise WrongResponseError(f"{case.name} ({case.method} {case.path}): {problem}")


def send(application: WSGIApplication, template: WSGIEnvironment) -> Response:
    """Send one request and return the response."""
    template["wsgi.input"].seek(0)
    started: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = status, headers

    body = application(template.copy(), start_response)
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = started
    return Response(status, {name.lower(): value for name, value in headers}, content)


def times_of(application: WSGIApplication, environ: WSGIEnvironment, loops: Loops) -> list[float]:
    """Return the seconds of a request in each of the loops."""
    count = 8
    elapsed = run_loop(application, environ, count)
    while elapsed < loops.seconds / 5:
        count *= 4
        elapsed = run_loop(application, environ, count)
    count = max(1, round(count * loops.seconds / elapsed))
    gc.collect()
    return [run_loop(application, environ, count) / count for _ in range(loops.number)]


def run_loop(application: WSGIApplication, template: WSGIEnvironment, count: int) -> float:
    """Send `count` requests as a server would, and return the seconds."""
    response: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        response[0] = status
        response[1] = headers

    rewind = template["wsgi.input"].seek
    started = perf_counter()
    for _ in range(count):
        rewind(0)
        body = application(template.copy(), start_response)
        for _chunk in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return perf_counter() - started
