"""Results as text: what was measured, on what, and all tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from results import BUSY, Results, unrest_of
from tables import Table, tables


def render(results: Results) -> str:
    """Return all that `results` say, the way it is printed."""
    blocks = [heading(results), *map(text_of, tables(results))]
    return "\n\n".join([*blocks, *results.get("left_out", [])]) + "\n"


def heading(results: Results) -> str:
    """Say what was measured, on what, and whether it is to be trusted."""
    said = (subject_of(results), method_of(results), warning_of(results))
    return "\n".join(filter(None, said))


def warning_of(results: Results) -> str:
    """Say that the machine had other work, if it had."""
    unrest = unrest_of(results)
    if unrest <= BUSY:
        return ""
    return f"The machine was busy: the median loop took {unrest:.2f} times the best. Repeat."


def subject_of(results: Results) -> str:
    """Say what was measured, on what."""
    frameworks = ", ".join(described(*item) for item in results["frameworks"].items())
    machine = f"{results['machine']} with {results['processors']} processors"
    libraries = ", ".join(f"{name} {version}" for name, version in results["libraries"].items())
    return f"{results['python']} on {machine}: {frameworks}. With {libraries}."


def method_of(results: Results) -> str:
    """Say how often what was measured."""
    options = results["options"]
    return (
        f"Rounds: {options['rounds']}, each a new process with {options['loops']} loops of about "
        f"{options['loop_seconds'] * 1000:g} ms. A request: a copy of the environ, the call, "
        "reading the body."
    )


def described(name: str, framework: Mapping[str, Any]) -> str:
    """Return the name of a framework with its version, and whether it is compiled."""
    words = [name, framework["version"], "(with compiled parts)" if framework["compiled"] else None]
    return " ".join(word for word in words if word)


def text_of(table: Table) -> str:
    """Return a table as lines of text below its title."""
    return "\n".join([table.title, *aligned([table.header, *table.rows])])


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(["", first.ljust(widths[0]), *cells]).rstrip()
