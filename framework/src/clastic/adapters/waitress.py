"""Serve with Waitress: one process with threads, on every platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clastic.adapters.base import Adapter, ServerOptions, exit_on_sigterm

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Waitress(Adapter):
    """Adapter to Waitress, which buffers requests and responses.

    Requests that have not ended five seconds after SIGTERM are cut off.
    """

    name = "waitress"
    model = "threads"
    distributions = ("waitress",)
    install = "pip install waitress"
    options = ("threads",)
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with ``waitress.serve``."""
        import waitress

        open_()
        exit_on_sigterm()
        waitress.serve(
            app,
            listen=options.bind,
            threads=options.threads or 4,
            # Only ProxyMiddleware reads these headers.
            clear_untrusted_proxy_headers=not options.proxies,
        )
