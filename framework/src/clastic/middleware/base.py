"""What a middleware is, how two lists of them merge, and which names are the framework's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

RESERVED_ARGS = (
    "request",
    "context",
    "next",
    "_application",
    "_route",
    "_dispatch_state",
    "_error",
)
"""The names that the framework itself gives to functions; nothing else may provide them."""

SIDES = (
    ("request", "provides"),
    ("endpoint", "endpoint_provides"),
    ("render", "render_provides"),
)
"""The functions a middleware may have, each with the attribute that declares what it provides."""


class Middleware:
    """Code that runs around endpoints and renders. Subclass it and define up to three functions.

    ``request(self, next, ...)`` wraps all of a request, ``endpoint(self, next, ...)`` the
    endpoint, ``render(self, next, ...)`` the render. Each takes ``next`` first and any other
    argument by name, calls ``next()`` for what it wraps, and returns what that gave or something
    else. What it declares to provide it passes on, by name or in the order declared::

        class Session(Middleware):
            provides = ("user",)

            def request(self, next, request):
                return next(user=find_user(request))

    Middlewares are equal when they are of one type and one configuration (their attributes).
    """

    provides: Sequence[str] = ()
    """What ``request`` passes on: to the middlewares further in, the endpoint and the render."""
    endpoint_provides: Sequence[str] = ()
    """What ``endpoint`` passes on: to the ``endpoint`` functions further in and the endpoint."""
    render_provides: Sequence[str] = ()
    """What ``render`` passes on: to the ``render`` functions further in and the render."""
    unique: bool = True
    """Whether of several equal ones in a list of middlewares only the outermost is included."""
    reorderable: bool = True
    """Whether it may be dropped there for one further out; if not, that is a wiring error."""
    wsgi_wrapper: Callable[..., Any] | None = None
    """Takes a WSGI application, gives the one to serve in its place; runs at construction."""

    request: Callable[..., Any] | None = None
    endpoint: Callable[..., Any] | None = None
    render: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The name it is listed and reported by: that of its class."""
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{self.name}()"


class DummyMiddleware(Middleware):
    """Passes everything through, and tells when: to see in which order middlewares run.

    ``DummyMiddleware("a", events.append)`` calls ``events.append`` with ``"a: request"``,
    ``"a: endpoint"`` and ``"a: render"`` before what each wraps, and the same with ``" done"``
    after it, unless that raised.

    :param label: what to call itself; two with different labels are two different middlewares
    :param tell: called with each line; ``None`` to keep silent
    """

    def __init__(self, label: str = "dummy", tell: Callable[[str], object] | None = None) -> None:
        self.label = label
        self.tell = tell

    def request(self, next: Callable[..., Any]) -> Any:
        """Give back what it wraps gave."""
        return self._pass_on("request", next)

    def endpoint(self, next: Callable[..., Any]) -> Any:
        """Give back what it wraps gave."""
        return self._pass_on("endpoint", next)

    def render(self, next: Callable[..., Any]) -> Any:
        """Give back what it wraps gave."""
        return self._pass_on("render", next)

    def __repr__(self) -> str:
        return f"{self.name}({self.label!r})"

    def _pass_on(self, side: str, next: Callable[..., Any]) -> Any:
        if self.tell is None:
            return next()
        self.tell(f"{self.label}: {side}")
        result = next()
        self.tell(f"{self.label}: {side} done")
        return result


def merge_middlewares(
    outer: Iterable[Middleware], inner: Iterable[Middleware]
) -> tuple[Middleware, ...]:
    """Put two lists of middlewares into one, outermost first.

    A ``unique`` middleware that equals one already there is left out.
    """
    merged: list[Middleware] = []
    for middleware in (*outer, *inner):
        if not (middleware.unique and middleware in merged):
            merged.append(middleware)
    return tuple(merged)


def immovable_repeats(outer: Iterable[Middleware], inner: Iterable[Middleware]) -> list[Middleware]:
    """Give the middlewares that merging would leave out although they are not ``reorderable``."""
    seen: list[Middleware] = []
    repeats = []
    for middleware in (*outer, *inner):
        if middleware.unique and middleware in seen and not middleware.reorderable:
            repeats.append(middleware)
        seen.append(middleware)
    return repeats
