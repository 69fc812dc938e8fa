"""Carry out the browser steps of a page with Chromium."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.browser import Browser, BrowserTimeout
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.ui import Select

from walker.commands import WRITTEN_ADDRESS
from walker.page import StepError

WIDTH, HEIGHT, HIGHEST = 800, 300, 1400  # of a screenshot, in pixels

# Returns [visible elements with the text, texts of all visible elements of the kind].
FIND = """
const [kind, wanted] = arguments;
const clean = text => text.replace(/\\s+/g, " ").trim();
const shown = element => element.getClientRects().length > 0;
function labelText(label) {
  const copy = label.cloneNode(true);
  copy.querySelectorAll("input, select, textarea, button").forEach(each => each.remove());
  return clean(copy.textContent);
}
const pairs = {
  field: () => [...document.querySelectorAll("label")].filter(shown)
    .map(label => [label.control, labelText(label)]),
  button: () => [...document.querySelectorAll("button, input[type=submit]")].filter(shown)
    .map(button => [button, clean(button.value || button.textContent)]),
  link: () => [...document.querySelectorAll("a[href]")].filter(shown)
    .map(link => [link, clean(link.textContent)]),
}[kind]();
return [pairs.filter(pair => pair[1] === wanted).map(pair => pair[0]), pairs.map(pair => pair[1])];
"""
# Without the options of lists, which are not visible until a list is opened.
TEXT = """
let text = document.body.innerText;
for (const list of document.querySelectorAll("select")) text = text.replace(list.innerText, "");
return text.replace(/\\s+/g, " ").trim();
"""
# Sets a value directly: the keys that enter a date depend on the browser's language.
SET = """
const [field, value] = arguments;
field.value = value;
field.dispatchEvent(new Event("input", {bubbles: true}));
field.dispatchEvent(new Event("change", {bubbles: true}));
return field.value;
"""
TYPES_TO_SET = ("date", "datetime-local", "month", "time", "week")


class BrowserSteps:
    """Carry out steps in a browser that connects to the app's real port.

    :param port: the port of the app
    """

    def __init__(self, port: int) -> None:
        self._browser = Browser({WRITTEN_ADDRESS: f"127.0.0.1:{port}"})
        self._resize(HEIGHT)

    def end(self) -> None:
        self._browser.quit()

    def do(self, action: str) -> None:
        """Carry out one step other than a screenshot. Raise StepError if it fails."""
        for pattern, method in ACTIONS.items():
            if match := re.fullmatch(pattern, action):
                try:
                    method(self, *match.groups())
                except WebDriverException as error:
                    raise StepError(f"error in the browser: {error.msg}") from error
                return
        raise StepError(f"unknown browser step '{action}'")

    def screenshot(self, path: Path) -> None:
        """Write a screenshot of the page: WIDTH wide and as high as its content."""
        height = self._browser.evaluate("document.documentElement.scrollHeight")
        self._resize(max(HEIGHT, min(height, HIGHEST)))
        self._browser.driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        picture = self._browser.command("Page.captureScreenshot", format="png")
        self._resize(HEIGHT)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def _resize(self, height: int) -> None:
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._browser.command("Emulation.setDeviceMetricsOverride", **size)

    def _open(self, url: str) -> None:
        self._browser.open(url)

    def _reload(self) -> None:
        self._browser.driver.refresh()

    def _type(self, text: str, label: str) -> None:
        field = self._find("field", label)
        if field.get_attribute("type") not in TYPES_TO_SET:
            field.clear()
            field.send_keys(text)
        elif self._browser.driver.execute_script(SET, field, text) != text:
            raise StepError(f"the field '{label}' does not accept '{text}'")

    def _choose(self, option: str, label: str) -> None:
        options = Select(self._find("field", label)).options
        texts = [" ".join(str(each.get_property("text")).split()) for each in options]
        if texts.count(option) != 1:
            raise StepError(f"'{label}' has {texts.count(option)} options '{option}', not one")
        options[texts.index(option)].click()

    def _press(self, text: str) -> None:
        self._find("button", text).click()

    def _follow(self, text: str) -> None:
        self._find("link", text).click()

    def _see(self, text: str) -> None:
        self._wait(
            lambda: text in self._text(), lambda: f"the text is missing from\n{self._text()}"
        )

    def _do_not_see(self, text: str) -> None:
        self._wait(lambda: text not in self._text(), lambda: "the text is on the page")

    def _find_value(self, text: str, label: str) -> None:
        field = self._find("field", label)
        self._wait(
            lambda: field.get_property("value") == text,
            lambda: f"the value is '{field.get_property('value')}'",
        )

    def _text(self) -> str:
        text: str = self._browser.driver.execute_script(TEXT)
        return text

    def _find(self, kind: str, text: str) -> Any:
        """Wait for the only ``field``, ``button`` or ``link`` with a text, and return it."""
        found: list[Any] = []
        texts: list[str] = []

        def look() -> bool:
            found[:], texts[:] = self._browser.driver.execute_script(FIND, kind, text)
            return len(found) == 1 and found[0] is not None

        self._wait(look, lambda: f"found {len(found)} {kind}s '{text}'; the {kind}s are {texts}")
        return found[0]

    def _wait(self, condition: Callable[[], bool], problem: Callable[[], str]) -> None:
        """Wait until a condition is true."""
        try:
            self._browser.wait_for("success", condition)
        except BrowserTimeout:
            raise StepError(problem()) from None


ACTIONS: dict[str, Callable[..., None]] = {
    r"open (http://\S+)": BrowserSteps._open,
    r"reload": BrowserSteps._reload,
    r"type (.+) into (.+)": BrowserSteps._type,
    r"choose (.+) in (.+)": BrowserSteps._choose,
    r"press (.+)": BrowserSteps._press,
    r"follow (.+)": BrowserSteps._follow,
    r"see (.+)": BrowserSteps._see,
    r"do not see (.+)": BrowserSteps._do_not_see,
    r"find (.+) in (.+)": BrowserSteps._find_value,
}
