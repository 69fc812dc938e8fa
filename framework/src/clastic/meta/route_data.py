"""What is said of a route: its functions, and how those of its middlewares nest around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clastic.injection import Step
from clastic.meta.functions import FunctionData, function_data
from clastic.meta.plain_values import masked
from clastic.routing import BoundRoute
from clastic.text import to_text

_FILE_NAME = re.compile(r"[\w./ -]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LayerData:
    """One function that a route runs, and those that run inside of it.

    :param side: ``request``, ``endpoint`` or ``render``
    :param provides: the names that it passes on to what it wraps
    :param inner: what it wraps, in the order it runs; nothing for an endpoint or a render
    """

    side: str
    function: FunctionData
    provides: tuple[str, ...] = ()
    inner: tuple[LayerData, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteData:
    """A route of an application.

    :param number: its place in the order in which routes are tried, from 1
    :param methods: the methods it answers, sorted; ``None`` for all
    :param template: what its render function was made of, where that is the name of a file
    :param middlewares: the names of its middlewares, outermost first
    :param layers: what runs for a request, nested as it runs
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


def route_data(route: BoundRoute, number: int) -> RouteData:
    """Describe a route.

    :param number: its place in the order in which routes are tried
    """
    plan = route.plan()
    endpoint = LayerData("endpoint", function_data(plan.endpoint.function, plan.endpoint))
    layers = _nested("endpoint", plan.endpoint_middleware, (endpoint,))
    render = None
    if plan.render is not None:
        render = LayerData("render", function_data(plan.render.function, plan.render))
        layers += _nested("render", plan.render_middleware, (render,))
    return RouteData(
        number,
        to_text(route.pattern),
        None if route.methods is None else tuple(sorted(route.methods)),
        route.slash_mode,
        endpoint.function,
        None if render is None else render.function,
        _template(route.route.render),
        _render_error(route),
        tuple(to_text(middleware.name) for middleware in route.middlewares),
        _nested("request", plan.request, layers),
    )


def _nested(
    side: str, steps: Sequence[Step], inner: tuple[LayerData, ...]
) -> tuple[LayerData, ...]:
    for step in reversed(steps):
        function = function_data(step.function, step, takes_next=True)
        inner = (LayerData(side, function, step.provides, inner),)
    return inner


def _render_error(route: BoundRoute) -> FunctionData | None:
    function = route.render_error
    if function is None:
        return None
    step = route.plan_render_error()
    return None if step is None else function_data(function, step)


def _template(render: object) -> str | None:
    if isinstance(render, str) and _FILE_NAME.fullmatch(render):
        return masked(render)
    return None
