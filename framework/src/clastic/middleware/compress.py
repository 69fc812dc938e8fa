"""Compress responses with gzip for clients that accept it (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_etags
from werkzeug.wsgi import ClosingIterator

from clastic.http import Request, add_vary
from clastic.middleware.base import Middleware
from clastic.static.conditions import choose_coding

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The environ key of the middleware of this kind that is around the route.
_COVERED_BY = "clastic.gzip"
# What zlib calls the format of gzip (RFC 1952), which it writes without time or name: the same
# bytes come out each time.
_GZIP_FORMAT = 31
_WITHOUT_BODY = ("1", "204")
# The headers that hold for the very bytes of a body: these must not change.
_BOUND_TO_BYTES = (
    "Content-Digest",
    "Content-Encoding",
    "Content-MD5",
    "Digest",
    "Repr-Digest",
)
_COMPRESSIBLE_TYPES = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/json",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/x-javascript",
        "application/x-ndjson",
        "application/xml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/x-icon",
    }
)
_COMPRESSIBLE_SUFFIXES = ("+json", "+text", "+xml", "+yaml")


class GzipMiddleware(Middleware):
    """Compress the responses of the routes that it is around, error pages included.

    Text and other types that get smaller are compressed, unless they are compressed already or
    known to be smaller than `min_size`. A stream is sent piece by piece as it comes. Each such
    response has ``Vary: Accept-Encoding``, compressed or not. A response with ``Cache-Control:
    no-transform`` is left alone.

    The entity tag of a compressed response is weak (RFC 9110, section 8.8.1): ``If-None-Match``
    gets a 304 as before; ranges and ``If-Match`` are for the uncompressed response.

    The length of a compressed page gives away a secret in it if the page also shows what the client
    sent (the BREACH attack): add ``no-transform`` to such a response.

    :param compress_level: from 1, the fastest, to 9, the smallest
    :param min_size: the size from which a body is compressed, in bytes
    :raises ValueError: for another level, or a negative size
    """

    def __init__(self, compress_level: int = 6, min_size: int = 500) -> None:
        if compress_level not in range(1, 10):
            raise ValueError(
                f"compress_level is {compress_level!r}. Use 1 (fastest) to 9 (smallest)."
            )
        if min_size < 0:
            raise ValueError(f"min_size is {min_size!r}. Use 0 or more bytes.")
        self.compress_level = compress_level
        self.min_size = max(1, min_size)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Mark the request as one whose response is compressed, whatever makes the response."""
        request.environ[_COVERED_BY] = self
        return next()

    def wsgi_wrapper(self, wsgi_app: WSGIApplication) -> WSGIApplication:
        """Return an application that compresses after all else, so that errors are rendered."""

        def compressing_app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            sending = _Sending(self, environ, start_response)
            return sending.send(wsgi_app(environ, sending.start_response))

        return compressing_app

    def is_compressed(self, environ: WSGIEnvironment, status: str, headers: Headers) -> bool:
        """Return whether to compress a response; adapt its headers if that varies with requests.

        :param status: the status line
        :param headers: the headers of the uncompressed response, which are changed
        """
        if environ.get(_COVERED_BY) != self or status.startswith(_WITHOUT_BODY):
            return False
        if status.startswith("304"):
            if _is_for_compressed(environ.get("HTTP_IF_NONE_MATCH"), headers.get("ETag")):
                _weaken_tag(headers)
            add_vary(headers, "Accept-Encoding")
            return False
        if not _is_compressible(headers):
            return False
        is_part = "Content-Range" in headers
        length = headers.get("Content-Length", "")
        if length.isdecimal() and int(length) < self.min_size and not is_part:
            return False
        add_vary(headers, "Accept-Encoding")
        return not is_part and choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), ["gzip"]) != ""


class _Sending:
    """Send one response to the server, compressed if it is to be (PEP 3333).

    A body that is known as a whole is sent with its length. Of any other body, each block is sent
    as soon as it is there, so that a stream stays one.
    """

    def __init__(
        self, middleware: GzipMiddleware, environ: WSGIEnvironment, start_response: StartResponse
    ) -> None:
        self._middleware = middleware
        self._environ = environ
        self._start_response = start_response
        self._is_started = False
        # The arguments of start_response, and whether they wait for the length of the body.
        self._head: tuple[str, Headers, Any] = ("", Headers(), None)
        self._is_waiting = False
        self._compressor: Any = None

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """Take the head of the response from the application."""
        own = Headers(headers)
        self._head = status, own, exc_info
        self._is_started, self._is_waiting, self._compressor = True, False, None
        if not self._middleware.is_compressed(self._environ, status, own):
            return self._start()
        if self._environ["REQUEST_METHOD"] == "HEAD":
            _set_compressed(own, None)
            return self._start()
        level = self._middleware.compress_level
        self._is_waiting = True
        self._compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP_FORMAT)
        return self._write

    def send(self, body: Iterable[bytes]) -> Iterable[bytes]:
        """Return what to send for the body that the application returned."""
        if self._is_started and self._compressor is None:
            return body
        return ClosingIterator(self._blocks(body), getattr(body, "close", None))

    def _blocks(self, body: Iterable[bytes]) -> Iterator[bytes]:
        """Yield a body block by block; the application may start the response only now."""
        is_list = isinstance(body, (list, tuple))
        for block in [b"".join(body)] if is_list else body:
            if self._compressor is None or not (block or is_list):
                yield block
            elif self._is_waiting and (is_list or self._is_whole(block)):
                yield self._start_whole(block)
            else:
                yield self._compress(block)
        if self._compressor is not None:
            self._start_compressed()
            yield self._compressor.flush()

    def _is_whole(self, block: bytes) -> bool:
        return self._head[1].get("Content-Length") == str(len(block))

    def _start_whole(self, body: bytes) -> bytes:
        """Start a response whose body is known as a whole, and return what to send of it."""
        compressor, self._compressor = self._compressor, None
        if len(body) < self._middleware.min_size:
            self._start()
            return body
        compressed: bytes = compressor.compress(body) + compressor.flush()
        self._start_compressed(len(compressed))
        return compressed

    def _compress(self, block: bytes) -> bytes:
        self._start_compressed()
        compressed: bytes = self._compressor.compress(block)
        compressed += self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return compressed

    def _write(self, block: bytes) -> None:
        """Send a block; the legacy ``write`` of PEP 3333."""
        compressed = self._compress(block)
        self._server_write(compressed)

    def _start_compressed(self, length: int | None = None) -> None:
        if self._is_waiting:
            self._is_waiting = False
            _set_compressed(self._head[1], length)
            self._server_write = self._start()

    def _start(self) -> Callable[[bytes], object]:
        """Start the response; return the ``write`` of the server."""
        status, headers, exc_info = self._head
        more = () if exc_info is None else (exc_info,)
        return self._start_response(status, headers.to_wsgi_list(), *more)


def _is_compressible(headers: Headers) -> bool:
    """Return whether the body may be changed, and would get smaller by compression."""
    if any(name in headers for name in _BOUND_TO_BYTES):
        return False
    if "no-transform" in headers.get("Cache-Control", "").lower():
        return False
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        media_type.startswith("text/")
        or media_type in _COMPRESSIBLE_TYPES
        or media_type.endswith(_COMPRESSIBLE_SUFFIXES)
    )


def _set_compressed(headers: Headers, length: int | None) -> None:
    """Change the headers to those of the compressed response.

    :param length: the length of the compressed body in bytes, if it is known
    """
    _weaken_tag(headers)
    headers.remove("Accept-Ranges")
    headers.remove("Content-Length")
    headers["Content-Encoding"] = "gzip"
    if length is not None:
        headers["Content-Length"] = str(length)


def _weaken_tag(headers: Headers) -> None:
    """Make the entity tag weak: the bytes are not those that it was made for."""
    tag = headers.get("ETag", "")
    if tag.startswith('"'):
        headers["ETag"] = f"W/{tag}"


def _is_for_compressed(if_none_match: str | None, tag: str | None) -> bool:
    """Return whether the response that a client has, and asks about, is the compressed one."""
    if if_none_match is None or tag is None:
        return False
    known = parse_etags(if_none_match)
    opaque = tag.strip('"')
    return known.is_weak(opaque) and not known.is_strong(opaque)
