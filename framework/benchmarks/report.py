"""Format results as text: the machine, the method and all tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from results import BUSY, Results, unrest_of
from tables import Table, tables


def render(results: Results) -> str:
    """Return the whole report."""
    blocks = [heading(results), *map(text_of, tables(results))]
    return "\n\n".join([*blocks, *results.get("left_out", [])]) + "\n"


def heading(results: Results) -> str:
    """Return the frameworks and the machine, the method, and a warning if it was busy."""
    lines = (subject_of(results), method_of(results), warning_of(results))
    return "\n".join(filter(None, lines))


def warning_of(results: Results) -> str:
    """Return a warning if the machine was busy."""
    unrest = unrest_of(results)
    if unrest <= BUSY:
        return ""
    return (
        f"The machine was busy: the median loop took {unrest:.2f} times the best. Repeat the run."
    )


def subject_of(results: Results) -> str:
    """Return the interpreter, the machine and the frameworks."""
    frameworks = ", ".join(described(*item) for item in results["frameworks"].items())
    machine = f"{results['machine']} with {results['processors']} processors"
    libraries = ", ".join(f"{name} {version}" for name, version in results["libraries"].items())
    return f"{results['python']} on {machine}: {frameworks}. With {libraries}."


def method_of(results: Results) -> str:
    """Return the number of rounds and loops, and the definition of a request."""
    options = results["options"]
    return (
        f"Rounds: {options['rounds']}, each a new process with {options['loops']} loops of about "
        f"{options['loop_seconds'] * 1000:g} ms. A request: a copy of the environ, the call, "
        "reading the body."
    )


def described(name: str, framework: Mapping[str, Any]) -> str:
    """Return the name of a framework with its version, and a note if parts are compiled."""
    words = [name, framework["version"], "(with compiled parts)" if framework["compiled"] else None]
    return " ".join(word for word in words if word)


def text_of(table: Table) -> str:
    """Return a table as text below its title."""
    return "\n".join([table.title, *aligned([table.header, *table.rows])])


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines: the first column left-aligned, the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(["", first.ljust(widths[0]), *cells]).rstrip()
