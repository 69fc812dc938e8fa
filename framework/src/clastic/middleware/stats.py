"""How often each route is asked for, how that ends, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.application import Application, RerouteWSGI
from clastic.errors import HTTPException, NotFound, from_werkzeug
from clastic.http import BaseResponse
from clastic.middleware.base import Middleware
from clastic.middleware.client_cache import HTTPCacheMiddleware
from clastic.middleware.latencies import Latencies
from clastic.middleware.stats_page import render_stats
from clastic.middleware.stats_report import REROUTED, RouteKey, StatsReport, Status, make_report
from clastic.render import render_json
from clastic.routing import BoundRoute, NullRoute


class StatsMiddleware(Middleware):
    """Counts the answers of each route by status, with the quantiles of the time they took.

    Put it first, so that the time includes the other middlewares. What no route matched is one
    row; so is what a route has passed on (by a non-breaking error) and no other has answered.
    Redirects to the normal form of a path come before any middleware. A body that is made while
    it is sent is not in the time. :func:`create_stats_app` shows the numbers.

    It takes the same memory however many requests there are: 2 KB for each status of a route.

    :param clock: gives seconds that only go forward
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started = clock()
        self._latencies: dict[tuple[RouteKey, Status], Latencies] = {}
        self._lock = Lock()

    def request(self, next: Callable[..., Any], _route: BoundRoute) -> Any:
        """Give back what it wraps gave, and count it."""
        started = self._clock()
        try:
            answer = next()
        except Exception as error:
            self._count(_route, error, self._clock() - started)
            raise
        self._count(_route, answer, self._clock() - started)
        return answer

    def report(self) -> StatsReport:
        """Give the numbers as they are now."""
        with self._lock:
            rows = [(key, latencies.copy()) for key, latencies in self._latencies.items()]
        return make_report(rows, self._clock() - self._started)

    # One that has counted is no other, and is not left out for another.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def _count(self, route: BoundRoute, outcome: Any, seconds: float) -> None:
        """Count what a route returned or raised, if that is the answer."""
        is_miss = isinstance(route.route, NullRoute)
        if _is_passed_on(outcome) and not is_miss:
            return
        key = (None if is_miss else (route.pattern, route.methods), _status_of(outcome))
        with self._lock:
            latencies = self._latencies.get(key)
            if latencies is None:
                latencies = self._latencies[key] = Latencies()
            latencies.add(seconds)


def create_stats_app(stats: StatsMiddleware | None = None) -> Application:
    """Make the application that shows what was counted: a page at ``/``, JSON at ``/json/``.

    :param stats: what to show; if left out, that which the application it is embedded in has among
        its middlewares
    """

    def show_stats(_application: Application) -> StatsReport:
        shown = _stats_of(_application) if stats is None else stats
        return shown.report()

    return Application(
        [("/", show_stats, render_stats), ("/json/", show_stats, render_json)],
        middlewares=[HTTPCacheMiddleware(no_store=True)],
    )


def _stats_of(application: Application) -> StatsMiddleware:
    """Return the outermost middleware that counts.

    :raises NotFound: when there is none
    """
    for middlewares in (
        application.middlewares,
        *(route.middlewares for route in application.routes),
    ):
        for middleware in middlewares:
            if isinstance(middleware, StatsMiddleware):
                return middleware
    raise NotFound(
        "This application counts nothing. Add a StatsMiddleware to its middlewares=, "
        "or give one to create_stats_app()."
    )


def _is_passed_on(outcome: Any) -> bool:
    """Tell whether dispatch goes on with the next route."""
    return isinstance(outcome, HTTPException) and not outcome.is_breaking


def _status_of(outcome: Any) -> Status:
    """Return the status of what a route returned or raised."""
    if isinstance(outcome, BaseResponse):
        return outcome.status_code
    if isinstance(outcome, WerkzeugHTTPException):
        return from_werkzeug(outcome).code
    # Anything else is an exception, or a mistake that becomes one.
    return REROUTED if isinstance(outcome, RerouteWSGI) else 500
