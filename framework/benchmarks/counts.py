"""Hold the steps that a request takes to the recorded ones; `make bench-check` runs this.

A step is a bytecode instruction or a call into C; README.md says what is counted and what is not.
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
"""A case may take this share more steps than were recorded."""

ANEW = "make bench-check ARGS=--record"

Counts = dict[str, Any]


class CountError(Exception):
    """Nothing can be compared."""


def main() -> int:
    """Do what the command line says. Returns 1 if a count grew, 2 if nobody knows."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="write the counts of now down")
    parser.add_argument("--counts", type=Path, default=RECORD, metavar="PATH", help="their record")
    arguments = parser.parse_args()
    try:
        if arguments.record:
            return record(arguments.counts)
        return compare(recorded(arguments.counts), count())
    except CountError as error:
        print(error, file=sys.stderr)
        return 2


def count() -> Counts:
    """Count in a process that nothing from outside has an influence on."""
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
        raise CountError(f"{done.stderr.strip()}\nThe steps could not be counted.")
    counts: Counts = json.loads(done.stdout)
    return counts


def recorded(path: Path) -> Counts:
    """Return what is recorded for this Python. Raises `CountError` where nothing is."""
    counts = read(path).get(VERSION)
    if counts is None:
        raise CountError(f"No counts are recorded for Python {VERSION}. Record them: {ANEW}")
    known: Counts = counts
    return known


def read(path: Path) -> dict[str, Counts]:
    """Return the whole record, by version of Python; it is empty where there is no file."""
    try:
        record: dict[str, Counts] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CountError(f"{path.name} cannot be read: {error}") from error
    return record


def record(path: Path) -> int:
    """Write down the counts under this Python, beside those under others."""
    known = {**read(path), VERSION: count()}
    by_version = sorted(known.items(), key=lambda item: tuple(map(int, item[0].split("."))))
    path.write_text(json.dumps(dict(by_version), indent=2) + "\n", encoding="utf-8")
    print(f"{path.name} has the counts under Python {', '.join(v for v, _ in by_version)}.")
    return 0


def compare(before: Counts, now: Counts) -> int:
    """Say what changed. Returns 1 if a case takes too many steps more, or is not recorded."""
    unknown = [name for name in now["cases"] if name not in before["cases"]]
    if unknown:
        raise CountError(f"No counts are recorded for {', '.join(unknown)}. Record them: {ANEW}")
    changes = {name: now["cases"][name] / before["cases"][name] - 1 for name in now["cases"]}
    grown = [name for name, change in changes.items() if change > GROWTH]
    for name, change in changes.items():
        if change:
            mark = "too many" if name in grown else ""
            steps = f"{before['cases'][name]:,} steps before, {now['cases'][name]:,} now"
            print(f"  {name}: {steps} ({change:+.1%}) {mark}".rstrip())
    for name, version in before["libraries"].items():
        if version != now["libraries"][name]:
            print(f"Recorded with {name} {version}; here it is {now['libraries'][name]}.")
    if grown:
        print(f"Over {GROWTH:.0%} more steps a request under Python {VERSION}: {', '.join(grown)}.")
        print(f"If what the change brings is worth that, record the counts anew: {ANEW}")
        return 1
    print(f"No case takes over {GROWTH:.0%} more steps than recorded for Python {VERSION}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
