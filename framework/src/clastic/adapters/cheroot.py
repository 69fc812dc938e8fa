"""Serve with Cheroot, the server of CherryPy: one process with threads, on every platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clastic.adapters.base import DRAIN_SECONDS, Adapter, ServerOptions, exit_on_sigterm

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Cheroot(Adapter):
    """Adapter to Cheroot."""

    name = "cheroot"
    model = "threads"
    distributions = ("cheroot",)
    install = "pip install cheroot"
    options = ("threads",)
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with ``cheroot.wsgi.Server``."""
        from cheroot.wsgi import Server

        exit_on_sigterm()
        server = Server(
            (options.host, options.port),
            app,
            numthreads=options.threads or 10,
            shutdown_timeout=DRAIN_SECONDS,
        )
        open_()
        server.safe_start()
