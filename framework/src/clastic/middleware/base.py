"""Define middleware, how two lists of them merge, and which names are reserved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from clastic.wiring import Problems

RESERVED_ARGS = (
    "request",
    "context",
    "next",
    "url_for",
    "_application",
    "_route",
    "_dispatch_state",
    "_error",
)
"""The argument names that the framework provides itself; nothing else may provide them.

To add one, also add it to ``_Planner.initial_scope`` of :mod:`clastic.injection`, and let
``_SourceWriter.value`` of :mod:`clastic.chain` write where its value comes from (and count it as a
use of ``request`` if it is taken from there).
"""

SIDES = (
    ("request", "provides"),
    ("endpoint", "endpoint_provides"),
    ("render", "render_provides"),
)
"""The methods that take ``next``, each with the attribute that declares what it provides."""


class Middleware:
    """Code that runs around endpoints and renders. Subclass it and define up to four methods.

    ``request(self, next, ...)`` wraps the whole request, ``endpoint(self, next, ...)`` the
    endpoint, ``render(self, next, ...)`` the render. Each takes ``next`` first and any other
    argument by name, calls ``next()`` for what it wraps, and returns the result of that call or
    something else. Values that it declares to provide are passed to ``next`` by name or in the
    declared order::

        class Session(Middleware):
            provides = ("user",)

            def request(self, next, request):
                return next(user=find_user(request))

    ``finish(self, response, environ, route)`` takes every response that a route of the
    application gives and returns the response to send. It is called once a request, however the
    response came about: returned or raised, an uncaught exception, a slash redirect, a path that
    no route matches, a request handed to another WSGI application. Innermost middlewares finish
    first. The response is a copy made for this request, so ``finish`` may change it::

        class ReferrerPolicy(Middleware):
            def finish(self, response, environ, route):
                response.headers["Referrer-Policy"] = "same-origin"
                return response

    Middlewares are equal if they are of one type and have equal attributes.
    """

    provides: Sequence[str] = ()
    """The names that ``request`` passes to inner middlewares, the endpoint and the render."""
    endpoint_provides: Sequence[str] = ()
    """The names that ``endpoint`` passes to inner ``endpoint`` methods and the endpoint."""
    render_provides: Sequence[str] = ()
    """The names that ``render`` passes to inner ``render`` methods and the render."""
    unique: bool = True
    """Whether only the outermost of several equal middlewares is included."""
    reorderable: bool = True
    """Whether it may be dropped in favour of an equal one further out; if not, that is an error."""
    replaced_by_outer: bool = False
    """Whether an outer middleware of the same type that provides the same names replaces it.

    By default, the names have two sources, which is an error: a middleware that authenticates must
    not be left out because of another one.
    """
    wsgi_wrapper: Callable[..., Any] | None = None
    """Takes a WSGI app and returns the one to serve in its place; called at construction."""

    request: Callable[..., Any] | None = None
    endpoint: Callable[..., Any] | None = None
    render: Callable[..., Any] | None = None
    finish: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The name used in lists and messages: that of the class."""
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{self.name}()"


class DummyMiddleware(Middleware):
    """Change nothing, and report each call, to show in which order middlewares run.

    ``DummyMiddleware("a", events.append)`` calls ``events.append`` with ``"a: request"``,
    ``"a: endpoint"`` and ``"a: render"`` before what each wraps, and with the same text and
    ``" done"`` after it, unless that raised.

    :param label: the name in the report; middlewares with different labels are different
    :param tell: called with each line; ``None`` reports nothing
    :param verbose: print each line, without ``tell``
    """

    def __init__(
        self,
        label: str = "dummy",
        tell: Callable[[str], object] | None = None,
        *,
        verbose: bool = False,
    ) -> None:
        self.label = label
        self.tell = print if verbose and tell is None else tell
        self.verbose = verbose

    def request(self, next: Callable[..., Any]) -> Any:
        """Return what ``next()`` returns."""
        return self._call("request", next)

    def endpoint(self, next: Callable[..., Any]) -> Any:
        """Return what ``next()`` returns."""
        return self._call("endpoint", next)

    def render(self, next: Callable[..., Any]) -> Any:
        """Return what ``next()`` returns."""
        return self._call("render", next)

    def __repr__(self) -> str:
        return f"{self.name}({self.label!r})"

    def _call(self, side: str, next: Callable[..., Any]) -> Any:
        if self.tell is None:
            return next()
        self.tell(f"{self.label}: {side}")
        result = next()
        self.tell(f"{self.label}: {side} done")
        return result


def merge_middlewares(
    outer: Iterable[Middleware],
    inner: Iterable[Middleware],
    problems: Problems | None = None,
    pattern: str | None = None,
    ignored: Collection[str] = (),
) -> tuple[Middleware, ...]:
    """Merge two lists of middlewares, outermost first.

    A ``unique`` middleware that equals one already there is left out, and an inner one that an
    outer one replaces.

    :param problems: collects those left out that are not ``reorderable``, and those replaced
    :param pattern: the route that the lists are merged for, to report it
    :param ignored: the codes of likely mistakes that the route ignores
    """
    outer = tuple(outer)
    merged: list[Middleware] = []
    for middleware in outer:
        _add_unless_equal(middleware, merged, problems, pattern)
    for middleware in inner:
        replacement = _find_replacement(middleware, outer)
        if replacement is None or middleware in merged:
            _add_unless_equal(middleware, merged, problems, pattern)
        elif problems is not None:
            names = ", ".join(f"'{name}'" for name in sorted(_provided_names(middleware)))
            problems.add_likely(
                "replaced-middleware",
                f"Middleware {middleware!r}",
                f"is left out, because {replacement!r} further out provides {names}, too",
                "Remove one of the two, or let them provide different names.",
                route=pattern,
                ignored=ignored,
            )
    return tuple(merged)


def _add_unless_equal(
    middleware: Middleware,
    merged: list[Middleware],
    problems: Problems | None,
    pattern: str | None,
) -> None:
    if not middleware.unique or middleware not in merged:
        merged.append(middleware)
    elif not middleware.reorderable and problems is not None:
        problems.add(
            f"Middleware {middleware.name}",
            "is included twice, and is not reorderable, so neither can be left out",
            "Remove one of the two.",
            route=pattern,
        )


def _find_replacement(inner: Middleware, outer: Iterable[Middleware]) -> Middleware | None:
    """Return the outer middleware that replaces an inner one; ``None`` if there is none."""
    names = _provided_names(inner)
    if not inner.replaced_by_outer or not names:
        return None
    candidates = [each for each in outer if type(each) is type(inner)]
    return next((each for each in candidates if names <= _provided_names(each)), None)


def _provided_names(middleware: Middleware) -> set[str]:
    return {name for _, attribute in SIDES for name in getattr(middleware, attribute)}
