"""Provide query parameters, and the path the application is mounted at, to endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from clastic.errors import BadRequest
from clastic.http import Request
from clastic.middleware.base import Middleware
from clastic.middleware.fields import FieldsMiddleware

# What a path can contain without being encoded (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/!$&'()*+,;=:@~"


class GetParamMiddleware(FieldsMiddleware):
    """Provide parameters of the query string to endpoints.

    ``GetParamMiddleware("q")``, ``GetParamMiddleware(["q", "page"])`` and
    ``GetParamMiddleware({"q": str, "page": int})`` all work. A parameter that is given several
    times has its first value. One that is missing or not of its type is ``None``; with
    ``required=True`` the response is a 400 that names it.

    The arguments are those of :class:`~clastic.middleware.fields.FieldsMiddleware`.
    """

    kind = "query parameter"
    environ_key = "QUERY_STRING"

    def read_fields(self, request: Request) -> Mapping[str, str]:
        """Return the parameters of the query string."""
        return query_of(request)


class ScriptRootMiddleware(Middleware):
    """Provide the path that the server has mounted the application at.

    It is percent-encoded and has no trailing slash (it is empty at the root), so that
    ``f"{script_root}/links/"`` is a link to a path of the application.

    :param arg_name: the name of the argument of endpoints
    """

    def __init__(self, arg_name: str = "script_root") -> None:
        self.provides = (arg_name,)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the path."""
        root: str = request.environ.get("SCRIPT_NAME") or ""
        return next(quote(root.encode("latin-1"), safe=_PATH_CHARACTERS).rstrip("/"))


def query_of(request: Request) -> Mapping[str, str]:
    """Return the parameters in the query string of a request.

    :raises BadRequest: it has bytes that are neither UTF-8 nor percent-encoded
    """
    try:
        return request.args
    except UnicodeDecodeError:
        raise BadRequest("The query string of the URL is not valid UTF-8.") from None
