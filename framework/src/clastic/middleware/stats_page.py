"""The page that shows what was counted of each route."""

from __future__ import annotations

from markupsafe import Markup

from clastic.http import Response
from clastic.middleware.stats_report import RouteStats, StatsReport, StatusStats
from clastic.pages import element, html_page, join, scrollable
from clastic.pages.styles import DEVELOPER_STYLE

_HEADERS = ("Route", "Status", "Answers", "Errors", "p50", "p95", "p99", "max")

_EXPLANATION = (
    "Times are in milliseconds, right within 5%. Errors are answers with a status of 500 or more."
)


def render_stats(context: StatsReport) -> Response:
    """Render a report as an HTML page."""
    table = element("p", "No route has been asked for yet.")
    if context.routes:
        head = element("tr", *[element("th", header, scope="col") for header in _HEADERS])
        body = [element("tbody", *_route_rows(route)) for route in context.routes]
        table = element("table", element("thead", head), *body, class_="stats")
    title = "Routes by use"
    link = {"rel": "alternate", "type": "application/json", "href": "json/"}
    page = html_page(
        title,
        element("h1", title),
        element("p", f"Counted for {_period(context.seconds)}. {_EXPLANATION}"),
        element("p", element("a", "The same as JSON", **link)),
        scrollable(table, title),
        style=DEVELOPER_STYLE,
    )
    return Response(page, mimetype="text/html")


def _route_rows(route: RouteStats) -> list[Markup]:
    """Return the rows of a route: the sum first, then each status if there are several."""
    only = route.statuses[0].status if len(route.statuses) == 1 else None
    parts = () if only else route.statuses
    name = [element("span", " ".join(route.methods), class_="soft"), " "] if route.methods else []
    head = element("th", *name, route.pattern, scope="rowgroup", rowspan=1 + len(parts))
    is_bad = "problem" if route.errors else None
    errors = element("td", f"{route.errors:,}", class_=is_bad)
    rows = [element("tr", head, _cells(only or "all", errors, route))]
    for part in parts:
        rows.append(element("tr", _cells(part.status, element("td"), part), class_="soft"))
    return rows


def _cells(status: int | str, errors: Markup, stats: RouteStats | StatusStats) -> Markup:
    times = [element("td", _three_digits(value)) for value in stats.milliseconds.values()]
    return join(element("td", status), element("td", f"{stats.count:,}"), errors, *times)


def _three_digits(value: float) -> str:
    decimals = 3 if value < 1 else max(0, 3 - len(str(int(value))))
    return f"{value:,.{decimals}f}"


def _period(seconds: float) -> str:
    """Give a number of seconds in its two largest units, as in ``2 h 5 min``."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    units = [(days, "d"), (hour, "h"), (minute, "min"), (second, "s")]
    while len(units) > 1 and not units[0][0]:
        del units[0]
    return " ".join(f"{number} {unit}" for number, unit in units[:2])
