"""One answer on its way through gzip, by the rules of WSGI (PEP 3333)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Fields = list[tuple[str, str]]
"""The headers of an answer, as PEP 3333 has them."""

# What zlib calls the format of gzip (RFC 1952), which it writes without time or name: the same
# bytes come out each time.
_GZIP_FORMAT = 31

_OF_THE_WHOLE = ("accept-ranges", "content-length")


class Transfer:
    """Passes one answer on to the server, compressed if it is to be.

    A body that is known as a whole goes out with its length. Of any other, each block is sent off
    as soon as it is there, so a stream stays one.

    :param choose: takes the status line and the headers; tells whether to compress, and which
        headers the answer has without that
    :param level: the level of compression
    :param min_size: the size from which a body is compressed, in bytes
    :param is_head: whether the answer has to do without its body
    :param start_response: that of the server
    """

    def __init__(
        self,
        choose: Callable[[str, Fields], tuple[bool, Fields]],
        level: int,
        min_size: int,
        is_head: bool,
        start_response: StartResponse,
    ) -> None:
        self._choose = choose
        self._level = level
        self._min_size = min_size
        self._is_head = is_head
        self._start_response = start_response
        self._is_started = False
        self._compressor: Any = None
        # The head of an answer that is to be compressed, until it is passed on.
        self._status = ""
        self._headers: Fields = []
        self._exc_info: Any = None
        self._is_waiting = False

    def start(
        self, status: str, headers: Fields, exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """Be the ``start_response`` of the application."""
        self._is_started = True
        self._compressor = None
        is_compressed, self._headers = self._choose(status, headers)
        self._status, self._exc_info = status, exc_info
        if not is_compressed or self._is_head:
            return self._begin(is_compressed)
        self._compressor = zlib.compressobj(self._level, zlib.DEFLATED, _GZIP_FORMAT)
        self._is_waiting = True
        return self._write

    def forward(self, body: Iterable[bytes]) -> Iterable[bytes]:
        """Return what to send for the body that the application returned."""
        if self._is_started and self._compressor is None:
            return body
        if self._is_waiting and type(body) in (list, tuple):
            return [self._whole(b"".join(body))]
        return ClosingIterator(self._blocks(body), getattr(body, "close", None))

    def _blocks(self, body: Iterable[bytes]) -> Iterator[bytes]:
        """Yield a body as it comes, by an application that may call ``start`` only now."""
        for block in body:
            if self._compressor is None:
                yield block
            elif self._is_waiting and ("Content-Length", str(len(block))) in self._headers:
                yield self._whole(block)
            elif block:
                self._begin_compressed()
                yield self._flushed(block)
            else:
                yield block
        if self._compressor is not None:
            self._begin_compressed()
            yield self._compressor.flush()

    def _whole(self, body: bytes) -> bytes:
        """Begin an answer that is all there, and return what to send of it."""
        compressor, self._compressor = self._compressor, None
        if len(body) < self._min_size:
            self._begin(is_compressed=False)
            return body
        compressed: bytes = compressor.compress(body) + compressor.flush()
        self._begin(is_compressed=True, length=len(compressed))
        return compressed

    def _write(self, block: bytes) -> None:
        """Be the ``write`` that PEP 3333 has for applications of old."""
        self._begin_compressed()
        self._server_write(self._flushed(block))

    def _flushed(self, block: bytes) -> bytes:
        compressed: bytes = self._compressor.compress(block)
        compressed += self._compressor.flush(zlib.Z_SYNC_FLUSH)
        return compressed

    def _begin_compressed(self) -> None:
        """Pass on the head of a compressed answer of unknown length, unless that is done."""
        if self._is_waiting:
            self._is_waiting = False
            self._server_write = self._begin(is_compressed=True)

    def _begin(self, is_compressed: bool, length: int | None = None) -> Callable[[bytes], object]:
        """Pass on the head; return the ``write`` of the server."""
        headers = _compressed_headers(self._headers, length) if is_compressed else self._headers
        exc_info, self._exc_info = self._exc_info, None
        more = () if exc_info is None else (exc_info,)
        return self._start_response(self._status, headers, *more)


def _compressed_headers(headers: Fields, length: int | None) -> Fields:
    """Return the headers of the compressed answer.

    :param length: that of the compressed body in bytes, if it is known
    """
    kept = [field for field in with_weak_tag(headers) if field[0].lower() not in _OF_THE_WHOLE]
    kept.append(("Content-Encoding", "gzip"))
    if length is not None:
        kept.append(("Content-Length", str(length)))
    return kept


def with_weak_tag(headers: Fields) -> Fields:
    """Return the headers with a weak entity tag: these bytes are not those it was made for."""
    return [
        (name, f"W/{value}" if name.lower() == "etag" and value.startswith('"') else value)
        for name, value in headers
    ]
