"""Results as text: tables of times and ratios, and which targets they meet.

Results are what `run.py` writes as JSON; README.md describes their form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from cases import POSITIONS, ROUTE_NUMBERS

OURS = "clastic"
RIVAL = "falcon"
FLOOR = "bare"

RIVAL_SHARE = 0.5
"""Every case takes at most this share of Falcon's time."""

FLATNESS = 1.2
"""The most routes take at most this many times what the fewest take."""

CONSTRUCTION_SECONDS = 1.5
"""The application with the most routes is constructed in at most this many seconds."""

BUSY = 1.25
"""Where the median loop takes this many times the best one, the machine had other work."""

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """Something the framework promises, and what was measured.

    - `text`: the promise.
    - `limit`: the greatest value that keeps it.
    - `measured`: None if this run did not measure it.
    """

    text: str
    limit: float
    measured: float | None

    @property
    def verdict(self) -> str:
        """`pass`, `miss` or `not measured`."""
        if self.measured is None:
            return "not measured"
        return "pass" if self.measured <= self.limit else "miss"


def targets(results: Results) -> list[Target]:
    """Return the targets that `results` can say something about."""
    found = [
        Target(f"{name}: share of {RIVAL}'s time", RIVAL_SHARE, ratio(results, name, OURS, RIVAL))
        for name in requests_in(results)
    ]
    fewest, most = ROUTE_NUMBERS[0], ROUTE_NUMBERS[-1]
    for position in POSITIONS:
        few, many = (
            best(results, f"routes-{number}-{position}", OURS) for number in (fewest, most)
        )
        measured = many / few if few and many else None
        text = f"{position} of {most:,} routes: times the time with {fewest}"
        found.append(Target(text, FLATNESS, measured))
    text = f"construction of {most:,} routes: seconds"
    construction = best(results, f"construction-{most}", OURS)
    found.append(Target(text, CONSTRUCTION_SECONDS, construction))
    return found


def render(results: Results) -> str:
    """Return all tables of `results`, the way they are printed."""
    requests = requests_in(results)
    constructions = [name for name in results["measures"] if name not in requests]
    blocks = [heading(results)]
    if requests:
        blocks += [
            table(results, requests, "Microseconds a request, best loop", micros("best")),
            table(results, requests, "Microseconds a request, median loop", micros("median")),
        ]
        blocks += [
            table(results, requests, f"Multiples of what {reference} takes (best loops)", cell)
            for reference, cell in ((each, multiples_of(each)) for each in (RIVAL, FLOOR))
            if reference in results["frameworks"]
        ]
    if constructions:
        title = "Construction up to the first answer, seconds (best)"
        blocks.append(table(results, constructions, title, seconds))
    blocks.append(target_table(targets(results)))
    return "\n\n".join(blocks) + "\n"


def requests_in(results: Results) -> list[str]:
    """Return the names of the measures that are times of a request."""
    return [name for name in results["measures"] if not name.startswith("construction-")]


def best(results: Results, name: str, framework: str) -> float | None:
    """Return the best time, in seconds, or None if there is none."""
    value = results["measures"].get(name, {}).get(framework, {}).get("best")
    return None if value is None else float(value)


def ratio(results: Results, name: str, framework: str, other: str) -> float | None:
    """Return how many times the best time of `other` the best time of `framework` is."""
    time, reference = (best(results, name, each) for each in (framework, other))
    return time / reference if time and reference else None


Cell = Callable[[Results, str, str], str]


def micros(which: str) -> Cell:
    """Make the cells of a table of microseconds; `which` is `best` or `median`."""

    def cell(results: Results, name: str, framework: str) -> str:
        return limited(results, name, framework, which, lambda time: number(time * 1e6))

    return cell


def seconds(results: Results, name: str, framework: str) -> str:
    """Make a cell of the table of construction times."""
    return limited(results, name, framework, "best", lambda time: f"{time:.4f}")


def multiples_of(other: str) -> Cell:
    """Make the cells of a table of ratios to the framework `other`."""

    def cell(results: Results, name: str, framework: str) -> str:
        value = ratio(results, name, framework, other)
        return "-" if value is None else number(value)

    return cell


def limited(
    results: Results, name: str, framework: str, which: str, form: Callable[[float], str]
) -> str:
    """Return a time through `form`; `> 60 s` if it was cut off, `-` if it is not there."""
    times = results["measures"][name].get(framework, {})
    if "over" in times:
        return f"> {times['over']:g} s"
    return form(times[which]) if which in times else "-"


def number(value: float) -> str:
    """Return `value` with three digits that count."""
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f}"


def heading(results: Results) -> str:
    """Say what was measured, on what."""
    frameworks = ", ".join(described(*item) for item in results["frameworks"].items())
    options = results["options"]
    unrest = unrest_of(results)
    warning = (
        f"\nThe machine was busy: the median loop took {unrest:.2f} times the best. Repeat."
        if unrest > BUSY
        else ""
    )
    return (
        f"{results['python']} on {results['machine']}: {frameworks}.\n"
        f"Rounds: {options['rounds']}, each a new process with {options['loops']} loops of about "
        f"{options['loop_seconds'] * 1000:g} ms. A request: a copy of the environ, the call, "
        "reading the body."
        f"{warning}"
    )


def unrest_of(results: Results) -> float:
    """Return how many times its best loop the median loop of a measure takes, in the middle."""
    ratios = [
        float(times["median"]) / float(times["best"])
        for by_framework in results["measures"].values()
        for times in by_framework.values()
        if times.get("loops", 1) > 1
    ]
    return median(ratios or [1.0])


def described(name: str, framework: Mapping[str, Any]) -> str:
    """Return the name of a framework with its version, and whether it is compiled."""
    words = [name, framework["version"], "(with compiled parts)" if framework["compiled"] else None]
    return " ".join(word for word in words if word)


def table(results: Results, names: Sequence[str], title: str, cell: Cell) -> str:
    """Return a table of measures by framework."""
    frameworks = list(results["frameworks"])
    rows = [[name, *(cell(results, name, each) for each in frameworks)] for name in names]
    return "\n".join([title, *aligned([["", *frameworks], *rows])])


def target_table(found: Sequence[Target]) -> str:
    """Return the table of targets with pass or miss."""
    rows = [
        [
            target.text,
            "-" if target.measured is None else f"{target.measured:.3f}",
            f"{target.limit:g}",
            target.verdict,
        ]
        for target in found
    ]
    return "\n".join(["Targets", *aligned([["", "measured", "at most", ""], *rows])])


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(["", first.ljust(widths[0]), *cells]).rstrip()
