"""Where the time of one request goes, on a page for the developer."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.describe import describe_callable
from clastic.errors import (
    HTTP_ERRORS,
    BadRequest,
    HTTPException,
    ServiceUnavailable,
    from_werkzeug,
)
from clastic.http import BaseResponse, Request, Response
from clastic.middleware.base import Middleware
from clastic.middleware.fields import read_bool
from clastic.middleware.profile_report import SORTS, Report
from clastic.middleware.url import query_of

if TYPE_CHECKING:
    from cProfile import Profile


# A process can take one profile at a time: since Python 3.12 the profiler follows all threads.
_PROFILING = Lock()


class SimpleProfileMiddleware(Middleware):
    """Answers a request with ``?_prof=true`` by the profile of making its answer.

    The report is text, or a page for browsers. ``?_prof_sort=`` sorts it by ``cumulative`` time,
    ``tottime`` (the time in the function itself), ``calls`` or ``name``. It begins and ends where
    the middleware stands: put it first to see the others too. A body that is made while it is sent
    is made after it.

    It shows names and places of the source to everyone who asks, and makes requests slow: leave it
    out in production, or have it work in debugging only.

    From Python 3.12 on, what other threads do meanwhile is in the profile too. Who asks while
    another profile is being taken gets a 503.

    :param get_param: the query parameter that asks for the profile
    :param sort_param: the query parameter that sorts it
    :param limit: the most functions to show
    :param debug_only: work only in applications constructed with ``debug=True``
    """

    def __init__(
        self,
        get_param: str = "_prof",
        sort_param: str = "_prof_sort",
        *,
        limit: int = 100,
        debug_only: bool = False,
    ) -> None:
        self.get_param = get_param
        self.sort_param = sort_param
        self.limit = limit
        self.debug_only = debug_only

    def request(
        self, next: Callable[..., Any], request: Request, _application: Any, _route: Any
    ) -> Any:
        """Give back what it wraps gave, or the profile of that."""
        if self.get_param not in request.environ.get("QUERY_STRING", ""):
            return next()
        if not self._is_wanted(request, _application):
            return next()
        sort = query_of(request).get(self.sort_param, "cumulative")
        if sort not in SORTS:
            raise BadRequest(f"{self.sort_param} can be {', '.join(SORTS)}, and nothing else")
        profile, answer, seconds = _profiled(next)
        if isinstance(answer, HTTPException) and not answer.is_breaking:
            return answer
        report = Report(
            f"{request.method} {request.path}: {describe_callable(_route.endpoint)}",
            f"Answered {_outcome(answer)} in {seconds * 1000:.1f} ms, profiling included.",
            profile.getstats(),
            sort,
            self.limit,
        )
        if isinstance(answer, BaseResponse):
            answer.close()
        return _response(report, request)

    def __repr__(self) -> str:
        return f"{self.name}({self.get_param!r})"

    def _is_wanted(self, request: Request, application: Any) -> bool:
        if self.debug_only and not application.debug:
            return False
        try:
            return read_bool(query_of(request).get(self.get_param, ""))
        except KeyError:
            return False


def _profiled(next: Callable[[], Any]) -> tuple[Profile, Any, float]:
    """Run what a middleware wraps under the profiler; return its answer and the seconds it took.

    :raises ServiceUnavailable: when another profile is being taken
    """
    # Imported here, for production has no use for it.
    from cProfile import Profile

    if not _PROFILING.acquire(blocking=False):
        raise _busy()
    try:
        profile = Profile()
        try:
            profile.enable()
        except ValueError as error:
            raise _busy() from error
        started = time.perf_counter()
        try:
            answer = next()
        except HTTP_ERRORS as error:
            answer = error.with_traceback(None)
        finally:
            profile.disable()
        seconds = time.perf_counter() - started
        if isinstance(answer, WerkzeugHTTPException):
            answer = from_werkzeug(answer)
        return profile, answer, seconds
    finally:
        _PROFILING.release()


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "Another profile is being taken in this process, or another profiler is at work. "
        "Ask again when it is done.",
        headers={"Retry-After": "1"},
    )


def _outcome(answer: Any) -> str:
    if isinstance(answer, BaseResponse):
        return answer.status
    return f"with what is no response, a {type(answer).__name__},"


def _response(report: Report, request: Request) -> Response:
    wanted = request.accept_mimetypes.best_match(["text/plain", "text/html"])
    headers = [("Cache-Control", "no-store"), ("Vary", "Accept")]
    if wanted == "text/html":
        return Response(report.to_html(), headers=headers, mimetype="text/html")
    return Response(report.to_text(), headers=headers)
