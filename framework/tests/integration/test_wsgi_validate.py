"""Test applications with the WSGI validator of the standard library (PEP 3333)."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from clastic import (
    GET,
    POST,
    Application,
    BaseResponse,
    Middleware,
    Redirector,
    Request,
    RerouteWSGI,
    Response,
    StaticApplication,
    StaticFileRoute,
    redirect,
)
from clastic.errors import ErrorHandler, Forbidden, MethodNotAllowed


class Upper(Middleware):
    """Wrap the whole application, and use the request."""

    provides = ("length",)

    def request(self, next: Any, request: Request) -> Any:
        response = next(len(request.path))
        response.headers["X-Path-Length"] = str(len(request.path))
        return response

    def wsgi_wrapper(self, wsgi_app: Any) -> Any:
        def wrapped(environ: Any, start_response: Any) -> Any:
            return wsgi_app(environ, start_response)

        return wrapped


class Pages(ErrorHandler):
    """Render all errors."""

    def render_error(self, _error: Any, request: Request) -> Response:  # type: ignore[override]
        return Response(f"{request.path} {_error.code}", _error.code)


def legacy(environ: Any, start_response: Any) -> list[bytes]:
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))]


def nothing() -> Response:
    response = Response(status=204)
    # Werkzeug adds it by default; the validator forbids it, although HTTP does not.
    del response.headers["Content-Type"]
    return response


def make_application(folder: Path, **options: Any) -> Application:
    return Application(
        [
            GET("/", lambda: Response("hello")),
            GET("/arg/<name>", lambda name: Response(name)),
            GET("/render", lambda: "hello", lambda context: Response(context)),
            GET("/bytes", lambda: Response(b"\x00\xff", mimetype="application/octet-stream")),
            GET("/empty", lambda: Response("")),
            GET("/nothing", nothing),
            GET("/same", lambda: Response(status=304)),
            GET("/werkzeug", lambda: BaseResponse("hello")),
            GET("/stream", lambda: Response(str(number) for number in range(3))),
            GET("/parts", lambda: Response(["a", "b"])),
            GET("/headers", lambda: Response("x", headers={"X-A": "b", "Set-Cookie": "c=d"})),
            GET("/redirect", lambda: redirect("/ünï")),
            GET("/redirector", Redirector("/")),
            GET("/branch/", lambda: Response("branch")),
            GET("/error", lambda: Forbidden("no", headers={"X-A": "b"})),
            GET("/late", lambda: Forbidden("no", is_breaking=False)),
            GET("/boom", lambda: 1 / 0),
            GET("/none", lambda: None),
            GET("/not", lambda: MethodNotAllowed(["POST"])),
            POST("/echo", lambda request: Response(request.get_data())),
            POST("/form", lambda request: Response(request.form["name"])),
            ("/legacy", RerouteWSGI(legacy)),
            ("/static", StaticApplication(folder)),
            StaticFileRoute("/file", folder / "page.txt"),
        ],
        **options,
    )


def request(
    application: Any,
    path: str,
    method: str = "GET",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    path, _, environ["QUERY_STRING"] = path.partition("?")
    environ.update({"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body))})
    environ.update({"wsgi.input": io.BytesIO(body), "wsgi.file_wrapper": FileWrapper})
    environ.update(headers or {})
    started: list[str] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], Any]:
        started.append(status)
        return written.append

    iterator = validator(application)(environ, start_response)
    try:
        written.extend(iterator)
    finally:
        iterator.close()  # type: ignore[attr-defined]
    assert len(started) == 1
    return int(started[0][:3]), b"".join(written)


CASES: list[tuple[str, str, int, bytes | None]] = [
    ("a text", "/", 200, b"hello"),
    ("an argument", "/arg/x", 200, b"x"),
    ("a rendered context", "/render", 200, b"hello"),
    ("bytes", "/bytes", 200, b"\x00\xff"),
    ("an empty text", "/empty", 200, b""),
    ("no content", "/nothing", 204, b""),
    ("not modified", "/same", 304, b""),
    ("a response of Werkzeug", "/werkzeug", 200, b"hello"),
    ("a stream", "/stream", 200, b"012"),
    ("a body in parts", "/parts", 200, b"ab"),
    ("its own headers", "/headers", 200, b"x"),
    ("a redirect", "/redirect", 302, None),
    ("a redirecting route", "/redirector", 301, None),
    ("a redirect to the normal path", "/branch?a=b", 302, None),
    ("an error", "/error", 403, None),
    ("a non-breaking error", "/late", 403, None),
    ("an exception", "/boom", 500, None),
    ("no response", "/none", 500, None),
    ("an error of another method", "/not", 405, None),
    ("a miss", "/missing", 404, None),
    ("a miss that is not ASCII", "/\xc3\xbc", 404, None),
    ("a path that is not UTF-8", "/\xff", 400, None),
    ("a method that is not allowed", "/echo", 405, None),
    ("another application", "/legacy", 200, b"written "),
    ("a file in a folder", "/static/page.txt", 200, b"a page\n" * 2000),
    ("a missing file", "/static/other.txt", 404, None),
    ("a file route", "/file", 200, b"a page\n" * 2000),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.txt").write_bytes(b"a page\n" * 2000)
    os.utime(tmp_path / "page.txt", (1_700_000_000, 1_700_000_000))
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="without options"),
        pytest.param({"middlewares": [Upper()]}, id="with a middleware"),
        pytest.param({"error_handler": Pages()}, id="with its own error pages"),
    ],
)
def test_get_and_head_are_valid(folder: Path, options: Any) -> None:
    application = make_application(folder, **options)
    for sentence, path, status, body in CASES:
        received = request(application, path)
        assert received[0] == status, sentence
        assert body is None or received[1] == body, sentence
        received = request(application, path, "HEAD")
        assert received[0] == status, f"HEAD: {sentence}"
        assert received[1] == b"" or path == "/legacy", f"HEAD: {sentence}"


@pytest.mark.parametrize(
    ("path", "body", "headers", "expected"),
    [
        pytest.param("/echo", b"abc", {}, (200, b"abc"), id="a body"),
        pytest.param("/echo", b"", {}, (200, b""), id="no body"),
        pytest.param(
            "/form",
            b"name=bob",
            {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
            (200, b"bob"),
            id="a form",
        ),
        pytest.param(
            "/legacy", b"abc", {}, (200, b"written abc"), id="a body for another application"
        ),
        pytest.param("/", b"abc", {}, (405, None), id="a body of another method"),
        pytest.param("/missing", b"abc", {}, (404, None), id="a body of a miss"),
    ],
)
@pytest.mark.parametrize(
    "options", [{}, {"middlewares": [Upper()]}], ids=["without options", "with a middleware"]
)
def test_post_is_valid(
    folder: Path,
    options: Any,
    path: str,
    body: bytes,
    headers: dict[str, str],
    expected: tuple[int, bytes | None],
) -> None:
    status, received = request(make_application(folder, **options), path, "POST", body, headers)
    assert (status, received if expected[1] is not None else None) == expected


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        pytest.param({"HTTP_RANGE": "bytes=2-5"}, 206, b"page", id="a range of a file"),
        pytest.param({"HTTP_RANGE": "bytes=99999-"}, 416, None, id="a range beyond the file"),
        pytest.param({"HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b"",
                     id="an unchanged file"),
    ],
)  # fmt: skip
def test_ranges_and_conditions_of_files_are_valid(
    folder: Path, headers: dict[str, str], status: int, body: bytes | None
) -> None:
    received = request(make_application(folder), "/file", headers=headers)
    assert received[0] == status
    if body is not None:
        assert received[1] == body


@pytest.mark.parametrize("accept", ["text/html", "application/json", "application/xml", "x;;,"])
def test_errors_in_every_format_are_valid(folder: Path, accept: str) -> None:
    headers = {"HTTP_ACCEPT": accept}
    application = make_application(folder)
    assert request(application, "/missing", headers=headers)[0] == 404
    assert request(application, "/boom", headers=headers)[0] == 500


def test_a_served_application_is_valid(serve_strictly: Callable[[Any], Any], folder: Path) -> None:
    application = make_application(folder)
    server = serve_strictly(validator(application))
    for method in ("GET", "HEAD"):
        for target in ("/", "/stream", "/file", "/missing", "/boom", "/branch"):
            expected, _ = request(application, target, method)
            assert server.request(method, target).status == expected, (method, target)
