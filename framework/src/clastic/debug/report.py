"""Collect what a debug page shows: the error, the exceptions or routes, and the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest

from clastic.debug.exceptions import ExceptionRecord, RaisedException
from clastic.debug.values import NamedText, shorten, type_name
from clastic.describe import describe_callable
from clastic.errors.base import HTTPException
from clastic.errors.texts import texts_of
from clastic.explanation.attempts import Attempt, find_attempts, suggest
from clastic.http import BaseRequest
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

if TYPE_CHECKING:
    from clastic.application import Application
    from clastic.routing import BoundRoute
    from clastic.routing.state import DispatchState

_FIELDS_OF_ERRORS = ("code", "message", "detail", "error_type", "error_id")
# The most fields of one kind, and characters of one field.
_FIELDS = 100
_FIELD = 1_000


@dataclass
class DebugReport:
    """The content of a debug page, with secrets masked. The first five fields are of every error.

    :param request: the method and the URL
    :param fields: fields of the request by kind, such as ``query``, and the types of the resources
    :param explanation: what happened, in a sentence
    :param exceptions: the uncaught exception, then those related to it
    :param traceback: the traceback as Python prints it
    :param routes: the routes in the order tried, without values of the path; none for an exception
    :param routes_left_out: how many more of them there are, whose paths do not match
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
    routes: tuple[Attempt, ...] = ()
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
    application: Application,
    state: DispatchState,
    secrets: Secrets,
) -> DebugReport:
    """Return the report on a 404 or 405.

    :param route: the route that returned the error, or the null route
    :param state: what has happened to the request
    :param secrets: the secrets to mask
    """
    path = _decoded_path(request)
    shown_path = shorten(path, _FIELD, secrets)
    routes = application.routes
    errors = {
        each: returned
        for each, returned in _returned(request.method, state, route, error).items()
        if not each.is_null_route
    }
    fell_through = [each for each, returned in errors.items() if not returned.is_breaking]
    found = find_attempts(application, path, request.method, fell_through)
    attempts = [
        replace(attempt, values={})
        if (returned := errors.get(routes[attempt.number - 1])) is None
        else replace(attempt, values={}, result="returned", reason=_error_line(returned, secrets))
        for attempt in found.shown
    ]
    suggestion = None
    if error.is_breaking and route in errors:
        explanation = f"The route {_describe_route(route)} returned this error."
    elif state.exceptions:
        explanation = f"The routes that match {shown_path} returned errors. This is the last one."
    elif state.allowed_methods:
        methods = ", ".join(sorted(state.allowed_methods))
        explanation = f"{shown_path} does not allow {request.method}. It allows {methods}."
    else:
        explanation = f"No route matches {shown_path}."
        suggestion = suggest(routes, path, "GET")
    url = suggestion and suggestion.path and quote(request.root_path.rstrip("/") + suggestion.path)
    return replace(
        _report_request(error, request, route, secrets),
        explanation=explanation,
        routes=tuple(attempts),
        routes_left_out=found.left_out,
        suggestion="" if suggestion is None else suggestion.pattern,
        suggested_url=url or "",
    )


def _decoded_path(request: BaseRequest) -> str:
    """Return the path as it was dispatched; Werkzeug removes repeated slashes at its start."""
    path: str = request.environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode(errors="replace")


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
        "query": read_query(request).items(multi=True),
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


def read_query(request: BaseRequest) -> MultiDict[str, str]:
    """Return the fields of the query; bytes that are not UTF-8 are replaced."""
    query = request.query_string.decode(errors="replace")
    return MultiDict(parse_qsl(query, keep_blank_values=True))


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


def _returned(
    method: str, state: DispatchState, route: BoundRoute, error: HTTPException
) -> dict[BoundRoute, HTTPException]:
    """Return the error that each route returned.

    :param route: the route that returned the error of the page, or the null route
    """
    tried = [
        each for each in state.attempted_routes if each.methods is None or method in each.methods
    ]
    # Each of them returned an error, except that the last one may have ended the search.
    return dict([(route, error), *zip(tried, state.exceptions, strict=False)])


def _error_line(error: HTTPException, secrets: Secrets) -> str:
    texts = texts_of(error.code)
    told = [to_text(each) for each in (error.message, error.detail) if each is not None]
    shown = [texts.heading, *[text for text in told if text not in texts]]
    return shorten(f"returned {': '.join(shown)}", _FIELD, secrets)
