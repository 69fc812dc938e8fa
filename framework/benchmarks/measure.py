"""Run one job with one framework in this process, and print the times as JSON.

`run.py` runs this with the interpreter of the benchmark's environment. For a profiler, run it
directly:

    python framework/benchmarks/measure.py clastic text
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from time import perf_counter

from cases import FRAMEWORKS, PLAIN_CASES, ROUTING, environ_of, routing_cases
from client import Loops, WrongResponseError, check, environ_for, times_of
from frameworks.interface import Framework, Probe, distinct_handlers
from jobs import REQUEST_JOBS
from scale import SCALE_JOBS, measure_scale

CHECKS = 3
"""The number of checked requests before a case is measured."""


@dataclass(frozen=True)
class Outcome:
    """The result of this process.

    - `times`: by measure, the seconds per request of each loop (for `construction-…` seconds, for
      `memory-…` bytes per route).
    - `version`: the version of the framework, or None.
    - `compiled`: True if parts of the framework are compiled extensions.
    """

    times: dict[str, list[float]]
    version: str | None
    compiled: bool


def main() -> int:
    """Run the job of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("job", choices=(*REQUEST_JOBS, *SCALE_JOBS))
    parser.add_argument("--loops", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--loop-seconds", type=float, default=0.01, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        framework = importlib.import_module(f"frameworks.{arguments.framework}")
    except ModuleNotFoundError as error:
        print(f"Cannot import {arguments.framework}: {error}", file=sys.stderr)
        return 1
    loops = Loops(arguments.loops, arguments.loop_seconds)
    try:
        times = measure(framework, arguments.job, loops)
    except WrongResponseError as error:
        print(f"Wrong response from {arguments.framework}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(outcome(framework, times))))
    return 0


def outcome(framework: Framework, times: dict[str, list[float]]) -> Outcome:
    """Return `times` with the data of the framework."""
    return Outcome(
        times=times,
        version=version_of(framework.DISTRIBUTION),
        compiled=framework.DISTRIBUTION is not None and has_extensions(framework.DISTRIBUTION),
    )


def version_of(distribution: str | None) -> str | None:
    """Return the installed version of `distribution`, or None if it is not installed."""
    if distribution is None:
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def has_extensions(package: str) -> bool:
    """Return True if a compiled module of `package` has been imported."""
    files = [
        getattr(module, "__file__", None) or ""
        for name, module in list(sys.modules.items())
        if name.startswith(f"{package}.")
    ]
    return any(file.endswith(tuple(EXTENSION_SUFFIXES)) for file in files)


def measure(framework: Framework, job: str, loops: Loops) -> dict[str, list[float]]:
    """Check the responses of `framework`, then run `job`.

    Return the times by measure, as in `Outcome.times`.

    Raise `WrongResponseError` for an unexpected response.
    """
    if job in SCALE_JOBS:
        return measure_scale(job, loops)
    if job in ROUTING:
        return measure_routing(framework, ROUTING[job], loops)
    case = next(case for case in PLAIN_CASES if case.name == job)
    probe = Probe()
    application = framework.build(job, probe)
    environ = environ_for(application, case)
    for _ in range(CHECKS):
        check(application, case, environ)
    if job == "middlewares":
        check_probe(probe)
    return {job: times_of(application, environ, loops)}


def measure_routing(framework: Framework, number: int, loops: Loops) -> dict[str, list[float]]:
    """Measure an application with `number` routes: its construction, then requests.

    The construction includes the first response, because some routers are built only then.
    """
    handlers = distinct_handlers(framework, number)
    first, *others = routing_cases(number)
    gc.collect()
    started = perf_counter()
    application = framework.routes(handlers)
    check(application, first, environ_of(first))
    times = {f"construction-{number}": [perf_counter() - started]}
    for case in others:
        check(application, case, environ_of(case))
    for case in (first, *others):
        times[case.name] = times_of(application, environ_of(case), loops)
    return times


def check_probe(probe: Probe) -> None:
    """Raise `WrongResponseError` unless the three middlewares ran in each checked request."""
    numbers = next(probe.request_ids) - 1
    statuses = {str(status)[:3]: number for status, number in probe.statuses.items()}
    if (numbers, statuses) != (CHECKS, {"200": CHECKS}) or probe.seconds <= 0:
        raise WrongResponseError(
            f"middlewares: after {CHECKS} requests they have assigned {numbers} numbers, counted "
            f"{statuses} and measured {probe.seconds} seconds"
        )


if __name__ == "__main__":
    sys.exit(main())
