"""Count the steps of each case, and compare them with a record; `make bench-check` runs this.

A step is a bytecode instruction of Python, or a call of a function that is not written in Python.
The same code takes the same number of steps on every machine.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from cases import IDIOM_CASES, PLAIN_CASES, routing_cases
from client import Environ, WrongResponseError, checked_environ, run_loop
from frameworks.interface import Framework, Probe, WSGIApplication, define_handlers

RECORD = Path(__file__).with_name("counts.json")
RECORD_COMMAND = "make bench-check ARGS=--record"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
GROWTH = 0.05
"""The share of the recorded steps by which a case may grow."""

LIBRARIES = ("itsdangerous", "jinja2", "markupsafe", "werkzeug")
"""The libraries whose steps are counted too."""

ROUTES = 1_000
WARM_UP = 10
"""How many requests fill the caches before one is counted."""

Counts = dict[str, Any]


class CountError(Exception):
    """The steps cannot be compared."""


def main() -> int:
    """Record or compare the counts. Return 1 if a case grew too much, 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="record the counts of this version")
    parser.add_argument("--counts", type=Path, default=RECORD, metavar="PATH", help="the record")
    arguments = parser.parse_args()
    clean_environment()
    try:
        record = read(arguments.counts)
        if arguments.record:
            write(arguments.counts, {**record, VERSION: count()})
            return 0
        if VERSION not in record:
            raise CountError(
                f"No counts are recorded for Python {VERSION}. Record them: {RECORD_COMMAND}"
            )
        return compare(record[VERSION], count())
    except (CountError, WrongResponseError) as error:
        print(error, file=sys.stderr)
        return 2


def clean_environment() -> None:
    """Start this process again without the environment variables that can change the counts."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COVERAGE_")) or name == "PYTHONPATH"
    }
    environment["PYTHONHASHSEED"] = "0"
    if environment != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def count() -> Counts:
    """Return the versions of the libraries, and the steps of each case, if it responds rightly."""
    framework: Framework = importlib.import_module("frameworks.clastic")
    cases = {}
    for case in (*PLAIN_CASES, *IDIOM_CASES):
        application = framework.build(case.name, Probe())
        cases[case.name] = steps_of(application, checked_environ(application, case))
    application = framework.routes(define_handlers(framework.HANDLER, ROUTES, vars(framework)))
    for case in routing_cases(ROUTES):
        cases[case.name] = steps_of(application, checked_environ(application, case))
    return {"libraries": {name: metadata.version(name) for name in LIBRARIES}, "cases": cases}


def steps_of(application: WSGIApplication, environ: Environ) -> int:
    """Return the steps of a request, without those of the server."""
    return count_steps(application, environ) - count_steps(no_response, environ)


def count_steps(application: WSGIApplication, environ: Environ) -> int:
    """Count the steps of a request and of the server."""
    for _ in range(WARM_UP):
        run_loop(application, environ, 1, ignore)
    gc.collect()
    gc.disable()
    steps = Steps()
    steps.start()
    try:
        run_loop(application, environ, 1, ignore)
    finally:
        steps.stop()
        gc.enable()
    return steps.taken


def ignore(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Ignore the status and the headers."""


def no_response(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Return an empty body."""
    return ()


class Steps:
    """Counts the steps between `start` and `stop`."""

    def __init__(self) -> None:
        self.taken = 0

    def start(self) -> None:
        """Trace each step, from Python 3.12 on with `sys.monitoring`."""
        sys.setprofile(self._profile)
        if sys.version_info >= (3, 12):
            tool, instruction = sys.monitoring.PROFILER_ID, sys.monitoring.events.INSTRUCTION
            sys.monitoring.use_tool_id(tool, "steps")
            sys.monitoring.register_callback(tool, instruction, self._instruct)
            sys.monitoring.set_events(tool, instruction)
        else:
            sys.settrace(self._trace)

    def stop(self) -> None:
        """Stop tracing."""
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
            sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        else:
            sys.settrace(None)
        sys.setprofile(None)

    def _instruct(self, code: CodeType, offset: int) -> None:
        self.taken += 1

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "opcode":
            self.taken += 1
        else:
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        return self._trace

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call":
            self.taken += 1


def read(path: Path) -> dict[str, Counts]:
    """Return the counts by version of Python. Without a file, there are none."""
    try:
        record: dict[str, Counts] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CountError(f"Cannot read {path.name}: {error}") from error
    return record


def write(path: Path, record: dict[str, Counts]) -> None:
    """Write the counts, sorted by version of Python."""
    versions = sorted(record, key=lambda version: tuple(map(int, version.split("."))))
    text = json.dumps({version: record[version] for version in versions}, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")
    print(f"{path.name} has the counts for Python {', '.join(versions)}.")


def compare(before: Counts, now: Counts) -> int:
    """Print the differences. Return 1 if a case grew too much."""
    unknown = [name for name in now["cases"] if name not in before["cases"]]
    if unknown:
        raise CountError(
            f"No counts are recorded for {', '.join(unknown)}. Record them: {RECORD_COMMAND}"
        )
    changes = {name: now["cases"][name] / before["cases"][name] - 1 for name in now["cases"]}
    grown = [name for name, change in changes.items() if change > GROWTH]
    for name, change in changes.items():
        if change:
            mark = " too many" if name in grown else ""
            steps = f"{before['cases'][name]:,} steps before, {now['cases'][name]:,} now"
            print(f"  {name}: {steps} ({change:+.1%}){mark}")
    for name, version in before["libraries"].items():
        if version != now["libraries"][name]:
            print(f"The record is of {name} {version}; installed is {now['libraries'][name]}.")
    if grown:
        print(f"These cases grew by more than {GROWTH:.0%} (Python {VERSION}): {', '.join(grown)}.")
        print(f"If the change is worth it, record the new counts: {RECORD_COMMAND}")
        return 1
    print(f"No case grew by more than {GROWTH:.0%} (Python {VERSION}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
