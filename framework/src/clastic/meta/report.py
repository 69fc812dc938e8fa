"""Describe an application as data, for the meta page and its JSON alike."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boltons.iterutils import bucketize
from werkzeug.datastructures import MultiDict

from clastic.application import Application
from clastic.explanation.routes import FunctionData, RouteData, describe_function, describe_route
from clastic.meta.peripherals import SectionData, plain
from clastic.middleware.base import SIDES, Middleware
from clastic.routing import BoundRoute
from clastic.routing.route import format_route
from clastic.signature import read_signature, required_names

LONGEST_SEARCH = 200
_PAGE_SIZE = 100


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
        "render_factory": None if factory is None else describe_function(factory),
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
        items=tuple(describe_route(number, route) for number, route in shown),
    )


def _matches(route: BoundRoute, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = format_route(route.pattern, route.route).casefold()
    return all(word.casefold() in text for word in words)


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
            function=describe_function(function),
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
