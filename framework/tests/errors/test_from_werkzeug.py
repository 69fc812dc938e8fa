"""Test the conversion of Werkzeug's HTTP errors to those of the framework."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import exceptions
from werkzeug.datastructures import ImmutableMultiDict, WWWAuthenticate
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.exceptions import default_exceptions
from werkzeug.routing import RequestRedirect

from clastic.errors import (
    TYPES_BY_CODE,
    BadRequest,
    HTTPException,
    InternalServerError,
    NotFound,
    from_werkzeug,
    map_response,
    render_by_accept,
)
from clastic.errors.texts import texts_of
from clastic.http import BaseResponse, Response, with_headers


def caught(code: Any, *arguments: Any, **options: Any) -> WerkzeugHTTPException:
    """Return what ``abort`` raises."""
    with pytest.raises(WerkzeugHTTPException) as caught_error:
        exceptions.abort(code, *arguments, **options)
    return caught_error.value


@pytest.mark.parametrize(("code", "werkzeug_type"), default_exceptions.items())
def test_each_error_becomes_its_counterpart(
    code: int, werkzeug_type: type[WerkzeugHTTPException]
) -> None:
    error = from_werkzeug(werkzeug_type())

    assert type(error) is TYPES_BY_CODE[code]
    assert error.code == code
    assert error.detail == werkzeug_type.description
    assert error.is_breaking is True
    assert render_by_accept(error, None).status_code == code


@pytest.mark.parametrize(
    ("werkzeug_error", "name", "value"),
    [
        pytest.param(exceptions.MethodNotAllowed(["GET", "PUT"]), "Allow", "GET, PUT", id="405"),
        pytest.param(
            exceptions.TooManyRequests(retry_after=30), "Retry-After", "30", id="429 in seconds"
        ),
        pytest.param(
            exceptions.ServiceUnavailable(retry_after=datetime(2030, 1, 1, tzinfo=timezone.utc)),
            "Retry-After",
            "Tue, 01 Jan 2030 00:00:00 GMT",
            id="503 at a date",
        ),
        pytest.param(
            exceptions.RequestedRangeNotSatisfiable(length=9),
            "Content-Range",
            "bytes */9",
            id="416",
        ),
        pytest.param(
            exceptions.Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "a b"})),
            "WWW-Authenticate",
            'Basic realm="a b"',
            id="401",
        ),
    ],
)
def test_headers_are_kept(werkzeug_error: WerkzeugHTTPException, name: str, value: str) -> None:
    response = render_by_accept(from_werkzeug(werkzeug_error), "application/json")

    assert response.headers[name] == value
    assert response.content_type == "application/json"


def test_a_description_is_kept() -> None:
    assert from_werkzeug(exceptions.NotFound("No <b>book</b> 7.")).detail == "No <b>book</b> 7."


def test_a_missing_form_key_is_named() -> None:
    form: ImmutableMultiDict[str, str] = ImmutableMultiDict()

    with pytest.raises(exceptions.BadRequestKeyError) as caught_error:
        form["target_url"]

    error = from_werkzeug(caught_error.value)
    assert type(error) is BadRequest
    assert error.detail == "The request has no value for 'target_url'."


def test_a_missing_key_without_name_has_the_description() -> None:
    error = from_werkzeug(exceptions.BadRequestKeyError())

    assert error.detail == exceptions.BadRequest.description


@pytest.mark.parametrize(
    ("werkzeug_type", "code"),
    [
        pytest.param(exceptions.ClientDisconnected, 400, id="a client that has disconnected"),
        pytest.param(exceptions.SecurityError, 400, id="an untrusted host"),
        pytest.param(exceptions.RequestEntityTooLarge, 413, id="a body over the limit"),
    ],
)
def test_an_error_of_the_request_is_a_bad_request(
    werkzeug_type: type[WerkzeugHTTPException], code: int
) -> None:
    error = from_werkzeug(werkzeug_type())

    assert isinstance(error, BadRequest)
    assert error.code == code


@pytest.mark.parametrize(
    ("code", "error_type", "expected_code"),
    [
        pytest.param(499, BadRequest, 499, id="an unknown 4xx is a bad request"),
        pytest.param(599, InternalServerError, 599, id="an unknown 5xx is a server error"),
        pytest.param(799, HTTPException, 799, id="any other status is an HTTP error"),
        pytest.param(304, HTTPException, 304, id="a redirect status is an HTTP error"),
        pytest.param(None, InternalServerError, 500, id="no status is a server error"),
        pytest.param(42, InternalServerError, 500, id="an invalid status is a server error"),
        pytest.param(
            "404", InternalServerError, 500, id="a status that is not a number is a server error"
        ),
    ],
)
def test_an_error_of_an_unknown_status_keeps_it(
    code: Any, error_type: type[HTTPException], expected_code: int
) -> None:
    werkzeug_type = type("OddError", (WerkzeugHTTPException,), {"code": code})

    error = from_werkzeug(werkzeug_type("Odd."))

    assert type(error) is error_type
    assert error.code == expected_code
    assert error.detail == "Odd."


@given(code=st.integers(), description=st.none() | st.text())
def test_any_error_has_a_counterpart(code: int, description: str | None) -> None:
    werkzeug_error = WerkzeugHTTPException(description)
    werkzeug_error.code = code

    error = from_werkzeug(werkzeug_error)

    assert error.code in (code, 500)
    assert error.detail == (texts_of(error.code).detail if description is None else description)
    assert isinstance(error, BadRequest) == (400 <= code <= 499)


def test_an_attached_response_is_sent() -> None:
    closed: list[bool] = []
    attached = BaseResponse(["Gone ", "fishing."], 404, {"X-Page": "a"}, mimetype="text/css")
    attached.call_on_close(lambda: closed.append(True))

    error = from_werkzeug(caught(attached))

    assert type(error) is NotFound
    with render_by_accept(error, "text/html") as response:
        assert response.status_code == 404
        assert response.headers["X-Page"] == "a"
        assert response.mimetype == "text/css"
        assert response.get_data() == b"Gone fishing."
    assert closed == [True]


def test_an_attached_response_may_have_the_status_200() -> None:
    error = from_werkzeug(caught(BaseResponse("Fine.")))

    assert error.code == 200
    assert render_by_accept(error, None).get_data() == b"Fine."


def test_a_redirect_is_sent() -> None:
    error = from_werkzeug(RequestRedirect("http://localhost/new"))

    response = render_by_accept(error, None)
    assert error.code == 308
    assert response.status_code == 308
    assert response.location == "http://localhost/new"


def test_an_error_with_its_own_page_keeps_it() -> None:
    class PageError(exceptions.NotFound):
        def get_body(self, environ: Any = None, scope: Any = None) -> str:
            return "<p>My page"

    error = from_werkzeug(PageError())

    assert isinstance(error, NotFound)
    assert render_by_accept(error, None).get_data() == b"<p>My page"


# -- the outcomes that a middleware gets -----------------------------------------------------------


def mark(response: BaseResponse) -> BaseResponse:
    return with_headers(response, (("X-Seen", "yes"),))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param(Response("Fine."), 200, id="a response"),
        pytest.param(BaseResponse("Fine."), 200, id="a response of Werkzeug"),
        pytest.param(NotFound(), 404, id="an error"),
        pytest.param(exceptions.NotFound(), 404, id="an error of Werkzeug"),
        pytest.param(caught(BaseResponse("Gone.", 410)), 410, id="one with a response"),
    ],
)
def test_an_outcome_is_changed_in_a_copy(outcome: Any, status: int) -> None:
    changed = map_response(outcome, mark)

    for each, is_seen in ((changed, True), (map_response(outcome, lambda same: same), False)):
        response = render_by_accept(each, None) if isinstance(each, HTTPException) else each
        assert response.status_code == status
        assert ("X-Seen" in response.headers) is is_seen


def test_an_outcome_that_is_not_a_response_is_returned_unchanged() -> None:
    outcome = object()

    assert map_response(outcome, mark) is outcome
