"""Respond to a request with the profile of handling it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clastic.decorators import clastic_decorator
from clastic.errors import BadRequest, Forbidden, ServiceUnavailable
from clastic.http import NOSNIFF, BaseResponse, Request, Response
from clastic.http.hosts import is_from_this_machine, is_loopback_name, read_host, split_host
from clastic.middleware.base import Middleware
from clastic.middleware.url import read_bool
from clastic.signature import read_signature

if TYPE_CHECKING:
    from cProfile import Profile

    from _typeshed.wsgi import WSGIEnvironment

# The columns of pstats to sort by.
_SORT_ORDERS = ("cumulative", "tottime", "calls", "name")


class LocalOnly(Middleware):
    """Respond 403 to requests that other machines send, or send through a proxy.

    The client must have a loopback address and ask for a loopback name, so that a site whose name
    resolves to this machine (DNS rebinding) is refused, too.

    :param owner: the name of the class whose ``guard=`` the error tells to pass
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Return what ``next()`` returns, unless the request is refused."""
        host = split_host(read_host(request.environ) or "")
        if host and is_loopback_name(host[0]) and is_from_this_machine(request.environ):
            return next()
        raise Forbidden(
            "Only this machine may see this. To show it to others, pass "
            f"{self.owner}(guard=...) a middleware that authenticates them."
        )


class SimpleProfileMiddleware(Middleware):
    """Respond to a request with ``?_prof=true`` with the profile of handling it.

    The report is that of :mod:`pstats`, as plain text. ``?_prof_sort=`` sorts it by ``cumulative``
    time, ``tottime`` (the time in the function itself), ``calls`` or ``name``. Put the middleware
    first to see the others in the profile too. A body that is made while it is sent is not in it.

    The report shows names and places of the source, and profiling makes requests slow. Without
    `guard`, only requests of this machine are profiled, and others get a 403.

    From Python 3.12 on, the profile includes what other threads do meanwhile. A request during
    another profile gets a 503.

    :param sort_param_name: the query parameter that sorts it
    :param get_param_name: the query parameter that asks for the profile
    :param limit: the maximum number of functions to show
    :param debug_only: profile only in applications constructed with ``debug=True``
    :param guard: a middleware whose ``request`` method decides who may see a profile, such as
        ``AuthMiddleware(Basic(check))``. With one, requests that no route matches have no profile
    :raises TypeError: if `guard` is not a middleware with that method
    """

    def __init__(
        self,
        sort_param_name: str = "_prof_sort",
        get_param_name: str = "_prof",
        *,
        limit: int = 100,
        debug_only: bool = False,
        guard: Middleware | None = None,
    ) -> None:
        self.sort_param_name = sort_param_name
        self.get_param_name = get_param_name
        self.limit = limit
        self.debug_only = debug_only
        self.guard = checked_guard("SimpleProfileMiddleware", guard)
        self._key = f"clastic.profile.{get_param_name}"

    @property
    def request(self) -> Callable[..., Any]:  # type: ignore[override]
        """The function that profiles; it takes the arguments of the guard, too."""

        def with_profile(guard: Callable[..., Any]) -> Callable[..., Any]:
            names = [each.name for each in read_signature(guard)]

            def request(
                next: Callable[..., Any],
                request: Request,
                _application: Any,
                _route: Any,
                **values: Any,
            ) -> Any:
                is_checked = isinstance(self.guard, LocalOnly) or not _route.is_null_route
                if not (is_checked and self._is_requested(request, _application)):
                    return next()
                values.update(request=request, _application=_application, _route=_route)
                given = {name: values[name] for name in names if name in values}
                return guard(lambda *_, **__: self._profile(next, request), **given)

            return request

        return clastic_decorator(with_profile)(self.guard.request)

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

    def _profile(self, next: Callable[..., Any], request: Request) -> Any:
        """Return what ``next()`` returns, and keep its profile in the environ."""
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

    def _is_requested(self, request: Request, application: Any) -> bool:
        if self.get_param_name not in request.environ.get("QUERY_STRING", ""):
            return False
        if self.debug_only and not application.debug:
            return False
        try:
            return read_bool(request.args.get(self.get_param_name, ""))
        except KeyError:
            return False


def checked_guard(owner: str, guard: Middleware | None) -> Any:
    """Return the guard of a page about an application, by default :class:`LocalOnly`.

    :param owner: the name of the class that takes it
    :raises TypeError: if it is not a middleware with a ``request`` method
    """
    if guard is None:
        return LocalOnly(owner)
    if not isinstance(guard, Middleware) or guard.request is None:
        raise TypeError(
            f"{owner}(guard={guard!r}) is not a middleware with a request method. Pass one such as "
            "AuthMiddleware(Basic(check))."
        )
    return guard


def _format_profile(profile: Profile, sort: str, limit: int) -> str:
    from pstats import Stats

    stream = io.StringIO()
    Stats(profile, stream=stream).sort_stats(sort).print_stats(limit)
    return stream.getvalue()
