"""Nest the WSGI wrappers of middlewares and of the error handler around a dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from clastic.dispatch import Dispatcher
from clastic.errors import ErrorHandler
from clastic.http import Request
from clastic.http.sending import UnsendableError, send
from clastic.middleware.base import Middleware
from clastic.routing import BoundRoute
from clastic.wiring import Problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WSGIWrappers:
    """The nested WSGI wrappers around a dispatcher, and around those that replace it.

    Routes with wrappers of their own get new ones, so that no request reaches them without.

    :param owners: the objects that have the wrappers, outermost first
    :param problems: collects what is wrong with what the wrappers return
    :param dispatch: the ``dispatch`` method of the application if a subclass overrides it
    :ivar wsgi_app: the outermost of them; ``None`` without any, if ``dispatch`` is ``None``
    :ivar dispatcher: what serves requests inside, to be set before the first request
    """

    dispatcher: Dispatcher

    def __init__(
        self,
        owners: Sequence[Any],
        problems: Problems,
        dispatch: Callable[[Request], WSGIApplication] | None,
    ) -> None:
        self.owners = owners
        self._dispatch = dispatch
        self.wsgi_app: WSGIApplication | None = self._respond if owners or dispatch else None
        for owner in reversed(owners):
            wrapped = owner.wsgi_wrapper(self.wsgi_app)
            if _is_wsgi_callable(wrapped):
                self.wsgi_app = wrapped
            else:
                problems.add(
                    f"The wsgi_wrapper of {type(owner).__name__}",
                    f"returned {wrapped!r}, which is not a WSGI callable",
                    "Return a callable that takes environ and start_response.",
                    error_type=TypeError,
                )

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            if self._dispatch is None:
                response = self.dispatcher.respond(environ)
            else:
                response = self.dispatcher.respond_by(self._dispatch, environ)
            return send(response, environ, start_response)
        except UnsendableError as error:
            return self.dispatcher.send_error(error, environ, start_response)


def owners_of_wrappers(
    error_handler: ErrorHandler, middlewares: Iterable[Middleware], routes: Iterable[BoundRoute]
) -> list[Any]:
    """Return the objects that have a WSGI wrapper: error handler, then distinct middlewares."""
    found: list[Any] = [] if error_handler.wsgi_wrapper is None else [error_handler]
    lists = {id(route.middlewares): route.middlewares for route in routes}
    for middleware in (*middlewares, *(each for row in lists.values() for each in row)):
        if middleware.wsgi_wrapper is not None and middleware not in found:
            found.append(middleware)
    return found


def _is_wsgi_callable(candidate: object) -> bool:
    if not callable(candidate):
        return False
    try:
        inspect.signature(candidate).bind(None, None)
    except ValueError:  # a builtin that does not tell its signature
        return True
    except TypeError:
        return False
    return True
