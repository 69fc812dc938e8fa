"""Count the responses of each route by status, and how long they take."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from clastic.application import Application
from clastic.errors import NotFound
from clastic.http import BaseResponse, Request, Response, respond_html
from clastic.middleware.base import Middleware
from clastic.middleware.client_cache import HTTPCacheMiddleware
from clastic.pages import element, html_page, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render import Table, render_json
from clastic.routing import BoundRoute

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNMATCHED = "(unmatched)"
"""The pattern that stands for requests that no route matched."""

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
# The quantiles are those of so many of the latest responses.
_LATEST = 1000


@dataclass(frozen=True)
class RouteStats:
    """The responses of a route that have one status.

    :param pattern: the pattern of the route with all prefixes, or :data:`UNMATCHED`
    :param methods: its methods; empty for all methods
    :param status: the status code
    :param count: the number of responses
    :param milliseconds: the quantiles ``p50``, ``p95`` and ``p99`` of the time that the latest
        1,000 of them took, and its ``max``
    """

    pattern: str
    methods: tuple[str, ...]
    status: int
    count: int
    milliseconds: dict[str, float]


@dataclass(frozen=True)
class StatsReport:
    """All that was counted.

    :param seconds: the time since the count began
    :param routes: the requested routes by pattern and status; unmatched requests come last
    """

    seconds: float
    routes: tuple[RouteStats, ...]


@dataclass
class _Series:
    """The number of responses, and the seconds that the latest of them took."""

    count: int = 0
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
        self._started = clock()
        self._key = f"clastic.stats.{id(self)}"
        self._series: dict[tuple[str, tuple[str, ...], int], _Series] = {}
        self._lock = Lock()

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
                series.latest.append(seconds)
        return response

    def report(self) -> StatsReport:
        """Return the present numbers."""
        with self._lock:
            routes = [
                RouteStats(*key, series.count, _quantiles(series.latest))
                for key, series in self._series.items()
            ]
        routes.sort(
            key=lambda each: (each.pattern == UNMATCHED, each.pattern, each.methods, each.status)
        )
        return StatsReport(self._clock() - self._started, tuple(routes))

    # Compare by identity: each instance holds counts.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def create_stats_app(stats: StatsMiddleware | None = None) -> Application:
    """Return an application that shows the numbers: a page at ``/``, JSON at ``/json/``.

    :param stats: the middleware whose numbers are shown; by default the outermost one of the
        application that this is embedded in
    """

    def show_stats(_application: Application) -> StatsReport:
        shown = _stats_of(_application) if stats is None else stats
        return shown.report()

    return Application(
        [("/", show_stats, render_stats), ("/json/", show_stats, render_json)],
        middlewares=[HTTPCacheMiddleware(no_store=True)],
    )


def render_stats(context: StatsReport) -> Response:
    """Render a report as an HTML page."""
    title = "Requests by route"
    rows = [
        (
            " ".join([*route.methods, route.pattern]),
            route.status,
            route.count,
            *(round(time, 2) for time in route.milliseconds.values()),
        )
        for route in context.routes
    ]
    table = Table(rows, ["Route", "Status", "Responses", *_QUANTILES]).to_html("horizontal")
    json_link = element(
        "a", "The same as JSON", href="json/", rel="alternate", type="application/json"
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


def _quantiles(latest: deque[float]) -> dict[str, float]:
    """Return the quantiles of durations, in milliseconds."""
    ordered = sorted(latest)
    return {
        name: ordered[math.ceil(share * len(ordered)) - 1] * 1000
        for name, share in _QUANTILES.items()
    }


def _stats_of(application: Application) -> StatsMiddleware:
    """Return the outermost middleware that counts.

    :raises NotFound: there is none
    """
    middlewares = [*application.middlewares]
    for route in application.routes:
        middlewares += route.middlewares
    for middleware in middlewares:
        if isinstance(middleware, StatsMiddleware):
            return middleware
    raise NotFound(
        "This application has no StatsMiddleware. Add one to its middlewares=, or pass one to "
        "create_stats_app()."
    )
