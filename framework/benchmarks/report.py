"""Compare results with the speed targets, and format them as text, with tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


Rows = list[list[str]]


def number(value: float) -> str:
    """Return a value with three significant digits."""
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"


def micros(seconds: float) -> str:
    """Return a time in microseconds."""
    return number(seconds * 1e6)


TABLES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "requests": ("Microseconds per request", micros),
    "routes": ("Microseconds per request among many routes", micros),
    "construction": ("Seconds of the construction, up to the first response", "{:.4f}".format),
    "shapes": ("Microseconds per request with clastic, by number of routes", micros),
    "shape-construction": (
        "Seconds of the construction with clastic, by number of routes",
        "{:.4f}".format,
    ),
    "memory": ("Memory of 10,000 routes with clastic", "{:,.0f}".format),
    "start": ("Milliseconds of the start", lambda seconds: f"{seconds * 1e3:.1f}"),
    "served": ("Requests per second behind a server", lambda seconds: f"{1 / seconds:,.0f}"),
    "clicks": ("Microseconds per click in erosion", micros),
    "connections": ("Microseconds of processor time per request of a gunicorn worker", micros),
}
"""The title of each table, and how it shows a value."""

RELATIVE = (("requests", RIVAL), ("requests", FLOOR), ("served", FLOOR))
"""Which tables there are again, as multiples of a column."""


def tables(results: Results) -> dict[str, tuple[str, Rows]]:
    """Return the title and the rows of all tables with content; the first row is the header."""
    found = {name: (title, table(results, name)) for name, (title, _) in TABLES.items()}
    for name, other in RELATIVE:
        title = f"{TABLES[name][0]}: the time as a multiple of {other}'s"
        found[f"{name}-of-{other}"] = (title, table(results, name, other))
    found["targets"] = ("Targets", target_table(results))
    return {name: (title, rows) for name, (title, rows) in found.items() if len(rows) > 1}


def table(results: Results, name: str, other: str | None = None) -> Rows:
    """Return the best values of a table, or the values as multiples of the column `other`.

    The columns are in the order of the frameworks.
    """
    _, text = TABLES[name] if other is None else ("", number)
    measures = {
        measure.partition("/")[2]: columns
        for measure, columns in results["measures"].items()
        if measure.startswith(f"{name}/") and other in (None, *columns)
    }
    present = dict.fromkeys(column for columns in measures.values() for column in columns)
    order = [*results["frameworks"], *present]
    header = sorted(present, key=order.index)
    rows = [["", *header]]
    for row, columns in measures.items():
        divisor = columns[other]["best"] if other else 1
        rows.append(
            [row, *(text(columns[c]["best"] / divisor) if c in columns else "-" for c in header)]
        )
    return rows


def target_table(results: Results) -> Rows:
    """Return the rows of the table of targets."""
    rows = [["", "measured", "at most", ""]]
    for each in targets(results):
        measured = "-" if isnan(each.measured) else f"{each.measured:,.3f}"
        rows.append([each.text, measured, f"{each.limit:g}", each.verdict])
    return rows


def heading(results: Results) -> Sequence[str]:
    """Return what was measured, on what, how, and whether the machine was busy."""
    frameworks = ", ".join(described(*item) for item in results["frameworks"].items())
    libraries = ", ".join(f"{name} {version}" for name, version in results["libraries"].items())
    options, factor = results["options"], unrest(results)
    lines = [
        f"{results['python']} on {results['machine']} with {results['processors']} processors: "
        f"{frameworks}. With {libraries}.",
        f"Rounds: {options['rounds']}, each a new process with {options['loops']} loops of about "
        f"{options['loop_seconds'] * 1000:g} ms. The best loop counts.",
    ]
    if factor > BUSY:
        lines.append(f"The machine was busy: the median loop took {factor:.2f} times the best.")
    return lines


def described(name: str, facts: Mapping[str, Any]) -> str:
    """Return the name of a framework with its version, and whether it is compiled."""
    compiled = "(with compiled parts)" if facts["compiled"] else None
    return " ".join(filter(None, [name, facts["version"], compiled]))


def text_of(results: Results) -> str:
    """Return results as plain text, with tables in Markdown."""
    blocks = ["\n".join(heading(results))]
    blocks += [f"{title}\n\n{markdown(rows)}" for title, rows in tables(results).values()]
    return "\n\n".join([*blocks, *results["left_out"]]) + "\n"


def markdown(rows: Rows) -> str:
    """Return a table as Markdown, with the numbers aligned to the right."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rule = [f"{'-' * (width - 1)}:" for width in widths]
    header, *others = [
        [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows
    ]
    lines = [header, ["-" * widths[0], *rule[1:]], *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
