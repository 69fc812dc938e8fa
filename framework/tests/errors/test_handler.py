"""The default handler sends errors, logs exceptions, and keeps them from the client."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from boltons.tbutils import ContextualExceptionInfo, ExceptionInfo
from werkzeug.debug import DebuggedApplication
from werkzeug.test import Client, EnvironBuilder

from clastic.errors import (
    ErrorHandler,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    REPLErrorHandler,
    ServiceUnavailable,
    render_by_accept,
)
from clastic.http import Request

SECRET = "the password is swordfish"


class SilentError(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def show_book() -> None:
    """An endpoint."""


ROUTE = SimpleNamespace(pattern="/books/<id:int>", endpoint=show_book)


def handle(
    handler: ErrorHandler, exception: BaseException | None = None, route: Any = ROUTE
) -> HTTPException:
    """Return the error that `handler` makes of `exception`."""
    try:
        raise exception or RuntimeError(SECRET)
    except Exception:
        return handler.uncaught_to_response(None, route, request=None)


def request_for(accept: str | None) -> Request:
    headers = {} if accept is None else {"Accept": accept}
    return Request(EnvironBuilder(headers=headers).get_environ())


def test_a_handler_has_the_types_of_its_errors() -> None:
    handler = ErrorHandler()

    assert handler.not_found_type is NotFound
    assert handler.method_not_allowed_type is MethodNotAllowed
    assert handler.server_error_type is InternalServerError
    assert handler.exc_info_type is ExceptionInfo
    assert handler.wsgi_wrapper is None
    assert handler.reraise_uncaught is False


# -- rendering -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [(None, "text/plain; charset=utf-8"), ("application/json", "application/json")],
)
def test_an_error_is_rendered_as_the_request_accepts(accept: str | None, content_type: str) -> None:
    response = ErrorHandler().render_error(request_for(accept), NotFound("No book 7."), route=None)

    assert response.status_code == 404
    assert response.content_type == content_type
    assert "No book 7." in response.get_data(as_text=True)


# -- uncaught exceptions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept", [None, "text/html", "application/json", "application/problem+json", "application/xml"]
)
def test_the_client_gets_an_id_but_no_details_of_the_exception(accept: str | None) -> None:
    error = handle(ErrorHandler())

    page = render_by_accept(error, accept).get_data(as_text=True)
    assert error.error_id is not None
    assert error.error_id in page
    assert "internal server error" in page.lower()
    for secret in ("swordfish", "RuntimeError", "Traceback", "show_book", "/books/", __file__):
        assert secret not in page


def test_the_client_gets_a_short_text() -> None:
    error = handle(ErrorHandler())

    text = render_by_accept(error, None).get_data(as_text=True)
    assert text.splitlines() == [
        "500 Internal Server Error",
        "The server encountered an internal error and was unable to complete your request.",
        f"Error id: {error.error_id}",
    ]


def test_the_error_has_its_route_and_exception() -> None:
    error = handle(ErrorHandler())

    assert error.source_route is ROUTE
    assert error.exc_info.exc_type == "RuntimeError"
    assert error.exc_info.exc_msg == SECRET


def test_each_error_has_an_id_of_its_own() -> None:
    ids = {handle(ErrorHandler()).error_id for _ in range(20)}

    assert len(ids) == 20
    assert all(re.fullmatch("[0-9a-f]{8}", str(error_id)) for error_id in ids)


def test_the_exception_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = handle(ErrorHandler())

    (record,) = caplog.records
    assert record.name == "clastic"
    assert record.levelno == logging.ERROR
    assert record.getMessage() == (
        "Uncaught exception in route '/books/<id:int>' (endpoint show_book), "
        f"error id {error.error_id}"
    )
    assert record.error_id == error.error_id  # type: ignore[attr-defined]
    assert f"RuntimeError: {SECRET}" in caplog.text
    assert "Traceback (most recent call last)" in caplog.text


@pytest.mark.parametrize(
    ("route", "place"),
    [
        pytest.param(None, "outside of the routes", id="no route"),
        pytest.param(
            SimpleNamespace(pattern="/", endpoint=SimpleNamespace()),
            "in route '/' (endpoint SimpleNamespace())",
            id="an object as endpoint",
        ),
        pytest.param(
            SimpleNamespace(pattern="/", endpoint=Client.open),
            "in route '/' (endpoint Client.open)",
            id="a method as endpoint",
        ),
    ],
)
def test_the_log_names_the_route(caplog: pytest.LogCaptureFixture, route: Any, place: str) -> None:
    error = handle(ErrorHandler(), route=route)

    assert caplog.messages == [f"Uncaught exception {place}, error id {error.error_id}"]


def test_an_exception_without_a_text_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = handle(ErrorHandler(), SilentError())

    assert error.code == 500
    assert str(error.error_id) in caplog.text
    assert "SilentError" in caplog.text


def test_an_exception_that_cannot_be_recorded_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FailingRecord(ExceptionInfo):
        @classmethod
        def from_current(cls) -> NoReturn:
            raise RuntimeError("no record")

    class RecordlessHandler(ErrorHandler):
        exc_info_type = FailingRecord

    error = handle(RecordlessHandler())

    assert error.exc_info is None
    assert SECRET in caplog.text
    assert "no record" not in caplog.text


def test_the_types_of_a_subclass_are_used() -> None:
    class TeaHandler(ErrorHandler):
        server_error_type = ServiceUnavailable
        exc_info_type = ContextualExceptionInfo

    error = handle(TeaHandler())

    assert type(error) is ServiceUnavailable
    assert isinstance(error.exc_info, ContextualExceptionInfo)


def test_an_exception_can_be_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    exception = RuntimeError(SECRET)

    with pytest.raises(RuntimeError) as caught:
        handle(ErrorHandler(reraise_uncaught=True), exception)

    assert caught.value is exception
    assert caplog.records == []


# -- the debugger ----------------------------------------------------------------------------------


def test_the_debugger_gets_uncaught_exceptions() -> None:
    handler = REPLErrorHandler()

    with pytest.raises(RuntimeError, match=SECRET):
        handle(handler)


def test_the_debugger_can_leave_exceptions_to_the_handler() -> None:
    assert handle(REPLErrorHandler(reraise_uncaught=False)).code == 500


def test_the_debugger_wraps_the_application() -> None:
    def broken(environ: Any, start_response: Any) -> NoReturn:
        raise RuntimeError(SECRET)

    application = REPLErrorHandler().wsgi_wrapper(broken)

    assert isinstance(application, DebuggedApplication)
    assert application.evalex is True
    response = Client(application).get("/")
    assert response.status_code == 500
    assert SECRET in response.text


def test_the_debugger_is_not_imported_before_it_is_used() -> None:
    program = "import sys, clastic.errors; print('werkzeug.debug' in sys.modules)"

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert shown.stdout.split() == [b"False"]
