"""The parts of an application as HTML: what it is in short, its middlewares, its resources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from clastic.meta.collection import Report
from clastic.meta.middleware_data import MiddlewareData, SideData
from clastic.meta.resource_data import ResourceData
from clastic.meta.route_view import function_view, names_view
from clastic.meta.value_view import scrolled, value_view
from clastic.pages import element, join


def overview(report: Report) -> Markup:
    """Return what the application is, in a line of facts."""
    application = report.application
    handler: object = _type(application.error_handler)
    if application.render_error is not None:
        handler = function_view(application.render_error)
    factory = application.render_factory
    facts = {
        "Application": _type(application.type),
        "Debug": "on" if application.debug else "off",
        "Slashes": application.slash_mode,
        "Error handler": handler,
        "Render factory": "none" if factory is None else function_view(factory),
    }
    items = (
        element("div", element("dt", name), element("dd", fact)) for name, fact in facts.items()
    )
    return element("dl", *items, class_="overview")


def middleware_table(middlewares: Sequence[MiddlewareData]) -> Markup:
    """Return the table of middlewares, a row for each function of each."""
    if not middlewares:
        return element("p", "There are none.", class_="quiet")
    rows = (row for middleware in middlewares for row in _middleware_rows(middleware))
    return _table(
        "middlewares",
        "In the order a request meets them, outermost first; then those of some routes only.",
        ("Middleware", "On", "Around", "Requires", "Provides"),
        rows,
    )


def resource_table(resources: Sequence[ResourceData]) -> Markup:
    """Return the table of resources."""
    if not resources:
        return element("p", "There are none.", class_="quiet")
    rows = (
        element(
            "tr",
            element("th", element("code", resource.name), scope="row"),
            element("td", element("code", resource.type)),
            element("td", _reach(resource.is_everywhere, resource.routes)),
            element("td", _resource_value(resource)),
        )
        for resource in resources
    )
    caption = "Values are shown only of those that shown_resources names."
    return _table("resources", caption, ("Name", "Type", "On", "Value"), rows)


def _table(anchor: str, caption: str, headers: Iterable[str], rows: Iterable[Markup]) -> Markup:
    """Return the table of a section.

    :param anchor: the id of the section
    """
    head = element("tr", *(element("th", header, scope="col") for header in headers))
    table = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *rows)
    )
    return scrolled(table, aria_labelledby=f"{anchor}-title")


def _middleware_rows(middleware: MiddlewareData) -> Iterable[Markup]:
    sides: Sequence[SideData | None] = middleware.sides or (None,)
    notes = [middleware.summary, "Wraps WSGI too." if middleware.wraps_wsgi else None]
    name = element(
        "th",
        element("code", middleware.name),
        " ",
        *(element("p", note, class_="quiet") for note in notes if note),
        scope="rowgroup" if len(sides) > 1 else "row",
        rowspan=len(sides) if len(sides) > 1 else None,
    )
    reach = element(
        "td",
        _reach(middleware.is_everywhere, middleware.routes),
        rowspan=len(sides) if len(sides) > 1 else None,
    )
    for index, side in enumerate(sides):
        yield element("tr", *((name, reach) if index == 0 else ()), *_side_cells(side))


def _side_cells(side: SideData | None) -> Iterable[Markup]:
    if side is None:
        return [element("td", element("span", "nothing", class_="quiet"), colspan="3")]
    place = function_view(side.function)
    uses = element("p", "can use ", names_view(side.uses)) if side.uses else None
    return [
        element("td", element("p", side.side), element("p", place)),
        element("td", element("p", _names(side.requires)), uses),
        element("td", _names(side.provides)),
    ]


def _type(name: str) -> Markup:
    """Return the name of a type, one of the framework's own without its module."""
    return element("code", name.rpartition(".")[2] if name.startswith("clastic.") else name)


def _names(names: Sequence[str]) -> Markup:
    return names_view(names) if names else element("span", "nothing", class_="quiet")


def _reach(is_everywhere: bool, routes: int) -> str:
    if is_everywhere:
        return "every route"
    return "1 route" if routes == 1 else f"{routes:,} routes"


def _resource_value(resource: ResourceData) -> Markup:
    if resource.problem is not None:
        return element("span", f"looking into it failed with {resource.problem}", class_="problem")
    if not resource.is_shown:
        return element("span", "not shown", class_="quiet")
    others = resource.values - 1
    more = element("p", f"and {others:,} other values", class_="quiet") if others else None
    return join(value_view(resource.value, resource.name), " ", more)
