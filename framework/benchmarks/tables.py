"""Convert results to tables, which `report.py` prints and `page.py` adds to a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cases import PLAIN_CASES, POSITIONS, ROUTE_NUMBERS
from results import FLOOR, OURS, RIVAL, Results, best, number, quotient, ratio
from scale import DEPTH, SHAPES
from servers import SERVERS
from targets import targets

NONE = "-"

REQUESTS = tuple(case.name for case in PLAIN_CASES)
ROUTES = tuple(f"routes-{n}-{position}" for n in ROUTE_NUMBERS for position in POSITIONS)
CONSTRUCTIONS = tuple(f"construction-{n}" for n in ROUTE_NUMBERS)
STARTS = ("start-import", "start-response")

Cell = Callable[[Results, str, str], str]


@dataclass(frozen=True)
class Table:
    """A table of texts: the first column has the names of the rows, the others have numbers."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results) -> list[Table]:
    """Return all tables that are not empty."""
    found = [
        by_framework(results, REQUESTS, "Microseconds per request, best loop", micros("best")),
        by_framework(results, REQUESTS, "Microseconds per request, median loop", micros("median")),
        multiples(results, RIVAL),
        multiples(results, FLOOR),
        by_framework(results, ROUTES, "Microseconds per request, many routes", micros("best")),
        by_framework(
            results, CONSTRUCTIONS, "Construction up to the first response, seconds", seconds
        ),
        shape_table(results),
        size_table(results),
        by_framework(results, STARTS, "Start of hello, milliseconds", milliseconds),
        served_table(results),
        click_table(results),
        connection_table(results),
        target_table(results),
    ]
    return [table for table in found if table.rows]


def by_framework(results: Results, names: Sequence[str], title: str, cell: Cell) -> Table:
    """Return a table of the existing measures by framework."""
    present = [name for name in names if name in results["measures"]]
    measured = {framework for name in present for framework in results["measures"][name]}
    frameworks = [name for name in results["frameworks"] if name in measured]
    rows = [[name, *(cell(results, name, each) for each in frameworks)] for name in present]
    return Table(title, ["", *frameworks], rows)


def multiples(results: Results, other: str) -> Table:
    """Return the table of the times of requests relative to those of `other`."""

    def cell(results: Results, name: str, framework: str) -> str:
        return optional(ratio(results, name, framework, other))

    names = [name for name in REQUESTS if best(results, name, other)]
    return by_framework(results, names, f"Times relative to {other}, best loop", cell)


def micros(which: str) -> Cell:
    """Return the function for cells in microseconds; `which` is `best` or `median`."""

    def cell(results: Results, name: str, framework: str) -> str:
        return limited(results, name, framework, which, lambda time: number(time * 1e6))

    return cell


def seconds(results: Results, name: str, framework: str) -> str:
    """Return a cell in seconds."""
    return limited(results, name, framework, "best", lambda time: f"{time:.4f}")


def milliseconds(results: Results, name: str, framework: str) -> str:
    """Return a cell in milliseconds."""
    return limited(results, name, framework, "best", lambda time: f"{time * 1e3:.1f}")


def limited(
    results: Results, name: str, framework: str, which: str, form: Callable[[float], str]
) -> str:
    """Format a time with `form`; return `> 60 s` if it was stopped, `-` if it is missing."""
    times = results["measures"][name].get(framework, {})
    if "over" in times:
        return f"> {times['over']:g} s"
    return form(times[which]) if which in times else NONE


def optional(value: float | None, form: Callable[[float], str] = number) -> str:
    """Format a value with `form`; return `-` for None."""
    return NONE if value is None else form(value)


def shape_table(results: Results) -> Table:
    """Return Clastic's times by shape of the patterns and number of routes."""
    measures = {
        f"{shape}, {each}": f"{shape}-{{}}-{each}" for shape in SHAPES for each in POSITIONS
    }
    measures["all paths match, the last method"] = "matching-{}"
    times = {
        name: [best(results, measure.format(n), OURS) for n in ROUTE_NUMBERS]
        for name, measure in measures.items()
    }
    rows = [
        [name, *(optional(time, lambda value: number(value * 1e6)) for time in row)]
        for name, row in times.items()
        if any(row)
    ]
    flat, nested = (best(results, f"depth-{depth}", OURS) for depth in (0, DEPTH))
    if flat and nested:
        blank = [""] * (len(ROUTE_NUMBERS) - 1)
        rows.append(["one route", number(flat * 1e6), *blank])
        rows.append([f"one route in {DEPTH} nested applications", number(nested * 1e6), *blank])
    title = f"Microseconds per request with {OURS}, by number of routes"
    return Table(title, ["", *(f"{n:,}" for n in ROUTE_NUMBERS)], rows)


def size_table(results: Results) -> Table:
    """Return Clastic's construction time and memory for many routes, by shape."""
    most = ROUTE_NUMBERS[-1]
    rows = []
    for shape in SHAPES:
        construction = best(results, f"construction-{shape}-{most}", OURS)
        memory = best(results, f"memory-{shape}", OURS)
        if construction or memory:
            cells = [optional(construction, number), optional(memory, "{:,.0f}".format)]
            rows.append([shape, *cells])
    header = ["", "construction, seconds", "memory, bytes per route"]
    return Table(f"{most:,} routes with {OURS}", header, rows)


def served_table(results: Results) -> Table:
    """Return requests per second through servers, and their share of the bare callable's."""
    served: dict[str, dict[str, float]] = results.get("served") or {}
    apps = list(dict.fromkeys(app for by_app in served.values() for app in by_app))
    rows = [[server, *served_cells(served[server], apps)] for server in SERVERS if server in served]
    shares = [text for app in apps for text in (app, *(["of bare"] if app != FLOOR else []))]
    return Table("Requests per second through a server", ["", *shares], rows)


def served_cells(by_app: dict[str, float], apps: Sequence[str]) -> Iterator[str]:
    """Yield the rates of the apps behind a server, and their shares."""
    floor = by_app.get(FLOOR)
    for app in apps:
        rate = by_app.get(app)
        yield optional(rate, "{:,.0f}".format)
        if app != FLOOR:
            yield optional(quotient(rate, floor), "{:.0%}".format)


CLICK_PARTS = {
    "statement": "SQL statement",
    "commit": "with the commit",
    "storage": "with erosion's storage",
    "app": "request to erosion",
}


def click_table(results: Results) -> Table:
    """Return the times of a click on a link of erosion in one process."""
    clicks: dict[str, dict[str, Any]] = results.get("clicks") or {}
    header = ["", *(text for name in clicks for text in (name, "of that, CPU"))]
    rows = [
        [
            text,
            *(
                number(clicks[name][part][which] * 1e6)
                for name in clicks
                for which in ("seconds", "processor")
            ),
        ]
        for part, text in CLICK_PARTS.items()
        if clicks
    ]
    return Table("Microseconds per click in erosion, in one process", header, rows)


def connection_table(results: Results) -> Table:
    """Return the CPU time of a request by the number of open connections."""
    connections = results.get("connections") or {"micros": {}}
    apps = connections["micros"]
    numbers = list(next(iter(apps.values()), {}))
    rows = [[f"{int(n):,} connections", *(number(apps[app][n]) for app in apps)] for n in numbers]
    return Table("CPU microseconds of a gunicorn worker per request", ["", *apps], rows)


def target_table(results: Results) -> Table:
    """Return the targets with their verdicts."""
    rows = [
        [
            target.text,
            optional(target.measured, "{:,.3f}".format),
            f"{target.limit:g}",
            target.verdict,
        ]
        for target in targets(results)
    ]
    return Table("Targets", ["", "measured", "at most", ""], rows)
