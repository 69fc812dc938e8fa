"""Refuse requests that other sites make the browsers of visitors send (CSRF)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from clastic.errors import BadRequest, Forbidden
from clastic.http import Request
from clastic.http.hosts import MALFORMED_HOST, checked_origins, read_origin, split_origin
from clastic.middleware.base import Middleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110, section 9.2.1


class CSRFMiddleware(Middleware):
    """Respond 403 to requests that change something and come from another site.

    It needs no tokens in forms, because browsers say where a request comes from:

    1. ``GET``, ``HEAD``, ``OPTIONS`` and ``TRACE`` pass. Do not change data in response to them.
    2. A request whose ``Origin`` is one of `trusted_origins` passes.
    3. With ``Sec-Fetch-Site`` (Fetch Metadata), only ``same-origin`` and ``none`` pass.
    4. Otherwise, with ``Origin`` (RFC 6454), it passes if that has the scheme, host and port that
       the request was sent to. Behind a proxy, :class:`~clastic.middleware.ProxyMiddleware` must
       be in use.
    5. A request without both headers passes: it does not come from a browser.

    :param trusted_origins: other sites that may send requests, such as ``https://pay.example.org``
    :raises TypeError: if `trusted_origins` is a string
    :raises ValueError: if one of them is not an origin
    """

    def __init__(self, trusted_origins: Iterable[str] = ()) -> None:
        self.trusted_origins = checked_origins("trusted_origins", trusted_origins)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Return what ``next()`` returns, unless the request is refused."""
        environ = request.environ
        if environ["REQUEST_METHOD"] not in _SAFE_METHODS:
            self._check(environ)
        return next()

    def _check(self, environ: WSGIEnvironment) -> None:
        """Raise an error for a request of another site."""
        site, given = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
        origin = None if given is None else split_origin(given)
        if site in ("same-origin", "none") or (site is None and given is None):
            return
        if origin in self.trusted_origins:
            return
        if site is not None:
            raise Forbidden("This request was sent by another site.")
        own = read_origin(environ)
        if own is None:
            raise BadRequest(MALFORMED_HOST)
        if origin != own:
            sender = given if origin else "another site"
            scheme, host, port = own
            raise Forbidden(
                f"This request was sent by {sender}, but this site is {scheme}://{host}{port}."
            )
