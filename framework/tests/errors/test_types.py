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
from clastic.errors.texts import texts_of, type_of

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
        assert (error.message, error.detail) == texts_of(code)[2:]
        assert error.error_type is None


def test_each_status_has_a_definition_of_its_own() -> None:
    addresses = {type_of(code) for code in NAMES}

    assert len(addresses) == len(NAMES)
    assert all(each.startswith("https://www.rfc-editor.org/rfc/rfc") for each in addresses)


def test_an_unregistered_status_has_texts_and_a_type() -> None:
    assert texts_of(499) == ("Unknown Error", "499 Unknown Error", "Unknown Error", None)
    assert type_of(499) == "about:blank"


@pytest.mark.parametrize(
    ("error_type", "message", "detail"),
    [
        (errors.BadRequest, "Bad Request", "Your web client or proxy sent a request that this "),
        (
            errors.Unauthorized,
            "Authentication required",
            "The endpoint could not verify that your ",
        ),
        (errors.Forbidden, "Access forbidden", "You don't have permission to access the requested"),
        (errors.NotFound, "Not found", "The requested URL was not found on this server."),
        (errors.Gone, "Gone", "The requested resource is no longer available on this server and "),
        (
            errors.RequestURITooLong,
            "Request URL too long",
            "The length of the requested URL exceed",
        ),
        (errors.InternalServerError, "Internal server error", "The server encountered an internal"),
        (errors.ServiceUnavailable, "Service or resource unavailable", "The service or resource "),
    ],
)
def test_errors_have_the_texts_that_clastic_26_documents(error_type, message, detail) -> None:
    assert error_type.message == message
    assert error_type.detail.startswith(detail)


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


def test_a_405_tells_the_allowed_methods() -> None:
    error = MethodNotAllowed(["GET"])

    assert error.allowed_methods == {"GET"}
    assert error.detail == (
        "The method used is not allowed for the requested URL. Allowed methods: GET, HEAD."
    )
    assert MethodNotAllowed().allowed_methods is None
    assert MethodNotAllowed(["GET"], "Use GET.").detail == "Use GET."


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
