"""Check the accessibility of a page, at two widths and in both colour schemes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium_axe_python import Axe  # type: ignore[attr-defined]

from harness.browser import APPEARANCES, DEFAULT_APPEARANCE, Browser

_FOREIGN_URLS = """
performance.getEntriesByType("resource").map(entry => entry.name)
  .filter(url => !url.startsWith("data:") && new URL(url).origin !== location.origin)
"""
_SCHEMES = "getComputedStyle(document.documentElement).colorScheme"
_SCROLLS_HORIZONTALLY = "document.documentElement.scrollWidth > innerWidth"
_WIDEST = """
[...document.querySelectorAll("body *")]
  .map(element => [element.getBoundingClientRect().right, element.outerHTML.slice(0, 100)])
  .sort((one, other) => other[0] - one[0])[0][1]
"""
_OPTIONS = {"resultTypes": ["violations"]}
# Axe assumes a white canvas even in dark mode, so set the colour as the background.
_PAINT_CANVAS = """
[document.documentElement, document.body]
  .every(element => getComputedStyle(element).backgroundColor === "rgba(0, 0, 0, 0)")
  && (document.documentElement.style.backgroundColor = "Canvas")
"""


def check_accessibility(browser: Browser) -> None:
    """Fail with all accessibility problems of the page that the browser shows.

    The page must declare a light and a dark colour scheme and request nothing from other hosts. In
    each appearance, axe must find no violation, and the page must not scroll horizontally.
    """
    problems = [f"requests {url}" for url in browser.evaluate(_FOREIGN_URLS)]
    if not {"light", "dark"} <= set(str(browser.evaluate(_SCHEMES)).split()):
        problems.append("does not declare both colour schemes")
    problems += [
        f"{problem} [{', '.join(appearances)}]" for problem, appearances in _by_problem(browser)
    ]
    if problems:
        pytest.fail("\n".join([browser.url, *problems]), pytrace=False)


def _by_problem(browser: Browser) -> list[tuple[str, list[str]]]:
    """Return each problem of the page with the appearances that have it."""
    found: dict[str, list[str]] = {}
    browser.allow_scripts(True)  # for axe; scripts of the loaded page do not run
    browser.evaluate(_PAINT_CANVAS)
    axe = Axe(browser.driver)
    axe.inject()  # type: ignore[no-untyped-call]
    try:
        for appearance in APPEARANCES:
            browser.set_appearance(appearance)
            for problem in _find_problems(browser, axe):
                found.setdefault(problem, []).append(str(appearance))
    finally:
        browser.set_appearance(DEFAULT_APPEARANCE)
    return list(found.items())


def _find_problems(browser: Browser, axe: Axe) -> Iterator[str]:
    if browser.evaluate(_SCROLLS_HORIZONTALLY):
        yield f"scrolls horizontally; the widest element is {browser.evaluate(_WIDEST)}"
    for violation in axe.run(options=_OPTIONS)["violations"]:
        for node in violation["nodes"]:
            checks = [*node["any"], *node["all"], *node["none"]]
            reasons = "; ".join(check["message"] for check in checks)
            yield f"{violation['id']}: {' '.join(map(str, node['target']))}: {reasons}"
