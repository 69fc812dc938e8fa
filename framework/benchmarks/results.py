"""What results say: best times and ratios. Results are what `run.py` writes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

OURS = "clastic"
RIVAL = "falcon"
FLOOR = "bare"

BUSY = 1.25
"""Where the median loop takes this many times the best one, the machine had other work."""

Results = Mapping[str, Any]


def best(results: Results, name: str, framework: str) -> float | None:
    """Return the best of a measure (seconds, or bytes a route), or None if there is none."""
    value = results["measures"].get(name, {}).get(framework, {}).get("best")
    return None if value is None else float(value)


def ratio(results: Results, name: str, framework: str, other: str) -> float | None:
    """Return how many times the best time of `other` the best time of `framework` is."""
    return quotient(best(results, name, framework), best(results, name, other))


def growth(results: Results, before: str, after: str) -> float | None:
    """Return how many times our best at the measure `before` our best at `after` is."""
    return quotient(best(results, after, OURS), best(results, before, OURS))


def quotient(value: float | None, reference: float | None) -> float | None:
    """Return `value` in multiples of `reference`, or None where one of them is missing."""
    return value / reference if value and reference else None


def quickest_rival(results: Results, name: str) -> str | None:
    """Return which rival has the best time at a measure, or None if none was measured."""
    times = {
        framework: best(results, name, framework)
        for framework in results["frameworks"]
        if framework not in (OURS, FLOOR)
    }
    known = {framework: time for framework, time in times.items() if time is not None}
    return min(known, key=lambda framework: known[framework]) if known else None


def unrest_of(results: Results) -> float:
    """Return how many times its best loop the median loop of a measure takes, in the middle."""
    ratios = [
        float(times["median"]) / float(times["best"])
        for by_framework in results["measures"].values()
        for times in by_framework.values()
        if times.get("loops", 1) > 1
    ]
    return median(ratios or [1.0])


def number(value: float) -> str:
    """Return `value` with three digits that count."""
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"
