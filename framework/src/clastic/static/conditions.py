"""Evaluate the request headers for conditions, ranges and codings (RFC 9110, sections 12 to 14).

Werkzeug parses the headers.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def is_not_modified(
    environ: WSGIEnvironment, entity_tag: str | None, last_modified: str | None
) -> bool:
    """Return whether ``If-None-Match`` or ``If-Modified-Since`` calls for a 304.

    :param entity_tag: the ``ETag`` of the response
    :param last_modified: its ``Last-Modified``
    """
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is None:
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        if last_modified is None or since is None:
            return False
        return since == last_modified or not _is_later(last_modified, since)
    if if_none_match == entity_tag:
        return True
    opaque, _ = unquote_etag(entity_tag)
    return parse_etags(if_none_match).contains_weak(opaque or "")


def requested_range(
    environ: WSGIEnvironment, entity_tag: str, last_modified: str | None, size: int
) -> tuple[int, int] | None:
    """Return the start and stop of the part that a GET request asks for; ``None`` for the whole.

    The whole is sent for several ranges, another unit than bytes and a header that is not valid.
    ``If-Range`` must repeat the entity tag or the date exactly (RFC 9110, section 13.1.5).

    :param entity_tag: the ``ETag`` of the response, a strong one
    :param last_modified: its ``Last-Modified``, ``None`` if it has none
    :param size: the size of the whole, in bytes
    :raises RequestedRangeNotSatisfiable: no byte is in the range
    """
    if "HTTP_RANGE" not in environ or environ["REQUEST_METHOD"] != "GET":
        return None
    if environ.get("HTTP_IF_RANGE", entity_tag) not in (entity_tag, last_modified):
        return None
    parsed = parse_range_header(environ["HTTP_RANGE"])
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    start, stop = parsed.ranges[0]
    if start < 0:
        start = max(0, size + start)
    if start >= size:
        raise RequestedRangeNotSatisfiable(headers=[("Content-Range", f"bytes */{size}")])
    return start, size if stop is None else min(stop, size)


def choose_coding(header: str | None, available: Iterable[str]) -> str:
    """Return the content coding that an ``Accept-Encoding`` header prefers; ``""`` for none.

    :param available: the codings to choose from, best first: of several that are equally welcome
        the first is chosen, and any of them rather than no coding
    """
    if not header or not available:
        return ""
    accepted = parse_accept_header(header, Accept)
    best, best_quality = "", 0.0
    for coding in available:
        quality = float(accepted.quality(coding))
        if quality > best_quality:
            best, best_quality = coding, quality
    return "" if accepted.quality("identity") > best_quality else best


def _is_later(date: str, other: str) -> bool:
    """Return whether a date is later than another, or one of them is not valid."""
    try:
        first, second = parse_date(date), parse_date(other)
    except OverflowError:  # for a year of many digits
        return True
    return first is None or second is None or first > second
