"""Start the processes that measure, in an order that is fair, and collect what they find out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from report import targets

MEASURE = Path(__file__).with_name("measure.py")
SLOW_SECONDS = 5.0
"""A construction that takes longer is not repeated in later rounds."""


class MeasureError(Exception):
    """A framework answers wrongly, or its process failed."""


@dataclass(frozen=True)
class Options:
    """How much is measured.

    - `rounds`: how often every framework does every job, each time in a new process.
    - `loops`, `loop_seconds`: how many loops a process runs for a case, and how long one takes.
    - `limit_seconds`: after this time a process is stopped, and reported as over the limit.
    """

    rounds: int = 3
    loops: int = 20
    loop_seconds: float = 0.01
    limit_seconds: float = 60.0


QUICK = Options(rounds=1, loops=2, loop_seconds=0.005, limit_seconds=10.0)


@dataclass
class Collection:
    """What the processes of a run found out, as it comes in.

    - `times`: by measure, then by framework.
    - `over`: the (measure, framework) pairs that were stopped at the limit.
    - `facts`: by framework, the outcome of one of its processes, without the times.
    """

    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    over: set[tuple[str, str]] = field(default_factory=set)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, framework: str, outcome: dict[str, Any]) -> None:
        """Take in what a process printed."""
        for measure, times in outcome.pop("times").items():
            self.times.setdefault(measure, {}).setdefault(framework, []).extend(times)
        self.facts[framework] = outcome

    def is_slow(self, framework: str, job: str) -> bool:
        """Tell whether `job` has shown that it is not to be repeated."""
        measure = job.replace("routes", "construction")
        longest = max(self.times.get(measure, {}).get(framework, [0.0]))
        return (measure, framework) in self.over or longest > SLOW_SECONDS


def run(
    python: str | Path, jobs: Sequence[str], frameworks: Sequence[str], options: Options
) -> dict[str, Any]:
    """Measure every framework at every job, and return the results.

    Within a round and a job the frameworks follow each other at once, and each round another one
    begins, so that what else the machine does hits all of them alike.

    Raises `MeasureError` at the first wrong answer.
    """
    collection = Collection()
    for number in range(options.rounds):
        for job in jobs:
            print(f"round {number + 1} of {options.rounds}: {job}", file=sys.stderr, flush=True)
            shift = number % len(frameworks)
            for framework in (*frameworks[shift:], *frameworks[:shift]):
                if not collection.is_slow(framework, job):
                    measure(python, framework, job, options, collection)
    return results_of(collection, frameworks, options)


def measure(
    python: str | Path, framework: str, job: str, options: Options, collection: Collection
) -> None:
    """Let a new process do `job` with `framework`, and collect what it finds out.

    Raises `MeasureError` if the process fails.
    """
    command = [str(python), str(MEASURE), framework, job]
    command += ["--loops", str(options.loops), "--loop-seconds", str(options.loop_seconds)]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=options.limit_seconds
        )
    except OSError as error:
        raise MeasureError(f"{python} could not be started: {error}") from error
    except subprocess.TimeoutExpired:
        measured = job.replace("routes", "construction")
        collection.times.setdefault(measured, {})
        collection.over.add((measured, framework))
        return
    if done.returncode:
        reason = done.stderr.strip() or f"Exit status {done.returncode}."
        raise MeasureError(f"Stopped at {job} with {framework}.\n{reason}")
    collection.add(framework, json.loads(done.stdout.splitlines()[-1]))


def results_of(
    collection: Collection, frameworks: Sequence[str], options: Options
) -> dict[str, Any]:
    """Put together what is written as JSON; README.md describes it."""
    measures: dict[str, dict[str, Any]] = {
        measure: {
            framework: {"best": min(times), "median": median(times), "loops": len(times)}
            for framework, times in by_framework.items()
        }
        for measure, by_framework in collection.times.items()
    }
    for measure, framework in sorted(collection.over):
        measures[measure][framework] = {"over": options.limit_seconds}
    unknown = {"python": None, "machine": None, "version": None, "compiled": False}
    facts = {name: collection.facts.get(name, unknown) for name in frameworks}
    somewhere = next(iter(collection.facts.values()), unknown)
    results = {
        "python": somewhere["python"],
        "machine": somewhere["machine"],
        "options": asdict(options),
        "frameworks": {
            name: {"version": fact["version"], "compiled": fact["compiled"]}
            for name, fact in facts.items()
        },
        "measures": measures,
    }
    results["targets"] = [
        {**asdict(target), "verdict": target.verdict} for target in targets(results)
    ]
    return results
