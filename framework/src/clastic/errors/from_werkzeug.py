"""Werkzeug's own HTTP errors, made into their counterparts here."""

from __future__ import annotations

from werkzeug.exceptions import BadRequestKeyError
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.sansio.response import Response as SansIOResponse

from clastic.errors.base import HTTPException
from clastic.errors.status import is_final_status
from clastic.errors.types import TYPES_BY_CODE, BadRequest, InternalServerError
from clastic.http import BaseResponse
from clastic.text import to_text


def from_werkzeug(error: WerkzeugHTTPException) -> HTTPException:
    """Return the counterpart of `error`: its status, description and headers.

    A response that is attached to `error`, or that its class makes by itself (as a redirect does),
    is the ``ready_response`` of the counterpart: the answer, as it is. An error without a valid
    status is an internal server error.
    """
    ready_response = _response_of(error)
    code = error.code if ready_response is None else ready_response.status_code
    if code is None or not is_final_status(code):
        code = 500
    counterpart = _type_for(code)(code=code, detail=_detail_of(error), headers=_headers_of(error))
    counterpart.ready_response = ready_response
    return counterpart


def _response_of(error: WerkzeugHTTPException) -> BaseResponse | None:
    error_type = type(error)
    makes_its_own = (
        error_type.get_response is not WerkzeugHTTPException.get_response
        or error_type.get_body is not WerkzeugHTTPException.get_body
    )
    response: SansIOResponse | None = error.get_response() if makes_its_own else error.response
    if response is None or isinstance(response, BaseResponse):
        return response
    return BaseResponse(status=response.status, headers=response.headers)


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
    """Return what `error` sends beside the type of its own page."""
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
