"""The formats of an HTTP error, and the choice of one by the client's ``Accept`` header.

To add a format, write a function from an error to text, and add it to :data:`FORMATS`. The media
types that are worth compressing are in :mod:`clastic.middleware.compress`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from markupsafe import escape

from clastic.errors.texts import texts_of, type_of
from clastic.http import negotiate
from clastic.pages import element, html_page
from clastic.text import to_text


class ErrorData(Protocol):
    """The attributes of an error that its text is made of.

    ``debug`` is what a debug page adds: data made of dictionaries, lists, tuples, strings, numbers
    and None, or None for an error without a debug page.
    """

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None

    @property
    def debug(self) -> Any:
        """See above."""


class Format(NamedTuple):
    """A format of errors.

    - ``mimetype``: its name in an ``Accept`` header.
    - ``content_type``: the ``Content-Type`` to send it with.
    - ``write``: return the text of an error; never raise, whatever the error's attributes are. It
      should include `ErrorData.debug`; debug pages have own text and HTML.
    """

    mimetype: str
    content_type: str
    write: Callable[[ErrorData], str]


def _lines(error: ErrorData) -> list[str]:
    """Return the status of an error, then its message, detail and id if they are set.

    The default message says the same as the status, so it takes no line.
    """
    texts = texts_of(error.code)
    lines = [texts.heading]
    if error.message is not texts.message:
        message = to_text(error.message)
        if message not in ("", texts.message, texts.phrase):
            lines.append(message)
    detail = error.detail
    # Most details are the default or a plain text, which to_text() does not change.
    if detail is not texts.detail and (type(detail) is not str or not detail.isprintable()):
        detail = "" if detail is None else to_text(detail)
    if detail:
        lines.append(detail)
    if error.error_id is not None:
        lines.append(f"Error id: {to_text(error.error_id)}")
    return lines


def fields_of(error: ErrorData) -> dict[str, Any]:
    """Return the attributes of an error that JSON and XML show."""
    fields = {
        "code": int(error.code),
        "message": to_text(error.message),
        "detail": error.detail,
        "error_type": None if error.error_type is None else to_text(error.error_type),
    }
    if error.error_id is not None:
        fields["error_id"] = to_text(error.error_id)
    if error.debug is not None:
        fields["debug"] = error.debug
    return fields


def _write_text(error: ErrorData) -> str:
    return "\n".join(_lines(error)) + "\n"


def _write_html(error: ErrorData) -> str:
    heading, *others = _lines(error)
    return html_page(heading, element("h1", heading), *[element("p", text) for text in others])


_encode_json = json.JSONEncoder(default=to_text, allow_nan=False).encode
_encode_indented = json.JSONEncoder(default=to_text, indent=2).encode


def _to_json(error: ErrorData, document: dict[str, Any]) -> str:
    if error.debug is None:
        return _encode_json(document)
    return _encode_indented({**document, "debug": error.debug}) + "\n"


def _write_json(error: ErrorData) -> str:
    fields = fields_of(error)
    try:
        return _to_json(error, fields)
    except Exception:
        # Only the detail is the application's, and iterating over it may fail in any way.
        return _to_json(error, {**fields, "detail": to_text(error.detail)})


def _write_problem_json(error: ErrorData) -> str:
    fields = fields_of(error)
    address = fields["error_type"] or type_of(error.code)
    problem = {"type": address, "title": fields["message"], "status": fields["code"]}
    if error.detail is not None:
        problem["detail"] = to_text(error.detail)
    if error.error_id is not None:
        problem["error_id"] = fields["error_id"]
    return _to_json(error, problem)


def _write_xml(error: ErrorData) -> str:
    fields = {**fields_of(error), "detail": error.detail and to_text(error.detail)}
    return xml_document(fields)


def xml_document(fields: dict[str, Any]) -> str:
    """Return an XML document with an element for each field that is not None."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_xml_element("http_error", fields)}'


def _xml_element(name: str, value: object) -> str:
    """Return an XML element with an element for each member; the members of a list are items."""
    if value is None:
        return ""
    if isinstance(value, dict):
        content = "".join(_xml_element(*member) for member in value.items())
    elif isinstance(value, (list, tuple)):
        content = "".join(_xml_element("item", member) for member in value)
    else:
        return f"<{name}>{escape(to_text(value))}</{name}>\n"
    return f"<{name}>\n{content}</{name}>\n"


TEXT = Format("text/plain", "text/plain; charset=utf-8", _write_text)

#: All formats, the preferred one first.
FORMATS = (
    TEXT,
    Format("text/html", "text/html; charset=utf-8", _write_html),
    Format("application/json", "application/json", _write_json),
    Format("application/problem+json", "application/problem+json", _write_problem_json),
    Format("application/xml", "application/xml; charset=utf-8", _write_xml),
)
_MIMETYPES = tuple(format.mimetype for format in FORMATS)


def format_of(content_type: str) -> Format:
    """Return the format of the mimetype in `content_type`, or text when there is none for it."""
    mimetype = content_type.partition(";")[0].strip().lower()
    return next((format for format in FORMATS if format.mimetype == mimetype), TEXT)


def choose_format(accept: str | None) -> Format:
    """Return the format that an ``Accept`` header prefers (RFC 9110, section 12.5.1).

    Ties are won by the first of :data:`FORMATS`. The default is text, also if the header accepts
    none of the formats: a readable error is better than a 406.
    """
    if accept is None or accept == "*/*":
        return TEXT
    return format_of(negotiate(accept, _MIMETYPES) or "")
