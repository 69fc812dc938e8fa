"""An application: its parts checked and bound, its routes embedded, its door to WSGI (PEP 3333)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from clastic.chain import Chain, ChainCompiler
from clastic.describe import describe_role
from clastic.dispatch import Dispatcher, RerouteWSGI
from clastic.errors import ErrorHandler
from clastic.exports import lazy_attribute
from clastic.http import BaseResponse, Request, Response
from clastic.injection import plan_render_error, reserved_resources
from clastic.middleware.base import Middleware, merge_middlewares
from clastic.middleware.checks import repeat_problems
from clastic.routing import (
    S_REDIRECT,
    Binding,
    BoundRoute,
    NullRoute,
    RenderFactory,
    Route,
    checked_slash_mode,
)
from clastic.routing.state import DispatchState
from clastic.wiring import Problem, WiringError
from clastic.wrapping import Wrapping, having_wsgi_wrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Application", "DispatchState", "Entry", "RerouteWSGI", "SubApplication"]


class SubApplication:
    """An application to embed in another, all its routes under a prefix.

    What is embedded are the routes that it has at that time; it can still be used by itself.

    :param prefix: a pattern; ``/a``, ``/a/`` and ``/`` all work
    :param application: the application to embed
    :param rebind_render: use the render factory of the outer application for its routes
    :param inherit_slashes: use the slash mode of the outer application for its routes
    :raises TypeError: when ``application`` is not an :class:`Application`
    """

    def __init__(
        self,
        prefix: str,
        application: Application,
        rebind_render: bool = False,
        inherit_slashes: bool = True,
    ) -> None:
        if not isinstance(application, Application):
            raise TypeError(
                f"SubApplication('{prefix}', ...) takes an Application, not {application!r}. "
                "To hand over to another WSGI application use RerouteWSGI."
            )
        self.prefix = prefix
        self.application = application
        self.rebind_render = rebind_render
        self.inherit_slashes = inherit_slashes

    def bind(self, binding: Binding) -> list[BoundRoute]:
        """Bind every route of the embedded application in the outer one."""
        if self.application is binding.application:
            binding.problems.append(
                Problem(
                    f"SubApplication '{self.prefix}'",
                    "embeds an application in itself: a cycle",
                    "Embed another application, or add the routes by themselves.",
                )
            )
            return []
        return [
            route.embed(
                self.prefix,
                binding,
                rebind_render=self.rebind_render,
                inherit_slashes=self.inherit_slashes,
            )
            for route in self.application.iter_routes()
        ]

    def __repr__(self) -> str:
        return f"SubApplication({self.prefix!r}, {self.application!r})"


Entry = Route | SubApplication | Sequence[Any]
"""What a list of routes may have: see :class:`Application`."""


class Application:
    """A WSGI application made of routes.

    Constructing it is all the initialisation there is: after it every check has run, and every
    chain is compiled.

    :param routes: :class:`Route` and :class:`SubApplication` objects, or tuples
        ``(pattern, endpoint[, render[, render_error]])`` and ``(prefix, application)``; they are
        tried in this order
    :param resources: name to value, for the arguments of endpoints, renders and middlewares
    :param middlewares: around every route, outermost first
    :param render_factory: makes a render function of what a route has as render, where that is not
        callable itself
    :param error_handler: makes responses of HTTP errors and of uncaught exceptions
    :param debug: use the default debug error handler where no ``error_handler`` is given
    :param slash_mode: what happens to paths with missing or repeated slashes
    :raises WiringError: with everything that is wrong with how it was put together
    :raises InvalidPattern: and what else :class:`Route` raises, for routes given as tuples
    """

    request_type: type[Request] = Request
    """What its functions get as ``request``. A subclass can set other ones, as of all these."""
    response_type: type[BaseResponse] = Response
    """What the responses of its test client are."""
    default_error_handler_type: type[ErrorHandler] = ErrorHandler
    """The type of its error handler where none is given."""
    default_debug_error_handler_type: type[ErrorHandler] = lazy_attribute(
        "clastic.debug.handler", "ContextualErrorHandler"
    )
    """The same with ``debug``."""

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
    ) -> None:
        _check_kinds(resources, middlewares)
        self.debug = debug
        self.resources: Mapping[str, Any] = MappingProxyType(dict(resources or {}))
        self.render_factory = render_factory
        self.slash_mode = checked_slash_mode(slash_mode)
        self.middlewares: tuple[Middleware, ...] = ()
        self._compiler = ChainCompiler()
        self._changing = RLock()
        binding = self._binding()
        binding.problems.extend(reserved_resources("The application", self.resources))
        sound = binding.sound(middlewares or ())
        binding.problems.extend(repeat_problems(sound, ()))
        self.middlewares = merge_middlewares(sound, ())
        binding = binding._replace(middlewares=self.middlewares)
        self._null_route = self._bound_null_route(binding)
        self._dispatcher = Dispatcher(self, (), ErrorHandler(), None, self._null_route, None)
        self._wrapping = Wrapping((), [])
        bound = [route for entry in routes or () for route in _bind_entry(entry, binding)]
        self._assemble(bound, error_handler, binding.problems)

    @property
    def routes(self) -> tuple[BoundRoute, ...]:
        """The bound routes, in the order they are tried."""
        return self._dispatcher.routes

    @property
    def error_handler(self) -> ErrorHandler:
        """What makes responses of its errors."""
        return self._dispatcher.error_handler

    def iter_routes(self) -> Iterator[BoundRoute]:
        """Go through the bound routes in the order they are tried."""
        return iter(self._dispatcher.routes)

    def add(self, entry: Entry, index: int | None = None) -> None:
        """Add a route, or the routes of an application, while requests may be running.

        They are all there at once, after all checks have passed; if one fails the application
        stays as it was.

        :param entry: as in ``routes`` of :class:`Application`
        :param index: the position in :attr:`routes` to insert at; at the end when left out
        :raises WiringError: as :class:`Application` does
        """
        with self._changing:
            binding = self._binding()
            bound = _bind_entry(entry, binding)
            routes = list(self.routes)
            position = len(routes) if index is None else index
            routes[position:position] = bound
            self._assemble(routes, self.error_handler, binding.problems)

    def set_error_handler(self, error_handler: ErrorHandler | None = None) -> None:
        """Change what makes responses of errors.

        :param error_handler: the new one; the default one when left out
        :raises WiringError: if its ``render_error`` takes what nothing provides
        """
        with self._changing:
            self._assemble(self.routes, error_handler, [])

    def get_local_client(self) -> Client:
        """Give a test client, whose responses are of this application's response type."""
        return Client(self, self.response_type)

    def dispatch(self, request: Request) -> WSGIApplication:
        """Give the answer to a request, without the WSGI wrappers of middlewares.

        :returns: a response, or the WSGI application that the request was given to
        """
        return self._dispatcher.answer(request.environ, request)

    def serve(self, address: str = "127.0.0.1", port: int = 5000, **options: Any) -> None:
        """Serve it for development; see :func:`clastic.server.serve` for the options."""
        from clastic.server import serve

        serve(self, address, port, **options)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request by WSGI."""
        dispatcher = self._dispatcher
        if dispatcher.door is not None:
            return dispatcher.door(environ, start_response)
        answer = dispatcher.answer(environ)
        if type(answer) is Response:
            # The method by name: CPython finds it faster than how to call an object.
            return answer.__call__(environ, start_response)
        return answer(environ, start_response)

    def __repr__(self) -> str:
        resources = ", ".join(self.resources) or "none"
        return (
            f"<{type(self).__name__} of {len(self.routes)} routes, "
            f"{len(self.middlewares)} middlewares, resources: {resources}>"
        )

    def _binding(self) -> Binding:
        return Binding(
            application=self,
            resources=self.resources,
            middlewares=self.middlewares,
            render_factory=self.render_factory,
            slash_mode=self.slash_mode,
            compiler=self._compiler,
            problems=[],
            soundness={},
            promised=set(),
        )

    def _bound_null_route(self, binding: Binding) -> BoundRoute:
        """Bind the null route; without middlewares if they need what only other routes have."""
        trial = binding._replace(problems=[])
        null_route = BoundRoute.bind(NullRoute(), trial)
        if trial.problems:
            bare = binding._replace(middlewares=(), problems=[])
            null_route = BoundRoute.bind(NullRoute(), bare)
        return null_route

    def _assemble(
        self,
        routes: Sequence[BoundRoute],
        error_handler: ErrorHandler | None,
        problems: list[Problem],
    ) -> None:
        """Make what serves requests and put it in place, all at once.

        :raises WiringError: when there are problems, those found here or those given
        """
        if error_handler is None:
            error_handler = (
                self.default_debug_error_handler_type()
                if self.debug
                else self.default_error_handler_type()
            )
        elif not isinstance(error_handler, ErrorHandler):
            problems.append(
                Problem(
                    "The application",
                    f"has the error_handler {error_handler!r}, which is not an ErrorHandler",
                    "Give it an instance of clastic.errors.ErrorHandler, or of a subclass.",
                )
            )
            raise WiringError(problems)
        error_chain = self._compile_error_handler(error_handler, problems)
        wrapped_by = having_wsgi_wrapper(error_handler, self.middlewares, routes)
        wrapping = self._wrapping
        if not wrapping.is_by(wrapped_by):
            wrapping = Wrapping(wrapped_by, problems)
        if problems:
            raise WiringError(problems)
        door = wrapping.door
        dispatcher = Dispatcher(self, routes, error_handler, error_chain, self._null_route, door)
        wrapping.dispatcher = dispatcher
        self._dispatcher, self._wrapping = dispatcher, wrapping

    def _compile_error_handler(
        self, error_handler: ErrorHandler, problems: list[Problem]
    ) -> Chain | None:
        function = error_handler.render_error
        if type(error_handler).render_error is ErrorHandler.render_error:
            return None
        where = describe_role("Error handler", function)
        step, found = plan_render_error(where, function, self.resources)
        problems.extend(found)
        constants = {**self.resources, "_application": self}
        return None if found else self._compiler.compile_render_error(where, step, constants)


def _check_kinds(resources: object, middlewares: object) -> None:
    """Refuse what stands in the wrong place.

    :raises TypeError: with where it belongs
    """
    if resources is not None and not isinstance(resources, Mapping):
        remedy = "Write {'name': value}; middlewares go into middlewares=[...]."
        raise TypeError(f"resources= is {resources!r}, which is not a mapping. {remedy}")
    if isinstance(middlewares, Middleware):
        raise TypeError(f"middlewares= is one middleware. Write middlewares=[{middlewares!r}].")


def _bind_entry(entry: Entry, binding: Binding) -> list[BoundRoute]:
    if isinstance(entry, SubApplication):
        return entry.bind(binding)
    if isinstance(entry, Route):
        if isinstance(entry.endpoint, Application):
            raise TypeError(
                f"{type(entry).__name__}({entry.pattern!r}, ...) has an application as endpoint. "
                f"Embed it: ({entry.pattern!r}, application)."
            )
        return [BoundRoute.bind(entry, binding)]
    if isinstance(entry, (tuple, list)):
        if len(entry) >= 2 and isinstance(entry[1], type) and issubclass(entry[1], Application):
            name = entry[1].__name__
            raise TypeError(
                f"({entry[0]!r}, {name}) has a class. Write ({entry[0]!r}, {name}(...))."
            )
        if len(entry) == 2 and isinstance(entry[1], Application):
            return SubApplication(*entry).bind(binding)
        if 2 <= len(entry) <= 4:
            return [BoundRoute.bind(Route(*entry), binding)]
    raise TypeError(
        f"{entry!r} is not a route. Routes are Route and SubApplication objects, or tuples "
        "(pattern, endpoint[, render[, render_error]]) or (prefix, application), in a list."
    )
