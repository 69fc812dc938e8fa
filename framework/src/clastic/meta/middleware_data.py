"""What is said of the middlewares of an application: what each needs, and what it passes on."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from clastic.meta.functions import FunctionData, function_data, summary_of
from clastic.meta.plain_values import type_name
from clastic.middleware.base import SIDES, Middleware
from clastic.routing import BoundRoute
from clastic.signature import read_signature, required_names
from clastic.text import to_text


@dataclass(frozen=True, slots=True)
class SideData:
    """One of the functions of a middleware.

    :param side: ``request``, ``endpoint`` or ``render``
    :param requires: the arguments it cannot do without, ``next`` left out
    :param uses: the arguments that it has a default for
    :param provides: the names that it passes on to what it wraps
    """

    side: str
    function: FunctionData
    requires: tuple[str, ...]
    uses: tuple[str, ...]
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MiddlewareData:
    """A middleware; of several that are alike, all of them together.

    :param is_everywhere: whether it is the application's own, around every route
    :param routes: how many routes it is around
    :param wraps_wsgi: whether it also wraps the whole application, by a ``wsgi_wrapper``
    """

    name: str
    type: str
    summary: str | None
    is_everywhere: bool
    routes: int
    wraps_wsgi: bool
    sides: tuple[SideData, ...]


def middlewares_data(
    own: Sequence[Middleware], routes: Sequence[BoundRoute]
) -> tuple[MiddlewareData, ...]:
    """Describe the application's own middlewares, outermost first, then those of `routes`.

    :param own: the middlewares of the application
    """
    own_ids = set(map(id, own))
    found: dict[Hashable, Middleware] = {_likeness(each, own_ids): each for each in own}
    counts = dict.fromkeys(found, 0)
    for route in routes:
        likenesses = {_likeness(each, own_ids): each for each in route.middlewares}
        for likeness, middleware in likenesses.items():
            found.setdefault(likeness, middleware)
            counts[likeness] = counts.get(likeness, 0) + 1
    return tuple(
        _middleware_data(middleware, id(middleware) in own_ids, counts[likeness])
        for likeness, middleware in found.items()
    )


def _likeness(middleware: Middleware, own_ids: set[int]) -> Hashable:
    """What two middlewares have in common about which the same can be said."""
    if id(middleware) in own_ids:
        return id(middleware)
    functions = (getattr(middleware, side) for side, _ in SIDES)
    provides = (tuple(getattr(middleware, attribute)) for _, attribute in SIDES)
    codes = (id(getattr(function, "__func__", function)) for function in functions)
    return type(middleware), *codes, *provides


def _middleware_data(middleware: Middleware, is_everywhere: bool, routes: int) -> MiddlewareData:
    kind = type(middleware)
    return MiddlewareData(
        to_text(middleware.name),
        type_name(kind),
        summary_of(kind) if kind.__doc__ else None,  # getdoc() would give that of Middleware
        is_everywhere,
        routes,
        middleware.wsgi_wrapper is not None,
        tuple(_sides(middleware)),
    )


def _sides(middleware: Middleware) -> Iterator[SideData]:
    for side, attribute in SIDES:
        function = getattr(middleware, side)
        if function is None:
            continue
        signature = read_signature(function)[1:]
        yield SideData(
            side,
            function_data(function),
            required_names(signature),
            tuple(parameter.name for parameter in signature if not parameter.required),
            tuple(getattr(middleware, attribute)),
        )
