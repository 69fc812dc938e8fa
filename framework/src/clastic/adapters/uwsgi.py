"""Serve with uWSGI: several processes with threads, over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING

from clastic.adapters.base import Adapter, ServerOptions, require_length

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Uwsgi(Adapter):
    """Adapter to uWSGI, for Linux.

    It cannot read bodies in chunks; requests with one get a 411. After an exception that the
    application does not handle, the response is empty.
    """

    name = "uwsgi"
    model = "processes"
    distributions = ("pyuwsgi",)
    install = "pip install pyuwsgi"
    options = ("workers", "threads")
    drains = True

    def serve(
        self, app: WSGIApplication, options: ServerOptions, open_: Callable[[], None]
    ) -> None:
        """Serve `app` with uWSGI in this interpreter, which ends with it."""
        import pyuwsgi

        def load() -> WSGIApplication:
            import uwsgi  # exists once uWSGI runs

            uwsgi.post_fork_hook = open_
            return _correct_scheme(require_length(app))

        module = ModuleType("clastic_served")
        vars(module)["load"] = load
        sys.modules[module.__name__] = module
        pyuwsgi.run(
            [
                *("--http-socket", options.bind),
                *("--module", f"{module.__name__}:load()", "--need-app"),
                *("--processes", str(options.workers or 1)),
                *("--enable-threads", "--threads", str(options.threads or 1)),
                *("--master", "--disable-logging"),
                # By default, SIGTERM reloads.
                *("--die-on-term", "--hook-master-start"),
                "unix_signal:15 gracefully_kill_them_all",
            ]
        )


def _correct_scheme(app: WSGIApplication) -> WSGIApplication:
    """Return an application whose environ does not have the scheme of X-Forwarded-Proto."""

    def corrected(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = "http"
        return app(environ, start_response)

    return corrected
