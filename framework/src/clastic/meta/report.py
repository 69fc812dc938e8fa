"""Describe an application as data, for the meta page and its JSON alike."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from boltons.iterutils import bucketize
from werkzeug.datastructures import MultiDict

from clastic.application import Application
from clastic.describe import callable_location, callable_name
from clastic.injection import Step
from clastic.meta.peripherals import SectionData, mask, plain
from clastic.middleware.base import SIDES, Middleware
from clastic.routing import BoundRoute
from clastic.routing.route import format_route
from clastic.signature import read_signature, required_names

DEFAULT = "default"
"""The source of an argument that nothing provides, so that its own default is used."""
LONGEST_SEARCH = 200
_PAGE_SIZE = 100

_FILE_NAME = re.compile(r"[\w./ -]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FunctionData:
    """A function of the application.

    :param location: the file and line, ``None`` if not in Python code
    :param summary: the first line of its docstring
    :param arguments: the sources of the arguments that are injected, in declared order: ``path``,
        ``resources``, ``built-in``, ``default``, or the name of a middleware
    """

    name: str
    location: str | None
    summary: str | None
    arguments: Mapping[str, str] = field(default_factory=dict)


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
    :param layers: the functions that run for a request, nested as they run
    """

    number: int
    pattern: str
    methods: Sequence[str] | None
    slash_mode: str
    endpoint: FunctionData
    render: FunctionData | None
    template: str | None
    render_error: FunctionData | None
    layers: tuple[LayerData, ...]


@dataclass(frozen=True, slots=True)
class RoutesData:
    """One page of the routes that match a search.

    :param total: the number of all routes
    :param matching: the number of routes that match the search words
    :param find: the search words
    :param page: from 1 to `pages`
    """

    total: int
    matching: int
    find: str
    page: int
    pages: int
    items: tuple[RouteData, ...]


@dataclass(frozen=True, slots=True)
class MiddlewareData:
    """A function of a middleware.

    :param routes: the number of routes with this middleware, or one of the same type that provides
        the same
    :param side: ``request``, ``endpoint``, ``render``, ``finish`` or ``wsgi_wrapper``
    :param requires: the arguments without a default that are injected
    :param uses: the arguments with a default
    """

    name: str
    routes: int
    side: str
    function: FunctionData
    requires: Sequence[str]
    uses: Sequence[str]
    provides: Sequence[str]


@dataclass(frozen=True, slots=True)
class ResourceData:
    """A resource; those of one name and type are counted together if their values are not shown.

    :param routes: the number of routes that have it
    :param value: plain data, with secrets masked
    """

    name: str
    type: str
    routes: int
    value: Any


@dataclass(frozen=True, slots=True)
class MetaReport:
    """Everything that the meta page shows.

    :param gathered_at: the time, in UTC
    :param application: the settings of the application
    :param sections: the data of the peripherals
    """

    title: str
    gathered_at: datetime
    application: Mapping[str, object]
    routes: RoutesData
    middlewares: Sequence[MiddlewareData]
    resources: Sequence[ResourceData]
    sections: Sequence[SectionData]


def describe_application(application: Application) -> dict[str, object]:
    """Describe the settings of an application."""
    factory = application.render_factory
    return {
        "type": _type_name(type(application)),
        "debug": bool(application.debug),
        "slash_mode": application.slash_mode,
        "render_factory": None if factory is None else _describe_function(factory),
        "error_handler": _type_name(type(application.error_handler)),
    }


def select_routes(routes: Sequence[BoundRoute], query: MultiDict[str, str]) -> RoutesData:
    """Describe the routes that a request asks for.

    :param query: may have ``find``, words that must all be in the method, pattern, endpoint, file
        or line of a route, and ``page``; an invalid page is ignored
    """
    words = query.get("find", "")[:LONGEST_SEARCH].split()
    matching = [(number, route) for number, route in enumerate(routes, 1) if _matches(route, words)]
    pages = max(1, -(-len(matching) // _PAGE_SIZE))
    page = min(pages, max(1, query.get("page", 1, int)))
    shown = matching[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
    return RoutesData(
        total=len(routes),
        matching=len(matching),
        find=" ".join(words),
        page=page,
        pages=pages,
        items=tuple(_describe_route(number, route) for number, route in shown),
    )


def _matches(route: BoundRoute, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = format_route(route.pattern, route.route).casefold()
    return all(word.casefold() in text for word in words)


def _describe_route(number: int, route: BoundRoute) -> RouteData:
    plan = route.plan()
    endpoint = _describe_step(plan.endpoint)
    render = None if plan.render is None else _describe_step(plan.render)
    layers = _nest("endpoint", plan.endpoint_middleware, (LayerData("endpoint", endpoint),))
    if render is not None:
        layers += _nest("render", plan.render_middleware, (LayerData("render", render),))
    render_error = route.plan_render_error()
    return RouteData(
        number=number,
        pattern=route.pattern,
        methods=None if route.methods is None else sorted(route.methods),
        slash_mode=route.slash_mode,
        endpoint=endpoint,
        render=render,
        template=_template(route.route.render),
        render_error=None if render_error is None else _describe_step(render_error),
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
    arguments = {each.name: sources.get(each.name, DEFAULT) for each in parameters}
    return _describe_function(step.function, arguments)


def _describe_function(
    function: Callable[..., Any], arguments: Mapping[str, str] | None = None
) -> FunctionData:
    """Describe a function, but not its defaults, bound arguments and attributes."""
    described = function
    while isinstance(described, partial):
        described = described.func
    docstring = inspect.getdoc(described)
    lines = docstring.strip().splitlines() if isinstance(docstring, str) else []
    return FunctionData(
        name=callable_name(function),
        location=callable_location(function),
        summary=lines[0] if lines else None,
        arguments=arguments or {},
    )


def describe_middlewares(routes: Iterable[BoundRoute]) -> Iterator[MiddlewareData]:
    """Describe the functions of the middlewares of routes, outermost first."""
    uses = [(middleware, id(route)) for route in routes for middleware in route.middlewares]
    for group in bucketize(uses, key=lambda use: _kind(use[0])).values():
        middleware, _ = group[0]
        yield from _describe_middleware(middleware, routes=len({route for _, route in group}))


def _kind(middleware: Middleware) -> Hashable:
    return type(middleware), *(tuple(getattr(middleware, provides)) for _, provides in SIDES)


def _describe_middleware(middleware: Middleware, routes: int) -> Iterator[MiddlewareData]:
    provides_of = dict(SIDES)
    for side in (*provides_of, "finish", "wsgi_wrapper"):
        function = getattr(middleware, side)
        if function is None:
            continue
        is_injected = side in provides_of
        parameters = read_signature(function)[1:] if is_injected else ()
        yield MiddlewareData(
            name=middleware.name,
            routes=routes,
            side=side,
            function=_describe_function(function),
            requires=required_names(parameters),
            uses=tuple(each.name for each in parameters if not each.required),
            provides=tuple(getattr(middleware, provides_of[side])) if is_injected else (),
        )


def describe_resources(
    routes: Iterable[BoundRoute], shown: Collection[str]
) -> Iterator[ResourceData]:
    """Describe the resources of routes.

    :param shown: the names of the resources whose values may be shown
    """

    def kind(use: tuple[str, Any]) -> Hashable:
        name, value = use
        return name, id(value) if name in shown else type(value)

    uses = [use for route in routes for use in route.resources.items()]
    for group in bucketize(uses, key=kind).values():
        name, value = group[0]
        yield ResourceData(
            name=name,
            type=_type_name(type(value)),
            routes=len(group),
            value=_read_value(name, value) if name in shown else "<not shown>",
        )


def _read_value(name: str, value: object) -> Any:
    try:
        return plain(value, name)
    except Exception as error:  # An object of the application may raise anything.
        return f"<{type(error).__name__}>"


def _type_name(kind: type) -> str:
    """Return the qualified name of a type: ``dict``, ``app.Database``."""
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
