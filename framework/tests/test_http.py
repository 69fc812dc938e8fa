"""The request and response types, and redirects. What goes over the wire: test_http_wire.py."""

from __future__ import annotations

import inspect
import io
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from wsgiref.validate import validator

import pytest
import werkzeug.utils
import werkzeug.wrappers
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.test import Client, create_environ, run_wsgi_app

import clastic.http
from clastic import POST, Application
from clastic.http import (
    BaseRequest,
    BaseResponse,
    Redirector,
    Request,
    Response,
    add_vary,
    copy_response,
    redirect,
    response_maker,
    with_headers,
)

TEXT = "text/plain; charset=utf-8"
THREADS = 32


def serve(response, method="GET"):
    chunks, status, headers = run_wsgi_app(response, create_environ(method=method), buffered=True)
    return status, list(headers), b"".join(chunks)


def test_the_base_types_are_those_of_werkzeug():
    assert (BaseRequest, BaseResponse) == (werkzeug.wrappers.Request, werkzeug.wrappers.Response)
    assert isinstance(Response(), BaseResponse)
    assert isinstance(Request(create_environ()), BaseRequest)


def test_append_slash_redirect_is_that_of_werkzeug():
    assert clastic.http.append_slash_redirect is werkzeug.utils.append_slash_redirect


# Requests

FORM = (
    '--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\nZoë\r\n'
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncontent\r\n'
    "--edge--\r\n"
)


def form_environ():
    content_type = "multipart/form-data; boundary=edge"
    return create_environ("/", method="POST", data=FORM, content_type=content_type)


ENVIRONS = {
    "a plain GET": lambda: create_environ("/a/b?c=d&c=e&f"),
    "nothing but a method": lambda: {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO()},
    "not even a method": lambda: {"wsgi.input": io.BytesIO()},
    "a method in small letters": lambda: create_environ("/") | {"REQUEST_METHOD": "put"},
    "a path of several slashes": lambda: create_environ("/") | {"PATH_INFO": "//a//b/"},
    "a path without a slash": lambda: create_environ("/") | {"PATH_INFO": "a"},
    "no path": lambda: create_environ("/") | {"PATH_INFO": ""},
    "a path that is UTF-8": lambda: create_environ("/Grüße/世界?ü=ö"),
    "a path that is not": lambda: (
        create_environ("/") | {"PATH_INFO": "/\xff", "QUERY_STRING": "\xff"}
    ),
    "a mounted application": lambda: create_environ("/a", "http://host/mount/point/"),
    "HTTPS and a port": lambda: create_environ("/a", "https://example.com:8443/"),
    "a socket file": lambda: (
        create_environ("/") | {"SERVER_NAME": "unix:/run/app", "SERVER_PORT": "", "HTTP_HOST": ""}
    ),
    "no server": lambda: {
        key: value
        for key, value in create_environ("/").items()
        if key not in ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "wsgi.url_scheme")
    },
    "clients and proxies": lambda: (
        create_environ("/")
        | {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "192.0.2.2, 192.0.2.3"}
    ),
    "headers": lambda: create_environ(
        headers={
            "Accept": "text/html;q=0.5, application/json",
            "Accept-Language": "de",
            "Authorization": "Basic YTpi",
            "Cookie": "a=b; c=d",
            "If-None-Match": '"tag"',
            "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
            "Range": "bytes=0-4",
            "User-Agent": "Agent/1",
        }
    ),
    "a form": form_environ,
    "a form as a query": lambda: create_environ("/", method="POST", data={"a": "b", "c": "d"}),
    "JSON": lambda: create_environ("/", method="POST", json={"a": [1, 2]}),
    "bad JSON": lambda: create_environ(
        "/", method="POST", data="{", content_type="application/json"
    ),
    "a body in chunks": lambda: (
        create_environ("/", method="POST", data=b"abc")
        | {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    ),
}


def named(table):
    return [pytest.param(value, id=name) for name, value in table.items()]


def answer(look):
    """What a request answers, or the type of its error, in a form that can be compared."""
    try:
        value = look()
    except Exception as error:
        # Where Werkzeug stumbles over bytes that are no text, ours says that the request is bad.
        cause = error.__cause__
        return type(cause if isinstance(cause, UnicodeDecodeError) else error)
    if isinstance(value, Headers):
        return list(value)
    if callable(getattr(value, "read", None)):
        return value.read()
    return "a function" if callable(value) else repr(value)


def answers(request_type, make_environ, names, **options):
    with request_type(make_environ(), **options) as request:
        return {name: answer(lambda name=name: getattr(request, name)) for name in names}


def answer_alone(request_type, make_environ, name, **options):
    return answers(request_type, make_environ, [name], **options)


# The environ holds the request itself, and what a stream and a file are shown as is an address.
ATTRIBUTES = sorted(
    {name for name in {*dir(BaseRequest), *vars(BaseRequest({}))} if not name.startswith("_")}
    - {"environ", "files", "input_stream"}
)


@pytest.mark.parametrize("shallow", [False, True])
@pytest.mark.parametrize("make_environ", named(ENVIRONS))
def test_a_request_answers_like_one_of_werkzeug(make_environ, shallow):
    for names in (ATTRIBUTES, ATTRIBUTES[::-1]):
        ours = answers(Request, make_environ, names, shallow=shallow)
        assert ours == answers(BaseRequest, make_environ, names, shallow=shallow)


@pytest.mark.parametrize("make_environ", named(ENVIRONS))
def test_each_attribute_asked_for_alone(make_environ):
    for name in [*ATTRIBUTES, "__repr__", "nonexistent"]:
        ours = answer_alone(Request, make_environ, name)
        assert ours == answer_alone(BaseRequest, make_environ, name)


LATIN = st.text(st.characters(max_codepoint=255), max_size=8)


@given(LATIN, LATIN, LATIN)
def test_any_path_and_query(script_name, path, query):
    environ = create_environ() | {
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path,
        "QUERY_STRING": query,
    }
    names = ("root_path", "path", "query_string", "args", "full_path", "url", "base_url")
    assert answers(Request, environ.copy, names) == answers(BaseRequest, environ.copy, names)


def test_a_query_string_that_is_not_utf8_is_a_bad_request():
    request = Request(create_environ() | {"QUERY_STRING": "a=\xff"})
    with pytest.raises(
        werkzeug.exceptions.BadRequest, match="query string of the URL is not valid"
    ):
        _ = request.args


@pytest.mark.parametrize("name", ["PATH_INFO", "QUERY_STRING", "SCRIPT_NAME"])
def test_what_no_server_sends_is_refused_when_it_is_read(name):
    environ = create_environ() | {name: "/\u20ac"}
    with pytest.raises(UnicodeEncodeError):
        BaseRequest(environ)
    request = Request(environ)
    with pytest.raises(UnicodeEncodeError):
        request.url  # noqa: B018


def test_files_are_read():
    with Request(form_environ()) as request:
        file = request.files["file"]
        assert (file.filename, file.read()) == ("a.txt", b"content")
        assert request.form["name"] == "Zoë"


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        pytest.param({}, True, id="as a rule"),
        pytest.param({"populate_request": True}, True, id="if asked to"),
        pytest.param({"populate_request": False}, False, id="not if asked not to"),
        pytest.param({"shallow": True}, False, id="not if it is shallow"),
    ],
)
def test_a_request_puts_itself_into_the_environ(options, is_there):
    environ = create_environ()
    request = Request(environ, **options)
    assert request.server == ("localhost", 80)
    assert request.root_path == ""
    assert (environ.get("werkzeug.request") is request) == is_there


def test_a_request_is_made_from_an_environ_by_position_too():
    environ = create_environ()
    request = Request(environ, False, True)
    assert request.shallow
    assert "werkzeug.request" not in environ
    with pytest.raises(RuntimeError):
        request.get_data()


def test_a_request_is_made_from_values():
    request = Request.from_values("/a?b=c", method="POST")
    assert (type(request), request.method, request.args["b"]) == (Request, "POST", "c")


def test_an_attribute_that_is_set_before_it_is_read_is_kept():
    request = Request(create_environ("/old?a=1"))
    request.path = "/new"
    request.query_string = b"a=2"
    assert (request.path, request.args["a"], request.method) == ("/new", "2", "GET")
    assert request.full_path == "/new?a=2"


def test_an_attribute_that_was_read_is_kept():
    environ = create_environ("/old")
    request = Request(environ)
    assert request.path == "/old"
    environ["PATH_INFO"] = "/new"
    assert request.path == "/old"
    assert request.headers is request.headers


@pytest.mark.parametrize(
    "limit",
    [{"max_content_length": 10}, {"max_form_memory_size": 2}, {"max_form_parts": 1}],
    ids=lambda limit: next(iter(limit)),
)
def test_a_limit_set_on_a_subclass_holds(limit):
    limited = type("Limited", (Request,), limit)
    with pytest.raises(werkzeug.exceptions.RequestEntityTooLarge):
        limited(form_environ()).form  # noqa: B018


def test_a_limit_holds_for_json_that_is_asked_for_silently():
    limited = type("Limited", (Request,), {"max_content_length": 10})
    request = limited(create_environ("/", method="POST", json={"a": "long value"}))
    with pytest.raises(werkzeug.exceptions.RequestEntityTooLarge):
        request.get_json(silent=True)


class TestJSONThatIsNestedTooDeeply:
    """Werkzeug lets through the error of the parser, which would be the fault of the server."""

    BODY = b"[" * 100_000 + b"]" * 100_000

    def answer(self, read, content_type="application/json"):
        app = Application([POST("/", lambda request: Response(repr(read(request))))])
        return app.get_local_client().post("/", data=self.BODY, content_type=content_type)

    @pytest.mark.parametrize(
        "read",
        [
            pytest.param(lambda request: request.get_json(), id="get_json()"),
            pytest.param(lambda request: request.json, id="json"),
            pytest.param(lambda request: request.get_json(cache=False), id="not kept"),
            pytest.param(
                lambda request: [request.get_json(silent=True), request.get_json()],
                id="asked again, no more silently",
            ),
        ],
    )
    def test_is_a_bad_request(self, read):
        response = self.answer(read)
        assert response.status_code == 400
        assert response.text == (
            "400 Bad Request\nFailed to decode JSON object: it is nested too deeply\n"
        )

    def test_is_so_whatever_its_type_if_that_is_not_asked_for(self):
        response = self.answer(lambda request: request.get_json(force=True), "text/plain")
        assert response.status_code == 400

    def test_is_none_silently(self):
        response = self.answer(lambda request: request.get_json(silent=True))
        assert (response.status_code, response.text) == (200, "None")

    def test_is_what_a_subclass_says(self):
        class Lenient(Request):
            def on_json_loading_failed(self, error):
                return f"not read: {error}"

        request = Lenient.from_values(
            method="POST", data=self.BODY, content_type="application/json"
        )
        assert request.get_json() == "not read: it is nested too deeply"


def test_a_subclass_can_have_attributes_of_its_own():
    class Own(Request):
        kind = "own"

        def __init__(self, environ):
            super().__init__(environ)
            self.first = self.path.split("/")[1]

        @property
        def method(self):
            return "OWN"

        def __getattr__(self, name):
            return f"no {name}"

    own = Own(create_environ("/a/b"))
    assert (own.kind, own.first, own.method, own.other) == ("own", "a", "OWN", "no other")


# Responses


@pytest.fixture
def without_constructor(monkeypatch):
    """Werkzeug's response cannot be made: whatever still works does without."""

    def refuse(*arguments, **options):
        raise AssertionError("Werkzeug's constructor was called")

    monkeypatch.setattr(BaseResponse, "__init__", refuse)


@pytest.mark.usefixtures("without_constructor")
class TestAPlainResponse:
    @pytest.mark.parametrize(
        ("response", "status"),
        [
            pytest.param(lambda: Response("Hello"), "200 OK", id="text"),
            pytest.param(lambda: Response(b"Hello", 404), "404 NOT FOUND", id="bytes and a status"),
            pytest.param(lambda: Response(Markup("<b>")), "200 OK", id="markup"),
            pytest.param(lambda: Response("", HTTPStatus.OK), "200 OK", id="an HTTPStatus"),
            pytest.param(lambda: Response(), "200 OK", id="nothing"),
            pytest.param(lambda: Response(status=204), "204 NO CONTENT", id="no content"),
            pytest.param(lambda: Response("", mimetype="text/html"), "200 OK", id="a mimetype"),
            pytest.param(lambda: Response("", content_type="a/b"), "200 OK", id="a content type"),
            pytest.param(
                lambda: Response("", 302, {"Location": "/a?b"}), "302 FOUND", id="a location"
            ),
            pytest.param(lambda: redirect("/a?b"), "302 FOUND", id="a redirect"),
            pytest.param(
                lambda: response_maker(404, (), "a/b")(b""), "404 NOT FOUND", id="a response maker"
            ),
            pytest.param(Redirector("/é"), "301 MOVED PERMANENTLY", id="a Redirector"),
            pytest.param(lambda: Response(status=304), "304 NOT MODIFIED", id="not modified"),
            pytest.param(
                lambda: with_headers(Response("Hello"), (("X-A", "1"),)), "200 OK", id="a copy"
            ),
        ],
    )
    def test_is_sent_without_werkzeug(self, response, status):
        assert serve(response())[0] == status

    def test_can_be_looked_at(self):
        response = Response("Hello", 201)
        assert (response.status_code, response.status) == (201, "201 CREATED")
        assert (response.data, response.get_data(as_text=True)) == (b"Hello", "Hello")
        assert (response.mimetype, response.content_type) == ("text/plain", TEXT)
        assert serve(response)[0] == "201 CREATED"

    def test_can_have_its_headers_changed(self):
        response = Response("Hello")
        response.headers["X-A"] = "1"
        response.set_cookie("a", "b")
        response.add_etag()
        assert [name for name, _ in serve(response)[1]] == [
            *("Content-Type", "Content-Length", "X-A", "Set-Cookie", "ETag")
        ]

    def test_can_be_of_a_subclass(self):
        class Page(Response):
            default_mimetype = "text/html"
            default_status = 203

        class Failure(Page, Exception):
            code = 500

        for response in (Page("page"), Failure("page")):
            assert (response.status_code, response.mimetype) == (203, "text/html")
            assert serve(response)[2] == b"page"


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


def test_what_is_given_can_change_without_changing_the_response():
    headers = [("X-A", "1")]
    response = Response("Hello", headers=headers)
    headers[0] = ("X-A", "2")
    headers.append(("X-B", "3"))
    assert response.headers["X-A"] == "1"
    assert "X-B" not in response.headers


@pytest.mark.parametrize("headers", [Headers(), Headers([("X-A", "1")])], ids=len)
def test_a_headers_object_that_is_given_is_that_of_the_response(headers):
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


def test_headers_that_were_got_stay_those_of_the_response():
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


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda response: None, id="untouched"),
        pytest.param(lambda response: response.headers.add("X-A", "1"), id="with changed headers"),
        pytest.param(lambda response: setattr(response, "status", 404), id="whole"),
    ],
)
class TestForceType:
    def test_to_werkzeug(self, touch):
        response = Response("Hello")
        touch(response)
        sent = serve(response)
        assert BaseResponse.force_type(response) is response
        assert type(response) is BaseResponse
        assert serve(response) == sent

    def test_from_werkzeug(self, touch):
        response = BaseResponse("Hello")
        touch(response)
        sent = serve(response)
        assert Response.force_type(response) is response
        assert type(response) is response.__class__ is Response
        assert serve(response) == sent
        response.headers["X-A"] = "2"
        assert ("X-A", "2") in serve(response)[1]


def test_a_response_whose_constructor_was_not_called_has_no_headers():
    response = Response.__new__(Response)
    with pytest.raises(AttributeError, match=r"^'Response' object has no 'headers'$"):
        response.headers  # noqa: B018


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
def test_a_response_keeps_to_the_rules_of_wsgi(body, status, method):
    environ = create_environ(method=method)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    chunks = validator(Response(body, status))(environ, lambda status, headers: lambda data: None)
    assert b"".join(chunks) == (b"Hello" if body and method != "HEAD" else b"")
    chunks.close()


def test_a_response_is_a_wsgi_application():
    assert Client(Response("Hello", 404)).get("/").text == "Hello"


# One response for many requests


@pytest.fixture
def _busy():
    """Have the threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(function):
    """Call a function with the numbers of the threads, in all of them at once."""
    start = threading.Barrier(THREADS)

    def run(number):
        start.wait()
        return function(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.usefixtures("_busy")
class TestInThreads:
    def test_one_response_answers_every_request(self):
        response = Response("Hello", 201, [("X-A", "1")])
        expected = serve(Response("Hello", 201, [("X-A", "1")]))
        served = together(lambda number: [serve(response) for _ in range(50)])
        assert all(answer == expected for answers in served for answer in answers)

    def test_it_answers_while_others_look_at_it(self):
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
    """In place of the lock: somebody else has just been there."""

    def __init__(self, overtake):
        self.overtake = overtake

    def __enter__(self):
        overtake, self.overtake = self.overtake, lambda: None
        overtake()

    def __exit__(self, *exception):
        pass


@pytest.mark.parametrize("theirs", ["headers", "response"])
@pytest.mark.parametrize("ours", ["headers", "response"])
def test_who_comes_second_gets_what_the_first_one_got(monkeypatch, ours, theirs):
    response = Response("Hello")
    got = []

    def overtake():
        got.append(getattr(response, theirs))
        response.headers.add("X-A", "1")

    monkeypatch.setattr("clastic.http.response._CHANGING_STATE", Overtaken(overtake))
    getattr(response, ours)
    assert got == [getattr(response, theirs)]
    assert serve(response)[1][-1] == ("X-A", "1")


# Copies of a response, for one client


ADDED = (("Vary", "Cookie"), ("Set-Cookie", "a=b"))


def looked_at() -> Response:
    response = Response("Hello")
    response.headers.add("X-A", "1")
    return response


RESPONSES = [
    pytest.param(lambda: Response("Hello"), id="lazy"),
    pytest.param(looked_at, id="lazy, with headers"),
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
        assert list(response.headers)[2:] == [("Location", "/new"), *ADDED]
        assert serve(response)[1][2:] == [("Location", "/new"), *ADDED]

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


# Redirects


def test_redirect_gives_a_response_of_ours():
    response = redirect("/new")
    assert type(response) is Response
    assert (response.status_code, response.location) == (302, "/new")


def test_redirect_gives_a_response_of_another_type():
    class Own(BaseResponse):
        pass

    assert type(redirect("/new", 307, Own)) is Own
    assert type(redirect("/new", code=303, Response=None)) is BaseResponse


@pytest.mark.parametrize("make", [redirect, Redirector])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        pytest.param("/a\nSet-Cookie: b=c", r"'\n' at position 2", id="a line feed"),
        pytest.param("\r/a", r"'\r' at position 0", id="a carriage return"),
        pytest.param("/a\tb", r"'\t' at position 2", id="a tabulator"),
        pytest.param("/\x00", r"'\x00' at position 1", id="a NUL"),
        pytest.param("/\x1f", r"'\x1f' at position 1", id="the last of the first ones"),
        pytest.param("/ab\x7f\x00", r"'\x7f' at position 3", id="a DEL"),
    ],
)
def test_a_location_with_a_control_character_is_refused(make, location, shown):
    with pytest.raises(ValueError, match="control character") as caught:
        make(location)
    assert str(caught.value) == (
        f"Cannot redirect to {location!r}: it has the control character {shown}. "
        "Percent-encode it, or leave it out."
    )


class TestRedirector:
    def test_redirects_for_good(self):
        status, headers, _ = serve(Redirector("/new")())
        assert (status, dict(headers)["Location"]) == ("301 MOVED PERMANENTLY", "/new")

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", ["/new", "/é?a=<b>&c", "http://Example.com:80/a b"])
    def test_sends_what_redirect_does(self, location, code):
        status, headers, body = serve(Redirector(location, code=code)())
        expected_status, expected_headers, expected_body = serve(redirect(location, code))
        assert (status, body) == (expected_status, expected_body)
        assert sorted(headers) == sorted(expected_headers)

    def test_gives_a_response_to_each_request(self):
        redirector = Redirector("/new")
        redirector().headers["X-A"] = "1"
        assert "X-A" not in redirector().headers

    def test_takes_no_arguments_as_an_endpoint(self):
        assert not inspect.signature(Redirector("/new")).parameters

    def test_tells_what_it_is(self):
        assert repr(Redirector("/new")) == "Redirector('/new', code=301)"
        redirector = Redirector("/new", HTTPStatus.TEMPORARY_REDIRECT)
        assert repr(redirector) == "Redirector('/new', code=307)"
        assert (redirector.location, type(redirector.code)) == ("/new", int)

    @pytest.mark.parametrize("code", [200, 300, 304, 404, "301", None])
    def test_refuses_a_status_that_does_not_redirect(self, code):
        with pytest.raises(ValueError, match="status") as caught:
            Redirector("/new", code)
        assert str(caught.value) == (
            f"Cannot redirect with the status {code!r}. Use one of 301, 302, 303, 307, 308."
        )
