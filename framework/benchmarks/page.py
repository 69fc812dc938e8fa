"""Update the recorded results on the documentation's page on performance.

A part of the page is between two comments, `<!-- name -->` and `<!-- /name -->`. The text between
them is replaced; the rest of the page is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import tables
from plot import plot
from report import heading
from results import RIVAL, Results, number
from tables import Table

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "_static" / "speed.svg"

PART = re.compile(
    r"^<!-- (?P<name>[a-z-]+) -->\n.*?^<!-- /(?P=name) -->$", re.DOTALL | re.MULTILINE
)


def write(results: Results) -> None:
    """Update the page and its plot with the results."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    PLOT.write_text(plot(results), encoding="utf-8")


def filled(page: str, results: Results) -> str:
    """Return a page with all its parts replaced. Raise `KeyError` for an unknown part."""

    def part(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- {name} -->\n\n{PARTS[name](results).strip()}\n\n<!-- /{name} -->"

    return PART.sub(part, page)


def markdown(table: Table) -> str:
    """Return a table as Markdown, with right-aligned numbers."""
    if not table.rows:
        return "Not measured."
    lines = [table.header, ["---", *("--:" for _ in table.header[1:])], *table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def subject(results: Results) -> str:
    """Describe the measured frameworks, the machine and the method."""
    return heading(results).replace("\n", " ")


def left_out(results: Results) -> str:
    """Return the reasons for missing measurements."""
    return "\n\n".join(results["left_out"])


def breakdown(results: Results) -> str:
    """Describe the times and steps of a request for the home page of `hello`."""
    seconds: Mapping[str, float] = results["breakdown"]["seconds"]
    steps: list[tuple[str, int]] = results["breakdown"]["steps"]
    whole = sum(count for _, count in steps)
    micros = {name: number(time * 1e6) for name, time in seconds.items()}
    response = (seconds["response"] - seconds["nothing"]) / (seconds["hello"] - seconds["nothing"])
    rows = [[f"`{place}`", f"{count:,}", f"{count / whole:.0%}"] for place, count in steps]
    table = Table("", ["", "steps", "of all"], rows)
    return (
        f"The loop that measures takes {micros['nothing']} µs with an application that does "
        f"nothing, {micros['bare']} µs with the bare callable, and {micros['hello']} µs with "
        f"`hello`. {response:.0%} of the time of `hello`, without that of the loop, is for "
        "creating and sending the response; the rest is for finding the route and calling the "
        "endpoint.\n\n"
        f"The same request takes {whole:,} steps. A step is a bytecode instruction, or a call of "
        f"code that is not written in Python.\n\n{markdown(table)}"
    )


def bounds(results: Results) -> str:
    """Describe the slowest part of a click for each database."""
    sentences = []
    for name, parts in results["clicks"].items():
        times = [parts[part]["seconds"] for part in tables.CLICK_PARTS]
        steps = [max(0.0, b - a) for a, b in zip([0.0, *times], times, strict=False)]
        most = max(range(len(steps)), key=steps.__getitem__)
        sentences.append(
            f"On {name}, {BOUNDS[most]} takes most of the time: {number(steps[most] * 1e6)} of "
            f"{number(times[-1] * 1e6)} µs."
        )
    return " ".join(sentences)


def connections(results: Results) -> str:
    """Return the table of open connections, with a note if the limit of open files was too low."""
    parts = [markdown(tables.connection_table(results))]
    found = results.get("connections")
    if found and found["most"] < found["wanted"]:
        parts.append(f"The limit of open files allowed {found['most']:,} connections.")
    return "\n\n".join(parts)


BOUNDS = (
    "the statement itself",
    "waiting until the click is on the disk",
    "SQLAlchemy with erosion's storage",
    "the app around its storage",
)
"""The part that each row of the table of clicks adds to the previous row."""

PARTS: Mapping[str, Callable[[Results], str]] = {
    "subject": subject,
    "left-out": left_out,
    "requests": lambda results: markdown(
        tables.by_framework(results, tables.REQUESTS, "", tables.micros("best"))
    ),
    "shares": lambda results: markdown(tables.multiples(results, RIVAL)),
    "routes": lambda results: markdown(
        tables.by_framework(results, tables.ROUTES, "", tables.micros("best"))
    ),
    "constructions": lambda results: markdown(
        tables.by_framework(results, tables.CONSTRUCTIONS, "", tables.seconds)
    ),
    "shapes": lambda results: markdown(tables.shape_table(results)),
    "sizes": lambda results: markdown(tables.size_table(results)),
    "breakdown": breakdown,
    "start": lambda results: markdown(
        tables.by_framework(results, tables.STARTS, "", tables.milliseconds)
    ),
    "served": lambda results: markdown(tables.served_table(results)),
    "clicks": lambda results: f"{markdown(tables.click_table(results))}\n\n{bounds(results)}",
    "connections": connections,
    "targets": lambda results: markdown(tables.target_table(results)),
}
"""The functions that return the parts of the page."""
