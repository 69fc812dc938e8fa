"""All that meta tells about an application, gathered into plain data for every format."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.meta.functions import FunctionData, function_data
from clastic.meta.middleware_data import MiddlewareData, middlewares_data
from clastic.meta.own_routes import is_own
from clastic.meta.peripheral import MetaPeripheral, SectionData, gather_sections
from clastic.meta.plain_values import type_name
from clastic.meta.resource_data import ResourceData, resources_data
from clastic.meta.route_data import RouteData, route_data
from clastic.meta.selection import Numbered, Selection, select


@dataclass(frozen=True, slots=True)
class ApplicationData:
    """An application, without what it has many of.

    :param error_handler: the type of its error handler
    :param render_error: the function of the error handler, unless it is the usual one
    """

    type: str
    debug: bool
    slash_mode: str
    render_factory: FunctionData | None
    error_handler: str
    render_error: FunctionData | None


@dataclass(frozen=True, slots=True)
class RoutesData:
    """A page of the routes of an application, those of meta itself left out.

    :param total: how many there are
    :param matching: how many of them have the words looked for
    :param find: those words
    :param page: the page that this is, from 1
    :param pages: how many there are
    :param size: how many routes there can be on a page
    """

    total: int
    matching: int
    find: str
    page: int
    pages: int
    size: int
    items: tuple[RouteData, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that meta tells.

    :param gathered_at: the time, in UTC
    :param meta_routes: the routes of meta itself
    :param sections: what the peripherals told
    """

    title: str
    gathered_at: datetime
    application: ApplicationData
    routes: RoutesData
    middlewares: tuple[MiddlewareData, ...]
    resources: tuple[ResourceData, ...]
    meta_routes: tuple[RouteData, ...]
    sections: tuple[SectionData, ...]


def gather(
    application: Application,
    selection: Selection,
    *,
    title: str,
    peripherals: Sequence[MetaPeripheral],
    shown_resources: Collection[str],
) -> Report:
    """Gather all that meta tells about an application.

    :param selection: which of its routes to tell about
    :param title: what to call the report
    :param peripherals: what else to tell
    :param shown_resources: the names of the resources whose values may be shown
    """
    numbered = [Numbered(number, route) for number, route in enumerate(application.routes, 1)]
    usual = [each for each in numbered if not is_own(each.route)]
    routes = [each.route for each in usual]
    return Report(
        title,
        datetime.now(timezone.utc),
        _application_data(application),
        _routes_data(usual, selection),
        middlewares_data(application.middlewares, routes),
        resources_data(application.resources, routes, shown_resources),
        tuple(route_data(route, number) for number, route in numbered if is_own(route)),
        tuple(gather_sections(peripherals)),
    )


def _routes_data(routes: Sequence[Numbered], selection: Selection) -> RoutesData:
    selected = select(routes, selection)
    return RoutesData(
        len(routes),
        selected.matching,
        selection.words,
        selected.page,
        selected.pages,
        selection.size,
        tuple(route_data(route, number) for number, route in selected.routes),
    )


def _application_data(application: Application) -> ApplicationData:
    handler, factory = application.error_handler, application.render_factory
    is_usual = type(handler).render_error is ErrorHandler.render_error
    return ApplicationData(
        type_name(type(application)),
        bool(application.debug),
        application.slash_mode,
        None if factory is None else function_data(factory),
        type_name(type(handler)),
        None if is_usual else function_data(handler.render_error),
    )
