"""Read best times and ratios from results, which `run.py` writes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

OURS = "clastic"
RIVAL = "falcon"
FLOOR = "bare"

BUSY = 1.25
"""If the median loop takes this many times the best one, the machine was busy."""

Results = Mapping[str, Any]


def best(results: Results, name: str, framework: str) -> float | None:
    """Return the best value of a measure (seconds, or bytes per route), or None."""
    value = results["measures"].get(name, {}).get(framework, {}).get("best")
    return None if value is None else float(value)


def ratio(results: Results, name: str, framework: str, other: str) -> float | None:
    """Return the best time of `framework` divided by that of `other`, or None."""
    return quotient(best(results, name, framework), best(results, name, other))


def growth(results: Results, before: str, after: str) -> float | None:
    """Return Clastic's best at the measure `after` divided by its best at `before`, or None."""
    return quotient(best(results, after, OURS), best(results, before, OURS))


def quotient(value: float | None, reference: float | None) -> float | None:
    """Return `value` divided by `reference`, or None if one of them is missing."""
    return value / reference if value and reference else None


def fastest_rival(results: Results, name: str) -> str | None:
    """Return the fastest other framework at a measure, or None if none was measured."""
    times = {
        framework: best(results, name, framework)
        for framework in results["frameworks"]
        if framework not in (OURS, FLOOR)
    }
    known = {framework: time for framework, time in times.items() if time is not None}
    return min(known, key=lambda framework: known[framework]) if known else None


def unrest_of(results: Results) -> float:
    """Return the median, over all measures, of the median loop divided by the best loop."""
    ratios = [
        float(times["median"]) / float(times["best"])
        for by_framework in results["measures"].values()
        for times in by_framework.values()
        if times.get("loops", 1) > 1
    ]
    return median(ratios or [1.0])


def number(value: float) -> str:
    """Return `value` with three significant digits."""
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"
