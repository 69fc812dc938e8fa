"""Count the responses of each route by status, and how long they take."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from threading import Lock
from typing import Any

from clastic.application import Application, RerouteWSGI
from clastic.errors import HTTPException, NotFound, map_response
from clastic.http import BaseResponse, Response
from clastic.middleware.base import Middleware
from clastic.middleware.client_cache import HTTPCacheMiddleware
from clastic.pages import element, html_page, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render import Table, render_json
from clastic.routing import BoundRoute

UNMATCHED = "(unmatched)"
"""The pattern that stands for requests that no route matched."""
REROUTED = "rerouted"
"""The status of responses that another WSGI application made."""

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_HEADERS = ("Route", "Status", "Responses", "Errors", *_QUANTILES, "max")

# A bucket is this much wider than the one before, so that a quantile, which is the middle of its
# bucket, is within 5% of the exact value.
_GROWTH = 1.1
# The bounds of the buckets, in seconds. Anything shorter or longer is in the first or last one.
_SHORTEST, _LONGEST = 1e-6, 3600.0

Status = int | str
_RouteKey = tuple[str, frozenset[str]]


class Latencies:
    """A histogram of durations by their logarithm, in memory that does not grow with their number.

    It is not safe for threads: the caller holds a lock.
    """

    def __init__(self) -> None:
        self._buckets = Counter[int]()
        self._min = math.inf
        self.max = 0.0

    @property
    def count(self) -> int:
        """The number of durations."""
        return self._buckets.total()

    def add(self, seconds: float) -> None:
        """Add a duration."""
        bounded = min(max(seconds, _SHORTEST), _LONGEST)
        self._buckets[math.floor(math.log(bounded, _GROWTH))] += 1
        self._min = min(self._min, seconds)
        self.max = max(self.max, seconds)

    def merge(self, *others: Latencies) -> Latencies:
        """Return a histogram of these durations and those of others."""
        merged = Latencies()
        for each in (self, *others):
            merged._buckets.update(each._buckets)
            merged._min = min(merged._min, each._min)
            merged.max = max(merged.max, each.max)
        return merged

    def quantile(self, share: float) -> float:
        """Return the duration in seconds that a share of them does not exceed, within 5%.

        :param share: above 0 and up to 1; 0.5 for the median
        """
        rank = math.ceil(share * self.count)
        for bucket, count in sorted(self._buckets.items()):
            rank -= count
            if rank <= 0:
                middle: float = _GROWTH ** (bucket + 0.5)
                return min(max(middle, self._min), self.max)
        return self.max

    def milliseconds(self) -> dict[str, float]:
        """Return the quantiles ``p50``, ``p95`` and ``p99`` and the ``max`` in milliseconds."""
        quantiles = {name: self.quantile(share) * 1000 for name, share in _QUANTILES.items()}
        return {**quantiles, "max": self.max * 1000}


@dataclass(frozen=True)
class StatusStats:
    """The responses of a route that have one status.

    :param status: the status code, or :data:`REROUTED`
    :param count: their number
    :param milliseconds: the quantiles ``p50``, ``p95`` and ``p99`` of the time, and its ``max``
    """

    status: Status
    count: int
    milliseconds: dict[str, float]


@dataclass(frozen=True)
class RouteStats:
    """The responses of a route.

    :param pattern: its pattern with all prefixes, or :data:`UNMATCHED`
    :param methods: its methods; empty for all methods
    :param count: the number of responses
    :param errors: the number of those with a status of 500 or more
    :param milliseconds: as for :class:`StatusStats`
    :param statuses: the responses by status
    """

    pattern: str
    methods: tuple[str, ...]
    count: int
    errors: int
    milliseconds: dict[str, float]
    statuses: tuple[StatusStats, ...]


@dataclass(frozen=True)
class StatsReport:
    """All that was counted.

    :param seconds: the time since the count began
    :param routes: the requested routes by pattern; unmatched requests come last
    """

    seconds: float
    routes: tuple[RouteStats, ...]


class StatsMiddleware(Middleware):
    """Count the responses of each route by status, with quantiles of the time they took.

    Put it first, so that the time includes the other middlewares. All unmatched requests are one
    row. A request that a route passed on by a non-breaking error counts for the route that
    responded, or as unmatched. Slash redirects are not counted, and the time does not include a
    body that is made while it is sent. :func:`create_stats_app` shows the numbers.

    Its memory does not grow with the number of requests.

    :param clock: returns seconds that never go back
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started = clock()
        self._latencies: dict[_RouteKey, dict[Status, Latencies]] = {}
        self._lock = Lock()

    def request(self, next: Callable[..., Any], _route: BoundRoute) -> Any:
        """Return what ``next()`` returns, and count it."""
        started = self._clock()
        try:
            outcome = next()
        except Exception as error:
            self._count(_route, error, self._clock() - started)
            raise
        self._count(_route, outcome, self._clock() - started)
        return outcome

    def report(self) -> StatsReport:
        """Return the present numbers."""
        with self._lock:
            copies = {
                key: {status: latencies.merge() for status, latencies in by_status.items()}
                for key, by_status in self._latencies.items()
            }
        routes = [_route_stats(key, by_status) for key, by_status in copies.items()]
        routes.sort(key=lambda route: (route.pattern == UNMATCHED, route.pattern, route.methods))
        return StatsReport(self._clock() - self._started, tuple(routes))

    # Compare by identity: each instance holds counts.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def _count(self, route: BoundRoute, outcome: Any, seconds: float) -> None:
        """Count what a route returned or raised, unless dispatch goes on with the next route."""
        is_passed_on = isinstance(outcome, HTTPException) and not outcome.is_breaking
        if is_passed_on and not route.is_null_route:
            return
        key = (route.pattern, route.methods or frozenset())
        if route.is_null_route:
            key = (UNMATCHED, frozenset())
        status = _status_of(outcome)
        with self._lock:
            by_status = self._latencies.setdefault(key, {})
            latencies = by_status.get(status)
            if latencies is None:
                latencies = by_status[status] = Latencies()
            latencies.add(seconds)


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
    table: object = element("p", "No requests yet.")
    if context.routes:
        table = scrollable(Table(_rows(context), _HEADERS).to_html(), title)
    page = html_page(
        title,
        element("h1", title),
        element(
            "p",
            f"Counted for {timedelta(seconds=int(context.seconds))} (h:mm:ss). Times are in "
            "milliseconds, within 5%. Errors are responses with a status of 500 or more.",
        ),
        element(
            "p",
            element(
                "a", "The same as JSON", href="json/", rel="alternate", type="application/json"
            ),
        ),
        table,
        style=DEVELOPER_STYLE,
    )
    return Response(page, mimetype="text/html")


def _route_stats(key: _RouteKey, by_status: dict[Status, Latencies]) -> RouteStats:
    total = Latencies().merge(*by_status.values())
    statuses = [
        StatusStats(status, latencies.count, latencies.milliseconds())
        for status, latencies in sorted(by_status.items(), key=lambda item: str(item[0]))
    ]
    errors = [
        part.count for part in statuses if part.status != REROUTED and int(part.status) >= 500
    ]
    pattern, methods = key
    return RouteStats(
        pattern,
        tuple(sorted(methods)),
        total.count,
        sum(errors),
        total.milliseconds(),
        tuple(statuses),
    )


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


def _status_of(outcome: Any) -> Status:
    """Return the status of what a route returned or raised."""
    if isinstance(outcome, RerouteWSGI):
        return REROUTED
    response = map_response(outcome, lambda response: response)
    # Anything else is an exception, or a mistake that becomes one.
    return response.status_code if isinstance(response, BaseResponse) else 500


def _rows(report: StatsReport) -> Iterator[tuple[object, ...]]:
    """Yield the rows of each route: the total, then each status if there are several."""
    for route in report.routes:
        name = " ".join([*route.methods, route.pattern])
        statuses = route.statuses
        status = statuses[0].status if len(statuses) == 1 else "all"
        yield name, status, route.count, route.errors, *_shown(route.milliseconds)
        for part in statuses if len(statuses) > 1 else ():
            yield "", part.status, part.count, "", *_shown(part.milliseconds)


def _shown(milliseconds: dict[str, float]) -> Iterator[Decimal]:
    """Yield times with three digits; decimals are numbers that keep their zeros."""
    for value in milliseconds.values():
        decimals = 3 if value < 1 else max(0, 3 - len(str(int(value))))
        yield Decimal(f"{value:.{decimals}f}")
