"""Compare the speed of Clastic with other frameworks; `make bench` runs this. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import page
from client import QUICK, Options
from measure import GROUPS, HERE, JOBS
from report import OURS, Results, targets, text_of
from servers import missing

POSTGRES = HERE.parents[1] / ".ci" / "postgres"
FRAMEWORKS = sorted(
    path.stem for path in HERE.glob("frameworks/[!_]*.py") if path.stem != "interface"
)
LIBRARIES = ("werkzeug", "jinja2", "gunicorn", "waitress", "sqlalchemy", "psycopg")
SLOW_SECONDS = 5.0
"""The duration from which the construction of an application is not measured again."""


class MeasureError(Exception):
    """A framework responds wrongly, or its process failed."""


def main() -> int:
    """Measure or show results, as the command line says. Return the exit status."""
    arguments = parse()
    try:
        if arguments.show:
            results = json.loads(arguments.show.read_text(encoding="utf-8"))
        else:
            results = measure(arguments)
            write(arguments.json, results)
    except (MeasureError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted. Nothing was written.", file=sys.stderr)
        return 130
    print(text_of(results), end="")
    if arguments.record:
        write(HERE / "recorded.json", results)
        page.update(results)
    missed = any(target.verdict == "miss" for target in targets(results))
    return int(missed and arguments.check)


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="measure one short round, to see that all works")
    add("--rounds", type=int, metavar="N", help=f"default: {Options.rounds}, quick: {QUICK.rounds}")
    names = f"jobs, or groups of jobs: {', '.join(GROUPS)}"
    add("--only", nargs="+", default=JOBS, choices=[*GROUPS, *JOBS], metavar="JOB", help=names)
    names = ", ".join(FRAMEWORKS)
    add("--frameworks", nargs="+", default=FRAMEWORKS, choices=FRAMEWORKS, metavar="F", help=names)
    path = HERE / "results" / "latest.json"
    add("--json", type=Path, default=path, metavar="PATH", help="default: %(default)s")
    add("--record", action="store_true", help="update the record and the documentation")
    add("--check", action="store_true", help="exit with 1 if a target is missed")
    add("--show", type=Path, metavar="PATH", help="print written results; do not measure")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    return arguments


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure each framework at each job and return the results.

    Raises `MeasureError` at the first wrong response.
    """
    options = QUICK if arguments.quick else Options()
    options = replace(options, rounds=arguments.rounds or options.rounds)
    jobs = list(dict.fromkeys(job for name in arguments.only for job in GROUPS.get(name, [name])))
    lacking = {job: program for job in jobs if (program := missing(job))}
    left_out = [f"Not measured: {job}, which requires {lacking[job]}." for job in lacking]
    if {"served", "clicks"} & {*jobs} and not has_postgresql():
        left_out.append("Not measured: erosion on PostgreSQL, which is not installed.")
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    facts = {name: {"version": None, "compiled": False} for name in arguments.frameworks}
    slow = set()
    for number in range(options.rounds):
        for job in [job for job in jobs if job not in lacking]:
            print(f"round {number + 1} of {options.rounds}: {job}", file=sys.stderr, flush=True)
            for framework in turns(job, arguments.frameworks, number, options):
                if (job, framework) in slow:
                    continue
                try:
                    found = measure_once(job, framework, options, arguments.quick)
                except subprocess.TimeoutExpired as error:
                    slow.add((job, framework))
                    took = f"took over {error.timeout:g} seconds"
                    left_out.append(f"Not measured: {job} with {framework}, which {took}.")
                    continue
                facts[framework] = found["facts"]
                for name, columns in found["values"].items():
                    for column, values in columns.items():
                        times[name][column] += values
                construction = found["values"].get(f"construction/{job}", {framework: [0.0]})
                if construction[framework][0] > SLOW_SECONDS:
                    slow.add((job, framework))
    return {
        **machine(),
        "options": asdict(options),
        "frameworks": facts,
        "measures": summary(times),
        "left_out": left_out,
    }


def summary(times: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Return the best value, the median and the number of values, by measure and column."""
    return {
        name: {
            column: {"best": min(values), "median": median(values), "loops": len(values)}
            for column, values in columns.items()
        }
        for name, columns in times.items()
    }


def turns(job: str, frameworks: Sequence[str], number: int, options: Options) -> Iterator[str]:
    """Yield the frameworks in turn. Each round begins with another one."""
    if any(job in GROUPS[group] for group in ("idioms", "scale", "servers")):
        frameworks = [OURS]
    shift = number % len(frameworks)
    for _ in range(options.starts if job == "start" else 1):
        yield from (*frameworks[shift:], *frameworks[:shift])


def measure_once(job: str, framework: str, options: Options, quick: bool) -> dict[str, Any]:
    """Measure in a new process and return what it prints.

    Raises `subprocess.TimeoutExpired` for a process with many routes that is over the limit, and
    `MeasureError` for one that fails.
    """
    command = [sys.executable, str(HERE / "measure.py"), framework, job]
    command += ["--quick"] if quick else []
    if job in ("served", "clicks") and has_postgresql():
        command.insert(0, str(POSTGRES))
    limit = options.limit_seconds if job in GROUPS["routes"] else None
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit)
    if done.returncode:
        raise MeasureError(f"Stopped at {job} with {framework}.\n{done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def has_postgresql() -> bool:
    """Return whether PostgreSQL is installed where `.ci/postgres` looks for it."""
    return bool(shutil.which("initdb")) or Path("/usr/lib/postgresql").is_dir()


def machine() -> dict[str, Any]:
    """Return what the results were measured on, without its name."""
    installed = {each.metadata["Name"].lower(): each.version for each in metadata.distributions()}
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "libraries": {name: installed[name] for name in LIBRARIES if name in installed},
    }


def write(path: Path, results: Results) -> None:
    """Write results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
