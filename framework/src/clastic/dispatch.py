"""Dispatch a request to the first matching route, and turn errors into responses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.chain import Chain
from clastic.describe import describe_role, describe_type
from clastic.error_pages import as_error_page
from clastic.errors import (
    BadRequest,
    ErrorHandler,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    from_werkzeug,
    render_by_accept,
)
from clastic.http import (
    BaseResponse,
    Request,
    Response,
    copy_response,
    read_host,
    redirect_to_path,
)
from clastic.http.hosts import MALFORMED_HOST
from clastic.http.limits import BoundLimits, drain_request_body
from clastic.http.sending import UnsendableError, send
from clastic.middleware.base import Middleware
from clastic.pattern import S_REDIRECT, normal_path
from clastic.results import as_response, check_response
from clastic.routing.bound import BoundRoute, Mount, NullRoute, finishing
from clastic.routing.matching import match_path
from clastic.routing.router import Router
from clastic.routing.state import DispatchState
from clastic.routing.urls import URLMap

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from clastic.application import Application

logger = logging.getLogger("clastic")

THROW_ERRORS = "x-wsgiorg.throw_errors"
"""The key of the environ that lets exceptions pass through to a debugger around the application."""

DEVELOPMENT_PAGES = "clastic.development_pages"
"""The key of the environ for an error handler to use in the place of the default rendering."""


class RerouteWSGI(Exception):
    """Hand a request over to another WSGI application, which sees the environ unchanged.

    Use it as an endpoint, ``("/legacy/<path*>", RerouteWSGI(app))``, or raise it.

    :param wsgi_app: the application that responds
    :raises TypeError: if it is not callable
    """

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        if not callable(wsgi_app):
            raise TypeError(f"RerouteWSGI takes a WSGI callable, not {wsgi_app!r}")
        super().__init__(wsgi_app)
        self.wsgi_app = wsgi_app

    def __call__(self) -> NoReturn:
        """Serve as an endpoint."""
        # An exception object that is raised again would keep the tracebacks of all earlier times.
        raise RerouteWSGI(self.wsgi_app)


_DISPATCH_EXCEPTIONS = (HTTPException, RerouteWSGI, WerkzeugHTTPException)


class Dispatcher:
    """Serve requests by one table of routes, which does not change.

    :param routes: in the order to try them
    :param error_chain: the compiled ``render_error`` of the error handler; ``None`` for the
        default rendering
    :param null_route: the route of requests that no other route responds to
    :param mounts: the embedded applications that finish the misses under their prefixes
    :param wsgi_app: the WSGI wrappers around this dispatcher; ``None`` without any
    :param error_pages: the compiled pages of errors by their status; ``None`` without any
    """

    __slots__ = (
        "application",
        "error_chain",
        "error_handler",
        "error_pages",
        "find_candidates",
        "has_plain_misses",
        "literal_candidates",
        "miss_wants_request",
        "mounts",
        "null_route",
        "request_type",
        "routes",
        "url_map",
        "wsgi_app",
    )

    def __init__(
        self,
        application: Application,
        routes: Sequence[BoundRoute],
        error_handler: ErrorHandler,
        error_chain: Chain | None,
        null_route: BoundRoute,
        mounts: Sequence[Mount] = (),
        wsgi_app: WSGIApplication | None = None,
        error_pages: Mapping[int, Chain] | None = None,
    ) -> None:
        self.application = application
        self.error_pages = error_pages
        self.wsgi_app = wsgi_app
        self.routes = tuple(routes)
        router = Router(self.routes)
        self.find_candidates = router.find_candidates
        self.literal_candidates = router.literal_candidates
        self.error_handler = error_handler
        self.error_chain = error_chain
        self.null_route = null_route
        self.miss_wants_request = (
            null_route.wants_request or error_handler.not_found_type is not NotFound
        )
        self.mounts = tuple(mounts)
        # Nothing of the application sees a miss, but for the response to it.
        self.has_plain_misses = (
            type(null_route.route) is NullRoute
            and not (null_route.middlewares or null_route.finishing or self.mounts)
            and not (error_chain or error_pages)
            and error_handler.not_found_type is NotFound
            and error_handler.method_not_allowed_type is MethodNotAllowed
        )
        self.url_map: URLMap | None = None
        self.request_type: type[Request] = application.request_type

    def respond(self, environ: WSGIEnvironment, request: Request | None = None) -> WSGIApplication:
        """Return the response to a request.

        :param request: the request if it exists already; else one is made when it is needed
        :return: a response, or the WSGI application that the request is handed over to
        """
        # An empty path is the root of the server, or, below a prefix, the prefix without its slash.
        path = environ.get("PATH_INFO") or ("" if environ.get("SCRIPT_NAME") else "/")
        # In CPython, calling a local variable is faster than calling an attribute.
        literal_candidates = self.literal_candidates
        found = literal_candidates(path)
        if found is None:
            if not path.isascii() and (path := _decode_path(path)) is None:
                error = BadRequest("The path of the URL is not valid UTF-8.")
                return self.render_error(error, self.null_route, environ, request)
            find_candidates = self.find_candidates
            found = find_candidates(path)
        candidates, segments, has_trailing_slash, has_repeated_slashes = found
        response: WSGIApplication
        state = failed_route = None
        for route in candidates:
            path_values: Any = segments
            if (read := route.read) is not None:
                path_values = read(segments)
                if path_values is None:
                    continue
            if route.methods is not None and environ["REQUEST_METHOD"] not in route.methods:
                state = _record_attempt(route, state)
                state.allowed_methods |= route.methods
                continue
            if (
                (has_repeated_slashes or (route.is_branch and not has_trailing_slash))
                and route.slash_mode == S_REDIRECT
                and (route.is_branch or "//" in path.rstrip("/"))
            ):
                redirection = redirect_to_path(environ, normal_path(segments, route.is_branch))
                return self.finish(redirection, route, environ, request)
            try:
                if state is not None or route.wants_dispatch_state:
                    state = _record_attempt(route, state)
                if request is None and route.wants_request:
                    request = self.request_type(environ)
                run = route.run
                response = run(request, state, path_values, environ)
                if type(response) is Response:
                    return response
                response = check_response(response, route)
            except Exception as exception:
                response = self.handle_exception(exception, route, environ, request, state)
                if not isinstance(response, HTTPException):
                    return self.finish(response, route, environ, request)
            if not isinstance(response, HTTPException):
                return response
            if response.is_breaking:
                return self.render_error(response, route, environ, request, state)
            state = state or _record_attempt(route, state)
            state.exceptions.append(response)
            failed_route = route
            if request is not None and route.has_limits:
                request.bound_limits = BoundLimits()
        return self.respond_to_miss(environ, request, state, failed_route)

    def respond_by(
        self, dispatch: Callable[[Request], WSGIApplication], environ: WSGIEnvironment
    ) -> WSGIApplication:
        """Return the response to a request by a subclass's own ``dispatch`` method."""
        request = self.request_type(environ)
        response: WSGIApplication
        try:
            response = dispatch(request)
            if not callable(response):
                raise TypeError(
                    f"{describe_role('Method', dispatch)} returned {describe_type(response)}, "
                    "which is not a Response."
                )
        except Exception as exception:
            response = self.handle_exception(exception, self.null_route, environ, request)
        if isinstance(response, HTTPException):
            return self.render_error(response, self.null_route, environ, request)
        return response

    def respond_to_miss(
        self,
        environ: WSGIEnvironment,
        request: Request | None,
        state: DispatchState | None,
        failed_route: BoundRoute | None,
    ) -> WSGIApplication:
        """Return the response to a request that no route has responded to.

        :param state: ``None`` if no path of a route matches
        :param failed_route: the last route that gave a non-breaking error
        """
        if self.has_plain_misses and failed_route is None and DEVELOPMENT_PAGES not in environ:
            # The null route and render_error() would do the same in three times the time.
            error = NotFound() if state is None else MethodNotAllowed(state.allowed_methods)
            return render_by_accept(error, environ.get("HTTP_ACCEPT"))
        state = state or DispatchState()
        route = self.null_route
        response: WSGIApplication
        try:
            if self.miss_wants_request:
                if request is None:
                    request = self.request_type(environ)
                state.request = request
            response = route.run(request, state, {}, environ)
            if not isinstance(response, BaseResponse):
                response = check_response(response, route)
        except Exception as exception:
            response = self.handle_exception(exception, route, environ, request, state)
        if isinstance(response, HTTPException):
            return self.render_error(response, failed_route or route, environ, request, state)
        return self.finish(response, failed_route or route, environ, request)

    def handle_exception(
        self,
        exception: Exception,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None,
        state: DispatchState | None = None,
    ) -> WSGIApplication:
        """Convert an exception of a route into an HTTP error or a response; it is not finished yet.

        Call this inside an ``except`` block.
        """
        if isinstance(exception, _DISPATCH_EXCEPTIONS):
            # An exception object that is raised again would keep all earlier tracebacks.
            exception.with_traceback(None)
        if isinstance(exception, HTTPException):
            return exception
        if isinstance(exception, RerouteWSGI):
            return exception.wsgi_app
        if isinstance(exception, WerkzeugHTTPException):
            return from_werkzeug(exception)
        if environ.get(THROW_ERRORS):
            raise exception
        values: dict[str, Any] = {"_application": self.application, "_route": route}
        with suppress(Exception):  # the request type of the application may fail
            if request is None:
                request = self.request_type(environ)
                route.set_limits(request)
            values = route.values_for(request, state or DispatchState())
        response: BaseResponse = self.error_handler.uncaught_to_response(
            **values, _error=exception, request=request
        )
        pages = environ.get(DEVELOPMENT_PAGES)
        if pages is not None and isinstance(response, HTTPException):
            with suppress(Exception):  # it may read any object, such as one whose repr() fails
                response.exc_info = pages.record_exception(
                    self.application, route, request or self.request_type(environ)
                )
        return response

    def render_error(
        self,
        error: HTTPException,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None = None,
        state: DispatchState | None = None,
    ) -> WSGIApplication:
        """Return the finished response to an HTTP error.

        If ``render_error`` fails, the error is rendered by default.
        """
        response: WSGIApplication = self._render(error, route, environ, request, state)
        if route.finishing or self.mounts:
            response = self.finish(response, route, environ, request)
        if error.code == RequestEntityTooLarge.code:
            return drain_request_body(response)
        return response

    def _render(
        self,
        error: HTTPException,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None,
        state: DispatchState | None,
    ) -> BaseResponse:
        page = None
        if self.error_pages is not None and route.render_error_chain is None:
            page = self.error_pages.get(error.code)
        chain = route.render_error_chain or page or self.error_chain
        if chain is not None or DEVELOPMENT_PAGES in environ:
            try:
                if request is None:
                    request = self.request_type(environ)
                    route.set_limits(request)
                state = state or DispatchState()
                if chain is not None:
                    response = chain.run(request, state, error, route)
                else:
                    pages: Any = environ[DEVELOPMENT_PAGES]
                    response = pages.render_error(request, error, self.application, route, state)
                if isinstance(response, BaseResponse):
                    return response if page is None else as_error_page(response, error)
                raise TypeError(f"render_error returned {response!r}, which is not a Response")
            except Exception:
                logger.exception("render_error of %r failed on %r", route, error)
        return render_by_accept(error, environ.get("HTTP_ACCEPT"))

    def send_error(
        self, error: UnsendableError, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Log that a response cannot be sent, and send a 500 in its place.

        Call this inside an ``except`` block.
        """
        route = self.find_route(environ, environ["REQUEST_METHOD"]) or self.null_route
        response = self.handle_exception(error, route, environ, None)
        error_id = response.error_id if isinstance(response, HTTPException) else None
        try:
            if isinstance(response, HTTPException):
                response = self.render_error(response, route, environ)
            else:
                response = self.finish(response, route, environ, None)
            return send(response, environ, start_response)
        except UnsendableError:  # by the error handler, or a middleware that did it before
            logger.exception("The response to error id %s cannot be sent", error_id)
            plain = InternalServerError()
            plain.error_id = error_id
            return plain(environ, start_response)

    def find_route(self, environ: WSGIEnvironment, method: str) -> BoundRoute | None:
        """Return the first route that matches the path of a request and a method."""
        path = _decode_path(environ.get("PATH_INFO", "")) or "/"
        for route in self.find_candidates(path)[0]:
            is_method = route.methods is None or method in route.methods
            if is_method and match_path(route.path_pattern, path, route.slash_mode) is not None:
                return route
        return None

    def finishing(self, route: BoundRoute, environ: WSGIEnvironment) -> Sequence[Middleware]:
        """Return the middlewares that finish a response of a route, innermost first.

        A miss is finished by the applications under whose prefix the path is, too.
        """
        if route is not self.null_route or not self.mounts:
            return route.finishing
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        around = [mount for mount in self.mounts if match_path(mount.pattern, path) is not None]
        if not around:
            return route.finishing
        return finishing(max(around, key=lambda mount: len(mount.pattern.segments)).middlewares)

    def finish(
        self,
        response: WSGIApplication,
        route: BoundRoute,
        environ: WSGIEnvironment,
        request: Request | None,
    ) -> WSGIApplication:
        """Pass a response through the ``finish`` methods of a route's middlewares.

        If one of them raises, the response to that error goes through the remaining ones.

        :param response: a response, or the WSGI application that the request is handed over to
        """
        middlewares = self.finishing(route, environ)
        if not middlewares:
            return response
        finished = copy_response(as_response(response, environ))
        for middleware in middlewares:
            function: Any = middleware.finish
            try:
                finished = function(finished, environ, route)
                if not isinstance(finished, BaseResponse):
                    raise TypeError(
                        f"{describe_role('Middleware', function)} returned "
                        f"{describe_type(finished)}, which is not a Response. Return the response "
                        "that was passed to it, or another one."
                    )
            except Exception as exception:
                raised = self.handle_exception(exception, route, environ, request)
                finished = as_response(raised, environ)
            if isinstance(finished, HTTPException):
                finished = self._render(finished, route, environ, request, None)
        return finished


class HostCheckingDispatcher(Dispatcher):
    """Respond 400 to a request for a host that the application does not trust."""

    __slots__ = ()

    def respond(self, environ: WSGIEnvironment, request: Request | None = None) -> WSGIApplication:
        """Check the host, before anything else is read, then dispatch the request."""
        error = self._host_error(environ)
        if error is None:
            return super().respond(environ, request)
        return self.render_error(error, self.null_route, environ, request)

    def respond_by(
        self, dispatch: Callable[[Request], WSGIApplication], environ: WSGIEnvironment
    ) -> WSGIApplication:
        """Check the host, then call a subclass's own ``dispatch`` method."""
        error = self._host_error(environ)
        if error is None:
            return super().respond_by(dispatch, environ)
        return self.render_error(error, self.null_route, environ)

    def _host_error(self, environ: WSGIEnvironment) -> BadRequest | None:
        host, trusted = read_host(environ), self.application.trusted_hosts
        if host is None:
            return BadRequest(MALFORMED_HOST)
        if trusted is not None and host not in trusted:
            return BadRequest(f"The host {host!r} is not served here.")
        return None


def _decode_path(path: str) -> str | None:
    """Return the decoded form of a path in a WSGI environ (PEP 3333), ``None`` if not UTF-8."""
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        return None


def _record_attempt(route: BoundRoute, state: DispatchState | None) -> DispatchState:
    """Record that a route is attempted, in a new state if there is none."""
    if state is None:
        state = DispatchState()
    state.attempted_routes.append(route)
    return state
