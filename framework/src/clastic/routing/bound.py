"""A route made whole by an application, so that a request on it has nothing left to look up.

Binding a :class:`Route` compiles its chain; what comes of it does not change any more. Embedding
an application binds its bound routes once more, under a prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from clastic.chain import Chain, ChainCompiler
from clastic.describe import describe_callable
from clastic.injection import Plan, plan_render_error, plan_route, reserved_resources
from clastic.middleware.base import Middleware, merge_middlewares
from clastic.middleware.checks import declared_names, middleware_problems, repeat_problems
from clastic.pattern import InvalidPattern, Pattern
from clastic.routing.matching import compile_reader, value_positions
from clastic.routing.rendering import RenderFactory, inherit_render, made_render
from clastic.routing.route import Route, spoken
from clastic.wiring import Problem

if TYPE_CHECKING:
    from clastic.application import Application
    from clastic.http import Response
    from clastic.routing.state import DispatchState


class Binding(NamedTuple):
    """What an application brings to the routes that it binds.

    :param problems: takes what is found wrong; a route with problems is not to be served
    :param soundness: takes which middlewares keep their own word, by their ids
    :param promised: takes the names that the others declare to provide
    """

    application: Application
    resources: Mapping[str, Any]
    middlewares: tuple[Middleware, ...]
    render_factory: RenderFactory | None
    slash_mode: str
    compiler: ChainCompiler
    problems: list[Problem]
    soundness: dict[int, bool]
    promised: set[str]

    def sound(self, middlewares: Iterable[Middleware]) -> tuple[Middleware, ...]:
        """Give those middlewares that keep their own word; what is wrong with the rest is noted."""
        return tuple(middleware for middleware in middlewares if self._is_sound(middleware))

    def note(self, problems: Iterable[Problem]) -> None:
        """Note what is wrong, but for names that are missing only because a middleware is wrong."""
        self.problems.extend(problem for problem in problems if problem.wanted not in self.promised)

    def _is_sound(self, middleware: Middleware) -> bool:
        if id(middleware) not in self.soundness:
            problems = list(middleware_problems(middleware))
            self.problems.extend(problems)
            self.soundness[id(middleware)] = not problems
            if problems:
                self.promised.update(declared_names(middleware))
        return self.soundness[id(middleware)]


class BoundRoute:
    """A route made whole by an application: all that a request on it needs, and nothing to look up.

    :ivar application: the application that serves it, the outermost one
    :ivar route: the route as it was written
    :ivar path_pattern: its pattern with the prefixes of the applications around it
    :ivar resources: all resources it can use
    :ivar middlewares: all middlewares it runs, outermost first
    :ivar render: the function that makes a response of the context, if there is one
    :ivar read: makes the path values of the segments of a path that the router has found it by;
        ``None`` where the segments are the values themselves
    :ivar execute: takes the request (if :attr:`wants_request`), the dispatch state (if
        :attr:`wants_dispatch_state`) and the path values; gives what the chain gave
    :ivar render_error_chain: the compiled ``render_error`` of the route, if it has one
    """

    __slots__ = (
        "application",
        "execute",
        "is_branch",
        "methods",
        "middlewares",
        "path_pattern",
        "places",
        "read",
        "render",
        "render_error_chain",
        "render_factory",
        "resources",
        "route",
        "slash_mode",
        "wants_dispatch_state",
        "wants_request",
    )

    execute: Callable[..., Any]

    def __init__(
        self,
        route: Route,
        binding: Binding,
        *,
        path_pattern: Pattern,
        resources: Mapping[str, Any],
        middlewares: tuple[Middleware, ...],
        render_factory: RenderFactory | None,
        render: Callable[..., Any] | None,
        slash_mode: str,
    ) -> None:
        self.route = route
        self.application = binding.application
        self.path_pattern = path_pattern
        self.places = value_positions(path_pattern)
        self.read = compile_reader(path_pattern) if self.places is None else None
        self.is_branch = path_pattern.is_branch
        self.methods = route.methods
        self.resources = resources
        self.middlewares = middlewares
        self.render_factory = render_factory
        self.render = render
        self.slash_mode = slash_mode
        self.render_error_chain = self._compile_render_error(binding)
        chain = self._compile(binding)
        if chain is not None:
            self.execute, self.wants_request, self.wants_dispatch_state = chain

    @property
    def pattern(self) -> str:
        """The pattern with the prefixes of the applications around it."""
        return self.path_pattern.text

    @property
    def endpoint(self) -> Callable[..., Any]:
        """The endpoint of the route as it was written."""
        return self.route.endpoint

    @property
    def render_error(self) -> Callable[..., Any] | None:
        """The ``render_error`` of the route as it was written."""
        return self.route.render_error

    @classmethod
    def bind(cls, route: Route, binding: Binding) -> BoundRoute:
        """Bind a route as it was written."""
        binding.problems.extend(reserved_resources(f"Route '{route.pattern}'", route.resources))
        render = made_render(route, route.pattern, binding.render_factory, binding.problems)
        return cls(
            route,
            binding,
            path_pattern=route.path_pattern,
            resources=_merged_resources({}, binding.resources, route.resources),
            middlewares=_merged_middlewares(
                binding, binding.sound(route.middlewares), route.pattern
            ),
            render_factory=binding.render_factory,
            render=render,
            slash_mode=route.slash_mode or binding.slash_mode,
        )

    def embed(
        self, prefix: str, binding: Binding, *, rebind_render: bool, inherit_slashes: bool
    ) -> BoundRoute:
        """Bind it once more, in an application around the one that it is bound in.

        :param prefix: a pattern to put before its own
        :param rebind_render: use the render factory of the outer application
        :param inherit_slashes: use the slash mode of the outer application, unless the route as
            it was written has one
        """
        try:
            path_pattern = self.path_pattern.with_prefix(prefix)
        except InvalidPattern as error:
            raise InvalidPattern(f"Embedding '{self.pattern}' under '{prefix}': {error}") from error
        render, render_factory = self.render, self.render_factory
        if rebind_render or render_factory is inherit_render:
            render_factory = binding.render_factory
            render = made_render(self.route, path_pattern.text, render_factory, binding.problems)
        slash_mode = binding.slash_mode if inherit_slashes else self.slash_mode
        return type(self)(
            self.route,
            binding,
            path_pattern=path_pattern,
            resources=_merged_resources(self.resources, binding.resources, self.route.resources),
            middlewares=_merged_middlewares(binding, self.middlewares, path_pattern.text),
            render_factory=render_factory,
            render=render,
            slash_mode=self.route.slash_mode or slash_mode,
        )

    def plan(self) -> Plan:
        """Tell every function it runs and the source of each of their arguments."""
        # A miss has no endpoint of the application's for its middlewares to wrap.
        is_miss = isinstance(self.route, NullRoute)
        return plan_route(
            self.pattern,
            () if is_miss else self.path_pattern.names,
            self.resources,
            self.middlewares,
            self.endpoint,
            self.render,
            only_request=is_miss,
        )

    def _compile(self, binding: Binding) -> Chain | None:
        plan = self.plan()
        if plan.problems:
            binding.note(plan.problems)
            return None
        constants = {**self.resources, "_application": self.application, "_route": self}
        name = f"route {self.pattern}"
        return binding.compiler.compile_route(name, plan, constants, self.places)

    def _compile_render_error(self, binding: Binding) -> Chain | None:
        function = self.route.render_error
        if function is None:
            return None
        where = f"Route '{self.pattern}' (render_error {describe_callable(function)})"
        step, problems = plan_render_error(where, function, self.resources)
        if problems:
            binding.problems.extend(problems)
            return None
        name = f"render_error of {self.pattern}"
        constants = {**self.resources, "_application": self.application}
        return binding.compiler.compile_render_error(name, step, constants)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {spoken(self.pattern, self.route)}>"


class NullRoute(Route):
    """The route of a request that every other route has passed by.

    It runs after them, inside the ``request`` functions of the application's middlewares, so that
    these see every request.
    Its pattern only shows what it matches: it gives no values.
    """

    def __init__(self) -> None:
        super().__init__("/<_path*>", self.answer_miss)

    def answer_miss(self, _application: Application, _dispatch_state: DispatchState) -> Response:
        """Give the last non-breaking error, else 405 if another method would do, else 404."""
        if _dispatch_state.exceptions:
            return _dispatch_state.exceptions[-1]
        error_handler = _application.error_handler
        if _dispatch_state.allowed_methods:
            return error_handler.method_not_allowed_type(_dispatch_state.allowed_methods)
        return error_handler.not_found_type()


def _merged_resources(
    inner: Mapping[str, Any], outer: Mapping[str, Any], own: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The route's own before the outer application's, those before the inner one's."""
    if not own and (not inner or not outer):
        return outer or inner
    return {**inner, **outer, **own}


def _merged_middlewares(
    binding: Binding, inner: Sequence[Middleware], pattern: str
) -> tuple[Middleware, ...]:
    if not inner:
        return binding.middlewares
    binding.problems.extend(repeat_problems(binding.middlewares, inner, pattern))
    return merge_middlewares(binding.middlewares, inner)
