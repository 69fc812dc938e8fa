"""A response that no server can send is replaced by a 500 whose id is in the log."""

from __future__ import annotations

import logging
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from wsgiref.validate import validator

import pytest

from clastic import (
    GET,
    Application,
    BaseResponse,
    Middleware,
    NotFound,
    Request,
    Response,
    StaticFileRoute,
    redirect,
    render_basic,
)
from clastic.errors import ErrorHandler
from clastic.testing import ServerProcess, serve_process

CHANGES: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "a value outside of Latin-1": lambda r: r.headers.set("X-A", "filename=中.txt"),
        "a lone surrogate in a value": lambda r: r.headers.add("X-A", "\ud800"),
        "a NUL in a value": lambda r: r.headers.setdefault("X-A", "a\0b"),
        "a delete character in a value": lambda r: r.headers.extend({"X-A": "a\x7fb"}),
        "a line feed in a value": lambda r: r.headers.set("X-A", "a\nX-B: b"),
        "a line feed in a name": lambda r: r.headers.add("X-A\nX-B", "b"),
        "a space in a name": lambda r: r.headers.add("X A", "b"),
        "a colon in a name": lambda r: r.headers.add("X:", "b"),
        "an empty name": lambda r: r.headers.add("", "b"),
        "a name outside of ASCII": lambda r: r.headers.add("Ä", "b"),
        "a name that is no text": lambda r: r.headers.add(b"X-A", "b"),
        "a content type": lambda r: setattr(r, "content_type", "text/中"),
        "the host of a location": lambda r: setattr(r, "location", "http://a..b/"),
        "the host of a content location": lambda r: setattr(r, "content_location", "//a..b/"),
        "the expiry of a cookie": lambda r: r.set_cookie("a", "b", expires="中"),
        "a phrase outside of Latin-1": lambda r: setattr(r, "status", "200 中"),
        "a line feed in a status": lambda r: setattr(r, "status", "200 a\r\nX: b"),
        "a status without a code": lambda r: setattr(r, "status", "fine"),
        "an interim status code": lambda r: setattr(r, "status_code", 100),
        "a low status code": lambda r: setattr(r, "status_code", 99),
        "a high status code": lambda r: setattr(r, "status_code", 1000),
        "a negative status code": lambda r: setattr(r, "status_code", -200),
        "a lone surrogate in a body": lambda r: setattr(r, "response", ["\ud800"]),
    }
)
# A phrase set on an error is not kept, so it can be any text.
CHANGES_OF_ERRORS = tuple(name for name in CHANGES if name != "a phrase outside of Latin-1")


@pytest.fixture(params=CHANGES)
def change(request: Any) -> Callable[[Any], object]:
    return CHANGES[request.param]


class Changing(Middleware):
    """Change every response in the given method."""

    def __init__(self, method: str, change: Callable[[Any], object]) -> None:
        self._change = change
        self._method = method

    def request(self, next: Any) -> Any:
        return self._changed(next(), "request")

    def finish(self, response: BaseResponse, environ: Any, route: Any) -> BaseResponse:
        return self._changed(response, "finish")

    def _changed(self, response: Any, method: str) -> Any:
        if method == self._method:
            self._change(response)
        return response


def assert_500(application: Application, caplog: pytest.LogCaptureFixture, path: str = "/") -> None:
    """Check that a request gets a 500, as servers and the validator take it, and is logged."""
    for method in ("GET", "HEAD"):
        caplog.clear()
        response = application.get_local_client().open(path, method=method)
        client = type(application.get_local_client())(validator(application))
        with client.open(path, method=method) as validated:
            assert validated.status_code == response.status_code == 500
        for text in (response.status, *(part for field in response.headers for part in field)):
            text.encode("latin-1")
        errors = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert errors
        ids = [record.__dict__["error_id"] for record in errors if "error_id" in record.__dict__]
        assert method == "HEAD" or any(error_id in response.text for error_id in ids)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Response("Hello"), id="lazy"),
        pytest.param(lambda: Response("Hello", 404, {"X-B": "b"}), id="lazy with headers"),
        pytest.param(lambda: Response(iter(["Hello"])), id="a stream"),
        pytest.param(lambda: redirect("/there"), id="a redirect"),
        pytest.param(lambda: type("Own", (Response,), {})("Hello"), id="a subclass"),
    ],
)
def test_a_response_that_is_changed_by_its_endpoint(
    make: Callable[[], Any], change: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def endpoint() -> Any:
        response = make()
        change(response)
        return response

    assert_500(Application([GET("/", endpoint)]), caplog)


def test_a_response_of_werkzeug_is_a_500(change: Any, caplog: pytest.LogCaptureFixture) -> None:
    def endpoint() -> BaseResponse:
        response = BaseResponse("Hello")
        change(response)
        return response

    assert_500(Application([GET("/", endpoint)]), caplog)


@pytest.mark.parametrize("name", CHANGES_OF_ERRORS)
@pytest.mark.parametrize("is_raised", [True, False])
def test_an_error_that_is_changed_is_a_500(
    name: str, is_raised: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def endpoint() -> NotFound:
        error = NotFound("Nothing")
        CHANGES[name](error)
        if is_raised:
            raise error
        return error

    assert_500(Application([GET("/", endpoint)]), caplog)


@pytest.mark.parametrize("method", ["request", "finish"])
def test_a_response_that_is_changed_by_a_middleware_is_a_500(
    method: str, change: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("Hello")
    application = Application(
        [
            GET("/", lambda: "Hello", render_basic),
            StaticFileRoute("/file", tmp_path / "a.txt"),
        ],
        middlewares=[Changing(method, change)],
    )
    assert_500(application, caplog)
    if change is not CHANGES["a lone surrogate in a body"]:  # the body of a file is not encoded
        assert_500(application, caplog, "/file")


def test_an_error_page_of_the_application_is_a_500(
    change: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Pages(ErrorHandler):
        def render_error(self, _error: Any) -> Response:  # type: ignore[override]
            response = Response("Lost", _error.code)
            change(response)
            return response

    application = Application([GET("/<n:int>", lambda n: 1 / n)], error_handler=Pages())
    assert_500(application, caplog, "/0")


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-A": "中"}},
        {"headers": [("X\nA", "b")]},
        {"content_type": "text/中"},
        {"mimetype": "a\r\nb"},
    ],
    ids=["a value of a header", "a name of a header", "a content type", "a media type"],
)
def test_an_error_that_is_made_with_it_is_a_500(
    options: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def endpoint() -> None:
        raise NotFound(**options)

    assert_500(Application([GET("/", endpoint)]), caplog)


@pytest.mark.parametrize("content_type", ["text/中", "text/plain; a=\ud800", "a\0b", "a\nb"])
def test_a_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(ValueError, match=r"no server can send|newline"):
        Response("Hello", content_type=content_type)


def test_the_log_names_the_route_and_the_header(caplog: pytest.LogCaptureFixture) -> None:
    def show(id: int) -> Response:
        response = Response("Hello")
        response.headers["X-A"] = "中"
        return response

    application = Application([GET("/<x>", lambda x: Response(x)), GET("/a/<id:int>/", show)])
    assert application.get_local_client().get("/a/5/").status_code == 500
    (record,) = caplog.records
    assert "in route '/a/<id:int>/' (endpoint " in record.getMessage()
    assert "The header 'X-A' has the value '中', which no server can send." in caplog.text


def test_the_stream_of_a_response_that_is_not_sent_is_closed() -> None:
    closed = []

    def endpoint(request: Request) -> Response:
        response = Response(iter(["Hello"]))
        response.call_on_close(lambda: closed.append(True))
        response.headers["X-A"] = "中"
        return response

    Application([GET("/", endpoint)]).get_local_client().get("/")
    assert closed == [True]


def test_text_of_another_type_is_sent_as_plain_text() -> None:
    class Text(str):
        """As template engines return it."""

    def endpoint() -> Response:
        response = Response("Hello")
        response.headers["X-A"] = Text("a")
        return response

    started: list[Any] = []
    client = Application([GET("/", endpoint)]).get_local_client()
    environ = client.get("/").request.environ
    client.application(environ, lambda status, headers, exc_info=None: started.extend(headers))
    assert {type(part) for field in started for part in field} == {str}


SERVED = """
    from clastic import GET, Application, BaseResponse, FileResponse, NotFound, Response

    VALUES = [("X-A", "filename=\\u4e2d.txt"), ("X A", "b"), ("X-A", "\\ud800"), ("X-A", "a\\x00b")]

    def change(number, kind):
        response = {"lazy": Response, "werkzeug": BaseResponse, "error": NotFound}[kind]("Hello")
        response.headers.add(*VALUES[number])
        return response

    application = Application(
        [
            GET("/", lambda: Response("ok")),
            GET("/<number:int>/<kind>", change),
            GET("/file", lambda: FileResponse("served.py", "\u4e2d.py")),
        ]
    )

    if __name__ == "__main__":
        import sys

        application.serve(port=int(sys.argv[1]), use_reloader=False, use_debugger=False)
"""
COMMANDS: Mapping[str, list[str]] = MappingProxyType(
    {
        "the development server": ["served.py", "{port}"],
        "gunicorn": ["-m", "gunicorn", "--bind=127.0.0.1:{port}", "served:application"],
        "waitress": ["-m", "waitress", "--listen=127.0.0.1:{port}", "served:application"],
    }
)


@pytest.fixture(scope="module", params=COMMANDS)
def server(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    command = COMMANDS[request.param]
    if command[0] == "-m":
        pytest.importorskip(command[1])
    folder = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(textwrap.dedent(SERVED))
    os.utime(folder / "served.py", (1_700_000_000, 1_700_000_000))
    home = {"HOME": str(folder), "PYTHONPATH": None}
    with serve_process([sys.executable, *command], folder=folder, environment=home) as process:
        yield process


def test_every_server_sends_the_500(server: ServerProcess) -> None:
    for number in range(4):
        for kind in ("lazy", "werkzeug", "error"):
            response = server.get(f"/{number}/{kind}")
            assert response.status == 500
            assert "Error id" in response.text
    assert server.get("/").status == 200


def test_every_server_sends_a_file_with_its_name_and_in_parts(server: ServerProcess) -> None:
    whole = server.get("/file")
    assert whole.text == textwrap.dedent(SERVED)
    name = "attachment; filename=\"_.py\"; filename*=UTF-8''%E4%B8%AD.py"
    assert whole.headers["Content-Disposition"] == name
    part = server.get("/file", {"Range": "bytes=1-4", "If-Range": whole.headers["ETag"]})
    assert (part.status, part.body) == (206, whole.body[1:5])
    known = server.get("/file", {"If-None-Match": whole.headers["ETag"]})
    assert (known.status, known.body) == (304, b"")
    assert server.request("HEAD", "/file").body == b""
