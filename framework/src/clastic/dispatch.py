"""Which answer a request gets: the routes tried in turn, and what becomes of their errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.chain import Chain
from clastic.describe import describe_callable, describe_type
from clastic.errors import (
    BadRequest,
    ErrorHandler,
    HTTPException,
    RequestEntityTooLarge,
    from_werkzeug,
    render_by_accept,
)
from clastic.http import BaseResponse, Request, Response, redirect_to_path
from clastic.pattern import S_REDIRECT, normal_path
from clastic.routing import BoundRoute
from clastic.routing.router import Router
from clastic.routing.state import DispatchState

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from clastic.application import Application

logger = logging.getLogger("clastic")


class RerouteWSGI(Exception):
    """Gives a request to another WSGI application, which sees the environ unchanged.

    Use it as an endpoint, ``("/legacy/<path*>", RerouteWSGI(app))``, or raise it.

    :param wsgi_app: the application that answers
    :raises TypeError: when it is not callable
    """

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        if not callable(wsgi_app):
            raise TypeError(f"RerouteWSGI takes a WSGI callable, not {wsgi_app!r}")
        super().__init__(wsgi_app)
        self.wsgi_app = wsgi_app

    def __call__(self) -> NoReturn:
        """Be an endpoint."""
        # An exception raised anew each time would keep the tracebacks of all the times before.
        raise RerouteWSGI(self.wsgi_app)


THROW_ERRORS = "x-wsgiorg.throw_errors"
"""What an environ has for exceptions to go on to what is around the application: a debugger."""

ANSWERING = (HTTPException, RerouteWSGI, WerkzeugHTTPException)
"""What a route may raise to say how to answer."""


class Dispatcher:
    """Answers requests by one table of routes, which does not change.

    :param routes: in the order to try them
    :param error_chain: the compiled ``render_error`` of the error handler; ``None`` for the
        default rendering
    :param null_route: the route of requests that no route matches
    :param door: what requests go to in its place: WSGI wrappers that have it inside
    """

    __slots__ = (
        "application",
        "door",
        "error_chain",
        "error_handler",
        "find",
        "known",
        "null_route",
        "request_type",
        "routes",
    )

    def __init__(
        self,
        application: Application,
        routes: Sequence[BoundRoute],
        error_handler: ErrorHandler,
        error_chain: Chain | None,
        null_route: BoundRoute,
        door: WSGIApplication | None,
    ) -> None:
        self.application = application
        self.door = door
        self.routes = tuple(routes)
        router = Router(self.routes)
        self.find, self.known = router.find, router.known
        self.error_handler = error_handler
        self.error_chain = error_chain
        self.null_route = null_route
        self.request_type: type[Request] = application.request_type

    def answer(self, environ: WSGIEnvironment, request: Request | None = None) -> WSGIApplication:
        """Find the answer to a request.

        :param request: the request where it exists already; else one is made when it is wanted
        :returns: a response, or the WSGI application that the request was given to
        """
        # Without a path, a client has asked for the root of the server, or for the prefix that the
        # application is mounted at, less the slash that ends it.
        path = environ.get("PATH_INFO") or ("" if environ.get("SCRIPT_NAME") else "/")
        # What is in a slot is called from a local variable: CPython is faster at that.
        known = self.known
        found = known(path)
        if found is None:
            if not path.isascii() and (path := _decoded(path)) is None:
                bad_path = BadRequest("The path of the URL is not valid UTF-8.")
                return self.render_error(bad_path, self.null_route, environ, request)
            find = self.find
            found = find(path)
        candidates, segments, has_trailing_slash, has_repeated_slashes = found
        response: WSGIApplication
        state = failed_route = None
        for route in candidates:
            path_values: Any = segments
            if (read := route.read) is not None:
                path_values = read(segments, has_trailing_slash)
                if path_values is None:
                    continue
            if route.methods is not None and environ["REQUEST_METHOD"] not in route.methods:
                state = _noted(route, state)
                state.allowed_methods |= route.methods
                continue
            if (
                has_repeated_slashes or (route.is_branch and not has_trailing_slash)
            ) and route.slash_mode == S_REDIRECT:
                is_branch = has_trailing_slash or route.is_branch
                return redirect_to_path(environ, normal_path(segments, is_branch))
            try:
                if state is not None or route.wants_dispatch_state:
                    state = _noted(route, state)
                if request is None and route.wants_request:
                    request = self.request_type(environ)
                execute = route.execute
                response = execute(request, state, path_values)
                if type(response) is Response:
                    return response
                response = _checked_response(response, route)
            except Exception as error:
                response = self.failure(error, route, environ, request)
            if not isinstance(response, HTTPException):
                return response
            if response.is_breaking:
                return self.render_error(response, route, environ, request, state)
            state = state or _noted(route, state)
            state.exceptions.append(response)
            failed_route = route
        return self.miss(environ, request, state or DispatchState(), failed_route)

    def miss(
        self,
        environ: WSGIEnvironment,
        request: Request | None,
        state: DispatchState,
        failed_route: BoundRoute | None,
    ) -> WSGIApplication:
        """Answer a request that every route has passed by.

        :param failed_route: the last route that gave a non-breaking error
        """
        route = self.null_route
        response: WSGIApplication
        try:
            if request is None and route.wants_request:
                request = self.request_type(environ)
            response = _checked_response(route.execute(request, state, {}), route)
        except Exception as error:
            response = self.failure(error, route, environ, request)
        if isinstance(response, HTTPException):
            return self.render_error(response, failed_route or route, environ, request, state)
        return response

    def failure(
        self,
        error: Exception,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None,
    ) -> WSGIApplication:
        """Give what becomes of what a route raised; to be called while it is being handled."""
        if isinstance(error, ANSWERING):
            # One that is raised again and again would keep the tracebacks of all times before.
            error.with_traceback(None)
        if isinstance(error, HTTPException):
            return error
        if isinstance(error, RerouteWSGI):
            return error.wsgi_app
        if isinstance(error, WerkzeugHTTPException):
            return from_werkzeug(error)
        if environ.get(THROW_ERRORS):
            raise error
        return self.error_handler.uncaught_to_response(
            _application=self.application, _route=route, request=request
        )

    def render_error(
        self,
        error: HTTPException,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None = None,
        state: DispatchState | None = None,
    ) -> WSGIApplication:
        """Make the response to an HTTP error; a ``render_error`` that fails is done without."""
        response = None
        chain = route.render_error_chain or self.error_chain
        if chain is not None:
            try:
                if request is None:
                    request = self.request_type(environ)
                response = chain.run(request, state or DispatchState(), error, route)
                if not isinstance(response, BaseResponse):
                    raise TypeError(f"render_error returned {response!r}, which is not a Response")
            except Exception:
                logger.exception("render_error of %r failed on %r", route, error)
                response = None
        if response is None:
            response = render_by_accept(error, environ.get("HTTP_ACCEPT"))
        if error.code == RequestEntityTooLarge.code:
            # Imported here, for hardly an application ever needs it.
            from clastic.http.limits import ReadingOn

            return ReadingOn(response)
        return response


def _decoded(path: str) -> str | None:
    """Decode a path as WSGI has it (PEP 3333), ``None`` if it is not UTF-8."""
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        return None


def _noted(route: BoundRoute, state: DispatchState | None) -> DispatchState:
    """Note that a route is attempted, in a new state if there is none."""
    if state is None:
        state = DispatchState()
    state.attempted_routes.append(route)
    return state


def _checked_response(response: Any, route: BoundRoute) -> BaseResponse:
    """Give what a route gave, as a response.

    :raises TypeError: with what to do about it, when it is none
    """
    if isinstance(response, BaseResponse):
        return response
    if isinstance(response, WerkzeugHTTPException):
        return from_werkzeug(response)
    where = f"Route '{route.pattern}' (endpoint {describe_callable(route.endpoint)})"
    given = f"gave {describe_type(response)}, which is not a Response"
    if isinstance(response, type) and issubclass(response, HTTPException):
        remedy = f"Raise or return {response.__name__}(), an instance."
    elif hasattr(response, "__await__"):
        remedy = "WSGI calls functions that return: run it with asyncio.run()."
    elif route.render is not None:
        remedy = f"Its render {describe_callable(route.render)} has to return a Response."
    else:
        remedy = (
            "Return a Response, or give the route a render that makes one, render_basic for one."
        )
    around = [each.name for each in route.middlewares if each.request or each.render]
    if around:
        remedy = (
            f"Each middleware ({', '.join(around)}) has to return what next() gave, or a Response. "
            + remedy
        )
    raise TypeError(f"{where} {given}.\n  {remedy}")
