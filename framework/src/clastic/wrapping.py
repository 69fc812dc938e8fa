"""What stands between a server and an application: the WSGI wrappers of middlewares and handler."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from clastic.errors import ErrorHandler
from clastic.middleware.base import Middleware
from clastic.routing import BoundRoute
from clastic.wiring import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from clastic.dispatch import Dispatcher


def having_wsgi_wrapper(
    error_handler: ErrorHandler, middlewares: Iterable[Middleware], routes: Iterable[BoundRoute]
) -> list[Any]:
    """Give what has a WSGI wrapper, outermost first: error handler, distinct middlewares."""
    rows = {id(route.middlewares): route.middlewares for route in routes}
    having: list[Any] = [] if error_handler.wsgi_wrapper is None else [error_handler]
    for middleware in (*middlewares, *(each for row in rows.values() for each in row)):
        if middleware.wsgi_wrapper is not None and middleware not in having:
            having.append(middleware)
    return having


class Wrapping:
    """The WSGI wrappers around one table of routes, and around those that replace it.

    Routes that bring a wrapper of their own get a new wrapping, so that no request can reach them
    without what they have brought.

    :param wrapped_by: what has the wrappers, outermost first
    :param problems: takes what is wrong with what the wrappers give
    :ivar door: what requests go to, ``None`` where nothing is wrapped
    :ivar dispatcher: what answers inside, to be set before the first request
    """

    dispatcher: Dispatcher

    def __init__(self, wrapped_by: Sequence[Any], problems: list[Problem]) -> None:
        self._wrapped_by = wrapped_by
        self.door = self._wrapped(problems) if wrapped_by else None

    def is_by(self, wrapped_by: Sequence[Any]) -> bool:
        """Tell whether the wrappers are those of the very same objects."""
        return [*map(id, wrapped_by)] == [*map(id, self._wrapped_by)]

    def _wrapped(self, problems: list[Problem]) -> WSGIApplication:
        wsgi_app: WSGIApplication = self._answer
        for wrapped_by in reversed(self._wrapped_by):
            outer = wrapped_by.wsgi_wrapper(wsgi_app)
            if _is_wsgi_callable(outer):
                wsgi_app = outer
            else:
                problems.append(
                    Problem(
                        f"The wsgi_wrapper of {type(wrapped_by).__name__}",
                        f"gave {outer!r}, which is not a WSGI callable",
                        "Return a callable that takes environ and start_response.",
                    )
                )
        return wsgi_app

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.dispatcher.answer(environ)(environ, start_response)


def _is_wsgi_callable(candidate: object) -> bool:
    if not callable(candidate):
        return False
    try:
        inspect.signature(candidate).bind(None, None)
    except ValueError:
        return True
    except TypeError:
        return False
    return True
