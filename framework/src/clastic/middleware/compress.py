"""Compress responses with gzip for clients that accept it (RFC 9110, section 8.4)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_etags

from clastic.http import BaseResponse, add_vary
from clastic.middleware.base import Middleware
from clastic.static.conditions import choose_coding

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What zlib calls the format of gzip (RFC 1952).
_GZIP_FORMAT = 31
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

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the response with its body compressed, if that is worth it and accepted."""
        headers, status = response.headers, response.status_code
        if status == 304:
            if _is_for_compressed(environ.get("HTTP_IF_NONE_MATCH"), headers.get("ETag")):
                _weaken_tag(headers)
            add_vary(headers, "Accept-Encoding")
            return response
        if status < 200 or status == 204 or not _is_compressible(headers):
            return response
        is_part = "Content-Range" in headers
        size = response.content_length
        if size is None and response.is_sequence:
            size = response.calculate_content_length()
        if size is not None and size < self.min_size and not is_part:
            return response
        add_vary(headers, "Accept-Encoding")
        if not is_part and choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), ["gzip"]):
            self._compress(response, environ["REQUEST_METHOD"] == "HEAD")
        return response

    def _compress(self, response: BaseResponse, is_head: bool) -> None:
        """Compress the body as a whole, or each block of a stream as it comes."""
        headers = response.headers
        headers["Content-Encoding"] = "gzip"
        headers.remove("Accept-Ranges")
        headers.remove("Content-Length")
        _weaken_tag(headers)
        if response.is_sequence and not response.direct_passthrough and not is_head:
            response.set_data(gzip.compress(response.get_data(), self.compress_level, mtime=0))
            return
        if hasattr(response.response, "close"):
            response.call_on_close(response.response.close)
        # HEAD gets an empty stream, because Werkzeug would add the length of anything else.
        response.response = iter(()) if is_head else self._stream(response.iter_encoded())
        response.direct_passthrough = False

    def _stream(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        compressor = zlib.compressobj(self.compress_level, zlib.DEFLATED, _GZIP_FORMAT)
        for block in blocks:
            if block:
                yield compressor.compress(block) + compressor.flush(zlib.Z_SYNC_FLUSH)
            else:
                yield block  # An application yields it while it has to wait.
        yield compressor.flush()


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
