"""The debug page as a page: whole, quiet, readable in light and dark, and without scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, NoReturn

import pytest

from clastic import Application, Response, Route
from clastic.debug.style import STYLE

VOID = frozenset({"meta"})
INJECTED = '<script>alert(1)</script><b onclick="alert(1)">\'&amp;'


class Page(HTMLParser):
    """A page that was read: its elements with their attributes, and the text within each tag."""

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


# -- what it is made of ----------------------------------------------------------------------------


@every_page
def test_it_is_a_whole_document(path: str) -> None:
    shown = page(path)

    assert shown.all("html") == [{"lang": "en"}]
    assert shown.all("meta") == [
        {"charset": "utf-8"},
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    ]
    assert [len(shown.all(tag)) for tag in ("main", "h1", "title")] == [1, 1, 1]


@every_page
def test_it_runs_nothing_and_fetches_nothing(path: str) -> None:
    shown = page(path)

    tags = {tag for tag, _ in shown.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "b"})
    for _, attributes in shown.elements:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
    assert [link["href"] for link in shown.all("a")] in ([], ["/books/7"])
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_what_comes_from_outside_is_text() -> None:
    shown = page("/fail")

    assert shown.texts["p"][1] == INJECTED
    assert INJECTED in shown.texts["textarea"][0]
    assert [text for text in shown.texts["dd"] if text == INJECTED]
    assert len([text for text in shown.texts["dd"] if "alert(1)" in text]) >= 3


# -- how it reads ----------------------------------------------------------------------------------


def test_the_heading_and_title_of_an_exception() -> None:
    shown = page("/fail")

    assert shown.texts["h1"] == ["RuntimeError"]
    assert shown.texts["title"] == ["RuntimeError - 500 Internal Server Error"]
    assert shown.texts["h2"] == [
        "Calls, the most recent first",
        "Cause: ValueError",
        "Request",
    ]


def test_the_heading_and_title_of_a_miss() -> None:
    shown = page("/bok/7")

    assert shown.texts["h1"] == ["404 Not Found"]
    assert shown.texts["title"] == ["404 Not Found"]
    assert shown.texts["h2"] == ["Routes, in the order they are tried", "Request"]


def calls(shown: Page) -> list[tuple[str, bool, bool]]:
    """Each call on a page: its function, whether it is open, and whether it is weighty."""
    summaries = zip(shown.texts["summary"], shown.all("details"), strict=True)
    return [
        (text.split()[0].rpartition(".")[2], "open" in attributes, "class" not in attributes)
        for text, attributes in summaries
        if re.search(r"(\.py|<.*>):\d+$", text)
    ]


def test_the_calls_of_the_application_are_open_and_the_most_recent_is_first() -> None:
    assert calls(page("/fail")) == [
        ("outer", True, True),
        ("route", False, False),
        ("respond", False, False),
        ("inner", True, True),
        ("outer", True, True),
    ]


def test_without_a_call_of_the_application_the_last_one_is_open() -> None:
    assert calls(page("/absolute")) == [("route", True, False), ("respond", False, False)]


def test_of_a_recursion_one_call_is_open() -> None:
    def recurse() -> object:
        return recurse()

    shown = calls(page("/", Application([("/", recurse)], debug=True)))
    assert shown[:2] == [("recurse", True, True), ("recurse", False, True)]
    assert sum(is_open for _, is_open, _ in shown) == 1


def test_of_many_calls_some_are_open() -> None:
    text = "def fail(n):\n" + "".join(f"    if n == {n}: fail({n} + 1)\n" for n in range(9))
    namespace: dict[str, Any] = {}
    exec(text + "    raise ValueError\n", namespace)

    shown = calls(page("/", Application([("/", lambda: namespace["fail"](0))], debug=True)))
    assert sum(is_open for _, is_open, _ in shown) == 5


def test_an_exception_that_was_never_raised_and_code_without_source() -> None:
    def fail() -> None:
        exec("raise ValueError from KeyError('x')")

    shown = page("/", Application([("/", fail)], debug=True))
    assert "It was never raised itself, so it has no calls." in shown.texts["p"]
    assert "Its source code is not there." in shown.texts["p"]


def test_the_traceback_can_be_copied() -> None:
    shown = page("/fail")
    (area,) = shown.all("textarea")

    assert "readonly" in area
    assert area["aria-label"] == "The traceback as plain text"
    lines = shown.texts["textarea"][0].strip().splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == f"RuntimeError: {INJECTED}"


def test_what_a_client_sent_is_open_and_the_rest_is_closed() -> None:
    shown = page("/fail?a=1", data={"b": "2"}, method="POST")
    groups = dict(zip(shown.texts["summary"], shown.all("details"), strict=True))

    assert "open" in groups["Query (1)"]
    assert "open" in groups["Form (1)"]
    assert "open" not in groups["Resources of the route (1)"]


# -- how it looks ----------------------------------------------------------------------------------


def palettes() -> list[dict[str, str]]:
    """The colors in light and in dark."""
    blocks = re.findall(r":root \{([^}]*)\}", STYLE)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block)) for block in blocks]


def luminance(color: str) -> float:
    """The relative luminance of a color (WCAG 2.2)."""
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel", "glow"])
@pytest.mark.parametrize("ink", ["ink", "soft", "accent", "link"])
def test_the_contrast_is_enough_to_read(ink: str, ground: str, palette: dict[str, str]) -> None:
    assert contrast(palette[ink], palette[ground]) >= 4.5


def test_it_is_for_both_schemes_and_for_narrow_screens() -> None:
    assert len(palettes()) == 2
    assert "color-scheme: light dark" in STYLE
    assert "@media (prefers-color-scheme: dark)" in STYLE
    assert "@media (max-width: 40rem)" in STYLE
    assert ":focus-visible { outline:" in STYLE
