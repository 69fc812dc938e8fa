"""Find which routes a request would be compared with, and why each of them is passed over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Any, Final, NamedTuple

from clastic.application import Application
from clastic.describe import describe_callable
from clastic.pattern import S_STRICT, Binding, Literal, Pattern, normal_path, split_path
from clastic.routing import BoundRoute
from clastic.routing.matching import convert_segment, match_path
from clastic.wiring import closest

RESPONDS: Final = "responds"
REDIRECTS: Final = "redirects"
OTHER_METHOD: Final = "method"
OTHER_PATH: Final = "path"
NOT_TRIED: Final = "not tried"

MAX_ATTEMPTS: Final = 500
"""The most routes to describe, apart from those whose path matches."""

# The limits of the search for the nearest route.
_LONGEST_PATH = 200
_MAX_COMPARED = 10_000
_MAX_NEAREST = 100
_SIMILAR = 0.6


@dataclass(frozen=True, slots=True)
class Attempt:
    """A route, and what comes of a request at it.

    :param number: its position in the order in which routes are tried, from 1
    :param pattern: the pattern with the prefixes of the applications around it
    :param methods: sorted; ``None`` for all methods
    :param endpoint: the name of the endpoint, and where it is defined: ``show, app.py:12``
    :param result: ``responds`` or ``redirects``; ``path`` or ``method`` if that does not match;
        ``not tried`` after a route that ends the search; on debug pages ``returned`` an error
    :param reason: the result in words; it quotes the pattern, but not the path
    :param values: the values of the path, by name, if it matches
    """

    number: int
    pattern: str
    methods: Sequence[str] | None
    endpoint: str
    result: str
    reason: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def matches(self) -> bool:
        """Whether the path matches."""
        return self.result != OTHER_PATH


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The route that was probably meant.

    :param pattern: its pattern
    :param path: the corrected path, not quoted; ``None`` if it does not lead to the route
    """

    pattern: str
    path: str | None


class Attempts(NamedTuple):
    """The routes that a request is compared with.

    :param shown: those whose path matches, and the first of the others, in declared order
    :param left_out: the number of the others
    :param running: the routes that run, with their numbers, each but the last one only if those
        before it raise non-breaking errors
    :param location: the path that the request is redirected to, if it is
    """

    shown: tuple[Attempt, ...]
    left_out: int
    running: tuple[tuple[int, BoundRoute], ...]
    location: str | None


def find_attempts(
    application: Application,
    path: str,
    method: str,
    fell_through: Collection[BoundRoute] = (),
) -> Attempts:
    """Follow a request through the routes of an application without running any of them.

    :param path: a whole decoded path
    :param fell_through: the routes known to raise non-breaking errors for this request
    """
    candidates, segments, *_ = application.find_candidates(path)
    values = {route: route.read_values(segments) for route in candidates}
    numbers = {route: number for number, route in enumerate(application.iter_routes(), 1)}
    matching = [route for route in candidates if values[route] is not None]
    results = _follow(matching, numbers, path, method, fell_through)
    redirecting = [route for route in matching if results[route][0] == REDIRECTS]
    running = tuple((numbers[each], each) for each in matching if results[each][0] == RESPONDS)
    others = [route for route in numbers if route not in results]
    for route in others[:MAX_ATTEMPTS]:
        results[route] = OTHER_PATH, _mismatch(route, path, segments)
    return Attempts(
        shown=tuple(
            _attempt(number, route, *results[route], values.get(route) or {})
            for route, number in numbers.items()
            if route in results
        ),
        left_out=max(0, len(others) - MAX_ATTEMPTS),
        running=running,
        location=(normal_path(segments, redirecting[0].is_branch) if redirecting else None),
    )


def _follow(
    matching: Iterable[BoundRoute],
    numbers: Mapping[BoundRoute, int],
    path: str,
    method: str,
    fell_through: Collection[BoundRoute],
) -> dict[BoundRoute, tuple[str, str]]:
    """Return the result of each route whose path matches, and the result in words."""
    results = {}
    end: int | None = None
    for route in matching:
        if end is not None:
            results[route] = NOT_TRIED, f"not tried, because route {end:,} ends the search"
        elif not _serves(route, method):
            results[route] = OTHER_METHOD, f"serves only {', '.join(sorted(route.methods or ()))}"
        elif route.redirects(path):
            results[route] = REDIRECTS, "redirects to the normal form of the path"
            end = numbers[route]
        elif route.falls_through or route in fell_through:
            results[route] = RESPONDS, "responds, or raises a non-breaking error"
        else:
            results[route] = RESPONDS, "responds"
            end = numbers[route]
    return results


def _attempt(
    number: int, route: BoundRoute, result: str, reason: str, values: dict[str, Any]
) -> Attempt:
    return Attempt(
        number=number,
        pattern=route.pattern,
        methods=None if route.methods is None else sorted(route.methods),
        endpoint=describe_callable(route.endpoint),
        result=result,
        reason=reason,
        values=values,
    )


def _mismatch(route: BoundRoute, path: str, segments: Sequence[str]) -> str:
    """Return why a path does not match a route: the first segment that differs, or the slashes."""
    pattern = route.path_pattern
    texts = split_path(pattern.text).segments
    for number, (part, text) in enumerate(zip(pattern.segments, texts, strict=True), 1):
        if isinstance(part, Binding) and part.is_variadic:
            # Only in strict mode can the segments match although the path does not.
            is_strict = route.slash_mode == S_STRICT and len(path) <= _LONGEST_PATH
            if not is_strict or match_path(pattern, path) is None:
                rest = "/".join(texts[number - 1 :])
                return f"the path from segment {number} on does not match '{rest}'"
            break
        if number > len(segments):
            return f"segment {number} is missing"
        if convert_segment(part, segments[number - 1]) is None:
            verb = "is not" if isinstance(part, Literal) else "does not match"
            return f"segment {number} {verb} '{text}'"
    else:
        if len(segments) > len(texts):
            return f"segment {len(texts) + 1} is unexpected"
    if "//" in path:
        return "the path repeats slashes, and the slash mode is strict"
    verb = "does not end" if pattern.is_branch else "ends"
    return f"the path {verb} with a slash, and the slash mode is strict"


def suggest(routes: Iterable[BoundRoute], path: str, method: str) -> Suggestion | None:
    """Return the route whose pattern is most similar to a path that no route matches.

    The work is bounded: a long path has none, and the most similar literals are compared in full.
    """
    if len(path) > _LONGEST_PATH:
        return None
    segments = split_path(path).segments
    similarity = _Similarity(segments)
    compared = (route for _, route in zip(range(_MAX_COMPARED), routes, strict=False))
    scored = [
        (score, route)
        for route in compared
        if (score := similarity.of(route.path_pattern)) is not None
    ]
    suggestions: dict[str, BoundRoute] = {}
    for _, route in nlargest(_MAX_NEAREST, scored, key=lambda each: each[0]):
        corrected = _correct(route.path_pattern, segments)
        if corrected is None:
            continue
        known = suggestions.setdefault(corrected, route)
        if not _serves(known, method) and _serves(route, method):
            suggestions[corrected] = route
    nearest = closest(path, suggestions)
    if nearest is None:
        return None
    route = suggestions[nearest]
    leads_there = (
        "<" not in nearest
        and match_path(route.path_pattern, nearest) is not None
        and _serves(route, method)
    )
    return Suggestion(route.pattern, nearest if leads_there else None)


def _serves(route: BoundRoute, method: str) -> bool:
    return route.methods is None or method in route.methods


class _Similarity:
    """The upper bounds of the similarity of patterns with the segments of one path."""

    def __init__(self, segments: Sequence[str]) -> None:
        self._matchers = [SequenceMatcher(b=segment) for segment in segments]
        self._bounds: dict[tuple[int, str], float] = {}

    def of(self, pattern: Pattern) -> float | None:
        """Return the sum for all literals, ``None`` without any or if one is not similar."""
        if len(pattern.names) == len(pattern.segments):
            return None
        total = 0.0
        for position, part in enumerate(pattern.segments[: len(self._matchers)]):
            if isinstance(part, Literal):
                bound = self._bound(position, part.text)
                if bound < _SIMILAR:
                    return None
                total += bound
            elif part.is_variadic:
                break
        return total

    def _bound(self, position: int, literal: str) -> float:
        key = position, literal
        if key not in self._bounds:
            matcher = self._matchers[position]
            matcher.set_seq1(literal)
            bound = matcher.real_quick_ratio()
            self._bounds[key] = matcher.quick_ratio() if bound >= _SIMILAR else bound
        return self._bounds[key]


def _correct(pattern: Pattern, segments: Sequence[str]) -> str | None:
    """Return a path with its misspelled literals replaced by those of a pattern.

    Return ``None`` if a literal of the pattern is not similar to the segment at its position.
    """
    corrected = split_path(pattern.text).segments
    for position, (part, segment) in enumerate(zip(pattern.segments, segments, strict=False)):
        if isinstance(part, Literal):
            if closest(segment, [part.text]) is None:
                return None
        elif part.is_variadic:
            corrected[position:] = segments[position:]
            break
        else:
            corrected[position] = segment
    return normal_path(corrected, pattern.is_branch)
