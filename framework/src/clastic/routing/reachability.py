"""Find the routes that no request can reach, because earlier routes take all of their requests.

A route is looked up by sample paths of its own pattern, and is unreachable if earlier routes take
all of these. Few samples decide, because each is the least common text of its kind: a segment that
appears in no pattern is matched only by bindings that match every segment, and a new number only by
bindings of numbers and by those. So an earlier route that matches the sample matches all paths that
differ from it in these segments only. For a binding of many segments there is a sample of each
length up to one more than the longest pattern has; beyond it, only other bindings of many segments
match, and these match a longer path, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from math import prod
from typing import Final

from clastic.describe import describe_callable
from clastic.pattern import Binding, Literal
from clastic.routing.bound import BoundRoute
from clastic.routing.route import HTTP_METHODS, Route
from clastic.routing.router import Candidates
from clastic.wiring import Problems

_ALL_METHODS: Final = frozenset((*HTTP_METHODS, "OTHER"))
_MAX_NAMED: Final = 3
# Limits of the work: samples of one route, and comparisons of samples with routes. To find a route
# among so many candidates takes as long as one comparison.
_MAX_SAMPLES: Final = 2_000
_MIN_COMPARISONS: Final = 100_000
_COMPARISONS_PER_ROUTE: Final = 20
_SCANNED_LIKE_ONE: Final = 16

FindCandidates = Callable[[str], Candidates]


def report_unreachable(
    routes: Sequence[BoundRoute],
    new: Iterable[BoundRoute],
    find_candidates: FindCandidates,
    problems: Problems,
) -> Iterator[Route]:
    """Report new routes that no request can reach, and yield them as they were written.

    :param routes: all routes
    :param find_candidates: the look-up of all routes, see
        :meth:`~clastic.routing.router.Router.find_candidates`
    :param problems: collects likely mistakes
    """
    # The routes that the same earlier routes leave no request are reported together.
    groups: dict[tuple[int, ...], list[BoundRoute]] = {}
    takers_of: dict[tuple[int, ...], Sequence[BoundRoute]] = {}
    for route, takers in find_unreachable(routes, new, find_candidates).items():
        yield route.route
        is_duplicate = len(takers) == 1 and _is_same(route, takers[0])
        key = (id(route),) if is_duplicate else tuple(map(id, takers))
        takers_of[key] = takers
        if is_duplicate or "unreachable-route" not in route.route.ignore:
            groups.setdefault(key, []).append(route)
    for key, group in groups.items():
        is_duplicate = key == (id(group[0]),)
        code = "duplicate-route" if is_duplicate else "unreachable-route"
        _report(group, takers_of[key], code, problems)


def _report(
    group: Sequence[BoundRoute], takers: Sequence[BoundRoute], code: str, problems: Problems
) -> None:
    """Report the routes that some earlier routes leave no request."""
    first, more = group[0], len(group) - 1
    where = f"Route '{first.pattern}' (endpoint {describe_callable(first.endpoint)})"
    places = [f"'{taker.pattern}' ({describe_callable(taker.endpoint)})" for taker in takers]
    named = ", ".join(places[:_MAX_NAMED])
    if len(places) > _MAX_NAMED:
        named += f" and {len(places) - _MAX_NAMED} more"
    is_one = len(takers) == 1
    route_s, responds, that = (
        ("route", "responds", "that route") if is_one else ("routes", "respond", "them")
    )
    what = f"is unreachable: {route_s} {named} {responds} to all of its requests"
    remedy = f"Declare it before {that}"
    if code == "duplicate-route":
        what = f"is unreachable: route {named} has the same pattern and methods"
        remedy = "Remove one of them"
    elif more:
        where += f" and {more} more"
        what = f"are unreachable: {route_s} {named} {responds} to all of their requests"
        remedy = f"Declare them before {that}"
    problems.add_likely(
        code,
        where,
        what,
        f"{remedy}, or pass falls_through=True to a route that raises non-breaking errors.",
        ignored=first.route.ignore,
    )


def _is_same(route: BoundRoute, other: BoundRoute) -> bool:
    pattern, earlier = route.path_pattern, other.path_pattern
    return (
        pattern.shape == earlier.shape
        and pattern.is_branch == earlier.is_branch
        and route.methods == other.methods
    )


def find_unreachable(
    routes: Sequence[BoundRoute], checked: Iterable[BoundRoute], find_candidates: FindCandidates
) -> dict[BoundRoute, tuple[BoundRoute, ...]]:
    """Return the routes that no request can reach, each with the routes that take its requests.

    Routes that fall through take only the requests that they redirect. The time is limited in
    proportion to the number of routes; what is not decided by then counts as reachable.

    :param routes: all routes
    :param checked: the routes to check
    :param find_candidates: the look-up of all routes, see
        :meth:`~clastic.routing.router.Router.find_candidates`
    """
    samples = _Samples(routes)
    search = _Search(find_candidates, _MIN_COMPARISONS + _COMPARISONS_PER_ROUTE * len(routes))
    unreachable = {}
    for route in checked:
        takers = search.find_takers(route, samples.of(route))
        if takers:
            unreachable[route] = takers
    return unreachable


class _Search:
    """Looks up samples, with a limited number of comparisons.

    :param allowance: the number of comparisons
    """

    def __init__(self, find_candidates: FindCandidates, allowance: int) -> None:
        self._find_candidates = find_candidates
        self._allowance = allowance

    def find_takers(self, route: BoundRoute, paths: Iterable[str]) -> tuple[BoundRoute, ...]:
        """Return the routes that take all requests of a route, none if it is reachable."""
        takers: dict[BoundRoute, None] = {}
        for path in paths:
            if self._allowance < 0:
                return ()
            candidates, segments, *_ = self._find_candidates(path)
            self._allowance -= 1 + len(candidates) // _SCANNED_LIKE_ONE
            if candidates and candidates[0] is route:
                return ()
            if route not in candidates or route.read_values(segments) is None:
                continue
            earlier = candidates[: candidates.index(route)]
            open_methods = _ALL_METHODS if route.methods is None else route.methods
            for other in earlier:
                if not open_methods:
                    break
                self._allowance -= 1
                taken = open_methods if other.methods is None else open_methods & other.methods
                if taken and _takes(other, path, segments):
                    takers[other] = None
                    open_methods -= taken
            if open_methods:
                return ()
        return tuple(takers)


def _takes(route: BoundRoute, path: str, segments: Sequence[str]) -> bool:
    """Return whether a candidate ends the search for a path."""
    if route.read is not None and route.read(segments) is None:
        return False
    return not route.falls_through or route.redirects(path)


class _Samples:
    """Makes sample paths, from texts that appear in none of the patterns.

    :param routes: all routes
    """

    def __init__(self, routes: Sequence[BoundRoute]) -> None:
        patterns = [route.path_pattern for route in routes]
        text = "\n".join([pattern.text for pattern in patterns])
        known = set(text)
        self._letter = next(c for c in map(chr, range(0x3B1, 0x10000)) if c not in known)
        affixes = {
            character
            for part in chain.from_iterable(pattern.segments for pattern in patterns)
            if isinstance(part, Binding)
            for character in part.prefix + part.suffix
        }
        digit = next((digit for digit in "123456789" if digit not in affixes), None)
        self._number: str | None = None
        if digit is not None:
            longest = max(map(len, re.findall(f"{digit}+", text)), default=0)
            self._number = digit * (longest + 1)
        self._most = max([len(pattern.segments) for pattern in patterns], default=0) + 1

    def of(self, route: BoundRoute) -> Iterator[str]:
        """Yield paths of a route, those first that few other patterns match.

        There are none if they would be too many, or if numbers have no sample.
        """
        choices = [
            [(part.text,)] if isinstance(part, Literal) else self._choices(part)
            for part in route.path_pattern.segments
        ]
        if prod(map(len, choices)) > _MAX_SAMPLES:
            return
        for chosen in product(*choices):
            segments = [text for texts in chosen for text in texts]
            path = "/" + "/".join(segments)
            if not segments:
                yield from ("/", "//", "")
                continue
            yield path + "/" if route.is_branch else path
            yield from (path, f"{path}/", f"/{path}", f"/{path}/", f"{path}//")

    def _choices(self, part: Binding) -> list[tuple[str, ...]]:
        """Return the segments of a path to try for a binding, the longest first."""
        texts = self._texts(part)
        if not part.is_variadic:
            return [(text,) for text in texts]
        most = self._most if part.is_repeated else 1
        least = 0 if part.is_optional else 1
        return [(text,) * count for text in texts for count in range(most, least - 1, -1)]

    def _texts(self, part: Binding) -> Sequence[str]:
        """Return the least common texts that a binding matches."""
        texts = [self._letter]
        if part.type_name != "str":
            if self._number is None:
                return ()
            number = self._number
            text = number if part.type_name == "int" else f"{number}.{number}"
            # After a prefix of digits the sign decides whether the whole is a number.
            texts = [text, f"-{text}"] if part.prefix else [text]
        return [f"{part.prefix}{text}{part.suffix}" for text in texts]
