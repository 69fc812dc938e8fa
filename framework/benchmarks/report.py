"""Format results as text, with tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any

from results import BUSY, FLOOR, RIVAL, Results, targets, unrest

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
