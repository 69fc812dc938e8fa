"""Test which responses are compressed, and their headers."""

from __future__ import annotations

import gzip
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse, create_environ

from clastic import (
    Application,
    BadRequest,
    Middleware,
    NotFound,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
)
from clastic.middleware import GzipMiddleware, HTTPCacheMiddleware
from clastic.testing import HOST, serve

TEXT = b"All happy families are alike. " * 100
ACCEPTED = {"Accept-Encoding": "gzip"}


def served(endpoint: Callable[..., Any] = lambda: Response(TEXT), **options: Any) -> Client:
    application = Application([("/", endpoint)], middlewares=[GzipMiddleware(**options)])
    return application.get_local_client()


def is_compressed(response: TestResponse) -> bool:
    """Whether a response is compressed, which it declares if and only if it is."""
    declared = response.headers.get("Content-Encoding") == "gzip"
    assert declared is response.data.startswith(b"\x1f\x8b")
    return declared


def respond(*arguments: Any, **options: Any) -> Callable[[], Response]:
    """An endpoint that makes such a response."""
    return lambda: Response(*arguments, **options)


class TestCompressed:
    def test_the_body_is_read_back_unchanged(self) -> None:
        response = served().get("/", headers=ACCEPTED)
        assert is_compressed(response)
        assert gzip.decompress(response.data) == TEXT
        assert response.headers["Content-Length"] == str(len(response.data))
        assert len(response.data) < 200

    def test_equal_bodies_are_compressed_to_equal_bytes(self) -> None:
        one, other = (served().get("/", headers=ACCEPTED).data for _ in range(2))
        assert one == other
        assert one[4:8] == b"\0\0\0\0"  # the time in it

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            pytest.param("gzip", True, id="gzip"),
            pytest.param("GZIP", True, id="in upper case"),
            pytest.param("gzip, deflate, br", True, id="among others"),
            pytest.param("br;q=1, gzip;q=0.1", True, id="a little"),
            pytest.param("*", True, id="any"),
            pytest.param("identity, gzip", True, id="as much as identity"),
            pytest.param(None, False, id="no header"),
            pytest.param("", False, id="an empty header"),
            pytest.param("br", False, id="another coding"),
            pytest.param("gzip;q=0", False, id="not gzip"),
            pytest.param("gzip;q=0, *", False, id="any but gzip"),
            pytest.param("*;q=0", False, id="nothing"),
            pytest.param("identity, gzip;q=0.5", False, id="less than identity"),
            pytest.param("gzip;q=nonsense", False, id="an invalid quality"),
        ],
    )
    def test_the_accept_encoding_of_the_request_decides(
        self, header: str | None, expected: bool
    ) -> None:
        headers = {} if header is None else {"Accept-Encoding": header}
        response = served().get("/", headers=headers)
        assert is_compressed(response) is expected
        assert response.headers["Vary"] == "Accept-Encoding"

    @pytest.mark.parametrize(
        ("content_type", "expected"),
        [
            pytest.param("text/html; charset=utf-8", True, id="HTML"),
            pytest.param("TEXT/PLAIN", True, id="text in upper case"),
            pytest.param("application/json", True, id="JSON"),
            pytest.param("application/problem+json", True, id="a +json type"),
            pytest.param("image/svg+xml", True, id="SVG"),
            pytest.param("application/javascript", True, id="JavaScript"),
            pytest.param("application/wasm", True, id="WebAssembly"),
            pytest.param("image/png", False, id="PNG"),
            pytest.param("video/mp4", False, id="MP4"),
            pytest.param("application/zip", False, id="ZIP"),
            pytest.param("font/woff2", False, id="WOFF2"),
            pytest.param("application/octet-stream", False, id="unknown bytes"),
            pytest.param("", False, id="no type"),
        ],
    )
    def test_the_content_type_decides(self, content_type: str, expected: bool) -> None:
        endpoint = respond(TEXT, content_type=content_type)
        response = served(endpoint).get("/", headers=ACCEPTED)
        assert is_compressed(response) is expected
        assert ("Vary" in response.headers) is expected

    @pytest.mark.parametrize(
        ("size", "options", "expected"),
        [
            pytest.param(499, {}, False, id="below the limit"),
            pytest.param(500, {}, True, id="at the limit"),
            pytest.param(99, {"min_size": 100}, False, id="below another limit"),
            pytest.param(100, {"min_size": 100}, True, id="at another limit"),
            pytest.param(1, {"min_size": 0}, True, id="one byte without a limit"),
            pytest.param(0, {"min_size": 0}, False, id="no byte without a limit"),
        ],
    )
    def test_the_size_decides(self, size: int, options: dict[str, int], expected: bool) -> None:
        response = served(respond(b"x" * size), **options).get("/", headers=ACCEPTED)
        assert is_compressed(response) is expected
        assert ("Vary" in response.headers) is expected

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({"Content-Encoding": "br"}, id="an encoded body"),
            pytest.param({"Content-Encoding": "identity"}, id="an explicit identity"),
            pytest.param({"Cache-Control": "max-age=1, No-Transform"}, id="no-transform"),
            pytest.param({"Content-Digest": "sha-256=:x:"}, id="a digest of the content"),
            pytest.param({"Repr-Digest": "sha-256=:x:"}, id="a digest of the representation"),
            pytest.param({"Content-MD5": "x"}, id="an MD5 digest"),
        ],
    )
    def test_other_responses_are_not_changed(self, headers: dict[str, str]) -> None:
        plain = served(respond(TEXT, headers=headers)).get("/")
        response = served(respond(TEXT, headers=headers)).get("/", headers=ACCEPTED)
        assert response.data == TEXT
        assert response.headers == plain.headers
        assert "Vary" not in response.headers

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_response_without_a_body_is_not_compressed(self, status: int) -> None:
        response = served(respond(None, status, mimetype="text/plain")).get("/", headers=ACCEPTED)
        assert (response.status_code, response.data) == (status, b"")
        assert "Content-Encoding" not in response.headers

    def test_no_response_is_compressed_twice(self) -> None:
        middlewares = [GzipMiddleware(), GzipMiddleware(9)]
        application = Application([("/", respond(TEXT))], middlewares=middlewares)
        response = application.get_local_client().get("/", headers=ACCEPTED)
        assert response.headers.getlist("Content-Encoding") == ["gzip"]
        assert gzip.decompress(response.data) == TEXT

    @given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
    def test_any_accept_encoding_gets_a_readable_body(self, header: str) -> None:
        response = CLIENT.get("/", environ_overrides={"HTTP_ACCEPT_ENCODING": header})
        body = gzip.decompress(response.data) if is_compressed(response) else response.data
        assert (response.status_code, body) == (200, TEXT)

    @given(st.lists(st.binary(max_size=2000)), st.integers(1, 9))
    def test_any_body_is_read_back_unchanged(self, blocks: list[bytes], level: int) -> None:
        application = Application(
            [("/list", respond(blocks)), ("/stream", lambda: Response(iter(blocks)))],
            middlewares=[GzipMiddleware(level, 1)],
        )
        for path in ("/list", "/stream"):
            response = application.get_local_client().get(path, headers=ACCEPTED)
            body = gzip.decompress(response.data) if is_compressed(response) else response.data
            assert body == b"".join(blocks)


CLIENT = served()


class TestHead:
    def test_head_has_the_headers_of_get(self) -> None:
        endpoint = respond(TEXT, headers=[("ETag", '"x"'), ("Accept-Ranges", "bytes")])
        get = served(endpoint).get("/", headers=ACCEPTED)
        head = served(endpoint).head("/", headers=ACCEPTED)
        assert (head.data, dict(head.headers)) == (b"", dict(get.headers))

    def test_head_has_the_length_of_an_uncompressed_body(self) -> None:
        head = served().head("/")
        assert (head.data, head.headers["Content-Length"]) == (b"", str(len(TEXT)))

    def test_head_has_the_length_of_a_small_body(self) -> None:
        head = served(respond(b"small")).head("/", headers=ACCEPTED)
        assert dict(head.headers) == {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": "5",
        }


class TestStreams:
    def test_each_block_is_sent_as_soon_as_it_is_made(self) -> None:
        made = []

        def parts() -> Iterator[bytes]:
            for part in (b"one ", b"", b"two ", b"three"):
                made.append(part)
                yield part

        response = served(lambda: Response(parts())).get("/", headers=ACCEPTED, buffered=False)
        unpacked = zlib.decompressobj(31)
        blocks = response.iter_encoded()
        seen = []
        for block in blocks:
            seen.append((unpacked.decompress(block), len(made)))
        assert seen == [(b"one ", 1), (b"", 2), (b"two ", 3), (b"three", 4), (b"", 4)]
        assert unpacked.eof
        assert "Content-Length" not in response.headers

    def test_each_block_reaches_the_client_before_the_next_is_made(self) -> None:
        has_arrived = threading.Event()

        def parts() -> Iterator[bytes]:
            yield b"first"
            assert has_arrived.wait(10)
            yield b"second"

        application = Application(
            [("/", lambda: Response(parts()))], middlewares=[GzipMiddleware()]
        )
        with (
            serve(application) as server,
            closing(HTTPConnection(HOST, server.port, timeout=10)) as connection,
        ):
            connection.request("GET", "/", headers=ACCEPTED)
            response = connection.getresponse()
            unpacked = zlib.decompressobj(31)
            first = b""
            while len(first) < len(b"first"):
                first += unpacked.decompress(response.read1())
            has_arrived.set()
            second = unpacked.decompress(response.read())
        assert (first, second, unpacked.eof) == (b"first", b"second", True)

    def test_an_empty_stream_is_sent(self) -> None:
        response = served(lambda: Response(iter([]))).get("/", headers=ACCEPTED)
        assert gzip.decompress(response.data) == b""

    def test_a_stream_is_closed(self) -> None:
        closed = []

        def stream() -> Response:
            response = Response(iter([TEXT]))
            response.call_on_close(lambda: closed.append(True))
            return response

        served(stream).get("/", headers=ACCEPTED).close()
        assert closed == [True]

    def test_a_body_of_one_block_and_known_length_keeps_a_length(self) -> None:
        def touched() -> Response:
            response = Response(TEXT)
            response.set_data(TEXT * 2)
            return response

        response = served(touched).get("/", headers=ACCEPTED)
        assert response.headers["Content-Length"] == str(len(response.data))
        assert gzip.decompress(response.data) == TEXT * 2

    def test_a_file_is_not_collected_in_memory(self, tmp_path: Any) -> None:
        (tmp_path / "big.txt").write_bytes(TEXT * 100)
        application = Application(
            [("/", StaticApplication(tmp_path))], middlewares=[GzipMiddleware()]
        )
        client = application.get_local_client()
        response = client.get("/big.txt", headers=ACCEPTED, buffered=False)
        blocks = list(response.iter_encoded())
        assert len(blocks) == 1 + -(-len(TEXT * 100) // 65536)
        assert gzip.decompress(b"".join(blocks)) == TEXT * 100
        response.close()


class TestValidators:
    @pytest.mark.parametrize(
        ("given_tag", "expected"),
        [
            pytest.param('"x"', 'W/"x"', id="a strong tag"),
            pytest.param('W/"x"', 'W/"x"', id="a weak tag"),
            pytest.param(None, None, id="no tag"),
        ],
    )
    def test_the_entity_tag_of_a_compressed_response_is_weak(
        self, given_tag: str | None, expected: str | None
    ) -> None:
        headers = [] if given_tag is None else [("ETag", given_tag)]
        client = served(respond(TEXT, headers=headers))
        assert client.get("/").headers.get("ETag") == given_tag
        assert client.get("/", headers=ACCEPTED).headers.get("ETag") == expected

    @pytest.mark.parametrize("sent", [{}, ACCEPTED], ids=["uncompressed", "compressed"])
    def test_a_response_is_revalidated_by_its_own_tag(self, sent: dict[str, str]) -> None:
        application = Application(
            [("/", respond(TEXT))],
            middlewares=[GzipMiddleware(), HTTPCacheMiddleware(max_age=60)],
        )
        client = application.get_local_client()
        first = client.get("/", headers=sent)
        tag = first.headers["ETag"]
        again = client.get("/", headers={**sent, "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"].removeprefix("W/") == tag.removeprefix("W/")
        for name in ("Vary", "Cache-Control"):
            assert again.headers[name] == first.headers[name]
        other = client.get("/", headers={**sent, "If-None-Match": '"other"'})
        assert other.status_code == 200

    def test_a_304_without_a_tag_is_sent_unchanged(self) -> None:
        client = served(respond(None, 304))
        response = client.get("/", headers={"If-None-Match": '"x"'})
        assert (response.headers.get("ETag"), response.headers["Vary"]) == (None, "Accept-Encoding")

    def test_an_existing_vary_is_extended(self) -> None:
        client = served(respond(TEXT, headers=[("Vary", "Accept"), ("Vary", "Cookie")]))
        assert client.get("/").headers.getlist("Vary") == ["Accept, Cookie, Accept-Encoding"]


class TestRanges:
    @pytest.fixture
    def client(self, tmp_path: Any) -> Client:
        (tmp_path / "a.txt").write_bytes(TEXT)
        application = Application(
            [("/", StaticApplication(tmp_path))], middlewares=[GzipMiddleware()]
        )
        return application.get_local_client()

    def test_a_range_is_of_the_uncompressed_file(self, client: Client) -> None:
        response = client.get("/a.txt", headers={**ACCEPTED, "Range": "bytes=0-999"})
        assert (response.status_code, response.data) == (206, TEXT[:1000])
        assert response.headers["Content-Range"] == f"bytes 0-999/{len(TEXT)}"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in response.headers

    def test_a_compressed_response_offers_no_ranges(self, client: Client) -> None:
        assert client.get("/a.txt").headers["Accept-Ranges"] == "bytes"
        assert "Accept-Ranges" not in client.get("/a.txt", headers=ACCEPTED).headers

    def test_a_range_of_a_compressed_response_is_the_whole_body(self, client: Client) -> None:
        tag = client.get("/a.txt", headers=ACCEPTED).headers["ETag"]
        headers = {**ACCEPTED, "Range": "bytes=0-9", "If-Range": tag}
        response = client.get("/a.txt", headers=headers)
        assert (response.status_code, gzip.decompress(response.data)) == (200, TEXT)


class TestRoutes:
    """The responses of the routes that it is around are compressed, whatever makes them."""

    def test_error_pages_are_compressed(self) -> None:
        def fail() -> None:
            raise BadRequest(TEXT)

        response = served(fail).get("/", headers={**ACCEPTED, "Accept": "text/html"})
        assert response.status_code == 400
        assert response.headers["Vary"] == "Accept, Accept-Encoding"
        assert TEXT.strip() in gzip.decompress(response.data)

    def test_pages_of_misses_and_uncaught_exceptions_are_compressed(self) -> None:
        def crash() -> None:
            raise ZeroDivisionError

        client = served(crash, min_size=1)
        assert [
            (response.status_code, is_compressed(response))
            for response in (client.get(path, headers=ACCEPTED) for path in ("/", "/nowhere"))
        ] == [(500, True), (404, True)]

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            pytest.param("/with", True, id="the route that has it"),
            pytest.param("/without", False, id="a route beside it"),
            pytest.param("/inner/", True, id="the application that has it"),
        ],
    )
    def test_only_routes_that_have_it_are_compressed(self, path: str, expected: bool) -> None:
        inner = Application([("/", respond(TEXT))], middlewares=[GzipMiddleware()])
        application = Application(
            [
                Route("/with", respond(TEXT), middlewares=[GzipMiddleware()]),
                ("/without", respond(TEXT)),
                ("/inner", inner),
            ]
        )
        response = application.get_local_client().get(path, headers=ACCEPTED)
        assert is_compressed(response) is expected

    def test_a_route_without_it_is_not_compressed_after_one_with_it(self) -> None:
        def pass_on() -> None:
            raise NotFound(is_breaking=False)

        first = Route("/", pass_on, middlewares=[GzipMiddleware()], falls_through=True)
        response = (
            Application([first, ("/", respond(TEXT))]).get_local_client().get("/", headers=ACCEPTED)
        )
        assert not is_compressed(response)

    def test_other_middlewares_see_the_uncompressed_body(self) -> None:
        seen = []

        class Watching(Middleware):
            def request(self, next: Callable[..., Any]) -> Any:
                response = next()
                seen.append(response.get_data())
                return response

        middlewares = [Watching(), GzipMiddleware()]
        application = Application([("/", respond(TEXT))], middlewares=middlewares)
        assert is_compressed(application.get_local_client().get("/", headers=ACCEPTED))
        assert seen == [TEXT]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"compress_level": 0},
            "compress_level is 0. Use 1 (fastest) to 9 (smallest).",
            id="a level below",
        ),
        pytest.param(
            {"compress_level": 10},
            "compress_level is 10. Use 1 (fastest) to 9 (smallest).",
            id="a level above",
        ),
        pytest.param({"min_size": -1}, "min_size is -1. Use 0 or more bytes.", id="a size"),
    ],
)
def test_invalid_settings_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole message is compared)
        GzipMiddleware(**options)
    assert str(caught.value) == message


# Compression of WSGI applications of every kind (PEP 3333).

HEADERS = [("Content-Type", "text/plain")]

WSGIApp = Callable[..., Iterable[bytes]]


def response_of(wsgi_app: WSGIApp, method: str = "GET") -> tuple[str, dict[str, str], bytes]:
    """Return the status, headers and body that a server gets, with all of PEP 3333 validated.

    The head is sent with the first block.
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


def by_write(environ: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", HEADERS)
    write(TEXT[:100])
    write(TEXT[100:])
    return []


def by_write_and_a_list(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)(TEXT[:100])
    return [TEXT[100:]]


@pytest.mark.parametrize(
    "wsgi_app",
    [
        pytest.param(as_a_list, id="a list"),
        pytest.param(as_a_tuple, id="a tuple of known length"),
        pytest.param(as_a_generator, id="a generator that starts when it runs"),
        pytest.param(by_write, id="write"),
        pytest.param(by_write_and_a_list, id="write, then a list"),
    ],
)
def test_bodies_of_every_kind_are_compressed(wsgi_app: WSGIApp) -> None:
    status, headers, data = response_of(wsgi_app)
    assert (status, headers["Content-Encoding"]) == ("200 OK", "gzip")
    assert gzip.decompress(data) == TEXT
    assert "Content-Length" not in headers


def test_a_generator_that_is_not_compressed_stays_a_stream() -> None:
    def image(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "image/png")])
        yield TEXT

    assert response_of(image) == ("200 OK", {"Content-Type": "image/png"}, TEXT)


def test_head_of_a_wsgi_application_has_the_headers_of_a_compressed_body() -> None:
    def head(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [*HEADERS, ("Content-Length", str(len(TEXT)))])
        return []

    _, headers, data = response_of(head, "HEAD")
    assert (headers["Content-Encoding"], data) == ("gzip", b"")
    assert "Content-Length" not in headers


def test_the_server_sends_an_uncompressed_file_itself(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(TEXT)
    application = Application([("/", StaticApplication(tmp_path))], middlewares=[GzipMiddleware()])
    environ = create_environ("/a.png", headers=ACCEPTED)
    environ["wsgi.file_wrapper"] = FileWrapper
    body = application(environ, lambda *head: lambda block: None)
    assert isinstance(body, FileWrapper)
    body.close()


def test_the_body_of_a_wsgi_application_is_closed() -> None:
    closed = []

    class Closing:
        def __iter__(self) -> Iterator[bytes]:
            return iter([TEXT])

        def close(self) -> None:
            closed.append(True)

    def closing(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", HEADERS)
        return Closing()

    response_of(closing)
    assert closed == [True]


class TestRestart:
    """An application that fails after start_response may call it again with exc_info."""

    @pytest.mark.parametrize(
        "content_type", [pytest.param("text/plain", id="compressed"), pytest.param("x/y", id="not")]
    )
    @pytest.mark.parametrize(
        "first", [pytest.param("text/plain", id="compressed"), pytest.param("x/y", id="not")]
    )
    def test_before_anything_was_sent_an_error_page_can_replace_the_response(
        self, first: str, content_type: str
    ) -> None:
        def failing(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response("200 OK", [("Content-Type", first)])
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                headers = [("Content-Type", content_type)]
                start_response("500 Internal Server Error", headers, sys.exc_info())
            yield TEXT

        status, headers, data = response_of(failing)
        is_compressed = headers.get("Content-Encoding") == "gzip"
        assert (status, is_compressed) == (
            "500 Internal Server Error",
            content_type == "text/plain",
        )
        assert (gzip.decompress(data) if is_compressed else data) == TEXT

    @pytest.mark.parametrize("content_type", ["text/plain", "image/png"])
    def test_after_something_was_sent_the_exception_reaches_the_server(
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
            response_of(failing)
