"""Respond to a request with the profile of handling it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from operator import itemgetter
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clastic.describe import describe_callable, format_location
from clastic.errors import (
    HTTP_ERRORS,
    BadRequest,
    HTTPException,
    ServiceUnavailable,
    map_response,
)
from clastic.http import BaseResponse, Request, Response
from clastic.middleware.base import Middleware
from clastic.middleware.url import read_bool
from clastic.pages import element, html_page, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render import Table

if TYPE_CHECKING:
    from cProfile import Profile

# A process can take one profile at a time: since Python 3.12 the profiler follows all threads.
_PROFILING = Lock()

_HEADERS = ("Function", "Calls", "Own ms", "Total ms", "Where")
# The column to sort by for each sort order.
_SORT_COLUMNS = MappingProxyType({"cumulative": 3, "tottime": 2, "calls": 1, "name": 0})
# The longest cell of a text report, in characters.
_MAX_WIDTH = 200

# The cost of one function, as in the columns.
_Cost = tuple[str, int, Decimal, Decimal, str]


class SimpleProfileMiddleware(Middleware):
    """Respond to a request with ``?_prof=true`` with the profile of handling it.

    The report is text, or a page for browsers. ``?_prof_sort=`` sorts it by ``cumulative`` time,
    ``tottime`` (the time in the function itself), ``calls`` or ``name``. Put the middleware first
    to see the others in the profile too. A body that is made while it is sent is not in it.

    The report shows names and places of the source to everyone, and profiling makes requests slow:
    leave it out in production, or use `debug_only`.

    From Python 3.12 on, the profile includes what other threads do meanwhile. A request during
    another profile gets a 503.

    :param get_param: the query parameter that asks for the profile
    :param sort_param: the query parameter that sorts it
    :param limit: the maximum number of functions to show
    :param debug_only: profile only in applications constructed with ``debug=True``
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
        """Return what ``next()`` returns, or the profile of that call."""
        if not self._is_requested(request, _application):
            return next()
        sort = request.args.get(self.sort_param, "cumulative")
        if sort not in _SORT_COLUMNS:
            choices = ", ".join(_SORT_COLUMNS)
            raise BadRequest(f"{self.sort_param} can be {choices}, and nothing else.")
        profile, outcome, seconds = _profile(next)
        if isinstance(outcome, HTTPException) and not outcome.is_breaking:
            return outcome
        status = f"no response but a {type(outcome).__name__}"
        if isinstance(outcome, BaseResponse):
            status = outcome.status
            outcome.close()
        by_column = itemgetter(_SORT_COLUMNS[sort])
        costs = sorted(_costs(profile.getstats()), key=by_column, reverse=sort != "name")
        number = f"All {len(costs):,} functions"
        if len(costs) > self.limit:
            number = f"The first {self.limit:,} of {len(costs):,} functions"
        return _respond(
            request,
            f"{request.method} {request.path}: {describe_callable(_route.endpoint)}",
            [
                f"Result: {status}, in {seconds * 1000:.1f} ms, profiling included.",
                f"{number}, by {sort}:",
            ],
            Table(costs[: self.limit], _HEADERS),
        )

    def __repr__(self) -> str:
        return f"{self.name}({self.get_param!r})"

    def _is_requested(self, request: Request, application: Any) -> bool:
        if self.get_param not in request.environ.get("QUERY_STRING", ""):
            return False
        if self.debug_only and not application.debug:
            return False
        try:
            return read_bool(request.args.get(self.get_param, ""))
        except KeyError:
            return False


def _profile(function: Callable[[], Any]) -> tuple[Profile, Any, float]:
    """Call a function under the profiler; return its profile, result and seconds.

    :raises ServiceUnavailable: another profile is being taken
    """
    # Imported here because production does not need it.
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
            outcome = function()
        except HTTP_ERRORS as error:
            outcome = error.with_traceback(None)
        finally:
            profile.disable()
        seconds = time.perf_counter() - started
        return profile, map_response(outcome, lambda response: response), seconds
    finally:
        _PROFILING.release()


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable(
        "Another profile is being taken in this process, or another profiler is active. "
        "Try again when it is done.",
        headers={"Retry-After": "1"},
    )


def _costs(entries: Iterable[Any]) -> Iterator[_Cost]:
    """Yield the costs in the entries of a profile; the code of a builtin is a text."""
    for entry in entries:
        code = entry.code
        if isinstance(code, str):
            name, where = code, ""
        else:
            # The qualified name is there from Python 3.11 on.
            name = getattr(code, "co_qualname", code.co_name).rpartition("<locals>.")[2]
            where = format_location(code.co_filename, code.co_firstlineno)
        # Decimals are numbers that keep their zeros.
        own, cumulative = (
            Decimal(f"{seconds * 1000:.3f}") for seconds in (entry.inlinetime, entry.totaltime)
        )
        yield name, entry.callcount, own, cumulative, where


def _respond(request: Request, title: str, lines: list[str], table: Table) -> Response:
    """Return the report as text, or as a page if the client prefers that."""
    headers = [("Cache-Control", "no-store"), ("Vary", "Accept")]
    if request.accept_mimetypes.best_match(["text/plain", "text/html"]) != "text/html":
        text = table.to_text(maxlen=_MAX_WIDTH)
        return Response("\n".join([title, *lines, "", text, ""]), headers=headers)
    page = html_page(
        title,
        element("h1", title),
        *(element("p", line) for line in lines),
        scrollable(table.to_html(), "Profile"),
        style=DEVELOPER_STYLE,
    )
    return Response(page, headers=headers, mimetype="text/html")
