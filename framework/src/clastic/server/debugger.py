"""Show developers the uncaught exceptions, and the routes behind a 404 or 405."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from traceback import extract_tb, format_exception_only
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication

from clastic.application import Application
from clastic.debug.handler import ContextualErrorHandler
from clastic.describe import format_location
from clastic.dispatch import DEVELOPMENT_PAGES, THROW_ERRORS
from clastic.errors.base import HTTPException
from clastic.errors.formats import choose_format
from clastic.errors.types import MethodNotAllowed
from clastic.http import Response, read_host
from clastic.server.options import ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_logger = logging.getLogger("clastic")


class _Debugger(DebuggedApplication):
    """Werkzeug's debugger, for requests for the hosts that the server serves."""

    options: ServerOptions

    def check_host_trust(self, environ: WSGIEnvironment) -> bool:
        return self.options.serves_host(read_host(environ))


class _DevelopmentPages(ContextualErrorHandler):
    """Show errors of any application, unless it renders or explains them itself."""

    def explains(self, application: Application, error: HTTPException | None = None) -> bool:
        if error is None or isinstance(error, MethodNotAllowed):
            return True
        return "detail" not in vars(error)


def with_debugger(application: WSGIApplication, options: ServerOptions) -> DebuggedApplication:
    """Show browsers uncaught exceptions of `application` in Werkzeug's debugger.

    Other clients get a short text or JSON, and all clients get pages that explain a 404 or 405.
    The console of the debugger needs the process that raised the exception, so several processes
    have none.
    """
    pages = _DevelopmentPages()

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[DEVELOPMENT_PAGES] = pages
        if choose_format(environ.get("HTTP_ACCEPT")).mimetype == "text/html":
            environ[THROW_ERRORS] = True
            return application(environ, start_response)
        try:
            return application(environ, start_response)
        except Exception as exception:
            _logger.exception("Uncaught exception outside of the routes")
            frame = extract_tb(exception.__traceback__)[-1]
            lines = format_exception_only(exception)
            text = f"{''.join(lines)}{format_location(frame.filename, frame.lineno or 0)}\n"
            return Response(text, 500)(environ, start_response)

    evalex = options.has_one_process and options.use_evalex
    debugged = _Debugger(respond, evalex=evalex, pin_logging=False)
    debugged.options = options
    return debugged
