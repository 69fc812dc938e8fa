"""Start the measuring processes in a fair order, and collect their results."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from cases import ROUTING
from jobs import WHOLE_JOBS, able, first_measure
from targets import targets
from tools import POSTGRES, doable, has_postgresql, reasons

HERE = Path(__file__).resolve().parent
LIBRARIES = ("werkzeug", "jinja2", "gunicorn", "waitress", "sqlalchemy", "psycopg")
MACHINE = """
import json, os, platform, sys
from importlib import metadata
installed = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
print(json.dumps({
    "python": f"{platform.python_implementation()} {platform.python_version()}",
    "machine": platform.machine(),
    "processors": os.cpu_count(),
    "libraries": {name: installed[name] for name in sys.argv[1:] if name in installed},
}))
"""
"""A program that prints the versions and the machine of the measuring interpreter."""

SLOW_SECONDS = 5.0
"""A construction that takes longer is not repeated in later rounds."""


class MeasureError(Exception):
    """A framework sent a wrong response, or its process failed."""


@dataclass(frozen=True)
class Options:
    """The extent of a run.

    - `rounds`: the number of rounds. In each, every job runs in a new process.
    - `loops`, `loop_seconds`: the number of loops for a case in a process, and the time of each.
    - `limit_seconds`: the time after which a process with many routes is stopped and reported as
      over the limit. Other processes are stopped after at least a minute.
    - `starts`: the number of starts of each framework in a round.
    - `load_seconds`: the time of a load on a server.
    - `connections`: the number of open connections of a server.
    """

    rounds: int = 3
    loops: int = 20
    loop_seconds: float = 0.01
    limit_seconds: float = 120.0
    starts: int = 10
    load_seconds: int = 3
    connections: int = 10_000


QUICK = Options(
    rounds=1,
    loops=2,
    loop_seconds=0.005,
    limit_seconds=5.0,
    starts=3,
    load_seconds=1,
    connections=1_000,
)


@dataclass
class Collection:
    """The results of the processes of a run.

    - `times`: by measure, then by framework.
    - `over`: the limit of stopped processes, by (measure, framework).
    - `facts`: the version of each framework, and whether parts of it are compiled.
    """

    times: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    over: dict[tuple[str, str], float] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, framework: str, outcome: dict[str, Any]) -> None:
        """Add the output of a process."""
        for measure, times in outcome.pop("times").items():
            self.times.setdefault(measure, {}).setdefault(framework, []).extend(times)
        if outcome:
            self.facts[framework] = outcome

    def is_slow(self, framework: str, job: str) -> bool:
        """Return True if `job` was too slow to be repeated."""
        measure = first_measure(job)
        is_construction = measure.startswith("construction-")
        longest = max(self.times.get(measure, {}).get(framework, [0.0]))
        return (measure, framework) in self.over or (is_construction and longest > SLOW_SECONDS)


def run(
    python: str | Path, jobs: Sequence[str], frameworks: Sequence[str], options: Options
) -> dict[str, Any]:
    """Run every job with every framework, and return the results.

    In a round, the frameworks run a job one after another, and each round begins with another
    framework, so that other load on the machine affects all of them equally.

    Raise `MeasureError` at the first wrong response.
    """
    machine = json_of([str(python), "-c", MACHINE, *LIBRARIES], str(python))
    collection = Collection()
    for number in range(options.rounds):
        for job in jobs:
            if job in WHOLE_JOBS:
                continue
            print(f"round {number + 1} of {options.rounds}: {job}", file=sys.stderr, flush=True)
            for framework in turns(able(job, frameworks), job, number, options):
                if not collection.is_slow(framework, job):
                    measure(python, framework, job, options, collection)
    wholes = measure_wholes(python, [job for job in jobs if job in WHOLE_JOBS], options)
    return {**results_of(machine, collection, frameworks, options), **wholes}


def turns(frameworks: Sequence[str], job: str, number: int, options: Options) -> Iterator[str]:
    """Yield the frameworks in the order of round `number`, repeatedly for the job `start`."""
    shift = number % max(1, len(frameworks))
    for _ in range(options.starts if job == "start" else 1):
        yield from (*frameworks[shift:], *frameworks[:shift])


def measure(
    python: str | Path, framework: str, job: str, options: Options, collection: Collection
) -> None:
    """Run `job` with `framework` in a new process, and collect the results.

    Raise `MeasureError` if the process fails.
    """
    if job == "start":
        command = [str(python), str(HERE / "starting.py"), framework]
    else:
        command = [str(python), str(HERE / "measure.py"), framework, job]
        command += ["--loops", str(options.loops), "--loop-seconds", str(options.loop_seconds)]
    limit = limit_of(job, options)
    try:
        found = json_of(command, f"{job} with {framework}", limit)
    except subprocess.TimeoutExpired:
        collection.times.setdefault(first_measure(job), {})
        collection.over[first_measure(job), framework] = limit
    else:
        collection.add(framework, found)


def limit_of(job: str, options: Options) -> float:
    """Return the seconds after which the process of a job is stopped."""
    return options.limit_seconds if job in ROUTING else max(60.0, options.limit_seconds)


def json_of(command: Sequence[str], what: str, limit_seconds: float | None = None) -> Any:
    """Run a command and return the last line of its output, decoded from JSON.

    Raise `MeasureError` if it fails, and `subprocess.TimeoutExpired` after the limit.
    """
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=limit_seconds
        )
    except OSError as error:
        raise MeasureError(f"Cannot start {command[0]}: {error}") from error
    if done.returncode:
        reason = done.stderr.strip() or f"Exit status {done.returncode}."
        raise MeasureError(f"This job failed: {what}.\n{reason}")
    return json.loads(done.stdout.splitlines()[-1])


def measure_wholes(python: str | Path, jobs: Sequence[str], options: Options) -> dict[str, Any]:
    """Run the jobs that do not belong to a framework; `left_out` has the ones that cannot run.

    Raise `MeasureError` at the first wrong response.
    """
    found: dict[str, Any] = {"left_out": reasons(jobs)}
    for job in doable(jobs):
        print(job, file=sys.stderr, flush=True)
        if job == "breakdown":
            command = [str(python), str(HERE / "breakdown.py")]
        else:
            command = [str(python), str(HERE / "serving.py"), job, "--rounds", str(options.rounds)]
            command += ["--seconds", str(options.load_seconds)]
            command += ["--connections", str(options.connections)]
        if job in ("served", "clicks") and has_postgresql():
            command.insert(0, str(POSTGRES))
        found[job] = json_of(command, job)
    return found


def results_of(
    machine: dict[str, Any], collection: Collection, frameworks: Sequence[str], options: Options
) -> dict[str, Any]:
    """Return the results as they are written as JSON; README.md describes them."""
    measures: dict[str, dict[str, Any]] = {
        measure: {
            framework: {"best": min(times), "median": median(times), "loops": len(times)}
            for framework, times in by_framework.items()
        }
        for measure, by_framework in collection.times.items()
    }
    for (measure, framework), limit in collection.over.items():
        measures[measure][framework] = {"over": limit}
    unknown = {"version": None, "compiled": False}
    facts = {name: collection.facts.get(name, unknown) for name in frameworks}
    results = {
        **machine,
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
