"""Compress responses with gzip for clients that accept it (RFC 9110, section 8.4)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers

from clastic.http import BaseResponse, add_vary
from clastic.middleware.base import Middleware
from clastic.static.conditions import choose_coding

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# zlib's code for the gzip format (RFC 1952).
_GZIP_FORMAT = 31
# The headers that hold for the very bytes of a body: these must not change.
_BOUND_TO_BYTES = ("Content-Digest", "Content-Encoding", "Content-MD5", "Digest", "Repr-Digest")
_COMPRESSIBLE_TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/wasm",
        "application/x-ndjson",
        "application/xml",
        "font/otf",
        "font/ttf",
    }
)
_COMPRESSIBLE_SUFFIXES = ("+json", "+xml")


class GzipMiddleware(Middleware):
    """Compress the responses of the routes that it is around, error pages included.

    Text and other types that get smaller are compressed, unless they are compressed already or
    known to be smaller than `min_size`. A stream is sent piece by piece as it comes. Each such
    response has ``Vary: Accept-Encoding``, compressed or not. A response with ``Cache-Control:
    no-transform`` is left alone.

    The entity tag of a compressed response is weak (RFC 9110, section 8.8.1): ``If-None-Match``
    gets a 304 as before; ranges are those of the uncompressed response.

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

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the response with its body compressed, if that is worth it and accepted."""
        headers = response.headers
        if response.status_code == 304:
            add_vary(headers, "Accept-Encoding")
        if response.status_code in (204, 304) or not _is_compressible(headers):
            return response
        is_part = "Content-Range" in headers
        size = response.content_length
        if size is None and response.is_sequence:
            size = response.calculate_content_length()
        if size is not None and size < self.min_size and not is_part:
            return response
        add_vary(headers, "Accept-Encoding")
        if not is_part and choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), ["gzip"]):
            self._compress(response)
        return response

    def _compress(self, response: BaseResponse) -> None:
        """Compress the body as a whole, or each block of a stream as it comes."""
        headers = response.headers
        headers["Content-Encoding"] = "gzip"
        headers.remove("Accept-Ranges")
        headers.remove("Content-Length")
        if headers.get("ETag", "").startswith('"'):  # The bytes are not those it was made for.
            headers["ETag"] = f"W/{headers['ETag']}"
        if response.is_sequence and not response.direct_passthrough:
            response.set_data(gzip.compress(response.get_data(), self.compress_level, mtime=0))
            return
        if hasattr(response.response, "close"):
            response.call_on_close(response.response.close)
        response.response = self._stream(response.iter_encoded())
        response.direct_passthrough = False

    def _stream(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        compressor = zlib.compressobj(self.compress_level, zlib.DEFLATED, _GZIP_FORMAT)
        for block in blocks:
            yield compressor.compress(block) + compressor.flush(zlib.Z_SYNC_FLUSH)
        yield compressor.flush()


def _is_compressible(headers: Headers) -> bool:
    """Return whether the body may be changed, and would get smaller by compression."""
    is_fixed = any(name in headers for name in _BOUND_TO_BYTES)
    if is_fixed or "no-transform" in headers.get("Cache-Control", "").lower():
        return False
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        media_type.startswith("text/")
        or media_type in _COMPRESSIBLE_TYPES
        or media_type.endswith(_COMPRESSIBLE_SUFFIXES)
    )
