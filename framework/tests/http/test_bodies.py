"""Limits on request bodies hold however a body is read, and no bad body is taken for a good one."""

from __future__ import annotations

import gc
import io
import itertools
import logging
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from clastic import (
    POST,
    Application,
    Limits,
    NotFound,
    Request,
    RerouteWSGI,
    Response,
    SubApplication,
)
from clastic.errors import ErrorHandler
from clastic.middleware import PostDataMiddleware

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
JSON = "application/json"
MIB = 1024 * 1024

READERS = {
    "form": lambda request: repr(request.form.to_dict()),
    "files": lambda request: repr(sorted(request.files)),
    "values": lambda request: repr(request.values.to_dict()),
    "get_data": lambda request: request.get_data(as_text=True),
    "data": lambda request: request.data.decode(),
    "get_json": lambda request: repr(request.get_json(silent=True)),
    "get_json, forced": lambda request: repr(request.get_json(force=True)),
    "read": lambda request: request.stream.read().decode(),
    "read in parts": lambda request: b"".join(iter(lambda: request.stream.read(7), b"")).decode(),
    "readline": lambda request: request.stream.readline().decode(),
    "iteration": lambda request: b"".join(request.stream).decode(),
    "get_data, then form": lambda request: request.get_data() and repr(request.form.to_dict()),
}


def environ_of(body: Any, content_type: str, **environ: Any) -> dict[str, Any]:
    source = io.BytesIO(body) if isinstance(body, bytes) else body
    base = EnvironBuilder(method="POST").get_environ()
    return {**base, "CONTENT_TYPE": content_type, "wsgi.input": source, **environ}


def announced(body: bytes, content_type: str) -> dict[str, Any]:
    return environ_of(body, content_type, CONTENT_LENGTH=str(len(body)))


def announced_and_ended(body: bytes, content_type: str) -> dict[str, Any]:
    return announced(body, content_type) | {"wsgi.input_terminated": True}


def in_chunks(body: bytes, content_type: str) -> dict[str, Any]:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    return environ_of(body, content_type, **chunked)


def ended_with_an_empty_length(body: bytes, content_type: str) -> dict[str, Any]:
    return environ_of(body, content_type, **{"CONTENT_LENGTH": "", "wsgi.input_terminated": True})


WAYS = [announced, announced_and_ended, in_chunks, ended_with_an_empty_length]
every_way = pytest.mark.parametrize("send", WAYS)


def call(application: Any, environ: dict[str, Any]) -> tuple[int, str]:
    """Return the status and the text of a response."""
    body, status, _ = run_wsgi_app(application, environ, buffered=True)
    return int(status[:3]), b"".join(body).decode()


def reading(read: Any, **options: Any) -> Application:
    """Return an application that responds with what it reads of a request."""

    def endpoint(request: Request) -> Response:
        with request:  # which closes the files at the end
            return Response(read(request))

    return Application([POST("/", endpoint, **options)])


def multipart(*parts: tuple[str, bytes], end: bytes = b"--x--\r\n") -> bytes:
    """Return a multipart form of parts: the parameters of each disposition, and its content."""
    return (
        b"".join(
            b"--x\r\nContent-Disposition: form-data"
            + head.encode()
            + b"\r\n\r\n"
            + content
            + b"\r\n"
            for head, content in parts
        )
        + end
    )


def fields(count: int) -> bytes:
    return multipart(*[("; name=a", b"1")] * count)


def uploads(count: int, size: int = 1) -> bytes:
    return multipart(*[("; name=a; filename=f", b"x" * size)] * count)


class TestTheLimitOnTheBody:
    @every_way
    @pytest.mark.parametrize("content_type", [URL_ENCODED, JSON, "text/plain"])
    def test_holds_for_every_reader(self, send: Any, content_type: str) -> None:
        body = b'"' + b"x" * 18 + b'"'
        for name, read in READERS.items():
            if content_type != JSON and name == "get_json":
                continue  # it does not read the body
            if content_type != URL_ENCODED and name in ("form", "files", "values"):
                continue
            application = reading(read, limits=Limits(body=20))
            assert call(application, send(body, content_type))[0] == 200, name
            status, text = call(application, send(body + b" ", content_type))
            assert status == 413, name
            assert text.endswith("The request body is larger than 20 bytes.\n")

    @every_way
    def test_holds_for_multipart_forms(self, send: Any) -> None:
        body = multipart(("; name=a", b"1"), ("; name=f; filename=f", b"x" * 100))
        for size, status in [(len(body), 200), (len(body) - 1, 413)]:
            application = reading(READERS["form"], limits=Limits(body=size))
            assert call(application, send(body, MULTIPART))[0] == status

    @every_way
    def test_is_4_mib_by_default(self, send: Any) -> None:
        application = reading(lambda request: str(len(request.get_data())))
        assert call(application, send(b"x" * 4 * MIB, "text/plain")) == (200, str(4 * MIB))
        assert call(application, send(b"x" * (4 * MIB + 1), "text/plain"))[0] == 413

    @every_way
    def test_can_be_raised_and_removed(self, send: Any) -> None:
        for body in (5 * MIB, None):
            application = reading(READERS["get_data"], limits=Limits(body=body))
            assert call(application, send(b"x" * 5 * MIB, "text/plain"))[0] == 200

    def test_costs_no_more_memory_than_itself(self) -> None:
        class Endless(io.RawIOBase):
            count = 0

            def read(self, size: int = -1) -> bytes:
                self.count += size
                return b"x" * size

        source = Endless()
        environ = environ_of(source, "text/plain", **{"wsgi.input_terminated": True})
        assert call(reading(READERS["get_data"]), environ)[0] == 413
        assert source.count == 4 * MIB + 1

    def test_a_body_without_a_length_or_an_end_is_empty(self) -> None:
        environ = environ_of(b"a=1", URL_ENCODED)
        assert call(reading(READERS["get_data"]), environ) == (200, "")


class TestTheLimitsOnForms:
    @every_way
    @pytest.mark.parametrize(
        ("limits", "content_type", "accepted", "refused"),
        [
            (Limits(form=8), URL_ENCODED, b"a=123456", b"a=1234567"),
            (Limits(form=0), URL_ENCODED, b"", b"a"),
            (Limits(form=8), MULTIPART, multipart(("; name=ab", b"123456")), None),
            (Limits(form=7), MULTIPART, uploads(2, 50_000), multipart(("; name=ab", b"123456"))),
            (Limits(fields=3), URL_ENCODED, b"a=1&a=2&&b&", b"a=1&a=2&b&c"),
            (Limits(fields=3), MULTIPART, fields(3), fields(4)),
            (Limits(fields=0), MULTIPART, uploads(3), fields(1)),
            (Limits(files=3), MULTIPART, uploads(3), uploads(4)),
            (Limits(files=0), MULTIPART, fields(3), uploads(1)),
            (Limits(), URL_ENCODED, b"a=" + b"x" * 499_998, b"a=" + b"x" * 499_999),
            (Limits(), URL_ENCODED, b"&".join([b"a="] * 1_000), b"&".join([b"a="] * 1_001)),
            (Limits(), MULTIPART, fields(1_000), fields(1_001)),
            (Limits(), MULTIPART, uploads(100), uploads(101)),
            (Limits(), MULTIPART, uploads(1, 600_000), multipart(("; name=a", b"x" * 500_000))),
            (Limits(), MULTIPART, b"", b"--x\r\nA: " + b"x" * 700_000),
            (
                Limits(form=None, fields=None),
                URL_ENCODED,
                b"&".join([b"a=" + b"x" * 300] * 2_000),
                None,
            ),
            (Limits(form=None), MULTIPART, multipart(("; name=a", b"x" * 600_000)), None),
        ],
        ids=[
            "a form of 8 bytes",
            "a form of no bytes",
            "a multipart form of 8 bytes",
            "files do not count as the form",
            "3 fields, and an empty one",
            "3 multipart fields",
            "no multipart fields",
            "3 files",
            "no files",
            "500,000 bytes by default",
            "1,000 fields by default",
            "1,000 multipart fields by default",
            "100 files by default",
            "500,000 bytes of multipart fields by default",
            "the head of a part",
            "no limits on URL-encoded forms",
            "no limit on multipart forms",
        ],
    )
    def test_hold(
        self, send: Any, limits: Limits, content_type: str, accepted: bytes, refused: bytes | None
    ) -> None:
        for name in ("form", "files", "get_data, then form"):
            application = reading(
                lambda request, name=name: READERS[name](request)[:0], limits=limits
            )
            assert call(application, send(accepted, content_type))[0] == 200
            if refused is not None:
                assert call(application, send(refused, content_type))[0] == 413

    def test_leave_other_bodies_alone(self) -> None:
        application = reading(READERS["get_data"], limits=Limits(form=1, fields=0, files=0))
        assert call(application, announced(b"&" * 100, "text/plain"))[0] == 200

    def test_close_the_files_of_a_refused_form(self) -> None:
        opened = []

        class Uploads(Request):
            def _get_file_stream(self, *arguments: Any, **options: Any) -> Any:
                opened.append(io.BytesIO())
                return opened[-1]

        class Uploading(Application):
            request_type = Uploads

        routes = [POST("/", lambda request: Response(repr(request.files)))]
        application = Uploading(routes, limits=Limits(files=2))
        assert call(application, announced(uploads(3), MULTIPART))[0] == 413
        assert [file.closed for file in opened] == [True, True]

    @pytest.mark.parametrize("path", ["/", "/error"])
    def test_close_files_at_the_end_without_the_garbage_collector(self, path: str) -> None:
        opened = []

        class Uploads(Request):
            def _get_file_stream(self, *arguments: Any, **options: Any) -> Any:
                opened.append(super()._get_file_stream(*arguments, **options))
                return opened[-1]

        class Uploading(Application):
            request_type = Uploads

        routes = [
            POST("/", lambda request: Response(repr(request.files["a"].closed))),
            POST("/error", lambda request: NotFound(repr(request.files["a"].closed))),
        ]
        gc.disable()
        try:
            environ = announced(uploads(1), MULTIPART) | {"PATH_INFO": path}
            call(Uploading(routes), environ)
            del environ
            assert [file.closed for file in opened] == [True]
        finally:
            gc.enable()


def show_limits(request: Request) -> Response:
    return Response(repr(request.limits))


class SmallRequest(Request):
    max_content_length = 5
    max_form_parts = 6


class SmallApplication(Application):
    request_type = SmallRequest


class TestALimitThatIsLeftOut:
    """It is inherited: from the request, the nearest application, or the default."""

    @pytest.mark.parametrize(
        ("path", "changed"),
        [
            ("/", {"fields": 3, "form": 4}),
            ("/middle/", {"fields": 3, "form": 4}),
            ("/middle/inner/", {"fields": 3, "form": 2, "files": None}),
            ("/middle/inner/own", {"body": 1, "fields": 3, "form": 2, "files": None}),
            ("/alone", {"fields": 3, "form": 4, "files": 7}),
        ],
        ids=[
            "the outermost application",
            "an application without limits",
            "the innermost application",
            "a route with limits",
            "another application",
        ],
    )
    def test_is_that_of_the_nearest_application(self, path: str, changed: Any) -> None:
        own = POST("/own", show_limits, limits=Limits(body=1))
        inner = Application([POST("/", show_limits), own], limits=Limits(form=2, files=None))
        middle = Application([SubApplication("/inner", inner), POST("/", show_limits)])
        alone = POST("/alone", show_limits, limits=Limits(files=7))
        routes = [SubApplication("/middle", middle), POST("/", show_limits), alone]
        outer = Application(routes, limits=Limits(fields=3, form=4))
        assert self.limits_at(outer, path) == changed

    @pytest.mark.parametrize(
        ("limits", "path", "changed"),
        [
            (Limits(), "/", {"body": 5, "fields": 6, "files": 6}),
            (Limits(body=9, form=8, files=7), "/", {"body": 5, "fields": 6, "files": 6, "form": 8}),
            (Limits(body=9), "/own", {"body": 1, "fields": 6, "files": 6}),
            (Limits(body=9), "/set", {"body": None, "fields": 6, "files": 6}),
        ],
        ids=[
            "no limits",
            "limits of the application",
            "a limit of the route",
            "a limit set by the endpoint",
        ],
    )
    def test_is_that_of_the_request_before_that_of_an_application(
        self, limits: Limits, path: str, changed: Any
    ) -> None:
        def set_limit(request: Request) -> Response:
            request.max_content_length = None
            return show_limits(request)

        own = POST("/own", show_limits, limits=Limits(body=1))
        routes = [POST("/", show_limits), own, POST("/set", set_limit)]
        assert self.limits_at(SmallApplication(routes, limits=limits), path) == changed

    def test_is_not_that_of_a_route_that_was_tried_before(self) -> None:
        def decline(request: Request) -> Response:
            raise NotFound(is_breaking=False)

        first = POST("/", decline, limits=Limits(body=1), falls_through=True)
        routes = [first, POST("/", show_limits)]
        assert self.limits_at(Application(routes), "/") == {}
        assert self.limits_at(Application(routes, limits=Limits(form=1)), "/") == {"form": 1}

    @staticmethod
    def limits_at(application: Application, path: str) -> dict[str, int | None]:
        """Return the limits at a path that differ from the defaults."""
        status, text = call(application, announced(b"", "text/plain") | {"PATH_INFO": path})
        assert status == 200
        default = Limits(body=4 * MIB, form=500_000, fields=1_000, files=100)
        limits: Limits = eval(text)
        return {
            name: limits.values[name]
            for name in default.values
            if limits.values[name] != default.values[name]
        }


def test_the_parts_of_a_request_type_are_values_and_files_together() -> None:
    application = reading(READERS["form"], limits=Limits(body=None))
    application = SmallApplication([route.route for route in application.routes])
    body = multipart(*[("; name=a", b"1")] * 3, *[("; name=a; filename=f", b"1")] * 3)
    assert call(application, announced(body, MULTIPART))[0] == 200
    one_more = multipart(("; name=b", b"1"), end=body)
    assert call(application, announced(one_more, MULTIPART))[0] == 413


def test_error_pages_read_the_body_within_the_limits_of_the_route() -> None:
    class Pages(ErrorHandler):
        def render_error(self, request: Request, _error: Any) -> Response:
            return Response(repr(request.limits), _error.code)

    def fail() -> None:
        raise NotFound

    application = Application([POST("/", fail, limits=Limits(body=1))], error_handler=Pages())
    assert "body=1," in call(application, announced(b"", "text/plain"))[1]


@pytest.mark.parametrize("name", ["body", "form", "fields", "files"])
def test_a_limit_is_a_number_of_bytes_or_none(name: str) -> None:
    for value in ("4 MiB", 1.5, True):
        with pytest.raises(TypeError, match=rf"Limits\({name}=.*\) is not a whole number"):
            Limits(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=rf"Limits\({name}=-1\) is negative"):
        Limits(**{name: -1})
    assert Limits(**{name: None}) == Limits(**{name: None}) != Limits(**{name: 1})
    assert len({Limits(**{name: 1}), Limits(**{name: 1}), Limits()}) == 2


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda limits: POST("/a", show_limits, limits=limits), "Route '/a'"),
        (lambda limits: Application([], limits=limits), "The application"),
    ],
    ids=["of a route", "of an application"],
)
def test_limits_of_another_type_are_refused(make: Any, where: str) -> None:
    with pytest.raises(TypeError) as caught:
        make(1_000)
    assert str(caught.value) == (
        f"{where} has limits=1000. Write limits=Limits(body=...), with Limits from clastic."
    )


class Broken(io.RawIOBase):
    """The input of a server that fails after some bytes."""

    def __init__(self, error: Exception) -> None:
        self.start = io.BytesIO(b"a=1")
        self.error = error

    def read(self, size: int = -1) -> bytes:
        if data := self.start.read(size):
            return data
        raise self.error


class ServerError(Exception):
    """An exception of a server, as Gunicorn has."""


class TestABodyThatCannotBeRead:
    """It is a 400 for every reader, each time, and nothing is logged."""

    @pytest.mark.parametrize("send", [announced, announced_and_ended])
    @pytest.mark.parametrize("content_type", [URL_ENCODED, MULTIPART, JSON])
    def test_because_it_ends_early(self, send: Any, content_type: str, caplog: Any) -> None:
        environ = send(b"a=1&b=2", content_type) | {"CONTENT_LENGTH": "60"}
        self.check(environ, content_type, "The request body ends after 7 of 60 bytes.", caplog)

    @pytest.mark.parametrize(
        "error",
        [ConnectionResetError(), TimeoutError(), OSError("bad chunk"), ValueError(), ServerError()],
        ids=repr,
    )
    @pytest.mark.parametrize(
        "length", [{"CONTENT_LENGTH": "60"}, {}], ids=["with a length", "without"]
    )
    def test_because_the_server_cannot(self, error: Any, length: Any, caplog: Any) -> None:
        environ = environ_of(Broken(error), URL_ENCODED, **{"wsgi.input_terminated": True} | length)
        self.check(environ, URL_ENCODED, "The request body cannot be read.", caplog)

    @staticmethod
    def check(environ: dict[str, Any], content_type: str, message: str, caplog: Any) -> None:
        body, source = environ["wsgi.input"], environ
        for name, read in READERS.items():
            if (name == "get_json" and content_type != JSON) or (
                name in ("form", "files", "values") and content_type == JSON
            ):
                continue

            def endpoint(request: Request, read: Any = read) -> Response:
                with pytest.raises(WerkzeugHTTPException):
                    read(request)
                return Response(read(request))

            fresh = (
                io.BytesIO(body.getvalue()) if isinstance(body, io.BytesIO) else Broken(body.error)
            )
            application = Application([POST("/", endpoint)])
            status, text = call(application, source | {"wsgi.input": fresh})
            assert (status, text) == (400, f"400 Bad Request\n{message}\n"), name
        assert [row for row in caplog.records if row.levelno >= logging.INFO] == []


NO_END = "a part of it is malformed, or its end is missing"
NO_UTF8 = "it is not valid UTF-8"
FILE = "; name=f; filename=f"


@every_way
@pytest.mark.parametrize("read", ["form", "files", "values", "data", "get_data, then form"])
@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (URL_ENCODED, b"name=Ann&city=K\xf6ln", NO_UTF8),
        (URL_ENCODED, b"\xff", NO_UTF8),
        (MULTIPART, multipart(("; name=a", b"1"), end=b""), NO_END),
        (MULTIPART, multipart(("; name=a", b"1"), end=b"--x"), NO_END),
        (MULTIPART, multipart((FILE, b"1"), end=b"--x\r\nContent-Disp"), NO_END),
        (MULTIPART, multipart((FILE, b"1" * 200_000))[:-50_000], NO_END),
        (MULTIPART, b"--y--\r\n", NO_END),
        (MULTIPART, b"a=1", NO_END),
        (MULTIPART, b"--x\r\nA: b\r\n\r\n1\r\n--x--\r\n", NO_END),
        (MULTIPART, multipart(("; name=\xff", b"1")).replace(b"\xc3\xbf", b"\xff"), NO_UTF8),
        (MULTIPART, multipart(("", b"1")), "a part of it has no name"),
        (MULTIPART, multipart(("; filename=f", b"1")), "a part of it has no name"),
        ("multipart/form-data", b"--x--", "its Content-Type has no boundary"),
        ("multipart/form-data; boundary=", b"--x--", "its Content-Type has no boundary"),
    ],
    ids=itertools.count(),
)
def test_a_form_that_cannot_be_parsed_is_a_400(
    send: Any, read: str, content_type: str, body: bytes, reason: str
) -> None:
    if read == "data" and content_type != URL_ENCODED:
        read = "form"
    for application in (reading(READERS[read]), reading(READERS[read], limits=Limits(form=None))):
        message = f"The form cannot be parsed: {reason}."
        response = call(application, send(body, content_type))
        assert response == (400, f"400 Bad Request\n{message}\n")


def test_a_form_that_cannot_be_parsed_does_not_look_empty_afterwards() -> None:
    def endpoint(request: Request) -> Response:
        for _ in range(2):
            with pytest.raises(WerkzeugHTTPException):
                request.form  # noqa: B018
        return Response(repr(request.files))

    application = Application([POST("/", endpoint)])
    for content_type, body in [(URL_ENCODED, b"\xff"), (MULTIPART, fields(2)[:-9])]:
        assert call(application, announced(body, content_type))[0] == 400


def test_a_middleware_that_reads_a_bad_form_responds_400() -> None:
    application = Application(
        [POST("/", lambda a: Response(a))], middlewares=[PostDataMiddleware({"a": str})]
    )
    assert call(application, announced(b"a=\xff", URL_ENCODED))[0] == 400


@pytest.mark.parametrize(
    "body",
    [multipart(("", b"1")), fields(2)[:-9], b"\xff"],
    ids=["a field without a name", "a form without its end", "no form"],
)
def test_the_debug_page_of_a_request_with_a_bad_form_is_sent(body: bytes) -> None:
    environ = announced(body, MULTIPART if body != b"\xff" else URL_ENCODED)
    for accept in ("text/html", "*/*"):
        environ |= {"PATH_INFO": "/nowhere", "HTTP_ACCEPT": accept}
        environ["wsgi.input"] = io.BytesIO(body)
        assert call(Application([], debug=True), environ)[0] == 404


def test_a_multipart_request_without_a_body_has_an_empty_form() -> None:
    assert call(reading(READERS["form"]), announced(b"", MULTIPART)) == (200, "{}")


def test_percent_encoded_bytes_and_other_charsets_are_accepted() -> None:
    read = reading(READERS["form"])
    assert call(read, announced(b"a=K%c3%b6ln&b=+", URL_ENCODED)) == (
        200,
        "{'a': 'Köln', 'b': ' '}",
    )
    assert call(read, announced(b"a=%ff", URL_ENCODED)) == (200, "{'a': '%FF'}")
    latin = multipart(("; name=a\r\nContent-Type: text/plain; charset=iso-8859-1", b"\xe4"))
    assert call(read, announced(latin, MULTIPART)) == (200, "{'a': 'ä'}")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"NaN", "NaN is not a JSON value"),
        (b'{"text": NaN}', "NaN is not a JSON value"),
        (b"[Infinity]", "Infinity is not a JSON value"),
        (b"-Infinity", "-Infinity is not a JSON value"),
        (b"1e999", "the number 1e999 is too large"),
        (b'{"a": [-1E+400]}', "the number -1E+400 is too large"),
        (b"1" + b"0" * 400 + b".0", "the number 1" + "0" * 39 + " is too large"),
    ],
)
def test_numbers_that_json_does_not_have_are_a_400(body: bytes, reason: str) -> None:
    read = reading(lambda request: repr(request.get_json()))
    message = f"Failed to decode JSON object: {reason}"
    assert call(read, announced(body, JSON)) == (400, f"400 Bad Request\n{message}\n")
    assert call(reading(READERS["get_json"]), announced(body, JSON)) == (200, "None")


@pytest.mark.parametrize(
    "body", ["1e308", "-1.5", "0", "1e-999", '"NaN"', "[1e5]", "123456789012345678901"]
)
def test_other_numbers_are_json(body: str) -> None:
    value = repr(eval(body))
    assert call(reading(READERS["get_json"]), announced(body.encode(), JSON)) == (200, value)


@every_way
def test_an_application_that_a_request_is_handed_over_to_reads_all_of_its_body(send: Any) -> None:
    def legacy(environ: Any, start_response: Any) -> Any:
        source = environ["wsgi.input"]
        start_response("200 OK", [])
        return [str(type(source) is io.BytesIO and len(source.read())).encode()]

    application = Application([POST("/", RerouteWSGI(legacy))], limits=Limits(body=1))
    assert call(application, send(b"x" * 5 * MIB, URL_ENCODED)) == (200, str(5 * MIB))
