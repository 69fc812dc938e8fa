"""Serve with ASGI servers, which call the application in threads through a2wsgi."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from clastic.adapters.base import DRAIN_SECONDS, Adapter, ServerOptions, exit_on_sigterm

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Hypercorn(Adapter):
    """Adapter to Hypercorn, which also speaks HTTP/2."""

    name = "hypercorn"
    model = "threads"
    distributions = ("hypercorn", "a2wsgi")
    install = "pip install hypercorn a2wsgi"
    options = ("threads",)
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` in one process."""
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        config = Config()
        config.bind = [options.bind]
        config.graceful_timeout = DRAIN_SECONDS
        open_()
        asyncio.run(serve(_make_asgi(app, options), config))


class Uvicorn(Adapter):
    """Adapter to Uvicorn. A request goes on after its client has left."""

    name = "uvicorn"
    model = "threads"
    distributions = ("uvicorn", "a2wsgi")
    install = "pip install uvicorn a2wsgi"
    options = ("threads",)
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` in one process."""
        import uvicorn

        exit_on_sigterm()  # at the end, Uvicorn sends itself the signal again
        open_()
        uvicorn.run(
            _make_asgi(app, options),
            host=options.host,
            port=options.port,
            lifespan="off",
            proxy_headers=False,  # only ProxyMiddleware reads these headers
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )


def _make_asgi(app: WSGIApplication, options: ServerOptions) -> Any:
    """Return an ASGI application that calls `app` in threads."""
    from a2wsgi import WSGIMiddleware

    def with_end(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input_terminated"] = True  # a body in chunks ends, too
        return app(environ, start_response)

    return WSGIMiddleware(with_end, workers=options.threads or 10)
