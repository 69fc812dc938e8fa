"""How an HTTP error reads in each format, and which format a client wants.

A format turns the data of an error (its :class:`ErrorData`) into text. :func:`choose_format` finds
the format by a request's ``Accept`` header (RFC 9110, section 12.5.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup, escape
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from clastic.errors.status import phrase_of
from clastic.text import to_text

# The longest Accept header, in characters, that is negotiated. No real client comes near it, and it
# bounds both the time a hostile one can take and the memory of remembered choices.
_LONGEST_ACCEPT = 1024


class ErrorData(Protocol):
    """The data of an error that pages show; every ``HTTPException`` has it."""

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None


class Format(NamedTuple):
    """One way to write an error down.

    - ``mimetype``: what an ``Accept`` header calls it.
    - ``content_type``: the ``Content-Type`` it is sent with.
    - ``write``: gives the text of an error; never raises, whatever the error's attributes are.
    """

    mimetype: str
    content_type: str
    write: Callable[[ErrorData], str]


def _lines(error: ErrorData) -> list[str]:
    """Return what there is to say: the status, then the message, detail and id if there are any."""
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


_PAGE = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(heading)s</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
main { margin: 2rem auto; max-width: 40rem; padding: 0 1rem; overflow-wrap: anywhere; }
p { white-space: pre-line; }
</style>
</head>
<body>
<main>
<h1>%(heading)s</h1>
%(paragraphs)s</main>
</body>
</html>
""")


def _write_html(error: ErrorData) -> str:
    heading, *others = _lines(error)
    paragraphs = Markup().join(Markup("<p>%s</p>\n") % text for text in others)
    return str(_PAGE % {"heading": heading, "paragraphs": paragraphs})


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
        # The detail alone is not of our making, and its iteration may fail in any way.
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

#: Every format, the preferred one first.
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
    """Return the format that a client which sends `accept` wants most.

    The highest quality wins, then the range that names a format most exactly, then the order of
    :data:`FORMATS`. The most exact range for a format decides its quality, so that
    ``text/plain;q=0, */*`` excludes text. When no header is sent (None), when it cannot be read or
    allows none of the formats, the answer is text all the same: a readable error is better than a
    406 about an error.
    """
    if accept is None or accept == "*/*" or len(accept) > _LONGEST_ACCEPT:
        return TEXT
    return _negotiate(accept)


# A pure function of a short string, and a browser sends the same one each time: remembering a few
# answers saves more time than the rest of an error page takes.
@lru_cache(maxsize=128)
def _negotiate(accept: str) -> Format:
    qualities: dict[str, float] = {}
    for media_range, quality in parse_accept_header(accept.lower(), MIMEAccept):
        # Some clients name our charset in a range.
        qualities.setdefault(media_range.removesuffix("; charset=utf-8"), quality)
    return max(FORMATS, key=lambda format: _rank(format.mimetype, qualities))


def _rank(mimetype: str, qualities: dict[str, float]) -> tuple[float, int]:
    """Return the quality that a client gives to `mimetype`, and how exactly it names it.

    :param qualities: quality by media range
    """
    main_type = mimetype.partition("/")[0]
    for exactness, media_range in ((2, mimetype), (1, f"{main_type}/*"), (0, "*/*")):
        if media_range in qualities:
            quality = qualities[media_range]
            return (quality, exactness) if quality else (0.0, 0)
    return 0.0, 0
