"""The routes on the page of meta: what to look for, those found, and the way to the others."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from clastic.meta.collection import Report, RoutesData
from clastic.meta.route_view import route_list
from clastic.meta.selection import LONGEST_WORDS, PAGE_SIZE
from clastic.pages import element, join

FEW_ROUTES = 3
"""Up to how many routes that were looked for are shown whole."""


def routes_box(report: Report, root: str) -> Markup:
    """Return the inside of the box.

    :param root: the relative URL of the root of the application, with a slash at its end
    """
    routes = report.routes
    is_open = bool(routes.find) and routes.matching <= FEW_ROUTES
    return join(
        _form(routes),
        element("p", _status(routes), class_="status"),
        route_list(routes.items, root, is_open=is_open) if routes.items else None,
        _pages(routes),
        _folded(report, root),
    )


def _form(routes: RoutesData) -> Markup:
    return element(
        "form",
        element("label", "Find routes", for_="find"),
        element(
            "input",
            type="search",
            id="find",
            name="find",
            value=routes.find,
            maxlength=LONGEST_WORDS,
            placeholder="method, pattern, endpoint, file",
        ),
        None
        if routes.size == PAGE_SIZE
        else element("input", type="hidden", name="size", value=routes.size),
        element("button", "Find"),
        action="#routes",
        role="search",
    )


def _status(routes: RoutesData) -> Markup:
    parts = []
    if routes.find:
        parts += [f"{routes.matching:,} of {_counted(routes.total)} with ", _quoted(routes.find)]
    else:
        parts.append(_counted(routes.total))
    if routes.pages > 1:
        first = (routes.page - 1) * routes.size + 1
        parts.append(f", {first:,} to {first + len(routes.items) - 1:,} of them here")
    parts.append(", in the order they are tried.")
    if routes.find:
        parts += [" ", element("a", "Show all", href=_address(routes, 1, find=""))]
    return join(*parts)


def _pages(routes: RoutesData) -> Markup | None:
    if routes.pages == 1:
        return None
    pages = [
        _page_link(routes, 1, "First", routes.page > 2),
        _page_link(routes, routes.page - 1, "Previous", routes.page > 1),
        element("span", f"Page {routes.page:,} of {routes.pages:,}", aria_current="page"),
        _page_link(routes, routes.page + 1, "Next", routes.page < routes.pages),
        _page_link(routes, routes.pages, "Last", routes.page < routes.pages - 1),
    ]
    items = (element("li", each) for each in pages if each is not None)
    return element(
        "nav", element("ul", *items, role="list"), class_="pages", aria_label="Pages of routes"
    )


def _page_link(routes: RoutesData, page: int, text: str, is_there: bool) -> Markup | None:
    if not is_there:
        return None
    return element("a", text, href=_address(routes, page, find=routes.find))


def _folded(report: Report, root: str) -> Markup:
    own = report.meta_routes
    summary = element("summary", f"{_counted(len(own))} of this page itself")
    return element("details", summary, route_list(own, root), class_="folded")


def _address(routes: RoutesData, page: int, *, find: str) -> str:
    query: dict[str, object] = {"find": find} if find else {}
    if routes.size != PAGE_SIZE:
        query["size"] = routes.size
    return f"?{urlencode({**query, 'page': page})}#routes"


def _counted(count: int) -> str:
    return "1 route" if count == 1 else f"{count:,} routes"


def _quoted(text: str) -> Markup:
    return join("“", element("b", text), "”")
