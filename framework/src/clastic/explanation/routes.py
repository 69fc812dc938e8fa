"""Describe a bound route as data: its functions as they nest, and where each argument is from."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from clastic.describe import callable_location, callable_name
from clastic.injection import BUILT_IN, PATH, RESOURCES, Step
from clastic.routing import BoundRoute
from clastic.secrets import Secrets
from clastic.signature import read_signature

DEFAULT = "default"
"""The source of an argument that nothing provides, so that its own default is used."""

_SOURCES = {
    PATH: "from the path",
    RESOURCES: "from resources",
    BUILT_IN: "built-in",
    DEFAULT: "default",
}

_LONGEST_NAME = 100
_FILE_NAME = re.compile(rf"[\w./ -]{{1,{_LONGEST_NAME}}}", re.ASCII)


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

    @property
    def place(self) -> str | None:
        """Its location, relative to the folder that it is imported from."""
        if self.location is None:
            return None
        roots = (os.path.join(folder, "") for folder in sys.path if os.path.isabs(folder))
        root = max((root for root in roots if self.location.startswith(root)), default="")
        return self.location.removeprefix(root)


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

    @property
    def role(self) -> str:
        """Its side, and whether it is a middleware there."""
        return f"{self.side} middleware" if self.inner else self.side


@dataclass(frozen=True, slots=True)
class RouteData:
    """A route.

    :param number: its position in the order in which routes are tried, from 1
    :param methods: sorted; ``None`` for all methods
    :param template: the render argument of the route if it is the name of a file
    :param layers: the functions that run for a request, nested as they run
    :param source: the source of the function compiled from them
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
    source: str

    def iter_layers(self) -> Iterator[tuple[int, LayerData]]:
        """Iterate over all layers in the order in which they begin, each with its depth."""
        return _iter_layers(self.layers, 0)


def describe_route(number: int, route: BoundRoute) -> RouteData:
    """Describe a route.

    :param number: its position in the order in which routes are tried, from 1
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
        pattern=route.pattern,
        methods=None if route.methods is None else sorted(route.methods),
        slash_mode=route.slash_mode,
        endpoint=endpoint,
        render=render,
        template=_template(route.route.render),
        render_error=None if render_error is None else _describe_step(render_error),
        layers=_nest("request", plan.request, layers),
        source=route.source,
    )


def describe_function(
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


def format_source(source: str) -> str:
    """Return the source of an argument in words."""
    return _SOURCES.get(source, f"from {source}")


def _nest(side: str, steps: Sequence[Step], inner: tuple[LayerData, ...]) -> tuple[LayerData, ...]:
    """Return the functions of middlewares, outermost first, around `inner`."""
    for step in reversed(steps):
        inner = (LayerData(side, _describe_step(step, takes_next=True), step.provides, inner),)
    return inner


def _iter_layers(layers: Sequence[LayerData], depth: int) -> Iterator[tuple[int, LayerData]]:
    for layer in layers:
        yield depth, layer
        yield from _iter_layers(layer.inner, depth + 1)


def _template(render: object) -> str | None:
    """Return the name of a template file. A template given as text may have secrets in it."""
    if not isinstance(render, str) or not _FILE_NAME.fullmatch(render):
        return None
    return Secrets().mask(render, _LONGEST_NAME)


def _describe_step(step: Step, *, takes_next: bool = False) -> FunctionData:
    parameters = read_signature(step.function, ignore_kwargs=True)[1 if takes_next else 0 :]
    passed = (parameter.name for parameter in step.arguments)
    sources = dict(zip(passed, step.sources, strict=True))
    arguments = {each.name: sources.get(each.name, DEFAULT) for each in parameters}
    return describe_function(step.function, arguments)
