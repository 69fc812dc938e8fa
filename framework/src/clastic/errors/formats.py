"""The formats of an HTTP error, and the choice of one by the client's ``Accept`` header.

To add a format, write a function from an error to text, and add it to :data:`FORMATS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup, escape
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header

from clastic.pages import element, html_page, join
from clastic.text import to_text

# The longest Accept header, in characters, that is negotiated. Real clients send far less, and it
# bounds both the time for a hostile one and the memory of cached choices.
_MAX_ACCEPT_LENGTH = 1024


class ErrorData(Protocol):
    """The attributes of an error that its text is made of."""

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None


class Format(NamedTuple):
    """A format of errors.

    - ``mimetype``: its name in an ``Accept`` header.
    - ``content_type``: the ``Content-Type`` to send it with.
    - ``write``: return the text of an error; never raise, whatever the error's attributes are.
    """

    mimetype: str
    content_type: str
    write: Callable[[ErrorData], str]


def phrase_of(code: int) -> str:
    """Return the standard phrase of the status `code`, such as ``Not Found``."""
    return HTTP_STATUS_CODES.get(code, "Unknown Error")


def _lines(error: ErrorData) -> list[str]:
    """Return the text of an error: the status, then the message, detail and id if it has any."""
    phrase = phrase_of(error.code)
    lines = [f"{error.code} {phrase}"]
    if error.message is not phrase:
        message = to_text(error.message)
        if message and message != phrase:
            lines.append(message)
    if error.detail is not None:
        detail = to_text(error.detail)
        if detail:
            lines.append(detail)
    if error.error_id is not None:
        lines.append(f"Error id: {to_text(error.error_id)}")
    return lines


def _write_text(error: ErrorData) -> str:
    return "\n".join(_lines(error)) + "\n"


def _write_html(error: ErrorData) -> str:
    heading, *others = _lines(error)
    start, end = _page_around(heading)
    return str(join(start, *[element("p", text) for text in others], end))


@lru_cache(64)
def _page_around(heading: str) -> tuple[Markup, Markup]:
    """Return the page before and after the paragraphs, which only depends on the status."""
    gap = Markup("<p></p>")
    page = Markup(html_page(heading, element("h1", heading), gap))
    start, _, end = page.partition(gap)
    return start, end


_encode_json = json.JSONEncoder(default=to_text, allow_nan=False).encode


def _write_json(error: ErrorData) -> str:
    document = {
        "code": error.code,
        "message": to_text(error.message),
        "detail": error.detail,
        "error_type": to_text(error.error_type),
    }
    if error.error_id is not None:
        document["error_id"] = to_text(error.error_id)
    try:
        return _encode_json(document)
    except Exception:
        # Only the detail is the application's, and iterating over it may fail in any way.
        return _encode_json({**document, "detail": to_text(error.detail)})


def _write_problem_json(error: ErrorData) -> str:
    document: dict[str, object] = {
        "type": to_text(error.error_type),
        "title": to_text(error.message),
        "status": error.code,
    }
    if error.detail is not None:
        document["detail"] = to_text(error.detail)
    if error.error_id is not None:
        document["error_id"] = to_text(error.error_id)
    return _encode_json(document)


def _write_xml(error: ErrorData) -> str:
    elements = {
        "code": int(error.code),
        "message": error.message,
        "detail": error.detail,
        "error_type": error.error_type,
        "error_id": error.error_id,
    }
    lines = [
        f"<{name}>{escape(to_text(value))}</{name}>\n"
        for name, value in elements.items()
        if value is not None
    ]
    return f'<?xml version="1.0" encoding="utf-8"?>\n<error>\n{"".join(lines)}</error>\n'


TEXT = Format("text/plain", "text/plain; charset=utf-8", _write_text)

#: All formats, the preferred one first.
FORMATS = (
    TEXT,
    Format("text/html", "text/html; charset=utf-8", _write_html),
    Format("application/json", "application/json", _write_json),
    Format("application/problem+json", "application/problem+json", _write_problem_json),
    Format("application/xml", "application/xml; charset=utf-8", _write_xml),
)


def format_of(content_type: str) -> Format:
    """Return the format of the mimetype in `content_type`, or text when there is none for it."""
    mimetype = content_type.partition(";")[0].strip().lower()
    return next((format for format in FORMATS if format.mimetype == mimetype), TEXT)


def choose_format(accept: str | None) -> Format:
    """Return the format that an ``Accept`` header prefers (RFC 9110, section 12.5.1).

    The highest quality wins, then the range that names a format most exactly, then the order of
    :data:`FORMATS`. The most exact range for a format decides its quality, so that
    ``text/plain;q=0, */*`` excludes text. Without a header (None), and for one that is malformed or
    allows none of the formats, it is text: a readable error is better than a 406 about an error.
    """
    if accept is None or accept == "*/*" or len(accept) > _MAX_ACCEPT_LENGTH:
        return TEXT
    return _negotiate(accept)


# A pure function of a short string: a browser always sends the same one, and negotiating takes
# longer than the rest of an error page.
@lru_cache(maxsize=128)
def _negotiate(accept: str) -> Format:
    qualities: dict[str, float] = {}
    for media_range, quality in parse_accept_header(accept.lower(), MIMEAccept):
        # Some clients name our charset in a range.
        qualities.setdefault(media_range.removesuffix("; charset=utf-8"), quality)
    return max(FORMATS, key=lambda format: _rank(format.mimetype, qualities))


def _rank(mimetype: str, qualities: dict[str, float]) -> tuple[float, int]:
    """Return the quality that a client assigns to `mimetype`, and how exactly it names it.

    :param qualities: quality by media range
    """
    main_type = mimetype.partition("/")[0]
    for exactness, media_range in ((2, mimetype), (1, f"{main_type}/*"), (0, "*/*")):
        if media_range in qualities:
            quality = qualities[media_range]
            return (quality, exactness) if quality else (0.0, 0)
    return 0.0, 0
