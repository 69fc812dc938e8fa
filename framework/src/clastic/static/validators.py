"""What a request's conditions and its Range header ask of a file (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.http import http_date, parse_date, parse_etags

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

NOT_MODIFIED = 304
PRECONDITION_FAILED = 412

# Python converts up to 4,300 digits. A longer position than this is no position in any file.
_SINGLE_RANGE = re.compile(r"bytes=([0-9]{0,4000})-([0-9]{0,4000})", re.IGNORECASE)

# How long, in seconds, two changes can share one time stamp on file systems that count in seconds.
_COARSE_TICK = 2
NANOSECONDS = 1_000_000_000


class Validators(NamedTuple):
    """What tells one state of a file from another.

    - ``entity_tag``: as in the ``ETag`` header, quotes and all.
    - ``modified``: when it last changed, in seconds since 1970, never negative nor in the future.
    - ``last_modified``: the same, as in the ``Last-Modified`` header.
    """

    entity_tag: str
    modified: int
    last_modified: str


def is_settled(modified_ns: int, now: float) -> bool:
    """Tell whether a later change of a file is sure to show in its time of modification.

    It is where time stamps have fractions of a second, and after a while anywhere.

    :param modified_ns: nanoseconds since 1970
    :param now: seconds since 1970
    """
    return modified_ns % NANOSECONDS != 0 or now - modified_ns / NANOSECONDS > _COARSE_TICK


def validators_of(
    modified_ns: int, modified: int, size: int, coding: str, settled: bool
) -> Validators:
    """Return the validators of a file of `size` bytes in the content coding `coding`.

    The entity tag is strong (RFC 9110, section 8.8.1) when the file is `settled`. It differs
    between the codings of one file.

    :param modified_ns: when the file was modified, in nanoseconds since 1970
    :param modified: the same in seconds, but never negative nor in the future (section 8.8.2.1)
    """
    opaque = f"{modified_ns:x}-{size:x}{'-' if coding else ''}{coding}"
    entity_tag = f'"{opaque}"' if settled else f'W/"{opaque}"'
    return Validators(entity_tag, modified, http_date(modified))


def evaluate_conditions(environ: WSGIEnvironment, validators: Validators) -> int | None:
    """Return the status that the conditions of a GET or HEAD request call for, if any.

    In the order of RFC 9110, section 13.2.2; a condition that cannot be read does not count.
    """
    if_match = environ.get("HTTP_IF_MATCH")
    if if_match is not None:
        if not _matches_strongly(if_match, validators.entity_tag):
            return PRECONDITION_FAILED
    elif _is_later(validators, environ.get("HTTP_IF_UNMODIFIED_SINCE")) is True:
        return PRECONDITION_FAILED
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is not None:
        return NOT_MODIFIED if _matches_weakly(if_none_match, validators.entity_tag) else None
    if _is_later(validators, environ.get("HTTP_IF_MODIFIED_SINCE")) is False:
        return NOT_MODIFIED
    return None


def is_range_wanted(environ: WSGIEnvironment, validators: Validators) -> bool:
    """Tell whether a request for a part is to be heeded: of a GET, for the file as it is now.

    ``If-Range`` must give back the strong entity tag or the date just as it was sent (RFC 9110,
    section 13.1.5).
    """
    if "HTTP_RANGE" not in environ or environ["REQUEST_METHOD"] != "GET":
        return False
    if_range = environ.get("HTTP_IF_RANGE")
    if if_range is None:
        return True
    is_strong = not validators.entity_tag.startswith("W/")
    return is_strong and if_range in (validators.entity_tag, validators.last_modified)


def select_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the part of `size` bytes that a Range header asks for, as start and stop.

    Start is not below stop when no byte of the file is in the range. ``None`` means the whole: for
    several ranges, another unit than bytes, and what is no valid range.
    """
    match = _SINGLE_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last = match.groups()
    if first:
        start = int(first)
        if last and int(last) < start:
            return None
        return start, min(int(last) + 1, size) if last else size
    if not last or (size == 0 and int(last)):
        return None
    return max(0, size - int(last)), size


def _matches_weakly(header: str, entity_tag: str) -> bool:
    if header == entity_tag:
        return True
    opaque = entity_tag.removeprefix("W/").strip('"')
    return parse_etags(header).contains_weak(opaque)


def _matches_strongly(header: str, entity_tag: str) -> bool:
    candidates = parse_etags(header)
    if candidates.star_tag:
        return True
    return not entity_tag.startswith("W/") and candidates.contains(entity_tag.strip('"'))


def _is_later(validators: Validators, header: str | None) -> bool | None:
    """Tell whether the file changed after the date in `header`; ``None`` without a date."""
    if header is None:
        return None
    if header == validators.last_modified:
        return False
    try:
        date = parse_date(header)
    except (OverflowError, ValueError):
        return None
    return None if date is None else validators.modified > date.timestamp()
