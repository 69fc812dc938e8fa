"""Collect what a debug page shows: the error, the exceptions or routes, and the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from werkzeug.datastructures import FileStorage, MultiDict

from clastic.debug.exceptions import ExceptionRecord, RaisedException
from clastic.debug.values import NamedText, shorten, type_name
from clastic.describe import describe_callable
from clastic.errors.base import HTTPException
from clastic.http import BaseRequest
from clastic.pattern import Literal, Pattern, normal_path, split_path
from clastic.routing.matching import match_path
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

if TYPE_CHECKING:
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

NO_MATCH: Final = "no match"
OTHER_METHODS: Final = "other methods"
ERROR: Final = "error"

# The most fields of one kind, and characters of one field.
_FIELDS = 100
_FIELD = 1_000
# The largest form, in bytes, that is read if the application has not read it.
_FORM = 65_536
# Shorter values of cookies are settings more often than secrets.
_SHORTEST_COOKIE = 8

# The routes that are shown in any case, that are compared with the path, and the longest such path.
_ROUTES = 200
_COMPARED_ROUTES = 1_000
_COMPARED_PATH = 500
_ERROR_LINE = 300
# The least similarity of a suggested route, from 0 to 1.
_LEAST_RATIO = 0.6


@dataclass(frozen=True)
class RequestData:
    """A request.

    :param url: the whole URL
    :param remote_address: the address of the client
    :param files: the name of each file field, with the name and type of the file
    :param cookies: the names of the cookies; their values are masked
    """

    method: str
    url: str
    remote_address: str
    headers: tuple[NamedText, ...]
    query: tuple[NamedText, ...]
    form: tuple[NamedText, ...]
    files: tuple[NamedText, ...]
    cookies: tuple[NamedText, ...]


@dataclass(frozen=True)
class RouteData:
    """A route, and the outcome of trying it.

    :param pattern: the pattern with the prefixes of the applications around it
    :param methods: the methods, none for all of them
    :param endpoint: the name of the endpoint, and where it is defined: ``show, app.py:12``
    :param outcome: :data:`NO_MATCH` with the path, :data:`OTHER_METHODS` than that of the request,
        or the :data:`ERROR` that it returned
    :param error: that error in one line
    """

    pattern: str
    methods: tuple[str, ...]
    endpoint: str
    outcome: str = ""
    error: str = ""


@dataclass
class ErrorSummary:
    """The data of an ``HTTPException`` that its other pages show too, with secrets masked."""

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None


@dataclass(frozen=True)
class DebugReport:
    """What a debug page shows.

    :param explanation: what happened, in a sentence
    :param resources: the names of the resources of the route, and their types
    :param route: the route that the error comes from, if any
    :param exceptions: the uncaught exception, then those related to it
    :param exceptions_left_out: at least how many more of them there are
    :param traceback: the traceback as Python prints it
    :param routes: the routes in the order tried; none for an exception
    :param routes_left_out: how many more of them there are
    :param allowed_methods: the methods of the path, if that of the request is not among them
    :param suggestion: the pattern of the route that was probably meant
    :param suggested_url: the path of a link to that route, quoted; empty if there can be none
    """

    error: ErrorSummary
    explanation: str
    request: RequestData
    resources: tuple[NamedText, ...]
    route: RouteData | None = None
    exceptions: tuple[RaisedException, ...] = ()
    exceptions_left_out: int = 0
    traceback: str = ""
    routes: tuple[RouteData, ...] = ()
    routes_left_out: int = 0
    allowed_methods: tuple[str, ...] = ()
    suggestion: str = ""
    suggested_url: str = ""


def report_exception(
    error: HTTPException, record: ExceptionRecord, request: BaseRequest, route: BoundRoute
) -> DebugReport:
    """Return the report on an uncaught exception.

    :param error: the error that the client gets for it
    :param route: the route that it was raised in
    """
    frame = record.exceptions[0].application_frame
    where = "" if frame is None else f" in {frame.function}, {frame.place},"
    return DebugReport(
        error=_summarize(error, record.secrets),
        explanation=f"Raised{where} for the route {_describe_route(route)}.",
        request=_read_request(request, record.secrets),
        resources=_resources_of(route),
        route=_read_route(route),
        exceptions=record.exceptions,
        exceptions_left_out=record.exceptions_left_out,
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

    :param route: the route that returned the error; one that is not in `routes` if none did
    :param routes: all routes, in the order tried
    :param state: what has happened to the request
    :param secrets: the secrets to mask
    """
    is_from_route = any(route is other for other in routes)
    is_final = is_from_route and error.is_breaking
    shown = _read_routes(routes, request.method, state, (route, error), secrets)
    path = shorten(request.path, _FIELD, secrets)
    can_suggest = not state.attempted_routes and not is_final
    suggestion, url = _suggest(routes, request) if can_suggest else ("", "")
    return DebugReport(
        error=_summarize(error, secrets),
        explanation=(
            f"The route {_describe_route(route)} returned this error."
            if is_final
            else _explain_miss(request.method, path, len(routes), state)
        ),
        request=_read_request(request, secrets),
        resources=_resources_of(route),
        route=_read_route(route) if is_from_route else None,
        routes=shown,
        routes_left_out=len(routes) - len(shown),
        allowed_methods=tuple(sorted(state.allowed_methods)),
        suggestion=suggestion,
        suggested_url=url,
    )


def add_request_secrets(request: BaseRequest, secrets: Secrets) -> None:
    """Add the secrets of a request: fields and headers with secret names, cookies, credentials."""
    form, _ = _read_form(request)
    secrets.add_named(request.args, form, request.environ)
    for value in request.cookies.values():
        secrets.add(value, _SHORTEST_COOKIE)
    authorization = request.authorization
    if authorization is not None:
        for secret in (authorization.token, authorization.password, authorization.response):
            secrets.add(secret or "")


def _explain_miss(method: str, path: str, routes: int, state: DispatchState) -> str:
    if state.exceptions:
        return f"The routes that match {path} returned errors. This is the last one."
    if state.allowed_methods:
        methods = ", ".join(sorted(state.allowed_methods))
        return f"{path} does not allow {method}. It allows {methods}."
    if not routes:
        return "The application has no routes."
    which = "The only route does not match" if routes == 1 else f"None of {routes:,} routes matches"
    return f"{which} {path}."


def _describe_route(route: BoundRoute) -> str:
    return f"{route.pattern} (endpoint {describe_callable(route.endpoint)})"


def _summarize(error: HTTPException, secrets: Secrets) -> ErrorSummary:
    return ErrorSummary(
        code=error.code,
        message=error.message,
        detail=_mask_data(error.detail, secrets),
        error_type=error.error_type,
        error_id=error.error_id,
    )


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


def _resources_of(route: BoundRoute) -> tuple[NamedText, ...]:
    return tuple(NamedText(name, type_name(value)) for name, value in route.resources.items())


def _read_request(request: BaseRequest, secrets: Secrets) -> RequestData:
    form, files = _read_form(request)
    described = (
        (name, f"{file.filename} ({file.content_type})") for name, file in files.items(multi=True)
    )
    return RequestData(
        method=to_text(request.method),
        url=to_text(secrets.mask(_url_of(request), _FIELD)),
        remote_address=to_text(request.remote_addr or "an unknown address"),
        headers=_read_fields(request.headers, secrets),
        query=_read_fields(request.args.items(multi=True), secrets),
        form=_read_fields(form.items(multi=True), secrets),
        files=_read_fields(described, secrets),
        cookies=_read_fields(((name, MASK) for name in request.cookies), secrets),
    )


def _read_form(request: BaseRequest) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """Return the fields and files of a form, if it was read already or is small."""
    if "form" in vars(request):
        return request.form, request.files
    if 0 < (request.content_length or 0) <= _FORM:
        with suppress(Exception):  # reading it may be what failed
            form, files = request.form, request.files
            for file in files.values():
                file.close()
            return form, files
    return MultiDict(), MultiDict()


def _url_of(request: BaseRequest) -> str:
    try:
        return request.url
    except Exception:  # the host may not be trusted
        return request.path


def _read_fields(fields: Iterable[tuple[str, str]], secrets: Secrets) -> tuple[NamedText, ...]:
    return tuple(
        NamedText(
            to_text(secrets.mask(name, _FIELD)),
            MASK if value and secrets.is_secret_name(name) else shorten(value, _FIELD, secrets),
        )
        for name, value in islice(fields, _FIELDS)
    )


def _read_route(route: BoundRoute, outcome: str = "", error: str = "") -> RouteData:
    return RouteData(
        pattern=route.pattern,
        methods=tuple(sorted(route.methods or ())),
        endpoint=describe_callable(route.endpoint),
        outcome=outcome,
        error=error,
    )


def _read_routes(
    routes: Sequence[BoundRoute],
    method: str,
    state: DispatchState,
    last: tuple[BoundRoute, HTTPException],
    secrets: Secrets,
) -> tuple[RouteData, ...]:
    """Return the outcome of each route: of very many only the first, and those that match the path.

    :param last: the route that returned the error of the page, and the error
    """
    tried = [route for route in state.attempted_routes if _allows(route, method)]
    # Each of them returned an error, except that the last one may have ended the search.
    errors = {id(route): error for route, error in zip(tried, state.exceptions, strict=False)}
    errors.setdefault(id(last[0]), last[1])
    matched = {id(route) for route in state.attempted_routes}
    shown = []
    for number, route in enumerate(routes):
        if id(route) in errors:
            shown.append(_read_route(route, ERROR, _error_line(errors[id(route)], secrets)))
        elif id(route) in matched:
            shown.append(_read_route(route, OTHER_METHODS))
        elif number < _ROUTES:
            shown.append(_read_route(route, NO_MATCH))
    return tuple(shown)


def _error_line(error: HTTPException, secrets: Secrets) -> str:
    parts = [f"{error.code} {to_text(error.message)}"]
    if error.detail is not None:
        parts.append(shorten(to_text(error.detail), _ERROR_LINE, secrets))
    return ": ".join(parts)


def _allows(route: BoundRoute, method: str) -> bool:
    return route.methods is None or method in route.methods


def _suggest(routes: Sequence[BoundRoute], request: BaseRequest) -> tuple[str, str]:
    """Return the pattern that is most similar to the path of a request, and the path of a link.

    Either is empty if there is none.
    """
    if len(request.path) > _COMPARED_PATH:
        return "", ""
    segments = split_path(request.path).segments
    best, meant, meant_path = _LEAST_RATIO, None, ""
    for route in routes[:_COMPARED_ROUTES]:
        wanted, given, path = _align(route.path_pattern, segments)
        matcher = SequenceMatcher(None, wanted, given)
        # The quick ratio is an upper bound of the ratio. Without a literal, nothing is misspelled.
        if wanted and matcher.quick_ratio() > best < (ratio := matcher.ratio()):
            best, meant, meant_path = ratio, route, path
    if meant is None:
        return "", ""
    if match_path(meant.path_pattern, meant_path) is None or not _allows(meant, "GET"):
        return meant.pattern, ""
    return meant.pattern, quote(request.root_path.rstrip("/") + meant_path)


def _align(pattern: Pattern, segments: Sequence[str]) -> tuple[str, str, str]:
    """Return the literals of a pattern, what a path has in their place, and the corrected path.

    :param segments: the segments of the path
    """
    wanted: list[str] = []
    given: list[str] = []
    corrected: list[str] = []
    rest = list(segments)
    for segments_after, part in zip(
        range(len(pattern.segments) - 1, -1, -1), pattern.segments, strict=True
    ):
        if isinstance(part, Literal):
            wanted.append(part.text)
            given += rest[:1]
            corrected.append(part.text)
            del rest[:1]
            continue
        available = max(len(rest) - segments_after, 0) if part.is_variadic else 1
        count = available if part.is_repeated else min(available, 1)
        if not rest and not part.is_variadic:
            wanted.append(f"<{part.name}>")
        for segment in rest[:count]:
            value = segment.removeprefix(part.prefix).removesuffix(part.suffix)
            corrected.append(f"{part.prefix}{value}{part.suffix}")
        del rest[:count]
    path = normal_path(corrected, pattern.is_branch)
    return "/".join(wanted), "/".join(given + rest), path
