"""Answers compressed by gzip, for clients that take them so (RFC 9110, section 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Accept, Headers
from werkzeug.http import parse_accept_header, parse_etags

from clastic.http import Request, add_vary
from clastic.middleware.base import Middleware
from clastic.middleware.gzip_transfer import Fields, Transfer, with_weak_tag

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where the environ of a request says which of these middlewares is around its route.
_COVERED_BY = "clastic.gzip"

# The longest Accept-Encoding header, in characters, that is negotiated. It bounds the memory of
# remembered choices; no real client comes near it.
_LONGEST_HEADER = 512

_BODILESS = ("1", "204")
# What holds for the very bytes of a body: these must stay as they are.
_BOUND_TO_BYTES = frozenset(
    {"content-digest", "content-encoding", "content-md5", "digest", "repr-digest"}
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
    """Compresses the answers of the routes that it is around, error pages included.

    Compressed is what has text or another type that gets smaller, is not compressed yet, and is
    not of `min_size` bytes as far as that is known beforehand. A body that is made while it
    is sent goes out piece by piece as it came. Each such answer has ``Vary: Accept-Encoding``,
    compressed or not. ``Cache-Control: no-transform`` leaves an answer alone.

    The entity tag of a compressed answer is weak (RFC 9110, section 8.8.1): ``If-None-Match`` gives
    a 304 as before, ranges and ``If-Match`` are for the answer as it is.

    A page that shows a secret next to what the client sent tells the secret by its length once it
    is compressed (the BREACH attack): give such an answer ``no-transform``.

    :param compress_level: from 1, the fastest, to 9, the smallest
    :param min_size: the size from which a body is worth it, in bytes
    :raises ValueError: for another level, or a negative size
    """

    def __init__(self, compress_level: int = 6, min_size: int = 500) -> None:
        if compress_level not in range(1, 10):
            raise ValueError(
                f"compress_level is {compress_level!r}. Give 1 (fastest) to 9 (smallest)."
            )
        if min_size < 0:
            raise ValueError(f"min_size is {min_size!r}, and no body is smaller than 0 bytes.")
        self.compress_level = compress_level
        self.min_size = max(1, min_size)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Note down that the answer is to be compressed, whoever makes it."""
        request.environ[_COVERED_BY] = self
        return next()

    def wsgi_wrapper(self, wsgi_app: WSGIApplication) -> WSGIApplication:
        """Return the application that compresses: at the wire, where errors are rendered too."""

        def compressing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            transfer = Transfer(
                partial(self._choose, environ),
                self.compress_level,
                self.min_size,
                environ["REQUEST_METHOD"] == "HEAD",
                start_response,
            )
            return transfer.forward(wsgi_app(environ, transfer.start))

        return compressing

    def _choose(
        self, environ: WSGIEnvironment, status: str, headers: Fields
    ) -> tuple[bool, Fields]:
        """Tell whether to compress an answer, and the headers it has if not."""
        covered_by = environ.get(_COVERED_BY)
        if (covered_by is not self and covered_by != self) or status.startswith(_BODILESS):
            return False, headers
        fields = {name.lower(): value for name, value in headers}
        if status.startswith("304"):
            tag = fields.get("etag")
            if _is_of_compressed(environ.get("HTTP_IF_NONE_MATCH"), tag):
                headers = with_weak_tag(headers)
            return False, _with_vary(headers)
        if not _is_compressible(fields):
            return False, headers
        is_part = "content-range" in fields
        length = fields.get("content-length", "")
        if length.isdecimal() and int(length) < self.min_size and not is_part:
            return False, headers
        is_compressed = not is_part and accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING"))
        return is_compressed, _with_vary(headers)


def accepts_gzip(header: str | None) -> bool:
    """Tell whether an ``Accept-Encoding`` header prefers gzip to the body as it is."""
    return header is not None and len(header) <= _LONGEST_HEADER and _accepts_gzip(header)


# A pure function of a short string, and a browser sends the same one each time.
@lru_cache(maxsize=256)
def _accepts_gzip(header: str) -> bool:
    accepted = parse_accept_header(header, Accept)
    quality = accepted.quality("gzip")
    return bool(quality > 0 and quality >= accepted.quality("identity"))


def _is_compressible(fields: Mapping[str, str]) -> bool:
    """Tell whether the body may change on its way, and would get smaller by compression.

    :param fields: the headers by their names in lower case
    """
    if not _BOUND_TO_BYTES.isdisjoint(fields):
        return False
    if "no-transform" in fields.get("cache-control", "").lower():
        return False
    return _is_compressible_type(fields.get("content-type", ""))


@lru_cache(maxsize=256)
def _is_compressible_type(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return (
        media_type.startswith("text/")
        or media_type in _COMPRESSIBLE_TYPES
        or media_type.endswith(_COMPRESSIBLE_SUFFIXES)
    )


def _with_vary(headers: Fields) -> Fields:
    amended = Headers(headers)
    add_vary(amended, "Accept-Encoding")
    return amended.to_wsgi_list()


def _is_of_compressed(if_none_match: str | None, tag: str | None) -> bool:
    """Tell whether the answer that a client has kept, and asks about, is the compressed one."""
    if if_none_match is None or tag is None:
        return False
    known = parse_etags(if_none_match)
    opaque = tag.strip('"')
    return known.is_weak(opaque) and not known.is_strong(opaque)
