"""The debug page is a complete document, runs no scripts and escapes all text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, NoReturn

import pytest

from clastic import Application, Response, Route

VOID = frozenset({"meta"})
INJECTED = '<script>alert(1)</script><b onclick="alert(1)">\'&amp;'


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text in each tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == [], "elements that are not closed"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def texts_of(self, tag: str) -> list[str]:
        return [text.strip() for text in self.texts[tag]]


def inner(value: str) -> NoReturn:
    raise ValueError(f"cannot use {value}")


def outer() -> None:
    try:
        inner(INJECTED)
    except ValueError as error:
        error.__notes__ = [INJECTED]  # type: ignore[attr-defined]
        raise RuntimeError(INJECTED) from error


APPLICATION = Application(
    [
        ("/fail", outer),
        ("/form", lambda request: int(request.form["b"]) / 0),
        Route("/absolute", abs, resources={"x": "text"}),
        Route("/books/<id:int>", lambda id: Response("x"), methods=["POST"]),
    ],
    resources={"injected": INJECTED},
    debug=True,
)


def page(path: str, application: Application = APPLICATION, **options: Any) -> Page:
    client = application.get_local_client()
    headers = {"Accept": "text/html", "X-Injected": INJECTED}
    return Page(client.open(path, headers=headers, **options).text)


every_page = pytest.mark.parametrize(
    "path", ["/fail", "/absolute", "/bok/7", "/books/7", "/%3Cscript%3E?x=%3Cscript%3E"]
)


@every_page
def test_a_page_is_a_complete_document_without_scripts(path: str) -> None:
    shown = page(path)

    assert shown.all("html") == [{"lang": "en"}]
    assert shown.all("meta") == [
        {"charset": "utf-8"},
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    ]
    assert [len(shown.all(tag)) for tag in ("main", "h1", "title", "style")] == [1, 1, 1, 1]
    tags = {tag for tag, _ in shown.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "b"})
    for _, attributes in shown.elements:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
    assert [link["href"] for link in shown.all("a")] in ([], ["/books/7"])


def test_all_text_is_escaped() -> None:
    shown = page("/fail")

    assert shown.texts_of("p")[1] == INJECTED
    assert INJECTED in shown.texts["textarea"][0]
    assert INJECTED in shown.texts_of("dd")
    assert len([text for text in shown.texts["dd"] if "alert(1)" in text]) >= 3


def test_the_page_of_an_exception_has_headings() -> None:
    shown = page("/fail")

    assert shown.texts["h1"] == ["RuntimeError"]
    assert shown.texts["title"] == ["RuntimeError - 500 Internal Server Error"]
    assert shown.texts["h2"] == ["Calls, the most recent first", "Cause: ValueError", "Request"]


def test_the_page_of_a_missing_route_has_headings() -> None:
    shown = page("/bok/7")

    assert shown.texts["h1"] == ["404 Not Found"]
    assert shown.texts["title"] == ["404 Not Found"]
    assert shown.texts["h2"] == ["Routes, in the order tried", "Request"]
    assert shown.texts["th"] == ["Pattern", "Result", "Methods", "Endpoint"]
    (region,) = shown.all("div")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Routes")


def calls(shown: Page) -> list[tuple[str, bool, bool]]:
    """Each call: its function, whether it is open, and whether it is of the application."""
    summaries = zip(shown.texts_of("summary"), shown.all("details"), strict=True)
    return [
        (text.split()[0].rpartition(".")[2], "open" in attributes, "class" not in attributes)
        for text, attributes in summaries
        if re.search(r"(\.py|<.*>):\d+$", text)
    ]


def test_the_most_recent_call_is_first_and_that_of_the_application_is_open() -> None:
    assert calls(page("/fail")) == [
        ("outer", True, True),
        ("route", False, False),
        ("respond", False, False),
        ("inner", True, True),
        ("outer", False, True),
    ]


def test_without_a_call_of_the_application_the_most_recent_one_is_open() -> None:
    assert [is_open for _, is_open, _ in calls(page("/absolute"))] == [True, False]


def test_one_call_of_a_recursion_is_open() -> None:
    def recurse() -> object:
        return recurse()

    shown = calls(page("/", Application([("/", recurse)], debug=True)))
    assert shown[:2] == [("recurse", True, True), ("recurse", False, True)]
    assert sum(is_open for _, is_open, _ in shown) == 1


def test_missing_calls_and_source_code_are_explained() -> None:
    def fail() -> None:
        exec(compile("raise ValueError from KeyError('x')", "<generated>", "exec"))

    shown = page("/", Application([("/", fail)], debug=True))
    assert "It was not raised itself, so it has no calls." in shown.texts["p"]
    assert "Its source code is not available." in shown.texts["p"]


def test_the_running_line_and_its_number_are_shown() -> None:
    shown = page("/fail")

    current = [text for text in shown.texts["pre"] if "raise RuntimeError(INJECTED)" in text]
    assert re.search(rf"{outer.__code__.co_firstlineno + 5}\s*raise RuntimeError", current[0])
    assert {"class": "current"} in shown.all("span")


def test_the_traceback_can_be_copied() -> None:
    shown = page("/fail")
    (area,) = shown.all("textarea")

    assert "readonly" in area
    assert area["aria-label"] == "The traceback as plain text"
    lines = shown.texts["textarea"][0].strip().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == f"RuntimeError: {INJECTED}"


def test_fields_are_open_and_headers_are_closed() -> None:
    shown = page("/form?a=1", data={"b": "2"}, method="POST")
    groups = dict(zip(shown.texts_of("summary"), shown.all("details"), strict=True))

    assert "open" in groups["Query (1)"]
    assert "open" in groups["Form (1)"]
    assert "open" not in groups["Resources (1)"]
