"""Evaluate the headers that ask for a certain state, part or coding (RFC 9110, sections 12 to 14).

Werkzeug parses the headers. Its ``is_resource_modified`` is not used: it takes ``If-Match: *`` for
a condition that fails, and does not know ``If-Unmodified-Since``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.datastructures import Accept
from werkzeug.http import (
    parse_accept_header,
    parse_date,
    parse_etags,
    parse_range_header,
    unquote_etag,
)

from clastic.errors import RequestedRangeNotSatisfiable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The longest Accept-Encoding header, in characters, that is negotiated. It bounds the memory of
# remembered choices; no real client comes near it.
_LONGEST_HEADER = 512


def is_precondition_failed(
    environ: WSGIEnvironment, entity_tag: str | None, last_modified: str | None
) -> bool:
    """Return whether ``If-Match`` or ``If-Unmodified-Since`` calls for a 412.

    :param entity_tag: the ``ETag`` of the response
    :param last_modified: its ``Last-Modified``
    """
    if_match = environ.get("HTTP_IF_MATCH")
    if if_match is None:
        return _is_modified(last_modified, environ.get("HTTP_IF_UNMODIFIED_SINCE")) is True
    known = parse_etags(if_match)
    opaque, is_weak = unquote_etag(entity_tag)
    return not (known.star_tag or (not is_weak and known.is_strong(opaque or "")))


def is_not_modified(
    environ: WSGIEnvironment, entity_tag: str | None, last_modified: str | None
) -> bool:
    """Return whether ``If-None-Match`` or ``If-Modified-Since`` calls for a 304.

    :param entity_tag: the ``ETag`` of the response
    :param last_modified: its ``Last-Modified``
    """
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is None:
        return _is_modified(last_modified, environ.get("HTTP_IF_MODIFIED_SINCE")) is False
    if if_none_match == entity_tag:
        return True
    opaque, _ = unquote_etag(entity_tag)
    return parse_etags(if_none_match).contains_weak(opaque or "")


def requested_range(
    environ: WSGIEnvironment, entity_tag: str, last_modified: str, size: int
) -> tuple[int, int] | None:
    """Return the start and stop of the part that a GET request asks for; ``None`` for the whole.

    The whole is sent for several ranges, another unit than bytes and a header that is not valid.
    ``If-Range`` must repeat the strong entity tag or the date exactly (RFC 9110, section 13.1.5).

    :param size: the size of the whole, in bytes
    :raises RequestedRangeNotSatisfiable: no byte is in the range
    """
    if "HTTP_RANGE" not in environ or environ["REQUEST_METHOD"] != "GET":
        return None
    if_range = environ.get("HTTP_IF_RANGE")
    if if_range is not None and (
        entity_tag.startswith("W/") or if_range not in (entity_tag, last_modified)
    ):
        return None
    parsed = parse_range_header(environ["HTTP_RANGE"])
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    start, stop = parsed.ranges[0]
    if start < 0:
        if size == 0:
            return None
        start = max(0, size + start)
    if start >= size:
        raise RequestedRangeNotSatisfiable(headers=[("Content-Range", f"bytes */{size}")])
    return start, size if stop is None else min(stop, size)


def choose_coding(header: str | None, available: Sequence[str]) -> str:
    """Return the content coding that an ``Accept-Encoding`` header prefers; ``""`` for none.

    :param available: the codings to choose from, best first: of several that are equally welcome
        the first is chosen, and any of them rather than no coding
    """
    if not header or len(header) > _LONGEST_HEADER:
        return ""
    return _choose_coding(header, tuple(available))


# A pure function of short strings, and a browser sends the same header each time.
@lru_cache(maxsize=256)
def _choose_coding(header: str, available: tuple[str, ...]) -> str:
    accepted = parse_accept_header(header, Accept)
    best, best_quality = "", 0.0
    for coding in available:
        quality = float(accepted.quality(coding))
        if quality > best_quality:
            best, best_quality = coding, quality
    return "" if accepted.quality("identity") > best_quality else best


def _is_modified(last_modified: str | None, since: str | None) -> bool | None:
    """Return whether a resource was modified after a date; ``None`` if a date is missing."""
    if last_modified is None or since is None:
        return None
    if last_modified == since:
        return False
    modified_date, since_date = _parse_date(last_modified), _parse_date(since)
    if modified_date is None or since_date is None:
        return None
    return modified_date > since_date


def _parse_date(header: str) -> datetime | None:
    try:
        return parse_date(header)
    except OverflowError:  # for a year of many digits
        return None
