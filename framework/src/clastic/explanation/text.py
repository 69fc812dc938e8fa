"""Write an explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from clastic.explanation.report import Explanation
from clastic.explanation.routes import LayerData, RouteData, format_source
from clastic.text import to_text


def write_text(explanation: Explanation) -> str:
    """Return the paragraphs of an explanation, separated by empty lines."""
    return "\n\n".join(map(to_text, _paragraphs(explanation))) + "\n"


def _paragraphs(explanation: Explanation) -> Iterator[str]:
    yield "\n".join(heading_lines(explanation))
    if explanation.attempts:
        lines = "\n".join(attempt_lines(explanation))
        yield f"Routes, in the order tried:\n{indent(lines, '  ')}"
    for route in explanation.routes:
        yield "\n".join((route_heading(route), *_nested_lines(route)))
        yield f"Compiled function:\n{indent(route.source.rstrip(), '  ')}"


def heading_lines(explanation: Explanation) -> Iterator[str]:
    """Return the request, the outcome, and the route that was probably meant."""
    if explanation.path is not None:
        yield f"{explanation.method} {explanation.path}"
    yield explanation.outcome
    if explanation.suggestion is not None:
        path, pattern = explanation.suggestion.path, explanation.suggestion.pattern
        yield f"Did you mean {pattern if path in (None, pattern) else f'{path}, for {pattern}'}?"


def attempt_lines(explanation: Explanation) -> Iterator[str]:
    """Return a line for each route that a request is compared with."""
    for attempt in explanation.attempts:
        methods = "*" if attempt.methods is None else ",".join(attempt.methods)
        values = ", ".join(f"{name}={value!r}" for name, value in attempt.values.items())
        line = f"{attempt.number:,}. {methods} {attempt.pattern} -> {attempt.endpoint}"
        yield f"{line}: {attempt.reason}{values and f' ({values})'}"
    if explanation.left_out:
        yield f"{explanation.left_out:,} more routes, whose paths do not match"


def route_heading(route: RouteData) -> str:
    """Return the heading of the functions that a route runs."""
    return f"Functions of route {route.number:,}, {route.pattern}, the outermost first:"


def _nested_lines(route: RouteData) -> Iterator[str]:
    for depth, layer in route.iter_layers():
        first, *others = layer_lines(layer)
        yield "  " * (depth + 1) + first
        yield from ("  " * (depth + 2) + line for line in others)


def layer_lines(layer: LayerData) -> Iterator[str]:
    """Return the role and the function of a layer, its arguments, and what it provides."""
    function = layer.function
    place = "" if function.place is None else f", {function.place}"
    yield f"{layer.role}: {function.name}{place}"
    for name, source in function.arguments.items():
        yield f"{name}: {format_source(source)}"
    if layer.provides:
        yield f"provides {', '.join(layer.provides)}"
