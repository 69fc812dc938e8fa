"""Measure one framework at one job in this process, and print the values as JSON.

`run.py` starts it. By hand, for a profiler:

    python framework/benchmarks/measure.py clastic text
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from time import perf_counter
from typing import Any

import servers
from cases import (
    IDIOM_CASES,
    PLAIN_CASES,
    POSITIONS,
    ROUTE_NUMBERS,
    SHAPES,
    Case,
    Shape,
    routing_cases,
)
from client import (
    QUICK,
    Options,
    Values,
    WrongResponseError,
    call,
    checked_environ,
    environ_of,
    times_of,
)
from frameworks.interface import Framework, Probe, WSGIApplication, define_handlers, name_of

HERE = Path(__file__).resolve().parent
CHECKS = 3
"""How many responses are checked before a case is measured."""

START = """
import sys
from time import perf_counter
started = perf_counter()
__import__(sys.argv[1])
imported = perf_counter() - started

from importlib import import_module
from cases import PLAIN_CASES
from client import call, checked_environ, environ_of
from frameworks.interface import Probe
environ = environ_of(PLAIN_CASES[0])
started = perf_counter()
application = import_module(f"frameworks.{sys.argv[2]}").build("text", Probe())
call(application, environ)
print(imported, imported + perf_counter() - started)
checked_environ(application, PLAIN_CASES[0])
"""
"""Imports a framework before anything that it could need too."""


def measure_case(case: Case, framework: Framework, options: Options) -> Values:
    """Measure one of the plain cases, or of those in another idiom."""
    if case.name in framework.LACKS:
        return {}
    probe = Probe()
    application = framework.build(case.name, probe)
    environ = checked_environ(application, case, CHECKS)
    if case.name.startswith("middlewares"):
        check_probe(probe)
    return {f"requests/{case.name}": {name_of(framework): times_of(application, environ, options)}}


def check_probe(probe: Probe) -> None:
    """Raise `WrongResponseError` unless the three middlewares ran for each checked request."""
    number = next(probe.request_ids) - 1
    statuses = {str(status)[:3]: count for status, count in probe.statuses.items()}
    if (number, statuses) != (CHECKS, {"200": CHECKS}) or probe.seconds <= 0:
        raise WrongResponseError(
            f"middlewares: after {CHECKS} requests, the request number is {number}, the statuses "
            f"are {statuses} and the time is {probe.seconds} seconds"
        )


def measure_application(
    build: Callable[[], WSGIApplication], cases: Sequence[Case], options: Options
) -> tuple[list[float], list[list[float]]]:
    """Return the seconds of the construction, and those of each case.

    The construction ends with the first response, since some frameworks delay a part of it.
    """
    environ = environ_of(cases[0])
    gc.collect()
    started = perf_counter()
    application = build()
    call(application, environ)
    seconds = perf_counter() - started
    environs = [checked_environ(application, case) for case in cases]
    return [seconds], [times_of(application, environ, options) for environ in environs]


def measure_routes(number: int, framework: Framework, options: Options) -> Values:
    """Measure the construction of `number` routes and requests for some of them."""
    handlers = define_handlers(framework.HANDLER, number, vars(framework))
    build, cases = partial(framework.routes, handlers), routing_cases(number)
    construction, times = measure_application(build, cases, options)
    column = name_of(framework)
    return {
        f"construction/routes-{number}": {column: construction},
        **{f"routes/{case.name}": {column: each} for case, each in zip(cases, times, strict=True)},
    }


def shape_handlers(shape: Shape, number: int, framework: Framework) -> list[Callable[..., Any]]:
    """Define the endpoints of an application with routes of a shape."""
    source = f'def handler_{{i}}({shape.arguments}): return Response(f"{{i}}:{shape.response}")'
    return define_handlers(source, number, vars(framework))


def shape_application(shape: Shape, handlers: Sequence[Callable[..., Any]]) -> WSGIApplication:
    """Create an application of Clastic with a route of a shape for each of the `handlers`."""
    from clastic import GET, Application  # the jobs of other frameworks start without Clastic

    return Application(
        [GET(shape.pattern.replace("{i}", str(i)), each) for i, each in enumerate(handlers)]
    )


def measure_shape(name: str, number: int, framework: Framework, options: Options) -> Values:
    """Measure the construction of `number` routes of a shape, and requests for some of them."""
    shape, column = SHAPES[name], f"{number:,}"
    build = partial(shape_application, shape, shape_handlers(shape, number, framework))
    construction, times = measure_application(build, routing_cases(number, name, name), options)
    values = {f"shape-construction/{name}": {column: construction}}
    for position, each in zip(POSITIONS, times, strict=True):
        values[f"shapes/{name}, {position}"] = {column: each}
    return values


def measure_matching(number: int, framework: Framework, options: Options) -> Values:
    """Measure a request whose path matches all routes, and its method only the last."""
    from clastic import GET, POST, Application

    *others, last = shape_handlers(SHAPES["overlapping"], number, framework)
    routes = [*(POST("/<a>/<b*>", endpoint) for endpoint in others), GET("/<a>/<b*>", last)]
    application = Application(routes, warnings="ignore")
    case = Case(f"matching-{number}", "/x/y/z", body=f"{number - 1}:x y/z")
    times = times_of(application, checked_environ(application, case), options)
    return {"shapes/all paths match, the last method": {f"{number:,}": times}}


def measure_memory(name: str, framework: Framework, options: Options) -> Values:
    """Measure the bytes per route of an application, without the endpoints."""
    number, shape = ROUTE_NUMBERS[-1], SHAPES[name]
    handlers = shape_handlers(shape, number, framework)
    shape_application(shape, handlers[:1])
    gc.collect()
    tracemalloc.start()
    application = shape_application(shape, handlers)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del application
    return {f"memory/{name}": {"bytes per route": [size / number]}}


def measure_start(framework: Framework, options: Options) -> Values:
    """Measure the import of a framework, and the first response, in a new process."""
    if framework.DISTRIBUTION is None:
        return {}
    name = name_of(framework)
    command = [sys.executable, "-c", START, framework.DISTRIBUTION, name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE)
    seconds = zip(("import", "first response"), map(float, done.stdout.split()), strict=True)
    return {f"start/{row}": {name: [value]} for row, value in seconds}


GROUPS: dict[str, dict[str, Callable[[Framework, Options], Values]]] = {
    "requests": {case.name: partial(measure_case, case) for case in PLAIN_CASES},
    "idioms": {case.name: partial(measure_case, case) for case in IDIOM_CASES},
    "routes": {f"routes-{n}": partial(measure_routes, n) for n in ROUTE_NUMBERS},
    "scale": {
        **{
            f"{name}-{n}": partial(measure_shape, name, n) for name in SHAPES for n in ROUTE_NUMBERS
        },
        **{f"matching-{n}": partial(measure_matching, n) for n in ROUTE_NUMBERS},
        **{f"memory-{name}": partial(measure_memory, name) for name in SHAPES},
    },
    "start": {"start": measure_start},
    "servers": servers.JOBS,
}
JOBS = {job: measure for group in GROUPS.values() for job, measure in group.items()}
"""By name, the functions that measure. Each takes the module of a framework and the options."""


def main() -> int:
    """Measure what the command line names. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("framework")
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--quick", action="store_true", help="measure for a shorter time")
    arguments = parser.parse_args()
    try:
        framework = importlib.import_module(f"frameworks.{arguments.framework}")
    except ModuleNotFoundError as error:
        print(f"{arguments.framework} cannot be imported: {error}", file=sys.stderr)
        return 1
    try:
        values = JOBS[arguments.job](framework, QUICK if arguments.quick else Options())
    except (servers.ServerError, WrongResponseError) as error:
        print(f"{arguments.framework} responds wrongly: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"values": values, "facts": facts(framework.DISTRIBUTION)}))
    return 0


def facts(distribution: str | None) -> dict[str, object]:
    """Return the version of a framework, and whether compiled extensions of it are in use."""
    if distribution is None:
        return {"version": None, "compiled": False}
    files = metadata.files(distribution) or ()
    compiled = any(file.name.endswith(tuple(EXTENSION_SUFFIXES)) for file in files)
    return {"version": metadata.version(distribution), "compiled": compiled}


if __name__ == "__main__":
    sys.exit(main())
