"""Managed resources: opened on first use, once a process, and closed at the end."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest

from clastic import (
    Application,
    Middleware,
    NotFound,
    Response,
    Route,
    SubApplication,
    managed,
)
from clastic.errors import ErrorHandler
from clastic.render import render_basic
from clastic.wiring import WiringError


class Recorder:
    """Make openers that record when they open and close."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def opener(self, name: str) -> Callable[[], Iterator[str]]:
        def open_resource() -> Iterator[str]:
            self.events.append(f"open {name}")
            yield f"value of {name}"
            self.events.append(f"close {name}")

        return open_resource


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def show_database(database: str) -> str:
    return database


def make_application(recorder: Recorder, **options: Any) -> Application:
    return Application(
        [("/", show_database, render_basic), ("/plain", lambda: Response("plain"))],
        resources={"database": managed(recorder.opener("database"))},
        **options,
    )


def test_a_resource_is_opened_by_the_first_request_that_needs_it(recorder: Recorder) -> None:
    client = make_application(recorder).get_local_client()
    assert client.get("/plain").text == "plain"
    assert recorder.events == []
    assert client.get("/").text == "value of database"
    assert recorder.events == ["open database"]


def test_a_resource_is_opened_once(recorder: Recorder) -> None:
    client = make_application(recorder).get_local_client()
    assert [client.get("/").text for _ in range(3)] == ["value of database"] * 3
    assert recorder.events == ["open database"]


def test_a_with_block_opens_and_closes(recorder: Recorder) -> None:
    with make_application(recorder) as application:
        assert recorder.events == ["open database"]
        assert application.get_local_client().get("/").text == "value of database"
    assert recorder.events == ["open database", "close database"]


def test_a_request_after_close_opens_again(recorder: Recorder) -> None:
    application = make_application(recorder)
    with application:
        pass
    assert application.get_local_client().get("/").text == "value of database"
    assert recorder.events == ["open database", "close database", "open database"]


def test_a_resource_takes_other_resources(recorder: Recorder) -> None:
    def open_database(path: str, pool: str) -> Iterator[str]:
        recorder.events.append("open database")
        yield f"{path} in {pool}"
        recorder.events.append("close database")

    application = Application(
        [("/", show_database, render_basic)],
        resources={
            "database": managed(open_database),
            "pool": managed(recorder.opener("pool")),
            "path": "links.db",
        },
    )
    assert application.get_local_client().get("/").text == "links.db in value of pool"
    application.close()
    assert recorder.events == ["open pool", "open database", "close database", "close pool"]


def test_a_callable_that_returns_a_context_manager_opens_too() -> None:
    @contextmanager
    def open_database() -> Iterator[str]:
        yield "from a context manager"

    application = Application(
        [("/", show_database, render_basic)], resources={"database": managed(open_database)}
    )
    assert application.get_local_client().get("/").text == "from a context manager"


def test_middlewares_and_error_handlers_take_managed_resources(recorder: Recorder) -> None:
    class Passing(Middleware):
        provides = ("user",)

        def request(self, next: Callable[..., Any], database: str) -> Any:
            return next(user=f"user of {database}")

    class Showing(ErrorHandler):
        def render_error(self, _error: Any, database: str) -> Response:
            return Response(f"{_error.code} with {database}", status=_error.code)

    application = Application(
        [("/", lambda user: user, render_basic)],
        resources={"database": managed(recorder.opener("database"))},
        middlewares=[Passing()],
        error_handler=Showing(),
    )
    client = application.get_local_client()
    assert client.get("/").text == "user of value of database"
    assert client.get("/missing").text == "404 with value of database"
    assert recorder.events == ["open database"]


def test_the_render_error_of_a_route_takes_a_managed_resource(recorder: Recorder) -> None:
    def fail() -> Response:
        raise NotFound

    def render_error(_error: NotFound, database: str) -> Response:
        return Response(database, status=_error.code)

    application = Application(
        [("/", fail, None, render_error)],
        resources={"database": managed(recorder.opener("database"))},
    )
    assert application.get_local_client().get("/").text == "value of database"


@pytest.mark.parametrize(
    ("prefixes", "opened"), [(["/a"], 1), (["/a", "/b"], 1)], ids=["embedded once", "twice"]
)
def test_the_outermost_application_opens_the_resources_of_embedded_ones(
    recorder: Recorder, prefixes: list[str], opened: int
) -> None:
    inner = make_application(recorder)
    outer = Application([SubApplication(prefix, inner) for prefix in prefixes])
    client = outer.get_local_client()
    assert [client.get(f"{prefix}/").text for prefix in prefixes] == [
        "value of database" for _ in prefixes
    ]
    inner.close()
    assert recorder.events == ["open database"] * opened
    outer.close()
    assert recorder.events == ["open database"] * opened + ["close database"] * opened


def test_an_embedded_resource_with_other_arguments_is_opened_separately() -> None:
    def open_database(path: str) -> Iterator[str]:
        yield f"database {path}"

    route = ("/", show_database, render_basic)
    inner = Application([route], resources={"database": managed(open_database), "path": "inner"})
    outer = Application(
        [
            ("/a", inner),
            ("/b", Application([SubApplication("/", inner)], resources={"path": "b"})),
        ]
    )
    client = outer.get_local_client()
    assert client.get("/a/").text == "database inner"
    assert client.get("/b/").text == "database b"


class Failing:
    """An opener that fails a number of times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def open_database(self) -> Iterator[str]:
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError("the database is away")
        yield "value of database"


def test_a_resource_that_cannot_be_opened_is_a_503_that_says_when_to_retry(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = Failing(failures=9)
    application = Application(
        [("/", show_database, render_basic), ("/plain", lambda: Response("plain"))],
        resources={"database": managed(failing.open_database)},
    )
    client = application.get_local_client()
    response = client.get("/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "database" not in response.text
    assert "The resource 'database' could not be opened. Next try after 1 s." in caplog.text
    assert client.get("/plain").status_code == 200


def test_opening_is_tried_again_after_a_wait_that_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("clastic.lifecycle.monotonic", lambda: now[0])
    failing = Failing(failures=3)
    application = Application(
        [("/", show_database, render_basic)],
        resources={"database": managed(failing.open_database)},
    )
    client = application.get_local_client()
    answers = []
    for seconds in (0, 0.5, 0.6, 1, 1.1, 4):
        now[0] += seconds
        response = client.get("/")
        answers.append((response.status_code, response.headers.get("Retry-After"), failing.calls))
    assert answers == [
        (503, "1", 1),
        (503, "1", 1),
        (503, "2", 2),
        (503, "1", 2),
        (503, "4", 3),
        (200, None, 4),
    ]


def test_open_raises_what_the_opener_raises() -> None:
    application = Application(
        [("/", show_database, render_basic)],
        resources={"database": managed(Failing(failures=1).open_database)},
    )
    with pytest.raises(ConnectionError, match="the database is away"):
        application.open()


def test_a_with_block_that_cannot_open_all_closes_what_it_opened(recorder: Recorder) -> None:
    application = Application(
        [("/", lambda cache, database: None)],
        resources={
            "cache": managed(recorder.opener("cache")),
            "database": managed(Failing(failures=1).open_database),
        },
    )
    with pytest.raises(ConnectionError), application:
        pass
    assert recorder.events == ["open cache", "close cache"]


def test_close_in_two_threads_closes_once(recorder: Recorder) -> None:
    application = make_application(recorder)
    application.open()
    threads = [threading.Thread(target=application.close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.events == ["open database", "close database"]


def test_an_opener_that_returns_something_else_is_named(caplog: pytest.LogCaptureFixture) -> None:
    application = Application(
        [("/", show_database, render_basic)],
        resources={"database": managed(lambda: 5)},  # type: ignore[arg-type,return-value]
    )
    assert application.get_local_client().get("/").status_code == 503
    assert "returned an int, which is not a context manager." in caplog.text


def test_an_error_while_closing_is_logged_and_the_others_are_closed(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    def open_cache(database: str) -> Iterator[str]:
        yield database
        raise OSError("the cache is stuck")

    application = Application(
        [("/", lambda cache: cache, render_basic)],
        resources={
            "cache": managed(open_cache),
            "database": managed(recorder.opener("database")),
        },
    )
    application.open()
    application.close()
    assert "The resource 'cache' could not be closed." in caplog.text
    assert recorder.events == ["open database", "close database"]


def test_close_waits_for_a_body_that_is_still_being_sent(recorder: Recorder) -> None:
    def stream(database: str) -> Response:
        return Response(iter([b"first ", database.encode()]))

    application = Application(
        [("/", stream)], resources={"database": managed(recorder.opener("database"))}
    )
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": BytesIO()}
    body: Any = application(environ, lambda *_: lambda _: None)
    assert next(iter(body)) == b"first "
    closing = threading.Thread(target=application.close)
    closing.start()
    while not application.lifecycle.is_closing:
        pass
    assert application.get_local_client().get("/").status_code == 503
    assert recorder.events == ["open database"]
    body.close()
    closing.join()
    assert recorder.events == ["open database", "close database"]


def test_close_does_not_wait_longer_than_its_timeout(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    application = Application(
        [("/", lambda database: Response(iter([database])))],
        resources={"database": managed(recorder.opener("database"))},
    )
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": BytesIO()}
    body = application(environ, lambda *_: lambda _: None)
    application.close(timeout=0.01)
    assert "Closing resources that 1 requests still use, after 0.01 s." in caplog.text
    assert recorder.events == ["open database", "close database"]
    del body


def test_many_threads_at_once_open_a_resource_once(recorder: Recorder) -> None:
    application = make_application(recorder)
    start = threading.Barrier(8)
    texts = []

    def visit() -> None:
        start.wait()
        texts.append(application.get_local_client().get("/").text)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["value of database"] * 8
    assert recorder.events == ["open database"]


PROGRAM = """
import os
from clastic import Application, Response, managed

def open_database():
    print("open in", names[os.getpid()], flush=True)
    yield "database"
    print("close in", names[os.getpid()], flush=True)

names = {os.getpid(): "parent"}
application = Application(
    [("/", lambda database: Response(database))], resources={"database": managed(open_database)}
)
client = application.get_local_client()
"""

PROGRAMS = {
    "closed when the process ends": ("client.get('/')", ["open in parent", "close in parent"]),
    "closed once": (
        "client.get('/'); application.close()",
        ["open in parent", "close in parent"],
    ),
    "never opened": ("", []),
    "opened by each process after a fork": (
        """
client.get('/')
if pid := os.fork():
    os.waitpid(pid, 0)
else:
    names[os.getpid()] = "child"
    client.get('/')
""",
        ["open in parent", "open in child", "close in child", "close in parent"],
    ),
}


@pytest.mark.parametrize(("end", "events"), PROGRAMS.values(), ids=PROGRAMS)
def test_in_a_process_the_resource_is(end: str, events: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + end], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == events


def problem_of(resources: dict[str, Any]) -> str:
    with pytest.raises(WiringError) as caught:
        Application([Route("/links", show_database, render_basic)], resources=resources)
    return str(caught.value)


def test_a_missing_argument_of_an_opener_is_a_wiring_problem() -> None:
    def open_database(pth: str) -> Iterator[str]:
        yield pth

    line = open_database.__code__.co_firstlineno
    assert problem_of({"database": managed(open_database), "path": "x"}) == (
        f"Resource 'database' (opened by open_database, framework/tests/test_lifecycle.py:{line}) "
        "needs 'pth', which is not a resource.\n"
        "  Found on route '/links'.\n"
        "  Available here: database, path. Did you mean 'path'?\n"
        "  Otherwise add it to resources=."
    )


def test_openers_that_need_each_other_are_a_wiring_problem() -> None:
    def open_database(cache: str) -> Iterator[str]:
        yield cache

    def open_cache(database: str) -> Iterator[str]:
        yield database

    message = problem_of({"database": managed(open_database), "cache": managed(open_cache)})
    assert "is part of a cycle: 'database' needs 'cache' needs 'database'." in message


def test_an_opener_cannot_take_the_request() -> None:
    def open_database(request: Any) -> Iterator[str]:
        yield request

    message = problem_of({"database": managed(open_database)})
    assert "needs 'request', which exists only during a request." in message


@pytest.mark.parametrize("arguments", [(5,), (show_database, 5)], ids=["open_", "check"])
def test_managed_takes_callables(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"of managed\(\) is 5, which is not callable"):
        managed(*arguments)
