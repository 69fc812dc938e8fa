"""Which source gives each argument of each function that a route runs.

The functions of a route run in layers: the ``request`` functions of its middlewares from the
outermost in, then the ``endpoint`` functions and the endpoint, then the ``render`` functions and
the render. A :class:`Plan` says for each of them which names it is passed; problems are gathered,
not raised, so that all of an application's can be reported together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from clastic.describe import describe_callable, describe_role
from clastic.middleware.base import RESERVED_ARGS, Middleware
from clastic.middleware.checks import reserved
from clastic.middleware.order import Side
from clastic.signature import Parameter, Signature, UnreadableSignature, read_signature
from clastic.wiring import Problem, closest

BUILT_IN = "built-in"
PATH = "path"
RESOURCES = "resources"

MOST_NESTED = 90
"""How many functions of middlewares can run inside each other; Python nests code 100 deep."""

MISPLACED = {
    "next": (
        "takes 'next', which only the functions of a middleware get",
        "Remove it, or make the function part of a Middleware.",
    ),
    "context": (
        "takes 'context', which is there only on the render side, after the endpoint",
        "Use it in the render, or in the render function of a middleware.",
    ),
    "_error": (
        "takes '_error', which only render_error gets",
        "Remove it, or make the function a render_error.",
    ),
}

WSGI_REMEDY = (
    "To embed an application use SubApplication, to hand over to a WSGI application RerouteWSGI."
)

REMEDIES = {
    "environ": WSGI_REMEDY,
    "start_response": WSGI_REMEDY,
    "script_root": "Give the application a clastic.middleware.url.ScriptRootMiddleware().",
    "cookie": (
        "Give the application a clastic.middleware.cookie.SignedCookieMiddleware(secret_key=...)."
    ),
    "self": "It is a method of a class: give that of an instance.",
}
"""What to do about names that nothing provides but that tell what was meant."""

Scope = dict[str, str]
"""The names that can be used at one place, in the order to show them, each with its source."""


class Step(NamedTuple):
    """One function of a route and what it is passed, ``next`` left out.

    :param function: the function
    :param arguments: the parameters it is passed, in declared order
    :param sources: where each comes from, in the same order: :data:`PATH`, :data:`RESOURCES`,
        :data:`BUILT_IN`, or the name of a middleware
    :param provides: the names that it passes on to what it wraps (middleware only)
    """

    function: Callable[..., Any]
    arguments: tuple[Parameter, ...]
    sources: tuple[str, ...]
    provides: tuple[str, ...] = ()


class Plan(NamedTuple):
    """All functions of a route in the order they begin, and what is wrong with them."""

    request: tuple[Step, ...]
    endpoint_middleware: tuple[Step, ...]
    endpoint: Step
    render_middleware: tuple[Step, ...]
    render: Step | None
    problems: tuple[Problem, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order."""
        inner = (*self.request, *self.endpoint_middleware, self.endpoint, *self.render_middleware)
        return inner if self.render is None else (*inner, self.render)


def plan_route(
    pattern: str,
    path_names: Sequence[str],
    resources: Mapping[str, Any],
    middlewares: Sequence[Middleware],
    endpoint: Callable[..., Any],
    render: Callable[..., Any] | None,
    *,
    only_request: bool = False,
) -> Plan:
    """Find the source of every argument of the functions that a route runs.

    :param pattern: the route's pattern, to report it by
    :param path_names: the names that the pattern binds
    :param resources: name to value
    :param middlewares: outermost first, each passed by
        :func:`~clastic.middleware.checks.middleware_problems`
    :param only_request: leave out the ``endpoint`` and ``render`` functions of the middlewares
    """
    planner = _Planner(f"Route '{pattern}'", pattern, tuple(middlewares))
    scope = planner.base_scope(path_names, resources)
    request_steps = planner.side("request", scope)
    if only_request:
        planner.middlewares = ()
    endpoint_scope = dict(scope)
    endpoint_steps = planner.side("endpoint", endpoint_scope)
    endpoint_step = planner.step(
        lambda: f"Route '{pattern}' (endpoint {describe_callable(endpoint)})",
        endpoint,
        endpoint_scope,
    )
    render_scope = {**scope, "context": BUILT_IN}
    render_steps = planner.side("render", render_scope)
    render_step = None
    if render is not None:
        render_step = planner.step(
            lambda: f"Route '{pattern}' (render {describe_callable(render)})", render, render_scope
        )
    planner.limit(len(request_steps) + max(len(endpoint_steps), len(render_steps)))
    return Plan(
        request_steps,
        endpoint_steps,
        endpoint_step,
        render_steps,
        render_step,
        tuple(planner.problems),
    )


def plan_render_error(
    where: str, function: Callable[..., Any], resources: Mapping[str, Any]
) -> tuple[Step, tuple[Problem, ...]]:
    """Find the source of every argument of a ``render_error``; ``**kwargs`` get nothing.

    :param where: what to report it as
    """
    planner = _Planner(where, None, ())
    scope = planner.base_scope((), resources)
    scope["_error"] = BUILT_IN
    step = planner.step(lambda: where, function, scope, pass_over_kwargs=True)
    return step, tuple(planner.problems)


def reserved_resources(where: str, resources: Mapping[str, Any]) -> list[Problem]:
    """Find the resources whose names are the framework's own.

    :param where: who has them, to report it by
    """
    return [
        reserved(where, f"has a resource '{name}',") for name in resources if name in RESERVED_ARGS
    ]


class _Planner:
    def __init__(
        self, where: str, pattern: str | None, middlewares: tuple[Middleware, ...]
    ) -> None:
        self.where = where
        self.pattern = pattern
        self.middlewares = middlewares
        self.problems: list[Problem] = []

    def base_scope(self, path_names: Iterable[str], resources: Mapping[str, Any]) -> Scope:
        scope: Scope = {}
        for name in path_names:
            if name in RESERVED_ARGS:
                self.problems.append(reserved(self.where, f"binds '{name}' in its pattern,"))
            else:
                self.add_source(scope, name, PATH)
        scope["request"] = BUILT_IN
        for name in resources:
            if name not in RESERVED_ARGS:
                self.add_source(scope, name, RESOURCES)
        for name in ("_application", "_route", "_dispatch_state"):
            scope[name] = BUILT_IN
        return scope

    def add_source(self, scope: Scope, name: str, source: str) -> None:
        if name in scope:
            sources = f"{_spoken(scope[name])} and {_spoken(source)}"
            self.problems.append(
                Problem(
                    self.where,
                    f"has two sources for '{name}': {sources}",
                    "Rename one of them.",
                )
            )
        else:
            scope[name] = source

    def limit(self, nested: int) -> None:
        if nested > MOST_NESTED:
            self.problems.append(
                Problem(
                    self.where,
                    f"runs {nested} functions of middlewares inside each other, "
                    f"and at most {MOST_NESTED} can be",
                    "Do in one middleware what several do.",
                )
            )

    def side(self, side: str, scope: Scope) -> tuple[Step, ...]:
        """Plan the functions of one side; what they provide is added to ``scope``."""
        chain = Side(side, self.middlewares)
        steps = []
        for middleware in self.middlewares:
            function = getattr(middleware, side)
            if function is None:
                continue
            provides = chain.provides(middleware)
            steps.append(
                self.step(
                    partial(describe_role, "Middleware", function),
                    function,
                    scope,
                    provides=provides,
                    within=(chain, middleware),
                )
            )
            for name in provides:
                self.add_source(scope, name, middleware.name)
        return tuple(steps)

    def step(
        self,
        where: Callable[[], str],
        function: Callable[..., Any],
        scope: Scope,
        *,
        provides: tuple[str, ...] = (),
        within: tuple[Side, Middleware] | None = None,
        pass_over_kwargs: bool = False,
    ) -> Step:
        try:
            signature = read_signature(function, pass_over_kwargs=pass_over_kwargs)
        except UnreadableSignature as error:
            self.problems.append(Problem(where(), error.reason, error.remedy))
            return Step(function, (), ())
        if within is not None:
            signature = signature.without_first()
        arguments: list[Parameter] = []
        for index, parameter in enumerate(signature.parameters):
            if parameter.name in scope:
                # After an argument that is left out, the others have to go by keyword.
                if len(arguments) < index and parameter.by_position:
                    parameter = parameter._replace(by_position=False)
                arguments.append(parameter)
            elif parameter.required or parameter.name in MISPLACED:
                self.problems.append(self.missing(where(), parameter.name, scope, within))
        if len(arguments) < len(signature.parameters):
            self.problems += _gap_problems(where, signature, arguments)
        sources = tuple(scope[parameter.name] for parameter in arguments)
        return Step(function, tuple(arguments), sources, provides)

    def missing(
        self, where: str, name: str, scope: Scope, within: tuple[Side, Middleware] | None
    ) -> Problem:
        route = None if within is None else self.pattern
        if name in MISPLACED:
            what, remedy = MISPLACED[name]
            return Problem(where, what, remedy, route=route)
        if within is not None and name in within[0].providers:
            what, remedy = within[0].too_late(name, within[1])
            return Problem(where, what, remedy, route=route)
        available = tuple(other for other in scope if other == "_error" or other[0] != "_")
        return Problem(
            where,
            f"needs '{name}', which nothing provides",
            self.remedy(name, has_alternative=closest(name, available) is not None),
            wanted=name,
            available=available,
            route=route,
        )

    def remedy(self, name: str, *, has_alternative: bool) -> str:
        """Say what to do about a name that nothing provides."""
        for foreign in (f"{{{name}}}", f":{name}"):
            if self.pattern and foreign in self.pattern.split("/"):
                return f"'{foreign}' in its pattern is literal text; a binding is written <{name}>."
        if name in REMEDIES:
            return REMEDIES[name]
        add = "Otherwise add" if has_alternative else "Add"
        return f"{add} it to resources=, or to the provides of a middleware."


def _gap_problems(
    where: Callable[[], str], signature: Signature, arguments: Sequence[Parameter]
) -> Iterator[Problem]:
    """A positional-only argument cannot be passed when an optional one before it is not."""
    skipped = None
    passed = {argument.name for argument in arguments}
    for parameter in signature.parameters:
        if parameter.name not in passed:
            skipped = skipped or parameter.name
        elif skipped and not parameter.by_keyword:
            yield Problem(
                where(),
                f"takes '{parameter.name}' by position only, after '{skipped}', "
                "which nothing provides",
                f"Provide '{skipped}' too, or wrap it in a function with named arguments.",
            )


def _spoken(source: str) -> str:
    if source == PATH:
        return "its path"
    return source if source in (RESOURCES, BUILT_IN) else f"middleware {source}"
