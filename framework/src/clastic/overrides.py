"""Replace resources and middlewares in a copy of an application, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from clastic.middleware.base import Middleware, merge_middlewares
from clastic.routing.bound import BindContext, BoundRoute
from clastic.wiring import Problems, did_you_mean


class Overrides:
    """The parts to replace in an application, and a record of those that were replaced.

    :param resources: new values by name
    :param middlewares: the instance to use in place of each middleware of a type, or of a subclass
    :param without: the types of the middlewares to remove
    :raises TypeError: if a key of ``middlewares`` or an item of ``without`` is not such a type
    """

    def __init__(
        self,
        resources: Mapping[str, Any],
        middlewares: Mapping[type[Any], Middleware],
        without: Iterable[type[Middleware]],
    ) -> None:
        self.resources = resources
        self.middlewares: dict[type[Any], Middleware | None] = dict(middlewares)
        self.middlewares.update(dict.fromkeys(without))
        for middleware_type in self.middlewares:
            if not (isinstance(middleware_type, type) and issubclass(middleware_type, Middleware)):
                raise TypeError(
                    f"{middleware_type!r} is not a type of middlewares. Write "
                    "middlewares={Type: instance} and without=[Type]."
                )
        self._unused: set[object] = {*self.resources, *self.middlewares}
        self._names: set[str] = set()
        self._types: set[str] = set()
        # Each mapping and its replaced form, by its id: many routes share one. The same for tuples.
        self._mappings: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        self._tuples: dict[int, tuple[Sequence[Middleware], tuple[Middleware, ...]]] = {}

    def in_resources(self, resources: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the resources with the new values of the names among them."""
        if id(resources) not in self._mappings:
            self._names.update(resources)
            new = {name: value for name, value in self.resources.items() if name in resources}
            self._unused -= new.keys()
            self._mappings[id(resources)] = resources, {**resources, **new} if new else resources
        return self._mappings[id(resources)][1]

    def in_middlewares(self, middlewares: Sequence[Middleware]) -> tuple[Middleware, ...]:
        """Return the middlewares with replacements, and without the removed ones."""
        if id(middlewares) not in self._tuples:
            replaced = [self._in_middleware(middleware) for middleware in middlewares]
            merged = merge_middlewares([each for each in replaced if each is not None], ())
            self._tuples[id(middlewares)] = middlewares, merged
        return self._tuples[id(middlewares)][1]

    def _in_middleware(self, middleware: Middleware) -> Middleware | None:
        self._types.add(type(middleware).__name__)
        for middleware_type in type(middleware).__mro__:
            if middleware_type in self.middlewares:
                self._unused.discard(middleware_type)
                return self.middlewares[middleware_type]
        return middleware

    def check_new(self, context: BindContext) -> None:
        """Report the new middlewares that are not valid."""
        context.valid_middlewares(new for new in self.middlewares.values() if new is not None)

    def rebind(self, route: BoundRoute, context: BindContext) -> BoundRoute:
        """Bind a route once more, with what is replaced."""
        written = route.route
        own_resources = self.in_resources(written.resources)
        own_middlewares = self.in_middlewares(written.middlewares)
        if own_resources is not written.resources or own_middlewares != written.middlewares:
            written = copy(written)
            written.resources, written.middlewares = dict(own_resources), own_middlewares
        return route.rebind(
            written,
            context,
            self.in_resources(route.resources),
            self.in_middlewares(route.middlewares),
        )

    def report_unused(self, problems: Problems) -> None:
        """Report the overrides that replaced nothing."""
        for name in self.resources:
            if name in self._unused:
                problems.add(
                    f"The override of the resource '{name}'",
                    "replaces nothing: the application has no such resource",
                    did_you_mean(name, self._names) or "Remove it.",
                )
        for middleware_type in self.middlewares:
            if middleware_type in self._unused:
                problems.add(
                    f"The override of the middleware {middleware_type.__name__}",
                    "replaces nothing: the application has no such middleware",
                    f"Its middlewares are {', '.join(sorted(self._types))}."
                    if self._types
                    else "It has no middlewares.",
                )
