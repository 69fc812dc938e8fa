"""Test that responses send the same bytes as Werkzeug's, with some exceptions.

URLs stay as given, a response whose status has no body has no Content-Type, what no server can send
is refused, and a response that sets a cookie is private.

Each test does the same with a response of each type and compares the results: each value read,
each error raised, and each response sent.
"""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from http import HTTPStatus
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, ImmutableDict, MultiDict
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import create_environ
from werkzeug.utils import redirect as werkzeug_redirect
from werkzeug.wrappers import Response as BaseResponse

from clastic.http import Response, make_private, redirect, response_maker
from clastic.http.hosts import encode_url
from clastic.http.sending import check_fields, check_status, send_by_werkzeug

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class WerkzeugResponse(BaseResponse):
    """Werkzeug's, but for the exceptions, which have tests of their own."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        check_fields(Headers(self.headers), with_locations=False)

    @property
    def status(self):
        return super().status

    @status.setter
    def status(self, value):
        BaseResponse.status.fset(self, value)
        check_status(BaseResponse.status.fget(self))

    @property
    def status_code(self):
        return super().status_code

    @status_code.setter
    def status_code(self, code):
        self.status = code

    def __call__(self, environ, start_response):
        return send_by_werkzeug(self, environ, start_response)

    def set_cookie(self, *arguments, **options):
        make_private(self.headers)
        super().set_cookie(*arguments, **options)

    def get_wsgi_headers(self, environ):
        sent = super().get_wsgi_headers(environ)
        for name in ("Location", "Content-Location"):
            values = Headers(self.headers).getlist(name)
            if values and (name != "Location" or not self.autocorrect_location_header):
                sent[name] = encode_url(values[-1])
        return sent


WerkzeugResponse.__name__ = "Response"


class Text(str):
    """A subclass of str, such as template engines return."""


class Binary(bytes):
    """A subclass of bytes."""


# Each function creates a new object, because Werkzeug keeps its arguments.
BODIES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "empty text": lambda: "",
    "text": lambda: "Hello",
    "other than ASCII": lambda: "Grüße, 世界",
    "a surrogate": lambda: "\ud800",
    "a subclass of str": lambda: Text("<b>é</b>"),
    "empty bytes": lambda: b"",
    "bytes": lambda: b"\x00\xff",
    "a subclass of bytes": lambda: Binary(b"binary"),
    "a bytearray": lambda: bytearray(b"array"),
    "a list of bytes": lambda: [b"one", b"two"],
    "a list of text": lambda: ["één", "two"],
    "an empty list": list,
    "a tuple": lambda: ("one", b"two"),
    "a generator": lambda: (chunk for chunk in ("one", "two")),
    "an iterator of bytes": lambda: iter([b"one", b"two"]),
}
STATUSES: tuple[Any, ...] = (
    None,
    *HTTP_STATUS_CODES,
    *HTTPStatus,
    *(0, -1, 99, 299, 599, 600, 999, 1000),
    *("200", "404", "200 OK", "404 Not Found", "299 Custom", "204 Nothing", "304", "100 Go on"),
    *("", " ", "nonsense", "200 OK\r\nX: y", b"200 OK", True, 200.0, [], (200, "OK")),
)
HEADERS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "an empty list": list,
    "an empty dict": dict,
    "an empty Headers": Headers,
    "empty text": lambda: "",
    "one": lambda: [("Vary", "Accept")],
    "a tuple": lambda: (("X-A", "1"), ("X-B", "2")),
    "a repeated name": lambda: [("X-A", "1"), ("x-a", "2"), ("X-B", "3"), ("X-A", "4")],
    "a dict": lambda: {"X-A": "1", "Vary": "Cookie"},
    "a dict of lists": lambda: {"X-A": ["1", "2"], "X-B": "3"},
    "another mapping": lambda: ImmutableDict({"X-A": "1"}),
    "a MultiDict": lambda: MultiDict([("X-A", "1"), ("X-A", "2")]),
    "a Headers": lambda: Headers([("X-A", "1"), ("X-A", "2")]),
    "a Headers with a type": lambda: Headers([("Content-Type", "a/b"), ("X-A", "2")]),
    "a generator": lambda: (("X-A", str(number)) for number in range(2)),
    "pairs that are lists": lambda: [["X-A", "1"], ["X-B", "2"]],
    "pairs that are text": lambda: ["ab", "cd"],
    "triples for pairs": lambda: [("X-A", "1", "2")],
    "a single name": lambda: [("X-A",)],
    "no iterable": lambda: 5,
    "items that are no iterables": lambda: [5],
    "a number as value": lambda: [("Age", 5)],
    "a number as name": lambda: [(5, "1")],
    "None as value": lambda: [("X-A", None)],
    "bytes as name": lambda: [(b"X-A", "1")],
    "bytes as value": lambda: [("X-A", b"1")],
    "a list as value": lambda: [("X-A", ["1", "2"])],
    "a subclass of str as value": lambda: [("X-A", Text("1"))],
    "other than ASCII": lambda: [("X-Ä", "ü")],
    "empty name and value": lambda: [("", "")],
    "a line feed in a value": lambda: [("X-A", "1\nX-B: 2")],
    "a carriage return in a value": lambda: [("X-A", "1\rX-B: 2")],
    "a line feed in a name": lambda: [("X-A\n", "1")],
    "another control character": lambda: [("X-A", "1\x00\x0b\u2028")],
    "a content type": lambda: [("X-A", "1"), ("content-type", "text/css"), ("X-B", "2")],
    "two content types": lambda: [("Content-Type", "text/css"), ("Content-Type", "text/csv")],
    "a content length": lambda: [("Content-Length", "99"), ("X-A", "1")],
    "a location": lambda: [("Location", "/new?a=b&c"), ("X-A", "1")],
    "a location to quote": lambda: [("Location", "/né w?a=ü")],
    "a location in lower case": lambda: {"location": "/new"},
    "two locations": lambda: [("Location", "/one"), ("Location", "/two")],
    "a content location": lambda: [("Content-Location", "/ä")],
    "both locations": lambda: [("Location", "/one"), ("Content-Location", "/two")],
    "a cookie": lambda: [("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d; Path=/")],
    "entity headers": lambda: [("Expires", "never"), ("Content-Language", "de"), ("X-A", "1")],
}
MIMETYPES: tuple[Any, ...] = (
    *(None, "", "text/plain", "text/html", "application/json", "application/xml"),
    *("image/svg+xml", "application/problem+json", "application/javascript", "image/png"),
    *("text/html; charset=latin-1", "TEXT/HTML", "text", Text("text/html"), "text/x\n", "text/ü"),
    *(5, b"text/html"),
)
CONTENT_TYPES: tuple[Any, ...] = (
    *(None, "", "text/html", "text/html; charset=utf-8", "application/json", "a", "ü"),
    *("text/html\n", "text/html\rX: y", Text("text/html"), 5, b"text/html", ["text/html"]),
)


def serve(response: Any, method: str = "GET", **environ: str) -> tuple[str, list[Any], bytes]:
    """Return the status, headers and body of a response, and close it."""
    started = []
    chunks = response(
        create_environ("/here/", method=method, headers=environ),
        lambda status, headers, exc_info=None: started.append((status, headers)),
    )
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    ((status, headers),) = started
    assert type(headers) is list
    return status, headers, body


def change(name: str, **values: Any) -> Callable[[Any], None]:
    """Return a step that calls a method, of an attribute if the name is dotted."""

    def call(response: Any) -> Any:
        target = response
        *owners, method = name.split(".")
        for owner in owners:
            target = getattr(target, owner)
        return getattr(target, method)(**values)

    return call


def assign(name: str, make: Callable[[], Any]) -> Callable[[Any], None]:
    return lambda response: setattr(response, name, make())


def look(name: str) -> Callable[[Any], Any]:
    return lambda response: getattr(response, name)


def make_conditional(response: Any) -> Any:
    response.date = 0  # otherwise Werkzeug adds the current time
    environ = create_environ(headers={"If-None-Match": '"tag"', "Range": "bytes=0-1"})
    response.make_conditional(environ, accept_ranges=True, complete_length=5)


def leave(response: Any) -> None:
    with response:
        pass


def keep_headers(response: Any) -> Any:
    """Change headers through an object that was read before something else changed."""
    headers = response.headers
    response.status_code = 201
    headers["X-Kept"] = "1"
    response.response = [b"kept"]
    headers["X-Kept-Longer"] = "2"
    return response.headers is headers


CHANGES: dict[str, Callable[[Any], Any]] = {
    "set a header": lambda response: response.headers.__setitem__("X-A", "set"),
    "set another header": lambda response: response.headers.__setitem__("X-Request-Id", "1"),
    "set a bad header": lambda response: response.headers.__setitem__("X-A", "1\n2"),
    "set headers by slice": lambda response: response.headers.__setitem__(
        slice(0, 1), [("X-0", "0"), ("X-1", "1")]
    ),
    "add a header": change("headers.add", _key="X-A", _value="added"),
    "extend the headers": lambda response: response.headers.extend({"X-A": "more", "X-C": "3"}),
    "remove a header": lambda response: response.headers.remove("x-a"),
    "remove the content type": lambda response: response.headers.remove("Content-Type"),
    "remove the length": lambda response: response.headers.remove("Content-Length"),
    "pop a header": lambda response: response.headers.pop("X-B", None),
    "pop a header that is not there": lambda response: response.headers.pop("X-None"),
    "clear the headers": change("headers.clear"),
    "set a false length": lambda response: response.headers.__setitem__("content-length", "7"),
    "set a length by attribute": assign("content_length", lambda: 3),
    "set a content type by header": lambda response: response.headers.set("CONTENT-TYPE", "a/b"),
    "replace the headers": assign("headers", lambda: Headers([("X-New", "1")])),
    "replace the headers by a list": assign("headers", lambda: [("X-New", "1")]),
    "keep the headers": keep_headers,
    "locate": assign("location", lambda: "/there"),
    "locate by a URL to quote": assign("location", lambda: "http://ÄÖ.example/é?ü#ö"),
    "locate by a host in two cases": assign("location", lambda: "http://Example.COM/a"),
    "locate by an invalid URL": assign("location", lambda: "http://a..b/"),
    "locate in lower case": lambda response: response.headers.__setitem__("location", "/small"),
    "locate twice": change("headers.add", _key="Location", _value="/again"),
    "locate the content": assign("content_location", lambda: "/content ä"),
    "set a cookie": change("set_cookie", key="a", value="b; c", expires=5, secure=True),
    "set another cookie": change("set_cookie", key="d", value="e", samesite="Lax"),
    "delete a cookie": change("delete_cookie", key="a"),
    "data as text": assign("data", lambda: "other dätä"),
    "data as bytes": assign("data", lambda: b"bytes"),
    "data as nothing": assign("data", lambda: ""),
    "data as a number": assign("data", lambda: 5),
    "data by method": lambda response: response.set_data("method"),
    "status as text": assign("status", lambda: "299 Custom"),
    "status as a number": assign("status", lambda: 404),
    "status as an HTTPStatus": assign("status", lambda: HTTPStatus.CREATED),
    "status as nothing": assign("status", lambda: ""),
    "status code": assign("status_code", lambda: 503),
    "status code without a body": assign("status_code", lambda: 204),
    "status code as text": assign("status_code", lambda: "304"),
    "status code as None": assign("status_code", lambda: None),
    "mimetype": assign("mimetype", lambda: "text/html"),
    "content type": assign("content_type", lambda: "application/json"),
    "response as a list": assign("response", lambda: [b"a", b"b"]),
    "response as a generator": assign("response", lambda: (chunk for chunk in "xyz")),
    "response as text": assign("response", lambda: "text"),
    "pass through": assign("direct_passthrough", lambda: True),
    "do not pass through": assign("direct_passthrough", lambda: False),
    "etag": lambda response: response.add_etag(),
    "weak etag": lambda response: response.set_etag("weak", weak=True),
    "the tag asked for": lambda response: response.set_etag("tag"),
    "make conditional": make_conditional,
    "freeze": lambda response: response.freeze(),
    "make a sequence": lambda response: response.make_sequence(),
    "cache control": lambda response: setattr(response.cache_control, "max_age", 5),
    "vary": lambda response: response.vary.add("Origin"),
    "allow": lambda response: response.allow.update(["GET", "PUT"]),
    "retry later": assign("retry_after", lambda: 30),
    "write to the stream": lambda response: response.stream.write(b"written"),
    "close": lambda response: response.close(),
    "use in a with statement": leave,
    "a custom attribute": lambda response: setattr(response, "note", "mine"),
}
LOOKS: dict[str, Callable[[Any], Any]] = (
    {
        name: look(name)
        for name in (
            *("status", "status_code", "data", "mimetype", "mimetype_params", "content_type"),
            *("content_length", "is_json", "is_sequence", "is_streamed", "json", "location", "age"),
            *("direct_passthrough", "default_status", "nonexistent", "_nonexistent"),
        )
    }
    | {
        "the type of the status code": lambda response: type(response.status_code),
        "headers": lambda response: list(response.headers),
        "one header": lambda response: response.headers.get("X-A"),
        "text": lambda response: response.get_data(as_text=True),
        "response": lambda response: list(response.response),
        "iterate": lambda response: list(response.iter_encoded()),
        "length": lambda response: response.calculate_content_length(),
        "etag": lambda response: response.get_etag(),
        "repr": repr,
        "hash": lambda response: hash(response) == hash(response) and response == response,
        "type": lambda response: response.__class__ is type(response),
        "copy": lambda response: serve(copy.copy(response)),
        "deep copy": lambda response: serve(copy.deepcopy(response)),
        "pickle": lambda response: serve(pickle.loads(pickle.dumps(response))),
        "wsgi headers": lambda response: list(response.get_wsgi_headers(create_environ("/x"))),
        "wsgi body": lambda response: b"".join(response.get_app_iter(create_environ("/x"))),
        "wsgi response": lambda response: response.get_wsgi_response(create_environ("/x"))[1:],
    }
    | {method: lambda response, method=method: serve(response, method) for method in METHODS}
)
STEPS = CHANGES | {f"look at {name}": step for name, step in LOOKS.items()}


def result_of(step: Callable[[], Any]) -> Any:
    """Return the value of a step, or the type of its error."""
    try:
        return step()
    except Exception as error:
        return type(error)


def results_of(
    response_type: Callable[..., Any],
    arguments: dict[str, Callable[[], Any]],
    steps: tuple[str, ...] = (),
) -> list[Any]:
    """Return the results of creating, changing and sending a response."""
    made = {name: make() for name, make in arguments.items()}
    closed: list[str] = []
    try:
        response = response_type(**made)
    except Exception as error:
        return [type(error)]
    results = []
    for name in steps:
        if name == "call on close":
            results.append(
                result_of(lambda: response.call_on_close(lambda: closed.append("closed"))())
            )
        else:
            results.append(result_of(lambda name=name: STEPS[name](response)))
    return [
        *results,
        *(result_of(lambda m=method: serve(response, m)) for method in METHODS),
        closed,
    ]


def assert_same_results(
    arguments: dict[str, Callable[[], Any]], steps: tuple[str, ...] = ()
) -> None:
    expected = results_of(WerkzeugResponse, arguments, steps)
    values = {name: make() for name, make in arguments.items()}
    assert results_of(Response, arguments, steps) == expected, (values, steps)


def constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def named(table: dict[str, Callable[[], Any]]) -> Any:
    return [pytest.param(make, id=name) for name, make in table.items()]


@pytest.mark.parametrize("body", named(BODIES))
def test_a_body_is_sent_alike_with_each_status(body):
    looks = ("look at status", "look at status_code", "look at the type of the status code")
    for status in STATUSES:
        assert_same_results({"response": body, "status": constant(status)}, looks)
    assert_same_results({"response": body, "direct_passthrough": constant(True)})


def test_headers_are_sent_alike_with_each_status():
    for headers, status in product(HEADERS.values(), (None, 204, 302, 304, "404 Nope")):
        given = {"response": constant("Hello"), "status": constant(status), "headers": headers}
        assert_same_results(given)
        assert_same_results({**given, "response": constant(None)})
        assert_same_results({**given, "content_type": constant("text/html")})


def test_a_mimetype_is_sent_alike_with_each_content_type():
    for mimetype, content_type in product(MIMETYPES, CONTENT_TYPES):
        given = {"mimetype": constant(mimetype), "content_type": constant(content_type)}
        assert_same_results({"response": constant("Hello"), **given})
        assert_same_results({"status": constant(204), **given})


def test_every_step_has_the_same_result():
    statuses = (200, 204, 304, "418 I am a teapot")
    for name, status, body in product(STEPS, statuses, (None, "Hello")):
        assert_same_results({"response": constant(body), "status": constant(status)}, (name,))


def test_every_step_has_the_same_result_after_another():
    given = {"response": constant("Hello"), "headers": constant([("X-A", "1"), ("X-B", "2")])}
    first = ("set a header", "look at headers", "data as text", "locate")
    for name, before in product(STEPS, first):
        assert_same_results(given, (before, name, "look at headers", "look at data"))


@pytest.mark.parametrize(
    "name", ["a tuple", "a location to quote", "two locations", "triples for pairs"]
)
def test_a_response_maker_makes_the_same_responses(name):
    for status in (200, 204, 299, 302, 304, 404):
        for content_type in ("application/json", "", "text/html\n"):
            check_maker(status, tuple(HEADERS[name]()), content_type)


def check_maker(status: int, headers: Any, content_type: str) -> None:
    def made_by_ours(response: bytes) -> Any:
        return response_maker(status, headers, content_type)(response)

    def made_by_werkzeug(response: bytes) -> Any:
        return WerkzeugResponse(response, status, headers, content_type=content_type)

    for steps in ((), ("set a header",), ("data as text", "look at repr")):
        arguments = {"response": constant(b"Hello")}
        assert results_of(made_by_ours, arguments, steps) == results_of(
            made_by_werkzeug, arguments, steps
        )


def any_of(table: dict[str, Callable[[], Any]]) -> st.SearchStrategy[Callable[[], Any]]:
    return st.sampled_from([*table.values()])


NAMES = st.sampled_from(["X-A", "x-a", "Vary", "Location", "Content-Type", "Content-Length", "Ü"])
PAIRS = st.tuples(NAMES, st.text(max_size=5))
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "response": any_of(BODIES) | st.text().map(constant) | st.binary().map(constant),
        "status": st.sampled_from(STATUSES).map(constant) | st.integers(0, 1100).map(constant),
        "headers": any_of(HEADERS)
        | st.lists(PAIRS, max_size=4).map(lambda pairs: lambda: list(pairs))
        | st.dictionaries(NAMES, st.text(max_size=5), max_size=4).map(constant),
        "mimetype": st.sampled_from(MIMETYPES).map(constant),
        "content_type": st.sampled_from(CONTENT_TYPES).map(constant),
        "direct_passthrough": st.booleans().map(constant),
    },
)
# Arguments that raise no error, so that most examples are sent.
VALID_ARGUMENTS = st.fixed_dictionaries(
    {
        "response": any_of(
            {name: BODIES[name] for name in ("none", "text", "bytes", "a list of bytes")}
        )
    },
    optional={
        "status": st.sampled_from([200, 204, 301, 304, 404, HTTPStatus.OK]).map(constant),
        "headers": st.sampled_from(
            [[("X-A", "1")], {"Location": "/new"}, [("X-A", "1"), ("X-A", "2"), ("X-B", "3")]]
        ).map(constant),
        "mimetype": st.sampled_from(["text/html", "application/json"]).map(constant),
    },
)


@given(ARGUMENTS)
def test_any_arguments_give_the_same_response(arguments):
    assert_same_results(arguments)


@given(
    ARGUMENTS | VALID_ARGUMENTS,
    st.lists(st.sampled_from(["call on close", *STEPS]), max_size=8).map(tuple),
)
def test_any_sequence_of_steps_has_the_same_results(arguments, steps):
    assert_same_results(arguments, steps)


LOCATIONS = (
    *("/", "/new", "/a/b?c=d&e=f#g", "/a b", "/é?ü", "/%zz", "/a%20b", "//host/a", "///a", "", "a"),
    *(
        "?",
        "/?",
        "/a?",
        "/a#",
        "/a?#",
        "?a=b",
        "#a",
        "../a",
        "/a//b",
        "/:a",
        "/a;b=c",
        "/[a]",
        "/\\",
    ),
    *(
        "http://example.com",
        "http://example.com/",
        "https://example.com/a?b",
        "HTTP://EXAMPLE.com/",
    ),
    *("http://example.com:8080/", "http://u:p@example.com/", "http://é.example/é", "http://a..b/"),
    *(
        "http://example.Com/a",
        "http://-/",
        "http://xn--9ca.example/",
        f"http://{'a' * 64}.example/",
        f"http://{'a' * 63}/",
    ),
    *(
        "mailto:a@b.example",
        "http://[::1]/",
        "http://[/",
        "/<b>&\"'",
        "/a|b^c`d{e}",
        "/\u2028",
        "/'",
    ),
)


def redirection(make: Callable[..., Any], *arguments: Any) -> Any:
    """Return the status, the headers in any order, and the body of a redirect."""

    def read() -> tuple[str, list[Any], bytes]:
        status, headers, body = serve(make(*arguments))
        return status, sorted(headers), body

    return result_of(read)


def plain(location: str, code: int = 302) -> Any:
    """Return Werkzeug's redirect to a location, encoded."""
    return werkzeug_redirect(encode_url(location), code, WerkzeugResponse)


def test_a_redirect_is_the_same_with_each_status():
    codes = (301, 302, 303, 307, 308, 200, 304, 999, HTTPStatus.FOUND)
    for location, code in product(LOCATIONS, codes):
        ours = redirection(redirect, location, code)
        assert ours == redirection(plain, location, code), (location, code)


@given(st.text(st.characters(exclude_categories=["Cc"])))
def test_a_redirect_to_any_location_is_the_same(location):
    for prefix in ("", "/", "http://", "http://example.com/"):
        where = prefix + location
        assert redirection(redirect, where) == redirection(plain, where)


@given(st.text("/?#&=%.:;,+@~!$*()'-_a0A[]{}|\\ é", max_size=8))
def test_any_location_among_the_headers_is_sent_alike(location):
    for prefix in ("", "/", "http://", "https://example.com/"):
        headers = [("X-A", "1"), ("Location", prefix + location)]
        assert_same_results({"status": constant(302), "headers": constant(headers)})


def test_every_attribute_of_a_new_response_is_the_same():
    def seen(response: Any, name: str) -> Any:
        value = getattr(response, name)
        return "callable" if callable(value) else re.sub(" at 0x[0-9a-f]+", "", repr(value))

    def attributes(response_type: type[Any]) -> dict[str, Any]:
        names = [name for name in dir(WerkzeugResponse) if name[0] != "_"]
        return {
            name: result_of(lambda name=name: seen(response_type("Hello"), name)) for name in names
        }

    assert attributes(Response) == attributes(WerkzeugResponse)


# Subclasses: each class is made twice, as a subclass of each response type. It appends the names of
# its methods that are called to the list that it is given.

Make = Callable[[type[Any], list[str]], type[Any]]


def with_values(**values: Any) -> Make:
    return lambda base, calls: type("Changed", (base,), values)


def with_method(name: str) -> Make:
    def make(base: type[Any], calls: list[str]) -> type[Any]:
        def method(self: Any, *args: Any, **options: Any) -> Any:
            calls.append(name)
            return getattr(super(changed, self), name)(*args, **options)

        changed = type("Changed", (base,), {name: method})
        return changed

    return make


def with_property(name: str) -> Make:
    def make(base: type[Any], calls: list[str]) -> type[Any]:
        inherited = getattr(base, name)

        def read(self: Any) -> Any:
            calls.append(f"read {name}")
            return inherited.__get__(self, type(self))

        def write(self: Any, value: Any) -> None:
            calls.append(f"write {name}")
            inherited.__set__(self, value)

        return type("Changed", (base,), {name: property(read, write)})

    return make


def with_stored_headers(base: type[Any], calls: list[str]) -> type[Any]:
    class Changed(base):
        @property
        def headers(self):
            calls.append("read")
            return self.stored

        @headers.setter
        def headers(self, headers):
            calls.append("write")
            self.stored = headers

    return Changed


class Closing:
    """A mixin that changes the headers that are sent."""

    def get_wsgi_headers(self, environ):
        headers = super().get_wsgi_headers(environ)
        headers["X-Mixed"] = "in"
        return headers


class ClosingResponse(WerkzeugResponse):
    """The same as a response type."""

    get_wsgi_headers = Closing.get_wsgi_headers
    automatically_set_content_length = False


def with_arguments_of_its_own(base: type[Any], calls: list[str]) -> type[Any]:
    class Changed(base):
        def __init__(self, response=None, status=None, headers=None, *others, **options):
            super().__init__(response, status or 203, headers, *others, **options)
            self.headers["X-Own"] = self.status

    return Changed


def with_what_came_before(base: type[Any], calls: list[str]) -> type[Any]:
    class Changed(base):
        def __init__(self, *arguments, **options):
            self.before = "init"
            super().__init__("another body", 500)
            self.status_code = 501
            super().__init__(*arguments, **options)

    return Changed


def with_lookup(base: type[Any], calls: list[str]) -> type[Any]:
    class Changed(base):
        def __getattr__(self, name):
            calls.append(name)
            raise AttributeError(name)

    return Changed


def of_its_subclass(base: type[Any], calls: list[str]) -> type[Any]:
    class Middle(base):
        def get_app_iter(self, environ):
            return [b"middle"]

    class Changed(Middle):
        default_mimetype = "text/html"

    return Changed


ATTRIBUTES = {name: getattr(WerkzeugResponse, name) for name in dir(WerkzeugResponse)}
SUBCLASSES: dict[str, Make] = (
    {
        f"{name} of its own": with_method(name)
        for name, value in ATTRIBUTES.items()
        if inspect.isfunction(value)
        and (not name.startswith("__") or name in ("__init__", "__call__"))
    }
    | {
        f"{name} of its own": with_property(name)
        for name, value in ATTRIBUTES.items()
        if inspect.isdatadescriptor(value) and not name.startswith("__")
    }
    | {
        f"{name} = {value!r}": with_values(**{name: value})
        for name, values in {
            "default_status": (
                201,
                "201",
                "299 Custom",
                HTTPStatus.GONE,
                204,
                304,
                299,
                0,
                "",
                None,
            ),
            "default_mimetype": ("text/html", "application/json", "", None, 5, "text/x\n"),
            "automatically_set_content_length": (False,),
            "autocorrect_location_header": (True,),
            "implicit_sequence_conversion": (False,),
            "max_cookie_size": (1000,),
        }.items()
        for value in values
    }
    | {
        "headers of its own": with_stored_headers,
        "arguments of its own": with_arguments_of_its_own,
        "a constructor called twice": with_what_came_before,
        "attributes looked up": with_lookup,
        "a subclass of a subclass": of_its_subclass,
        "a mixin before": lambda base, calls: type("Changed", (Closing, base), {}),
        "a response type before": lambda base, calls: type("Changed", (ClosingResponse, base), {}),
        "a response type after": lambda base, calls: type(
            "Changed", (base, ClosingResponse) if base is Response else (ClosingResponse,), {}
        ),
        "an exception": lambda base, calls: type("Changed", (base, ValueError), {"note": "mine"}),
        "nothing": with_values(),
        "a new attribute": with_values(code=404, __doc__="A response.", __hash__=lambda self: 5),
    }
)
SCENARIOS: tuple[tuple[dict[str, Callable[[], Any]], tuple[str, ...]], ...] = (
    ({"response": constant("Hello")}, ()),
    ({"response": constant(b"{}"), "status": constant(404)}, ()),
    ({"response": constant(["list"])}, ()),
    ({"mimetype": constant("text/html")}, ("look at status_code", "look at content_type")),
    (
        {"response": constant("Hello"), "headers": constant({"X-A": "1"})},
        ("set a header", "locate", "look at text", "data as text", "status code"),
    ),
    ({}, ("set a cookie", "etag", "call on close", "freeze", "look at repr")),
)


def results_of_class(base: type[Any], make: Make) -> list[Any]:
    calls: list[str] = []
    response_type = make(base, calls)
    return [[results_of(response_type, *scenario) for scenario in SCENARIOS], calls]


def test_every_subclass_behaves_alike():
    for name, make in SUBCLASSES.items():
        ours = results_of_class(Response, make)
        assert ours == results_of_class(WerkzeugResponse, make), name
