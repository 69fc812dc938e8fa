"""A client that sends all of a large body before it reads still gets the 413."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from typing import Any, NoReturn

import pytest

import clastic.testing
from clastic import POST, Application, HTTPException, Limits, Request, Response
from clastic.errors import ErrorHandler, RequestEntityTooLarge
from clastic.testing import HOST, Server

LARGE = 20_000_000
TIMEOUT = 30.0

Serve = Callable[[Application], Server]


def read_data(request: Request) -> Response:
    return Response(str(len(request.get_data())))


def read_form(request: Request) -> Response:
    return Response(",".join(request.form))


def refuse() -> NoReturn:
    raise RequestEntityTooLarge("No room.")


class OwnPages(ErrorHandler):
    """An error handler with pages of its own."""

    def render_error(self, request: Any, _error: HTTPException, **kwargs: Any) -> Response:
        return Response(f"own {_error.code}", _error.code)


def create_app(**options: Any) -> Application:
    routes = [POST("/data", read_data), POST("/form", read_form), POST("/", refuse)]
    return Application(routes, limits=Limits(body=1_000), **options)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        pytest.param("/data", "application/octet-stream", id="read as data"),
        pytest.param("/form", "application/x-www-form-urlencoded", id="read as a form"),
        pytest.param("/", "application/octet-stream", id="refused by the endpoint"),
    ],
)
def test_a_client_that_sends_all_before_it_reads_gets_the_response(
    serve: Serve, path: str, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    received = serve(create_app()).request("POST", path, b"x" * LARGE, headers)
    assert received.status == 413
    assert received.text.startswith("413 Request Entity Too Large\n")


def test_an_application_in_debug_mode_drains_the_body_too(serve: Serve) -> None:
    assert serve(create_app(debug=True)).request("POST", "/data", b"x" * LARGE).status == 413


def test_the_body_is_drained_after_a_page_of_the_application(serve_strictly: Serve) -> None:
    server = serve_strictly(create_app(error_handler=OwnPages()))
    assert server.request("POST", "/data", b"x" * LARGE).text == "own 413"


def test_a_client_that_sends_in_chunks_gets_the_response() -> None:
    chunks = iter([b"x" * 65_536] * (LARGE // 65_536))
    with (
        clastic.testing.serve(create_app()) as server,
        closing(HTTPConnection(HOST, server.port, timeout=TIMEOUT)) as connection,
    ):
        connection.request("POST", "/", chunks, {"Content-Type": "text/plain"}, encode_chunked=True)
        assert connection.getresponse().status == 413


def test_a_client_that_expects_100_continue_gets_the_response_at_once(
    serve_strictly: Serve,
) -> None:
    server = serve_strictly(create_app())
    with closing(HTTPConnection(HOST, server.port, timeout=TIMEOUT)) as connection:
        connection.putrequest("POST", "/data")
        connection.putheader("Content-Length", str(LARGE))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        assert connection.getresponse().status == 413
