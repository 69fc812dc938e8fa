"""Serve with bjoern: one process with an event loop in C."""

from __future__ import annotations

from collections.abc import Callable
from socket import AF_INET, AF_INET6, create_server
from typing import TYPE_CHECKING

from clastic.adapters.base import Adapter, ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Bjoern(Adapter):
    """Adapter to bjoern.

    The event loop receives and sends for many clients at once, but calls the application for one
    request at a time. Its responses cannot use ``write()`` of PEP 3333.
    """

    name = "bjoern"
    model = "event loop"
    distributions = ("bjoern",)
    install = "apt install libev-dev, then pip install bjoern"
    drains = False

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with ``bjoern.server_run``."""
        import bjoern

        open_()
        family = AF_INET6 if ":" in options.host else AF_INET
        listener = create_server((options.host, options.port), family=family, backlog=1024)
        bjoern.server_run(listener, app)
