"""Convert Werkzeug's HTTP errors to the framework's, for code that may get either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequestKeyError
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException

from clastic.errors.base import HTTPException, is_final_status
from clastic.errors.types import TYPES_BY_CODE, BadRequest, InternalServerError
from clastic.http import BaseResponse
from clastic.text import to_text

HTTP_ERRORS = (HTTPException, WerkzeugHTTPException)
"""The exceptions that an endpoint or a middleware can raise to send an HTTP error."""


def from_werkzeug(error: WerkzeugHTTPException) -> HTTPException:
    """Return the framework's error with the status, description and headers of `error`.

    A response that is attached to `error`, or that its class makes itself (as a redirect does),
    replaces the text of the error. An error without a valid status becomes an internal server
    error.
    """
    response = _response_of(error)
    code = error.code if response is None else response.status_code
    if not is_final_status(code):
        code = 500
    counterpart = _type_for(code)(code=code, detail=_detail_of(error), headers=_headers_of(error))
    if response is not None:
        counterpart.headers = Headers(response.headers)
        counterpart.response = response.response
        counterpart.direct_passthrough = response.direct_passthrough
        counterpart.call_on_close(response.close)
    return counterpart


def map_response(outcome: Any, change: Callable[[BaseResponse], BaseResponse]) -> Any:
    """Return an outcome with another response; one that is no response is returned unchanged.

    A middleware uses it to treat alike what ``next()`` returned and the HTTP error that it raised.

    :param outcome: a response, or an HTTP error of the framework or Werkzeug
    :param change: return a changed copy of a response, such as a ``with_headers``
    """
    if isinstance(outcome, BaseResponse):
        return change(outcome)
    if isinstance(outcome, WerkzeugHTTPException):
        return change(from_werkzeug(outcome))
    return outcome


def _response_of(error: WerkzeugHTTPException) -> BaseResponse | None:
    error_type = type(error)
    makes_its_own = (
        error_type.get_response is not WerkzeugHTTPException.get_response
        or error_type.get_body is not WerkzeugHTTPException.get_body
    )
    response = error.get_response() if makes_its_own else error.response
    return response if isinstance(response, BaseResponse) else None


def _type_for(code: int) -> type[HTTPException]:
    if code in TYPES_BY_CODE:
        return TYPES_BY_CODE[code]
    families: dict[int, type[HTTPException]] = {4: BadRequest, 5: InternalServerError}
    return families.get(code // 100, HTTPException)


def _detail_of(error: WerkzeugHTTPException) -> str | None:
    if isinstance(error, BadRequestKeyError) and error.args:
        return f"The request has no value for {to_text(error.args[0])!r}."
    return error.description


def _headers_of(error: WerkzeugHTTPException) -> list[tuple[str, str]]:
    """Return the headers of `error`, without the type of its own page."""
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
