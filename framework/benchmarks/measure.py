"""Measure one framework at one job, in a process of its own, and print the times as JSON.

`run.py` starts this under the interpreter that has the frameworks. By hand, for a profiler:

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

from asking import Loops, WrongAnswerError, check, environ_for, times_of
from cases import FRAMEWORKS, PLAIN_CASES, ROUTING, environ_of, routing_cases
from frameworks.interface import Framework, Probe, distinct_handlers
from jobs import REQUEST_JOBS
from scale import SCALE_JOBS, measure_scale

CHECKS = 3
"""How often a case is asked for before it is measured."""


@dataclass(frozen=True)
class Outcome:
    """What this process found out.

    - `times`: seconds a request (or, of `construction-…`, seconds, and of `memory-…`, bytes a
      route), one for each loop, by measure.
    - `version`: of the framework; None where there is none.
    - `compiled`: whether the framework runs parts of itself as compiled extensions.
    """

    times: dict[str, list[float]]
    version: str | None
    compiled: bool


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("job", choices=(*REQUEST_JOBS, *SCALE_JOBS))
    parser.add_argument("--loops", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--loop-seconds", type=float, default=0.01, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        framework = importlib.import_module(f"frameworks.{arguments.framework}")
    except ModuleNotFoundError as error:
        print(f"{arguments.framework} cannot be imported: {error}", file=sys.stderr)
        return 1
    loops = Loops(arguments.loops, arguments.loop_seconds)
    try:
        times = measure(framework, arguments.job, loops)
    except WrongAnswerError as error:
        print(f"{arguments.framework} answers wrongly: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(outcome(framework, times))))
    return 0


def outcome(framework: Framework, times: dict[str, list[float]]) -> Outcome:
    """Put `times` together with what they were measured on."""
    return Outcome(
        times=times,
        version=version_of(framework.DISTRIBUTION),
        compiled=framework.DISTRIBUTION is not None and has_extensions(framework.DISTRIBUTION),
    )


def version_of(distribution: str | None) -> str | None:
    """Return the installed version of `distribution`; None for a source tree on the path."""
    if distribution is None:
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def has_extensions(package: str) -> bool:
    """Tell whether a compiled module of `package` has been imported."""
    files = [
        getattr(module, "__file__", None) or ""
        for name, module in list(sys.modules.items())
        if name.startswith(f"{package}.")
    ]
    return any(file.endswith(tuple(EXTENSION_SUFFIXES)) for file in files)


def measure(framework: Framework, job: str, loops: Loops) -> dict[str, list[float]]:
    """Do `job` with `framework`, after a check of its answers.

    Returns the measured times by measure, as in `Outcome.times`.

    Raises `WrongAnswerError` if an answer is not the expected one.
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
    """Measure an application of `number` routes: its construction, then its requests.

    The construction ends with the first answer, since some routers are put off until then.
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
    """Raise `WrongAnswerError` unless the three middlewares did their work at each check."""
    numbers = next(probe.request_ids) - 1
    statuses = {str(status)[:3]: number for status, number in probe.statuses.items()}
    if (numbers, statuses) != (CHECKS, {"200": CHECKS}) or probe.seconds <= 0:
        raise WrongAnswerError(
            f"middlewares: after {CHECKS} requests they gave {numbers} numbers, counted "
            f"{statuses} and measured {probe.seconds} seconds"
        )


if __name__ == "__main__":
    sys.exit(main())
