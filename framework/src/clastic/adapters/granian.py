"""Serve with Granian: several processes with threads, behind an HTTP server in Rust."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clastic.adapters.base import DRAIN_SECONDS, Adapter, ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Granian(Adapter):
    """Adapter to Granian in its WSGI mode. Responses cannot use ``write()`` of PEP 3333."""

    name = "granian"
    model = "processes"
    distributions = ("granian",)
    install = "pip install granian"
    options = ("workers", "threads")
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with processes that are forked from this one."""
        import multiprocessing

        from granian import Granian as Server
        from granian.constants import Interfaces

        def load(*arguments: object) -> WSGIApplication:
            open_()
            return app

        # Other start methods import the application again in each worker.
        multiprocessing.set_start_method("fork", force=True)
        Server(
            "clastic",
            options.host,
            options.port,
            interface=Interfaces.WSGI,
            workers=options.workers or 1,
            blocking_threads=options.threads,
            workers_kill_timeout=DRAIN_SECONDS,
        ).serve(target_loader=load, wrap_loader=False)
