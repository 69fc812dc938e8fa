"""All that a debug page says, whatever its format: data first, text second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clastic.debug.exceptions import ExceptionRecord, RaisedException
from clastic.debug.frames import APPLICATION
from clastic.debug.request_data import RequestData, read_request, search_request
from clastic.debug.route_data import RouteData, Suggestion, read_route, read_routes, suggest_route
from clastic.debug.values import NamedText, type_name
from clastic.describe import describe_callable
from clastic.errors.base import HTTPException
from clastic.http import BaseRequest
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

if TYPE_CHECKING:
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState


@dataclass
class ErrorSummary:
    """What every page of an ``HTTPException`` says, without secrets."""

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None


@dataclass(frozen=True)
class DebugReport:
    """What a debug page says.

    :param error: what other pages say too
    :param explanation: what happened, in a sentence
    :param request: the request
    :param resources: the names of the resources of the route, and their types
    :param route: the route that the error comes from, None if no route gave it
    :param exceptions: the exception that was not caught, then those it is related to
    :param exceptions_left_out: how many more there are at least
    :param routes: what became of the request on each route, in the order they are tried; none for
        an exception
    :param routes_left_out: how many more there are
    :param allowed_methods: the methods that the path has routes for, where that of the request is
        not among them
    :param suggestion: the route that was probably meant
    """

    error: ErrorSummary
    explanation: str
    request: RequestData
    resources: tuple[NamedText, ...]
    route: RouteData | None = None
    exceptions: tuple[RaisedException, ...] = ()
    exceptions_left_out: int = 0
    routes: tuple[RouteData, ...] = ()
    routes_left_out: int = 0
    allowed_methods: tuple[str, ...] = ()
    suggestion: Suggestion | None = None


def report_exception(
    error: HTTPException, record: ExceptionRecord, request: BaseRequest, route: BoundRoute
) -> DebugReport:
    """Return the report on an exception that was not caught.

    :param error: what it is answered with
    :param route: the route that it comes from
    """
    secrets = record.secrets
    search_request(request, secrets)
    return DebugReport(
        error=_summary_of(error, secrets),
        explanation=_explain_exception(record.exceptions[0], route),
        request=read_request(request, secrets),
        resources=_resources_of(route),
        route=read_route(route),
        exceptions=record.exceptions,
        exceptions_left_out=record.exceptions_left_out,
    )


def report_routes(
    error: HTTPException,
    request: BaseRequest,
    route: BoundRoute,
    routes: Sequence[BoundRoute],
    state: DispatchState,
    secrets: Secrets,
) -> DebugReport:
    """Return the report on a request that no route answered, or that one answered with an error.

    :param error: what it is answered with
    :param route: the route that it comes from; one that is not in `routes` if none gave it
    :param routes: all routes, in the order they are tried
    :param state: what has happened to the request
    :param secrets: what not to show
    """
    has_route = any(route is other for other in routes)
    is_given = has_route and error.is_breaking
    shown = read_routes(routes, request.method, state, (route, error), secrets)
    path = to_text(secrets.mask(request.path))
    return DebugReport(
        error=_summary_of(error, secrets),
        explanation=(
            f"The route {_spoken(route)} gave this answer."
            if is_given
            else _explain_miss(request.method, path, len(routes), state)
        ),
        request=read_request(request, secrets),
        resources=_resources_of(route),
        route=read_route(route) if has_route else None,
        routes=shown,
        routes_left_out=len(routes) - len(shown),
        allowed_methods=tuple(sorted(state.allowed_methods)),
        suggestion=None if state.attempted_routes or is_given else suggest_route(routes, request),
    )


def _explain_exception(exception: RaisedException, route: BoundRoute) -> str:
    own = [frame for frame in exception.frames if frame.origin == APPLICATION]
    where = f" in {own[-1].function}, {own[-1].place}," if own else ""
    return f"Raised{where} for the route {_spoken(route)}."


def _explain_miss(method: str, path: str, routes: int, state: DispatchState) -> str:
    if state.exceptions:
        return f"No route that matches {path} answers it; the last error is the answer."
    if state.allowed_methods:
        methods = ", ".join(sorted(state.allowed_methods))
        return f"{method} is not among the methods of {path}: {methods}."
    if not routes:
        return f"Nothing is at {path}, for this application has no routes."
    which = (
        "The only route does not match" if routes == 1 else f"None of the {routes:,} routes matches"
    )
    return f"{which} {path}."


def _spoken(route: BoundRoute) -> str:
    return f"{route.pattern} (endpoint {describe_callable(route.endpoint)})"


def _summary_of(error: HTTPException, secrets: Secrets) -> ErrorSummary:
    return ErrorSummary(
        code=error.code,
        message=error.message,
        detail=_masked(error.detail, secrets),
        error_type=error.error_type,
        error_id=error.error_id,
    )


def _masked(value: Any, secrets: Secrets) -> Any:
    """Return plain data, what a client may read by a program, with masks in it."""
    if isinstance(value, str):
        return secrets.mask(value)
    if isinstance(value, dict):
        return {
            name: MASK if inner and secrets.is_secret_name(name) else _masked(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_masked(inner, secrets) for inner in value]
    return value


def _resources_of(route: BoundRoute) -> tuple[NamedText, ...]:
    return tuple(NamedText(name, type_name(value)) for name, value in route.resources.items())
