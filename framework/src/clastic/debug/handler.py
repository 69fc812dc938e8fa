"""The error handler for development: its pages show what was done, and where it failed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clastic.debug.documents import write_json, write_problem_json, write_xml
from clastic.debug.exceptions import ExceptionRecord
from clastic.debug.page import write_html
from clastic.debug.report import DebugReport, report_exception, report_routes
from clastic.debug.request_data import search_request
from clastic.debug.text import write_text
from clastic.errors.base import HTTPException
from clastic.errors.formats import format_of
from clastic.errors.handler import ErrorHandler
from clastic.http import BaseRequest, BaseResponse
from clastic.secrets import Secrets

if TYPE_CHECKING:
    from clastic.application import Application
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

# The values of environment variables are short words more often than secrets.
_SHORTEST_IN_ENVIRONMENT = 8

_logger = logging.getLogger("clastic")

# The errors whose pages show the routes.
_ABOUT_ROUTES = frozenset({404, 405})

_WRITERS = MappingProxyType(
    {
        "text/plain": write_text,
        "text/html": write_html,
        "application/json": write_json,
        "application/problem+json": write_problem_json,
        "application/xml": write_xml,
    }
)

# What is on the page is this request's affair, and no script in it may run, whoever put it there.
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
)


class ContextualErrorHandler(ErrorHandler):
    """Shows where an exception comes from, and which routes a request was tried on.

    It is for development: it does so only in an application with ``debug=True``, and is the one
    that such an application has unless it is given another. Otherwise it is an ``ErrorHandler``.

    The page of an exception that was not caught has the exceptions behind it, their calls with
    source code and variables, the request and the types of the resources; that of a 404 or 405 has
    the routes in the order they are tried. Both are to be had in each format. Secrets are masked:
    see :mod:`clastic.secrets`. Errors that bring a body of their own are left as they are.

    :param reraise_uncaught: as in ``ErrorHandler``
    :param secret_words: by which to know the names of secrets, beside those that are known
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
        """Return the response to `request` that `_error` is answered with.

        :param _application: the application that answers
        :param _route: the route that the error comes from
        :param _dispatch_state: what has happened to the request
        :param kwargs: what else is known of the request, by name; not used here
        """
        response = super().render_error(request, _error)
        if (
            _application is None
            or _route is None
            or _dispatch_state is None
            or not _application.debug
            or not _is_written(response, _error)
        ):
            return response
        report = self._report(request, _error, _application, _route, _dispatch_state)
        if report is not None:
            response.set_data(_WRITERS[format_of(response.content_type).mimetype](report))
            for name, value in _HEADERS:
                response.headers[name] = value
        return response

    def record_exception(
        self,
        _application: Application,
        _route: BoundRoute,
        request: BaseRequest | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the record of the exception being handled, with all that a page shows of it.

        :param _application: the application that the exception comes out of
        :param _route: the route whose chain raised it
        :param request: the request, if there is an object for it
        :param kwargs: what else is known of the request, by name; not used here
        """
        if not _application.debug:
            _logger.warning("%s shows exceptions only where debug=True", type(self).__name__)
            return ErrorHandler.exc_info_type.from_current()
        if not issubclass(self.exc_info_type, ExceptionRecord):
            return super().record_exception(_application, _route)
        secrets = self._find_secrets(_application, _route, request)
        return self.exc_info_type.from_current(secrets)

    def _report(
        self,
        request: BaseRequest,
        error: HTTPException,
        application: Application,
        route: BoundRoute,
        state: DispatchState,
    ) -> DebugReport | None:
        """Return what to say beyond what every page of `error` says, None if there is nothing."""
        if isinstance(error.exc_info, ExceptionRecord):
            return report_exception(error, error.exc_info, request, route)
        if error.code not in _ABOUT_ROUTES:
            return None
        secrets = self._find_secrets(application, route, request)
        return report_routes(error, request, route, application.routes, state, secrets)

    def _find_secrets(
        self, application: Application, route: BoundRoute, request: BaseRequest | None
    ) -> Secrets:
        secrets = Secrets(self._secret_words)
        for name, value in os.environ.items():
            if secrets.is_secret_name(name):
                secrets.add(value, _SHORTEST_IN_ENVIRONMENT)
        secrets.add_named(*os.environ.values())
        secrets.add_named(application.resources, route.resources, *route.middlewares)
        if request is not None:
            search_request(request, secrets)
        return secrets


def _is_written(response: BaseResponse, error: HTTPException) -> bool:
    """Tell whether the body of `response` is what every page of `error` says, and not its own."""
    if response is error.ready_response or response.is_streamed:
        return False
    written = format_of(response.content_type or "").write(error)
    return response.get_data(as_text=True) == written
