"""Check what the functions of a route returned, and turn it into a response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.describe import describe_callable, describe_role, describe_type
from clastic.development import STATUS_REMEDY, status_in
from clastic.errors import HTTPException, from_werkzeug
from clastic.http import BaseResponse, Response
from clastic.middleware.source import may_return_nothing
from clastic.routing.bound import BoundRoute

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def check_response(response: Any, route: BoundRoute) -> BaseResponse:
    """Return the result of a route if it is a response.

    :raises TypeError: with a remedy, if it is not
    """
    if isinstance(response, BaseResponse):
        return response
    if isinstance(response, WerkzeugHTTPException):
        return from_werkzeug(response)
    where = f"Route '{route.pattern}' (endpoint {describe_callable(route.endpoint)})"
    if isinstance(response, type) and issubclass(response, HTTPException):
        remedy = f"Raise or return {response.__name__}(), an instance."
    elif isinstance(response, tuple) and status_in(response) is not None:
        remedy = STATUS_REMEDY
    elif hasattr(response, "__await__"):
        remedy = "WSGI does not await coroutines: run it with asyncio.run()."
    elif route.render is not None:
        remedy = f"Its render {describe_callable(route.render)} must return a Response."
    else:
        remedy = (
            "Return a Response, or give the route a render that makes one, for example "
            "render_basic."
        )
        if response is None:
            remedy = f"Is its return missing? {remedy}"
    if response is None and (forgetful := _forgetful_methods(route)):
        remedy = f"{forgetful} can end without return: return the result of next(), or a Response."
    elif around := [each.name for each in route.middlewares if each.request or each.render]:
        remedy = (
            f"Each middleware ({', '.join(around)}) must return the result of next(), or a "
            f"Response. {remedy}"
        )
    raise TypeError(
        f"{where} returned {describe_type(response)}, which is not a Response.\n  {remedy}"
    )


def _forgetful_methods(route: BoundRoute) -> str:
    """Return the methods of middlewares that can end without ``return``, with their places."""
    methods = [each for row in route.middlewares for each in (row.request, row.render) if each]
    found = [describe_role("Middleware", each) for each in methods if may_return_nothing(each)]
    return " or ".join(found)


def as_response(response: WSGIApplication, environ: WSGIEnvironment) -> BaseResponse:
    """Return a response unchanged; call any other WSGI application and return its response."""
    if isinstance(response, BaseResponse):
        return response
    is_started = False

    def restartable(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # Until the head is sent, the application may replace it because of an error (PEP 3333).
        # Werkzeug raises that error at once.
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, headers, exc_info if is_started else None)

        return response(environ, start)

    made = Response.from_app(restartable, environ)
    is_started = True
    return made
