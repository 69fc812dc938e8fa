"""Read the address, scheme, host and prefix of a request from the proxies in front of a server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from clastic.middleware.base import Middleware

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Werkzeug stores the values that it replaces under this key.
_ORIGINAL = "werkzeug.proxy_fix.orig"


class ProxyMiddleware(Middleware):
    """Trust the ``X-Forwarded-*`` headers that a known number of proxies set.

    ``X-Forwarded-For`` becomes the address of the client, ``X-Forwarded-Proto`` the scheme,
    ``X-Forwarded-Host`` the host with its port, ``X-Forwarded-Prefix`` the root of the application
    (``SCRIPT_NAME``). Of each header, the value that the outermost trusted proxy added counts.

    Each of the proxies must set these four headers or remove them, because clients can send them,
    too. Requests must not reach the server past the proxies.

    Put it first. It wraps the whole application that is served, before hosts are checked. If
    several are in use, in embedded applications or in the server, the outermost counts.

    :param hops: the number of proxies between the server and the clients; 0 ignores the headers
    :raises ValueError: if `hops` is not a number from 0
    """

    def __init__(self, hops: int = 1) -> None:
        if not isinstance(hops, int) or isinstance(hops, bool) or hops < 0:
            raise ValueError(f"hops={hops!r} is not a number of proxies. Write 0 or more.")
        self.hops = hops

    def wsgi_wrapper(self, application: WSGIApplication) -> WSGIApplication:
        """Return a WSGI application that reads the headers, then calls the given one."""
        hops = self.hops
        fixed = ProxyFix(application, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)

        def read_forwarded(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            is_read = _ORIGINAL in environ
            return (application if is_read else fixed)(environ, start_response)

        return read_forwarded

    def __repr__(self) -> str:
        return f"{self.name}(hops={self.hops})"
