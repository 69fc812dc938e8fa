"""The browser: a headless Chromium in which every wait has an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from harness.chromium import find_programs

WAIT_SECONDS = 10
POLL_SECONDS = 0.05
LOAD_SECONDS = 30
MOST_TABS = 60

# No sandbox and no /dev/shm: a container has neither. The rest keeps the browser at home.
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--lang=en-US",  # it decides how a date is typed
)

Found = TypeVar("Found")


@dataclass(frozen=True)
class Look:
    """How a page is looked at: the width of the window in CSS pixels, and the colour scheme."""

    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}"


WIDE = Look(1280, "light")
LOOKS = (WIDE, Look(1280, "dark"), Look(320, "light"), Look(320, "dark"))


class Browser:
    """A Chromium of its own: no other one shares its cookies."""

    def __init__(self) -> None:
        programs = find_programs()
        options = ChromeOptions()
        options.binary_location = programs["CHROMIUM"]
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for switch in _SWITCHES:
            options.add_argument(switch)
        self.driver = Chrome(options, Service(programs["CHROMEDRIVER"]))
        self.driver.set_page_load_timeout(LOAD_SECONDS)
        self.driver.set_script_timeout(LOAD_SECONDS)
        self._console: list[str] = []

    def quit(self) -> None:
        self.driver.quit()

    def forget(self) -> None:
        """Become as new: no page, no cookies, no cache, nothing in the console, the usual look."""
        self.driver.get("about:blank")
        self.command("Network.clearBrowserCookies")
        self.command("Network.clearBrowserCache")
        self.allow_scripts(True)
        self.look(WIDE)
        self.console()
        self._console = []

    def command(self, name: str, **parameters: object) -> None:
        """Send a command of the DevTools protocol."""
        self.driver.execute_cdp_cmd(name, parameters)

    def look(self, look: Look) -> None:
        size = {"width": look.width, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": look.scheme}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def allow_scripts(self, allowed: bool) -> None:
        """Switch the scripts of pages on or off, from the next page on."""
        self.command("Emulation.setScriptExecutionDisabled", value=not allowed)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Run a block in which nobody answers the browser."""
        self.driver.set_network_conditions(offline=True, latency=0, throughput=0)
        try:
            yield
        finally:
            self.driver.delete_network_conditions()

    def open(self, url: str) -> None:
        """Load a page; returns when it has loaded."""
        self.driver.get(url)

    def open_until(self, what: str, url: str, condition: Callable[[], bool]) -> None:
        """Load a page again and again until the condition holds of it.

        :param what: what is waited for, for the message if it does not come
        """

        def holds() -> bool:
            self.open(url)
            return condition()

        self.wait_for(what, holds)

    def evaluate(self, expression: str, *arguments: object) -> Any:
        """Evaluate JavaScript in the page, also where its own scripts are switched off."""
        return self.driver.execute_script(f"return ({expression})", *arguments)

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def title(self) -> str:
        return self.driver.title

    @property
    def text(self) -> str:
        """What is to be read on the page."""
        return str(self.evaluate("document.body.innerText")).strip()

    @property
    def status(self) -> int:
        """The HTTP status that the page came with."""
        return int(self.evaluate("performance.getEntriesByType('navigation')[0].responseStatus"))

    @property
    def media_type(self) -> str:
        return str(self.evaluate("document.contentType"))

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find_link(self, text: str) -> WebElement:
        return self.driver.find_element(By.LINK_TEXT, text)

    def press(self, *keys: str) -> None:
        """Press keys, one after another, wherever the focus is."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, element: WebElement) -> None:
        """Press the tabulator until an element has the focus."""
        for _ in range(MOST_TABS):
            if self.focused() == element:
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{MOST_TABS} tabs do not reach {element.get_attribute('outerHTML')}")

    def wait_for(self, what: str, condition: Callable[[], Found]) -> Found:
        """Return what the condition gives, once it gives something true.

        :param what: what is waited for, for the message if it does not come
        """
        deadline = time.monotonic() + WAIT_SECONDS
        problem = ""
        while time.monotonic() < deadline:
            try:
                if found := condition():
                    return found
            except WebDriverException as error:  # the page may just be giving way to another
                problem = f": {error.msg}"
            time.sleep(POLL_SECONDS)
        pytest.fail(f"no {what} after {WAIT_SECONDS} seconds{problem}")

    def wait_for_text(self, text: str) -> None:
        self.wait_for(f"{text!r} on the page", lambda: text in self.text)

    @contextmanager
    def next_page(self) -> Iterator[None]:
        """Run a block that leads to another page; returns when that one has loaded."""
        old = self.evaluate("performance.timeOrigin")
        yield
        loaded = "performance.timeOrigin !== arguments[0] && document.readyState === 'complete'"
        self.wait_for("other page", lambda: self.evaluate(loaded, old))

    def console(self) -> list[str]:
        """The lines of the console since the browser became as new."""
        for line in self.driver.get_log("browser"):  # type: ignore[no-untyped-call]
            self._console.append(f"{line['level']} {line['source']}: {line['message']}")
        return self._console

    def save_screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))
