"""Respond to a request with the profile of handling it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clastic.errors import BadRequest, ServiceUnavailable
from clastic.http import NOSNIFF, BaseResponse, Request, Response
from clastic.middleware.base import Middleware
from clastic.middleware.url import read_bool

if TYPE_CHECKING:
    from cProfile import Profile

    from _typeshed.wsgi import WSGIEnvironment

# The columns of pstats to sort by.
_SORT_ORDERS = ("cumulative", "tottime", "calls", "name")


class SimpleProfileMiddleware(Middleware):
    """Respond to a request with ``?_prof=true`` with the profile of handling it.

    The report is that of :mod:`pstats`, as plain text. ``?_prof_sort=`` sorts it by ``cumulative``
    time, ``tottime`` (the time in the function itself), ``calls`` or ``name``. Put the middleware
    first to see the others in the profile too. A body that is made while it is sent is not in it.

    The report shows names and places of the source to everyone, and profiling makes requests slow:
    leave it out in production, or use `debug_only`.

    From Python 3.12 on, the profile includes what other threads do meanwhile. A request during
    another profile gets a 503.

    :param sort_param_name: the query parameter that sorts it
    :param get_param_name: the query parameter that asks for the profile
    :param limit: the maximum number of functions to show
    :param debug_only: profile only in applications constructed with ``debug=True``
    """

    def __init__(
        self,
        sort_param_name: str = "_prof_sort",
        get_param_name: str = "_prof",
        *,
        limit: int = 100,
        debug_only: bool = False,
    ) -> None:
        self.sort_param_name = sort_param_name
        self.get_param_name = get_param_name
        self.limit = limit
        self.debug_only = debug_only
        self._key = f"clastic.profile.{get_param_name}"

    def request(self, next: Callable[..., Any], request: Request, _application: Any) -> Any:
        """Return what ``next()`` returns; if a profile is requested, keep that in the environ."""
        if not self._is_requested(request, _application):
            return next()
        # Imported here because production does not need it.
        from cProfile import Profile

        sort = request.args.get(self.sort_param_name, _SORT_ORDERS[0])
        if sort not in _SORT_ORDERS:
            raise BadRequest(f"{self.sort_param_name} must be one of: {', '.join(_SORT_ORDERS)}.")
        profile = Profile()
        try:
            profile.enable()
        except ValueError as error:
            raise ServiceUnavailable(
                "Another profiler is active in this process. Try again when it is done."
            ) from error
        try:
            return next()
        finally:
            profile.disable()
            request.environ[self._key] = f"{request.method} {request.path}", profile, sort

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the profile in place of the response, if there is one."""
        if self._key not in environ:
            return response
        response.close()
        title, profile, sort = environ.pop(self._key)
        report = _format_profile(profile, sort, self.limit)
        headers = [("Cache-Control", "no-store"), NOSNIFF]
        return Response(f"{title}: {response.status}\n{report}", headers=headers)

    def __repr__(self) -> str:
        return f"{self.name}({self.get_param_name!r})"

    def _is_requested(self, request: Request, application: Any) -> bool:
        if self.get_param_name not in request.environ.get("QUERY_STRING", ""):
            return False
        if self.debug_only and not application.debug:
            return False
        try:
            return read_bool(request.args.get(self.get_param_name, ""))
        except KeyError:
            return False


def _format_profile(profile: Profile, sort: str, limit: int) -> str:
    from pstats import Stats

    stream = io.StringIO()
    Stats(profile, stream=stream).sort_stats(sort).print_stats(limit)
    return stream.getvalue()
