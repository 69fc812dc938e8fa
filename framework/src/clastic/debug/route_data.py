"""Which routes were tried for a request, and which one it was probably meant for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from clastic.describe import callable_location, callable_name
from clastic.errors.base import HTTPException
from clastic.http import BaseRequest
from clastic.pattern import Binding, Literal, Pattern, normal_path, split_path
from clastic.routing.matching import match_path
from clastic.secrets import Secrets
from clastic.text import to_text

if TYPE_CHECKING:
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

NO_MATCH: Final = "no match"
OTHER_METHODS: Final = "other methods"
ERROR: Final = "error"

# How many routes are shown, beside those that matched the path, and how many are compared to it.
_MOST_SHOWN = 200
_MOST_COMPARED = 1_000
_LONGEST_DETAIL = 300
# How like the path of a request those of a route are at least that is suggested, from 0 to 1.
_LEAST_RATIO = 0.6


@dataclass(frozen=True)
class RouteData:
    """A route, and what became of a request on it.

    :param pattern: its pattern with the prefixes of the applications around it
    :param methods: the methods that it answers, none for all of them
    :param endpoint: the name of its endpoint
    :param place: where that is defined, as in ``app.py:12``, empty where that is not Python
    :param outcome: :data:`NO_MATCH` with the path, :data:`OTHER_METHODS` than that of the request,
        or an :data:`ERROR` that it gave
    :param error: that error, in a line; else empty
    """

    pattern: str
    methods: tuple[str, ...]
    endpoint: str
    place: str
    outcome: str
    error: str = ""


@dataclass(frozen=True)
class Suggestion:
    """The route that a request was probably meant for.

    :param pattern: its pattern
    :param url: the path on this server, quoted, that it answers to GET and that is the most like
        the one asked for; empty if there is none
    """

    pattern: str
    url: str = ""


def read_route(route: BoundRoute, outcome: str = "", error: str = "") -> RouteData:
    """Return what there is to say of a route."""
    return RouteData(
        pattern=route.pattern,
        methods=tuple(sorted(route.methods or ())),
        endpoint=callable_name(route.endpoint),
        place=callable_location(route.endpoint) or "",
        outcome=outcome,
        error=error,
    )


def read_routes(
    routes: Sequence[BoundRoute],
    method: str,
    state: DispatchState,
    given: tuple[BoundRoute, HTTPException],
    secrets: Secrets,
) -> tuple[RouteData, ...]:
    """Return what became of a request on `routes`, which are tried in this order.

    Of very many, only the first are shown, and those whose path matched.

    :param method: the method of the request
    :param state: what has happened to it
    :param given: the error that it is answered with, and the route that gave it
    :param secrets: what not to show
    """
    tried = [route for route in state.attempted_routes if _answers(route, method)]
    # Each of them gave one error; the last may have ended it.
    errors = {id(route): error for route, error in zip(tried, state.exceptions, strict=False)}
    errors.setdefault(id(given[0]), given[1])
    matched = {id(route) for route in state.attempted_routes}
    shown = []
    for number, route in enumerate(routes):
        if id(route) in errors:
            shown.append(read_route(route, ERROR, _in_a_line(errors[id(route)], secrets)))
        elif id(route) in matched:
            shown.append(read_route(route, OTHER_METHODS))
        elif number < _MOST_SHOWN:
            shown.append(read_route(route, NO_MATCH))
    return tuple(shown)


def suggest_route(routes: Sequence[BoundRoute], request: BaseRequest) -> Suggestion | None:
    """Return the route whose paths are the most like that of `request`, if any are like it."""
    segments = split_path(request.path).segments
    best, meant = _Likeness(_LEAST_RATIO, ""), None
    for route in routes[:_MOST_COMPARED]:
        likeness = _compare(route.path_pattern, segments)
        if likeness.ratio > best.ratio:
            best, meant = likeness, route
    if meant is None:
        return None
    if match_path(meant.path_pattern, best.path) is None or not _answers(meant, "GET"):
        return Suggestion(meant.pattern)
    return Suggestion(meant.pattern, quote(request.root_path.rstrip("/") + best.path))


class _Likeness(NamedTuple):
    """How much a path is like those that a pattern matches, from 0 to 1, and which is most like it.

    The values of the bindings in that one may still be of other types.
    """

    ratio: float
    path: str


def _compare(pattern: Pattern, segments: Sequence[str]) -> _Likeness:
    """Compare a path to those that `pattern` matches: what it has at the places of literals.

    :param segments: of the path
    """
    wanted: list[str] = []
    given: list[str] = []
    parts: list[str] = []
    rest = list(segments)
    for number, part in enumerate(pattern.segments, 1):
        if isinstance(part, Literal):
            parts.append(part.text)
            wanted.append(part.text)
            given += rest[:1]
            del rest[:1]
        else:
            room = max(len(rest) - (len(pattern.segments) - number), 0)
            count = (room if part.is_repeated else min(room, 1)) if part.is_variadic else 1
            if not rest and not part.is_variadic:
                wanted.append(f"<{part.name}>")
            parts += [_affixed(part, segment) for segment in rest[:count]]
            del rest[:count]
    given += rest
    path = normal_path(parts, pattern.is_branch)  # too short if there is no value for a binding
    # Where there is no literal, nothing can be misspelled.
    ratio = SequenceMatcher(None, "/".join(wanted), "/".join(given)).ratio() if wanted else 0
    return _Likeness(ratio, path)


def _affixed(binding: Binding, segment: str) -> str:
    """Return `segment` with what `binding` has around its value, unless that is there already."""
    value = segment.removeprefix(binding.prefix).removesuffix(binding.suffix)
    return f"{binding.prefix}{value}{binding.suffix}"


def _answers(route: BoundRoute, method: str) -> bool:
    return route.methods is None or method in route.methods


def _in_a_line(error: HTTPException, secrets: Secrets) -> str:
    parts = [f"{error.code} {to_text(error.message)}"]
    if error.detail is not None:
        parts.append(to_text(secrets.mask(to_text(error.detail), _LONGEST_DETAIL)))
    return ": ".join(parts)
