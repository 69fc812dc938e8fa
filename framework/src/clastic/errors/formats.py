"""The formats of an HTTP error, and the choice of one by the client's ``Accept`` header.

To add a format, write a function from an error to text, and add it to :data:`FORMATS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from markupsafe import escape
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header

from clastic.pages import element, html_page
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
    """Return the status, then the message, detail and id of an error if they say more."""
    phrase = phrase_of(error.code)
    lines = [f"{error.code} {phrase}"]
    if error.message is not phrase and (message := to_text(error.message)) not in ("", phrase):
        lines.append(message)
    if error.detail is not None and (detail := to_text(error.detail)):
        lines.append(detail)
    if error.error_id is not None:
        lines.append(f"Error id: {to_text(error.error_id)}")
    return lines


def _fields(error: ErrorData) -> dict[str, Any]:
    """Return the attributes of an error that JSON and XML show."""
    fields = {
        "code": int(error.code),
        "message": to_text(error.message),
        "detail": error.detail,
        "error_type": to_text(error.error_type),
    }
    if error.error_id is not None:
        fields["error_id"] = to_text(error.error_id)
    return fields


def _write_text(error: ErrorData) -> str:
    return "\n".join(_lines(error)) + "\n"


def _write_html(error: ErrorData) -> str:
    heading, *others = _lines(error)
    return html_page(heading, element("h1", heading), *[element("p", text) for text in others])


_encode_json = json.JSONEncoder(default=to_text, allow_nan=False).encode


def _write_json(error: ErrorData) -> str:
    fields = _fields(error)
    try:
        return _encode_json(fields)
    except Exception:
        # Only the detail is the application's, and iterating over it may fail in any way.
        return _encode_json({**fields, "detail": to_text(error.detail)})


def _write_problem_json(error: ErrorData) -> str:
    fields = _fields(error)
    problem = {"type": fields["error_type"], "title": fields["message"], "status": fields["code"]}
    if error.detail is not None:
        problem["detail"] = to_text(error.detail)
    if error.error_id is not None:
        problem["error_id"] = fields["error_id"]
    return _encode_json(problem)


def _write_xml(error: ErrorData) -> str:
    lines = [
        f"<{name}>{escape(to_text(value))}</{name}>\n"
        for name, value in _fields(error).items()
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

    Of several equal ones it is the first of :data:`FORMATS`. Without a header (None), and for one
    that allows none of the formats, it is text: a readable error is better than a 406 about it.
    """
    if accept is None or accept == "*/*" or len(accept) > _MAX_ACCEPT_LENGTH:
        return TEXT
    return _negotiate(accept)


# A browser always sends the same header, and negotiating takes longer than the rest of an error.
@lru_cache(maxsize=128)
def _negotiate(accept: str) -> Format:
    # Some clients name our charset.
    ranges = re.sub(r"; *charset=utf-8", "", accept.lower())
    accepted = parse_accept_header(ranges, MIMEAccept)
    return format_of(accepted.best_match([format.mimetype for format in FORMATS], ""))
