"""Describe routes as data: their functions as they nest, and the sources of their arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from werkzeug.datastructures import MultiDict

from clastic.describe import callable_location, callable_name
from clastic.injection import Step
from clastic.meta.plain import mask
from clastic.routing import BoundRoute
from clastic.routing.route import format_route
from clastic.signature import read_signature
from clastic.text import to_text

DEFAULT = "default"
"""The source of an argument that nothing provides, so that its own default is used."""

PAGE_SIZE = 100
LONGEST_SEARCH = 200
_LARGEST_PAGE = 1_000

_FILE_NAME = re.compile(r"[\w./ -]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArgumentData:
    """An argument of a function.

    :param source: ``path``, ``resources``, ``built-in``, ``default``, or the name of a middleware
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class FunctionData:
    """A function of the application.

    :param file: where it is defined, ``None`` if not in Python code
    :param summary: the first line of its docstring
    :param arguments: the arguments that are injected, in declared order, without ``next``
    """

    name: str
    file: str | None
    line: int | None
    summary: str | None
    arguments: tuple[ArgumentData, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerData:
    """A function that a route runs, and the functions that run inside it.

    :param side: ``request``, ``endpoint`` or ``render``
    :param provides: the names that a middleware passes on to the functions inside it
    """

    side: str
    function: FunctionData
    provides: tuple[str, ...] = ()
    inner: tuple[LayerData, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteData:
    """A route.

    :param number: its position in the order in which routes are tried, from 1
    :param methods: sorted; ``None`` for all methods
    :param template: the render argument of the route if it is the name of a file
    :param middlewares: their names, outermost first
    :param layers: the functions that run for a request, nested as they run
    """

    number: int
    pattern: str
    methods: tuple[str, ...] | None
    slash_mode: str
    endpoint: FunctionData
    render: FunctionData | None
    template: str | None
    render_error: FunctionData | None
    middlewares: tuple[str, ...]
    layers: tuple[LayerData, ...]


@dataclass(frozen=True, slots=True)
class RoutesData:
    """One page of the routes, without those of the meta page itself.

    :param total: the number of all routes
    :param matching: the number of routes that match the search words
    :param find: the search words
    :param page: from 1 to `pages`
    :param size: the largest number of routes on a page
    """

    total: int
    matching: int
    find: str
    page: int
    pages: int
    size: int
    items: tuple[RouteData, ...]


def select_routes(
    routes: Sequence[tuple[int, BoundRoute]], query: MultiDict[str, str]
) -> RoutesData:
    """Describe the routes that a request asks for.

    :param routes: pairs of number and route
    :param query: may have ``find``, words that must all be in the method, pattern, endpoint, file
        or line of a route, ``page`` and ``size``; invalid values are ignored
    """
    words = query.get("find", "")[:LONGEST_SEARCH].split()
    matching = [each for each in routes if _matches(each[1], words)] if words else routes
    size = min(_LARGEST_PAGE, max(1, query.get("size", PAGE_SIZE, int)))
    pages = max(1, -(-len(matching) // size))
    page = min(pages, max(1, query.get("page", 1, int)))
    return RoutesData(
        total=len(routes),
        matching=len(matching),
        find=" ".join(words),
        page=page,
        pages=pages,
        size=size,
        items=tuple(describe_route(*each) for each in matching[(page - 1) * size : page * size]),
    )


def _matches(route: BoundRoute, words: Sequence[str]) -> bool:
    text = format_route(route.pattern, route.route).casefold()
    return all(word.casefold() in text for word in words)


def describe_route(number: int, route: BoundRoute) -> RouteData:
    """Describe a route.

    :param number: its position in the order in which routes are tried
    """
    plan = route.plan()
    endpoint = _describe_step(plan.endpoint)
    render = None if plan.render is None else _describe_step(plan.render)
    layers = _nest("endpoint", plan.endpoint_middleware, (LayerData("endpoint", endpoint),))
    if render is not None:
        layers += _nest("render", plan.render_middleware, (LayerData("render", render),))
    render_error = route.plan_render_error()
    return RouteData(
        number=number,
        pattern=to_text(route.pattern),
        methods=None if route.methods is None else tuple(sorted(route.methods)),
        slash_mode=route.slash_mode,
        endpoint=endpoint,
        render=render,
        template=_template(route.route.render),
        render_error=None if render_error is None else _describe_step(render_error),
        middlewares=tuple(to_text(middleware.name) for middleware in route.middlewares),
        layers=_nest("request", plan.request, layers),
    )


def _nest(side: str, steps: Sequence[Step], inner: tuple[LayerData, ...]) -> tuple[LayerData, ...]:
    """Return the functions of middlewares, outermost first, around `inner`."""
    for step in reversed(steps):
        inner = (LayerData(side, _describe_step(step, takes_next=True), step.provides, inner),)
    return inner


def _template(render: object) -> str | None:
    """Return the name of a template file. A template given as text may have secrets in it."""
    is_file = isinstance(render, str) and _FILE_NAME.fullmatch(render)
    return mask(render) if is_file else None


def _describe_step(step: Step, *, takes_next: bool = False) -> FunctionData:
    parameters = read_signature(step.function, ignore_kwargs=True)[1 if takes_next else 0 :]
    passed = (parameter.name for parameter in step.arguments)
    sources = dict(zip(passed, step.sources, strict=True))
    arguments = (ArgumentData(each.name, sources.get(each.name, DEFAULT)) for each in parameters)
    return describe_function(step.function, tuple(arguments))


def describe_function(
    function: Callable[..., Any], arguments: tuple[ArgumentData, ...] = ()
) -> FunctionData:
    """Describe a function, but not its defaults, bound arguments and attributes."""
    file, _, line = (callable_location(function) or "").rpartition(":")
    return FunctionData(
        name=to_text(callable_name(function)),
        file=to_text(file) or None,
        line=int(line) if line else None,
        summary=summarize(function),
        arguments=arguments,
    )


def summarize(described: object) -> str | None:
    """Return the first line of the docstring of a callable or a class, if it has one."""
    while isinstance(described, partial):
        described = described.func
    docstring = inspect.getdoc(described)
    if not isinstance(docstring, str) or not docstring.strip():
        return None
    return to_text(docstring.strip().splitlines()[0])
