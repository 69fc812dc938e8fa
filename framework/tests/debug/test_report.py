"""A report shows what came of each route, the nearest route, and the request."""

from __future__ import annotations

import io
import re
from typing import Any, NoReturn

import pytest

from clastic import POST, Application, NotFound, Request, Response, Route, SubApplication


class Shelf:
    """A resource."""


SHELF = Shelf()


def show_book(id: int, shelf: Shelf) -> NoReturn:
    title = f"book {id}"
    raise LookupError(f"No {title} here.")


def list_books() -> Response:
    return Response("books")


def refuse() -> NoReturn:
    raise NotFound("Not in the attic.", is_breaking=False)


ROUTES: list[Any] = [
    Route("/books/<id:int>", show_book, methods=["GET"]),
    Route("/books", list_books, methods=["GET"]),
    POST("/books", list_books),
]


def make(*routes: Any, debug: bool = True) -> Application:
    return Application(routes or ROUTES, {"shelf": SHELF}, debug=debug, warnings="ignore")


def report(application: Application, path: str, **options: Any) -> Any:
    client = application.get_local_client()
    for name, value in options.pop("cookies", {}).items():
        client.set_cookie(name, value)
    headers = {**options.pop("headers", {}), "Accept": "application/json"}
    document = client.open(path, headers=headers, **options).json
    assert document is not None
    return document["debug"]


def results(shown: Any) -> list[tuple[str, list[str], str]]:
    return [(route["pattern"], route["methods"], route["reason"]) for route in shown["routes"]]


# -- an exception ----------------------------------------------------------------------------------


def test_an_exception_is_reported() -> None:
    shown = report(make(), "/books/7?page=2", headers={"X-Shop": "main"})
    (exception,) = shown["exceptions"]

    assert exception["type"] == "LookupError"
    assert exception["message"] == "No book 7 here."
    assert [frame["is_application"] for frame in exception["frames"]] == [False, False, True]
    assert exception["frames"][-1]["variables"] == [
        {"name": "id", "value": "7"},
        {"name": "shelf", "value": f"{SHELF!r}"},
        {"name": "title", "value": "'book 7'"},
    ]
    assert shown["traceback"].endswith("\nLookupError: No book 7 here.\n")
    assert re.fullmatch(
        r"Raised in show_book, \S*test_report.py:\d+, for the route /books/<id:int> "
        r"\(endpoint show_book, \S*test_report.py:\d+\)\.",
        shown["explanation"],
    )
    assert shown["request"] == "GET http://localhost/books/7?page=2"
    assert shown["fields"]["query"] == [{"name": "page", "value": "2"}]
    assert {"name": "X-Shop", "value": "main"} in shown["fields"]["headers"]
    assert shown["fields"]["resources"] == [{"name": "shelf", "value": f"{__name__}.Shelf"}]
    assert shown["routes"] == []
    assert shown["suggestion"] == ""


# -- the routes ------------------------------------------------------------------------------------


def test_a_path_without_a_route_is_reported() -> None:
    shown = report(make(), "/bok/7")

    assert results(shown) == [
        ("/books/<id:int>", ["GET", "HEAD"], "segment 1 is not 'books'"),
        ("/books", ["GET", "HEAD"], "segment 1 is not 'books'"),
        ("/books", ["POST"], "segment 1 is not 'books'"),
    ]
    assert shown["exceptions"] == []
    assert shown["routes_left_out"] == 0


def test_a_method_that_is_not_allowed_is_reported() -> None:
    shown = report(make(), "/books", method="PUT")

    assert results(shown) == [
        ("/books/<id:int>", ["GET", "HEAD"], "segment 2 is missing"),
        ("/books", ["GET", "HEAD"], "serves only GET, HEAD"),
        ("/books", ["POST"], "serves only POST"),
    ]
    assert shown["explanation"] == "/books does not allow PUT. It allows GET, HEAD, POST."
    assert shown["suggestion"] == ""


def test_the_routes_of_embedded_applications_are_shown() -> None:
    outer = Application([SubApplication("/shop", make(debug=False))], debug=True)

    shown = report(outer, "/shop/boks")
    patterns = [route["pattern"] for route in shown["routes"]]
    assert patterns == ["/shop/books/<id:int>", "/shop/books", "/shop/books"]
    assert (shown["suggestion"], shown["suggested_url"]) == ("/shop/books", "/shop/books")


def test_the_errors_of_routes_that_were_tried_are_shown() -> None:
    application = make(
        POST("/a/<path*>", lambda path: Response("x")),
        ("/a/<path*>", lambda path: refuse()),
        ("/a/<id>", lambda id: NotFound(is_breaking=False)),
        ("/b", list_books),
    )

    shown = report(application, "/a/7")
    assert results(shown) == [
        ("/a/<path*>", ["POST"], "serves only POST"),
        ("/a/<path*>", None, "returned 404 Not Found: Not in the attic."),
        ("/a/<id>", None, "returned 404 Not Found"),
        ("/b", None, "segment 1 is not 'b'"),
    ]
    assert shown["explanation"] == (
        "The routes that match /a/7 returned errors. This is the last one."
    )


def test_the_error_that_ended_the_search_is_shown() -> None:
    def end(path: list[str]) -> NoReturn:
        raise NotFound("Not in the cellar.")

    routes = [("/a/<id>", lambda id: refuse()), ("/a/<path*>", end), ("/<path*>", end)]
    shown = report(make(*routes), "/a/7")
    assert results(shown) == [
        ("/a/<id>", None, "returned 404 Not Found: Not in the attic."),
        ("/a/<path*>", None, "returned 404 Not Found: Not in the cellar."),
        ("/<path*>", None, "not tried, because route 2 ends the search"),
    ]
    assert shown["suggestion"] == ""


def test_a_miss_in_an_application_without_routes_is_reported() -> None:
    empty = report(Application(debug=True), "/x")

    assert empty["explanation"] == "No route matches /x."
    assert (empty["routes"], empty["suggestion"]) == ([], "")


def test_the_first_of_many_routes_are_shown_and_those_that_match() -> None:
    routes = [(f"/r{number}/<id>", lambda id: refuse()) for number in range(600)]

    shown = report(make(*routes), "/r550/7")
    assert len(shown["routes"]) == 501
    assert shown["routes_left_out"] == 99
    assert results(shown)[-1] == ("/r550/<id>", None, "returned 404 Not Found: Not in the attic.")


def test_the_values_of_the_path_are_not_shown() -> None:
    shown = report(make(("/reset/<token>", lambda token: refuse())), "/reset/s3cr3t-of-ann")

    assert [route["values"] for route in shown["routes"]] == [{}]


# -- the nearest route -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "suggestion", "url"),
    [
        pytest.param("/books", "/boks", "/books", "/books", id="a misspelling"),
        pytest.param("/books/", "/boks/", "/books/", "/books/", id="of a branch"),
        pytest.param("/books/<id>", "/bok/7", "/books/<id>", "/books/7", id="with a value"),
        pytest.param(
            "/shop/<x>/<y:int>",
            "/shops/ü%20x/7",
            "/shop/<x>/<y:int>",
            "/shop/%C3%BC%20x/7",
            id="quoted",
        ),
        pytest.param("/books/<id:int>", "/books/x", "/books/<id:int>", "", id="of another type"),
        pytest.param("/books/<id>", "/books", "/books/<id>", "", id="a value is missing"),
        pytest.param("/feeds/<id>.xml", "/feeds/7", "/feeds/<id>.xml", "", id="a suffix"),
        pytest.param("/feeds/a<id>", "/feed/a7", "/feeds/a<id>", "/feeds/a7", id="a prefix"),
        pytest.param(
            "/static/<path*>", "/statics/a/b", "/static/<path*>", "/static/a/b", id="many values"
        ),
        pytest.param("/page/<n?int>", "/pag/7", "/page/<n?int>", "/page/7", id="optional"),
        pytest.param("/a/<x+>/end", "/a/x/y/ends", "/a/<x+>/end", "", id="between literals"),
        pytest.param("/<x>/<y:int>", "/", "", "", id="the root"),
        pytest.param("/books", "/something/else", "", "", id="nothing is similar"),
        pytest.param("/orders/<id>", f"/books/{'7' * 30}", "", "", id="only the value is the same"),
        pytest.param("/books", "/boks" * 200, "", "", id="too long a path"),
    ],
)
def test_the_nearest_route_is_suggested(pattern: str, path: str, suggestion: str, url: str) -> None:
    names = re.findall(r"<(\w+)", pattern)
    endpoint = eval(f"lambda {', '.join(names)}: None")

    shown = report(make((pattern, endpoint, list_books)), path)
    assert (shown["suggestion"], shown["suggested_url"]) == (suggestion, url)


def test_a_route_for_other_methods_is_suggested_without_a_link() -> None:
    shown = report(make(POST("/books", list_books)), "/boks")

    assert (shown["suggestion"], shown["suggested_url"]) == ("/books", "")


def test_no_route_is_suggested_if_one_was_tried() -> None:
    shown = report(make(("/boks", refuse), ("/books", list_books)), "/boks")

    assert shown["suggestion"] == ""


def test_the_nearest_of_many_routes_is_suggested() -> None:
    routes = [(f"/shelf{number}/<x>", lambda x: None, list_books) for number in range(2_000)]
    application = make(("/<page:int>", lambda page: None, list_books), *routes)

    assert report(application, "/shelf99/x/y")["suggestion"] == "/shelf99/<x>"
    assert report(application, "/nothing/like/it")["suggestion"] == ""
    assert report(application, "/words")["suggestion"] == ""
    assert report(application, "/shelff1999/x")["suggestion"] == "/shelf1999/<x>"


def test_the_link_has_the_root_of_the_application() -> None:
    shown = report(make(), "/boks", base_url="http://localhost/shop")

    assert shown["suggested_url"] == "/shop/books"


# Comparing such a path with each route would take hours.
def test_a_hostile_path_is_reported() -> None:
    routes = [(f"/a{n}/<path*>/<b*>", lambda path, b: None, list_books) for n in range(1_000)]
    path = "/" + "token=[" * 4_000 + "a/" * 10_000 + "\\" * 2_000

    shown = report(make(*routes), path)
    assert len(shown["routes"]) == 500
    assert len(shown["request"]) <= 1_010


# -- the request -----------------------------------------------------------------------------------


def test_the_fields_of_a_request_are_shown() -> None:
    fields = report(
        make(("/read", read_form)),
        "/read?a=1&a=2",
        method="POST",
        data={"title": "Emma", "cover": (io.BytesIO(b"x"), "cover.png")},
        cookies={"theme": "dark", "id": "7"},
    )["fields"]

    assert fields["query"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    assert fields["form"] == [{"name": "title", "value": "Emma"}]
    assert fields["files"] == [{"name": "cover", "value": "cover.png (image/png)"}]
    assert fields["cookies"] == [
        {"name": "theme", "value": "[masked]"},
        {"name": "id", "value": "[masked]"},
    ]


def test_long_and_many_fields_are_cut_off() -> None:
    query = "&".join(f"n{number}={'x' * 2_000}" for number in range(200))
    shown = report(make(), f"/nowhere?{query}")

    assert len(shown["fields"]["query"]) == 100
    assert shown["fields"]["query"][0]["value"] == "x" * 1_000 + "..."
    assert len(shown["request"]) == 1_004


def test_a_page_is_small_for_many_routes_and_a_long_path() -> None:
    routes = [(f"/r{number}/<x>", lambda x: Response(x)) for number in range(700)]
    client = Application(routes, debug=True).get_local_client()
    for part in ("a", "token=[", "é", "x/", "\\'"):
        path = "/" + part * (60_000 // len(part))
        for accepted in ("text/html", "application/json"):
            page = client.get(path, headers={"Accept": accepted})
            assert page.status_code == 404
            assert len(page.data) < 250_000


def read_form(request: Request) -> NoReturn:
    for file in request.files.values():
        file.close()
    raise ValueError(len(request.form))


def test_a_form_is_shown_only_if_the_application_has_read_it() -> None:
    application = make(("/read", read_form), POST("/other", list_books))

    unread = report(application, "/nowhere", method="POST", data={"a": "x"})
    assert unread["fields"]["form"] == []
    shown = report(application, "/read", method="POST", data={"a": "x" * 2_000})
    assert shown["fields"]["form"] == [{"name": "a", "value": "x" * 1_000 + "..."}]


def test_a_request_for_an_untrusted_host_is_reported() -> None:
    class Strict(Request):
        trusted_hosts = ["books.example"]  # noqa: RUF012

    class StrictApplication(Application):
        request_type = Strict

    application = StrictApplication(ROUTES[1:], debug=True)
    assert report(application, "/nowhere")["request"] == "GET /nowhere"
