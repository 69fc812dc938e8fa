"""Define routes as a developer writes them; a route may be part of several applications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import takewhile
from typing import Any
from typing import NoReturn as Never  # Python 3.10 has no Never

from clastic.arguments import check_list, check_mapping, refuse_misspelt
from clastic.compat.routing import RouteMembers
from clastic.describe import describe_callable
from clastic.http.limits import Limits, checked_limits
from clastic.middleware.base import Middleware
from clastic.pattern import S_REDIRECT, S_REWRITE, S_STRICT, InvalidPattern, Pattern
from clastic.wiring import checked_codes, did_you_mean

HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""The methods of RFC 9110, section 9, and RFC 5789."""

CALLABLE_REMEDIES = {
    "endpoint": "Pass a function. Its result is passed to the render, if there is one.",
    "render_error": (
        "The order is pattern, endpoint, render, render_error. For methods write GET('/', ...), "
        "for middlewares Route('/', ..., middlewares=[...])."
    ),
}
"""The remedy, by the role of the object that is not callable."""

SLASH_MODES = (S_REDIRECT, S_REWRITE, S_STRICT)

RenderFactory = Callable[[Any], Callable[..., Any]]
"""Takes the ``render`` of a route and returns a render function."""


class InvalidMethod(ValueError):
    """A route names something that is not an HTTP method."""


class InvalidEndpoint(TypeError):
    """A route's endpoint is not callable."""


class Route(RouteMembers):
    """A pattern and the endpoint that serves the requests whose path matches it.

    :param pattern: the paths to match, in the language of :mod:`clastic.pattern`
    :param endpoint: a callable whose arguments are injected by name; it returns a response, or a
        context for the render
    :param render: a callable that turns the context into a response, or a value that the nearest
        render factory turns into such a callable (for example the name of a template)
    :param render_error: a callable that turns an HTTP error, ``_error``, into a response
    :param name: for ``url_for``, besides the endpoint; without colons
    :param methods: the HTTP methods it serves, in any case; ``None`` or none for all. ``GET``
        includes ``HEAD``
    :param middlewares: around this route only, inside those of the application
    :param resources: name to value for this route; they override those of the application
    :param slash_mode: one of the slash modes; the application's by default
    :param limits: the limits on request bodies; those left out are inherited
    :param falls_through: whether it may leave a request to the routes after it, by a non-breaking
        error; routes after it are not reported as unreachable
    :param ignore: codes of :class:`~clastic.WiringWarning` not to report for this route
    :raises InvalidPattern: for a pattern outside of the language
    :raises InvalidMethod: for an unknown method
    :raises InvalidEndpoint: for an endpoint or ``render_error`` that cannot be called
    """

    fixed_methods: tuple[str, ...] | None = None

    def __init__(
        self,
        pattern: str,
        endpoint: Callable[..., Any],
        render: Any = None,
        render_error: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        methods: Iterable[str] | None = None,
        middlewares: Iterable[Middleware] | None = None,
        resources: Mapping[str, Any] | None = None,
        slash_mode: str | None = None,
        limits: Limits | None = None,
        falls_through: bool = False,
        ignore: Iterable[str] = (),
        **misspelt: Never,
    ) -> None:
        where = f"{type(self).__name__}({pattern!r}, ...)"
        refuse_misspelt(where, Route.__init__, misspelt)
        _refuse_methods(pattern)
        self.path_pattern = Pattern(pattern)
        self.endpoint = _checked_callable(pattern, "endpoint", endpoint)
        self.name = checked_name(where, name)
        check_list(where, "middlewares", middlewares)
        check_mapping(where, "resources", resources)
        if isinstance(render, Route):
            raise TypeError(f"{where} has the render {render!r}, a route. Close its parentheses.")
        self.render = render
        self.render_error = render_error
        if render_error is not None:
            _checked_callable(pattern, "render_error", render_error)
        if methods is not None and self.fixed_methods is not None:
            raise InvalidMethod(
                f"{type(self).__name__}('{pattern}', ...) has its method already. "
                f"Use Route('{pattern}', ..., methods=[...]) to choose several."
            )
        self.methods = _checked_methods(self.fixed_methods if methods is None else methods)
        self.middlewares = tuple(middlewares or ())
        self.resources = dict(resources or {})
        self.slash_mode = None if slash_mode is None else checked_slash_mode(slash_mode)
        self.limits = checked_limits(f"Route '{pattern}'", limits)
        self.falls_through = falls_through
        self.ignore = checked_codes(f"Route '{pattern}'", ignore)

    @property
    def pattern(self) -> str:
        """The pattern as it was written."""
        return self.path_pattern.text

    @property
    def is_branch(self) -> bool:
        """Whether the pattern ends in a slash."""
        return self.path_pattern.is_branch

    def __call__(self, *args: Never, **kwargs: Never) -> None:
        """Explain a forgotten comma: ``[GET(...) ("/", endpoint)]`` calls the route."""
        raise TypeError(f"{self!r} is a route and was called. Write a comma after it.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {format_route(self.pattern, self)}>"


class GET(Route):
    """A route for GET, and for HEAD without a body."""

    fixed_methods = ("GET",)


class POST(Route):
    """A route for POST."""

    fixed_methods = ("POST",)


class PUT(Route):
    """A route for PUT."""

    fixed_methods = ("PUT",)


class DELETE(Route):
    """A route for DELETE."""

    fixed_methods = ("DELETE",)


class PATCH(Route):
    """A route for PATCH."""

    fixed_methods = ("PATCH",)


class HEAD(Route):
    """A route for HEAD only."""

    fixed_methods = ("HEAD",)


class OPTIONS(Route):
    """A route for OPTIONS."""

    fixed_methods = ("OPTIONS",)


class TRACE(Route):
    """A route for TRACE."""

    fixed_methods = ("TRACE",)


class CONNECT(Route):
    """A route for CONNECT."""

    fixed_methods = ("CONNECT",)


def _refuse_methods(pattern: object) -> None:
    """Raise an error if a pattern is, or begins with, methods."""
    if isinstance(pattern, str) and pattern.startswith("/"):
        return
    words = str(pattern).upper().replace(",", " ").split()
    methods = [*takewhile(HTTP_METHODS.__contains__, words)]
    if not methods:
        return
    path = str(pattern).split()[-1] if len(words) > len(methods) else "/path"
    route = f"{methods[0]}({path!r}, endpoint, ...)"
    if len(methods) > 1:
        route = f"Route({path!r}, endpoint, ..., methods={methods!r})"
    is_or_begins = "begins with" if len(words) > len(methods) else "is"
    raise InvalidPattern(
        f"Invalid pattern {pattern!r}: it {is_or_begins} a method. Write {route}, from clastic."
    )


def checked_name(where: str, name: str | None) -> str | None:
    """Return the name of a route or of an embedded application.

    :param where: who has it
    :raises ValueError: if it is not a string without colons
    """
    if name is None or (isinstance(name, str) and name and ":" not in name):
        return name
    raise ValueError(f"{where} has the name {name!r}. Use a string without colons.")


def checked_slash_mode(slash_mode: str) -> str:
    """Return ``slash_mode`` if it is one.

    :raises ValueError: if it is not
    """
    if slash_mode not in SLASH_MODES:
        raise ValueError(
            f"unknown slash_mode {slash_mode!r}. "
            f"Use S_REDIRECT, S_REWRITE or S_STRICT ({', '.join(map(repr, SLASH_MODES))})."
        )
    return slash_mode


def _checked_callable(pattern: str, role: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if not callable(function) or isinstance(function, Route):
        raise InvalidEndpoint(
            f"{role} of route '{pattern}' is {function!r}, which is not callable. "
            + CALLABLE_REMEDIES[role]
        )
    return function


def _checked_methods(methods: Iterable[str] | None) -> frozenset[str] | None:
    if not methods:
        return None
    given = [methods] if isinstance(methods, str) else methods
    return _method_set(tuple([str(name).upper() for name in given]))


@lru_cache(maxsize=64)  # a pure function: thousands of routes share very few sets
def _method_set(names: tuple[str, ...]) -> frozenset[str]:
    for name in sorted(names):
        if name not in HTTP_METHODS:
            suggestion = did_you_mean(name, HTTP_METHODS)
            raise InvalidMethod(
                f"{name!r} is not an HTTP method. "
                + (suggestion or f"Methods are {', '.join(HTTP_METHODS)}.")
            )
    return frozenset((*names, "HEAD")) if "GET" in names else frozenset(names)


def format_route(pattern: str, route: Route) -> str:
    """Return a route as text: ``GET,HEAD /links/<id> -> show, app.py:12``."""
    methods = "*" if route.methods is None else ",".join(sorted(route.methods))
    return f"{methods} {pattern} -> {describe_callable(route.endpoint)}"


def inherit_render(render: Any) -> Callable[..., Any]:
    """Leave the choice of render functions to the outer application's factory.

    ``Application(routes, render_factory=inherit_render)`` is constructed without a factory of its
    own, and uses the outer application's when it is embedded. Served by itself it cannot render.
    """

    def render_nothing() -> Any:
        raise RuntimeError(
            f"render {render!r} is left to the render factory of an outer application, and this "
            "application is served by itself. Embed it, or give it a render_factory."
        )

    return render_nothing
