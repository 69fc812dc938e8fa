"""An application in debug mode shows the cause of an error; no other application does."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NoReturn
from urllib.parse import quote

import pytest
from boltons.tbutils import ExceptionInfo
from hypothesis import given
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
    headers = {**options.pop("headers", {}), "Accept": accept}
    return application.get_local_client().open(path, headers=headers, **options)


def debug(application: Application, path: str, **options: Any) -> Any:
    """The report that a JSON response has."""
    document = ask(application, path, JSON, **options).json
    assert document is not None
    return document["debug"]


class PageText(HTMLParser):
    """The text of a page."""

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
    """All text of a response in any format."""
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


# -- the formats -----------------------------------------------------------------------------------


@every_format
def test_an_exception_is_shown_in_every_format(
    mimetype: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(make(), "/books/7?page=2", mimetype, headers={"X-Shop": "main"})
    (record,) = caplog.records

    shown = plain(response)
    assert response.status_code == 500
    assert response.mimetype == mimetype
    for expected in (
        record.error_id,  # type: ignore[attr-defined]
        "LookupError",
        "No book 7 here.",
        "show_book",
        f"test_handler.py:{show_book.__code__.co_firstlineno}",
        'raise LookupError(f"No {title} here.")',
        "'book 7'",
        "/books/<id:int>",
        "http://localhost/books/7?page=2",
    ):
        assert expected in shown
    if mimetype != TEXT:
        assert "X-Shop" in shown


@every_format
def test_related_exceptions_are_shown_in_every_format(mimetype: str) -> None:
    error = ValueError("outer")
    error.__cause__ = KeyError("inner")
    error.__notes__ = ["a note"]  # type: ignore[attr-defined]

    shown = plain(ask(make(("/fail", give(error))), "/fail", mimetype))
    for expected in ("ValueError", "outer", "KeyError", "inner", "a note"):
        assert expected in shown


@every_format
def test_the_routes_tried_are_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(), "/bok/7", mimetype)

    shown = plain(response)
    assert response.status_code == 404
    assert response.mimetype == mimetype
    for expected in (
        "No route matches /bok/7.",
        "/books/<id:int>",
        "/books/7",
        f"test_handler.py:{show_book.__code__.co_firstlineno}",
        "list_books",
        "POST",
        "http://localhost/bok/7",
    ):
        assert expected in shown


@every_format
def test_the_allowed_methods_are_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(), "/books", mimetype, method="PUT")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, POST"
    assert "/books does not allow PUT. It allows GET, HEAD, POST." in plain(response)


@every_format
def test_a_404_of_a_route_is_shown_in_every_format(mimetype: str) -> None:
    response = ask(make(("/gone", give(NotFound("It is gone.")))), "/gone", mimetype)

    assert response.status_code == 404
    assert "It is gone." in plain(response)
    assert re.search(
        r"The route /gone \(endpoint giving, .*test_handler.py:\d+\) returned this error.",
        plain(response),
    )


def test_documents_keep_their_usual_members() -> None:
    document = ask(make(), "/books/7", JSON).json
    problem = ask(make(), "/books/7", PROBLEM).json
    root = ElementTree.fromstring(ask(make(), "/books/7", XML).text)
    elements = [element.tag for element in root]

    assert list(document or ()) == [
        "code",
        "message",
        "detail",
        "error_type",
        "error_id",
        "debug",
    ]
    assert list(problem or ()) == ["type", "title", "status", "detail", "error_id", "debug"]
    assert elements == ["code", "message", "detail", "error_id", "debug"]
    frames = root.findall("debug/exceptions/item/frames/item")
    assert [frame.findtext("function") for frame in frames][-1] == "show_book"


def test_the_text_is_short() -> None:
    text = ask(make(), "/books/7").text
    place = r"\S*test_handler.py:\d+"

    assert re.fullmatch(
        rf"""500 Internal Server Error
Error id: \w+

Raised in show_book, {place}, for the route /books/<id:int> \(endpoint show_book, {place}\)\.

Traceback \(most recent call last\):
(?:  .*\n)+LookupError: No book 7 here\.

{place}, in show_book:
  id = 7
  shelf = <\S*Shelf object at \w+>
  title = 'book 7'

GET http://localhost/books/7
""",
        text,
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [("/boks", "Did you mean /books, for /books?"), ("/books/x", "Did you mean /books/<id:int>?")],
)
def test_a_route_is_suggested_in_text_and_on_the_page(path: str, text: str) -> None:
    assert text in plain(ask(make(), path, TEXT))
    assert text in plain(ask(make(), path, HTML))


class Hostile:
    """An object that cannot be looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")

    __repr__ = __getattribute__  # type: ignore[assignment]


def test_huge_and_hostile_variables_make_a_small_page() -> None:
    def fail() -> NoReturn:
        text, numbers = "x" * 5_000_000, list(range(1_000_000))
        hostile = [Hostile() for _ in range(1_000)]
        raise ValueError(text, len(numbers), len(hostile))

    response = ask(make(("/fail", fail)), "/fail", HTML)
    for expected in ("xxx'...", "(1,000,000 items)", "repr() raised TypeError"):
        assert expected in plain(response)
    assert len(response.data) < 250_000


def test_the_number_of_things_that_are_left_out_is_shown() -> None:
    def recurse(depth: int) -> int:
        return recurse(depth + 1)

    shown = ask(make(("/recursion", lambda: recurse(0))), "/recursion", HTML)
    assert re.search(r"\d+ more calls before these are not shown\.", plain(shown))
    assert len(shown.data) < 250_000


# -- the response ----------------------------------------------------------------------------------


def test_the_response_is_for_this_request_only() -> None:
    response = ask(make(), "/books/7", HTML)

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Vary"] == "Accept"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Content-Length"] == str(len(response.data))


def test_a_head_request_gets_no_body() -> None:
    response = ask(make(), "/books/7", HTML, method="HEAD")

    assert (response.status_code, response.data) == (500, b"")


def test_an_error_keeps_its_headers_and_cookies() -> None:
    error = NotFound(headers={"X-Shop": "main", "Cache-Control": "max-age=7"})
    error.set_cookie("id", "7")
    response = ask(make(("/fail", give(error))), "/fail", HTML)

    assert response.headers["X-Shop"] == "main"
    assert response.headers["Set-Cookie"].startswith("id=7")
    assert response.headers.getlist("Cache-Control") == ["no-store"]
    assert "returned this error." in response.text


def test_an_error_keeps_a_format_of_its_own() -> None:
    response = ask(make(("/fail", give(NotFound(mimetype=JSON)))), "/fail", HTML)

    assert response.mimetype == JSON
    assert response.json is not None
    assert response.json["debug"]["explanation"].startswith("The route /fail (")


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
    [(own_body, "own"), (own_stream, "own parts")],
    ids=["body", "stream"],
)
def test_an_error_keeps_a_body_of_its_own(
    make_error: Callable[[], HTTPException], text: str
) -> None:
    response = ask(make(("/fail", make_error)), "/fail", HTML)

    assert (response.status_code, response.text) == (404, text)


# -- who gets the pages ----------------------------------------------------------------------------


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


def test_the_log_says_that_debug_mode_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    ask(make(debug=None, error_handler=ContextualErrorHandler()), "/books/7")

    assert "ContextualErrorHandler shows exceptions only with debug=True" in caplog.messages


def test_an_application_in_debug_mode_has_the_handler_by_default() -> None:
    assert type(make().error_handler) is ContextualErrorHandler
    assert type(make(debug=False).error_handler) is ErrorHandler


@pytest.mark.parametrize(
    "error", [BadRequest("Bad."), Gone("Gone."), HTTPException("Other.", code=599)], ids=repr
)
@every_format
def test_other_errors_have_their_usual_pages(mimetype: str, error: HTTPException) -> None:
    response = ask(make(("/fail", give(error))), "/fail", mimetype)

    assert response.status_code == error.code
    assert response.data == render_by_accept(error, mimetype).data


def test_another_type_of_server_error_is_shown() -> None:
    class Handler(ContextualErrorHandler):
        server_error_type = ServiceUnavailable

    response = ask(make(error_handler=Handler()), "/books/7")

    assert response.status_code == 503
    assert "LookupError: No book 7 here." in response.text


def test_another_type_of_405_is_shown() -> None:
    class Handler(ContextualErrorHandler):
        class method_not_allowed_type(MethodNotAllowed):  # noqa: N801
            message = "No such method"

    shown = plain(ask(make(error_handler=Handler()), "/books", HTML, method="PUT"))
    assert "No such method" in shown
    assert "/books does not allow PUT." in shown


def test_another_record_of_exceptions_can_be_used() -> None:
    class Handler(ContextualErrorHandler):
        exc_info_type = ExceptionInfo

    response = ask(make(error_handler=Handler()), "/books/7")

    assert response.status_code == 500
    assert "LookupError" not in response.text


def test_the_handler_can_be_used_without_an_application() -> None:
    request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/"})

    response = ContextualErrorHandler().render_error(request, NotFound("No."))
    assert response.get_data(as_text=True) == "404 Not Found\nNo.\n"


def test_exceptions_can_be_reraised() -> None:
    with pytest.raises(LookupError, match=r"No book 7 here\."):
        ask(make(error_handler=ContextualErrorHandler(reraise_uncaught=True)), "/books/7")


def test_a_report_that_fails_leaves_the_usual_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: Any) -> NoReturn:
        raise RuntimeError("no report")

    monkeypatch.setattr("clastic.debug.handler.report_routes", fail)
    monkeypatch.setattr("clastic.debug.handler.report_exception", fail)

    assert (
        ask(make(), "/nowhere").text
        == "404 Not Found\nThe requested URL was not found on this server.\n"
    )
    assert ask(make(), "/books/7").text.startswith("500 Internal Server Error\nThe server ")
    assert "no report" in caplog.text


# -- exceptions outside of endpoints ---------------------------------------------------------------


def test_an_exception_without_a_frame_of_the_application_is_shown() -> None:
    report = debug(make(Route("/absolute", abs, resources={"x": "text"})), "/absolute")

    assert report["explanation"] == "Raised for the route /absolute (endpoint abs)."
    assert report["exceptions"][0]["type"] == "TypeError"
    assert report["exceptions"][0]["message"] == "bad operand type for abs(): 'str'"


def test_an_exception_in_a_middleware_without_a_route_is_shown() -> None:
    class Broken(Middleware):
        def request(self, next: Any) -> NoReturn:
            raise RuntimeError("It broke.")

    report = debug(make(middlewares=[Broken()]), "/nowhere")

    assert report["exceptions"][0]["message"] == "It broke."
    assert " for the route /<_path*> (endpoint NullRoute." in report["explanation"]


# -- any request -----------------------------------------------------------------------------------

APPLICATION = make()


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


@given(
    path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    query=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    mimetype=st.sampled_from(FORMATS),
)
def test_any_path_gets_a_page(path: str, query: str, mimetype: str) -> None:
    response = ask(APPLICATION, quote("/" + path.lstrip("/")), mimetype, query_string={"q": query})
    assert response.status_code in (200, 302, 400, 404, 500)
    if mimetype == XML and response.mimetype == XML:
        ElementTree.fromstring(response.text)


@pytest.mark.parametrize(("path", "status"), [("/books/7", 500), ("/bok", 404)])
@every_format
def test_a_query_that_is_not_utf_8_gets_a_page(path: str, status: int, mimetype: str) -> None:
    environ = {"QUERY_STRING": "q=\xff&token=secret"}
    response = ask(APPLICATION, path, mimetype, environ_overrides=environ)

    assert (response.status_code, response.mimetype) == (status, mimetype)
    assert "/books" in plain(response)
    assert "secret" not in response.text


def test_a_query_that_is_not_utf_8_is_shown() -> None:
    environ = {"QUERY_STRING": "q=\xff&token=secret"}
    report = debug(APPLICATION, "/bok", environ_overrides=environ)
    assert report["fields"]["query"] == [
        {"name": "q", "value": "\ufffd"},
        {"name": "token", "value": "[masked]"},
    ]
