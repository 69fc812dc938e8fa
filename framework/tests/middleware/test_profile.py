"""Test the profile of a request."""

from __future__ import annotations

import cProfile
import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.exceptions import Gone
from werkzeug.test import Client, TestResponse

from clastic import (
    Application,
    BadRequest,
    NotFound,
    RerouteWSGI,
    Response,
    Route,
)
from clastic.middleware import SimpleProfileMiddleware


def helper() -> None:
    """A function that the endpoint calls."""


def work() -> Response:
    for _ in range(3):
        helper()
    return Response("worked")


def served(endpoint: Callable[..., Any] = work, *more: Any, **options: Any) -> Client:
    application = Application(
        [("/", endpoint), *more], middlewares=[SimpleProfileMiddleware(**options)]
    )
    return application.get_local_client()


def lines_of(response: TestResponse, word: str) -> list[str]:
    """The lines of a text report that have a word in them."""
    return [line for line in response.text.splitlines() if re.search(rf"\b{word}\b", line)]


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "is_profiled"),
        [
            pytest.param("?_prof=true", True, id="true"),
            pytest.param("?_prof=1", True, id="1"),
            pytest.param("?a=1&_prof=yes", True, id="after another parameter"),
            pytest.param("", False, id="no query"),
            pytest.param("?_prof=false", False, id="false"),
            pytest.param("?_prof=", False, id="empty"),
            pytest.param("?_prof=maybe", False, id="maybe"),
            pytest.param("?a=_prof", False, id="another parameter"),
            pytest.param("?_prof_sort=calls", False, id="only the sort parameter"),
        ],
    )
    def test_a_query_parameter_asks_for_the_profile(self, query: str, is_profiled: bool) -> None:
        response = served().get(f"/{query}")
        assert (response.text != "worked") is is_profiled
        assert response.status_code == 200

    def test_the_names_of_the_parameters_can_be_chosen(self) -> None:
        client = served(get_param_name="time", sort_param_name="by")
        assert client.get("/?_prof=true").text == "worked"
        assert "Ordered by: call count" in client.get("/?time=true&by=calls").text

    @pytest.mark.parametrize(
        ("debug", "is_profiled"), [(True, True), (False, False), (None, False)]
    )
    def test_the_profile_can_be_limited_to_debug_mode(
        self, debug: bool | None, is_profiled: bool
    ) -> None:
        middleware = SimpleProfileMiddleware(debug_only=True)
        application = Application([("/", work)], middlewares=[middleware], debug=debug)
        response = application.get_local_client().get("/?_prof=true")
        assert (response.text != "worked") is is_profiled

    def test_a_query_that_is_not_utf8_is_not_a_server_error(self) -> None:
        client = served()
        for query, status in (("_prof=\xff", 400), ("\xff", 200)):
            response = client.get("/", environ_overrides={"QUERY_STRING": query})
            assert response.status_code == status


class TestReport:
    def test_the_report_is_that_of_pstats(self) -> None:
        response = served().get("/?_prof=true")
        lines = response.text.splitlines()
        assert lines[0] == "GET /: 200 OK"
        assert re.fullmatch(r" +\d+ function calls .*in [\d.]+ seconds", lines[1])
        assert "   Ordered by: cumulative time" in lines
        assert response.content_type == "text/plain; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"

    def test_the_report_has_the_called_functions(self) -> None:
        (line,) = lines_of(served().get("/?_prof=true"), "helper")
        assert re.fullmatch(r" +3 +[\d. ]+ \S*test_profile\.py:\d+\(helper\)", line)

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("cumulative", "cumulative time"),
            ("tottime", "internal time"),
            ("calls", "call count"),
            ("name", "function name"),
        ],
    )
    def test_the_report_can_be_sorted(self, sort: str, order: str) -> None:
        response = served().get(f"/?_prof=true&_prof_sort={sort}")
        assert f"Ordered by: {order}\n" in response.text

    def test_an_unknown_sort_order_is_a_bad_request(self) -> None:
        response = served().get("/?_prof=true&_prof_sort=random")
        assert response.status_code == 400
        assert "_prof_sort must be one of: cumulative, tottime, calls, name." in response.text

    def test_the_number_of_functions_is_limited(self) -> None:
        text = served(limit=2).get("/?_prof=true").text
        assert "due to restriction <2>" in text
        assert len(text.partition("(function)\n")[2].split("\n")) == 5


class TestResults:
    @pytest.mark.parametrize(
        ("result", "status"),
        [
            pytest.param(BadRequest("x"), "400 BAD REQUEST", id="an error"),
            pytest.param(Gone(), "410 GONE", id="an error of Werkzeug"),
            pytest.param({"a": 1}, "500 INTERNAL SERVER ERROR", id="not a response"),
            pytest.param(ZeroDivisionError(), "500 INTERNAL SERVER ERROR", id="an exception"),
        ],
    )
    def test_the_profile_replaces_any_result(self, result: Any, status: str) -> None:
        def endpoint() -> Any:
            helper()
            if isinstance(result, Exception):
                raise result
            return result

        response = served(endpoint).get("/?_prof=true")
        assert (response.status_code, response.text.splitlines()[0]) == (200, f"GET /: {status}")
        assert len(lines_of(response, "helper")) == 1

    def test_a_miss_can_be_profiled(self) -> None:
        response = served().get("/nowhere?_prof=true")
        assert response.text.startswith("GET /nowhere: 404 NOT FOUND\n")

    @pytest.mark.parametrize("is_raised", [True, False], ids=["raised", "returned"])
    def test_dispatch_continues_after_a_non_breaking_error(self, is_raised: bool) -> None:
        def pass_on() -> NotFound:
            error = NotFound(is_breaking=False)
            if is_raised:
                raise error
            return error

        routes = [Route("/", pass_on, falls_through=True), ("/", work)]
        application = Application(routes, middlewares=[SimpleProfileMiddleware()])
        response = application.get_local_client().get("/?_prof=true")
        assert len(lines_of(response, "helper")) == 1

    def test_the_profile_replaces_a_response_of_another_wsgi_application(self) -> None:
        response = served(RerouteWSGI(Response("over"))).get("/?_prof=true")
        assert response.text.startswith("GET /: 200 OK\n")

    def test_the_replaced_response_is_closed(self) -> None:
        closed = []

        def stream() -> Response:
            response = Response(iter(["x"]))
            response.call_on_close(lambda: closed.append(True))
            return response

        served(stream).get("/?_prof=true")
        assert closed == [True]


def test_another_active_profiler_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(cProfile.Profile):
        def enable(self, *arguments: Any, **options: Any) -> None:
            raise ValueError("Another profiling tool is already active")

    monkeypatch.setattr(cProfile, "Profile", Refusing)
    response = served().get("/?_prof=true")
    assert response.status_code == 503
    assert "Another profiler is active in this process." in response.text


def test_middlewares_of_one_configuration_are_equal() -> None:
    assert SimpleProfileMiddleware() == SimpleProfileMiddleware()
    assert SimpleProfileMiddleware() != SimpleProfileMiddleware("time")
    assert repr(SimpleProfileMiddleware()) == "SimpleProfileMiddleware('_prof')"
