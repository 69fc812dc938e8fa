"""Carry out the browser steps of a page with Chromium."""

from __future__ import annotations

import base64
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from walker.commands import WRITTEN_ADDRESS
from walker.page import StepError

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import Select
except ImportError:
    webdriver = None  # type: ignore[assignment]

WAIT_SECONDS = 10.0
LOAD_SECONDS = 30.0
POLL_SECONDS = 0.05
WIDTH, HEIGHT, HIGHEST = 800, 300, 1400  # of a screenshot, in pixels

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--lang=en-US",
)

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


def find_browser() -> tuple[str, str] | None:
    """Return the paths of Chromium and chromedriver, or None if one or selenium is missing."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    driver = shutil.which("chromedriver")
    return (chromium, driver) if webdriver and chromium and driver else None


class Browser:
    """A browser that sends requests for the address on the page to the app's real port.

    :param programs: the paths of Chromium and chromedriver
    :param port: the port of the app
    """

    def __init__(self, programs: tuple[str, str], port: int) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = programs[0]
        rules = f"--host-resolver-rules=MAP {WRITTEN_ADDRESS} 127.0.0.1:{port}"
        for flag in (*FLAGS, rules, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        self._driver = webdriver.Chrome(options=options, service=Service(programs[1]))
        self._driver.set_page_load_timeout(LOAD_SECONDS)
        self._driver.set_script_timeout(WAIT_SECONDS)
        self._resize(HEIGHT)

    def end(self) -> None:
        self._driver.quit()
        self._profile.cleanup()

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
        height = self._driver.execute_script("return document.documentElement.scrollHeight")
        self._resize(max(HEIGHT, min(height, HIGHEST)))
        self._driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        picture = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        self._resize(HEIGHT)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def _resize(self, height: int) -> None:
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def _open(self, url: str) -> None:
        self._driver.get(url)

    def _reload(self) -> None:
        self._driver.refresh()

    def _type(self, text: str, label: str) -> None:
        field = self._find("field", label)
        if field.get_attribute("type") not in TYPES_TO_SET:
            field.clear()
            field.send_keys(text)
        elif self._driver.execute_script(SET, field, text) != text:
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
        text: str = self._driver.execute_script(TEXT)
        return text

    def _find(self, kind: str, text: str) -> Any:
        """Wait for the only ``field``, ``button`` or ``link`` with a text, and return it."""
        found: list[Any] = []
        texts: list[str] = []

        def look() -> bool:
            found[:], texts[:] = self._driver.execute_script(FIND, kind, text)
            return len(found) == 1 and found[0] is not None

        self._wait(look, lambda: f"found {len(found)} {kind}s '{text}'; the {kind}s are {texts}")
        return found[0]

    def _wait(self, condition: Callable[[], bool], problem: Callable[[], str]) -> None:
        """Wait until a condition is true. It may raise while the browser loads another page."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if condition():
                    return
            except WebDriverException:
                if time.monotonic() > deadline:
                    raise
            if time.monotonic() > deadline:
                raise StepError(problem())
            time.sleep(POLL_SECONDS)


ACTIONS: dict[str, Callable[..., None]] = {
    r"open (http://\S+)": Browser._open,
    r"reload": Browser._reload,
    r"type (.+) into (.+)": Browser._type,
    r"choose (.+) in (.+)": Browser._choose,
    r"press (.+)": Browser._press,
    r"follow (.+)": Browser._follow,
    r"see (.+)": Browser._see,
    r"do not see (.+)": Browser._do_not_see,
    r"find (.+) in (.+)": Browser._find_value,
}
