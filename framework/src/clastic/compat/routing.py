"""Define the members of routes and applications that exist for apps written for Clastic 26."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any

from clastic.describe import underlying_function
from clastic.pattern import Binding, Literal, Pattern
from clastic.signature import read_signature

if TYPE_CHECKING:
    from clastic.application import Application

# The text of a value, by the type of the binding.
_TYPES: Mapping[str, str] = {
    "str": "[^/]+",
    "int": "-?[0-9]+",
    "float": r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
}


def reads_path_params(functions: Iterable[Callable[..., Any]]) -> bool:
    """Return whether the source of one of the functions reads ``request.path_params``.

    Only then is the attribute set, for it would cost each request time.
    """
    codes = [getattr(underlying_function(each), "__code__", None) for each in functions]
    for code in codes:
        if isinstance(code, CodeType):
            if "path_params" in code.co_names or "path_params" in code.co_consts:
                return True
            codes += code.co_consts  # the code of inner functions
    return False


class RouteMembers:
    """Members of :class:`~clastic.routing.Route`."""

    def bind(self, application: Application) -> Any:
        """Return the route bound to an application, which does not serve it.

        :raises WiringError: as :class:`Application` does
        """
        from clastic.routing.bound import BoundRoute

        context = application.bind_context()
        bound = BoundRoute.bind(self, context)  # type: ignore[arg-type]
        context.problems.raise_if_any()
        return bound

    def iter_routes(self) -> Iterator[Any]:
        """Iterate over the route itself."""
        yield self


class SubApplicationMembers:
    """Members of :class:`~clastic.application.SubApplication`."""

    application: Application

    @property
    def app(self) -> Application:
        """The embedded application."""
        return self.application

    def iter_routes(self) -> Iterator[Any]:
        """Iterate over the routes of the embedded application, without the prefix."""
        return self.application.iter_routes()


class BoundRouteMembers:
    """Members of :class:`~clastic.routing.BoundRoute`."""

    __slots__ = ()

    application: Application
    path_pattern: Pattern
    positions: Mapping[str, int] | None
    resources: Mapping[str, Any]
    route: Any
    run: Callable[..., Any]
    plan: Callable[[], Any]
    slash_mode: str

    @property
    def unbound_route(self) -> Any:
        """The route as it was written."""
        return self.route

    @property
    def render_arg(self) -> Any:
        """The render as it was written: a callable, or the argument of the render factory."""
        return self.route.render

    @property
    def path_args(self) -> tuple[str, ...]:
        """The names of the path values, in order."""
        return self.path_pattern.names

    @property
    def endpoint_args(self) -> tuple[str, ...]:
        """The names of the endpoint's arguments, in order."""
        return tuple([each.name for each in read_signature(self.route.endpoint)])

    @property
    def converters(self) -> dict[str, Callable[[str], Any]]:
        """The functions that convert the text of each path value, by name.

        They raise :exc:`ValueError` for a string that does not match.
        """
        bindings = [each for each in self.path_pattern.segments if isinstance(each, Binding)]
        return {each.name: partial(_convert, each) for each in bindings}

    @property
    def regex(self) -> re.Pattern[str]:
        """A regular expression for the paths of the route, with a group for each path value."""
        parts = map(_segment_regex, self.path_pattern.segments)
        return re.compile(f"^{''.join(parts)}/*$")

    def match_path(self, path: str) -> dict[str, Any] | None:
        """Return the values of a decoded path by name, or ``None`` if it does not match."""
        from clastic.routing.matching import match_path

        return match_path(self.path_pattern, path, self.slash_mode)

    def match_method(self, method: str) -> bool:
        """Return whether the route serves a method."""
        return self.route.methods is None or method.upper() in self.route.methods

    def get_required_args(self) -> list[str]:
        """Return the sorted names of the arguments that the path and the resources provide.

        The endpoint's arguments that use their defaults are included.
        """
        plan = self.plan()
        pairs = [
            (argument.name, source)
            for step in plan.steps
            for argument, source in zip(step.arguments, step.sources, strict=True)
        ]
        provided = {name for name, source in pairs if source in ("path", "resources")}
        passed = {argument.name for argument in plan.endpoint.arguments}
        return sorted(provided | ({*self.endpoint_args} - passed))

    def is_required_arg(self, name: str) -> bool:
        """Return whether the path or a resource has to provide an argument."""
        return name in self.get_required_args()

    def iter_routes(self) -> Iterator[Any]:
        """Iterate over the route itself."""
        yield self

    def values_for(self, request: Any, dispatch_state: Any) -> dict[str, Any]:
        """Return what the functions of the route can take by name, for ``**kwargs`` of handlers.

        Managed resources and what middlewares provide are left out.

        :param request: gives the path values; ``None`` for no path values
        """
        from clastic.lifecycle import Managed
        from clastic.routing.bound import NullRoute

        values: dict[str, Any] = {}
        if request is not None and not isinstance(self.route, NullRoute):
            values = self.match_path(request.path) or {}
        for name, value in self.resources.items():
            if not isinstance(value, Managed):
                values[name] = value
        values.pop("self", None)  # handlers are methods
        return {
            **values,
            "_application": self.application,
            "_route": self,
            "_dispatch_state": dispatch_state,
        }

    def execute(self, request: Any, **values: Any) -> Any:
        """Run the route for a request, without matching the path and handling errors.

        :param values: the path values by name; other names are ignored
        :return: the result of the compiled chain, a response
        :raises TypeError: if a path value is missing, or a resource is given another value
        """
        from clastic.routing.state import DispatchState

        missing = [name for name in self.path_args if name not in values]
        resources = self.resources
        changed = [name for name in values if values[name] is not resources.get(name, values[name])]
        if missing:
            raise TypeError(f"execute() of {self!r} needs the path value {missing[0]!r}.")
        if changed:
            raise TypeError(
                f"execute() of {self!r} cannot replace the resource {changed[0]!r}. "
                "Construct an application with another resource."
            )
        path_values: Mapping[Any, Any] = values
        if self.positions is not None:
            path_values = {at: values[name] for name, at in self.positions.items()}
        state = values.get("_dispatch_state") or DispatchState()
        return self.run(request, state, path_values, getattr(request, "environ", None))


def _convert(binding: Binding, text: str) -> Any:
    from clastic.routing.matching import match_path

    values = match_path(Pattern(f"/{_format_binding(binding)}"), f"/{text}")
    if values is None:
        raise ValueError(f"{text!r} does not match {_format_binding(binding)}.")
    return values[binding.name]


def _format_binding(binding: Binding) -> str:
    return f"<{binding.name}{binding.operator}{binding.type_name}>"


def _segment_regex(segment: Literal | Binding) -> str:
    if isinstance(segment, Literal):
        return f"/+{re.escape(segment.text)}"
    value = _TYPES[segment.type_name]
    if not segment.is_variadic:
        prefix, suffix = re.escape(segment.prefix), re.escape(segment.suffix)
        return f"/+{prefix}(?P<{segment.name}>{value}){suffix}"
    return f"(?P<{segment.name}>(?:/+{value}){segment.operator})"
