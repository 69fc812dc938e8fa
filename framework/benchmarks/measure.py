"""Measure one framework at one job, in a process of its own, and print the times as JSON.

`run.py` starts this under the interpreter that has the frameworks. By hand, for a profiler:

    python framework/benchmarks/measure.py clastic text
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import platform
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases import FRAMEWORKS, JOBS, PLAIN_CASES, ROUTING, Answer, Case, environ_of, routing_cases
from frameworks.interface import Framework, Probe, distinct_handlers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

CHECKS = 3
"""How often a case is asked for before it is measured."""


class WrongAnswerError(Exception):
    """A framework does not do what is to be measured."""


@dataclass(frozen=True)
class Loops:
    """How a case is measured.

    - `number`: how many loops.
    - `seconds`: how long one loop should take; its number of requests is chosen for that.
    """

    number: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What this process found out.

    - `times`: seconds a request (or, of `construction-…`, seconds), one for each loop, by measure.
    - `version`: of the framework; None where there is none.
    - `compiled`: whether the framework runs parts of itself as compiled extensions.
    - `python`: implementation and version of this interpreter.
    - `machine`: the type of the machine.
    """

    times: dict[str, list[float]]
    version: str | None
    compiled: bool
    python: str
    machine: str


def main() -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("job", choices=JOBS)
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
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=platform.machine(),
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
    if job in ROUTING:
        return measure_routing(framework, ROUTING[job], loops)
    case = next(case for case in PLAIN_CASES if case.name == job)
    probe = Probe()
    application = framework.build(job, probe)
    for _ in range(CHECKS):
        check(application, case)
    if job == "middlewares":
        check_probe(probe)
    return {job: times_of(application, environ_of(case), loops)}


def measure_routing(framework: Framework, number: int, loops: Loops) -> dict[str, list[float]]:
    """Measure an application of `number` routes: its construction, then its requests.

    The construction ends with the first answer, since some routers are put off until then.
    """
    handlers = distinct_handlers(framework, number)
    first, *others = routing_cases(number)
    gc.collect()
    started = perf_counter()
    application = framework.routes(handlers)
    check(application, first)
    times = {f"construction-{number}": [perf_counter() - started]}
    for case in others:
        check(application, case)
    for case in (first, *others):
        times[case.name] = times_of(application, environ_of(case), loops)
    return times


def check(application: WSGIApplication, case: Case) -> None:
    """Ask for `case` once. Raises `WrongAnswerError` if the answer is not the expected one."""
    problem = case.problem(ask(application, environ_of(case)))
    if problem is not None:
        raise WrongAnswerError(f"{case.name} ({case.method} {case.path}): {problem}")


def check_probe(probe: Probe) -> None:
    """Raise `WrongAnswerError` unless the three middlewares did their work at each check."""
    numbers = next(probe.request_ids) - 1
    statuses = {str(status)[:3]: number for status, number in probe.statuses.items()}
    if (numbers, statuses) != (CHECKS, {"200": CHECKS}) or probe.seconds <= 0:
        raise WrongAnswerError(
            f"middlewares: after {CHECKS} requests they gave {numbers} numbers, counted "
            f"{statuses} and measured {probe.seconds} seconds"
        )


def ask(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Send one request and keep the answer."""
    kept: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kept[:] = status, headers

    body = application(environ, start_response)
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = kept
    return Answer(status, {name.lower(): value for name, value in headers}, content)


def times_of(application: WSGIApplication, environ: WSGIEnvironment, loops: Loops) -> list[float]:
    """Return the seconds that a request took in each of the loops."""
    count = 8
    elapsed = run_loop(application, environ, count)
    while elapsed < loops.seconds / 5:
        count *= 4
        elapsed = run_loop(application, environ, count)
    count = max(1, round(count * loops.seconds / elapsed))
    gc.collect()
    return [run_loop(application, environ, count) / count for _ in range(loops.number)]


def run_loop(application: WSGIApplication, template: WSGIEnvironment, count: int) -> float:
    """Send `count` requests as a server would, and return the seconds that it took."""
    kept: list[Any] = [None, None]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kept[0] = status
        kept[1] = headers

    started = perf_counter()
    for _ in range(count):
        body = application(template.copy(), start_response)
        for _chunk in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
