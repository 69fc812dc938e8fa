"""What a response can be made of and still be sent without Werkzeug's care, as it was given.

This is about its *head*: the status code, the status line, and the header fields that come before
``Content-Length``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.utils import get_content_type

Fields = tuple[tuple[str, str], ...]
Head = tuple[int, str, Fields]

BODILESS = frozenset({204, 304, *range(100, 200)})
LOCATIONS = frozenset({"content-location", "location"})

STATUS_LINES = {code: f"{code} {name.upper()}" for code, name in HTTP_STATUS_CODES.items()}
_NEEDING_CARE = LOCATIONS | {"content-length", "content-type"}
# A location that Werkzeug sends as it is. It quotes, lowers or shortens any other.
is_settled_location = re.compile(
    r"(?:https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)?/(?!/)"
    r"[\w.~%!$&'()*+,/:;=@-]*(?:\?[\w.~%!$&'()*+,/:;=?@-]+)?",
    re.ASCII,
).fullmatch


def plain_head(
    default: Head,
    has_body: bool,
    status: object,
    headers: object,
    mimetype: object,
    content_type: object,
) -> Head | None:
    """Return the head of a response made of these, or None if it needs Werkzeug's care.

    :param default: the head of a response for which all of the rest are None
    :param has_body: whether it has a body, be it empty
    """
    code, line, fields = default
    if status is not None:
        if type(status) is not int and type(status) is not HTTPStatus:
            return None
        if status not in STATUS_LINES or (has_body and status in BODILESS):
            return None
        code, line = int(status), STATUS_LINES[status]
    if content_type is not None or mimetype is not None:
        if content_type is None and type(mimetype) is str:
            content_type = get_content_type(mimetype, "utf-8")
        if type(content_type) is not str or "\n" in content_type or "\r" in content_type:
            return None
        fields = (("Content-Type", content_type),)
    if headers is not None:
        given = _plain_fields(headers)
        if given is None:
            return None
        fields = (*given, *fields)
    return code, line, fields


def _plain_fields(headers: object) -> Fields | None:
    """Return the given headers as they are sent, or None if they need Werkzeug's care.

    :raises ValueError: if one of them is no pair
    """
    if type(headers) is dict:
        fields = tuple(headers.items())
    elif type(headers) is list or type(headers) is tuple:
        fields = tuple(headers)
    else:
        return None
    needing_care = []
    for field in fields:
        if type(field) is not tuple:
            return None
        name, value = field
        if type(value) is not str or "\n" in value or "\r" in value:
            return None
        if name.lower() in _NEEDING_CARE:
            needing_care.append(field)
    return fields if not needing_care or are_settled(needing_care) else None


def are_settled(fields: Sequence[tuple[str, str]]) -> bool:
    """Tell whether Werkzeug sends fields as they are whose names call for care.

    :param fields: one or more of them, all that a response has
    """
    (name, value), *others = fields
    return not others and name == "Location" and is_settled_location(value) is not None
