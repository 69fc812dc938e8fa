"""Test the profile of a request."""

from __future__ import annotations

import cProfile
import re
import threading
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
)
from clastic.middleware import SimpleProfileMiddleware

PAGE = {"Accept": "text/html"}


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

    def test_other_parameter_names(self) -> None:
        client = served(get_param="time", sort_param="by")
        assert client.get("/?_prof=true").text == "worked"
        assert "by calls:" in client.get("/?time=true&by=calls").text

    @pytest.mark.parametrize(
        ("debug", "is_profiled"), [(True, True), (False, False), (None, False)]
    )
    def test_debug_only(self, debug: bool | None, is_profiled: bool) -> None:
        middleware = SimpleProfileMiddleware(debug_only=True)
        application = Application([("/", work)], middlewares=[middleware], debug=debug)
        response = application.get_local_client().get("/?_prof=true")
        assert (response.text != "worked") is is_profiled

    def test_a_query_that_is_not_utf8(self) -> None:
        client = served()
        for query, status in (("_prof=\xff", 400), ("\xff", 200)):
            response = client.get("/", environ_overrides={"QUERY_STRING": query})
            assert response.status_code == status


class TestReport:
    def test_as_text(self) -> None:
        response = served().get("/?_prof=true")
        first, second, third, empty, header, *_ = response.text.splitlines()
        assert re.fullmatch(r"GET /: work, .*test_profile\.py:\d+", first)
        pattern = r"Result: 200 OK, in [\d.]+ ms, profiling included\."
        assert re.fullmatch(pattern, second)
        assert re.fullmatch(r"All \d+ functions, by cumulative:", third)
        assert empty == ""
        assert re.split(r"\s+\|\s+", header) == ["Function", "Calls", "Own ms", "Total ms", "Where"]
        assert response.content_type == "text/plain; charset=utf-8"
        assert (response.headers["Vary"], response.headers["Cache-Control"]) == (
            "Accept",
            "no-store",
        )

    def test_called_functions_are_in_it(self) -> None:
        (line,) = lines_of(served().get("/?_prof=true"), "helper")
        name, calls, own, cumulative, where = re.split(r"\s+\|\s+", line)
        assert (calls, name) == ("3", "helper")
        assert re.fullmatch(r"\d+\.\d{3}", own)
        assert re.fullmatch(r"\d+\.\d{3}", cumulative)
        assert re.fullmatch(r".*test_profile\.py:\d+", where)

    def test_as_a_page(self) -> None:
        response = served().get("/?_prof=true", headers=PAGE)
        assert response.content_type == "text/html; charset=utf-8"
        assert response.text.startswith("<!doctype html>")
        assert "<td>helper</td>" in response.text
        assert '<td class="number">3</td>' in response.text

    def test_the_page_escapes_what_it_shows(self) -> None:
        exec(
            compile("def work(): return Response('x')", "<script>", "exec"), globals(), scope := {}
        )
        response = served(scope["work"], ("/<any>", lambda any: Response(any))).get(
            "/%3Cscript%3E?_prof=true", headers=PAGE
        )
        assert "<script>" not in response.text
        assert "&lt;script&gt;" in response.text
        page = served(scope["work"]).get("/?_prof=true", headers=PAGE)
        assert "<script>" not in page.text
        assert "&lt;script&gt;:1" in page.text

    @pytest.mark.parametrize(
        ("sort", "key"),
        [
            pytest.param("cumulative", lambda cells: -float(cells[3]), id="cumulative"),
            pytest.param("tottime", lambda cells: -float(cells[2]), id="tottime"),
            pytest.param("calls", lambda cells: -int(cells[1]), id="calls"),
            pytest.param("name", lambda cells: cells[0], id="name"),
        ],
    )
    def test_sorting(self, sort: str, key: Callable[[list[str]], Any]) -> None:
        response = served().get(f"/?_prof=true&_prof_sort={sort}")
        rows = [re.split(r"\s*\|\s*", line) for line in response.text.splitlines()[6:]]
        assert len(rows) > 3
        assert [key(row) for row in rows] == sorted(key(row) for row in rows)

    def test_an_unknown_sort_order(self) -> None:
        response = served().get("/?_prof=true&_prof_sort=random")
        assert response.status_code == 400
        assert (
            "_prof_sort can be cumulative, tottime, calls, name, and nothing else." in response.text
        )

    def test_the_number_of_functions_is_limited(self) -> None:
        lines = served(limit=2).get("/?_prof=true").text.splitlines()
        assert re.fullmatch(r"The first 2 of \d+ functions, by cumulative:", lines[2])
        assert len(lines) == 8


class TestResults:
    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            pytest.param(lambda: BadRequest(), "400 BAD REQUEST", id="an error"),
            pytest.param(lambda: Gone(), "410 GONE", id="an error of Werkzeug"),
            pytest.param(
                lambda: {"a": 1}, "no response but a dict", id="a value that is not a response"
            ),
        ],
    )
    def test_results_that_are_returned(self, answer: Callable[[], Any], outcome: str) -> None:
        assert f"Result: {outcome}, in" in served(answer).get("/?_prof=true").text

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            pytest.param(BadRequest("x"), "400 BAD REQUEST", id="an error"),
            pytest.param(Gone(), "410 GONE", id="an error of Werkzeug"),
        ],
    )
    def test_errors_that_are_raised(self, error: Exception, outcome: str) -> None:
        def fail() -> None:
            raise error

        response = served(fail).get("/?_prof=true")
        assert (response.status_code, f"Result: {outcome}, in" in response.text) == (200, True)
        assert error.__traceback__ is None

    def test_a_miss(self) -> None:
        response = served().get("/nowhere?_prof=true")
        assert "Result: 404 NOT FOUND, in" in response.text

    @pytest.mark.parametrize("is_raised", [True, False], ids=["raised", "returned"])
    def test_an_error_that_lets_dispatch_go_on(self, is_raised: bool) -> None:
        def pass_on() -> NotFound:
            error = NotFound(is_breaking=False)
            if is_raised:
                raise error
            return error

        response = served(pass_on, ("/", work)).get("/?_prof=true")
        assert len(lines_of(response, "helper")) == 1

    def test_an_uncaught_exception_is_a_500(self) -> None:
        def crash() -> None:
            raise ZeroDivisionError

        client = served(crash, ("/work", work))
        assert client.get("/?_prof=true").status_code == 500
        assert len(lines_of(client.get("/work?_prof=true"), "helper")) == 1

    def test_a_reroute_to_another_application(self) -> None:
        client = served(RerouteWSGI(Response("over")))
        assert client.get("/?_prof=true").text == "over"

    def test_the_replaced_response_is_closed(self) -> None:
        closed = []

        def stream() -> Response:
            response = Response(iter(["x"]))
            response.call_on_close(lambda: closed.append(True))
            return response

        served(stream).get("/?_prof=true")
        assert closed == [True]


class TestOneAtATime:
    """Since Python 3.12 the profiler follows all threads, so there can be only one."""

    def test_while_another_request_is_profiled(self) -> None:
        asked, answered = threading.Event(), threading.Event()

        def wait() -> Response:
            asked.set()
            assert answered.wait(10)
            return Response("waited")

        client = served(wait, ("/work", work))
        responses = []
        thread = threading.Thread(target=lambda: responses.append(client.get("/?_prof=true")))
        thread.start()
        try:
            assert asked.wait(10)
            busy = served().get("/?_prof=true")
            assert served().get("/").text == "worked"
        finally:
            answered.set()
            thread.join(10)
        assert busy.status_code == 503
        assert busy.headers["Retry-After"] == "1"
        assert "Another profile is being taken in this process" in busy.text
        assert "Result: 200 OK" in responses[0].text
        assert "Result: 200 OK" in client.get("/work?_prof=true").text

    def test_while_another_profiler_is_active(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Refusing(cProfile.Profile):
            def enable(self, *arguments: Any, **options: Any) -> None:
                raise ValueError("Another profiling tool is already active")

        monkeypatch.setattr(cProfile, "Profile", Refusing)
        client = served()
        assert [client.get("/?_prof=true").status_code for _ in range(2)] == [503, 503]


def test_middlewares_of_one_configuration_are_equal() -> None:
    assert SimpleProfileMiddleware() == SimpleProfileMiddleware()
    assert SimpleProfileMiddleware() != SimpleProfileMiddleware("time")
    assert repr(SimpleProfileMiddleware()) == "SimpleProfileMiddleware('_prof')"
