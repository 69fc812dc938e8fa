"""What an application does about its errors."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clastic.errors.base import HTTPException, render_by_accept
from clastic.errors.types import InternalServerError, MethodNotAllowed, NotFound
from clastic.exports import lazy_attribute
from clastic.http import BaseRequest, BaseResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_logger = logging.getLogger("clastic")


class ErrorHandler:
    """Says which errors an application answers with, and how they read. Made to be subclassed.

    :param reraise_uncaught: whether exceptions that nothing caught go on to the WSGI server (True),
        or are logged and answered with a `server_error_type` (False)
    """

    #: The error of a request that no route matches.
    not_found_type: type[HTTPException] = NotFound

    #: The error of a request that routes match but for its method; made with the allowed methods.
    method_not_allowed_type: type[MethodNotAllowed] = MethodNotAllowed

    #: The error of a request during which an exception was not caught.
    server_error_type: type[HTTPException] = InternalServerError

    #: Records that exception: its ``from_current()`` gives the ``exc_info`` of the error.
    exc_info_type: type[Any] = lazy_attribute("boltons.tbutils", "ExceptionInfo")

    #: Wraps the whole application: takes a WSGI application and gives one. None for no wrapper.
    #: A function is set as a method or a static method, for it is looked up on the handler.
    wsgi_wrapper: Callable[[WSGIApplication], WSGIApplication] | None = None

    def __init__(self, reraise_uncaught: bool = False) -> None:
        self.reraise_uncaught = reraise_uncaught

    if TYPE_CHECKING:
        # An override takes what it needs by name, as an endpoint does.
        render_error: Callable[..., BaseResponse]
    else:

        def render_error(
            self, request: BaseRequest, _error: HTTPException, **kwargs: Any
        ) -> BaseResponse:
            """Return the response to `request` that `_error` is answered with.

            An override can take any of `request`, `_error`, `_application`, `_route`,
            `_dispatch_state` and the resources, each by its name.

            :param kwargs: what else is known of the request, by name; not used here
            """
            return render_by_accept(_error, request.environ.get("HTTP_ACCEPT"))

    def uncaught_to_response(self, _application: Any, _route: Any, **kwargs: Any) -> HTTPException:
        """Return the error that answers for the exception being handled, after logging that.

        To be called in the ``except`` block. Catch ``Exception`` there, not ``BaseException``: a
        ``KeyboardInterrupt``, ``SystemExit`` or ``GeneratorExit`` is no error to answer. The client
        is told nothing of the exception but an id, under which the log (logger ``clastic``, level
        ERROR) has the traceback.

        :param _application: the application that the exception comes out of
        :param _route: the route whose chain raised it, None if it was not in a route
        :param kwargs: what else is known of the request, by name; not used here
        :raises Exception: the one being handled, if `reraise_uncaught`
        """
        if self.reraise_uncaught:
            raise
        error = self.server_error_type(source_route=_route)
        error.error_id = secrets.token_hex(4)
        try:
            error.exc_info = self.record_exception(_application, _route, **kwargs)
        except Exception:  # it may look at objects that cannot be shown
            error.exc_info = None
        _log_current(_route, error.error_id)
        return error

    def record_exception(self, _application: Any, _route: Any, **kwargs: Any) -> Any:
        """Return the record of the exception being handled: the ``exc_info`` of its error.

        The error has none if this raises.

        :param _application: the application that the exception comes out of
        :param _route: the route whose chain raised it, None if it was not in a route
        :param kwargs: what else is known of the request, by name; not used here
        """
        return self.exc_info_type.from_current()


class REPLErrorHandler(ErrorHandler):
    """Shows an uncaught exception in Werkzeug's debugger, with a console in each frame.

    Whoever reaches the console runs code in the server: never use it off the loopback interface.
    """

    def __init__(self, reraise_uncaught: bool = True) -> None:
        super().__init__(reraise_uncaught)

    @staticmethod
    def wsgi_wrapper(application: WSGIApplication) -> WSGIApplication:
        """Return `application` inside the debugger."""
        # Imported here, for production has no use for it.
        from werkzeug.debug import DebuggedApplication

        return DebuggedApplication(application, evalex=True)


def _log_current(route: Any, error_id: str) -> None:
    """Log the current exception, by all means: on standard error if logging fails."""
    try:
        _logger.error(
            "Uncaught exception %s, error id %s",
            _place(route),
            error_id,
            exc_info=True,
            extra={"error_id": error_id},
        )
    except Exception:
        with contextlib.suppress(Exception):
            traceback.print_exc()
            print(f"Logging failed. Error id {error_id}", file=sys.stderr)


def _place(route: Any) -> str:
    if route is None:
        return "outside of the routes"
    endpoint = getattr(route, "endpoint", None)
    name = getattr(endpoint, "__qualname__", type(endpoint).__qualname__)
    return f"in route {getattr(route, 'pattern', None)!r} (endpoint {name})"
