"""What is said of a function: its name, its place, its docstring, and where its arguments are from.

Nothing that it holds is said: no default, no bound argument of a partial, no attribute.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from clastic.describe import callable_location, callable_name
from clastic.injection import Step
from clastic.signature import read_signature
from clastic.text import to_text

DEFAULT = "default"
"""The source of an argument that nothing provides, so that its own default is used."""


@dataclass(frozen=True, slots=True)
class ArgumentData:
    """An argument of a function of a route.

    :param source: ``path``, ``resources``, ``built-in``, ``default``, or the name of a middleware
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class FunctionData:
    """A function of a route.

    :param name: what a developer knows it by
    :param file: where it is defined, relative to the working directory where it lies below it;
        ``None`` where that is not Python
    :param line: the line in that file
    :param summary: the first line of its docstring
    :param arguments: every argument that can be injected, in declared order, ``next`` left out
    """

    name: str
    file: str | None
    line: int | None
    summary: str | None
    arguments: tuple[ArgumentData, ...] = ()


def function_data(
    function: Callable[..., Any], step: Step | None = None, *, takes_next: bool = False
) -> FunctionData:
    """Describe a function.

    :param step: what it is passed; without it nothing is said of its arguments
    :param takes_next: whether it is one of a middleware, whose first argument is ``next``
    """
    place = callable_location(function)
    file, line = (None, None) if place is None else _split(place)
    return FunctionData(
        to_text(callable_name(function)),
        file,
        line,
        summary_of(function),
        () if step is None else _arguments(step, takes_next),
    )


def summary_of(described: object) -> str | None:
    """Return the first line of the docstring of a callable or a class, if it has one."""
    while isinstance(described, partial):
        described = described.func
    docstring = inspect.getdoc(described)
    if not isinstance(docstring, str) or not docstring.strip():
        return None
    return to_text(docstring.strip().splitlines()[0])


def _split(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return to_text(file), int(line)


def _arguments(step: Step, takes_next: bool) -> tuple[ArgumentData, ...]:
    signature = read_signature(step.function, ignore_kwargs=True)
    if takes_next:
        signature = signature[1:]
    passed = (parameter.name for parameter in step.arguments)
    sources = dict(zip(passed, step.sources, strict=True))
    return tuple(ArgumentData(each.name, sources.get(each.name, DEFAULT)) for each in signature)
