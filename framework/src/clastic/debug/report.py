"""Collect what a debug page shows: the error, the exceptions or routes, and the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest

from clastic.debug.exceptions import ExceptionRecord, RaisedException
from clastic.debug.values import NamedText, shorten, type_name
from clastic.describe import describe_callable
from clastic.errors.base import HTTPException
from clastic.http import BaseRequest
from clastic.pattern import Literal, Pattern, normal_path, split_path
from clastic.routing.matching import match_path
from clastic.secrets import MASK, Secrets
from clastic.text import to_text
from clastic.wiring import closest

if TYPE_CHECKING:
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

_FIELDS_OF_ERRORS = ("code", "message", "detail", "error_type", "error_id")
# The most fields of one kind, and characters of one field.
_FIELDS = 100
_FIELD = 1_000
# The most routes, and characters of the path that they are compared with.
_ROUTES = 500
_COMPARED_PATH = 200


@dataclass(frozen=True)
class RouteData:
    """A route, and the outcome of trying it.

    :param pattern: the pattern with the prefixes of the applications around it
    :param methods: the methods, none for all of them
    :param endpoint: the name of the endpoint, and where it is defined: ``show, app.py:12``
    :param outcome: what came of trying it, in words
    :param matches: whether it matches the path
    """

    pattern: str
    methods: tuple[str, ...]
    endpoint: str
    outcome: str
    matches: bool


@dataclass
class DebugReport:
    """The content of a debug page, with secrets masked. The first five fields are of every error.

    :param request: the method and the URL
    :param fields: fields of the request by kind, such as ``query``, and the types of the resources
    :param explanation: what happened, in a sentence
    :param exceptions: the uncaught exception, then those related to it
    :param traceback: the traceback as Python prints it
    :param routes: the routes in the order tried; none for an exception
    :param routes_left_out: how many more of them there are
    :param suggestion: the pattern of the route that was probably meant
    :param suggested_url: the path of a link to that route, quoted; empty if there can be none
    """

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None
    request: str
    fields: dict[str, tuple[NamedText, ...]]
    explanation: str = ""
    exceptions: tuple[RaisedException, ...] = ()
    traceback: str = ""
    routes: tuple[RouteData, ...] = ()
    routes_left_out: int = 0
    suggestion: str = ""
    suggested_url: str = ""

    @property
    def debug(self) -> dict[str, Any]:
        """The fields that other errors do not have, as data for every format."""
        data = asdict(self)
        return {name: data[name] for name in data if name not in _FIELDS_OF_ERRORS}


def report_exception(
    error: HTTPException, record: ExceptionRecord, request: BaseRequest, route: BoundRoute
) -> DebugReport:
    """Return the report on an uncaught exception.

    :param error: the error that the client gets for it
    :param route: the route that it was raised in
    """
    frame = record.exceptions[0].application_frame
    where = "" if frame is None else f" in {frame.function}, {frame.place},"
    return replace(
        _report_request(error, request, route, record.secrets),
        explanation=f"Raised{where} for the route {_describe_route(route)}.",
        exceptions=record.exceptions,
        traceback=record.traceback,
    )


def report_routes(
    error: HTTPException,
    request: BaseRequest,
    route: BoundRoute,
    routes: Sequence[BoundRoute],
    state: DispatchState,
    secrets: Secrets,
) -> DebugReport:
    """Return the report on a 404 or 405.

    :param route: the route that returned the error, or the null route
    :param routes: all routes, in the order tried
    :param state: what has happened to the request
    :param secrets: the secrets to mask
    """
    path = shorten(request.path, _FIELD, secrets)
    suggestion = url = ""
    if error.is_breaking and any(route is other for other in routes):
        explanation = f"The route {_describe_route(route)} returned this error."
    elif state.exceptions:
        explanation = f"The routes that match {path} returned errors. This is the last one."
    elif state.allowed_methods:
        methods = ", ".join(sorted(state.allowed_methods))
        explanation = f"{path} does not allow {request.method}. It allows {methods}."
    else:
        explanation = f"No route matches {path}."
        suggestion, url = _suggest(routes[:_ROUTES], request)
    return replace(
        _report_request(error, request, route, secrets),
        explanation=explanation,
        routes=_read_routes(routes[:_ROUTES], request.method, state, (route, error), secrets),
        routes_left_out=max(len(routes) - _ROUTES, 0),
        suggestion=suggestion,
        suggested_url=url,
    )


def _describe_route(route: BoundRoute) -> str:
    return f"{route.pattern} (endpoint {describe_callable(route.endpoint)})"


def _report_request(
    error: HTTPException, request: BaseRequest, route: BoundRoute, secrets: Secrets
) -> DebugReport:
    form, files = read_form(request)
    described = (
        (name, f"{each.filename} ({each.content_type})") for name, each in files.items(multi=True)
    )
    fields: dict[str, Iterable[tuple[str, str]]] = {
        "query": request.args.items(multi=True),
        "form": form.items(multi=True),
        "files": described,
        "cookies": ((name, MASK) for name in request.cookies),
        "headers": request.headers,
    }
    shown = {kind: _read_fields(each, secrets) for kind, each in fields.items()}
    types = [NamedText(name, type_name(value)) for name, value in route.resources.items()]
    try:
        url = request.url
    except (BadRequest, UnicodeError):  # of a malformed host
        url = request.path
    return DebugReport(
        code=error.code,
        message=error.message,
        detail=_mask_data(error.detail, secrets),
        error_type=error.error_type,
        error_id=error.error_id,
        request=to_text(f"{request.method} {secrets.mask(url, _FIELD)}"),
        fields={**shown, "resources": tuple(types)},
    )


def read_form(request: BaseRequest) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """Return the fields and files of a form if the application has read it, else nothing."""
    return (request.form, request.files) if "form" in vars(request) else (MultiDict(), MultiDict())


def _mask_data(value: Any, secrets: Secrets) -> Any:
    """Return plain data with secrets masked."""
    if isinstance(value, str):
        return secrets.mask(value)
    if isinstance(value, dict):
        return {
            name: MASK if inner and secrets.is_secret_name(name) else _mask_data(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_mask_data(inner, secrets) for inner in value]
    return value


def _read_fields(fields: Iterable[tuple[str, str]], secrets: Secrets) -> tuple[NamedText, ...]:
    return tuple(
        NamedText(
            to_text(secrets.mask(name, _FIELD)),
            secrets.mask_named(name, shorten(value, _FIELD, secrets)),
        )
        for name, value in islice(fields, _FIELDS)
    )


def _read_routes(
    routes: Sequence[BoundRoute],
    method: str,
    state: DispatchState,
    last: tuple[BoundRoute, HTTPException],
    secrets: Secrets,
) -> tuple[RouteData, ...]:
    """Return the outcome of each route.

    :param last: the route that returned the error of the page, and the error
    """
    attempted = set(state.attempted_routes)
    tried = [route for route in state.attempted_routes if _allows(route, method)]
    # Each of them returned an error, except that the last one may have ended the search.
    returned = dict([last, *zip(tried, state.exceptions, strict=False)])
    shown = []
    for route in routes:
        outcome = "the path does not match"
        if route in returned:
            outcome = f"returned {_error_line(returned[route], secrets)}"
        elif route in attempted:
            outcome = "the method does not match"
        shown.append(
            RouteData(
                pattern=route.pattern,
                methods=tuple(sorted(route.methods or ())),
                endpoint=describe_callable(route.endpoint),
                outcome=outcome,
                matches=route in returned or route in attempted,
            )
        )
    return tuple(shown)


def _error_line(error: HTTPException, secrets: Secrets) -> str:
    detail = "" if error.detail is None else f": {to_text(error.detail)}"
    return shorten(f"{error.code} {to_text(error.message)}{detail}", _FIELD, secrets)


def _allows(route: BoundRoute, method: str) -> bool:
    return route.methods is None or method in route.methods


def _suggest(routes: Sequence[BoundRoute], request: BaseRequest) -> tuple[str, str]:
    """Return the pattern that is most similar to the path of a request, and the path of a link.

    Either is empty if there is none.
    """
    if len(request.path) > _COMPARED_PATH:
        return "", ""
    suggestions: dict[str, tuple[str, str]] = {}
    for route in routes:
        path = _correct(route.path_pattern, request.path)
        if path is not None:
            matches = "<" not in path and match_path(route.path_pattern, path) is not None
            is_link = matches and _allows(route, "GET")
            url = quote(request.root_path.rstrip("/") + path) if is_link else ""
            suggestions.setdefault(path, (route.pattern, url))
    nearest = closest(request.path, suggestions)
    return ("", "") if nearest is None else suggestions[nearest]


def _correct(pattern: Pattern, path: str) -> str | None:
    """Replace the misspelled literals of a path by those of a pattern.

    Return ``None`` if a literal of the pattern is not similar to the segment at its position.
    """
    if len(pattern.names) == len(pattern.segments):
        return None  # it has no literals
    segments = split_path(path).segments
    corrected = split_path(pattern.text).segments
    for position, (part, segment) in enumerate(zip(pattern.segments, segments, strict=False)):
        if isinstance(part, Literal):
            if closest(segment, [part.text]) is None:
                return None
        elif part.is_variadic:
            corrected[position:] = segments[position:]
            break
        else:
            corrected[position] = segment
    return normal_path(corrected, pattern.is_branch)
