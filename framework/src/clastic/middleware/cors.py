"""Let scripts of other sites read responses (CORS, as in the Fetch standard)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from clastic.errors import Forbidden
from clastic.http import BaseResponse, Request, Response, add_vary
from clastic.http.hosts import checked_origins, split_origin
from clastic.middleware.base import Middleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
# Of several around one route, the innermost decides.
_DECIDED = "clastic.cors"


class CORSMiddleware(Middleware):
    """Let scripts of other origins read the responses of an application (Fetch standard).

    It responds to preflight requests for the methods that the routes it is around have, and runs
    no endpoint for them. Others get no permission. It adds the headers to every response, also to
    errors. Put it first, so that the others do not see preflights. Around a route of an embedded
    application that has its own, that one decides.

    CORS does not keep other sites from sending requests: see
    :class:`~clastic.middleware.CSRFMiddleware`.

    :param origins: such as ``["https://app.example.org"]``, or ``"*"`` for all
    :param headers: names of the headers that a request may have besides those that need no
        permission. ``Authorization`` must be named
    :param expose: names of the headers of a response that scripts may read
    :param credentials: whether requests may have cookies and passwords; not with ``"*"``
    :param max_age: for how many seconds a browser may keep a permission; ``None`` is its default
    :raises TypeError: if names are a string
    :raises ValueError: for a value that is no origin or header name, and ``"*"`` with `credentials`
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        headers: Iterable[str] = ("Content-Type",),
        expose: Iterable[str] = (),
        credentials: bool = False,
        max_age: int | None = None,
    ) -> None:
        self.allows_all = origins == "*"
        if self.allows_all and credentials:
            raise ValueError(
                "CORSMiddleware('*', credentials=True) would let every site act as the visitor. "
                "Name the origins."
            )
        self.origins = checked_origins("origins", () if self.allows_all else origins)
        self.headers = _names("headers", headers)
        self.expose = _names("expose", expose)
        self.credentials = credentials
        if max_age is not None and (not isinstance(max_age, int) or max_age < 0):
            raise ValueError(f"max_age={max_age!r} is not a number of seconds.")
        self.max_age = max_age

    def request(self, next: Callable[..., Any], request: Request, _route: Any) -> Any:
        """Return what ``next()`` returns; refuse a preflight, which ``finish`` may permit."""
        if _is_preflight(request.environ) and not _route.is_null_route:
            return Forbidden("This request of another origin is not permitted.")
        return next()

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the response with the headers of a permission, or that to a preflight."""
        is_preflight = _is_preflight(environ)
        if is_preflight:
            requested = route.application.find_route(environ, environ[_METHOD])
            if requested is None or self not in requested.middlewares:
                return response
        if environ.setdefault(_DECIDED, self) is not self:
            return response
        allowed_origin = self._allowed_origin(environ)
        if is_preflight and allowed_origin:
            response.close()
            response = self._permit(environ[_METHOD])
        elif allowed_origin and self.expose:
            response.headers["Access-Control-Expose-Headers"] = self.expose
        if not self.allows_all:
            add_vary(response.headers, "Origin")
        if allowed_origin:
            response.headers["Access-Control-Allow-Origin"] = allowed_origin
            if self.credentials:
                response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    def _allowed_origin(self, environ: WSGIEnvironment) -> str | None:
        """Return the value that permits a request, ``None`` if it is not permitted."""
        origin: str | None = environ.get("HTTP_ORIGIN")
        if origin is None or self.allows_all:
            return origin and "*"
        return origin if split_origin(origin) in self.origins else None

    def _permit(self, method: str) -> BaseResponse:
        """Return the response to a preflight for a method."""
        response = Response(status=204)
        headers = response.headers
        del headers["Content-Type"]
        headers["Access-Control-Allow-Methods"] = method
        if self.headers:
            headers["Access-Control-Allow-Headers"] = self.headers
        if self.max_age is not None:
            headers["Access-Control-Max-Age"] = str(self.max_age)
        headers["Vary"] = "Access-Control-Request-Method"
        return response


def _is_preflight(environ: WSGIEnvironment) -> bool:
    return (
        environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ORIGIN" in environ and _METHOD in environ
    )


def _names(where: str, names: Iterable[str]) -> str:
    """Return names of headers as they are sent.

    :raises TypeError: if they are a string
    :raises ValueError: if one of them is not a name
    """
    if isinstance(names, str):
        raise TypeError(f"{where} is a string. Write [{names!r}].")
    names = tuple(names)
    for name in names:
        if not _TOKEN.fullmatch(name) or name == "*":
            raise ValueError(f"{where} has {name!r}, which is not the name of a header.")
    return ", ".join(names)
