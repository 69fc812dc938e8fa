"""Measure applications with many routes."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cases import POSITIONS, ROUTE_NUMBERS, Case, routing_cases
from client import Options, Values, checked_environ, times_of
from frameworks.interface import Framework, WSGIApplication, define_handlers, name_of

if TYPE_CHECKING:
    from clastic import Application


@dataclass(frozen=True)
class Shape:
    """The patterns of the routes of an application; `{i}` is the number of the route.

    - `pattern`: the pattern of a route.
    - `path`: a path that only this route matches.
    - `arguments`: the parameters of the endpoint.
    - `response`: what the endpoint adds to the number, as the content of an f-string.
    - `expected`: the value of `response` for `path`.
    """

    pattern: str
    path: str
    arguments: str = ""
    response: str = ""
    expected: str = ""

    def handlers(self, number: int) -> list[Callable[..., Any]]:
        """Define the endpoints of an application."""
        from clastic import Response

        source = f'def handler_{{i}}({self.arguments}): return Response(f"{{i}}:{self.response}")'
        return define_handlers(source, number, {"Response": Response})

    def application(self, handlers: Sequence[Callable[..., Any]]) -> Application:
        """Create an application with one route for each of the `handlers`."""
        from clastic import GET, Application

        return Application(
            [GET(self.pattern.replace("{i}", str(i)), h) for i, h in enumerate(handlers)]
        )


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
"""The shape whose routes differ in the last segment only, after one of any length."""


def measure_application(
    build: Callable[[], WSGIApplication], cases: Sequence[Case], options: Options
) -> tuple[list[float], list[list[float]]]:
    """Return the seconds of the construction, and those of each case.

    The construction ends with the first response, since some frameworks delay a part of it.
    """
    gc.collect()
    started = perf_counter()
    application = build()
    checked_environ(application, cases[0])
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


def measure_shape(name: str, number: int, framework: Framework, options: Options) -> Values:
    """Measure the construction of `number` routes of a shape, and requests for some of them."""
    shape, column = SHAPES[name], f"{number:,}"
    build = partial(shape.application, shape.handlers(number))
    cases = routing_cases(number, name, shape.path, f"{{i}}:{shape.expected}")
    construction, times = measure_application(build, cases, options)
    return {
        f"shape-construction/{name}": {column: construction},
        **{
            f"shapes/{name}, {position}": {column: each}
            for position, each in zip(POSITIONS, times, strict=True)
        },
    }


def measure_matching(number: int, framework: Framework, options: Options) -> Values:
    """Measure a request whose path matches all routes, and its method only the last."""
    from clastic import GET, POST, Application

    *others, last = SHAPES["overlapping"].handlers(number)
    routes = [*(POST("/<a>/<b*>", endpoint) for endpoint in others), GET("/<a>/<b*>", last)]
    application = Application(routes, warnings="ignore")
    case = Case(f"matching-{number}", "/x/y/z", body=f"{number - 1}:x y/z")
    times = times_of(application, checked_environ(application, case), options)
    return {"shapes/all paths match, the last method": {f"{number:,}": times}}


def measure_memory(name: str, framework: Framework, options: Options) -> Values:
    """Measure the bytes per route of an application, without the endpoints."""
    number, shape = ROUTE_NUMBERS[-1], SHAPES[name]
    handlers = shape.handlers(number)
    shape.application(handlers[:1])
    gc.collect()
    tracemalloc.start()
    application = shape.application(handlers)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del application
    return {f"memory/{name}": {"bytes per route": [size / number]}}
