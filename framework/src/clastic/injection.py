"""Find the source of each argument of each function that a route runs.

The functions of a route run in layers: the ``request`` methods of its middlewares from the
outermost inward, then the ``endpoint`` methods and the endpoint, then the ``render`` methods and
the render. A :class:`Plan` lists them with the arguments that each is passed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from clastic.describe import describe_callable, describe_role
from clastic.middleware.base import RESERVED_ARGS, SIDES, Middleware
from clastic.middleware.checks import report_reserved
from clastic.signature import (
    Parameter,
    Signature,
    UnreadableSignature,
    read_signature,
    required_names,
)
from clastic.wiring import Problems, closest, misspelling

BUILT_IN = "built-in"
PATH = "path"
RESOURCES = "resources"

MAX_NESTED = 90
"""The most nested methods of middlewares; Python source is indented at most 99 levels deep."""

_MISPLACED = {
    "next": (
        "takes 'next', which is passed only to the methods of a middleware",
        "Remove it, or make the function a method of a Middleware.",
    ),
    "context": (
        "takes 'context', which is available only on the render side, after the endpoint",
        "Use it in the render, or in the render method of a middleware.",
    ),
    "_error": (
        "takes '_error', which is passed only to render_error",
        "Remove it, or make the function a render_error.",
    ),
}

_WSGI_REMEDY = (
    "To embed an application, use SubApplication; to hand over to a WSGI app, use RerouteWSGI."
)

# The remedies for names that nothing provides, but whose meaning is known.
_REMEDIES = {
    "environ": _WSGI_REMEDY,
    "start_response": _WSGI_REMEDY,
    "script_root": "Add clastic.middleware.url.ScriptRootMiddleware() to middlewares=.",
    "cookie": (
        "Add clastic.middleware.cookie.SignedCookieMiddleware(secret_key=...) to middlewares=."
    ),
    "session": "Add clastic.middleware.SessionMiddleware(store) to middlewares=.",
    "self": "Pass the method of an instance, not that of the class.",
}

Scope = dict[str, str]
"""The names available at one place, in the order to show them, each with its source."""


class Step(NamedTuple):
    """One function of a route and the arguments it is passed, ``next`` left out.

    :param function: the function
    :param arguments: the parameters it is passed, in declared order
    :param sources: the source of each, in the same order: :data:`PATH`, :data:`RESOURCES`,
        :data:`BUILT_IN`, or the name of a middleware
    :param provides: the names that it passes on to what it wraps (middlewares only)
    """

    function: Callable[..., Any]
    arguments: tuple[Parameter, ...]
    sources: tuple[str, ...]
    provides: tuple[str, ...] = ()


class Plan(NamedTuple):
    """All functions of a route, in the order in which they begin."""

    request: tuple[Step, ...]
    endpoint_middleware: tuple[Step, ...]
    endpoint: Step
    render_middleware: tuple[Step, ...]
    render: Step | None

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
    problems: Problems,
    *,
    request_side_only: bool = False,
    ignored: Collection[str] = (),
    known_names: Callable[[], Collection[str]] = tuple,
) -> Plan | None:
    """Find the source of every argument of the functions that a route runs.

    :param pattern: the route's pattern, for reports
    :param path_names: the names that the pattern binds
    :param resources: name to value
    :param middlewares: valid ones, outermost first
    :param problems: collects what is wrong
    :param request_side_only: leave out the ``endpoint`` and ``render`` methods of middlewares
    :param ignored: the codes of likely mistakes that the route ignores
    :param known_names: returns the names available in an embedded application, which has reported
        the likely mistakes about them itself
    :return: ``None`` if something is wrong
    """
    planner = _Planner(
        f"Route '{pattern}'", pattern, tuple(middlewares), problems, ignored, known_names
    )
    scope = planner.initial_scope(path_names, resources)
    request_steps = planner.plan_side("request", scope)
    if request_side_only:
        planner.middlewares = ()
    endpoint_scope = dict(scope)
    endpoint_steps = planner.plan_side("endpoint", endpoint_scope)
    endpoint_step = planner.plan_step(
        lambda: f"Route '{pattern}' (endpoint {describe_callable(endpoint)})",
        endpoint,
        endpoint_scope,
    )
    render_scope = {**scope, "context": BUILT_IN}
    render_steps = planner.plan_side("render", render_scope)
    render_step = None
    if render is not None:
        render_step = planner.plan_step(
            lambda: f"Route '{pattern}' (render {describe_callable(render)})", render, render_scope
        )
    planner.check_nesting(len(request_steps) + max(len(endpoint_steps), len(render_steps)))
    if planner.has_failed:
        return None
    return Plan(request_steps, endpoint_steps, endpoint_step, render_steps, render_step)


def plan_render_error(
    where: str,
    function: Callable[..., Any],
    resources: Mapping[str, Any],
    problems: Problems,
    *,
    takes_context: bool = False,
) -> Step | None:
    """Find the source of every argument of a ``render_error``; its ``**kwargs`` are left out.

    :param where: how messages name it
    :param problems: collects what is wrong
    :param takes_context: whether it is a render that takes the members of the error as ``context``
    :return: ``None`` if something is wrong
    """
    planner = _Planner(where, None, (), problems)
    scope = planner.initial_scope((), resources)
    scope["_error"] = BUILT_IN
    if takes_context:
        scope["context"] = BUILT_IN
    step = planner.plan_step(lambda: where, function, scope, ignore_kwargs=True)
    return None if planner.has_failed else step


class _Side:
    """The middlewares of a route on one of its sides, and what they provide there.

    :ivar providers: name to the middleware that provides it
    """

    def __init__(self, side: str, middlewares: Iterable[Middleware]) -> None:
        self.side = side
        self.attribute = dict(SIDES)[side]
        self.providers = {
            name: middleware for middleware in middlewares for name in self.provides(middleware)
        }

    def provides(self, middleware: Middleware) -> tuple[str, ...]:
        return tuple(getattr(middleware, self.attribute))

    def explain_order(self, name: str, needing: Middleware) -> tuple[str, str]:
        """Return why ``needing`` cannot get ``name`` from its provider, and the remedy."""
        provider = self.providers[name]
        if provider is needing:
            return (
                f"needs '{name}', which it provides itself",
                "Remove the argument, or let another middleware provide it.",
            )
        path = self._dependency_path(provider, needing, ())
        if not path:
            return (
                f"needs '{name}', which {provider.name} provides only to functions inside it",
                f"Put {provider.name} before {needing.name} in middlewares=.",
            )
        cycle = " needs ".join(f"'{step}' of {self.providers[step].name}, which" for step in path)
        return (
            f"needs '{name}' of {provider.name}, which needs {cycle.removesuffix(', which')}: "
            "a cycle",
            "Move what one of them provides into a separate middleware.",
        )

    def _dependency_path(
        self, middleware: Middleware, goal: Middleware, seen: tuple[Middleware, ...]
    ) -> tuple[str, ...]:
        """Return the names through which ``middleware`` depends on ``goal``, if it does."""
        for name in required_names(read_signature(getattr(middleware, self.side))[1:]):
            provider = self.providers.get(name)
            if provider is goal:
                return (name,)
            if provider is None or any(provider is other for other in seen):
                continue
            path = self._dependency_path(provider, goal, (*seen, middleware))
            if path:
                return (name, *path)
        return ()


class _Planner:
    """Plan the functions of one route.

    :ivar has_failed: whether planning failed, including because of problems reported elsewhere
    """

    def __init__(
        self,
        where: str,
        pattern: str | None,
        middlewares: tuple[Middleware, ...],
        problems: Problems,
        ignored: Collection[str] = (),
        known_names: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.where = where
        self.pattern = pattern
        self.middlewares = middlewares
        self.problems = problems
        self.ignored = ignored
        self.known_names = known_names
        self.has_failed = False
        self.describers: dict[str, Callable[[], str]] = {}

    def report(self, where: str, what: str, remedy: str, **details: Any) -> None:
        self.has_failed = True
        self.problems.add(where, what, remedy, **details)

    # For another built-in name, see RESERVED_ARGS.
    def initial_scope(self, path_names: Iterable[str], resources: Mapping[str, Any]) -> Scope:
        scope: Scope = {}
        for name in path_names:
            if name in RESERVED_ARGS:
                self.has_failed = True
                report_reserved(self.problems, self.where, f"binds '{name}' in its pattern,")
            else:
                self.add_source(scope, name, PATH)
        scope["request"] = BUILT_IN
        for name in resources:
            if name not in RESERVED_ARGS:
                self.add_source(scope, name, RESOURCES)
        for name in ("url_for", "_application", "_route", "_dispatch_state"):
            scope[name] = BUILT_IN
        return scope

    def add_source(
        self, scope: Scope, name: str, source: str, describe: Callable[[], str] | None = None
    ) -> None:
        """Add the source of a name to ``scope``, or report that it has another one there.

        :param describe: returns how messages name the method that provides it, if it is one
        """
        if name not in scope:
            scope[name] = source
            if describe is not None:
                self.describers[name] = describe
            return
        first, second = _format_source(scope[name]), _format_source(source)
        if describe is not None and scope[name] not in (PATH, RESOURCES, BUILT_IN):
            first, second = self.describers[name](), f"further in, {describe()}"
        sources = f"{first} and {second}"
        self.report(self.where, f"has two sources for '{name}': {sources}", "Rename one of them.")

    def check_nesting(self, nested: int) -> None:
        if nested > MAX_NESTED:
            self.report(
                self.where,
                f"runs {nested} nested methods of middlewares; the maximum is {MAX_NESTED}",
                "Merge several of them into one middleware.",
            )

    def plan_side(self, side_name: str, scope: Scope) -> tuple[Step, ...]:
        """Plan the methods of one side, and add what they provide to ``scope``."""
        if not self.middlewares:
            return ()
        side = _Side(side_name, self.middlewares)
        steps = []
        for middleware in self.middlewares:
            function = getattr(middleware, side_name)
            if function is None:
                continue
            provides = side.provides(middleware)
            where = partial(describe_role, "Middleware", function)
            steps.append(
                self.plan_step(where, function, scope, provides=provides, within=(side, middleware))
            )
            describe = partial(_format_method, function, middleware)
            for name in provides:
                self.add_source(scope, name, middleware.name, describe)
        return tuple(steps)

    def plan_step(
        self,
        where: Callable[[], str],
        function: Callable[..., Any],
        scope: Scope,
        *,
        provides: tuple[str, ...] = (),
        within: tuple[_Side, Middleware] | None = None,
        ignore_kwargs: bool = False,
    ) -> Step:
        """Plan one function.

        :param where: returns how messages name it
        :param within: for the method of a middleware: its side, and the middleware
        """
        try:
            signature = read_signature(function, ignore_kwargs=ignore_kwargs)
        except UnreadableSignature as error:
            self.report(where(), error.reason, error.remedy)
            return Step(function, (), ())
        if within is not None:
            signature = signature[1:]
        arguments: list[Parameter] = []
        for index, parameter in enumerate(signature):
            if parameter.name in scope:
                # After an argument that is left out, the others have to go by keyword.
                if len(arguments) < index and parameter.by_position:
                    parameter = parameter._replace(by_position=False)
                arguments.append(parameter)
            elif parameter.required or parameter.name in _MISPLACED:
                self.report_missing(where(), parameter.name, scope, within, signature)
            else:
                self.check_default(where, parameter.name, scope, within)
        if len(arguments) < len(signature):
            self.check_gaps(where, signature, arguments)
        sources = tuple(scope[parameter.name] for parameter in arguments)
        return Step(function, tuple(arguments), sources, provides)

    def report_missing(
        self,
        where: str,
        name: str,
        scope: Scope,
        within: tuple[_Side, Middleware] | None,
        signature: Signature,
    ) -> None:
        route = None if within is None else self.pattern
        if name in _MISPLACED:
            self.report(where, *_MISPLACED[name], route=route)
        elif within is not None and name in within[0].providers:
            self.report(where, *within[0].explain_order(name, within[1]), route=route)
        elif self.problems.is_expected(name):
            self.has_failed = True
        else:
            hidden = ("url_for", "_application", "_route", "_dispatch_state")
            available = tuple(each for each in scope if each not in hidden)
            taken = {parameter.name for parameter in signature}
            unused = [each for each in scope if scope[each] == PATH and each not in taken]
            if within is not None or "context" in scope:
                unused = []
            has_alternative = closest(name, available) is not None
            remedy = self.find_remedy(name, unused, has_alternative=has_alternative)
            what = f"needs '{name}', which nothing provides"
            self.report(where, what, remedy, wanted=name, available=available, route=route)

    def check_default(
        self,
        where: Callable[[], str],
        name: str,
        scope: Scope,
        within: tuple[_Side, Middleware] | None,
    ) -> None:
        """Report an argument that always has its default, if its name is misspelt."""
        if name.startswith("_") or (intended := misspelling(name, scope)) is None:
            return
        if intended not in self.known_names():
            self.problems.add_likely(
                "near-miss",
                where(),
                f"takes '{name}', which nothing provides, so it always has its default",
                f"Did you mean '{intended}'?",
                route=None if within is None else self.pattern,
                ignored=self.ignored,
            )

    def find_remedy(self, name: str, unused: Sequence[str], *, has_alternative: bool) -> str:
        """Return what to do about a name that nothing provides.

        :param unused: the values of the path that the endpoint does not take
        :param has_alternative: whether a similar name is available
        """
        for foreign in (f"{{{name}}}", f":{name}"):
            if self.pattern and foreign in self.pattern.split("/"):
                return f"'{foreign}' in its pattern is literal text; a binding is written <{name}>."
        if name in _REMEDIES:
            return _REMEDIES[name]
        if len(unused) == 1 and not has_alternative:
            return (
                f"The endpoint does not take '{unused[0]}' of the path. Rename one of the two, or "
                "add it to resources=, or to the provides of a middleware."
            )
        add = "Otherwise add" if has_alternative else "Add"
        return f"{add} it to resources=, or to the provides of a middleware."

    def check_gaps(
        self, where: Callable[[], str], signature: Signature, arguments: Sequence[Parameter]
    ) -> None:
        """Report positional-only arguments behind an optional one that is left out."""
        skipped = None
        passed = {argument.name for argument in arguments}
        for parameter in signature:
            if parameter.name not in passed:
                skipped = skipped or parameter.name
            elif skipped and not parameter.by_keyword:
                self.report(
                    where(),
                    f"takes '{parameter.name}' by position only, after '{skipped}', "
                    "which nothing provides",
                    f"Provide '{skipped}' too, or wrap it in a function with named arguments.",
                )


def _format_method(function: Callable[..., Any], middleware: Middleware) -> str:
    """Return the method of a middleware as messages name it, of which instance it is, too."""
    method = describe_role("middleware", function)
    own = repr(middleware)
    return method if own == f"{middleware.name}()" else f"{method} of {own}"


def _format_source(source: str) -> str:
    if source == PATH:
        return "its path"
    return source if source in (RESOURCES, BUILT_IN) else f"middleware {source}"
