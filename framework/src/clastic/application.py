"""Construct an application: check its parts, bind and embed its routes, serve them by WSGI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from typing import NoReturn as Never  # Python 3.10 has no Never

from werkzeug.datastructures import Headers
from werkzeug.test import Client

from clastic.arguments import check_attributes, check_list, check_mapping, refuse_misspelt
from clastic.chain import ChainCompiler
from clastic.compat.routing import SubApplicationMembers
from clastic.dispatch import Dispatcher, HostCheckingDispatcher, RerouteWSGI
from clastic.error_pages import ErrorChainCompiler, checked_errors
from clastic.errors import ErrorHandler
from clastic.exports import lazy_attribute
from clastic.http import BaseResponse, Limits, Request, Response, TrustedHosts
from clastic.http.limits import checked_limits
from clastic.http.sending import UnsendableError, send
from clastic.lifecycle import DRAIN_SECONDS, Lifecycle
from clastic.middleware.base import Middleware, merge_middlewares
from clastic.middleware.checks import check_resource_names
from clastic.pattern import Pattern
from clastic.routing import (
    S_REDIRECT,
    BindContext,
    BoundRoute,
    NullRoute,
    RenderFactory,
    Route,
    checked_slash_mode,
)
from clastic.routing.bound import Mount, finishing
from clastic.routing.reachability import report_unreachable
from clastic.routing.route import checked_name
from clastic.routing.router import Candidates
from clastic.routing.state import DispatchState
from clastic.routing.urls import URLBuilder, URLMap, checked_public_url
from clastic.wiring import Problems, WarningMode, checked_codes
from clastic.wrappers import WSGIWrappers, owners_of_wrappers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_Self = TypeVar("_Self", bound="Application")

__all__ = ["Application", "DispatchState", "Entry", "RerouteWSGI", "SubApplication"]


_OVERRIDABLE = (
    "request_type",
    "response_type",
    "default_error_handler_type",
    "default_debug_error_handler_type",
)

_HANDLER_ATTRIBUTES = (
    "not_found_type",
    "method_not_allowed_type",
    "server_error_type",
    "exc_info_type",
    "wsgi_wrapper",
    "render_error",
    "uncaught_to_response",
    "record_exception",
)


class SubApplication(SubApplicationMembers):
    """An application to embed in another, with all its routes under a prefix.

    The routes that it has when the outer application is constructed are embedded. It can still be
    used by itself.

    :param prefix: a pattern; ``/a``, ``/a/`` and ``/`` all work
    :param app: the application to embed
    :param rebind_render: use the render factory of the outer application for its routes
    :param inherit_slashes: use the slash mode of the outer application for its routes
    :param name: for ``url_for("NAME:route")``
    :param falls_through: whether its routes may leave a request to the routes after it, see
        :class:`Route`
    :raises TypeError: if ``app`` is not an :class:`Application`
    """

    def __init__(
        self,
        prefix: str,
        app: Application,
        rebind_render: bool = False,
        inherit_slashes: bool = True,
        *,
        name: str | None = None,
        falls_through: bool = False,
        **misspelt: Never,
    ) -> None:
        refuse_misspelt(f"SubApplication('{prefix}', ...)", SubApplication.__init__, misspelt)
        if not isinstance(app, Application):
            raise TypeError(
                f"SubApplication('{prefix}', ...) takes an Application, not {app!r}. "
                "To hand over to another WSGI application use RerouteWSGI."
            )
        self.name = checked_name(f"SubApplication('{prefix}', ...)", name)
        self.prefix = prefix
        self.application = app
        self.rebind_render = rebind_render
        self.inherit_slashes = inherit_slashes
        self.falls_through = falls_through

    def bind(self, context: BindContext, outer_prefix: str = "") -> list[BoundRoute]:
        """Bind every route of the embedded application in the outer one.

        :param outer_prefix: a pattern to put in front of the prefix; empty for none
        """
        prefix = outer_prefix.rstrip("/") + self.prefix
        if self.application is context.application:
            context.problems.add(
                f"SubApplication '{self.prefix}'",
                "embeds an application in itself: a cycle",
                "Embed another application, or add the routes one by one.",
            )
            return []
        if self.application.trusted_hosts and not context.application.trusted_hosts:
            context.problems.add(
                f"SubApplication '{self.prefix}'",
                "embeds an application with trusted_hosts, which only the application that is "
                "served checks",
                "Pass trusted_hosts= to the outer application, too.",
            )
        context.unreachable.update(self.application._unreachable)
        routes = [
            route.embed(
                prefix,
                context,
                self,
                rebind_render=self.rebind_render,
                inherit_slashes=self.inherit_slashes,
                falls_through=self.falls_through,
            )
            for route in self.application.iter_routes()
        ]
        for mount in self.application.mounts:
            middlewares = merge_middlewares(context.middlewares, mount.middlewares)
            if finishing(middlewares):
                context.mounts.append(Mount(mount.pattern.with_prefix(prefix), middlewares))
        return routes

    def __call__(self, *args: Never, **kwargs: Never) -> None:
        """Explain a forgotten comma."""
        raise TypeError(f"{self!r} was called. Write a comma after it.")

    def __repr__(self) -> str:
        return f"SubApplication({self.prefix!r}, {self.application!r})"


Entry = Route | SubApplication | Sequence[Any]
"""An item of a list of routes: see :class:`Application`."""


class Application:
    """A WSGI application made of routes.

    The constructor runs all checks and compiles all routes.

    :param routes: :class:`Route` and :class:`SubApplication` objects, or tuples
        ``(pattern, endpoint[, render[, render_error]])`` and ``(prefix, application)``; they are
        tried in this order
    :param resources: name to value, for the arguments of endpoints, renders and middlewares
    :param middlewares: around every route, outermost first
    :param render_factory: makes a render function from a route's ``render`` that is not callable
    :param error_handler: turns HTTP errors and uncaught exceptions into responses
    :param debug: use the default debug error handler if no ``error_handler`` is given
    :param slash_mode: what happens to paths with missing or repeated slashes
    :param limits: the limits on request bodies; those left out are inherited
    :param trusted_hosts: the hosts to serve, by name and without ports; ``.example.org`` is the
        domain and all its subdomains. Other requests get a 400 before routing. ``None`` serves all
    :param public_url: the URL of its root for visitors, such as ``https://example.org/shop``, for
        absolute URLs of :meth:`url_for`
    :param health: the prefix of two paths for health checks, such as ``/_health``: see
        :class:`clastic.health.Health`. An application that is embedded has none
    :param request_type: the type of the ``request`` argument, a subclass of :class:`Request`
    :param null_route: responds if no other route has, inside the ``request`` methods of the
        middlewares; a :class:`clastic.route.NullRoute`
    :param errors: error pages by their status. A page is a function that returns a response and
        takes arguments like ``render_error``, or what the render factory makes one of, such as the
        name of a template; its ``context`` has ``code``, ``message`` and ``detail``. The
        ``render_error`` of a route comes first
    :param warnings: what to do about likely mistakes: ``warn`` issues one
        :class:`~clastic.WiringWarning`, ``raise`` reports them in the :class:`WiringError`,
        ``ignore`` does nothing
    :param ignore: codes of likely mistakes not to report; a route can have its own
    :raises WiringError: if there are problems; it lists all of them
    :raises InvalidPattern: and the other errors of :class:`Route`, for routes given as tuples
    """

    request_type: type[Request] = Request
    """The type of the ``request`` argument. Subclasses can override this and the types below."""
    response_type: type[BaseResponse] = Response
    """The type of the responses of its test client."""
    default_error_handler_type: type[ErrorHandler] = ErrorHandler
    """The type of its error handler if none is given."""
    default_debug_error_handler_type: type[ErrorHandler] = lazy_attribute(
        "clastic.debug.handler", "ContextualErrorHandler"
    )
    """The type of its error handler with ``debug``."""

    def __init__(
        self,
        routes: Iterable[Entry] | None = None,
        resources: Mapping[str, Any] | None = None,
        middlewares: Iterable[Middleware] | None = None,
        render_factory: RenderFactory | None = None,
        error_handler: ErrorHandler | None = None,
        *,
        debug: bool | None = None,
        slash_mode: str = S_REDIRECT,
        limits: Limits | None = None,
        trusted_hosts: Iterable[str] | None = None,
        public_url: str | None = None,
        health: str | None = None,
        request_type: type[Request] | None = None,
        null_route: NullRoute | None = None,
        errors: Mapping[int, Any] | None = None,
        warnings: WarningMode = "warn",
        ignore: Iterable[str] = (),
        **misspelt: Never,
    ) -> None:
        refuse_misspelt(f"{type(self).__name__}(...)", Application.__init__, misspelt)
        _check_routes(routes)
        check_mapping("The application", "resources", resources)
        check_list("The application", "middlewares", middlewares)
        if warnings not in get_args(WarningMode):
            raise ValueError(f"warnings={warnings!r} is not one of 'warn', 'raise' and 'ignore'.")
        self._warnings = warnings
        self._ignored = checked_codes("The application", ignore)
        self.trusted_hosts = None if trusted_hosts is None else TrustedHosts(trusted_hosts)
        self.public_url = checked_public_url(public_url)
        self.debug = debug
        self.resources: Mapping[str, Any] = MappingProxyType(dict(resources or {}))
        self.render_factory = render_factory
        self.slash_mode = checked_slash_mode(slash_mode)
        self.limits = checked_limits("The application", limits)
        self.middlewares: tuple[Middleware, ...] = ()
        self._errors = checked_errors(errors)
        self._unbound_null_route = _checked_null_route(null_route)
        if request_type is not None:
            self.request_type = _checked_request_type(request_type)
        self._begin(health)
        context = self.bind_context()
        check_resource_names("The application", self.resources, context.problems)
        check_attributes(self, Application, _OVERRIDABLE, context.problems)
        valid = context.valid_middlewares(middlewares or ())
        self.middlewares = merge_middlewares(valid, (), context.problems)
        context = context._replace(middlewares=self.middlewares)
        self._null_route = self._bind_null_route(context)
        self._dispatcher = Dispatcher(self, (), ErrorHandler(), None, self._null_route)
        self._wrappers = self._make_wrappers((), context.problems)
        bound = [route for entry in routes or () for route in _bind_entry(entry, context)]
        self._install(bound, context, error_handler, bound)

    @property
    def routes(self) -> tuple[BoundRoute, ...]:
        """The bound routes, in the order they are tried."""
        return self._dispatcher.routes

    @property
    def error_handler(self) -> ErrorHandler:
        """The error handler in use."""
        return self._dispatcher.error_handler

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The prefixes below which this application, or one in it, finishes misses; own first."""
        own = Mount(Pattern("/<_path*>"), self.middlewares)
        return (own, *self._dispatcher.mounts)

    @property
    def url_map(self) -> URLMap:
        """The routes by endpoint and by name."""
        dispatcher = self._dispatcher
        if dispatcher.url_map is None:
            dispatcher.url_map = URLMap(dispatcher.routes)
        return dispatcher.url_map

    def iter_routes(self) -> Iterator[BoundRoute]:
        """Iterate over the bound routes in the order they are tried."""
        return iter(self._dispatcher.routes)

    def find_candidates(self, path: str) -> Candidates:
        """Return the routes that can match a path, as the dispatcher tries them.

        :param path: a whole decoded path
        :return: see :meth:`~clastic.routing.router.Router.find_candidates`
        """
        return self._dispatcher.find_candidates(path)

    def find_route(self, environ: WSGIEnvironment, method: str) -> BoundRoute | None:
        """Return the first route that matches the path of a request and a method."""
        return self._dispatcher.find_route(environ, method)

    def add(
        self,
        entry: Entry,
        index: int | None = None,
        *,
        prefix: str = "",
        rebind_render: bool = False,
        inherit_slashes: bool = True,
    ) -> None:
        """Add a route, or the routes of an application, also while requests are being served.

        They take effect together, after all checks have passed; if one fails, the application
        does not change.

        :param entry: as in ``routes`` of :class:`Application`
        :param index: the position in :attr:`routes` to insert at; the end by default
        :param prefix: a pattern to put in front of the pattern or prefix of the entry
        :param rebind_render: for a tuple ``(prefix, application)``, as for :class:`SubApplication`
        :param inherit_slashes: the same
        :raises WiringError: as :class:`Application` does
        """
        with self._lock:
            context = self.bind_context()
            context.mounts.extend(self._dispatcher.mounts)
            bound = _bind_entry(entry, context, prefix, rebind_render, inherit_slashes)
            routes = list(self.routes)
            position = len(routes) if index is None else index
            routes[position:position] = bound
            new = routes[routes.index(bound[0]) :] if bound else ()
            context.unreachable.update(self._unreachable)
            self._install(routes, context, self.error_handler, new)

    def set_error_handler(self, error_handler: ErrorHandler | None = None) -> None:
        """Replace the error handler.

        :param error_handler: the new one; the default one if left out
        :raises WiringError: if its ``render_error`` needs an argument that nothing provides
        """
        with self._lock:
            context = self.bind_context()
            context.mounts.extend(self._dispatcher.mounts)
            context.unreachable.update(self._unreachable)
            self._install(self.routes, context, error_handler)

    def url_for(self, target: object, /, *, external: bool = False, **values: Any) -> str:
        """Return the URL of a route, outside of a request.

        Functions of a route and templates take ``url_for``, with the same arguments; it knows the
        root that the request was sent to, and looks up names from its own application outward.

        :param target: an endpoint, or the ``name`` of a route; ``"blog:show"`` is a name in the
            ``SubApplication`` named ``blog``. If several routes have the endpoint, the one that
            takes the most values is used, then the first
        :param external: return an absolute URL, which begins with ``public_url``, or with that of
            the request if its host is one of ``trusted_hosts``
        :param values: the path values by name; others become the query, a list several fields of
            it. ``None`` leaves a value out
        :raises URLError: if there is no such route, or a value is missing or does not fit
        """
        return self._url_builder.build(None, target, external=external, **values)

    def with_overrides(
        self: _Self,
        resources: Mapping[str, Any] | None = None,
        middlewares: Mapping[type[Any], Middleware] | None = None,
        without: Iterable[type[Middleware]] = (),
    ) -> _Self:
        """Return a copy of the application in which parts are replaced, for tests.

        They are replaced wherever they are used, also in routes and embedded applications. The
        copy passes all checks again, and has the class and the error handler of this application.

        :param resources: new values by name; a managed resource is replaced without being opened
        :param middlewares: the instance to use in place of each middleware of a type, or of a
            subclass
        :param without: the types of the middlewares to remove
        :raises WiringError: as :class:`Application` does, and for what replaces nothing
        :raises TypeError: if ``middlewares`` or ``without`` has something else than types of
            middlewares
        """
        from clastic.overrides import Overrides  # imported only by tests

        overrides = Overrides(resources or {}, middlewares or {}, without)
        dispatcher = self._dispatcher
        twin = copy(self)
        twin._warnings = "ignore"  # This application has reported its likely mistakes.
        twin.resources = MappingProxyType(dict(overrides.in_resources(self.resources)))
        twin.middlewares = ()
        twin._begin(self._health and self._health.prefix)
        context = twin.bind_context()
        overrides.check_new(context)
        twin.middlewares = overrides.in_middlewares(self.middlewares)
        context = context._replace(middlewares=twin.middlewares)
        twin._null_route = twin._bind_null_route(context)
        twin._wrappers = twin._make_wrappers((), context.problems)
        bound = [overrides.rebind(route, context) for route in dispatcher.routes]
        context.mounts.extend(
            Mount(mount.pattern, overrides.in_middlewares(mount.middlewares))
            for mount in dispatcher.mounts
        )
        overrides.report_unused(context.problems)
        twin._install(bound, context, self.error_handler)
        return twin

    def get_local_client(self) -> Client:
        """Return a test client whose responses are of this application's response type.

        Its address is 127.0.0.1.
        """
        return _LocalClient(self, self.response_type)

    def dispatch(self, request: Request) -> WSGIApplication:
        """Return the response to a request, without the WSGI wrappers of middlewares.

        :return: a response, or the WSGI application that the request is handed over to
        """
        return self._dispatcher.respond(request.environ, request)

    def finish(self, response: BaseResponse, route: BoundRoute, request: Request) -> Any:
        """Pass a response through the ``finish`` methods of a route's middlewares."""
        return self._dispatcher.finish(response, route, request.environ, request)

    def open(self) -> None:
        """Open the managed resources now instead of with the first request; see :func:`managed`.

        :raises Exception: what an opener raises
        """
        self.lifecycle.open()

    def close(self, timeout: float = DRAIN_SECONDS) -> None:
        """Wait for the requests that use managed resources, then close these.

        A request after that opens them again.

        :param timeout: the longest time to wait, in seconds
        """
        self.lifecycle.close(timeout)

    def __enter__(self: _Self) -> _Self:
        """Open the managed resources for the length of a ``with`` block.

        If one cannot be opened, those that were opened are closed.
        """
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the managed resources."""
        self.close()

    def serve(self, address: str = "127.0.0.1", port: int = 5000, **options: Any) -> None:
        """Serve it for development; see :func:`clastic.server.serve` for the options."""
        from clastic.server import serve

        serve(self, address, port, **options)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request by WSGI (PEP 3333)."""
        dispatcher = self._dispatcher
        if dispatcher.wsgi_app is not None:
            return dispatcher.wsgi_app(environ, start_response)
        try:
            response = dispatcher.respond(environ)
            if type(response) is Response:
                # CPython looks up the method by name faster than the call of an object.
                return response.__call__(environ, start_response)
            return send(response, environ, start_response)
        except UnsendableError as error:
            return dispatcher.send_error(error, environ, start_response)

    def __repr__(self) -> str:
        resources = ", ".join(self.resources) or "none"
        return (
            f"<{type(self).__name__} of {len(self.routes)} routes, "
            f"{len(self.middlewares)} middlewares, resources: {resources}>"
        )

    def bind_context(self) -> BindContext:
        """Return what a route is bound with; its problems are for the caller to raise."""
        return BindContext(
            application=self,
            applications=(self,),
            resources=self.resources,
            middlewares=self.middlewares,
            render_factory=self.render_factory,
            slash_mode=self.slash_mode,
            limits=self.limits,
            compiler=self._compiler,
            problems=Problems(self._ignored),
            checked={},
            mounts=[],
            unreachable=set(),
        )

    def _begin(self, health: str | None) -> None:
        """Set the parts that no other application shares."""
        self.lifecycle = Lifecycle()
        self._health = None if health is None else _make_health(health, self.lifecycle)
        self._url_builder = URLBuilder(self)
        self._compiler = ChainCompiler()
        self._lock = RLock()

    def _bind_null_route(self, context: BindContext) -> BoundRoute:
        """Bind the null route, without middlewares if these need arguments that it lacks."""
        trial = context._replace(problems=Problems(self._ignored))
        null_route = BoundRoute.bind(self._unbound_null_route, trial)
        context.problems.likely += [each._replace(route=None) for each in trial.problems.likely]
        if trial.problems:
            bare = context._replace(middlewares=(), problems=Problems())
            null_route = BoundRoute.bind(self._unbound_null_route, bare)
            null_route.finishing = finishing(self.middlewares)
        return null_route

    def _install(
        self,
        routes: Sequence[BoundRoute],
        context: BindContext,
        error_handler: ErrorHandler | None,
        new: Iterable[BoundRoute] = (),
    ) -> None:
        """Make a dispatcher for the routes and put it in place in one assignment.

        :param context: what the routes were bound with
        :param new: the routes that may not be reachable
        :raises WiringError: if there are problems, found here or before
        :raises WiringWarning: if likely mistakes were found and warnings are errors
        """
        problems = context.problems
        if error_handler is None:
            error_handler = (
                self.default_debug_error_handler_type()
                if self.debug
                else self.default_error_handler_type()
            )
        elif not isinstance(error_handler, ErrorHandler):
            problems.add(
                "The application",
                f"has the error_handler {error_handler!r}, which is not an ErrorHandler",
                "Pass an instance of clastic.errors.ErrorHandler or of a subclass.",
            )
            problems.raise_if_any()
        if error_handler is not self._dispatcher.error_handler:
            check_attributes(error_handler, ErrorHandler, _HANDLER_ATTRIBUTES, problems)
        compiler = ErrorChainCompiler(self, self._compiler, problems)
        error_chain = compiler.compile_handler(error_handler)
        error_pages = compiler.compile_pages(self._errors)
        owners = owners_of_wrappers(error_handler, self.middlewares, routes)
        if self._health is not None:
            owners.insert(0, self._health)
        wrappers = self._wrappers
        if [*map(id, owners)] != [*map(id, wrappers.owners)]:
            wrappers = self._make_wrappers(owners, problems)
        url_map = None
        if self._compiler.builds_urls or any(route.name or route.scope for route in routes):
            url_map = URLMap(routes)
            url_map.report_repeated_names(problems)
        make_dispatcher = HostCheckingDispatcher if self.trusted_hosts else Dispatcher
        dispatcher = make_dispatcher(
            self,
            routes,
            error_handler,
            error_chain,
            self._null_route,
            context.mounts,
            wrappers.wsgi_app,
            error_pages,
        )
        dispatcher.url_map = url_map
        new = [route for route in new if route.route not in context.unreachable]
        found = report_unreachable(routes, new, dispatcher.find_candidates, problems)
        context.unreachable.update(found)
        problems.report(self._warnings)
        self._unreachable = frozenset(context.unreachable)
        wrappers.dispatcher = dispatcher
        self._dispatcher, self._wrappers = dispatcher, wrappers

    def _make_wrappers(self, owners: Sequence[Any], problems: Problems) -> WSGIWrappers:
        is_own = type(self).dispatch is not Application.dispatch
        return WSGIWrappers(owners, problems, self.dispatch if is_own else None)


def _checked_null_route(null_route: NullRoute | None) -> NullRoute:
    if null_route is None:
        return NullRoute()
    if not isinstance(null_route, NullRoute):
        raise TypeError(
            f"null_route= is {null_route!r}. Pass an instance of clastic.route.NullRoute, or of a "
            "subclass with a respond_to_miss method of its own."
        )
    return null_route


def _checked_request_type(request_type: type[Request]) -> type[Request]:
    if not (isinstance(request_type, type) and issubclass(request_type, Request)):
        raise TypeError(f"request_type= is {request_type!r}. Pass a subclass of clastic.Request.")
    return request_type


class _LocalClient(Client):
    """A test client with an address."""

    def run_wsgi_app(
        self, environ: WSGIEnvironment, buffered: bool = False
    ) -> tuple[Iterable[bytes], str, Headers]:
        """Run the application as a server of this machine does."""
        environ.setdefault("REMOTE_ADDR", "127.0.0.1")
        return super().run_wsgi_app(environ, buffered)


def _make_health(prefix: str, lifecycle: Lifecycle) -> Any:
    from clastic.health import Health  # imported only if an application uses it

    return Health(prefix, lifecycle)


def _check_routes(routes: object) -> None:
    """Refuse one route in the place of a list.

    :raises TypeError: with what to write
    """
    if isinstance(routes, Application):
        check_list("The application", "routes", routes, "Embed it: [('/prefix', application)].")
    check_list("The application", "routes", routes, "Write [route].")
    if isinstance(routes, (tuple, list)) and len(routes) > 1 and isinstance(routes[0], str):
        raise TypeError(
            f"The application has routes={routes!r}, which is one route. Write [route]."
        )


def _bind_entry(
    entry: Entry,
    context: BindContext,
    prefix: str = "",
    rebind_render: bool = False,
    inherit_slashes: bool = True,
) -> list[BoundRoute]:
    if isinstance(entry, SubApplication):
        return entry.bind(context, prefix)
    if isinstance(entry, Route):
        if isinstance(entry.endpoint, Application):
            raise TypeError(
                f"{type(entry).__name__}({entry.pattern!r}, ...) has an application as endpoint. "
                f"Embed it: ({entry.pattern!r}, application)."
            )
        return [BoundRoute.bind(entry, context, prefix)]
    if isinstance(entry, (tuple, list)):
        if len(entry) >= 2 and isinstance(entry[1], type) and issubclass(entry[1], Application):
            name = entry[1].__name__
            raise TypeError(
                f"({entry[0]!r}, {name}) has a class. Write ({entry[0]!r}, {name}(...))."
            )
        if entry and isinstance(entry[0], (Route, SubApplication, tuple, list)):
            raise TypeError(f"{entry!r} is a list of routes. Unpack it with *: [..., *routes].")
        if len(entry) == 2 and isinstance(entry[1], Application):
            embedded = SubApplication(entry[0], entry[1], rebind_render, inherit_slashes)
            return embedded.bind(context, prefix)
        if 2 <= len(entry) <= 4:
            return [BoundRoute.bind(Route(*entry), context, prefix)]
    raise TypeError(
        f"{entry!r} is not a route. Routes are Route and SubApplication objects, or tuples "
        "(pattern, endpoint[, render[, render_error]]) or (prefix, application), in a list."
    )
