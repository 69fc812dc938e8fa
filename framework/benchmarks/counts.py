"""Compare the steps of each request with the record; `make bench-check` runs this.

A step is a bytecode instruction or a call into C; see README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COUNTING = Path(__file__).with_name("counting.py")
RECORD = Path(__file__).with_name("counts.json")
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

GROWTH = 0.05
"""The growth that is allowed, as a share of the recorded steps."""

RECORD_COMMAND = "make bench-check ARGS=--record"

Counts = dict[str, Any]


class CountError(Exception):
    """The counts cannot be compared."""


def main() -> int:
    """Run the command line. Return 1 if a count grew too much, 2 if it cannot be compared."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="record the current counts")
    parser.add_argument("--counts", type=Path, default=RECORD, metavar="PATH", help="the record")
    arguments = parser.parse_args()
    try:
        if arguments.record:
            return record(arguments.counts)
        return compare(recorded(arguments.counts), count())
    except CountError as error:
        print(error, file=sys.stderr)
        return 2


def count() -> Counts:
    """Count in a new process with a controlled environment."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COVERAGE_")) or name == "PYTHONPATH"
    }
    environment["PYTHONHASHSEED"] = "0"
    done = subprocess.run(
        [sys.executable, str(COUNTING)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise CountError(f"{done.stderr.strip()}\nCannot count the steps.")
    counts: Counts = json.loads(done.stdout)
    return counts


def recorded(path: Path) -> Counts:
    """Return the record for this Python. Raise `CountError` if there is none."""
    counts = read(path).get(VERSION)
    if counts is None:
        raise CountError(
            f"No counts are recorded for Python {VERSION}. Record them: {RECORD_COMMAND}"
        )
    known: Counts = counts
    return known


def read(path: Path) -> dict[str, Counts]:
    """Return the whole record by Python version, or an empty one if there is no file."""
    try:
        record: dict[str, Counts] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CountError(f"Cannot read {path.name}: {error}") from error
    return record


def record(path: Path) -> int:
    """Record the counts for this Python, and keep those for other versions."""
    known = {**read(path), VERSION: count()}
    by_version = sorted(known.items(), key=lambda item: tuple(map(int, item[0].split("."))))
    path.write_text(json.dumps(dict(by_version), indent=2) + "\n", encoding="utf-8")
    print(f"{path.name} has the counts for Python {', '.join(v for v, _ in by_version)}.")
    return 0


def compare(before: Counts, now: Counts) -> int:
    """Print the changes. Return 1 if a case grew too much; raise `CountError` for a new case."""
    unknown = [name for name in now["cases"] if name not in before["cases"]]
    if unknown:
        raise CountError(
            f"No counts are recorded for {', '.join(unknown)}. Record them: {RECORD_COMMAND}"
        )
    changes = {name: now["cases"][name] / before["cases"][name] - 1 for name in now["cases"]}
    grown = [name for name, change in changes.items() if change > GROWTH]
    for name, change in changes.items():
        if change:
            mark = "too many" if name in grown else ""
            steps = f"{before['cases'][name]:,} steps before, {now['cases'][name]:,} now"
            print(f"  {name}: {steps} ({change:+.1%}) {mark}".rstrip())
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
