"""Test what is counted of each route, and the pages that show it."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from werkzeug.exceptions import Gone
from werkzeug.test import Client, create_environ, run_wsgi_app

from clastic import (
    GET,
    POST,
    Application,
    BadRequest,
    Middleware,
    NotFound,
    RerouteWSGI,
    Response,
    Route,
)
from clastic.middleware.stats import StatsMiddleware, create_stats_app
from clastic.testing import Clock

HTML = {"Accept": "text/html"}


def ok() -> Response:
    return Response("ok")


def fail() -> None:
    raise ZeroDivisionError


def refuse() -> None:
    raise BadRequest


def counted(
    *routes: Any, clock: Callable[[], float] | None = None
) -> tuple[StatsMiddleware, Client]:
    """A middleware that counts the responses of these routes, and a client."""
    stats = StatsMiddleware() if clock is None else StatsMiddleware(clock)
    application = Application(routes, middlewares=[stats])
    return stats, application.get_local_client()


def rows(stats: StatsMiddleware) -> list[tuple[str, int, int]]:
    """The pattern, the status and the number of responses of each row."""
    return [(row.pattern, row.status, row.count) for row in stats.report().routes]


class TestCounting:
    def test_responses_are_counted_by_pattern_and_status(self) -> None:
        stats, client = counted(("/links/<id:int>", ok), ("/bad", refuse), ("/broken", fail))
        for path in ("/links/1", "/links/2", "/bad", "/broken", "/links/3", "/broken"):
            client.get(path)
        assert rows(stats) == [
            ("/bad", 400, 1),
            ("/broken", 500, 2),
            ("/links/<id:int>", 200, 3),
        ]

    def test_a_route_has_a_row_for_each_status(self) -> None:
        def answer(status: int) -> Response:
            return Response("x", status)

        stats, client = counted(("/<status:int>", answer))
        for status in (200, 200, 404):
            client.get(f"/{status}")
        assert rows(stats) == [("/<status:int>", 200, 2), ("/<status:int>", 404, 1)]

    def test_the_pattern_of_a_row_includes_the_prefixes(self) -> None:
        inner = Application([("/show", ok)])
        stats, client = counted(("/v1", inner), ("/v2", Application([("/deep", inner)])))
        client.get("/v1/show")
        client.get("/v2/deep/show")
        assert rows(stats) == [("/v1/show", 200, 1), ("/v2/deep/show", 200, 1)]

    def test_routes_of_one_pattern_differ_by_their_methods(self) -> None:
        stats, client = counted(GET("/", ok), POST("/", refuse))
        client.get("/")
        client.head("/")
        client.post("/")
        assert [(row.methods, row.status, row.count) for row in stats.report().routes] == [
            (("GET", "HEAD"), 200, 2),
            (("POST",), 400, 1),
        ]

    def test_unmatched_requests_are_counted_together(self) -> None:
        stats, client = counted(GET("/", ok), GET("/a/<b>", ok))
        for path in ("/x", "/y", "/a/b/c"):
            client.get(path)
        client.post("/")
        assert rows(stats) == [("(unmatched)", 404, 3), ("(unmatched)", 405, 1)]

    def test_a_route_that_matches_everything_is_not_unmatched(self) -> None:
        stats, client = counted(("/<_path*>", ok))
        client.get("/x")
        assert rows(stats) == [("/<_path*>", 200, 1)]

    @pytest.mark.parametrize(
        ("endpoint", "status"),
        [
            pytest.param(lambda: BadRequest(), 400, id="a returned error"),
            pytest.param(lambda: Gone(), 410, id="an error of Werkzeug"),
            pytest.param(RerouteWSGI(Response("x", 202)), 202, id="another application"),
            pytest.param(lambda: None, 500, id="a value that is not a response"),
        ],
    )
    def test_other_results_are_counted(self, endpoint: Any, status: int) -> None:
        stats, client = counted(("/", endpoint))
        client.get("/")
        assert rows(stats) == [("/", status, 1)]

    def test_a_raised_error_of_werkzeug_is_counted(self) -> None:
        def gone() -> None:
            raise Gone

        stats, client = counted(("/", gone))
        client.get("/")
        assert rows(stats) == [("/", 410, 1)]

    def test_a_request_counts_for_the_route_that_responds(self) -> None:
        def pass_on(is_raised: bool) -> NotFound:
            if is_raised:
                raise NotFound(is_breaking=False)
            return NotFound(is_breaking=False)

        stats, client = counted(
            Route("/a", pass_on, resources={"is_raised": True}, falls_through=True),
            Route("/a", pass_on, resources={"is_raised": False}),
            ("/<name>", ok),
            Route("/b/c", pass_on, resources={"is_raised": True}),
        )
        client.get("/a")
        client.get("/b/c")
        assert rows(stats) == [("/<name>", 200, 1), ("/b/c", 404, 1)]

    def test_an_exit_is_not_counted(self) -> None:
        def leave() -> None:
            raise SystemExit

        stats, client = counted(("/", leave))
        with pytest.raises(SystemExit):
            client.get("/")
        assert rows(stats) == []

    def test_32_threads_lose_no_count(self) -> None:
        stats, client = counted(("/<n:int>", ok), ("/bad", refuse))
        application: Any = client.application
        ready = threading.Barrier(32)

        def ask() -> None:
            own = application.get_local_client()
            ready.wait(10)
            for number in range(50):
                own.get(f"/{number}")
                own.get("/bad")

        threads = [threading.Thread(target=ask) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert rows(stats) == [("/<n:int>", 200, 1600), ("/bad", 400, 1600)]

    def test_memory_does_not_grow(self) -> None:
        stats, client = counted(("/", ok))
        environ = create_environ("/")

        def respond(number: int) -> None:
            for _ in range(number):
                run_wsgi_app(client.application, environ.copy())

        tracemalloc.start()
        try:
            respond(1200)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            respond(2000)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert grown < 10_000
        assert rows(stats) == [("/", 200, 3200)]


class TestTimes:
    def test_a_row_has_the_quantiles_of_its_times(self) -> None:
        clock = Clock(1000)

        def take(milliseconds: int) -> Response:
            clock.advance(milliseconds / 1000)
            return Response("x")

        stats, client = counted(("/<milliseconds:int>", take), clock=clock)
        for milliseconds in range(1, 101):
            client.get(f"/{milliseconds}")
        (route,) = stats.report().routes
        assert route.milliseconds == pytest.approx(
            {
                "total_duration": 5050,
                "min": 1,
                "max": 100,
                "mean": 50.5,
                "std_dev": 28.866,
                "mad": 25,
                "0.25": 25.75,
                "0.5": 50.5,
                "0.75": 75.25,
                "0.95": 95.05,
                "0.99": 99.01,
            },
            rel=1e-4,
        )
        assert stats.report().seconds == pytest.approx(5.05)

    def test_a_reset_begins_the_count_anew(self) -> None:
        clock = Clock(1000)
        stats, client = counted(("/", ok), clock=clock)
        client.get("/")
        clock.advance(5)
        stats.reset()
        clock.advance(1)
        assert (rows(stats), stats.report().seconds) == ([], 1)

    def test_times_are_those_of_the_latest_responses(self) -> None:
        clock = Clock(1000)

        def take(milliseconds: int) -> Response:
            clock.advance(milliseconds / 1000)
            return Response("x")

        stats, client = counted(("/<milliseconds:int>", take), clock=clock)
        for milliseconds in [500] + [1] * 1000:
            client.get(f"/{milliseconds}")
        (route,) = stats.report().routes
        assert (route.count, route.milliseconds["max"]) == (1001, pytest.approx(1))
        assert route.milliseconds["total_duration"] == pytest.approx(1500)

    def test_times_include_the_inner_middlewares(self) -> None:
        clock = Clock(1000)

        class Slow(Middleware):
            def request(self, next: Callable[..., Any]) -> Any:
                clock.advance(1)
                return next()

        stats = StatsMiddleware(clock)
        application = Application([("/", ok)], middlewares=[stats, Slow()])
        application.get_local_client().get("/")
        assert stats.report().routes[0].milliseconds["max"] == 1000


class TestStatsApplication:
    def embedded(self, *routes: Any, stats: StatsMiddleware | None = None) -> Client:
        clock = Clock(1000)
        counting = StatsMiddleware(clock) if stats is None else stats
        application = Application(
            [*routes, ("/stats", create_stats_app(stats))], middlewares=[counting]
        )
        return application.get_local_client()

    @pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
    def test_counts_are_sent_as_json(self, accept: str | None) -> None:
        client = self.embedded(GET("/x/<id>", ok), POST("/x/<id>", ok), ("/broken", fail))
        for path in ("/x/1", "/broken", "/nowhere", "/x/2"):
            client.get(path)
        client.post("/x/1")
        response = client.get("/stats/", headers={"Accept": accept} if accept else {})
        assert response.headers["Cache-Control"] == "no-store"
        assert sorted(response.json) == ["cur_time_utc", "route_stats", "start_time_utc"]
        counts = {
            name: {status: numbers["count"] for status, numbers in statuses.items()}
            for name, statuses in response.json["route_stats"].items()
        }
        assert counts == {
            "/broken": {"500": 1},
            "GET,HEAD /x/<id>": {"200": 2},
            "POST /x/<id>": {"200": 1},
            "(unmatched)": {"404": 1},
        }

    def test_the_json_has_the_times_of_a_route(self) -> None:
        client = self.embedded(GET("/x", ok))
        client.get("/x")
        data = client.get("/stats/").json
        numbers = data["route_stats"]["/x"]["200"]
        times = ["min", "max", "mean", "std_dev", "mad", "total_duration"]
        quantiles = ["0.25", "0.5", "0.75", "0.95", "0.99"]
        assert sorted(numbers) == sorted(["count", "last_hit", *times, *quantiles])
        moments = [data["start_time_utc"], numbers["last_hit"], data["cur_time_utc"]]
        assert moments == sorted(moments)
        assert all(datetime.fromisoformat(each).tzinfo is None for each in moments)

    def test_a_post_resets_the_counts(self) -> None:
        client = self.embedded(GET("/x", ok))
        client.get("/x")
        response = client.post("/stats/reset")
        assert response.json["reset"] is True
        assert list(response.json["route_stats"]) == ["/x"]
        assert list(client.get("/stats/").json["route_stats"]) == ["/stats/reset"]
        assert client.get("/stats/reset").status_code == 405

    def test_counts_are_shown_on_a_page(self) -> None:
        client = self.embedded(GET("/x/<id>", ok), ("/broken", fail))
        for path in ("/x/1", "/broken"):
            client.get(path)
        response = client.get("/stats/", headers=HTML)
        assert response.content_type == "text/html; charset=utf-8"
        numbers = [f'<td><span class="number">{number}</span></td>' for number in (200, 1)]
        row = "".join(["<td>GET HEAD /x/&lt;id&gt;</td>", *numbers])
        assert row in "".join(response.text.splitlines())
        assert 'href="?format=json"' in response.text
        assert client.get("/stats/?format=json", headers=HTML).is_json
        assert "Counted for 0:00:00 (h:mm:ss)." in response.text

    def test_a_page_without_requests_is_shown(self) -> None:
        assert "No requests yet." in self.embedded().get("/stats/", headers=HTML).text

    def test_it_shows_the_given_middleware(self) -> None:
        stats = StatsMiddleware()
        application = Application([("/", ok)], middlewares=[stats])
        application.get_local_client().get("/")
        client = create_stats_app(stats).get_local_client()
        assert list(client.get("/").json["route_stats"]) == ["/"]

    def test_it_finds_the_middleware_of_a_single_route(self) -> None:
        application = Application(
            [
                ("/a", ok),
                Route("/", ok, middlewares=[StatsMiddleware()]),
                ("/s", create_stats_app()),
            ]
        )
        client = application.get_local_client()
        client.get("/a")
        client.get("/")
        assert list(client.get("/s/").json["route_stats"]) == ["/"]

    def test_an_application_without_the_middleware_is_an_error(self) -> None:
        response = create_stats_app().get_local_client().get("/")
        assert response.status_code == 501
        assert "This application has no StatsMiddleware. Add one" in response.text

    @pytest.mark.parametrize(
        ("seconds", "period"),
        [
            pytest.param(59.9, "0:00:59", id="seconds"),
            pytest.param(60, "0:01:00", id="a minute"),
            pytest.param(7500, "2:05:00", id="hours"),
            pytest.param(90_000, "1 day, 1:00:00", id="a day"),
        ],
    )
    def test_the_page_shows_the_period_that_it_covers(self, seconds: float, period: str) -> None:
        clock = Clock(1000)
        client = self.embedded(stats=StatsMiddleware(clock))
        clock.advance(seconds)
        assert f"Counted for {period} (h:mm:ss)." in client.get("/stats/", headers=HTML).text


def test_two_middlewares_count_apart() -> None:
    one, other = StatsMiddleware(), StatsMiddleware()
    assert one != other
    assert len({one, other}) == 2
    inner = Application([("/", ok)], middlewares=[one])
    client = Application([("/", inner)], middlewares=[other]).get_local_client()
    client.get("/")
    assert rows(one) == rows(other) == [("/", 200, 1)]
