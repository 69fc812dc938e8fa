"""Compare results with the speed targets of the framework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cases import POSITIONS, ROUTE_NUMBERS
from results import FLOOR, OURS, RIVAL, Results, best, fastest_rival, growth, quotient, ratio
from scale import SHAPES, WORST

REQUESTS = ("text", "path", "json", "404", "405", "redirect", "middlewares", "cookie")
RIVAL_SHARE = 0.5
"""The limit for the requests: a share of Falcon's time, or of the fastest with the feature."""

FLOOR_MULTIPLE = 5.0
"""The limit for a text, as a multiple of the bare callable's time."""

FLATNESS = 1.2
"""The limit for the most routes, as a multiple of the fewest, except in the worst shape."""

CONSTRUCTION_SECONDS = 1.5
"""The limit for the construction of an application with the most routes."""

ROUTE_BYTES = 4096
"""The limit for the memory of a route without its endpoint."""

IMPORT_SHARE = 1.0
"""The limit for the import, as a share of Falcon's."""


@dataclass(frozen=True)
class Target:
    """A speed target and the measured value.

    - `text`: the description.
    - `limit`: the greatest value that meets the target.
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
    """Return all targets with the values of `results`."""
    return [*request_targets(results), *scale_targets(results), *other_targets(results)]


def request_targets(results: Results) -> Iterator[Target]:
    """Yield the targets for the time of a request."""
    for name in REQUESTS:
        rival = RIVAL if name != "cookie" else fastest_rival(results, name) or "the fastest rival"
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
        yield Target(f"{shape}, memory: bytes per route", ROUTE_BYTES, memory)


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
    most = f"{connections['most']:,}" if connections else "many"
    text = f"hello, {most} connections: growth relative to {FLOOR}'s"
    yield Target(text, FLATNESS, measured)
