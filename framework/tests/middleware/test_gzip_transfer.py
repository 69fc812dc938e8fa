"""Compression of what WSGI applications of every kind answer (PEP 3333)."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest
from werkzeug.test import create_environ

from clastic import Application, RerouteWSGI
from clastic.middleware import GzipMiddleware

TEXT = b"All happy families are alike. " * 100
HEADERS = [("Content-Type", "text/plain")]

WSGIApp = Callable[..., Iterable[bytes]]


def answer(wsgi_app: WSGIApp, method: str = "GET") -> tuple[str, dict[str, str], bytes]:
    """What a server gets that keeps to PEP 3333: status, headers and body.

    It sends the head with the first block, and holds the middleware to the PEP as well.
    """
    application = Application([("/", RerouteWSGI(wsgi_app))], middlewares=[GzipMiddleware()])
    head: list[Any] = []
    sent: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None and any(sent):
            raise exc_info[1]
        head[:] = [status, dict(headers)]
        return sent.append

    environ = create_environ("/", method=method, headers={"Accept-Encoding": "gzip"})
    body = validator(application)(environ, start_response)
    try:
        for block in body:
            sent.append(block)
    finally:
        body.close()
    status, headers = head
    return status, headers, b"".join(sent)


def as_a_list(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [TEXT[:100], TEXT[100:]]


def as_a_tuple(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [*HEADERS, ("Content-Length", str(len(TEXT)))])
    return (TEXT,)


def as_a_generator(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", HEADERS)
    yield TEXT[:100]
    yield TEXT[100:]


def as_one_block_of_known_length(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [*HEADERS, ("Content-Length", str(len(TEXT)))])
    yield TEXT


def by_write(environ: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", HEADERS)
    write(TEXT[:100])
    write(TEXT[100:])
    return []


def by_write_and_a_list(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)(TEXT[:100])
    return [TEXT[100:]]


@pytest.mark.parametrize(
    ("wsgi_app", "has_length"),
    [
        pytest.param(as_a_list, True, id="a list"),
        pytest.param(as_a_tuple, True, id="a tuple"),
        pytest.param(as_a_generator, False, id="a generator that starts when it runs"),
        pytest.param(as_one_block_of_known_length, True, id="a generator of a known length"),
        pytest.param(by_write, False, id="write"),
        pytest.param(by_write_and_a_list, False, id="write, then a list"),
    ],
)
def test_a_body(wsgi_app: WSGIApp, has_length: bool) -> None:
    status, headers, data = answer(wsgi_app)
    assert (status, headers["Content-Encoding"]) == ("200 OK", "gzip")
    assert gzip.decompress(data) == TEXT
    assert headers.get("Content-Length") == (str(len(data)) if has_length else None)


def test_a_small_body_whose_length_is_not_said() -> None:
    def small(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", HEADERS)
        return [b"small"]

    status, headers, data = answer(small)
    assert (status, data) == ("200 OK", b"small")
    assert "Content-Encoding" not in headers


def test_a_generator_that_is_not_to_be_compressed() -> None:
    def image(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "image/png")])
        yield TEXT

    assert answer(image) == ("200 OK", {"Content-Type": "image/png"}, TEXT)


def test_the_body_of_a_head_is_left_to_the_application() -> None:
    def head(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [*HEADERS, ("Content-Length", str(len(TEXT)))])
        return []

    _, headers, data = answer(head, "HEAD")
    assert (headers["Content-Encoding"], data) == ("gzip", b"")
    assert "Content-Length" not in headers


def test_what_a_server_sends_by_itself_is_not_wrapped() -> None:
    sent = iter([TEXT])

    def image(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "image/png")])
        return sent

    application = Application([("/", RerouteWSGI(image))], middlewares=[GzipMiddleware()])
    assert application(create_environ("/"), lambda *head: lambda block: None) is sent


def test_a_body_of_the_application_is_closed() -> None:
    closed = []

    class Closing:
        def __iter__(self) -> Iterator[bytes]:
            return iter([TEXT])

        def close(self) -> None:
            closed.append(True)

    def closing(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", HEADERS)
        return Closing()

    answer(closing)
    assert closed == [True]


class TestASecondStart:
    """An application that fails after it has started may start anew, with exc_info."""

    @pytest.mark.parametrize(
        "content_type", [pytest.param("text/plain", id="compressed"), pytest.param("x/y", id="not")]
    )
    @pytest.mark.parametrize(
        "first", [pytest.param("text/plain", id="compressed"), pytest.param("x/y", id="not")]
    )
    def test_before_anything_was_sent(self, first: str, content_type: str) -> None:
        def failing(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Type", first)])
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                headers = [("Content-Type", content_type)]
                start_response("500 Internal Server Error", headers, sys.exc_info())
            yield TEXT

        status, headers, data = answer(failing)
        is_compressed = headers.get("Content-Encoding") == "gzip"
        assert (status, is_compressed) == (
            "500 Internal Server Error",
            content_type == "text/plain",
        )
        assert (gzip.decompress(data) if is_compressed else data) == TEXT

    @pytest.mark.parametrize("content_type", ["text/plain", "image/png"])
    def test_after_something_was_sent_the_exception_gets_to_the_server(
        self, content_type: str
    ) -> None:
        def failing(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", HEADERS)
            yield TEXT
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                headers = [("Content-Type", content_type)]
                start_response("500 Internal Server Error", headers, sys.exc_info())
            yield TEXT

        with pytest.raises(ZeroDivisionError):
            answer(failing)
