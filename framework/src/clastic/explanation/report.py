"""Explain what an application does with a request, or with one of its routes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clastic.application import Application
from clastic.explanation.attempts import (
    REDIRECTS,
    RESPONDS,
    Attempt,
    Attempts,
    Suggestion,
    find_attempts,
    suggest,
)
from clastic.explanation.routes import RouteData, describe_route
from clastic.json import JSONEncoding
from clastic.routing import BoundRoute
from clastic.routing.route import format_route
from clastic.wiring import did_you_mean


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an application does with a request, or with one of its routes.

    :param method: the method of the request
    :param path: its path, decoded; ``None`` for the explanation of a route
    :param outcome: the result, as a sentence
    :param attempts: the routes that the request is compared with, in the order tried
    :param left_out: the number of other routes, whose paths do not match
    :param suggestion: the route that was probably meant, if none matches
    :param routes: the routes that run, each but the last one only if those before it raise
        non-breaking errors
    """

    method: str
    path: str | None
    outcome: str
    attempts: tuple[Attempt, ...]
    left_out: int
    suggestion: Suggestion | None
    routes: tuple[RouteData, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return dataclasses.asdict(self)

    def to_json(self) -> str:
        """Return it as JSON text."""
        return JSONEncoding(indent=2).encode(self.to_dict()).decode()

    def to_text(self) -> str:
        """Return it as text for a terminal."""
        from clastic.explanation.text import write_text

        return write_text(self)

    def to_svg(self) -> str:
        """Return it as an SVG picture, without the source of the compiled functions."""
        from clastic.explanation.picture import draw

        return draw(self)


def explain(
    application: Application,
    path: str | None = None,
    method: str = "GET",
    *,
    route: Any = None,
) -> Explanation:
    """Explain what an application does with a request, or with one of its routes.

    Nothing of the application runs: an explanation shows which routes are compared with the
    request, and why each is passed over; of the route that responds, its functions as they nest,
    the source of each argument, and the compiled function. Only routes are looked at: the check of
    hosts, health checks and WSGI wrappers come before them.

    :param application: any application that could be served
    :param path: the path of a request, decoded and without a query
    :param method: the method of the request
    :param route: instead of a path, a route of the application: its pattern, its endpoint, or the
        route itself, as written or as bound. Of several, the first that serves `method` is taken
    :raises TypeError: unless exactly one of `path` and `route` is passed
    :raises ValueError: if the path does not begin with a slash
    :raises LookupError: if the application does not have the route
    """
    method = method.upper()
    if (path is None) == (route is None):
        raise TypeError("explain() takes an application and either a path or a route.")
    if path is not None:
        return _explain_path(application, path, method)
    routes = application.routes
    number = _find_route(routes, route, method)
    bound = routes[number - 1]
    outcome = f"Route {number:,} of {len(routes):,}: {format_route(bound.pattern, bound.route)}"
    return Explanation(
        method=method,
        path=None,
        outcome=outcome,
        attempts=(),
        left_out=0,
        suggestion=None,
        routes=(describe_route(number, bound),),
    )


def _explain_path(application: Application, path: str, method: str) -> Explanation:
    if not path.startswith("/"):
        raise ValueError(f"The path {path!r} does not begin with a slash. Write {'/' + path!r}.")
    found = find_attempts(application, path, method)
    suggestion = None
    if not any(attempt.matches for attempt in found.shown):
        suggestion = suggest(application.iter_routes(), path, method)
    return Explanation(
        method=method,
        path=path,
        outcome=_outcome(found),
        attempts=found.shown,
        left_out=found.left_out,
        suggestion=suggestion,
        routes=tuple(describe_route(number, each) for number, each in found.running),
    )


def _outcome(found: Attempts) -> str:
    """Return what becomes of a request, as a sentence."""
    matching = [attempt for attempt in found.shown if attempt.matches]
    steps = []
    for attempt in matching:
        if attempt.result == RESPONDS:
            steps.append(f"route {attempt.number:,} responds")
        elif attempt.result == REDIRECTS:
            steps.append(f"route {attempt.number:,} redirects to {found.location!r}")
    if steps:
        sentence = "; after a non-breaking error, ".join(steps)
        return f"{sentence[:1].upper()}{sentence[1:]}."
    if matching:
        allowed = sorted({name for attempt in matching for name in attempt.methods or ()})
        return f"405 Method Not Allowed: the path allows {', '.join(allowed)}."
    return "404 Not Found: no route matches the path."


def _find_route(routes: Sequence[BoundRoute], wanted: Any, method: str) -> int:
    """Return the number of a route.

    :raises LookupError: if there is none
    """
    found = [
        (number, route)
        for number, route in enumerate(routes, 1)
        if wanted in (route.pattern, route, route.route, route.endpoint)
    ]
    serving = [number for number, route in found if not route.methods or method in route.methods]
    if not found:
        suggestion = did_you_mean(str(wanted), [route.pattern for route in routes])
        raise LookupError(f"The application has no route {wanted!r}. {suggestion}".rstrip())
    return serving[0] if serving else found[0][0]
