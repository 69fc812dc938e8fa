"""Test that requests have the attributes of Werkzeug's requests."""

from __future__ import annotations

import io
from itertools import product

import pytest
import werkzeug.exceptions
import werkzeug.wrappers
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ

from clastic import POST, Application, render_basic
from clastic.http import BaseRequest, Request, Response, negotiate


def test_the_base_type_is_that_of_werkzeug():
    assert BaseRequest is werkzeug.wrappers.Request
    assert isinstance(Request(create_environ()), BaseRequest)


FORM = (
    '--edge\r\nContent-Disposition: form-data; name="name"\r\n\r\nZoë\r\n'
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncontent\r\n'
    "--edge--\r\n"
)


def form_environ():
    content_type = "multipart/form-data; boundary=edge"
    return create_environ("/", method="POST", data=FORM, content_type=content_type)


def without_host(*names):
    """Return an environ of HTTP/1.0 without the host, and without these names."""
    environ = create_environ("/") | {"SERVER_PROTOCOL": "HTTP/1.0"}
    return {key: environ[key] for key in environ if key not in ("HTTP_HOST", *names)}


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
        without_host("wsgi.url_scheme") | {"SERVER_NAME": "unix:/run/app", "SERVER_PORT": ""}
    ),
    "no server": lambda: without_host("SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme"),
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


def outcome(read):
    """Return the value of an attribute, or the type of its error, in a form to compare."""
    try:
        value = read()
    except Exception as error:
        # If Werkzeug fails to decode bytes, this request type raises a BadRequest.
        cause = error.__cause__
        return type(cause if isinstance(cause, UnicodeDecodeError) else error)
    if isinstance(value, Headers):
        return list(value)
    if callable(getattr(value, "read", None)):
        return value.read()
    return "a function" if callable(value) else repr(value)


def attributes(request_type, make_environ, names, **options):
    with request_type(make_environ(), **options) as request:
        return {name: outcome(lambda name=name: getattr(request, name)) for name in names}


# Without the environ, which holds the request itself, and what has an address in its repr.
ATTRIBUTES = sorted(
    {name for name in {*dir(BaseRequest), *vars(BaseRequest({}))} if not name.startswith("_")}
    - {"environ", "files", "input_stream"}
    - {"form_data_parser_class", "json_module", "max_content_length"}  # those of this request type
)


@pytest.mark.parametrize("make_environ", named(ENVIRONS))
def test_all_attributes_are_those_of_werkzeug(make_environ):
    for names, shallow in product((ATTRIBUTES, ATTRIBUTES[::-1]), (False, True)):
        ours = attributes(Request, make_environ, names, shallow=shallow)
        assert ours == attributes(BaseRequest, make_environ, names, shallow=shallow), shallow
    for name in [*ATTRIBUTES, "__repr__", "nonexistent"]:
        ours = attributes(Request, make_environ, [name])
        assert ours == attributes(BaseRequest, make_environ, [name]), f"{name} is read first"


LATIN = st.text(st.characters(max_codepoint=255), max_size=8)


@given(LATIN, LATIN, LATIN)
def test_any_path_and_query_is_read_as_werkzeug_does(script_name, path, query):
    environ = create_environ() | {
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path,
        "QUERY_STRING": query,
    }
    names = ("root_path", "path", "query_string", "args", "full_path", "url", "base_url")
    ours = attributes(Request, environ.copy, names)
    assert ours == attributes(BaseRequest, environ.copy, names)


def test_a_query_string_that_is_not_utf8_is_a_bad_request():
    request = Request(create_environ() | {"QUERY_STRING": "a=\xff"})
    with pytest.raises(
        werkzeug.exceptions.BadRequest, match="query string of the URL is not valid"
    ):
        _ = request.args


@pytest.mark.parametrize("name", ["PATH_INFO", "QUERY_STRING", "SCRIPT_NAME"])
def test_an_environ_that_breaks_pep_3333_is_refused_when_it_is_read(name):
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
        pytest.param({}, True, id="by default"),
        pytest.param({"populate_request": True}, True, id="if requested"),
        pytest.param({"populate_request": False}, False, id="not if it is disabled"),
        pytest.param({"shallow": True}, False, id="not if it is shallow"),
    ],
)
def test_a_request_puts_itself_into_the_environ(options, is_there):
    environ = create_environ()
    request = Request(environ, **options)
    assert request.server == ("localhost", 80)
    assert request.root_path == ""
    assert (environ.get("werkzeug.request") is request) == is_there


def test_the_options_can_be_positional():
    environ = create_environ()
    request = Request(environ, False, True)
    assert request.shallow
    assert "werkzeug.request" not in environ
    with pytest.raises(RuntimeError):
        request.get_data()


def test_a_request_can_be_made_from_values():
    request = Request.from_values("/a?b=c", method="POST")
    assert (type(request), request.method, request.args["b"]) == (Request, "POST", "c")


def test_an_attribute_can_be_set_before_it_is_read():
    request = Request(create_environ("/old?a=1"))
    request.path = "/new"
    request.query_string = b"a=2"
    assert (request.path, request.args["a"], request.method) == ("/new", "2", "GET")
    assert request.full_path == "/new?a=2"


def test_an_attribute_is_read_from_the_environ_once():
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
def test_a_limit_can_be_set_on_a_subclass(limit):
    limited = type("Limited", (Request,), limit)
    with pytest.raises(werkzeug.exceptions.RequestEntityTooLarge):
        limited(form_environ()).form  # noqa: B018


def test_a_limit_applies_to_json_that_is_read_silently():
    limited = type("Limited", (Request,), {"max_content_length": 10})
    request = limited(create_environ("/", method="POST", json={"a": "long value"}))
    with pytest.raises(werkzeug.exceptions.RequestEntityTooLarge):
        request.get_json(silent=True)


class TestJSONThatIsNestedTooDeeply:
    """Werkzeug passes on the error of the parser, which would be a 500."""

    BODY = b"[" * 100_000 + b"]" * 100_000

    def post(self, read, content_type="application/json"):
        app = Application([POST("/", lambda request: Response(repr(read(request))))])
        return app.get_local_client().post("/", data=self.BODY, content_type=content_type)

    @pytest.mark.parametrize(
        "read",
        [
            pytest.param(lambda request: request.get_json(), id="get_json()"),
            pytest.param(lambda request: request.json, id="json"),
            pytest.param(lambda request: request.get_json(cache=False), id="not cached"),
            pytest.param(
                lambda request: [request.get_json(silent=True), request.get_json()],
                id="first silently, then not",
            ),
        ],
    )
    def test_is_a_bad_request(self, read):
        response = self.post(read)
        assert response.status_code == 400
        assert response.text == (
            "400 Bad Request\nFailed to decode JSON object: it is nested too deeply\n"
        )

    def test_is_a_bad_request_of_any_type_if_forced(self):
        response = self.post(lambda request: request.get_json(force=True), "text/plain")
        assert response.status_code == 400

    def test_is_none_if_silent(self):
        response = self.post(lambda request: request.get_json(silent=True))
        assert (response.status_code, response.text) == (200, "None")

    def test_is_what_a_subclass_returns(self):
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


OFFERED = ("application/json", "text/html", "text/plain")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html", "text/html"),
        ("text/html;charset=utf-8", "text/html"),
        ("Text/HTML ; Charset=UTF-8", "text/html"),
        ('text/html; profile="a, text/plain; q=0"; q=0.9, text/plain;q=0.8', "text/html"),
        ("text/html;q=0.5;level=1, text/plain;level=2", "text/plain"),
        ("text/html;level=1;q=0.1, text/plain;q=0.2", "text/plain"),
        ("application/json;indent=2, */*;q=0.1", "application/json"),
        ("text/html;v", "text/html"),
        ("text/*;charset=utf-8", "text/html"),
        ("*/*;version=1", "application/json"),
        ("text/html;q=0, */*", "application/json"),
        ("image/png", None),
        ("", None),
        ("text/html;q=0", None),
        ("text/html," * 200, None),
    ],
)
def test_one_of_the_offered_types_is_negotiated(accept, chosen):
    assert negotiate(accept, OFFERED) == chosen


@pytest.mark.parametrize("accept", ["text/html;charset=utf-8", "text/html;level=1, */*;q=0.1"])
def test_errors_and_data_are_negotiated_alike(accept):
    app = Application([("/", lambda: {"a": 1}, render_basic)])
    for path in ("/", "/missing"):
        response = app.get_local_client().get(path, headers={"Accept": accept})
        assert response.mimetype == "text/html"
