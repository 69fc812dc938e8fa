"""Show developers the exception or the routes behind an error."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clastic.debug.exceptions import ExceptionRecord
from clastic.debug.page import write_report
from clastic.debug.report import (
    DebugReport,
    read_form,
    read_query,
    report_exception,
    report_routes,
)
from clastic.describe import describe_class
from clastic.development import hint
from clastic.errors.base import HTTPException
from clastic.errors.formats import format_of
from clastic.errors.handler import ErrorHandler
from clastic.http import BaseRequest, BaseResponse
from clastic.secrets import Secrets

if TYPE_CHECKING:
    from clastic.application import Application
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

_logger = logging.getLogger("clastic")

HIDE_SOURCE = "clastic.hide_source"
"""The key of the environ of a request whose client must not see source code or routes."""

# The page is for this request only, and nothing that the application put into it may run.
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
)


class ContextualErrorHandler(ErrorHandler):
    """Show where an exception comes from, and which routes were tried, in every format.

    This is for development. It is the default of an application with ``debug=True``; in any other
    application it behaves like ``ErrorHandler``.

    The page of an uncaught exception has the exceptions behind it, their calls with source and
    variables, the request and the types of the resources. The page of a 404 or 405 has the routes
    in the order tried. Secrets are masked, see :mod:`clastic.secrets`. Errors that have a body of
    their own keep it.

    :param reraise_uncaught: as in ``ErrorHandler``
    :param secret_words: more words by which to recognize the names of secrets
    """

    exc_info_type: type[Any] = ExceptionRecord

    def __init__(self, reraise_uncaught: bool = False, *, secret_words: Iterable[str] = ()) -> None:
        super().__init__(reraise_uncaught)
        self._secret_words = tuple(secret_words)

    def render_error(
        self,
        request: BaseRequest,
        _error: HTTPException,
        _application: Application | None = None,
        _route: BoundRoute | None = None,
        _dispatch_state: DispatchState | None = None,
        **kwargs: Any,
    ) -> BaseResponse:
        """Return the response for an error.

        :param _application: the application that responds
        :param _route: the route that the error comes from
        :param _dispatch_state: what has happened to the request
        :param kwargs: the other values that can be injected; not used here
        """
        _hint_lost_detail(type(_error))
        response = super().render_error(request, _error)
        if HIDE_SOURCE in request.environ:
            return response
        if (
            _application is None
            or _route is None
            or _dispatch_state is None
            or not self.explains(_application, _error)
            or not _is_default_body(response, _error)
        ):
            return response
        report = self._report(request, _error, _application, _route, _dispatch_state)
        if report is not None:
            response.set_data(write_report(report, format_of(response.content_type).mimetype))
            for name, value in _HEADERS:
                response.headers[name] = value
        return response

    def explains(self, application: Application, error: HTTPException | None = None) -> bool:
        """Return whether to show more than the error itself: if the application has ``debug``.

        :param error: the error to show; ``None`` for an exception to record
        """
        return bool(application.debug)

    def record_exception(
        self,
        _application: Application,
        _route: BoundRoute,
        request: BaseRequest | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the record of the exception that is being handled.

        :param _application: the application that it was raised in
        :param _route: the route that it was raised in
        :param request: the request, if there is an object for it
        :param kwargs: the other values that can be injected; not used here
        """
        if not self.explains(_application):
            _logger.warning("%s shows exceptions only with debug=True", type(self).__name__)
            return ErrorHandler.exc_info_type.from_current()
        if not issubclass(self.exc_info_type, ExceptionRecord):
            return super().record_exception(_application, _route)
        return self.exc_info_type.from_current(self._find_secrets(_application, _route, request))

    def _report(
        self,
        request: BaseRequest,
        error: HTTPException,
        application: Application,
        route: BoundRoute,
        state: DispatchState,
    ) -> DebugReport | None:
        """Return the report on an error, None if there is nothing more to show."""
        if isinstance(error.exc_info, ExceptionRecord):
            return report_exception(error, error.exc_info, request, route)
        if error.code not in (404, 405):
            return None
        secrets = self._find_secrets(application, route, request)
        return report_routes(error, request, route, application, state, secrets)

    def _find_secrets(
        self, application: Application, route: BoundRoute, request: BaseRequest | None
    ) -> Secrets:
        secrets = Secrets(self._secret_words)
        # One variable at a time, because a call searches a bounded number of values.
        for name, value in os.environ.items():
            secrets.add_named({name: value})
        secrets.add_named(application.resources, route.resources, *route.middlewares)
        if request is not None:
            given = request.authorization
            secrets.add_named(
                *(read_query(request), read_form(request)[0], request.environ),
                {"cookies": list(request.cookies.values())},
                {"credentials": given and [given.token, given.password, given.response]},
            )
        return secrets


def _hint_lost_detail(error_type: type[HTTPException]) -> None:
    """Log a hint if a class of errors takes arguments, but neither passes nor sets a detail."""
    code = getattr(error_type.__init__, "__code__", None)
    if code is not None and not {"__init__", "detail", "message"}.intersection(code.co_names):
        hint(
            f"{describe_class(error_type)} does not call super().__init__(detail), so the response "
            "shows nothing of its arguments"
        )


def _is_default_body(response: BaseResponse, error: HTTPException) -> bool:
    """Return whether the body of a response is the generated text of the error."""
    if response.is_streamed:
        return False
    default = format_of(response.content_type or "").write(error)
    return response.get_data(as_text=True) == default
