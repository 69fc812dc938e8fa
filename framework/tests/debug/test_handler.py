"""The pages of an application in debug mode, and that no other application has them."""

from __future__ import annotations

import io
import json
import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from boltons.tbutils import ExceptionInfo
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from clastic import (
    GET,
    POST,
    Application,
    BadRequest,
    HTTPException,
    Middleware,
    NotFound,
    Request,
    Response,
    Route,
    SubApplication,
)
from clastic.errors import (
    ContextualErrorHandler,
    ErrorHandler,
    Gone,
    MethodNotAllowed,
    ServiceUnavailable,
    render_by_accept,
)

TEXT = "text/plain"
HTML = "text/html"
JSON = "application/json"
PROBLEM = "application/problem+json"
XML = "application/xml"
FORMATS = [TEXT, HTML, JSON, PROBLEM, XML]

every_format = pytest.mark.parametrize("mimetype", FORMATS)


class Shelf:
    """A resource."""


def show_book(id: int, shelf: Shelf) -> NoReturn:
    title = f"book {id}"
    raise LookupError(f"No {title} here.")


def list_books() -> Response:
    return Response("books")


def give(error: BaseException) -> Callable[[], NoReturn]:
    def giving() -> NoReturn:
        raise error

    return giving


ROUTES = [
    GET("/books/<id:int>", show_book),
    GET("/books", list_books),
    POST("/books", list_books),
]


def make(*routes: Any, **options: Any) -> Application:
    return Application([*routes, *ROUTES], {"shelf": Shelf()}, **{"debug": True, **options})


def ask(application: Application, path: str, accept: str = TEXT, **options: Any) -> TestResponse:
    client = application.get_local_client()
    for name, value in options.pop("cookies", {}).items():
        client.set_cookie(name, value)
    headers = {**options.pop("headers", {}), "Accept": accept}
    return client.open(path, headers=headers, **options)


def debug(application: Application, path: str, **options: Any) -> Any:
    """What the report on a request says."""
    document = ask(application, path, JSON, **options).json
    assert document is not None
    return document["debug"]


class PageText(HTMLParser):
    """The text that is on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.is_style = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.is_style = False

    def handle_data(self, data: str) -> None:
        if not self.is_style:
            self.text += data


def plain(response: TestResponse) -> str:
    """All that a response says, in whatever format, as text."""
    text = response.text
    if response.mimetype == HTML:
        return PageText(text).text
    if response.mimetype == XML:
        return "\n".join(ElementTree.fromstring(text).itertext())
    if response.mimetype in (JSON, PROBLEM):
        return "\n".join(_leaves(json.loads(text)))
    return text


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in (key, *_leaves(inner))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [str(value)]


# -- an exception ----------------------------------------------------------------------------------


@every_format
def test_an_exception_is_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(), "/books/7?page=2", mimetype, headers={"X-Shop": "main"})

    shown = plain(response)
    assert response.status_code == 500
    assert response.mimetype == mimetype
    for expected in (
        "LookupError",
        "No book 7 here.",
        "show_book",
        f"test_handler.py:{show_book.__code__.co_firstlineno}",
        'raise LookupError(f"No {title} here.")',
        "'book 7'",
        "/books/<id:int>",
        "http://localhost/books/7?page=2",
        "X-Shop",
        "shelf",
        "Shelf",
    ):
        assert expected in shown


@every_format
def test_the_page_has_the_id_that_the_log_has(
    mimetype: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(make(), "/books/7", mimetype)

    (record,) = caplog.records
    assert record.error_id in plain(response)  # type: ignore[attr-defined]
    assert "LookupError: No book 7 here." in caplog.text


def test_what_the_report_on_an_exception_says() -> None:
    report = debug(
        make(), "/books/7?page=2", headers={"X-Shop": "main"}, environ_base={"REMOTE_ADDR": "::1"}
    )
    (exception,) = report["exceptions"]

    assert exception["type"] == "LookupError"
    assert exception["message"] == "No book 7 here."
    assert [frame["origin"] for frame in exception["frames"]] == [
        "framework",
        "framework",
        "application",
    ]
    assert exception["frames"][-1]["variables"] == [
        {"name": "id", "value": "7"},
        {"name": "shelf", "value": f"<{__name__}.Shelf>"},
        {"name": "title", "value": "'book 7'"},
    ]
    assert report["route"]["pattern"] == "/books/<id:int>"
    assert report["route"]["methods"] == ["GET", "HEAD"]
    assert report["route"]["endpoint"] == "show_book"
    assert report["route"]["place"].endswith(f":{show_book.__code__.co_firstlineno}")
    assert report["explanation"].startswith("Raised in show_book, ")
    assert report["request"]["method"] == "GET"
    assert report["request"]["url"] == "http://localhost/books/7?page=2"
    assert report["request"]["remote_address"] == "::1"
    assert report["request"]["query"] == [{"name": "page", "value": "2"}]
    assert {"name": "X-Shop", "value": "main"} in report["request"]["headers"]
    assert report["resources"] == [{"name": "shelf", "value": f"{__name__}.Shelf"}]
    assert report["routes"] == []
    assert report["suggestion"] is None


def test_documents_keep_what_they_have_without_the_report() -> None:
    document = ask(make(), "/books/7", JSON).json
    problem = ask(make(), "/books/7", PROBLEM).json
    root = ElementTree.fromstring(ask(make(), "/books/7", XML).text)

    assert document is not None
    assert problem is not None
    assert list(document) == ["code", "message", "detail", "error_type", "error_id", "debug"]
    assert list(problem) == ["type", "title", "status", "error_id", "debug"]
    assert [element.tag for element in root] == [
        "code",
        "message",
        "error_type",
        "error_id",
        "debug",
    ]
    frames = root.findall("debug/exceptions/item/frames/item")
    assert [frame.findtext("function") for frame in frames][-1] == "show_book"


def test_the_response_is_for_this_request_alone() -> None:
    response = ask(make(), "/books/7", HTML)

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Content-Length"] == str(len(response.data))


def test_the_page_is_there_for_head_without_a_body() -> None:
    response = ask(make(), "/books/7", HTML, method="HEAD")

    assert (response.status_code, response.data) == (500, b"")


def test_an_exception_without_frames_of_the_application() -> None:
    report = debug(make(Route("/absolute", abs, resources={"x": "text"})), "/absolute")

    assert report["explanation"] == "Raised for the route /absolute (endpoint abs)."
    assert report["exceptions"][0]["type"] == "TypeError"
    assert report["exceptions"][0]["message"] == "bad operand type for abs(): 'str'"


def test_an_exception_in_a_middleware_on_no_route() -> None:
    class Broken(Middleware):
        def request(self, next: Any) -> NoReturn:
            raise RuntimeError("It broke.")

    report = debug(make(middlewares=[Broken()]), "/nowhere")

    assert report["exceptions"][0]["message"] == "It broke."
    assert report["route"]["pattern"] == "/<_path*>"


def test_another_type_of_server_error() -> None:
    class Handler(ContextualErrorHandler):
        server_error_type = ServiceUnavailable

    response = ask(make(error_handler=Handler()), "/books/7")

    assert response.status_code == 503
    assert "LookupError: No book 7 here." in response.text


def test_related_exceptions_are_shown_in_every_format() -> None:
    error = ValueError("outer")
    error.__cause__ = KeyError("inner")
    error.__notes__ = ["a note"]  # type: ignore[attr-defined]
    for mimetype in FORMATS:
        shown = plain(ask(make(("/fail", give(error))), "/fail", mimetype))
        for expected in ("ValueError", "outer", "KeyError", "inner", "a note"):
            assert expected in shown


class Hostile:
    """An object that cannot be looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")

    def __repr__(self) -> NoReturn:
        raise SystemExit("no repr")


@every_format
def test_huge_and_hostile_variables_leave_a_small_page(mimetype: str) -> None:
    def fail() -> NoReturn:
        text, numbers = "x" * 50_000_000, list(range(1_000_000))
        hostile = [Hostile() for _ in range(1_000)]
        raise ValueError(text, len(numbers), len(hostile))

    response = ask(make(("/fail", fail)), "/fail", mimetype)
    shown = plain(response)
    assert "(50,000,000 characters)" in shown
    assert "(1,000,000 items)" in shown
    assert "it raises SystemExit" in shown
    assert len(response.data) < 100_000


@every_format
def test_an_exception_that_fails_itself_is_shown(mimetype: str) -> None:
    class Failing(Exception):
        def __str__(self) -> NoReturn:
            raise RuntimeError("no text")

        __repr__ = __str__

    shown = plain(ask(make(("/fail", give(Failing()))), "/fail", mimetype))
    assert "Failing" in shown
    assert "not shown: it raises RuntimeError" in shown


def test_many_things_are_left_out_with_a_word_about_it() -> None:
    def recurse(depth: int) -> int:
        locals().update({f"n{number}": 1 for number in range(9)})
        return recurse(depth + 1)

    chain = ValueError("inner")
    for number in range(20):
        chain, inner = ValueError(number), chain
        chain.__cause__ = inner
    application = make(("/chain", give(chain)), ("/recursion", lambda: recurse(0)))

    for mimetype in (TEXT, HTML):
        assert "1 more exceptions are left out." in plain(ask(application, "/chain", mimetype))
        shown = plain(ask(application, "/recursion", mimetype))
        assert re.search(r"\d+ more calls before this one are left out\.", shown)
    assert len(ask(application, "/recursion", HTML).data) < 250_000


# -- a request that no route answers ---------------------------------------------------------------


@every_format
def test_the_routes_tried_are_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(), "/bok/7", mimetype)

    shown = plain(response)
    assert response.status_code == 404
    assert response.mimetype == mimetype
    for expected in (
        "404",
        "None of the 3 routes matches /bok/7.",
        "/books/<id:int>",
        "/books/7",
        "show_book",
        f"test_handler.py:{show_book.__code__.co_firstlineno}",
        "list_books",
        "POST",
        "http://localhost/bok/7",
    ):
        assert expected in shown


def outcomes(report: Any) -> list[tuple[str, list[str], str, str]]:
    return [
        (route["pattern"], route["methods"], route["outcome"], route["error"])
        for route in report["routes"]
    ]


def test_the_routes_in_order() -> None:
    report = debug(make(), "/bok/7")

    assert outcomes(report) == [
        ("/books/<id:int>", ["GET", "HEAD"], "no match", ""),
        ("/books", ["GET", "HEAD"], "no match", ""),
        ("/books", ["POST"], "no match", ""),
    ]
    assert report["route"] is None
    assert report["exceptions"] == []
    assert report["routes_left_out"] == 0


def test_the_routes_of_embedded_applications() -> None:
    outer = Application([SubApplication("/shop", make(debug=False))], debug=True)

    report = debug(outer, "/shop/boks")
    assert [route["pattern"] for route in report["routes"]] == [
        "/shop/books/<id:int>",
        "/shop/books",
        "/shop/books",
    ]
    assert report["suggestion"] == {"pattern": "/shop/books", "url": "/shop/books"}


@every_format
def test_other_methods_are_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(), "/books", mimetype, method="PUT")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, POST"
    assert "PUT is not among the methods of /books: GET, HEAD, POST." in plain(response)


def test_what_became_of_a_request_by_another_method() -> None:
    report = debug(make(), "/books", method="PUT")

    assert outcomes(report) == [
        ("/books/<id:int>", ["GET", "HEAD"], "no match", ""),
        ("/books", ["GET", "HEAD"], "other methods", ""),
        ("/books", ["POST"], "other methods", ""),
    ]
    assert report["allowed_methods"] == ["GET", "HEAD", "POST"]
    assert report["suggestion"] is None


def refuse() -> NoReturn:
    raise NotFound("Not in the attic.", is_breaking=False)


def test_what_became_of_a_request_on_routes_that_gave_errors() -> None:
    application = Application(
        [
            POST("/a/<path*>", lambda path: Response("x")),
            ("/a/<path*>", lambda path: refuse()),
            ("/a/<id>", lambda id: NotFound(is_breaking=False)),
            ("/b", list_books),
        ],
        debug=True,
    )

    report = debug(application, "/a/7")
    assert outcomes(report) == [
        ("/a/<path*>", ["POST"], "other methods", ""),
        ("/a/<path*>", [], "error", "404 Not Found: Not in the attic."),
        ("/a/<id>", [], "error", "404 Not Found"),
        ("/b", [], "no match", ""),
    ]
    assert report["explanation"] == (
        "No route that matches /a/7 answers it; the last error is the answer."
    )
    assert report["route"]["pattern"] == "/a/<id>"


def test_a_route_that_is_asked_after_one_that_gave_an_error() -> None:
    application = Application(
        [
            ("/a/<id>", lambda id: refuse()),
            ("/a/<path*>", lambda path: give(NotFound("Not in the cellar."))()),
        ],
        debug=True,
    )

    report = debug(application, "/a/7")
    assert outcomes(report) == [
        ("/a/<id>", [], "error", "404 Not Found: Not in the attic."),
        ("/a/<path*>", [], "error", "404 Not Found: Not in the cellar."),
    ]
    assert report["suggestion"] is None


@every_format
def test_a_route_that_gives_404_itself_is_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(("/gone", give(NotFound("It is gone.")))), "/gone", mimetype)

    shown = plain(response)
    assert response.status_code == 404
    assert "It is gone." in shown
    assert re.search(
        r"The route /gone \(endpoint giving, .*test_handler.py:\d+\) gave this answer.",
        shown,
    )


def test_an_application_without_routes() -> None:
    report = debug(Application(debug=True), "/x")

    assert report["explanation"] == "Nothing is at /x, for this application has no routes."
    assert (report["routes"], report["suggestion"]) == ([], None)


def test_an_application_with_one_route() -> None:
    assert debug(Application([("/a", list_books)], debug=True), "/x")["explanation"] == (
        "The only route does not match /x."
    )


def test_many_routes_are_left_out_but_for_those_that_matched() -> None:
    routes = [(f"/r{number}/<id>", lambda id: refuse()) for number in range(300)]
    application = Application(routes, debug=True)

    report = debug(application, "/r250/7")
    assert len(report["routes"]) == 201
    assert report["routes"][-1]["pattern"] == "/r250/<id>"
    assert report["routes_left_out"] == 99
    for mimetype in (TEXT, HTML):
        shown = plain(ask(application, "/r250/7", mimetype))
        assert "99 more routes are left out." in shown


# -- the route that was probably meant -------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "suggestion"),
    [
        pytest.param("/books", "/boks", ("/books", "/books"), id="a misspelling"),
        pytest.param("/books/", "/boks/", ("/books/", "/books/"), id="of a branch"),
        pytest.param("/books/<id>", "/bok/7", ("/books/<id>", "/books/7"), id="with a value"),
        pytest.param(
            "/shop/<x>/<y:int>",
            "/shops/ü%20x/7",
            ("/shop/<x>/<y:int>", "/shop/%C3%BC%20x/7"),
            id="quoted",
        ),
        pytest.param("/books/<id:int>", "/books/x", ("/books/<id:int>", ""), id="of another type"),
        pytest.param("/books/<id>", "/books", ("/books/<id>", ""), id="a value is missing"),
        pytest.param(
            "/feeds/<id>.xml", "/feeds/7", ("/feeds/<id>.xml", "/feeds/7.xml"), id="an affix"
        ),
        pytest.param(
            "/feeds/a<id>", "/feed/a7", ("/feeds/a<id>", "/feeds/a7"), id="an affix is there"
        ),
        pytest.param(
            "/static/<path*>", "/statics/a/b", ("/static/<path*>", "/static/a/b"), id="many"
        ),
        pytest.param(
            "/a/<path+>/end", "/a/x/y/ends", ("/a/<path+>/end", "/a/x/y/end"), id="between"
        ),
        pytest.param(
            "/page/<n?int>", "/pag/7", ("/page/<n?int>", "/page/7"), id="an optional value"
        ),
        pytest.param("/page/<n?int>", "/pages", ("/page/<n?int>", "/page"), id="that is missing"),
        pytest.param("/books", "/something/else", None, id="nothing is like it"),
    ],
)
def test_the_nearest_route(pattern: str, path: str, suggestion: tuple[str, str] | None) -> None:
    names = re.findall(r"<(\w+)", pattern)
    endpoint = eval(f"lambda {', '.join(names)}: None")

    report = debug(Application([(pattern, endpoint, list_books)], debug=True), path)
    expected = (
        None if suggestion is None else dict(zip(("pattern", "url"), suggestion, strict=True))
    )
    assert report["suggestion"] == expected


def test_a_route_for_other_methods_is_named_without_a_link() -> None:
    report = debug(Application([POST("/books", list_books)], debug=True), "/boks")

    assert report["suggestion"] == {"pattern": "/books", "url": ""}


def test_nothing_is_suggested_where_a_route_was_tried() -> None:
    application = Application([("/boks", refuse), ("/books", list_books)], debug=True)

    assert debug(application, "/boks")["suggestion"] is None


def test_the_nearest_of_many_routes() -> None:
    routes = [(f"/shelf{number}/<x>", lambda x: None, list_books) for number in range(2_000)]
    application = Application([("/<page:int>", lambda page: None, list_books), *routes], debug=True)

    assert debug(application, "/shelf99/x/y")["suggestion"]["pattern"] == "/shelf99/<x>"
    assert debug(application, "/nothing/like/it")["suggestion"] is None
    assert debug(application, "/words")["suggestion"] is None


def test_the_link_is_below_the_root_of_the_application() -> None:
    report = debug(make(), "/boks", base_url="http://localhost/shop")

    assert report["suggestion"]["url"] == "/shop/books"


@pytest.mark.parametrize(
    ("path", "text"),
    [("/boks", "Did you mean /books, for /books?"), ("/books/x", "Did you mean /books/<id:int>?")],
)
def test_the_question_is_asked_in_text_and_on_the_page(path: str, text: str) -> None:
    assert text in plain(ask(make(), path, TEXT))
    assert text in plain(ask(make(), path, HTML))


# -- the request -----------------------------------------------------------------------------------


def test_the_fields_of_a_request() -> None:
    request = debug(
        make(),
        "/nowhere?a=1&a=2",
        method="POST",
        data={"title": "Emma", "cover": (io.BytesIO(b"x"), "cover.png")},
        cookies={"theme": "dark", "id": "7"},
    )["request"]

    assert request["query"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    assert request["form"] == [{"name": "title", "value": "Emma"}]
    assert request["files"] == [{"name": "cover", "value": "cover.png (image/png)"}]
    assert request["cookies"] == [
        {"name": "theme", "value": "[masked]"},
        {"name": "id", "value": "[masked]"},
    ]


def test_long_and_many_fields_are_cut_off() -> None:
    query = "&".join(f"n{number}={'x' * 2_000}" for number in range(200))
    request = debug(make(), f"/nowhere?{query}")["request"]

    assert len(request["query"]) == 100
    assert request["query"][0]["value"] == "x" * 1_000 + "…"
    assert len(request["url"]) == 1_000


def test_a_large_form_that_was_not_read_is_not_read() -> None:
    assert (
        debug(make(), "/nowhere", method="POST", data={"a": "x" * 70_000})["request"]["form"] == []
    )


def test_a_large_form_that_was_read_is_shown() -> None:
    def read(request: Request) -> NoReturn:
        raise ValueError(len(request.form["a"]))

    report = debug(make(("/read", read)), "/read", method="POST", data={"a": "x" * 70_000})
    assert report["request"]["form"] == [{"name": "a", "value": "x" * 1_000 + "…"}]


def test_a_form_that_cannot_be_read_is_left_out() -> None:
    class Small(Request):
        max_content_length = 1

    class SmallApplication(Application):
        request_type = Small

    application = SmallApplication(ROUTES[1:], debug=True)
    response = ask(application, "/nowhere", JSON, method="POST", data={"a": "xyz"})
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["debug"]["request"]["form"] == []


def test_a_host_that_is_not_trusted_is_left_out() -> None:
    class Strict(Request):
        trusted_hosts = ["books.example"]  # noqa: RUF012

    class StrictApplication(Application):
        request_type = Strict

    response = ask(StrictApplication(ROUTES[1:], debug=True), "/nowhere", JSON)
    assert response.json is not None
    assert response.json["debug"]["request"]["url"] == "/nowhere"


# -- who gets which page ---------------------------------------------------------------------------


@pytest.mark.parametrize("handler", [None, ContextualErrorHandler])
@pytest.mark.parametrize("is_debug", [None, False])
@every_format
def test_an_application_that_is_not_in_debug_mode_shows_nothing(
    mimetype: str, is_debug: bool | None, handler: type[ErrorHandler] | None
) -> None:
    application = make(debug=is_debug, error_handler=handler and handler())
    plain_application = make(debug=None, error_handler=ErrorHandler())

    for path in ("/nowhere", "/books/x"):
        assert ask(application, path, mimetype).data == ask(plain_application, path, mimetype).data
    shown = ask(application, "/books/7", mimetype).text
    for hidden in ("LookupError", "show_book", "book 7", "books/<", "Shelf", __file__):
        assert hidden not in shown


def test_the_log_says_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    ask(make(debug=None, error_handler=ContextualErrorHandler()), "/books/7")

    assert "ContextualErrorHandler shows exceptions only where debug=True" in caplog.messages


def test_an_application_in_debug_mode_has_the_handler_by_default() -> None:
    assert type(make().error_handler) is ContextualErrorHandler
    assert type(make(debug=False).error_handler) is ErrorHandler


@pytest.mark.parametrize(
    "error", [BadRequest("Bad."), Gone("Gone."), HTTPException("Other.", code=599)], ids=repr
)
@every_format
def test_other_errors_are_as_they_are_without_it(mimetype: str, error: HTTPException) -> None:
    response = ask(make(("/fail", give(error))), "/fail", mimetype)

    assert response.status_code == error.code
    assert response.data == render_by_accept(error, mimetype).data


class Ready(NotFound):
    """An error with an answer of its own."""

    ready_response = Response("ready", 404)


def own_body() -> NotFound:
    error = NotFound()
    error.set_data("own")
    return error


def own_stream() -> NotFound:
    error = NotFound()
    error.response = (part for part in [b"own", b" parts"])
    return error


@pytest.mark.parametrize(
    ("make_error", "text"),
    [(Ready, "ready"), (own_body, "own"), (own_stream, "own parts")],
    ids=["ready", "body", "stream"],
)
def test_an_error_with_a_body_of_its_own_keeps_it(
    make_error: Callable[[], HTTPException], text: str
) -> None:
    response = ask(make(("/fail", make_error)), "/fail", HTML)

    assert (response.status_code, response.text) == (404, text)


def test_an_error_in_a_format_of_its_own_keeps_it() -> None:
    response = ask(make(("/fail", give(NotFound(mimetype=JSON)))), "/fail", HTML)

    assert response.mimetype == JSON
    assert response.json is not None
    assert response.json["debug"]["route"]["pattern"] == "/fail"


def test_an_error_keeps_its_headers_and_cookies() -> None:
    error = NotFound(headers={"X-Shop": "main", "Cache-Control": "max-age=7"})
    error.set_cookie("id", "7")
    response = ask(make(("/fail", give(error))), "/fail", HTML)

    assert response.headers["X-Shop"] == "main"
    assert response.headers["Set-Cookie"].startswith("id=7")
    assert response.headers.getlist("Cache-Control") == ["no-store"]
    assert "gave this answer." in response.text


def test_an_error_that_is_an_own_kind_of_405_is_shown() -> None:
    class Handler(ContextualErrorHandler):
        class method_not_allowed_type(MethodNotAllowed):  # noqa: N801
            message = "No such method"

    shown = plain(ask(make(error_handler=Handler()), "/books", HTML, method="PUT"))
    assert "No such method" in shown
    assert "PUT is not among the methods" in shown


def test_the_handler_can_be_used_by_hand() -> None:
    request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/"})

    response = ContextualErrorHandler().render_error(request, NotFound("No."))
    assert response.get_data(as_text=True) == "404 Not Found\nNo.\n"


def test_another_record_of_exceptions_can_be_used() -> None:
    class Handler(ContextualErrorHandler):
        exc_info_type = ExceptionInfo

    response = ask(make(error_handler=Handler()), "/books/7")

    assert response.status_code == 500
    assert "LookupError" not in response.text


def test_a_report_that_fails_leaves_the_usual_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: Any) -> NoReturn:
        raise RuntimeError("no report")

    monkeypatch.setattr("clastic.debug.handler.report_routes", fail)
    monkeypatch.setattr("clastic.debug.handler.report_exception", fail)

    assert ask(make(), "/nowhere").text == "404 Not Found\n"
    assert ask(make(), "/books/7").text.startswith("500 Internal Server Error\nError id: ")
    assert "no report" in caplog.text


def test_exceptions_can_be_passed_on() -> None:
    with pytest.raises(LookupError, match=r"No book 7 here\."):
        ask(make(error_handler=ContextualErrorHandler(reraise_uncaught=True)), "/books/7")


# -- whatever is asked -----------------------------------------------------------------------------

APPLICATION = make()


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Any:
    """Keep what hypothesis raises out of the report."""
    logging.getLogger("clastic").addHandler(logging.NullHandler())


@given(
    accept=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
    | st.lists(st.sampled_from([*FORMATS, "*/*", "text/*", "image/png", ";q=0.5", ",", "q"])).map(
        ",".join
    ),
    path=st.sampled_from(["/books/7", "/bok/7", "/books/x", "/"]),
)
def test_any_accept_header_gets_a_page(accept: str, path: str) -> None:
    response = ask(APPLICATION, path, accept)

    assert response.status_code in (404, 500)
    assert response.mimetype in FORMATS
    assert plain(response)


@settings(max_examples=25)
@given(
    path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    query=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_any_path_gets_a_page(path: str, query: str) -> None:
    for mimetype in FORMATS:
        response = ask(
            APPLICATION, quote("/" + path.lstrip("/")), mimetype, query_string={"q": query}
        )
        assert response.status_code in (200, 302, 400, 404, 500)
        if mimetype == XML and response.mimetype == XML:
            ElementTree.fromstring(response.text)
