"""Routes as HTML: a line each that opens to what it runs, drawn as the nesting it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from markupsafe import Markup

from clastic.injection import BUILT_IN, PATH, RESOURCES
from clastic.meta.functions import DEFAULT, ArgumentData, FunctionData
from clastic.meta.route_data import LayerData, RouteData
from clastic.pages import element, join

_SPOKEN_SOURCES = {
    PATH: "from the path",
    RESOURCES: "from resources",
    BUILT_IN: "built-in",
    DEFAULT: "its default",
}


def route_list(routes: Iterable[RouteData], root: str, *, is_open: bool = False) -> Markup:
    """Return the list of routes, in the order they are tried.

    :param root: the relative URL of the root of the application, with a slash at its end
    :param is_open: whether they are shown whole from the beginning
    """
    items = (element("li", _route(route, root, is_open)) for route in routes)
    return element("ol", *items, class_="routes", role="list")


def function_view(function: FunctionData) -> Markup:
    """Return the name of a function and its place, that of an imported one as it is imported."""
    name = element("code", function.name, class_="name")
    if function.file is None:
        return name
    place = f"{_short(function.file)}:{function.line}"
    return join(name, " ", element("span", place, class_="quiet"))


def names_view(names: Iterable[str]) -> Markup:
    """Return names as code, a comma between them."""
    return Markup(", ").join(element("code", name) for name in names)


def _short(file: str) -> str:
    roots = (os.path.join(folder, "") for folder in sys.path if os.path.isabs(folder))
    return file.removeprefix(max((root for root in roots if file.startswith(root)), default=""))


def _route(route: RouteData, root: str, is_open: bool) -> Markup:
    methods = ("any method",) if route.methods is None else route.methods
    summary = element(
        "summary",
        element("span", f"{route.number:,}.", class_="number"),
        " ",
        element("code", route.pattern, class_="pattern"),
        " ",
        element("span", *_badges(methods), class_="methods"),
        " ",
        element("span", function_view(route.endpoint), class_="endpoint"),
    )
    figure = element(
        "figure",
        _caption(route),
        _layers(route.layers),
        class_="nesting",
        tabindex="0",
        aria_label=f"What runs for {route.pattern}",
    )
    return element("details", summary, _facts(route, root), figure, open=is_open)


def _badges(methods: Iterable[str]) -> Iterator[Markup]:
    for method in methods:
        yield join(element("span", method), " ")


def _facts(route: RouteData, root: str) -> Markup:
    facts: list[tuple[str, object]] = []
    if route.endpoint.summary:
        facts.append(("Purpose", route.endpoint.summary))
    if route.render is not None:
        facts.append(("Render", _render(route.render, route.template)))
    if route.render_error is not None:
        view = join(function_view(route.render_error), _arguments(route.render_error))
        facts.append(("Error render", view))
    facts.append(("Slashes", route.slash_mode))
    if _can_be_visited(route):
        url = root + quote(route.pattern.lstrip("/"))
        facts.append(("Address", element("a", route.pattern, href=url)))
    pairs = (join(element("dt", name), element("dd", value)) for name, value in facts)
    return element("dl", *pairs, class_="facts")


def _render(render: FunctionData, template: str | None) -> Markup:
    if template is None:
        return function_view(render)
    return join(element("code", template), " by ", function_view(render))


def _can_be_visited(route: RouteData) -> bool:
    return "<" not in route.pattern and (route.methods is None or "GET" in route.methods)


def _caption(route: RouteData) -> Markup:
    """Return the order of what runs, which is also the key to the colours."""
    sides = ["request", "endpoint", *(["render"] if route.render else [])]
    words = (element("span", side, class_=f"role {side}") for side in sides)
    return element("figcaption", "What runs: ", Markup(" → ").join(words))


def _layers(layers: Iterable[LayerData]) -> Markup:
    return element("ol", *map(_layer, layers), role="list")


def _layer(layer: LayerData) -> Markup:
    is_middleware = bool(layer.inner)
    role = f"{layer.side} middleware" if is_middleware else layer.side
    return element(
        "li",
        element(
            "p",
            element("span", role, class_="role"),
            " ",
            function_view(layer.function),
        ),
        _arguments(layer.function),
        _provides(layer),
        _layers(layer.inner) if is_middleware else None,
        class_=layer.side,
    )


def _arguments(function: FunctionData) -> Markup | None:
    if not function.arguments:
        return None
    items = (element("li", *_argument(argument)) for argument in function.arguments)
    return element("ul", *items, class_="arguments", aria_label="Arguments", role="list")


def _argument(argument: ArgumentData) -> tuple[object, ...]:
    source = _SPOKEN_SOURCES.get(argument.source, f"from {argument.source}")
    return element("code", argument.name), " ", element("span", source, class_="quiet")


def _provides(layer: LayerData) -> Markup | None:
    if not layer.provides:
        return None
    return element("p", "provides ", names_view(layer.provides), class_="provides")
