"""The body of a request that gets a 413 is drained, so that its client can read the response."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from werkzeug.exceptions import RequestEntityTooLarge as WerkzeugTooLarge
from werkzeug.test import EnvironBuilder

from clastic import POST, Application, HTTPException, Request, Response
from clastic.errors import RequestEntityTooLarge
from clastic.http.limits import drain_request_body

MIB = 1024 * 1024


def begin(request: Request) -> NoReturn:
    request.stream.read(200)
    raise RequestEntityTooLarge("No room for more.")


def refuse() -> NoReturn:
    raise RequestEntityTooLarge("No room.")


ROUTES = [POST("/begun", begin), POST("/", refuse)]


class Source:
    """A request body of zeros without an end."""

    def __init__(self, length: float) -> None:
        self.left = length
        self.count = 0
        self.largest = 0

    def read(self, size: int) -> bytes:
        data = bytes(int(min(size, self.left)))
        self.left -= len(data)
        self.count += len(data)
        self.largest = max(self.largest, size)
        return data

    def read1(self, size: int) -> bytes:
        return self.read(size)


class BufferedSource(Source):
    """A body that can be read in small parts."""

    def read1(self, size: int) -> bytes:
        return super().read(min(size, 1_000))

    def read(self, size: int) -> NoReturn:
        raise AssertionError("blocks until all bytes are there")


class BlockingSource(Source):
    """A body that can only be read as a whole, as that of Gunicorn."""

    read1 = None  # type: ignore[assignment]


def run(application: Any, environ: dict[str, Any]) -> tuple[int, Callable[[], object]]:
    """Return the status of a response, which is sent, and the function that closes it."""
    statuses: list[str] = []
    body = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    b"".join(body)
    return int(statuses[0][:3]), getattr(body, "close", object)


def post(source: Any, path: str = "/", **environ: Any) -> tuple[int, Callable[[], object]]:
    """Send a request with a body to one of the routes."""
    base = EnvironBuilder(path=path, method="POST", content_type="text/plain").get_environ()
    return run(Application(ROUTES), {**base, "wsgi.input": source, **environ})


def test_the_response_is_sent_before_the_rest_is_read() -> None:
    source = Source(5_000)
    status, close = post(source, CONTENT_LENGTH="5000")

    assert (status, source.count) == (413, 0)
    close()
    assert source.count == 5_000


@pytest.mark.parametrize(
    ("length", "environ", "count"),
    [
        pytest.param(9_000, {"CONTENT_LENGTH": "5000"}, 5_000, id="up to its length"),
        pytest.param(4_000, {"CONTENT_LENGTH": "5000"}, 4_000, id="up to its end"),
        pytest.param(9_000, {}, 0, id="without a length"),
        pytest.param(9_000, {"CONTENT_LENGTH": "x"}, 0, id="with an invalid length"),
        pytest.param(9_000, {"wsgi.input_terminated": True}, 9_000, id="up to an end of its own"),
        pytest.param(float("inf"), {"wsgi.input_terminated": True}, 64 * MIB, id="up to the limit"),
        pytest.param(
            float("inf"),
            {"CONTENT_LENGTH": str(99 * MIB)},
            64 * MIB,
            id="up to the limit of a longer one",
        ),
        pytest.param(
            9_000,
            {"CONTENT_LENGTH": "5000", "HTTP_EXPECT": "100-Continue"},
            0,
            id="not from a client that expects 100-continue",
        ),
    ],
)
def test_how_much_is_read(length: float, environ: dict[str, Any], count: int) -> None:
    source = Source(length)
    _, close = post(source, **environ)
    close()

    assert source.count == count
    assert source.largest <= 65_536


def test_data_that_was_read_is_not_read_again() -> None:
    source = Source(9_000)
    status, close = post(source, "/begun", CONTENT_LENGTH="500")
    assert (status, source.count) == (413, 200)
    close()

    assert source.count == 500


def test_a_source_without_read1_is_not_read_on() -> None:
    source = BlockingSource(5_000)
    status, close = post(source, CONTENT_LENGTH="5000")
    close()

    assert (status, source.count) == (413, 0)


def test_a_source_with_read1_is_read_in_small_parts() -> None:
    source = BufferedSource(5_000)
    _, close = post(source, CONTENT_LENGTH="5000")
    close()

    assert source.count == 5_000


def test_reading_ends_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000, 4))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    source = BufferedSource(float("inf"))
    _, close = post(source, CONTENT_LENGTH="9000000")
    close()

    assert source.count == 2_000


@pytest.mark.parametrize("error", [ConnectionResetError(), ValueError("closed file")], ids=repr)
def test_a_client_that_has_disconnected_is_not_an_error(error: Exception) -> None:
    class Gone(Source):
        def read1(self, size: int) -> NoReturn:
            raise error

    status, close = post(Gone(5_000), CONTENT_LENGTH="5000")
    close()

    assert status == 413


def test_the_response_is_closed_too() -> None:
    closed = []
    response = Response("text")
    response.call_on_close(lambda: closed.append(True))
    environ = EnvironBuilder(method="POST", data=b"x").get_environ()

    _, close = run(drain_request_body(response), environ)
    assert closed == []
    close()
    assert closed == [True]
    assert environ["wsgi.input"].read() == b""


def test_other_errors_leave_the_body_alone() -> None:
    source = Source(5_000)
    status, close = post(source, "/nowhere", CONTENT_LENGTH="5000")
    close()

    assert (status, source.count) == (404, 0)


@pytest.mark.parametrize(
    "error", [RequestEntityTooLarge(), WerkzeugTooLarge(), HTTPException(code=413)], ids=repr
)
def test_every_kind_of_413_drains_the_body(error: Exception) -> None:
    def fail() -> NoReturn:
        raise error

    source = io.BytesIO(b"x" * 5_000)
    environ = EnvironBuilder(method="POST").get_environ()
    environ.update({"wsgi.input": source, "CONTENT_LENGTH": "5000"})
    status, close = run(Application([("/", fail)]), environ)
    close()

    assert status == 413
    assert source.read() == b""
