"""What a middleware changes about an answer: a copy of it, for it may be answering others too.

One response, or one raised error, can be a constant that an endpoint gives to every request. A
header that is meant for one client must not get into it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.http import parse_set_header

from clastic.errors import HTTPException, from_werkzeug
from clastic.http import BaseResponse, Response, extended

HTTP_ERRORS = (HTTPException, WerkzeugHTTPException)
"""What may be raised to answer with it."""


def amended(answer: Any, change: Callable[[Headers], None]) -> Any:
    """Return a copy of an answer with other headers; what is no answer comes back as it is.

    :param answer: what ``next()`` returned or raised
    :param change: changes the headers of the copy that are sent
    """
    if isinstance(answer, WerkzeugHTTPException):
        answer = from_werkzeug(answer)
    if not isinstance(answer, BaseResponse):
        return answer
    own = own_answer(answer)
    change(sent_headers(own))
    return own


def varied(answer: Any, name: str, fields: tuple[tuple[str, str], ...]) -> Any:
    """Return a copy of an answer whose headers say what it depends on, and have more fields.

    :param answer: as for :func:`amended`
    :param name: the name of the field of the request that it depends on
    :param fields: the fields to add, that need no care
    """

    def say(headers: Headers) -> None:
        add_vary(headers, name)
        for field in fields:
            headers.add(*field)

    return extended(answer, (("Vary", name), *fields)) or amended(answer, say)


def own_answer(answer: BaseResponse) -> BaseResponse:
    """Return a copy of an answer whose headers and status can be changed."""
    if type(answer) is Response:
        # What copy() does, in a fifth of the time.
        own: BaseResponse = Response.__new__(Response)
        vars(own).update(vars(answer))
    else:
        own = copy(answer)
    if "headers" in vars(own):
        vars(own)["headers"] = Headers(own.headers)
    if isinstance(own, HTTPException) and own.ready_response is not None:
        own.ready_response = own_answer(own.ready_response)
    return own


def sent_headers(answer: BaseResponse) -> Headers:
    """Return the headers that an answer is sent with."""
    if isinstance(answer, HTTPException) and answer.ready_response is not None:
        return answer.ready_response.headers
    return answer.headers


def add_vary(headers: Headers, name: str) -> None:
    """Say that the answer depends on a field of the request (RFC 9110, section 12.5.5)."""
    if "Vary" not in headers:
        headers["Vary"] = name
        return
    names = parse_set_header(", ".join(headers.getlist("Vary")))
    if "*" not in names and name not in names:
        names.add(name)
        headers["Vary"] = names.to_header()
