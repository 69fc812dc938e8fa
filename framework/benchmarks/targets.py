"""What the framework promises of its speed, and whether results keep it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cases import POSITIONS, ROUTE_NUMBERS
from results import FLOOR, OURS, RIVAL, Results, best, growth, quickest_rival, quotient, ratio
from scale import SHAPES, WORST

PROMISED = ("text", "path", "json", "404", "405", "redirect", "middlewares", "cookie")
RIVAL_SHARE = 0.5
"""Each of them takes at most this share of Falcon's time, or of the fastest that can do it."""

FLOOR_MULTIPLE = 5.0
"""A text takes at most this many times what the bare callable takes."""

FLATNESS = 1.2
"""The most routes take at most this many times what the fewest take, but in the worst shape."""

CONSTRUCTION_SECONDS = 1.5
"""An application with the most routes is constructed in at most this many seconds."""

ROUTE_BYTES = 4096
"""A route takes at most this much memory, its endpoint apart."""

IMPORT_SHARE = 1.0
"""Importing takes at most this share of what importing Falcon takes."""


@dataclass(frozen=True)
class Target:
    """Something the framework promises, and what was measured.

    - `text`: the promise.
    - `limit`: the greatest value that keeps it.
    - `measured`: None if this run did not measure it.
    """

    text: str
    limit: float
    measured: float | None

    @property
    def verdict(self) -> str:
        """`pass`, `miss` or `not measured`."""
        if self.measured is None:
            return "not measured"
        return "pass" if self.measured <= self.limit else "miss"


def targets(results: Results) -> list[Target]:
    """Return all targets, with what `results` say about them."""
    return [*request_targets(results), *scale_targets(results), *other_targets(results)]


def request_targets(results: Results) -> Iterator[Target]:
    """Yield the targets for the time of a request."""
    for name in PROMISED:
        rival = RIVAL if name != "cookie" else quickest_rival(results, name) or "the quickest rival"
        share = ratio(results, name, OURS, rival)
        yield Target(f"{name}: share of {rival}'s time", RIVAL_SHARE, share)
    multiple = ratio(results, "text", OURS, FLOOR)
    yield Target("text: times the bare callable's time", FLOOR_MULTIPLE, multiple)


def scale_targets(results: Results) -> Iterator[Target]:
    """Yield the targets for many routes."""
    fewest, most = ROUTE_NUMBERS[0], ROUTE_NUMBERS[-1]
    for shape in SHAPES:
        if shape != WORST:
            for position in POSITIONS:
                few, many = (f"{shape}-{number}-{position}" for number in (fewest, most))
                text = f"{shape}, {position} of {most:,} routes: times the time with {fewest}"
                yield Target(text, FLATNESS, growth(results, few, many))
    for shape in SHAPES:
        seconds = best(results, f"construction-{shape}-{most}", OURS)
        text = f"{shape}, construction of {most:,} routes: seconds"
        yield Target(text, CONSTRUCTION_SECONDS, seconds)
    for shape in SHAPES:
        memory = best(results, f"memory-{shape}", OURS)
        yield Target(f"{shape}, memory: bytes a route", ROUTE_BYTES, memory)


def other_targets(results: Results) -> Iterator[Target]:
    """Yield the targets for the start, and for many connections."""
    share = ratio(results, "start-import", OURS, RIVAL)
    yield Target(f"import: share of {RIVAL}'s time", IMPORT_SHARE, share)
    connections = results.get("connections")
    measured = None
    if connections:
        grown = {
            app: quotient(*reversed(list(micros.values())))
            for app, micros in connections["micros"].items()
        }
        measured = quotient(grown["hello"], grown["bare"])
    most = f"{connections['most']:,}" if connections else "very many"
    text = f"hello, {most} connections: growth in times of {FLOOR}'s"
    yield Target(text, FLATNESS, measured)
