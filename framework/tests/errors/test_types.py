"""Test the classes of HTTP errors: one for each standard status, with the right base class."""

from __future__ import annotations

import pytest
from werkzeug.http import HTTP_STATUS_CODES

from clastic import errors
from clastic.errors import (
    TYPES_BY_CODE,
    BadRequest,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    render_by_accept,
)
from clastic.errors.base import type_of
from clastic.errors.formats import phrase_of

# In Werkzeug's list of statuses, but in no standard.
UNREGISTERED = {449}

NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    402: "PaymentRequired",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    407: "ProxyAuthenticationRequired",
    408: "RequestTimeout",
    409: "Conflict",
    410: "Gone",
    411: "LengthRequired",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    414: "RequestURITooLong",
    415: "UnsupportedMediaType",
    416: "RequestedRangeNotSatisfiable",
    417: "ExpectationFailed",
    418: "ImATeapot",
    421: "MisdirectedRequest",
    422: "UnprocessableEntity",
    423: "Locked",
    424: "FailedDependency",
    425: "TooEarly",
    426: "UpgradeRequired",
    428: "PreconditionRequired",
    429: "TooManyRequests",
    431: "RequestHeaderFieldsTooLarge",
    451: "UnavailableForLegalReasons",
    500: "InternalServerError",
    501: "NotImplemented",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
    505: "HTTPVersionNotSupported",
    506: "VariantAlsoNegotiates",
    507: "InsufficientStorage",
    508: "LoopDetected",
    510: "NotExtended",
    511: "NetworkAuthenticationRequired",
}


def test_every_registered_error_status_has_a_class() -> None:
    registered = {code for code in HTTP_STATUS_CODES if code >= 400} - UNREGISTERED

    assert set(TYPES_BY_CODE) == registered == set(NAMES)


def test_each_status_has_its_class() -> None:
    for code, name in NAMES.items():
        error_type = getattr(errors, name)
        error = error_type()

        assert TYPES_BY_CODE[code] is error_type
        assert name in errors.__all__
        assert error_type.__doc__.startswith(f"{code}: ")
        assert isinstance(error, HTTPException)
        assert isinstance(error, BadRequest) == (code < 500)
        assert isinstance(error, InternalServerError) == (code >= 500)
        assert error.code == code
        assert error.message == HTTP_STATUS_CODES[code]
        assert error.error_type.startswith("https://www.rfc-editor.org/rfc/rfc")


def test_each_class_has_another_error_type() -> None:
    addresses = [error_type.error_type for error_type in TYPES_BY_CODE.values()]

    assert len(set(addresses)) == len(addresses)


def test_an_unregistered_status_has_a_phrase_and_a_type() -> None:
    assert phrase_of(499) == "Unknown Error"
    assert type_of(499) == "about:blank"


# -- 405 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "allow"),
    [
        pytest.param(MethodNotAllowed({"POST", "PUT"}), ["POST, PUT"], id="a set, sorted"),
        pytest.param(MethodNotAllowed(["PUT", "GET"]), ["GET, HEAD, PUT"], id="GET brings HEAD"),
        pytest.param(MethodNotAllowed(["GET", "HEAD"]), ["GET, HEAD"], id="each once"),
        pytest.param(MethodNotAllowed("PUT, GET"), ["GET, HEAD, PUT"], id="one string"),
        pytest.param(MethodNotAllowed([]), [""], id="none allowed"),
        pytest.param(MethodNotAllowed(), [], id="not known"),
        pytest.param(MethodNotAllowed(headers={"Allow": "GET"}), ["GET"], id="a header alone"),
    ],
)
def test_allowed_methods_are_sent(error: MethodNotAllowed, allow: list[str]) -> None:
    assert render_by_accept(error, None).headers.getlist("Allow") == allow


def test_a_405_takes_the_arguments_of_every_error() -> None:
    route = object()

    error = MethodNotAllowed(
        ["PUT"],
        "Use PUT.",
        code=422,
        message="No",
        error_type="https://e.example/no",
        is_breaking=False,
        source_route=route,
        content_type="text/html",
        headers={"X-Page": "a"},
    )

    assert error.detail == "Use PUT."
    assert (error.code, error.message, error.error_type) == (422, "No", "https://e.example/no")
    assert error.is_breaking is False
    assert error.source_route is route
    assert error.content_type == "text/html"
    assert error.headers["X-Page"] == "a"
    assert MethodNotAllowed(mimetype="application/json").mimetype == "application/json"
