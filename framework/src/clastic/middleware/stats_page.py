"""The page that shows what was counted of each route."""

from __future__ import annotations

from markupsafe import Markup

from clastic.http import Response
from clastic.middleware.stats_report import RouteStats, StatsReport, StatusStats
from clastic.render.page import DOCUMENT, JSON_LINK, PARAGRAPH, STYLE

_STYLE = STYLE + Markup("""\
.stats tbody { border-top: 2px solid #8888; }
.stats tbody th { min-width: 9rem; }
.stats tbody th span { font-weight: 400; }
.stats td, .stats thead th:not(:first-child) { text-align: end; white-space: nowrap; }
.stats .part td { color: color-mix(in srgb, CanvasText 75%, Canvas); }
.stats td.errors { color: #b3261e; font-weight: 600; }
@media (prefers-color-scheme: dark) { .stats td.errors { color: #ffb4ab; } }
""")

_TABLE = Markup("""\
<table class="stats">
<thead><tr><th scope="col">Route</th><th scope="col">Status</th><th scope="col">Answers</th>\
<th scope="col">Errors</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">p99</th>\
<th scope="col">max</th></tr></thead>
%s</table>""")
_GROUP = Markup("<tbody>\n%s</tbody>\n")
_FIRST_ROW = Markup('<tr><th scope="rowgroup" rowspan="%s">%s</th>%s</tr>\n')
_OTHER_ROW = Markup('<tr class="part">%s</tr>\n')
_METHODS = Markup("<span>%s</span> ")
_CELL = Markup("<td>%s</td>")
_ERRORS = Markup('<td class="errors">%s</td>')

_EXPLANATION = (
    "Times are in milliseconds, right within 5%. Errors are answers with a status of 500 or more."
)


def render_stats(context: StatsReport) -> Response:
    """Render a report as an HTML page."""
    tables = Markup("<p>No route has been asked for yet.</p>")
    if context.routes:
        tables = _TABLE % Markup().join(map(_route_rows, context.routes))
    period = f"Counted for {_period(context.seconds)}. {_EXPLANATION}"
    page = DOCUMENT % {
        "heading": "Routes by use",
        "paragraphs": PARAGRAPH % period + PARAGRAPH % (JSON_LINK % "json/"),
        "style": _STYLE,
        "table": tables,
    }
    return Response(str(page), mimetype="text/html")


def _route_rows(route: RouteStats) -> Markup:
    """Return the rows of a route: the whole of it, then each status if there are several."""
    only = route.statuses[0].status if len(route.statuses) == 1 else None
    parts = () if only else route.statuses
    name = _METHODS % " ".join(route.methods) if route.methods else Markup()
    errors = (_ERRORS if route.errors else _CELL) % f"{route.errors:,}"
    whole = _cells(only or "all", errors, route)
    rows = [_FIRST_ROW % (1 + len(parts), name + route.pattern, whole)]
    rows += [_OTHER_ROW % _cells(part.status, _CELL % "", part) for part in parts]
    return _GROUP % Markup().join(rows)


def _cells(status: int | str, errors: Markup, stats: RouteStats | StatusStats) -> Markup:
    times = [_CELL % _three_digits(value) for value in stats.milliseconds.values()]
    return Markup().join([_CELL % status, _CELL % f"{stats.count:,}", errors, *times])


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
