"""Measure Clastic with many routes of several shapes, and with nested applications."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases import POSITIONS, ROUTE_NUMBERS, Case, environ_of
from client import Loops, check, times_of

if TYPE_CHECKING:
    from clastic import Application

DEPTH = 10
"""The number of nested applications of `depth`."""


@dataclass(frozen=True)
class Shape:
    """The patterns and endpoints of an application; `{i}` is the number of the route.

    - `pattern`: the pattern of route `i`.
    - `path`: a path that only route `i` matches.
    - `arguments`: the arguments of the endpoint.
    - `body`: the body of the response, as the inside of an f-string.
    - `expected`: the body for `path`.
    """

    pattern: str
    path: str
    arguments: str = ""
    body: str = ""
    expected: str = ""


SHAPES = {
    "static": Shape("/r{i}", "/r{i}"),
    "parameter": Shape("/r{i}/<id>", "/r{i}/abc", "id", "{id}", "abc"),
    "deep": Shape(
        "/api/v1/organizations/<organization>/projects/<project>/items/r{i}/<id>",
        "/api/v1/organizations/acme/projects/roof/items/r{i}/abc",
        "organization, project, id",
        "{organization} {project} {id}",
        "acme roof abc",
    ),
    "overlapping": Shape("/<a>/<b*>/r{i}", "/x/y/z/r{i}", "a, b", "{a} {'/'.join(b)}", "x y/z"),
}

WORST = "overlapping"
"""All patterns of this shape differ only in their last segment."""

SHAPE_JOBS = {f"{name}-{number}": (name, number) for name in SHAPES for number in ROUTE_NUMBERS}
MATCHING_JOBS = {f"matching-{number}": number for number in ROUTE_NUMBERS}
MEMORY_JOBS = {f"memory-{name}": name for name in SHAPES}
SCALE_JOBS = (*SHAPE_JOBS, *MATCHING_JOBS, *MEMORY_JOBS, "depth")


def measure_scale(job: str, loops: Loops) -> dict[str, list[float]]:
    """Check the responses, then run one of the `SCALE_JOBS`.

    Return the values by measure: seconds, or bytes per route for `memory-…`.
    """
    if job in SHAPE_JOBS:
        return measure_shape(*SHAPE_JOBS[job], loops)
    if job in MATCHING_JOBS:
        return measure_matching(MATCHING_JOBS[job], loops)
    if job in MEMORY_JOBS:
        return {job: [memory_of(MEMORY_JOBS[job], ROUTE_NUMBERS[-1])]}
    return measure_depth(loops)


def measure_shape(name: str, number: int, loops: Loops) -> dict[str, list[float]]:
    """Measure the construction of `number` routes, and requests for some of them."""
    shape = SHAPES[name]
    handlers = endpoints(shape, number)
    gc.collect()
    started = perf_counter()
    application = construct(shape.pattern, handlers)
    times = {f"construction-{name}-{number}": [perf_counter() - started]}
    for position, i in zip(POSITIONS, (0, number - 1, number), strict=True):
        path = shape.path.replace("{i}", str(i))
        case = Case(f"{name}-{number}-{position}", path, body=f"{i}:{shape.expected}")
        if position == "missing":
            case = Case(case.name, path, status=404)
        check(application, case, environ_of(case))
        times[case.name] = times_of(application, environ_of(case), loops)
    return times


def measure_matching(number: int, loops: Loops) -> dict[str, list[float]]:
    """Measure a request whose path matches all routes, but whose method only the last one."""
    from clastic import GET, POST, Application

    *others, last = endpoints(SHAPES["overlapping"], number)
    routes = [*(POST("/<a>/<b*>", endpoint) for endpoint in others), GET("/<a>/<b*>", last)]
    application = Application(routes)
    case = Case(f"matching-{number}", "/x/y/z", body=f"{number - 1}:x y/z")
    check(application, case, environ_of(case))
    return {case.name: times_of(application, environ_of(case), loops)}


def memory_of(name: str, number: int) -> float:
    """Return the bytes per route of an application with `number` routes, without endpoints."""
    shape = SHAPES[name]
    handlers = endpoints(shape, number)
    construct(shape.pattern, handlers[:1])
    gc.collect()
    tracemalloc.start()
    application = construct(shape.pattern, handlers)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del application
    return taken / number


def measure_depth(loops: Loops) -> dict[str, list[float]]:
    """Measure a request for a route in nested applications, and for the same route in one."""
    from clastic import GET, Application

    [endpoint] = endpoints(SHAPES["parameter"], 1)
    flat = Application([GET("/in" * DEPTH + "/<id>", endpoint)])
    nested = Application([GET("/<id>", endpoint)])
    for _ in range(DEPTH):
        nested = Application([("/in", nested)])
    times = {}
    for name, application in (("depth-0", flat), (f"depth-{DEPTH}", nested)):
        case = Case(name, "/in" * DEPTH + "/abc", body="0:abc")
        check(application, case, environ_of(case))
        times[name] = times_of(application, environ_of(case), loops)
    return times


def construct(pattern: str, handlers: Sequence[Callable[..., Any]]) -> Application:
    """Create an application with one route for each handler."""
    from clastic import GET, Application

    return Application([GET(pattern.replace("{i}", str(i)), h) for i, h in enumerate(handlers)])


def endpoints(shape: Shape, number: int) -> list[Callable[..., Any]]:
    """Define endpoints with separate code objects, as in a real application."""
    from clastic import Response

    template = f'def endpoint_{{i}}({shape.arguments}): return Response(f"{{i}}:{shape.body}")'
    source = "\n".join(template.replace("{i}", str(i)) for i in range(number))
    namespace: dict[str, Any] = {"Response": Response}
    exec(compile(source, "<endpoints>", "exec"), namespace)
    return [namespace[f"endpoint_{i}"] for i in range(number)]
