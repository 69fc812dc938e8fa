"""Serve with gevent: one process, each request in a greenlet."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from clastic.adapters.base import DRAIN_SECONDS, Adapter, ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_POLL_SECONDS = 0.05


class Gevent(Adapter):
    """Adapter to ``gevent.pywsgi``.

    The standard library is patched, so that waiting for sockets, locks and ``time.sleep`` lets
    other requests run.
    """

    name = "gevent"
    model = "event loop"
    distributions = ("gevent",)
    install = "pip install gevent"
    drains = True

    def prepare(self) -> None:
        """Patch the standard library."""
        from gevent.monkey import patch_all

        patch_all()

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with ``gevent.pywsgi.WSGIServer``."""
        from gevent import Timeout, signal_handler, sleep
        from gevent.pool import Pool
        from gevent.pywsgi import WSGIHandler, WSGIServer

        in_progress = set()

        class Handler(WSGIHandler):  # type: ignore[misc]
            def handle_one_response(self) -> None:
                in_progress.add(self)
                try:
                    super().handle_one_response()
                finally:
                    in_progress.discard(self)

        def stop() -> None:
            server.stop_accepting()
            # stop() would also wait for connections that clients keep open.
            with Timeout(DRAIN_SECONDS, False):
                while in_progress:
                    sleep(_POLL_SECONDS)
            server.stop(0)

        address = (options.host, options.port)
        server = WSGIServer(address, app, spawn=Pool(), handler_class=Handler, log=None)
        open_()
        signal_handler(signal.SIGTERM, stop)
        server.serve_forever(stop_timeout=0)
