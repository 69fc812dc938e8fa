"""What was counted of each route, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clastic.middleware.latencies import Latencies

UNMATCHED = "(unmatched)"
"""The pattern of the row for requests that no route matched."""
REROUTED = "rerouted"
"""The status of answers that another WSGI application made."""

Status = int | str
RouteKey = tuple[str, frozenset[str] | None] | None
"""The pattern and the methods of a route; ``None`` for no route."""

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_FIRST_ERROR = 500


@dataclass(frozen=True)
class StatusStats:
    """The answers of a route that had one status.

    :param status: the status code, or :data:`REROUTED`
    :param count: how many there were
    :param milliseconds: the quantiles ``p50``, ``p95`` and ``p99`` of the time, and its ``max``
    """

    status: Status
    count: int
    milliseconds: dict[str, float]


@dataclass(frozen=True)
class RouteStats:
    """The answers of a route.

    :param pattern: its pattern with all prefixes, or :data:`UNMATCHED`
    :param methods: the methods it answers; none for all
    :param count: how many answers there were
    :param errors: how many of them were errors of the server: 500 and up
    :param milliseconds: as in :class:`StatusStats`
    :param statuses: the answers by status
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

    :param seconds: for how long
    :param routes: those that were asked for, by pattern; what matched none comes last
    """

    seconds: float
    routes: tuple[RouteStats, ...]


def make_report(
    rows: Iterable[tuple[tuple[RouteKey, Status], Latencies]], seconds: float
) -> StatsReport:
    """Make the report of what was counted.

    :param rows: the latencies for each route and status
    :param seconds: for how long it was counted
    """
    by_route: dict[RouteKey, dict[Status, Latencies]] = {}
    for (route, status), latencies in rows:
        by_route.setdefault(route, {})[status] = latencies
    routes = [_route_stats(route, statuses) for route, statuses in by_route.items()]
    routes.sort(key=lambda stats: (stats.pattern == UNMATCHED, stats.pattern, stats.methods))
    return StatsReport(seconds, tuple(routes))


def _route_stats(route: RouteKey, statuses: dict[Status, Latencies]) -> RouteStats:
    pattern, methods = (UNMATCHED, None) if route is None else route
    ordered = sorted(statuses.items(), key=lambda item: str(item[0]))
    whole = Latencies()
    for latencies in statuses.values():
        whole.add_all(latencies)
    return RouteStats(
        pattern,
        tuple(sorted(methods or ())),
        whole.count,
        sum(latencies.count for status, latencies in ordered if _is_error(status)),
        _milliseconds(whole),
        tuple(
            StatusStats(status, latencies.count, _milliseconds(latencies))
            for status, latencies in ordered
        ),
    )


def _is_error(status: Status) -> bool:
    return isinstance(status, int) and status >= _FIRST_ERROR


def _milliseconds(latencies: Latencies) -> dict[str, float]:
    quantiles = {name: latencies.quantile(share) for name, share in _QUANTILES.items()}
    return {
        name: seconds * 1000 for name, seconds in {**quantiles, "max": latencies.longest}.items()
    }
