"""Requests to an application: one whose answer is checked, or many that are timed."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases import Answer, Case, environ_of, remembered

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class WrongAnswerError(Exception):
    """A framework does not do what is to be measured."""


@dataclass(frozen=True)
class Loops:
    """How a case is measured.

    - `number`: how many loops.
    - `seconds`: how long one loop should take; its number of requests is chosen for that.
    """

    number: int
    seconds: float


def environ_for(application: WSGIApplication, case: Case) -> WSGIEnvironment:
    """Make the environ of `case` for an application, from which a client may return."""
    environ = environ_of(case)
    if case.returns:
        environ.update(remembered(ask(application, environ)))
    return environ


def check(application: WSGIApplication, case: Case, environ: WSGIEnvironment) -> None:
    """Ask for `case` once. Raises `WrongAnswerError` if the answer is not the expected one."""
    problem = case.problem(ask(application, environ))
    if problem is not None:
        raise WrongAnswerError(f"{case.name} ({case.method} {case.path}): {problem}")


def ask(application: WSGIApplication, template: WSGIEnvironment) -> Answer:
    """Send one request and keep the answer."""
    template["wsgi.input"].seek(0)
    kept: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kept[:] = status, headers

    body = application(template.copy(), start_response)
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = kept
    return Answer(status, {name.lower(): value for name, value in headers}, content)


def times_of(application: WSGIApplication, environ: WSGIEnvironment, loops: Loops) -> list[float]:
    """Return the seconds that a request took in each of the loops."""
    count = 8
    elapsed = run_loop(application, environ, count)
    while elapsed < loops.seconds / 5:
        count *= 4
        elapsed = run_loop(application, environ, count)
    count = max(1, round(count * loops.seconds / elapsed))
    gc.collect()
    return [run_loop(application, environ, count) / count for _ in range(loops.number)]


def run_loop(application: WSGIApplication, template: WSGIEnvironment, count: int) -> float:
    """Send `count` requests as a server would, and return the seconds that it took."""
    kept: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kept[0] = status
        kept[1] = headers

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
