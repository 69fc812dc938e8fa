"""Compare the framework with its rivals; `make bench` runs this. README.md says how it measures."""

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
"""What the documentation's page shows."""


def main() -> int:
    """Do what the command line says. Returns the exit status."""
    arguments = parse()
    try:
        results = shown(arguments.show) if arguments.show else measured(arguments)
    except (InstallError, MeasureError, ToolError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        return 130
    print(render(results), end="")
    if arguments.record:
        record(results)
    missed = any(target.verdict == "miss" for target in targets(results))
    return int(missed and arguments.check)


def record(results: Results) -> None:
    """Keep the results in the repository, and bring the documentation's page up to them."""
    RECORD.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    page.write(results)
    print(f"Recorded in {RECORD.name} and on {page.PAGE.name}.", file=sys.stderr)


def shown(path: Path) -> dict[str, Any]:
    """Read the results of an earlier run. Raises `MeasureError` if there are none at `path`."""
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MeasureError(f"No results can be read from {path}: {error}") from error
    return results


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure as `arguments` say, and write the results. Raises as `ensure` and `run` do."""
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
    add("--quick", action="store_true", help="one short round: to see that everything works")
    add(
        "--rounds",
        type=positive(int),
        metavar="N",
        help=f"how often all is measured; default: {Options.rounds}, quick: {QUICK.rounds}",
    )
    add(
        "--limit",
        type=positive(float),
        metavar="SECONDS",
        help="when a process is stopped; "
        f"default: {Options.limit_seconds:g}, quick: {QUICK.limit_seconds:g}",
    )
    add(
        "--only",
        type=chosen(JOBS, GROUPS),
        default=JOBS,
        metavar="CASE,...",
        help=f"{', '.join(JOBS)}; or many at once: {', '.join(GROUPS)}",
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
        help="where the results go; default: results/latest.json here",
    )
    add(
        "--record",
        action="store_true",
        help="keep the results in the repository, and make the documentation's page of them",
    )
    add("--check", action="store_true", help="exit with 1 if a target is missed")
    add(
        "--python",
        metavar="PATH",
        help="an interpreter that has the frameworks already; nothing is installed",
    )
    add("--install-tools", action="store_true", help="install wrk and PostgreSQL first (Debian)")
    add("--show", type=Path, metavar="PATH", help="print the tables of results written before")
    return parser.parse_args()


def positive(number: type[int] | type[float]) -> Callable[[str], float]:
    """Make the type of an option that takes a `number` above zero."""

    def value(text: str) -> float:
        try:
            given = number(text)
        except ValueError:
            given = 0
        if not 0 < given < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} is no {number.__name__} above zero")
        return given

    return value


def chosen(
    known: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None
) -> Callable[[str], tuple[str, ...]]:
    """Make the type of an option that takes some of the `known` names, with commas between.

    A name of one of the `groups` stands for all that is in it.
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
