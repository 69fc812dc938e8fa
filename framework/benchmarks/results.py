"""Read results, and compare them with the speed targets. `run.py` writes results as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan, nan
from statistics import median
from typing import Any, NamedTuple

from cases import POSITIONS, ROUTE_NUMBERS
from routes import SHAPES, WORST

OURS = "clastic"
RIVAL = "falcon"
FLOOR = "bare"
BUSY = 1.25
"""The ratio of the median to the best loop from which the machine was busy."""

RIVALS = {
    **dict.fromkeys(("text", "path", "json", "404", "405", "redirect", "middlewares"), RIVAL),
    "cookie": "bottle",
}
"""The framework that Clastic is compared with, by case."""

FLATNESS = 1.2
"""The limit for the most routes or connections, as a multiple of the time with the fewest."""

Results = Mapping[str, Any]


def best(results: Results, measure: str, column: str = OURS) -> float:
    """Return the best value of a measure, or NaN."""
    return float(results["measures"].get(measure, {}).get(column, {}).get("best", nan))


def ratio(
    results: Results, measure: str, column: str, other: str, other_measure: str | None = None
) -> float:
    """Return the best value of a column as a multiple of that of another, or NaN.

    `other_measure` is the measure of the other column, by default the same.
    """
    return best(results, measure, column) / best(results, other_measure or measure, other)


def unrest(results: Results) -> float:
    """Return the ratio of the median to the best loop, in the median of all measures."""
    ratios = [
        float(values["median"]) / float(values["best"])
        for columns in results["measures"].values()
        for values in columns.values()
        if values.get("loops", 1) > 1
    ]
    return median(ratios or [1.0])


class Target(NamedTuple):
    """A speed target: a description, the greatest value that meets it, and the value or NaN."""

    text: str
    limit: float
    measured: float

    @property
    def verdict(self) -> str:
        """Return `pass`, `miss` or `not measured`."""
        if isnan(self.measured):
            return "not measured"
        return "pass" if self.measured <= self.limit else "miss"


def targets(results: Results) -> Iterator[Target]:
    """Yield all targets with the measured values."""
    for case, rival in RIVALS.items():
        share = ratio(results, f"requests/{case}", OURS, rival)
        yield Target(f"{case}: share of {rival}'s time", 0.5, share)
    multiple = ratio(results, "requests/text", OURS, FLOOR)
    yield Target("text: times the bare callable's time", 5.0, multiple)
    multiple = ratio(results, "requests/session", OURS, OURS, "requests/cookie")
    yield Target("session: times the signed cookie's time", 1.5, multiple)
    yield from scale_targets(results)
    share = ratio(results, "start/import", OURS, RIVAL)
    yield Target(f"import: share of {RIVAL}'s time", 1.0, share)
    rows = [name for name in results["measures"] if name.startswith("connections/")]
    few, most = (rows[0], rows[-1]) if rows else ("", "connections/very many connections")
    growth = ratio(results, most, "hello", FLOOR) / ratio(results, few, "hello", FLOOR)
    text = f"hello, {most.partition('/')[2]}: growth relative to {FLOOR}'s"
    yield Target(text, FLATNESS, growth)


def scale_targets(results: Results) -> Iterator[Target]:
    """Yield the targets for many routes."""
    fewest, most = (f"{number:,}" for number in (ROUTE_NUMBERS[0], ROUTE_NUMBERS[-1]))
    for shape in SHAPES:
        for position in POSITIONS if shape != WORST else ():
            growth = ratio(results, f"shapes/{shape}, {position}", most, fewest)
            text = f"{shape}, {position} of {most} routes: times the time with {fewest}"
            yield Target(text, FLATNESS, growth)
    for shape in SHAPES:
        seconds = best(results, f"shape-construction/{shape}", most)
        yield Target(f"{shape}, construction of {most} routes: seconds", 1.5, seconds)
    for shape in SHAPES:
        size = best(results, f"memory/{shape}", "bytes per route")
        yield Target(f"{shape}, memory: bytes per route", 4096, size)
