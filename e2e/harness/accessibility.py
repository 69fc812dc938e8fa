"""Whether everybody can use a page, at any width and in either colour scheme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium_axe_python import Axe  # type: ignore[attr-defined]

from harness.browser import LOOKS, WIDE, Browser

_FOREIGN = """
performance.getEntriesByType("resource").map(entry => entry.name)
  .filter(url => !url.startsWith("data:") && new URL(url).origin !== location.origin)
"""
_SCHEMES = "getComputedStyle(document.documentElement).colorScheme"
_SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
_WIDEST = """
[...document.querySelectorAll("body *")]
  .map(element => [element.getBoundingClientRect().right, element.outerHTML.slice(0, 100)])
  .sort((one, other) => other[0] - one[0])[0][1]
"""
_OPTIONS = {"resultTypes": ["violations"]}  # the rest would only be thrown away
# Axe takes the bare canvas for white, also where it is dark: paint on it what it is.
_PAINT_CANVAS = """
[document.documentElement, document.body]
  .every(element => getComputedStyle(element).backgroundColor === "rgba(0, 0, 0, 0)")
  && (document.documentElement.style.backgroundColor = "Canvas")
"""


def check_accessibility(browser: Browser) -> None:
    """Fail with all that keeps people from using the page that the browser shows.

    The page comes in light and dark and fetches nothing from elsewhere; in each of the looks, axe
    finds no fault in it, and it does not scroll sideways.
    """
    problems = [f"fetches {url}" for url in browser.evaluate(_FOREIGN)]
    if not {"light", "dark"} <= set(str(browser.evaluate(_SCHEMES)).split()):
        problems.append("does not declare both colour schemes")
    problems += [f"{problem} [{', '.join(looks)}]" for problem, looks in _by_problem(browser)]
    if problems:
        pytest.fail("\n".join([browser.url, *problems]), pytrace=False)


def _by_problem(browser: Browser) -> list[tuple[str, list[str]]]:
    """Each problem of the page with the looks that have it."""
    found: dict[str, list[str]] = {}
    browser.allow_scripts(True)  # for axe: those of the page stay as they are
    browser.evaluate(_PAINT_CANVAS)
    axe = Axe(browser.driver)
    axe.inject()  # type: ignore[no-untyped-call]
    try:
        for look in LOOKS:
            browser.look(look)
            for problem in _problems_now(browser, axe):
                found.setdefault(problem, []).append(str(look))
    finally:
        browser.look(WIDE)
    return list(found.items())


def _problems_now(browser: Browser, axe: Axe) -> Iterator[str]:
    if browser.evaluate(_SCROLLS_SIDEWAYS):
        yield f"scrolls sideways, perhaps because of {browser.evaluate(_WIDEST)}"
    for violation in axe.run(options=_OPTIONS)["violations"]:
        for node in violation["nodes"]:
            checks = [*node["any"], *node["all"], *node["none"]]
            reasons = "; ".join(check["message"] for check in checks)
            yield f"{violation['id']}: {' '.join(map(str, node['target']))}: {reasons}"
