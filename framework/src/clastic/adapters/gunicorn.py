"""Serve with Gunicorn: several processes, each with one thread, several, or greenlets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from clastic.adapters.base import Adapter, Model, ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Gunicorn(Adapter):
    """Adapter to Gunicorn, for Linux and macOS.

    Processes of one thread each suit only fast requests and a proxy that buffers. Requests that
    have not ended 30 seconds after SIGTERM are cut off.
    """

    name = "gunicorn"
    model: ClassVar[Model] = "processes"
    distributions: ClassVar[tuple[str, ...]] = ("gunicorn",)
    install = "pip install gunicorn"
    options: ClassVar[tuple[str, ...]] = ("workers", "threads")
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with an arbiter of Gunicorn."""
        from gunicorn.app.base import BaseApplication

        settings = {
            "bind": options.bind,
            "workers": options.workers,
            "post_worker_init": lambda worker: open_(),
            "forwarded_allow_ips": "",  # only ProxyMiddleware reads these headers
            "control_socket_disable": True,
            **self.worker_settings(options),
        }

        class Server(BaseApplication):  # type: ignore[misc]
            def load_config(self) -> None:
                for name, value in settings.items():
                    if value is not None and name in self.cfg.settings:
                        self.cfg.set(name, value)

            def load(self) -> WSGIApplication:
                return app

        Server().run()

    def worker_settings(self, options: ServerOptions) -> dict[str, Any]:
        """Return the settings for the kind of worker."""
        threads = options.threads or 1
        return {"worker_class": "gthread" if threads > 1 else "sync", "threads": threads}


class GunicornGevent(Gunicorn):
    """Adapter to Gunicorn with gevent, which handles each request in a greenlet.

    The standard library is patched, so that waiting for sockets, locks and
    ``time.sleep`` lets other requests run.
    """

    name = "gunicorn-gevent"
    model = "event loop"
    distributions = ("gunicorn", "gevent")
    install = "pip install 'gunicorn[gevent]'"
    options = ("workers",)

    def prepare(self) -> None:
        """Patch the standard library."""
        from gevent.monkey import patch_all

        patch_all()

    def worker_settings(self, options: ServerOptions) -> dict[str, Any]:
        """Return the settings for the kind of worker."""
        return {"worker_class": "gevent"}
