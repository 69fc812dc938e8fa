"""Responses are lazy, and one can be sent by many threads. Bytes on the wire: test_wire.py."""

from __future__ import annotations

import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from wsgiref.validate import validator

import pytest
import werkzeug.wrappers
from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.test import Client, create_environ, run_wsgi_app

from clastic import Application, BadRequest
from clastic.http import (
    BaseResponse,
    Redirector,
    Response,
    add_vary,
    copy_response,
    redirect,
    response_maker,
    with_headers,
)
from clastic.http.response import DeferredResponse
from clastic.middleware.cookie import SignedCookieMiddleware

TEXT = "text/plain; charset=utf-8"
THREADS = 32


def serve(response, method="GET"):
    chunks, status, headers = run_wsgi_app(response, create_environ(method=method), buffered=True)
    return status, list(headers), b"".join(chunks)


def test_the_base_type_is_that_of_werkzeug():
    assert BaseResponse is werkzeug.wrappers.Response
    assert isinstance(Response(), BaseResponse)


@pytest.fixture
def without_constructor(monkeypatch):
    """Let Werkzeug's constructor fail, to check that it is not called."""

    def refuse(*arguments, **options):
        raise AssertionError("Werkzeug's constructor was called")

    monkeypatch.setattr(BaseResponse, "__init__", refuse)


@pytest.mark.usefixtures("without_constructor")
class TestALazyResponse:
    @pytest.mark.parametrize(
        ("response", "status"),
        [
            pytest.param(lambda: Response("Hello"), "200 OK", id="text"),
            pytest.param(lambda: Response(b"Hello", 404), "404 NOT FOUND", id="bytes and a status"),
            pytest.param(lambda: Response(Markup("<b>")), "200 OK", id="markup"),
            pytest.param(lambda: Response("", HTTPStatus.OK), "200 OK", id="an HTTPStatus"),
            pytest.param(lambda: Response("", mimetype="text/html"), "200 OK", id="a mimetype"),
            pytest.param(lambda: Response("", content_type="a/b"), "200 OK", id="a content type"),
            pytest.param(
                lambda: Response("", 302, {"Location": "/a?b"}), "302 FOUND", id="a location"
            ),
            pytest.param(lambda: redirect("/a?b"), "302 FOUND", id="a redirect"),
            pytest.param(
                lambda: response_maker(404, (), "a/b")(b""), "404 NOT FOUND", id="a response maker"
            ),
            pytest.param(Redirector("/new"), "301 MOVED PERMANENTLY", id="a Redirector"),
            pytest.param(
                lambda: with_headers(Response("Hello"), (("X-A", "1"),)), "200 OK", id="a copy"
            ),
        ],
    )
    def test_is_sent_without_the_constructor_of_werkzeug(self, response, status):
        assert serve(response())[0] == status

    def test_can_be_read(self):
        response = Response("Hello", 201)
        assert (response.status_code, response.status) == (201, "201 CREATED")
        assert (response.mimetype, response.content_type) == ("text/plain", TEXT)
        assert serve(response)[0] == "201 CREATED"

    def test_can_have_its_headers_changed(self):
        response = Response("Hello")
        response.headers["X-A"] = "1"
        response.set_cookie("a", "b")
        assert [name for name, _ in serve(response)[1]] == [
            *("Content-Type", "Content-Length", "X-A", "Set-Cookie")
        ]


def test_a_response_maker_makes_a_new_response_each_time():
    make = response_maker(404, (("X-A", "1"),), "text/html")
    first = make(b"first")
    first.headers["X-A"] = "2"
    assert type(first) is Response
    assert serve(make(b"second")) == (
        "404 NOT FOUND",
        [("X-A", "1"), ("Content-Type", "text/html"), ("Content-Length", "6")],
        b"second",
    )


def test_a_list_of_headers_is_copied():
    headers = [("X-A", "1")]
    response = Response("Hello", headers=headers)
    headers[0] = ("X-A", "2")
    headers.append(("X-B", "3"))
    assert response.headers["X-A"] == "1"
    assert "X-B" not in response.headers


@pytest.mark.parametrize(
    "headers", [Headers(), Headers([("X-A", "1")])], ids=["empty", "with a header"]
)
def test_a_headers_object_is_not_copied(headers):
    response = Response("Hello", headers=headers)
    assert response.headers is headers


def test_a_server_may_change_the_list_of_headers():
    response = Response("Hello")
    response(create_environ(), lambda status, headers: headers.clear())
    expected = [("Content-Type", TEXT), ("Content-Length", "5")]
    assert serve(response) == ("200 OK", expected, b"Hello")
    response.headers["X-A"] = "1"
    response(create_environ(), lambda status, headers: headers.clear())
    assert serve(response)[1] == [*expected, ("X-A", "1")]


def test_the_headers_object_stays_when_the_response_is_materialized():
    response = Response("Hello")
    headers = response.headers
    response.response = [b"other"]
    headers["X-A"] = "1"
    assert response.headers is headers
    assert ("X-A", "1") in serve(response)[1]


def test_functions_are_called_when_the_response_is_closed():
    closed = []
    response = Response("Hello")
    response.call_on_close(lambda: closed.append("first"))

    @response.call_on_close
    def close():
        closed.append("second")

    assert serve(response)[2] == b"Hello"
    assert closed == ["first", "second"]
    assert close() is None


def test_a_response_can_be_an_exception():
    class Failure(Response, ValueError):
        def __init__(self, detail):
            super().__init__(f"failed: {detail}", 503, headers={"Retry-After": "5"})
            self.detail = detail

    with pytest.raises(Failure) as caught:
        raise Failure("disk")
    failure = caught.value
    assert "Failure" in "".join(traceback.format_exception(failure))
    assert (failure.detail, failure.status_code, failure.args) == ("disk", 503, ("disk",))
    assert serve(failure) == (
        "503 SERVICE UNAVAILABLE",
        [("Retry-After", "5"), ("Content-Type", TEXT), ("Content-Length", "12")],
        b"failed: disk",
    )
    failure.set_cookie("a", "b")
    failure.response = [b"list"]
    assert serve(failure)[1][-1] == ("Set-Cookie", "a=b; Path=/")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("status", [200, 302, 404])
@pytest.mark.parametrize("body", ["Hello", None])
def test_a_response_is_a_valid_wsgi_application(body, status, method):
    environ = create_environ(method=method)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    chunks = validator(Response(body, status))(environ, lambda status, headers: lambda data: None)
    assert b"".join(chunks) == (b"Hello" if body and method != "HEAD" else b"")
    chunks.close()


def test_another_response_type_can_take_it_over():
    class Other(BaseResponse):
        """A type of Werkzeug's."""

    class Own(Response):
        """A type that sends one more header."""

        def get_wsgi_headers(self, environ):
            headers = super().get_wsgi_headers(environ)
            headers["X-Own"] = "1"
            return headers

    response = Response("Hello", 404, {"X-A": "a"})
    other = Other.force_type(response)
    assert (other is response, type(other), other.__class__) == (True, Other, Other)
    assert serve(other) == serve(BaseResponse("Hello", 404, {"X-A": "a"}))
    assert ("X-Own", "1") in serve(Own.force_type(Response("Hello")))[1]


def test_a_response_can_be_served():
    assert Client(Response("Hello", 404)).get("/").text == "Hello"


# One response for many threads


@pytest.fixture
def _busy():
    """Switch between the threads as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(function):
    """Call a function in all threads at once, with the number of the thread."""
    start = threading.Barrier(THREADS)

    def run(number):
        start.wait()
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.usefixtures("_busy")
class TestInThreads:
    def test_one_response_is_sent_for_every_request(self):
        response = Response("Hello", 201, [("X-A", "1")])
        expected = serve(Response("Hello", 201, [("X-A", "1")]))
        served = together(lambda number: [serve(response) for _ in range(50)])
        assert all(each == expected for sent in served for each in sent)

    def test_it_is_sent_while_other_threads_read_it(self):
        looks = [
            *("status_code", "status", "data", "headers", "mimetype", "response", "is_sequence"),
            *("content_length", "is_streamed", "direct_passthrough", "cache_control"),
        ]
        for _ in range(20):
            response = Response("Hello", 404)
            expected = serve(Response("Hello", 404))

            def work(number, response=response):
                getattr(response, looks[number % len(looks)])
                return [serve(response), repr(response) and serve(response, "GET")]

            assert together(work) == [[expected, expected]] * THREADS

    def test_no_header_is_lost(self):
        for _ in range(20):
            response = Response("Hello")

            def work(number, response=response):
                response.headers.add("X-Number", str(number))
                if number % 2:
                    response.call_on_close(lambda: None)
                response.headers.add("X-Number", str(number))

            together(work)
            numbers = [int(value) for name, value in serve(response)[1] if name == "X-Number"]
            assert sorted(numbers) == sorted([*range(THREADS), *range(THREADS)])

    def test_no_function_is_lost(self):
        for _ in range(20):
            called = []
            response = Response("Hello")
            together(lambda number, r=response, c=called: r.call_on_close(lambda: c.append(number)))
            response.close()
            assert sorted(called) == list(range(THREADS))


class Overtaken:
    """Replace the lock, and let another thread run first."""

    def __init__(self, overtake):
        self.overtake = overtake

    def __enter__(self):
        overtake, self.overtake = self.overtake, lambda: None
        overtake()

    def __exit__(self, *exception):
        pass


@pytest.mark.parametrize("theirs", ["headers", "response"])
@pytest.mark.parametrize("ours", ["headers", "response"])
def test_the_second_thread_gets_the_objects_of_the_first(monkeypatch, ours, theirs):
    response = Response("Hello")
    got = []

    def overtake():
        got.append(getattr(response, theirs))
        response.headers.add("X-A", "1")

    monkeypatch.setattr("clastic.http.response._CHANGING_STATE", Overtaken(overtake))
    getattr(response, ours)
    assert got == [getattr(response, theirs)]
    assert serve(response)[1][-1] == ("X-A", "1")


class Deferred(DeferredResponse):
    """Count how often it is created; until then, another response is sent."""

    def __init__(self, makes):
        self.makes = makes
        self.count = 0

    def _make(self):
        self.count += 1
        return self.makes()

    def __call__(self, environ, start_response):
        response = super().__call__ if self.count else Response("not made")
        return response(environ, start_response)


@pytest.mark.parametrize(
    "makes",
    [
        pytest.param(lambda: Response("Hello", 404, {"X-A": "1"}), id="lazy"),
        pytest.param(lambda: Response(["Hello"], 404, {"X-A": "1"}), id="materialized"),
        pytest.param(lambda: BaseResponse("Hello", 404, {"X-A": "1"}), id="Werkzeug's"),
    ],
)
class TestADeferredResponse:
    def test_is_sent_without_being_made(self, makes):
        response = Deferred(makes)
        assert serve(response)[2] == b"not made"
        assert response.count == 0

    @pytest.mark.parametrize("name", ["status", "status_code", "data", "headers", "response"])
    def test_is_made_when_it_is_first_read(self, makes, name):
        response = Deferred(makes)
        assert str(getattr(response, name)) == str(getattr(makes(), name))
        assert serve(response) == serve(makes())
        assert response.count == 1

    def test_can_be_changed(self, makes):
        response, expected = Deferred(makes), makes()
        for each in (response, expected):
            each.headers["X-B"] = "2"
            each.status_code = 410
            each.data = b"Bye"
        assert serve(response) == serve(expected)

    @pytest.mark.usefixtures("_busy")
    def test_loses_no_header_in_threads(self, makes):
        response = Deferred(makes)
        together(lambda number: response.headers.add("X-Number", str(number)))
        assert len(response.headers.getlist("X-Number")) == THREADS


# Copies of a response, for one client


ADDED = (("Vary", "Cookie"), ("Set-Cookie", "a=b"))


def with_headers_read():
    response = Response("Hello")
    response.headers.add("X-A", "1")
    return response


RESPONSES = [
    pytest.param(lambda: Response("Hello"), id="lazy"),
    pytest.param(with_headers_read, id="lazy, with headers"),
    pytest.param(lambda: Response(["Hello"]), id="materialized"),
    pytest.param(lambda: Response("", headers={"vary": "Accept"}), id="with such a field"),
    pytest.param(lambda: Response(status=302), id="without a body"),
    pytest.param(lambda: redirect("/new"), id="a redirect"),
    pytest.param(lambda: with_headers(Response("Hello"), ADDED[1:]), id="a copy"),
    pytest.param(lambda: type("Own", (Response,), {})("Hello"), id="a subclass"),
    pytest.param(lambda: BaseResponse("Hello"), id="Werkzeug's"),
]


class TestWithHeaders:
    @pytest.mark.parametrize("make", RESPONSES)
    def test_sends_the_fields_after_the_others(self, make):
        response = make()
        status, headers, body = serve(response)
        changed = serve(with_headers(response, ADDED))
        assert (changed[0], changed[2]) == (status, body)
        vary = "Accept, Cookie" if "vary" in response.headers else "Cookie"
        others = [field for field in headers if field[0] != "vary"]
        assert sorted(changed[1]) == sorted([*others, ("Vary", vary), ADDED[1]])

    @pytest.mark.parametrize("make", RESPONSES)
    def test_leaves_the_response_as_it_was(self, make):
        response = make()
        before = serve(response)
        with_headers(response, ADDED)
        assert serve(response) == before

    @pytest.mark.parametrize("look", ["headers", "response"])
    def test_has_them_among_its_headers(self, look):
        response = with_headers(redirect("/new"), ADDED)
        getattr(response, look)
        expected = [*redirect("/new").headers, *ADDED]
        assert sorted(response.headers) == sorted(serve(response)[1]) == sorted(expected)

    def test_keeps_other_attributes(self):
        response = Response("Hello")
        response.visitor = "Emma"
        assert with_headers(response, ADDED).visitor == "Emma"


@pytest.mark.parametrize("make", RESPONSES)
def test_a_copy_can_be_changed_without_changing_the_original(make):
    response = make()
    before = serve(response)
    twin = copy_response(response)
    assert serve(twin) == before
    assert type(twin) is type(response)
    twin.headers["X-Seen"] = "yes"
    twin.status_code = 404
    assert serve(response) == before


@pytest.mark.parametrize(
    ("given", "vary"),
    [
        pytest.param([], ["Cookie"], id="none"),
        pytest.param(["Accept"], ["Accept, Cookie"], id="another one"),
        pytest.param(["Accept", "Origin"], ["Accept, Origin, Cookie"], id="several"),
        pytest.param(["cookie"], ["cookie"], id="the same"),
        pytest.param(["*"], ["*"], id="the wildcard"),
    ],
)
def test_vary_names_each_header_once(given, vary):
    headers = Headers([("Vary", value) for value in given])
    add_vary(headers, "Cookie")
    assert headers.getlist("Vary") == vary


class TestCookies:
    @pytest.mark.parametrize(
        "attributes",
        [
            {"domain": "d\r\nX: y"},
            {"domain": "d; Path=/x"},
            {"domain": "d:80"},
            {"domain": "d e"},
            {"domain": "é..de"},
            {"path": "/; Domain=evil.example"},
            {"path": "/\r\nX: y"},
            {"path": "relative"},
            {"key": "a b"},
            {"key": "a;b"},
            {"key": "a=b"},
            {"key": "a\r\nX: y"},
            {"key": "é"},
            {"key": ""},
        ],
        ids=repr,
    )
    def test_with_invalid_parts_are_refused(self, attributes):
        arguments = {"key": "name", **attributes}
        response = Response("body")
        with pytest.raises(ValueError, match=r"cookie|domain name"):
            response.set_cookie(**arguments)
        with pytest.raises(ValueError, match=r"cookie|domain name"):
            response.delete_cookie(**arguments)
        assert "Set-Cookie" not in response.headers
        arguments["cookie_name"] = arguments.pop("key")
        with pytest.raises(ValueError, match=r"cookie|domain name"):
            SignedCookieMiddleware(secret_key="k" * 16, **arguments)

    @pytest.mark.parametrize("domain", [None, "a.org", ".a.org", "localhost", "my_app", "a.org."])
    @pytest.mark.parametrize("path", [None, "/", "/a/b", "/é", "/a b"])
    def test_with_valid_parts_are_set(self, domain, path):
        response = Response("body")
        response.set_cookie("name", "value", domain=domain, path=path)
        assert response.headers["Set-Cookie"].startswith("name=value")

    def test_get_an_international_domain_in_idna_2008(self):
        response = Response("body")
        response.set_cookie("name", "value", domain="straße.de")
        assert response.headers["Set-Cookie"] == "name=value; Domain=xn--strae-oqa.de; Path=/"


@pytest.mark.parametrize("body", [b"", b"text", [b"text"], None], ids=repr)
@pytest.mark.parametrize("status", [204, 304, "204 No Content"])
def test_a_status_without_a_body_has_no_headers_about_one(status, body):
    for mimetype in (None, "text/html"):
        response = Response(body, status=status, mimetype=mimetype)
        environ = create_environ()
        chunks, _, headers = run_wsgi_app(response, environ, buffered=True)
        assert b"".join(chunks) == b""
        assert not {"Content-Type", "Content-Length"} & set(headers.keys())


def test_the_validator_accepts_a_status_without_a_body():
    for status in (204, 304):
        app = validator(Application([("/", lambda status=status: Response("", status=status))]))
        run_wsgi_app(app, create_environ(), buffered=True)


class TestWhatNoServerCanSend:
    HEADERS = (
        {"Content-Disposition": "attachment; filename=中.txt"},
        {"X-A": "a\r\nX-B: b"},
        {"X-A": "a\x00b"},
        {"X-A": "\ud800"},
        {"X-A\r\nX-B": "b"},
        {"X A": "b"},
        {"X-A:": "b"},
        {"Ü": "b"},
        {"": "b"},
    )

    @pytest.mark.parametrize("headers", HEADERS, ids=repr)
    @pytest.mark.parametrize("body", ["text", [b"block"], None])
    def test_among_headers_is_refused(self, headers, body):
        for given in (headers, [*headers.items()]):
            with pytest.raises(ValueError, match=r"no server can send|newline"):
                Response(body, headers=given)
            with pytest.raises(ValueError, match=r"no server can send|newline"):
                BadRequest(headers=given)

    @pytest.mark.parametrize("status", ["200 OK\r\nX: y", "200 a\nb", "200 中"])
    def test_as_a_status_is_refused(self, status):
        with pytest.raises(ValueError, match="The status is"):
            Response("text", status=status)

    @pytest.mark.parametrize(
        "endpoint",
        [
            lambda: Response("", headers={"X-A": "中"}),
            lambda: Response("", status="200 a\nb"),
            lambda: Response("\ud800"),
            lambda: BadRequest(headers={"X-A": "中"}),
        ],
        ids=["a header", "a status", "a text", "a header of an error"],
    )
    def test_in_an_endpoint_is_a_500_with_an_error_id(self, endpoint):
        response = Application([("/", endpoint)]).get_local_client().get("/")
        assert response.status_code == 500
        assert "Error id: " in response.text

    def test_is_no_location_for_it_is_encoded(self):
        response = Response("", status=302, headers={"Location": "/中"})
        assert dict(serve(response)[1])["Location"] == "/%E4%B8%AD"

    @pytest.mark.parametrize("value", ["", " ", "é", "a\tb", "\xff", "~"])
    def test_is_nothing_else(self, value):
        assert Response("", headers={"X-A": value}).headers["X-A"] == value
