"""Fixtures for the tests of tzconvert, and a parser for its page."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clastic import Application

SCRIPT = Path(__file__).parents[1] / "tzconvert.py"


@pytest.fixture(scope="session")
def create_app() -> Callable[..., Application]:
    factory: Callable[..., Application] = runpy.run_path(str(SCRIPT))["create_app"]
    return factory


@pytest.fixture(scope="session")
def client(create_app):
    return create_app().get_local_client()


@pytest.fixture(scope="module")
def server(serve_app):
    return serve_app(SCRIPT)


class Page(HTMLParser):
    """The parsed page: its tags, the texts by id, and the options of the two lists."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.options: dict[str, dict[str, str]] = {"src": {}, "dst": {}}
        self.chosen: dict[str, str] = {}
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        fields = dict(attributes)
        self.tags.append((tag, fields))
        if tag == "select":
            self._select = fields["id"]
        elif tag == "option":
            assert fields["value"] not in self.options[self._select]
            self.options[self._select][fields["value"]] = ""
            if "selected" in fields:
                self.chosen[self._select] = fields["value"]

    def handle_data(self, data: str) -> None:
        tag, fields = self.tags[-1] if self.tags else ("", {})
        if tag == "option" and not self.options[self._select][fields["value"]]:
            self.options[self._select][fields["value"]] = data
        elif "id" in fields:
            self.texts[fields["id"]] = self.texts.get(fields["id"], "") + data

    def text_of(self, name: str) -> str:
        return self.texts.get(name, "").strip()

    def field(self, name: str) -> dict[str, str | None]:
        (field,) = (fields for _, fields in self.tags if fields.get("id") == name)
        return field


@pytest.fixture(scope="session")
def read_page() -> Callable[[str], Page]:
    return Page
