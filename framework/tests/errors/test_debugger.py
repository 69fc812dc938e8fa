"""Test applications with Werkzeug's debugger."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest
from werkzeug.test import Client

from clastic import Application, NotFound, Response
from clastic.errors import REPLErrorHandler


def client_for(endpoint: Callable[[], object]) -> Client:
    return Application([("/", endpoint)], error_handler=REPLErrorHandler()).get_local_client()


def give(error: BaseException) -> Callable[[], NoReturn]:
    def giving() -> NoReturn:
        raise error

    return giving


def test_an_uncaught_exception_is_shown_in_the_debugger() -> None:
    response = client_for(give(LookupError("No book 7 here."))).get("/")

    assert response.status_code == 500
    assert response.mimetype == "text/html"
    assert "Werkzeug Debugger" in response.text
    assert "LookupError: No book 7 here." in response.text
    assert "giving" in response.text
    assert "EVALEX = true" in response.text


def test_the_debugger_serves_the_files_of_its_page() -> None:
    response = client_for(give(LookupError())).get("/?__debugger__=yes&cmd=resource&f=style.css")

    assert response.status_code == 200
    assert response.mimetype == "text/css"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_exceptions_that_end_the_program_are_passed_on(error: BaseException) -> None:
    client = client_for(give(error))

    with pytest.raises(type(error)) as caught:
        client.get("/")

    assert caught.value is error


def test_responses_and_http_errors_are_sent_as_without_the_debugger() -> None:
    assert client_for(lambda: Response("text")).get("/").text == "text"
    response = client_for(give(NotFound("No."))).get("/")
    assert (response.status_code, response.text) == (404, "404 Not Found\nNo.\n")
    assert (
        client_for(lambda: Response()).get("/nowhere").text
        == "404 Not Found\nThe requested URL was not found on this server.\n"
    )
