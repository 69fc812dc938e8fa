"""Read results, and compare them with the speed targets. `run.py` writes results as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import isnan, nan
from statistics import median
from typing import Any, NamedTuple

from cases import IDIOM_CASES, POSITIONS, ROUTE_NUMBERS, SHAPES, WORST

OURS = "clastic"
RIVAL = "falcon"
FLOOR = "bare"
BUSY = 1.25
"""The ratio of the median to the best loop from which the machine was busy."""

IDIOMS = {case.name: case.name.rpartition("-")[0] for case in IDIOM_CASES}
"""The case that each other idiom is compared with."""

LIMITS = (
    *(
        (case, rival, limit)
        for case in ("text", "path", "json", "redirect", "middlewares", *IDIOMS)
        for rival, limit in ((RIVAL, 0.45), ("wheezy", 0.65))
    ),
    *(("404", "wheezy", 0.9), ("405", "wheezy", 0.9), ("form", RIVAL, 1.2)),
    *(("cookie", "bottle", 0.5), ("static-304", RIVAL, 0.5)),
    *(("html", FLOOR, 1.05), ("static", FLOOR, 1.25), ("session", OURS, 1.5)),
)
"""By case, the framework that Clastic is compared with, and the greatest share of its time."""

OTHER_CASES = {**IDIOMS, "405": "404", "session": "cookie"}
"""The case of the other framework, where it is not the same; wheezy.web sends no `Allow`."""

FLATNESS = 1.2
"""The limit for the most routes or connections, as a multiple of the time with the fewest."""

Results = Mapping[str, Any]


def best(results: Results, measure: str, column: str = OURS) -> float:
    """Return the best value of a measure, or NaN."""
    return float(results["measures"].get(measure, {}).get(column, {}).get("best", nan))


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
    value = partial(best, results)
    for case, rival, limit in LIMITS:
        other = OTHER_CASES.get(case, case)
        of_other = "" if other == case else f" for {other}"
        share = value(f"requests/{case}") / value(f"requests/{other}", rival)
        yield Target(f"{case}: share of {rival}'s time{of_other}", limit, share)
    fewest, most = (f"{number:,}" for number in (ROUTE_NUMBERS[0], ROUTE_NUMBERS[-1]))
    for shape in SHAPES:
        seconds, size = (0.8, 3584) if shape == WORST else (0.5, 3072)
        for position in POSITIONS if shape != WORST else ():
            row = f"shapes/{shape}, {position}"
            text = f"{shape}, {position} of {most} routes: times the time with {fewest}"
            yield Target(text, FLATNESS, value(row, most) / value(row, fewest))
        construction = value(f"shape-construction/{shape}", most)
        yield Target(f"{shape}, construction of {most} routes: seconds", seconds, construction)
        memory = value(f"memory/{shape}", "bytes per route")
        yield Target(f"{shape}, memory: bytes per route", size, memory)
    share = value("start/import") / value("start/import", RIVAL)
    yield Target(f"import: share of {RIVAL}'s time", 0.9, share)
    rows = [name for name in results["measures"] if name.startswith("connections/")]
    few, many = (rows[0], rows[-1]) if rows else ("", "connections/very many connections")
    growth = value(many, "hello") / value(many, FLOOR) / (value(few, "hello") / value(few, FLOOR))
    text = f"hello, {many.partition('/')[2]}: growth relative to {FLOOR}'s"
    yield Target(text, FLATNESS, growth)
