"""Decide which errors an application sends, and log uncaught exceptions."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from clastic.describe import callable_name
from clastic.errors.base import HTTPException, render_by_accept
from clastic.errors.types import InternalServerError, MethodNotAllowed, NotFound
from clastic.exports import lazy_attribute
from clastic.http import BaseRequest, BaseResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_logger = logging.getLogger("clastic")


class ErrorHandler:
    """The error handler of an application: which errors it sends, and how they are rendered.

    Subclass it to change either.

    :param reraise_uncaught: True to pass uncaught exceptions on to the WSGI server, False to log
        them and send a `server_error_type`
    """

    # Any callables will do: they get what the error is about by name.

    #: The error for a path that no route matches; called with `request`, `application` and
    #: `dispatch_state`.
    not_found_type: type[HTTPException] = NotFound

    #: The error if routes match the path but not the method; called with `allowed_methods`.
    method_not_allowed_type: type[MethodNotAllowed] = MethodNotAllowed

    #: The error for an uncaught exception; called with `exc_info` and `source_route`.
    server_error_type: type[HTTPException] = InternalServerError

    #: A class whose ``from_current()`` records the exception being handled, for ``error.exc_info``.
    exc_info_type: type[Any] = lazy_attribute("boltons.tbutils", "ExceptionInfo")

    #: Takes and returns a WSGI application, to wrap the whole application. None for no wrapper.
    #: Define it as a method or a static method: it is looked up on the handler.
    wsgi_wrapper: Callable[[WSGIApplication], WSGIApplication] | None = None

    def __init__(self, reraise_uncaught: bool = False) -> None:
        self.reraise_uncaught = reraise_uncaught

    if TYPE_CHECKING:
        # An override takes the arguments it needs by name, as an endpoint does.
        render_error: Callable[..., BaseResponse]
    else:

        def render_error(
            self, request: BaseRequest, _error: HTTPException, **kwargs: Any
        ) -> BaseResponse:
            """Return the response for `_error`.

            An override can take any of `request`, `_error`, `_application`, `_route`,
            `_dispatch_state` and the resources, each by its name.

            :param kwargs: the other arguments and the path values, by name; not used here
            """
            return render_by_accept(_error, request.environ.get("HTTP_ACCEPT"))

    def uncaught_to_response(self, _application: Any, _route: Any, **kwargs: Any) -> HTTPException:
        """Log the exception being handled, and return the error to send for it.

        Call it in an ``except Exception`` block: ``KeyboardInterrupt``, ``SystemExit`` and
        ``GeneratorExit`` must pass. The client only sees an id, under which the log (logger
        ``clastic``, level ERROR) has the traceback.

        :param _application: the application that raised the exception
        :param _route: the route that raised it, None if it was outside of the routes
        :param kwargs: `request`, `_error` (the exception), `_dispatch_state`, the resources and
            the path values, by name
        :raises Exception: the one being handled, if `reraise_uncaught`
        """
        if self.reraise_uncaught:
            raise
        exc_info = None
        with suppress(Exception):  # it may read any object, such as one whose repr() fails
            request = kwargs.get("request")
            exc_info = self.record_exception(_application, _route, request=request)
        error = self.server_error_type(exc_info=exc_info, source_route=_route)
        error.error_id = secrets.token_hex(4)
        _logger.error(
            "Uncaught exception %s, error id %s",
            _place(_route),
            error.error_id,
            exc_info=True,
            extra={"error_id": error.error_id},
        )
        return error

    def record_exception(self, _application: Any, _route: Any, **kwargs: Any) -> Any:
        """Return the record of the exception being handled, for the ``exc_info`` of its error.

        If this raises, the error has none. The parameters are those of `uncaught_to_response`.
        """
        return self.exc_info_type.from_current()


class REPLErrorHandler(ErrorHandler):
    """An error handler that shows uncaught exceptions in Werkzeug's debugger.

    The debugger has a console in each frame, which runs code in the server: only use it on the
    loopback interface.
    """

    def __init__(self, reraise_uncaught: bool = True) -> None:
        super().__init__(reraise_uncaught)

    @staticmethod
    def wsgi_wrapper(application: WSGIApplication) -> WSGIApplication:
        """Return `application` inside the debugger."""
        # Imported here, because production does not use it.
        from werkzeug.debug import DebuggedApplication

        return DebuggedApplication(application, evalex=True)


def _place(route: Any) -> str:
    if route is None:
        return "outside of the routes"
    return f"in route {route.pattern!r} (endpoint {callable_name(route.endpoint)})"
