"""Serve with the simple servers of Python and Werkzeug, for trying an application out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from socket import AF_INET, AF_INET6
from socketserver import BaseServer
from typing import TYPE_CHECKING

from clastic.adapters.base import Adapter, ServerOptions, require_length

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Wsgiref(Adapter):
    """Adapter to the server of the standard library, which speaks HTTP/1.0.

    Requests with a body in chunks get a 411.
    """

    name = "wsgiref"
    model = "synchronous"
    drains = True
    is_for_production = False

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app`, one request at a time."""
        from wsgiref.simple_server import WSGIServer, make_server

        class Server(WSGIServer):
            address_family = AF_INET6 if ":" in options.host else AF_INET

        with make_server(options.host, options.port, require_length(app), Server) as server:
            open_()
            _serve_until_signal(server)


class Werkzeug(Adapter):
    """Adapter to Werkzeug's server, without its debugger and reloader."""

    name = "werkzeug"
    model = "synchronous"
    distributions = ("werkzeug",)
    install = "pip install werkzeug"
    drains = True
    is_for_production = False

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app`, one request at a time."""
        from werkzeug.serving import make_server

        server = make_server(options.host, options.port, app)
        open_()
        try:
            _serve_until_signal(server)
        finally:
            server.server_close()


def _serve_until_signal(server: BaseServer) -> None:
    """Serve until SIGTERM, and finish the request in progress."""

    def shut_down(*arguments: object) -> None:
        # shutdown() waits for the loop that this thread runs.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, shut_down)
    server.serve_forever(poll_interval=0.1)
