"""Count the responses of each route by status, and how long they take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import TYPE_CHECKING, Any

from boltons.statsutils import Stats
from markupsafe import Markup

from clastic.application import Application
from clastic.errors import NotImplemented as NotImplementedOnServer
from clastic.http import BaseResponse, Request, Response, respond_html
from clastic.middleware.base import Middleware
from clastic.middleware.client_cache import HTTPCacheMiddleware
from clastic.pages import element, html_page, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render import BasicRender, Table, render_json
from clastic.routing import GET, POST, BoundRoute

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNMATCHED = "(unmatched)"
"""The pattern that stands for requests that no route matched."""

_QUANTILES = (0.25, 0.5, 0.75, 0.95, 0.99)
_MOMENTS = ("min", "max", "mean", "std_dev", "mad")
_SHOWN = {"0.5": "p50", "0.95": "p95", "0.99": "p99", "max": "max"}
# The times are those of so many of the latest responses.
_LATEST = 1000


@dataclass(frozen=True)
class RouteStats:
    """The responses of a route that have one status.

    :param pattern: the pattern of the route with all prefixes, or :data:`UNMATCHED`
    :param methods: its methods; empty for all methods
    :param status: the status code
    :param count: the number of responses
    :param last_hit: the time of the latest
    :param milliseconds: the ``total_duration`` of all of them; and of the latest 1,000 the ``min``,
        ``max``, ``mean``, ``std_dev``, ``mad`` (median absolute deviation), and the quantiles
        ``0.25`` ``0.5`` ``0.75`` ``0.95`` ``0.99``
    """

    pattern: str
    methods: tuple[str, ...]
    status: int
    count: int
    last_hit: datetime
    milliseconds: dict[str, float]


@dataclass(frozen=True)
class StatsReport:
    """All that was counted.

    :param seconds: the time since the count began
    :param started: when it began
    :param routes: the requested routes by pattern and status; unmatched requests come last
    """

    seconds: float
    started: datetime
    routes: tuple[RouteStats, ...]


@dataclass
class _Series:
    """The number of responses, the seconds they took, and those that the latest took."""

    count: int = 0
    total: float = 0.0
    last_hit: float = 0.0
    latest: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))


class StatsMiddleware(Middleware):
    """Count the responses of each route by status, with quantiles of the time they took.

    Put it first, so that the time includes the other middlewares. Unmatched requests are counted
    together. Slash redirects are not counted, and the time does not include a body that is made
    while it is sent. :func:`create_stats_app` shows the numbers.

    Its memory does not grow with the number of requests.

    :param clock: returns seconds that never go back
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._key = f"clastic.stats.{id(self)}"
        self._lock = Lock()
        self._series: dict[tuple[str, tuple[str, ...], int], _Series] = {}
        self.reset()

    def reset(self) -> None:
        """Begin the count anew."""
        with self._lock:
            self._series.clear()
            self._started, self._started_at = self._clock(), _utc_now()

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Note the time in the environ, and return what ``next()`` returns."""
        request.environ[self._key] = self._clock()
        return next()

    def finish(
        self, response: BaseResponse, environ: WSGIEnvironment, route: BoundRoute
    ) -> BaseResponse:
        """Count the response, and return it."""
        started = environ.pop(self._key, None)
        if started is not None:
            seconds = self._clock() - started
            key = (route.pattern, tuple(sorted(route.methods or ())), response.status_code)
            if route.is_null_route:
                key = (UNMATCHED, (), response.status_code)
            with self._lock:
                series = self._series.setdefault(key, _Series())
                series.count += 1
                series.total += seconds
                series.last_hit = time.time()
                series.latest.append(seconds)
        return response

    def report(self) -> StatsReport:
        """Return the present numbers."""
        with self._lock:
            routes = [
                RouteStats(*key, series.count, _utc(series.last_hit), _times(series))
                for key, series in self._series.items()
            ]
            seconds, started = self._clock() - self._started, self._started_at
        routes.sort(
            key=lambda each: (each.pattern == UNMATCHED, each.pattern, each.methods, each.status)
        )
        return StatsReport(seconds, started, tuple(routes))

    @property
    def route_hits(self) -> dict[str, dict[str, RouteStats]]:
        """The present numbers by pattern and status.

        Where several routes have one pattern, the methods are in front of it.
        """
        routes = self.report().routes
        methods: dict[str, set[tuple[str, ...]]] = {}
        for route in routes:
            methods.setdefault(route.pattern, set()).add(route.methods)
        hits: dict[str, dict[str, RouteStats]] = {}
        for route in routes:
            is_shared = len(methods[route.pattern]) > 1
            name = f"{','.join(route.methods)} {route.pattern}" if is_shared else route.pattern
            hits.setdefault(name.strip(), {})[str(route.status)] = route
        return hits

    # Compare by identity: each instance holds counts.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def create_stats_app(stats: StatsMiddleware | None = None) -> Application:
    """Return an application that shows the numbers at ``/``: as JSON, or as a page if preferred.

    A ``POST`` of ``/reset`` begins the count anew. Without the middleware the response is a 501.

    :param stats: the middleware whose numbers are shown; by default the outermost one of the
        application that this is embedded in
    """

    def show_stats(_application: Application) -> dict[str, Any]:
        return _stats_as_data(stats or _stats_of(_application))

    def reset_stats(_application: Application) -> dict[str, Any]:
        shown = stats or _stats_of(_application)
        data = _stats_as_data(shown)
        shown.reset()
        return {"reset": True, **data}

    def show_page(context: dict[str, Any], _route: BoundRoute) -> Response:
        return render_stats((stats or _stats_of(_route.application)).report())

    return Application(
        [
            GET("/", show_stats, BasicRender(tabular_render=show_page)),
            POST("/reset", reset_stats, render_json),
        ],
        middlewares=[HTTPCacheMiddleware(no_store=True)],
    )


def _stats_as_data(stats: StatsMiddleware) -> dict[str, Any]:
    """Return the numbers as JSON has them; the times are UTC, and the durations milliseconds."""
    hits = {
        name: {
            status: {"count": route.count, "last_hit": _iso(route.last_hit), **route.milliseconds}
            for status, route in statuses.items()
        }
        for name, statuses in stats.route_hits.items()
    }
    started = _iso(stats.report().started)
    return {"start_time_utc": started, "cur_time_utc": _iso(_utc_now()), "route_stats": hits}


def render_stats(context: StatsReport) -> Response:
    """Render a report as an HTML page."""
    title = "Requests by route"
    rows = [
        (
            " ".join([*route.methods, route.pattern]),
            route.status,
            route.count,
            *(round(route.milliseconds[name], 2) for name in _SHOWN),
        )
        for route in context.routes
    ]
    table = Table(rows, ["Route", "Status", "Responses", *_SHOWN.values()]).to_html("horizontal")
    json_link = element(
        "a", "The same as JSON", href="?format=json", rel="alternate", type="application/json"
    )
    page = html_page(
        title,
        element("h1", title),
        element(
            "p",
            f"Counted for {timedelta(seconds=int(context.seconds))} (h:mm:ss). The times are in "
            f"milliseconds, of up to {_LATEST:,} of the latest responses.",
        ),
        element("p", json_link),
        scrollable(Markup(table), title) if rows else element("p", "No requests yet."),
        style=DEVELOPER_STYLE,
    )
    return respond_html(page.encode())


def _times(series: _Series) -> dict[str, float]:
    """Return the times of a series, in milliseconds."""
    latest = Stats([seconds * 1000 for seconds in series.latest])
    times = {name: getattr(latest, name) for name in _MOMENTS}
    quantiles = {str(share): latest.get_quantile(share) for share in _QUANTILES}
    return {"total_duration": series.total * 1000, **times, **quantiles}


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _utc_now() -> datetime:
    return _utc(time.time())


def _iso(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def _stats_of(application: Application) -> StatsMiddleware:
    """Return the outermost middleware that counts.

    :raises clastic.errors.NotImplemented: there is none
    """
    middlewares = [*application.middlewares]
    for route in application.routes:
        middlewares += route.middlewares
    for middleware in middlewares:
        if isinstance(middleware, StatsMiddleware):
            return middleware
    raise NotImplementedOnServer(
        "This application has no StatsMiddleware. Add one to its middlewares=, or pass one to "
        "create_stats_app()."
    )
