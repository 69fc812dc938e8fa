"""Which middleware gives what to which other, and whether their order lets it."""

from __future__ import annotations

from collections.abc import Iterable

from clastic.middleware.base import SIDES, Middleware
from clastic.signature import read_signature


class Side:
    """What the middlewares of a route give to each other on one of its sides.

    :param side: ``request``, ``endpoint`` or ``render``
    :param middlewares: all of the route, outermost first
    :ivar providers: name to the middleware that provides it on this side
    """

    def __init__(self, side: str, middlewares: Iterable[Middleware]) -> None:
        self.side = side
        self.attribute = dict(SIDES)[side]
        self.providers = {
            name: middleware for middleware in middlewares for name in self.provides(middleware)
        }

    def provides(self, middleware: Middleware) -> tuple[str, ...]:
        """Give the names that a middleware provides on this side, in declared order."""
        return tuple(getattr(middleware, self.attribute))

    def too_late(self, name: str, needing: Middleware) -> tuple[str, str]:
        """Say why ``needing`` cannot get ``name``, although a middleware provides it.

        :returns: what is wrong and the remedy, as :class:`~clastic.wiring.Problem` has them
        """
        provider = self.providers[name]
        if provider is needing:
            return (
                f"needs '{name}', which it provides itself",
                "Take the argument out, or have another middleware provide it.",
            )
        path = self._path(provider, needing, ())
        if not path:
            return (
                f"needs '{name}', which {provider.name} provides only further in",
                f"Put {provider.name} before {needing.name} in middlewares=.",
            )
        circle = " needs ".join(f"'{step}' of {self.providers[step].name}, which" for step in path)
        return (
            f"needs '{name}' of {provider.name}, which needs {circle.removesuffix(', which')}: "
            "a cycle",
            "Move what one of them provides into a middleware of its own.",
        )

    def _path(
        self, middleware: Middleware, goal: Middleware, seen: tuple[Middleware, ...]
    ) -> tuple[str, ...]:
        """The names by which ``middleware`` comes to depend on ``goal``; none if it does not."""
        for name in read_signature(getattr(middleware, self.side)).required[1:]:
            provider = self.providers.get(name)
            if provider is goal:
                return (name,)
            if provider is None or any(provider is other for other in seen):
                continue
            path = self._path(provider, goal, (*seen, middleware))
            if path:
                return (name, *path)
        return ()
