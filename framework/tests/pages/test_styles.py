"""Check the stylesheets of the pages: colours, contrast, small screens, no rule twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from clastic.pages.styles import BASE_STYLE, DEVELOPER_STYLE

MEDIA = re.compile(r"@media ([^{]+)\{((?:[^{}]*\{[^{}]*\})*\s*)\}")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COLOUR = re.compile(r"(--[a-z]+): #([0-9a-f]{6});")
DARK = "(prefers-color-scheme: dark)"


def rules(style: str) -> Iterator[tuple[str, str, str]]:
    """Yield the media query, the selector and the declarations of each rule."""
    style = re.sub(r"/\*.*?\*/", "", str(style), flags=re.DOTALL)
    for query, block in [("", MEDIA.sub("", style)), *MEDIA.findall(style)]:
        for selector, declarations in RULE.findall(block):
            yield query.strip(), " ".join(selector.split()), declarations


def colours(query: str) -> dict[str, str]:
    """Return the custom colours by name, for the light or the dark scheme."""
    found = [text for each, _, text in rules(DEVELOPER_STYLE) if each == query]
    return dict(COLOUR.findall("".join(found)))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, background: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    dark, light = sorted([luminance(text), luminance(background)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("query", "text", "page"), [("", "000000", "ffffff"), (DARK, "ffffff", "121212")]
)
def test_text_is_readable(query, text, page):
    palette = colours(query)
    backgrounds = [page, palette.pop("--fill"), palette.pop("--current")]
    del palette["--line"]
    pairs = [(each, behind) for each in (text, *palette.values()) for behind in backgrounds]
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


def test_every_colour_that_is_used_has_a_light_and_a_dark_form():
    assert colours("").keys() == colours(DARK).keys()
    for style in (BASE_STYLE, DEVELOPER_STYLE):
        defined = set(re.findall(r"(--[a-z]+):", style))
        assert set(re.findall(r"var\((--[a-z]+)\)", style)) <= defined


@pytest.mark.parametrize(
    "style", [BASE_STYLE, DEVELOPER_STYLE[len(BASE_STYLE) :]], ids=["base", "developer"]
)
def test_a_selector_has_one_rule(style):
    selectors = [(query, selector) for query, selector, _ in rules(style)]
    assert len(set(selectors)) == len(selectors)


def test_nothing_is_wider_than_a_small_screen():
    widths = re.findall(r"(?<![-\w(])(?:min-)?width: ([\d.]+)rem", DEVELOPER_STYLE)
    assert [width for width in widths if float(width) > 18] == []


def test_rules_of_the_reader_are_complete():
    style = "a { b: c; }\n/* d { } */\n@media (x) {\n  e, f > g { h: i; }\n}\nj { k: l; }"
    assert list(rules(style)) == [
        ("", "a", " b: c; "),
        ("", "j", " k: l; "),
        ("(x)", "e, f > g", " h: i; "),
    ]
