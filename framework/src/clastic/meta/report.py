"""Describe an application as data, for the meta page and its JSON alike."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from werkzeug.datastructures import MultiDict

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.meta.peripherals import MetaPeripheral, SectionData, read_section
from clastic.meta.plain import plain, type_name
from clastic.meta.routes import (
    FunctionData,
    RouteData,
    RoutesData,
    describe_function,
    describe_route,
    select_routes,
    summarize,
)
from clastic.middleware.base import SIDES, Middleware
from clastic.routing import GET, BoundRoute
from clastic.signature import read_signature
from clastic.text import to_text


class MetaRoute(GET):
    """A route of the meta page itself, which is listed apart from the others."""


@dataclass(frozen=True, slots=True)
class SideData:
    """A function of a middleware.

    :param requires: the arguments without a default, without ``next``
    :param uses: the arguments with a default
    """

    side: str
    function: FunctionData
    requires: tuple[str, ...]
    uses: tuple[str, ...]
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MiddlewareData:
    """A middleware; those of routes that do not differ here are counted together.

    :param is_everywhere: whether it is the application's own, around every route
    :param wraps_wsgi: whether its ``wsgi_wrapper`` wraps the whole application
    """

    name: str
    type: str
    summary: str | None
    is_everywhere: bool
    routes: int
    wraps_wsgi: bool
    sides: tuple[SideData, ...]


@dataclass(frozen=True, slots=True)
class ResourceData:
    """A resource; those of routes with one name and type are counted together.

    :param is_everywhere: whether it is the application's own, available to every route
    :param values: the number of different values
    :param value: the first value as plain data, with secrets masked; ``None`` if not shown
    :param problem: the type of the exception that reading the value raised
    """

    name: str
    type: str
    is_everywhere: bool
    routes: int
    values: int
    is_shown: bool
    value: Any = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationData:
    """The settings of an application.

    :param render_error: the function of the error handler, ``None`` for the usual one
    """

    type: str
    debug: bool
    slash_mode: str
    render_factory: FunctionData | None
    error_handler: str
    render_error: FunctionData | None


@dataclass(frozen=True, slots=True)
class MetaReport:
    """Everything that the meta page shows.

    :param gathered_at: the time, in UTC
    :param meta_routes: the routes of the meta page itself
    :param sections: the data of the peripherals
    """

    title: str
    gathered_at: datetime
    application: ApplicationData
    routes: RoutesData
    middlewares: tuple[MiddlewareData, ...]
    resources: tuple[ResourceData, ...]
    meta_routes: tuple[RouteData, ...]
    sections: tuple[SectionData, ...]


def create_report(
    application: Application,
    query: MultiDict[str, str],
    *,
    title: str,
    peripherals: Sequence[MetaPeripheral],
    shown_resources: Collection[str],
) -> MetaReport:
    """Describe an application.

    :param query: selects routes, see :func:`~clastic.meta.routes.select_routes`
    :param shown_resources: the names of the resources whose values may be shown
    """
    numbered = list(enumerate(application.routes, 1))
    usual = [(number, route) for number, route in numbered if not _is_meta(route)]
    routes = [route for _, route in usual]
    return MetaReport(
        title=title,
        gathered_at=datetime.now(timezone.utc),
        application=_describe_application(application),
        routes=select_routes(usual, query),
        middlewares=_describe_middlewares(application.middlewares, routes),
        resources=_describe_resources(application.resources, routes, shown_resources),
        meta_routes=tuple(describe_route(*each) for each in numbered if _is_meta(each[1])),
        sections=tuple(map(read_section, peripherals)),
    )


def _is_meta(route: BoundRoute) -> bool:
    return isinstance(route.route, MetaRoute)


def _describe_application(application: Application) -> ApplicationData:
    handler, factory = application.error_handler, application.render_factory
    is_usual = type(handler).render_error is ErrorHandler.render_error
    return ApplicationData(
        type=type_name(type(application)),
        debug=bool(application.debug),
        slash_mode=application.slash_mode,
        render_factory=None if factory is None else describe_function(factory),
        error_handler=type_name(type(handler)),
        render_error=None if is_usual else describe_function(handler.render_error),
    )


def _describe_middlewares(
    own: Sequence[Middleware], routes: Sequence[BoundRoute]
) -> tuple[MiddlewareData, ...]:
    """Describe the application's own middlewares, outermost first, then those of routes."""
    own_ids = set(map(id, own))
    found: dict[Hashable, Middleware] = {id(middleware): middleware for middleware in own}
    counts = dict.fromkeys(found, 0)
    for route in routes:
        kinds = {
            id(each) if id(each) in own_ids else _kind(each): each for each in route.middlewares
        }
        for kind, middleware in kinds.items():
            found.setdefault(kind, middleware)
            counts[kind] = counts.get(kind, 0) + 1
    return tuple(
        MiddlewareData(
            name=to_text(middleware.name),
            type=type_name(type(middleware)),
            # A class without a docstring would inherit that of Middleware.
            summary=summarize(type(middleware)) if type(middleware).__doc__ else None,
            is_everywhere=id(middleware) in own_ids,
            routes=counts[kind],
            wraps_wsgi=middleware.wsgi_wrapper is not None,
            sides=tuple(_describe_sides(middleware)),
        )
        for kind, middleware in found.items()
    )


def _kind(middleware: Middleware) -> Hashable:
    """Return a key that is the same for middlewares whose descriptions are the same."""
    functions = (getattr(middleware, side) for side, _ in SIDES)
    codes = (id(getattr(function, "__func__", function)) for function in functions)
    provides = (tuple(getattr(middleware, attribute)) for _, attribute in SIDES)
    return type(middleware), *codes, *provides


def _describe_sides(middleware: Middleware) -> Iterator[SideData]:
    for side, attribute in SIDES:
        function = getattr(middleware, side)
        if function is not None:
            parameters = read_signature(function)[1:]
            yield SideData(
                side=side,
                function=describe_function(function),
                requires=tuple(each.name for each in parameters if each.required),
                uses=tuple(each.name for each in parameters if not each.required),
                provides=tuple(getattr(middleware, attribute)),
            )


def _describe_resources(
    own: Mapping[str, Any], routes: Sequence[BoundRoute], shown: Collection[str]
) -> tuple[ResourceData, ...]:
    """Describe the application's own resources, then those that only some routes have."""
    found: dict[tuple[str, type, bool], list[object]] = {
        (name, type(value), True): [] for name, value in own.items()
    }
    for route in routes:
        for name, value in route.resources.items():
            is_own = name in own and own[name] is value
            found.setdefault((name, type(value), is_own), []).append(value)
    return tuple(
        ResourceData(
            name=to_text(name),
            type=type_name(kind),
            is_everywhere=is_own,
            routes=len(values),
            values=len(set(map(id, values))) or 1,
            is_shown=name in shown,
            **(_read_value(name, own[name] if is_own else values[0]) if name in shown else {}),
        )
        for (name, kind, is_own), values in found.items()
    )


def _read_value(name: str, value: object) -> dict[str, Any]:
    try:
        return {"value": plain(value, name)}
    except Exception as error:  # An object of the application may raise anything.
        return {"problem": type(error).__name__}
