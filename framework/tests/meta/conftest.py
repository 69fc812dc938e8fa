"""Read the meta page as a tree of elements, and its JSON as data."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import pytest

from clastic.application import Application

VOID = {"input", "link", "meta"}


class _TreeParser(HTMLParser):
    """Make a tree of a document whose tags are all closed."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = TreeBuilder()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)


class Page:
    """A page whose parts are found the way people find them."""

    def __init__(self, html: str) -> None:
        assert html.startswith("<!doctype html>\n")
        parser = _TreeParser()
        parser.feed(html)
        parser.close()
        assert parser.open == []
        self.html = html
        self.root = parser.builder.close()

    def all(self, tag: str, within: Element | None = None, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        start = self.root if within is None else within
        return [each for each in start.iter(tag) if wanted.items() <= each.attrib.items()]

    def one(self, tag: str, within: Element | None = None, **attributes: str) -> Element:
        (found,) = self.all(tag, within, **attributes)
        return found

    def section(self, title: str) -> Element:
        """Return the section with this heading."""
        (section,) = (each for each in self.all("section") if text(each.find("h2")) == title)
        return section

    def rows(self, title: str) -> list[dict[str, str]]:
        """Return the rows of the table of a section, their cells by the header of the column."""
        head, *rows = self.section(title).iter("tr")
        names = [text(cell) for cell in head]
        return [dict(zip(names, map(text, row), strict=True)) for row in rows]

    def route(self, pattern: str) -> Element:
        """Return the details of the route with this pattern."""
        (route,) = (
            details
            for details in self.all("details")
            if [text(code) for code in self.all("code", details[0], class_="pattern")] == [pattern]
        )
        return route

    def facts(self, within: Element) -> dict[str, str]:
        """Return the values of the first list of names and values, by name."""
        pairs = next(iter(within.iter("dl")))
        return {
            text(name): text(value) for name, value in zip(pairs[::2], pairs[1::2], strict=True)
        }


def text(element: Element) -> str:
    """Return the text of an element and of all within it, with single spaces."""
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def read() -> Callable[[Element], str]:
    """Return the text of an element."""
    return text


@pytest.fixture
def page() -> Callable[..., Page]:
    """Return the page of an application."""

    def get_page(application: Application, url: str = "/_meta/", **options: Any) -> Page:
        response = application.get_local_client().get(url, **options)
        assert response.status_code == 200, response.text
        assert response.content_type == "text/html; charset=utf-8"
        return Page(response.text)

    return get_page


@pytest.fixture
def report() -> Callable[..., Any]:
    """Return the JSON of an application."""

    def get_report(application: Application, url: str = "/_meta/json/", **options: Any) -> Any:
        response = application.get_local_client().get(url, **options)
        assert response.status_code == 200, response.text
        assert response.content_type == "application/json"
        return response.json

    return get_report
