"""What endpoints get of the URL: query parameters, and where the application is mounted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from werkzeug.datastructures import MultiDict

from clastic.errors import BadRequest
from clastic.http import Request
from clastic.middleware.base import Middleware
from clastic.middleware.fields import FieldsMiddleware, is_miss

# What a path may have as it is (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/!$&'()*+,;=:@~"


class GetParamMiddleware(FieldsMiddleware):
    """Gives endpoints parameters of the query string as arguments.

    ``GetParamMiddleware("q")``, ``GetParamMiddleware(["q", "page"])`` and
    ``GetParamMiddleware({"q": str, "page": int})`` all work. A parameter that is there several
    times has its first value; one that is missing or not of its type is ``None``, and with
    ``required=True`` the answer is a 400 that names it.

    The arguments are those of :class:`~clastic.middleware.fields.FieldsMiddleware`.
    """

    kind = "query parameter"

    def request(self, next: Callable[..., Any], request: Request, _route: Any) -> Any:
        """Provide the values."""
        has_query = request.environ.get("QUERY_STRING")
        if not (has_query or self._required) or is_miss(_route):
            return next(*self._absent)
        return next(*self.values(query_of(request).get))


class ScriptRootMiddleware(Middleware):
    """Gives endpoints the path that the server has mounted the application at.

    It is percent-encoded and without a slash at its end (the empty string at the root), so that
    ``f"{script_root}/links/"`` is a link to a path of the application.

    :param arg_name: the argument that endpoints take it by
    """

    def __init__(self, arg_name: str = "script_root") -> None:
        self.provides = (arg_name,)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the path."""
        root = request.environ.get("SCRIPT_NAME")
        if root:
            root = quote(root.encode("latin-1"), safe=_PATH_CHARACTERS).rstrip("/")
        return next(root or "")


def query_of(request: Request) -> MultiDict[str, str]:
    """Return the parameters in the query string of a request.

    :raises BadRequest: when there are bytes in it that are not UTF-8, and not percent-encoded
    """
    try:
        return request.args
    except UnicodeDecodeError:
        raise BadRequest("The query of the URL is not valid UTF-8.") from None
