"""Test that errors have the format that the client accepts, and that every format is valid."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from clastic.errors import BadRequest, HTTPException, NotFound, render_by_accept
from clastic.errors.formats import FORMATS, Format, choose_format, format_of
from clastic.text import to_text

TEXT = "text/plain"
HTML = "text/html"
JSON = "application/json"
PROBLEM = "application/problem+json"
XML = "application/xml"

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


class Unprintable:
    """An object whose string fails."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Unrepresentable(Unprintable):
    """An object whose string and repr fail."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class TrustedText:
    """An object whose text claims to be safe markup."""

    def __str__(self) -> str:
        return Markup("<b>trusted</b>")


class Failing(dict[str, Any]):
    """A mapping that cannot be read."""

    def items(self) -> Any:
        raise RuntimeError("no items")


class PageReader(HTMLParser):
    """Read a page: its tags in order, and the text of each paragraph."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.is_inside = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.texts.setdefault(tag, []).append("")
        self.is_inside = True

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.texts[self.tags[-1]][-1] += data


def write(mimetype: str, error: HTTPException) -> str:
    return format_of(mimetype).write(error)


# -- negotiation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        pytest.param(None, TEXT, id="no header gives text"),
        pytest.param("", TEXT, id="an empty header gives text"),
        pytest.param("*/*", TEXT, id="curl gets text"),
        pytest.param(BROWSER, HTML, id="a browser gets HTML"),
        pytest.param("text/plain", TEXT, id="text is named"),
        pytest.param("text/html", HTML, id="HTML is named"),
        pytest.param("application/json", JSON, id="JSON is named"),
        pytest.param("application/problem+json", PROBLEM, id="problem+json is named"),
        pytest.param("application/xml", XML, id="XML is named"),
        pytest.param("Application/JSON", JSON, id="case does not matter"),
        pytest.param("application/json; charset=UTF-8", JSON, id="the charset utf-8 is accepted"),
        pytest.param("text/html; level=1", HTML, id="other parameters do not matter"),
        pytest.param("text/*", TEXT, id="text/* prefers text over HTML"),
        pytest.param("application/*", JSON, id="application/* prefers JSON"),
        pytest.param("application/*, */*;q=0.1", JSON, id="a range of higher quality wins"),
        pytest.param("application/json, */*", JSON, id="a named format beats a wildcard"),
        pytest.param("application/*, */*", JSON, id="a partial wildcard beats a full one"),
        pytest.param(
            "application/json, text/plain, */*",
            TEXT,
            id="of equal formats the first of the server wins",
        ),
        pytest.param(
            "application/xml, application/problem+json",
            PROBLEM,
            id="the order of the client does not matter",
        ),
        pytest.param("text/html;q=0.2, application/xml;q=0.3", XML, id="quality decides"),
        pytest.param("text/plain;q=0, */*", HTML, id="quality 0 excludes one format"),
        pytest.param("text/*;q=0, */*;q=0.1", JSON, id="quality 0 excludes a range"),
        pytest.param(
            "text/*;q=0, text/html;q=0.1", HTML, id="an exact range overrules a wider one"
        ),
        pytest.param("text/html;q=0.1, text/*", TEXT, id="an exact range can lower the quality"),
        pytest.param("*/*;q=0", TEXT, id="everything excluded gives text"),
        pytest.param("image/png", TEXT, id="nothing acceptable gives text"),
        pytest.param("application/json;q=0", TEXT, id="only an exclusion gives text"),
        pytest.param("garbage;;=,,/;q=x", TEXT, id="garbage gives text"),
        pytest.param("application/json;q=high", TEXT, id="an invalid quality is ignored"),
        pytest.param(
            "application/json" + " " * 1100, TEXT, id="a header that is too long is not parsed"
        ),
    ],
)
def test_the_format_is_chosen_by_the_accept_header(accept: str | None, mimetype: str) -> None:
    assert choose_format(accept).mimetype == mimetype


media_ranges = st.sampled_from(
    [*(format.mimetype for format in FORMATS), "*/*", "text/*", "application/*", "*", "a/b", ""]
)
qualities = st.sampled_from(
    ["", ";q=0", ";q=0.5", ";q=1", ";q=.3", ";q=-1", ";q=nan", ";q", ";v=1"]
)
likely_accepts = st.lists(st.builds(str.__add__, media_ranges, qualities)).map(",".join)


@given(accept=st.one_of(likely_accepts, st.text()))
def test_any_accept_header_gets_one_of_the_formats(accept: str) -> None:
    response = render_by_accept(NotFound(), accept)

    assert response.status_code == 404
    assert response.content_type in [format.content_type for format in FORMATS]


@given(accept=likely_accepts.filter(lambda accept: TEXT not in accept))
def test_a_format_that_is_excluded_is_not_chosen_while_another_is_allowed(accept: str) -> None:
    accept = f"text/plain;q=0,{accept},application/xml;q=0.001"

    assert choose_format(accept).mimetype != TEXT


@pytest.mark.parametrize(
    ("content_type", "mimetype"),
    [
        pytest.param("text/html; charset=utf-8", HTML, id="parameters are ignored"),
        pytest.param("Application/XML", XML, id="case does not matter"),
        pytest.param("image/png", TEXT, id="an unknown type is written as text"),
        pytest.param("", TEXT, id="no type is written as text"),
    ],
)
def test_a_content_type_selects_a_format(content_type: str, mimetype: str) -> None:
    assert format_of(content_type).mimetype == mimetype


# -- the text in each format -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(
            NotFound(),
            "404 Not Found\nThe requested URL was not found on this server.\n",
            id="the texts of the status",
        ),
        pytest.param(NotFound("No book 7."), "404 Not Found\nNo book 7.\n", id="a detail"),
        pytest.param(
            NotFound("It is 7.", message="No such book"),
            "404 Not Found\nNo such book\nIt is 7.\n",
            id="a message and a detail",
        ),
        pytest.param(
            NotFound(message="Not Found"),
            "404 Not Found\nThe requested URL was not found on this server.\n",
            id="the usual message",
        ),
        pytest.param(
            NotFound("", message=b""),
            "404 Not Found\n",
            id="empty texts take no line",
        ),
        pytest.param(NotFound(0), "404 Not Found\n0\n", id="a false detail is a detail"),
        pytest.param(NotFound(["a", 1]), "404 Not Found\n['a', 1]\n", id="a list"),
        pytest.param(NotFound(b"caf\xc3\xa9\xff"), "404 Not Found\ncafé\ufffd\n", id="bytes"),
        pytest.param(NotFound("a\nb\tc"), "404 Not Found\na\nb\tc\n", id="white space stays"),
        pytest.param(
            NotFound("\x1b[31mred\x00\ud800\x9b"),
            "404 Not Found\n\ufffd[31mred\ufffd\ufffd\ufffd\n",
            id="control characters are replaced",
        ),
        pytest.param(
            NotFound(Unrepresentable()),
            "404 Not Found\n<unprintable Unrepresentable object>\n",
            id="an object without a text",
        ),
        pytest.param(HTTPException(code=499), "499 Unknown Error\n", id="an unregistered status"),
    ],
)
def test_an_error_can_be_sent_as_text(error: HTTPException, text: str) -> None:
    assert write(TEXT, error) == text


def test_html_is_a_small_complete_document() -> None:
    page = write(HTML, NotFound("Nothing here.", message="No such book"))
    reader = PageReader(page)

    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "color-scheme: light dark" in page
    assert reader.texts["title"] == ["404 Not Found"]
    assert reader.texts["h1"] == ["404 Not Found"]
    assert reader.texts["p"] == ["No such book", "Nothing here."]


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param("<script>alert(1)</script>", id="a string"),
        pytest.param(Markup("<script>alert(1)</script>"), id="a string that claims to be safe"),
        pytest.param({"<script>": "</main>"}, id="a mapping"),
        pytest.param(TrustedText(), id="an object whose string claims to be safe"),
    ],
)
@pytest.mark.parametrize("mimetype", [HTML, XML])
def test_markup_in_a_detail_is_escaped(mimetype: str, detail: Any) -> None:
    text = write(mimetype, NotFound(detail, message=detail, error_type=detail))

    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;" in text


def test_an_error_can_be_sent_as_json() -> None:
    document = json.loads(write(JSON, NotFound("No book 7.", message="No such book")))

    assert document == {
        "code": 404,
        "message": "No such book",
        "detail": "No book 7.",
        "error_type": None,
    }


@pytest.mark.parametrize(
    ("detail", "value"),
    [
        pytest.param({"field": ["a", 1.5]}, {"field": ["a", 1.5]}, id="a container"),
        pytest.param({"at": b"x"}, {"at": "x"}, id="bytes in a container"),
        pytest.param(
            {
                1,
            },
            "{1}",
            id="a set",
        ),
        pytest.param(float("nan"), "nan", id="NaN"),
        pytest.param({(1, 2): 3}, "{(1, 2): 3}", id="a key that is not a string"),
        pytest.param(
            Unprintable(), "<unprintable Unprintable object>", id="an object without a text"
        ),
        pytest.param(
            [Unrepresentable()],
            ["<unprintable Unrepresentable object>"],
            id="such an object in a list",
        ),
        pytest.param(Failing(a=1), "{'a': 1}", id="a mapping that fails"),
        pytest.param("\x00\ud800", "\x00\ud800", id="a string unchanged"),
    ],
)
def test_a_detail_is_encoded_in_json(detail: Any, value: Any) -> None:
    assert json.loads(write(JSON, NotFound(detail)))["detail"] == value


def test_a_detail_that_contains_itself_is_shown_as_text_in_json() -> None:
    detail: list[Any] = []
    detail.append(detail)

    assert json.loads(write(JSON, NotFound(detail)))["detail"] == "[[...]]"


def test_problem_json_has_the_members_of_rfc_9457() -> None:
    error = BadRequest({"field": "age"}, message="Not an age", error_type="https://e.example/age")

    assert json.loads(write(PROBLEM, error)) == {
        "type": "https://e.example/age",
        "title": "Not an age",
        "status": 400,
        "detail": "{'field': 'age'}",
    }


def test_problem_json_may_have_no_detail() -> None:
    assert json.loads(write(PROBLEM, HTTPException(code=499))) == {
        "type": "about:blank",
        "title": "Unknown Error",
        "status": 499,
    }


def test_an_error_can_be_sent_as_xml() -> None:
    document = ElementTree.fromstring(write(XML, NotFound("a < b & c")).encode())

    assert document.tag == "http_error"
    assert {element.tag: element.text for element in document} == {
        "code": "404",
        "message": "Not found",
        "detail": "a < b & c",
    }


def test_every_format_has_the_error_id() -> None:
    error = HTTPException()
    error.error_id = "0123abcd"

    assert write(TEXT, error).endswith("your request.\nError id: 0123abcd\n")
    assert PageReader(write(HTML, error)).texts["p"][1:] == ["Error id: 0123abcd"]
    assert json.loads(write(JSON, error))["error_id"] == "0123abcd"
    assert json.loads(write(PROBLEM, error))["error_id"] == "0123abcd"
    assert ElementTree.fromstring(write(XML, error)).findtext("error_id") == "0123abcd"


# -- any error -------------------------------------------------------------------------------------

hostile_text = st.one_of(
    st.text(st.characters(exclude_categories=[])),
    st.sampled_from(["</p>", "]]>", "<!--", "%(heading)s", "&amp;", "</title><script>", "\r\n"]),
)
hostile = st.one_of(
    hostile_text,
    st.binary(),
    st.recursive(
        st.none() | st.floats() | st.integers() | hostile_text,
        lambda inner: st.lists(inner) | st.dictionaries(hostile_text, inner),
        max_leaves=5,
    ),
    st.builds(Unprintable),
)


@given(detail=hostile, message=hostile, error_type=hostile)
@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.mimetype)
def test_any_error_can_be_sent(format: Format, detail: Any, message: Any, error_type: Any) -> None:
    error = NotFound(detail, message=message, error_type=error_type)

    response = render_by_accept(error, format.mimetype)

    assert response.content_type == format.content_type
    assert response.get_data() == format.write(error).encode()


@given(detail=hostile, message=hostile)
def test_html_has_no_tags_of_the_detail(detail: Any, message: Any) -> None:
    reader = PageReader(write(HTML, NotFound(detail, message=message)))

    assert [tag for tag in reader.tags if tag != "p"] == [
        *("html", "head", "meta", "meta", "title", "style", "body", "main", "h1"),
    ]


@given(detail=hostile_text.filter(bool))
def test_html_shows_the_detail_unchanged(detail: str) -> None:
    reader = PageReader(write(HTML, NotFound(detail)))

    assert reader.texts["p"] == [to_text(detail)]


@given(detail=hostile, message=hostile, error_type=hostile)
def test_json_can_be_read(detail: Any, message: Any, error_type: Any) -> None:
    error = NotFound(detail, message=message, error_type=error_type)

    assert json.loads(write(JSON, error))["code"] == 404
    assert json.loads(write(PROBLEM, error))["status"] == 404


@given(detail=hostile_text, message=hostile, error_type=hostile)
def test_xml_can_be_read(detail: str, message: Any, error_type: Any) -> None:
    page = write(XML, NotFound(detail, message=message, error_type=error_type))

    shown = ElementTree.fromstring(page.encode()).findtext("detail")

    lines = to_text(detail).replace("\r\n", "\n").replace("\r", "\n")
    assert shown == lines
