"""Responses that send the client somewhere else (RFC 9110, section 15.4)."""

from __future__ import annotations

import re

from werkzeug.urls import iri_to_uri
from werkzeug.utils import redirect as werkzeug_redirect
from werkzeug.wrappers import Response as BaseResponse

from clastic.http.response import Response

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_CODES = (301, 302, 303, 307, 308)


def redirect(
    location: str,
    code: int = 302,
    Response: type[BaseResponse] = Response,  # noqa: N803 (the name that Werkzeug gives it)
) -> BaseResponse:
    """Return the response that Werkzeug's ``redirect`` returns for the same arguments.

    :param location: where to go: a URL, or a path with or without a query. What has no place in a
        URL is percent-encoded
    :param code: the status, normally 301, 302, 303, 307 or 308
    :param Response: the type of the response
    :raises ValueError: if there is a control character in `location`
    """
    control_character = _CONTROL_CHARACTER.search(location)
    if control_character is not None:
        raise ValueError(
            f"Cannot redirect to {location!r}: it has the control character "
            f"{control_character[0]!r} at position {control_character.start()}. "
            "Percent-encode it, or leave it out."
        )
    return werkzeug_redirect(location, code, Response)


class Redirector:
    """An endpoint that redirects to one location: ``("/old", Redirector("/new"))``.

    :param location: where to go, as for :func:`redirect`
    :param code: the status: 301, 302, 303, 307 or 308
    :raises ValueError: if there is a control character in `location`, or `code` is another one
    """

    def __init__(self, location: str, code: int = 301) -> None:
        if code not in _CODES:
            choices = ", ".join(map(str, _CODES))
            raise ValueError(f"Cannot redirect with the status {code!r}. Use one of {choices}.")
        self.location = location
        self.code = int(code)
        self._body = redirect(location, code).get_data()
        self._headers = (("Location", iri_to_uri(location)),)

    def __call__(self) -> Response:
        return Response(self._body, self.code, self._headers, "text/html")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location!r}, code={self.code})"
