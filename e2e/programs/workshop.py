"""An application with debug pages, the meta page and statistics."""

from __future__ import annotations

from clastic import Application, NotFound, Response, render_basic
from clastic.middleware.stats import StatsMiddleware, create_stats_app

STOCK = {"tea": 12, "pots & <b>cups</b>": 3}


def home() -> Response:
    return Response("The workshop is open.\n")


def stock() -> dict[str, int]:
    """Return the stock. Names may contain markup, which is shown as text."""
    return STOCK


def item(name: str, drawers: dict[str, int]) -> Response:
    left = drawers[name]
    return Response(f"{left}\n")


def gone() -> Response:
    raise NotFound("It was <i>here</i> a moment ago.")


def create_app() -> Application:
    routes = [
        ("/", home),
        ("/stock", stock, render_basic),
        ("/items/<name>", item),
        ("/gone", gone),
        ("/_stats/", create_stats_app()),
    ]
    return Application(routes, {"drawers": STOCK}, middlewares=[StatsMiddleware()], debug=True)


if __name__ == "__main__":
    create_app().serve()
