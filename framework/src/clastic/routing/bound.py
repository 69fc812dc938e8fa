"""Bind a route to an application, so that a request on it has nothing left to look up.

Binding a :class:`Route` compiles its chain. A bound route does not change any more; embedding an
application binds its routes once more, under a prefix.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from clastic.chain import URL_BUILDER, Chain, ChainCompiler
from clastic.compat.routing import BoundRouteMembers, reads_path_params
from clastic.describe import describe_callable
from clastic.errors import HTTPException, NotFound
from clastic.http import BaseResponse, Limits
from clastic.http.limits import BoundLimits
from clastic.injection import Plan, Step, plan_render_error, plan_route
from clastic.middleware.base import RESERVED_ARGS, SIDES, Middleware, merge_middlewares
from clastic.middleware.checks import check_middleware, check_resource_names
from clastic.pattern import S_REDIRECT, InvalidPattern, Pattern
from clastic.routing.annotations import check_annotations
from clastic.routing.matching import compile_reader, value_positions
from clastic.routing.renders import make_render
from clastic.routing.route import RenderFactory, Route, format_route, inherit_render
from clastic.routing.state import DispatchState
from clastic.routing.urls import Scope, URLBuilder
from clastic.wiring import Problems, WiringError

if TYPE_CHECKING:
    from clastic.application import Application


class BindContext(NamedTuple):
    """The parts of an application that its routes are bound with.

    :param applications: the application as a tuple, which its own routes share
    :param problems: collects what is wrong; a route with problems is not served
    :param checked: whether each middleware that was checked is valid, by its id
    :param mounts: collects the embedded applications whose middlewares finish responses
    :param unreachable: collects the routes that are reported as unreachable
    """

    application: Application
    applications: tuple[Application]
    resources: Mapping[str, Any]
    middlewares: tuple[Middleware, ...]
    render_factory: RenderFactory | None
    slash_mode: str
    limits: Limits
    compiler: ChainCompiler
    problems: Problems
    checked: dict[int, bool]
    mounts: list[Mount]
    unreachable: set[Route]

    def valid_middlewares(self, middlewares: Iterable[Middleware]) -> tuple[Middleware, ...]:
        """Return those middlewares that are valid; each is checked once."""
        valid = []
        for middleware in middlewares:
            if id(middleware) not in self.checked:
                self.checked[id(middleware)] = check_middleware(middleware, self.problems)
            if self.checked[id(middleware)]:
                valid.append(middleware)
        return tuple(valid)


class Mount(NamedTuple):
    """An embedded application whose middlewares finish the misses under its prefix.

    A miss is a request that no route responds to. To finish a response is to pass it through the
    ``finish`` methods of middlewares.

    :param pattern: what matches every path under the prefix
    :param middlewares: those of all applications around the path, outermost first
    """

    pattern: Pattern
    middlewares: tuple[Middleware, ...]


class BoundRoute(BoundRouteMembers):
    """A route bound to an application: all that a request on it needs.

    :ivar application: the application that serves it, the outermost one
    :ivar bound_apps: the applications that it was bound to, innermost first
    :ivar route: the route as it was written
    :ivar path_pattern: its pattern with the prefixes of the applications around it
    :ivar resources: all resources it can use
    :ivar middlewares: all middlewares it runs, outermost first
    :ivar finishing: those of them that have a ``finish`` method, innermost first
    :ivar render: the function that turns the context into a response, if there is one
    :ivar falls_through: whether the route, or an application around it, was declared to leave
        requests to later routes
    :ivar scope: the ``SubApplication`` objects around it, outermost first
    :ivar limits: the limits on request bodies, of the route and of the applications around it
    :ivar read: returns the path values for the segments of a path, ``None`` if these do not match.
        It is ``None`` itself if every value is one unconverted segment
    :ivar run: takes the request (if :attr:`wants_request`), the dispatch state (if
        :attr:`wants_dispatch_state`), the path values and the WSGI environ; returns what the chain
        returned
    :ivar render_error_chain: the compiled ``render_error`` of the route, if it has one
    """

    __slots__ = (
        "application",
        "bound_apps",
        "falls_through",
        "finishing",
        "is_branch",
        "limits",
        "methods",
        "middlewares",
        "path_pattern",
        "positions",
        "read",
        "render",
        "render_error_chain",
        "render_factory",
        "resources",
        "route",
        "run",
        "scope",
        "slash_mode",
        "wants_dispatch_state",
        "wants_request",
    )

    route: Route
    bound_apps: tuple[Application, ...]
    run: Callable[..., Any]

    def __init__(
        self,
        route: Route,
        context: BindContext,
        *,
        path_pattern: Pattern,
        resources: Mapping[str, Any],
        middlewares: tuple[Middleware, ...],
        render_factory: RenderFactory | None,
        render: Callable[..., Any] | None,
        slash_mode: str,
        application_limits: Limits,
        falls_through: bool,
        inner: BoundRoute | None = None,
        scope: Scope = (),
    ) -> None:
        self.route = route
        self.application = context.application
        self.bound_apps = context.applications
        if inner is not None:
            self.bound_apps = (*inner.bound_apps, context.application)
        self.path_pattern = path_pattern
        self.positions = value_positions(path_pattern)
        self.read = compile_reader(path_pattern) if self.positions is None else None
        self.is_branch = path_pattern.is_branch
        self.methods = route.methods
        self.resources = resources
        self.middlewares = middlewares
        self.finishing = finishing(middlewares)
        self.render_factory = render_factory
        self.render = render
        self.slash_mode = slash_mode
        self.limits = BoundLimits(route.limits, application_limits)
        self.falls_through = falls_through
        self.scope = scope
        self.render_error_chain = self._compile_render_error(context)
        chain = self._compile(context, inner)
        if chain is not None:
            self.run, self.wants_request, self.wants_dispatch_state = chain

    @property
    def pattern(self) -> str:
        """The pattern with the prefixes of the applications around it."""
        return self.path_pattern.text

    @property
    def endpoint(self) -> Callable[..., Any]:
        """The endpoint of the route as it was written."""
        return self.route.endpoint

    @property
    def name(self) -> str | None:
        """The name of the route as it was written."""
        return self.route.name

    @property
    def render_error(self) -> Callable[..., Any] | None:
        """The ``render_error`` of the route as it was written."""
        return self.route.render_error

    @property
    def is_null_route(self) -> bool:
        """Whether it serves the requests that no other route matches."""
        return isinstance(self.route, NullRoute)

    @property
    def source(self) -> str:
        """The source of the compiled chain."""
        return "".join(linecache.getlines(self.run.__code__.co_filename))

    def read_values(self, segments: Sequence[str]) -> dict[str, Any] | None:
        """Return the path values by name for a path of which this is a candidate.

        :param segments: the non-empty, decoded segments of the path
        :return: ``None`` if the path does not match
        """
        if self.read is not None:
            return self.read(segments)
        return {name: segments[position] for name, position in (self.positions or {}).items()}

    def redirects(self, path: str) -> bool:
        """Return whether a path that matches is redirected to its normal form.

        The dispatcher has the same condition in its loop.

        :param path: a whole decoded path
        """
        if self.slash_mode != S_REDIRECT:
            return False
        if self.is_branch:
            return "//" in path or not path.endswith("/")
        return "//" in path.rstrip("/")

    @classmethod
    def bind(cls, route: Route, context: BindContext, prefix: str = "") -> BoundRoute:
        """Bind a route as it was written.

        :param prefix: a pattern to put in front of its own; empty for none
        """
        check_resource_names(f"Route '{route.pattern}'", route.resources, context.problems)
        render = make_render(route, route.pattern, context.render_factory, context.problems)
        return cls(
            route,
            context,
            path_pattern=route.path_pattern.with_prefix(prefix) if prefix else route.path_pattern,
            resources=_merge_resources({}, context.resources, route.resources),
            middlewares=_merge_middlewares(
                context, context.valid_middlewares(route.middlewares), route.pattern, route.ignore
            ),
            render_factory=context.render_factory,
            render=render,
            slash_mode=route.slash_mode or context.slash_mode,
            application_limits=context.limits,
            falls_through=route.falls_through,
        )

    def embed(
        self,
        prefix: str,
        context: BindContext,
        around: Any,
        *,
        rebind_render: bool,
        inherit_slashes: bool,
        falls_through: bool,
    ) -> BoundRoute:
        """Bind it once more, in an application around the one that it is bound in.

        :param prefix: a pattern to put in front of its own
        :param around: the ``SubApplication`` that embeds it
        :param rebind_render: use the render factory of the outer application
        :param inherit_slashes: use the slash mode of the outer application, unless the route as
            it was written has one
        :param falls_through: whether it leaves requests to the routes after the application
        """
        try:
            path_pattern = self.path_pattern.with_prefix(prefix)
        except InvalidPattern as error:
            raise InvalidPattern(f"Embedding '{self.pattern}' under '{prefix}': {error}") from error
        render, render_factory = self.render, self.render_factory
        if rebind_render or render_factory is inherit_render:
            render_factory = context.render_factory
            render = make_render(self.route, path_pattern.text, render_factory, context.problems)
        slash_mode = context.slash_mode if inherit_slashes else self.slash_mode
        return type(self)(
            self.route,
            context,
            path_pattern=path_pattern,
            resources=_merge_resources(self.resources, context.resources, self.route.resources),
            middlewares=_merge_middlewares(
                context, self.middlewares, path_pattern.text, self.route.ignore
            ),
            render_factory=render_factory,
            render=render,
            slash_mode=self.route.slash_mode or slash_mode,
            application_limits=self.limits.application.within(context.limits),
            falls_through=self.falls_through or falls_through,
            inner=self,
            scope=(around, *self.scope),
        )

    def rebind(
        self,
        route: Route,
        context: BindContext,
        resources: Mapping[str, Any],
        middlewares: tuple[Middleware, ...],
    ) -> BoundRoute:
        """Bind it once more, in a copy of its application.

        :param route: the route as it was written, or a copy with other resources and middlewares
        :param resources: all resources that it can use
        :param middlewares: all middlewares that it runs, outermost first
        """
        return type(self)(
            route,
            context,
            path_pattern=self.path_pattern,
            resources=resources,
            middlewares=middlewares,
            render_factory=self.render_factory,
            render=self.render,
            slash_mode=self.slash_mode,
            application_limits=self.limits.application,
            falls_through=self.falls_through,
            scope=self.scope,
        )

    def plan(self) -> Plan:
        """Return every function it runs, with the source of each argument.

        :raises WiringError: for a route with problems, which no application serves
        """
        problems = Problems()
        plan = self._plan(problems)
        if plan is None:
            raise WiringError(problems)
        return plan

    def plan_render_error(self, problems: Problems | None = None) -> Step | None:
        """Return the ``render_error`` with the source of each argument, if there is one.

        :param problems: collects what is wrong
        """
        if self.render_error is None:
            return None
        where = f"Route '{self.pattern}' (render_error {describe_callable(self.render_error)})"
        problems = Problems() if problems is None else problems
        return plan_render_error(where, self.render_error, self.resources, problems)

    def _plan(self, problems: Problems, inner: BoundRoute | None = None) -> Plan | None:
        """Plan the route.

        :param problems: collects what is wrong
        :param inner: the route as it is bound in the embedded application
        """
        return plan_route(
            self.pattern,
            () if self.is_null_route else self.path_pattern.names,
            self.resources,
            self.middlewares,
            self.endpoint,
            self.render,
            problems,
            # For a request that no route matches there is no endpoint to wrap.
            request_side_only=self.is_null_route,
            ignored=self.route.ignore,
            known_names=tuple if inner is None else inner._available_names,
        )

    def _available_names(self) -> set[str]:
        """Return the names that its functions can take, in any of its middlewares."""
        provided = (
            name
            for middleware in self.middlewares
            for _, attribute in SIDES
            for name in getattr(middleware, attribute)
        )
        return {*RESERVED_ARGS, *self.path_pattern.names, *self.resources, *provided}

    def _compile(self, context: BindContext, inner: BoundRoute | None) -> Chain | None:
        plan = self._plan(context.problems, inner)
        if plan is None:
            return None
        known = () if inner is None else inner.path_pattern.names
        check_annotations(self.path_pattern, plan, context.problems, known, self.route.ignore)
        constants = {
            **self._bind_resources(context, plan.steps),
            "_application": self.application,
            "_route": self,
            URL_BUILDER: URLBuilder(self.application, self.scope),
        }
        # The dispatcher finishes misses itself, by the path.
        finish = self._finish if self.finishing and not self.is_null_route else None
        name = f"route {self.pattern}"
        set_limits = self.set_limits if self.has_limits else None
        path_params: tuple[str, ...] | None = None
        if reads_path_params(step.function for step in plan.steps):
            path_params = () if self.is_null_route else self.path_pattern.names
        return context.compiler.compile_route(
            name,
            plan,
            constants,
            self.positions,
            finish,
            set_limits,
            path_params,
            self.application.request_type,
        )

    def _compile_render_error(self, context: BindContext) -> Chain | None:
        step = self.plan_render_error(context.problems)
        if step is None:
            return None
        name = f"render_error of {self.pattern}"
        resources = self._bind_resources(context, (step,))
        constants = {
            **resources,
            "_application": self.application,
            URL_BUILDER: URLBuilder(self.application, self.scope),
        }
        return context.compiler.compile_render_error(name, step, constants)

    def _bind_resources(self, context: BindContext, steps: Iterable[Step]) -> Mapping[str, Any]:
        """Return the resources, with those that steps take and that are managed bound."""
        names = [parameter.name for step in steps for parameter in step.arguments]
        lifecycle = context.application.lifecycle
        return lifecycle.bind_resources(self.resources, names, context.problems, self.pattern)

    @property
    def has_limits(self) -> bool:
        """Whether the route, or an application around it, has limits of its own."""
        return any(limits.values for limits in self.limits)

    def set_limits(self, request: Any) -> None:
        """Apply the limits on request bodies to a request."""
        request.bound_limits = self.limits

    def _finish(self, result: Any, request: Any) -> Any:
        """Finish a response of the chain; errors and other results are for the dispatcher."""
        if isinstance(result, HTTPException) or not isinstance(result, BaseResponse):
            return result
        return self.application.finish(result, self, request)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {format_route(self.pattern, self.route)}>"


class NullRoute(Route):
    """The route of a request that no other route has responded to.

    It runs inside the ``request`` methods of the application's middlewares, so that these see
    every request. Its pattern only shows what it matches: it binds no values.
    """

    def __init__(self) -> None:
        super().__init__("/<_path*>", self.respond_to_miss)

    def respond_to_miss(
        self, _application: Application, _dispatch_state: DispatchState
    ) -> HTTPException:
        """Return the last non-breaking error, else 405 if another method would do, else 404."""
        if _dispatch_state.exceptions:
            return _dispatch_state.exceptions[-1]
        error_handler = _application.error_handler
        if _dispatch_state.allowed_methods:
            allowed_methods = _dispatch_state.allowed_methods
            return error_handler.method_not_allowed_type(allowed_methods=allowed_methods)
        if error_handler.not_found_type is NotFound:
            return NotFound(dispatch_state=_dispatch_state)
        return error_handler.not_found_type(
            request=getattr(_dispatch_state, "request", None),
            application=_application,
            dispatch_state=_dispatch_state,
        )


def finishing(middlewares: Sequence[Middleware]) -> tuple[Middleware, ...]:
    """Return the middlewares that have a ``finish`` method, in reverse order."""
    return tuple([each for each in reversed(middlewares) if each.finish is not None])


def _merge_resources(
    inner: Mapping[str, Any], outer: Mapping[str, Any], own: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Merge resources: the route's own win over the outer application's, those over the inner's."""
    if not own and (not inner or not outer):
        return outer or inner
    return {**inner, **outer, **own}


def _merge_middlewares(
    context: BindContext, inner: Sequence[Middleware], pattern: str, ignored: Collection[str]
) -> tuple[Middleware, ...]:
    if not inner:
        return context.middlewares
    return merge_middlewares(context.middlewares, inner, context.problems, pattern, ignored)
