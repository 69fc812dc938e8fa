"""Compare the framework with others; `make bench` runs this. README.md describes the method."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import page
from cases import FRAMEWORKS
from collection import QUICK, MeasureError, Options, run
from environment import BENCHMARKS, InstallError, ensure
from jobs import GROUPS, JOBS
from report import render
from results import Results
from targets import targets
from tools import ToolError, install

RECORD = BENCHMARKS / "recorded.json"
"""The results on the documentation's page."""


def main() -> int:
    """Run the command line and return the exit status."""
    arguments = parse()
    try:
        results = shown(arguments.show) if arguments.show else measured(arguments)
    except (InstallError, MeasureError, ToolError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted. No results were written.", file=sys.stderr)
        return 130
    print(render(results), end="")
    if arguments.record:
        record(results)
    missed = any(target.verdict == "miss" for target in targets(results))
    return int(missed and arguments.check)


def record(results: Results) -> None:
    """Record the results in the repository, and update the documentation's page."""
    RECORD.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    page.write(results)
    print(f"Recorded the results in {RECORD.name} and {page.PAGE.name}.", file=sys.stderr)


def shown(path: Path) -> dict[str, Any]:
    """Read the results of an earlier run. Raise `MeasureError` if this fails."""
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MeasureError(f"Cannot read results from {path}: {error}") from error
    return results


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure with the options of the command line, and write the results."""
    if arguments.install_tools:
        install()
    options = QUICK if arguments.quick else Options()
    options = replace(
        options,
        rounds=arguments.rounds or options.rounds,
        limit_seconds=arguments.limit or options.limit_seconds,
    )
    python = arguments.python or ensure(BENCHMARKS / ".venv")
    results = run(python, arguments.only, arguments.frameworks, options)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one short round, to check that everything works")
    add(
        "--rounds",
        type=positive(int),
        metavar="N",
        help=f"the number of rounds; default: {Options.rounds}, quick: {QUICK.rounds}",
    )
    add(
        "--limit",
        type=positive(float),
        metavar="SECONDS",
        help="the time limit of a process; "
        f"default: {Options.limit_seconds:g}, quick: {QUICK.limit_seconds:g}",
    )
    add(
        "--only",
        type=chosen(JOBS, GROUPS),
        default=JOBS,
        metavar="CASE,...",
        help=f"{', '.join(JOBS)}; or a group: {', '.join(GROUPS)}",
    )
    add(
        "--frameworks",
        type=chosen(FRAMEWORKS),
        default=FRAMEWORKS,
        metavar="NAME,...",
        help=", ".join(FRAMEWORKS),
    )
    add(
        "--json",
        type=Path,
        default=BENCHMARKS / "results" / "latest.json",
        metavar="PATH",
        help="the file for the results; default: results/latest.json in this folder",
    )
    add(
        "--record",
        action="store_true",
        help="record the results in the repository, and update the documentation's page",
    )
    add("--check", action="store_true", help="exit with 1 if a target is missed")
    add(
        "--python",
        metavar="PATH",
        help="an interpreter with all frameworks; nothing is installed",
    )
    add("--install-tools", action="store_true", help="install wrk and PostgreSQL first (Debian)")
    add("--show", type=Path, metavar="PATH", help="print the tables of existing results")
    return parser.parse_args()


def positive(number: type[int] | type[float]) -> Callable[[str], float]:
    """Return the type of an option that takes a positive number."""

    def value(text: str) -> float:
        try:
            given = number(text)
        except ValueError:
            given = 0
        if not 0 < given < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} is not a positive {number.__name__}")
        return given

    return value


def chosen(
    known: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None
) -> Callable[[str], tuple[str, ...]]:
    """Return the type of an option that takes some of the `known` names, separated by commas.

    The name of a group selects all its members.
    """

    def names(text: str) -> tuple[str, ...]:
        wanted = [name for word in text.split(",") for name in (groups or {}).get(word, [word])]
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(
                f"unknown: {', '.join(unknown)}. Known: {', '.join((*known, *(groups or ())))}"
            )
        return tuple(name for name in known if name in wanted)

    return names


if __name__ == "__main__":
    sys.exit(main())
