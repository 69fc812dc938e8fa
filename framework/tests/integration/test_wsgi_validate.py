"""The validator of the standard library has no complaint (PEP 3333)."""

from __future__ import annotations

import io
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
    """Wraps the whole application, and looks at every request."""

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
    """Renders errors by itself."""

    def render_error(self, _error: Any, request: Request) -> Response:  # type: ignore[override]
        return Response(f"{request.path} {_error.code}", _error.code)


def legacy(environ: Any, start_response: Any) -> list[bytes]:
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))]


def nothing() -> Response:
    response = Response(status=204)
    # Werkzeug's responses have it by default, which HTTP allows and the validator does not.
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


def ask(
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


CASES = [
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
    ("headers of its own", "/headers", 200, b"x"),
    ("a redirect", "/redirect", 302, None),
    ("a redirecting route", "/redirector", 301, None),
    ("a redirect to the normal path", "/branch?a=b", 302, None),
    ("an error", "/error", 403, None),
    ("an error that leads on", "/late", 403, None),
    ("an exception", "/boom", 500, None),
    ("no response", "/none", 500, None),
    ("an error of another method", "/not", 405, None),
    ("a miss", "/missing", 404, None),
    ("a miss that is not ASCII", "/\xc3\xbc", 404, None),
    ("a path that is not UTF-8", "/\xff", 400, None),
    ("a method that is not allowed", "/echo", 405, None),
    ("another application", "/legacy", 200, b"written "),
    ("a file in a folder", "/static/page.txt", 200, b"a page\n" * 2000),
    ("a file that is not there", "/static/other.txt", 404, None),
    ("a file by itself", "/file", 200, b"a page\n" * 2000),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.txt").write_bytes(b"a page\n" * 2000)
    return tmp_path


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "status", "body"),
    [pytest.param(*case, id=sentence) for sentence, *case in CASES],
)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"middlewares": [Upper()]}, id="inside a middleware"),
        pytest.param({"error_handler": Pages()}, id="with error pages of its own"),
    ],
)
def test_of_reading(
    folder: Path, options: Any, path: str, status: int, body: bytes | None, method: str
) -> None:
    given = ask(make_application(folder, **options), path, method)
    assert given[0] == status
    if method == "HEAD" and path != "/legacy":
        assert given[1] == b""
    elif body is not None:
        assert given[1] == body


@pytest.mark.parametrize(
    ("path", "body", "headers", "answer"),
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
        pytest.param("/legacy", b"abc", {}, (200, b"written abc"), id="for another application"),
        pytest.param("/", b"abc", {}, (405, None), id="that nothing wants"),
        pytest.param("/missing", b"abc", {}, (404, None), id="that leads nowhere"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"middlewares": [Upper()]}], ids=["as it is", "inside"])
def test_of_sending(
    folder: Path,
    options: Any,
    path: str,
    body: bytes,
    headers: dict[str, str],
    answer: tuple[int, bytes | None],
) -> None:
    status, given = ask(make_application(folder, **options), path, "POST", body, headers)
    assert (status, given if answer[1] is not None else None) == answer


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        pytest.param({"HTTP_RANGE": "bytes=2-5"}, 206, b"page", id="a part of a file"),
        pytest.param({"HTTP_RANGE": "bytes=99999-"}, 416, None, id="a part that is not there"),
        pytest.param({"HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b"",
                     id="a file that has not changed"),
    ],
)  # fmt: skip
def test_of_files(folder: Path, headers: dict[str, str], status: int, body: bytes | None) -> None:
    given = ask(make_application(folder), "/file", headers=headers)
    assert given[0] == status
    if body is not None:
        assert given[1] == body


@pytest.mark.parametrize("accept", ["text/html", "application/json", "application/xml", "x;;,"])
def test_of_errors_in_other_formats(folder: Path, accept: str) -> None:
    headers = {"HTTP_ACCEPT": accept}
    application = make_application(folder)
    assert ask(application, "/missing", headers=headers)[0] == 404
    assert ask(application, "/boom", headers=headers)[0] == 500


@pytest.mark.parametrize("target", ["/", "/stream", "/file", "/missing", "/boom", "/branch"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_of_a_served_application(
    serve_by_the_book: Callable[[Any], Any], folder: Path, target: str, method: str
) -> None:
    application = make_application(folder)
    expected, _ = ask(application, target, method)
    assert serve_by_the_book(validator(application)).ask(target, method).status == expected
