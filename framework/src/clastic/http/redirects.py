"""Responses that send the client somewhere else (RFC 9110, section 15.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar, overload
from urllib.parse import quote

from markupsafe import escape
from werkzeug.utils import redirect as werkzeug_redirect
from werkzeug.wrappers import Response as BaseResponse

from clastic.http.hosts import encode_url
from clastic.http.response import STATUS_LINES, Response, is_final_location, lazy_response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_needs_escape = re.compile(r"[&<>'\"]").search
_CODES = (301, 302, 303, 307, 308)
_CONTENT_TYPE = ("Content-Type", "text/html; charset=utf-8")
_AnyResponse = TypeVar("_AnyResponse", bound=BaseResponse)
# In redirect() a parameter hides the name.
_DEFAULT_TYPE = Response
# The characters that are not quoted in a query string (RFC 3986, and its escapes), and in a path.
_QUERY_CHARACTERS = "!$&'()*+,-./:;=?@[]_~%"
_PATH_CHARACTERS = "!$&'()*+,-./:;=@_~"


@overload
def redirect(location: str, code: int = ...) -> Response: ...


@overload
def redirect(
    location: str,
    code: int = ...,
    Response: type[_AnyResponse] = ...,  # noqa: N803
) -> _AnyResponse: ...


def redirect(
    location: str,
    code: int = 302,
    Response: type[BaseResponse] = Response,  # noqa: N803 (Werkzeug's name for it)
) -> BaseResponse:
    """Return a redirect, with a short page for clients that do not follow it.

    :param location: where to go: a URL, or a path with or without a query. It is sent as given, but
        for what must be encoded: a host that is not ASCII is sent as Punycode (IDNA 2008), which
        needs ``clastic[idna]``, and what has no place in a URL is percent-encoded
    :param code: the status, normally 301, 302, 303, 307 or 308
    :param Response: the type of the response
    :raises ValueError: if there is a control character in `location`, or its host is not one
    """
    if type(location) is not str or not is_final_location(location):
        control_character = _CONTROL_CHARACTER.search(location)
        if control_character is not None:
            raise ValueError(
                f"Cannot redirect to {location!r}: it has the control character "
                f"{control_character[0]!r} at position {control_character.start()}. "
                "Percent-encode it, or leave it out."
            )
        location = encode_url(location)
    if Response is _DEFAULT_TYPE and code in _CODES:
        fields = (_CONTENT_TYPE, ("Location", location))
        return lazy_response((int(code), STATUS_LINES[code], fields), _page(location))
    return werkzeug_redirect(location, code, Response)


def _page(location: str) -> bytes:
    """Return the page that Werkzeug sends with a redirect; Markup would take far longer."""
    # Most locations need no escape, which takes a fifth of the time of a redirect.
    link = str(escape(location)) if _needs_escape(location) else location
    return (
        "<!doctype html>\n"
        "<html lang=en>\n"
        "<title>Redirecting...</title>\n"
        "<h1>Redirecting...</h1>\n"
        "<p>You should be redirected automatically to the target URL: "
        f'<a href="{link}">{link}</a>. If not, click the link.\n'
    ).encode()


def redirect_to_path(environ: WSGIEnvironment, path: str) -> Response:
    """Return a redirect of a request to another path of its application, with the same query.

    :param path: a decoded path, below the root of the application
    :return: 302 for GET and HEAD; 307 for the others, which keep their method and body
    """
    location = root_of(environ) + quote("/" + path.lstrip("/"), safe=_PATH_CHARACTERS)
    location += _query(environ)
    return redirect(location, 302 if environ["REQUEST_METHOD"] in ("GET", "HEAD") else 307)


def root_of(environ: WSGIEnvironment) -> str:
    """Return the path of an application's root, quoted, without a slash at its end."""
    root = quote(environ.get("SCRIPT_NAME", "").encode("latin-1"), safe=_PATH_CHARACTERS)
    # With another number of slashes at its start, a browser could read a host.
    root = root.strip("/")
    return root and "/" + root


def own_path(environ: WSGIEnvironment) -> str:
    """Return the path and query that a request was sent to, quoted, with the application's root."""
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_PATH_CHARACTERS)
    return f"{root_of(environ)}/{path.lstrip('/')}{_query(environ)}"


def append_slash_redirect(environ: WSGIEnvironment, code: int = 308) -> Response:
    """Return a redirect of a request to its own URL with a slash at the end of the path.

    :param environ: has the path, which does not end with a slash, and the query
    :param code: the status; 308 keeps the method and the body
    """
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    name = quote(path.rpartition("/")[2].encode("latin-1"), safe=_PATH_CHARACTERS)
    # The dot keeps a colon from ending a scheme (RFC 3986, section 4.2).
    relative = f"./{name}/" if ":" in name else f"{name or '.'}/"
    return redirect(relative + _query(environ), code)


def _query(environ: WSGIEnvironment) -> str:
    """Return the query of a request with its question mark, empty if there is none."""
    query = environ.get("QUERY_STRING", "")
    return query and "?" + quote(query.encode("latin-1"), safe=_QUERY_CHARACTERS)


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
        redirect(location, self.code)  # checks the location

    def __call__(self) -> Response:
        """Return the redirect."""
        return redirect(self.location, self.code)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location!r}, code={self.code})"
