"""Check that a server can send a response, and send it.

A server sends the status and the header fields as Latin-1 (PEP 3333). They are checked when a
response is made, and again when it is sent, because they can be changed meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response as BaseResponse

from clastic.http.hosts import encode_host, split_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WITHOUT_BODY = frozenset({204, 304})
"""The status codes of responses without a body."""
LOCATIONS = frozenset({"content-location", "location"})
"""The names of the header fields with URLs, in lower case."""

# Match a status code, and its phrase if there is one (RFC 9112, section 4). After a code below 200
# clients wait for the actual response (RFC 9110, section 15.2), which WSGI cannot send.
_STATUS = re.compile(r"[2-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?").fullmatch
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII).fullmatch
# Match a name, a line feed, and a value that a server can send (RFC 9110, sections 5.1 and 5.5).
is_field = re.compile(r"[\w!#$%&'*+.^`|~-]+\n[\t\x20-\x7e\x80-\xff]*", re.ASCII).fullmatch
_COOKIE_PATH = re.compile(r"[^;\x00-\x1f\x7f]+").fullmatch


class UnsendableError(ValueError):
    """No server can send a response: its status, its header fields or its body are invalid.

    Nothing of the response has been sent. An application responds 500 in its place.
    """


def check_status(status: str) -> None:
    """Check a status line.

    :raises UnsendableError: if no server can send it
    """
    if not _STATUS(status):
        raise UnsendableError(
            f"The status is {status!r}, which no server can send. Use a code from 200 to 999, or "
            "a code and a phrase of Latin-1 text such as '404 Not Found'."
        )


def check_fields(
    fields: Iterable[tuple[str, str]], *, with_locations: bool = True
) -> list[tuple[str, str]]:
    """Return header fields as plain text that a server can send as Latin-1 (PEP 3333).

    :param with_locations: whether to check those with URLs, which are encoded when they are sent
    :raises UnsendableError: if no server can send one of them
    """
    checked = []
    for name, value in fields:
        is_text = isinstance(name, str) and isinstance(value, str)
        is_skipped = is_text and not with_locations and name.lower() in LOCATIONS
        if not is_skipped and not (is_text and is_field(f"{name}\n{value}")):
            raise UnsendableError(
                f"The header {name!r} has the value {value!r}, which no server can send. Use ASCII "
                "letters, digits and '-' in names, and no control characters and nothing outside "
                "of Latin-1 in values: percent-encode them, or leave them out."
            )
        checked.append((str(name), str(value)))
    return checked


def send(
    response: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Send a response, or call another WSGI application that responds.

    :raises UnsendableError: if no server can send the response
    """
    if isinstance(response, BaseResponse) and type(response).__call__ is BaseResponse.__call__:
        return send_by_werkzeug(response, environ, start_response)
    return response(environ, start_response)


def send_by_werkzeug(
    response: BaseResponse, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Send what Werkzeug makes of a response, after checking it.

    :raises UnsendableError: if no server can send it; it is closed then
    """
    try:
        body, status, fields = response.get_wsgi_response(environ)
        check_status(status)
        sent = check_fields(fields)
        if response.status_code in WITHOUT_BODY:  # RFC 9110, sections 8.3 and 15.3.5
            sent = [field for field in sent if field[0].lower() != "content-type"]
        if response.is_sequence and not response.direct_passthrough:
            response.calculate_content_length()  # encodes all text
    except Exception as error:
        response.close()
        if isinstance(error, UnsendableError):
            raise
        raise UnsendableError(f"{type(response).__name__} cannot be sent: {error}") from error
    start_response(status, sent)
    return body


def check_cookie(name: str, path: str | None, domain: str | None) -> None:
    """Check the parts of a cookie that Werkzeug sends unchecked (RFC 6265, section 4.1).

    :raises ValueError: if one of them is invalid
    """
    if not _TOKEN(name):
        raise ValueError(
            f"The name of the cookie is {name!r}. Use ASCII letters, digits, '-' and '_' "
            "(RFC 6265)."
        )
    if path and (path[0] != "/" or not _COOKIE_PATH(path)):
        raise ValueError(
            f"The path of the cookie '{name}' is {path!r}. Use one that begins with '/', without "
            "';' and control characters."
        )
    host = split_host(encode_host(domain.lstrip("."))) if domain else ("", None)
    if host is None or host[1] is not None:
        raise ValueError(
            f"The domain of the cookie '{name}' is {domain!r}. Use a host name without a port."
        )
