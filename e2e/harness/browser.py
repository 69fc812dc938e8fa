"""Control a headless Chromium with bounded waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

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
MAX_TABS = 60

# Without the sandbox and /dev/shm, which containers lack, and without background requests.
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
    "--lang=en-US",  # the keys that enter a date depend on it
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Appearance:
    """The width of the window in CSS pixels, and the colour scheme."""

    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}"


DEFAULT_APPEARANCE = Appearance(1280, "light")
APPEARANCES = (
    DEFAULT_APPEARANCE,
    Appearance(1280, "dark"),
    Appearance(320, "light"),
    Appearance(320, "dark"),
)


class BrowserTimeout(AssertionError):
    """A condition did not become true in time."""


class Browser:
    """A Chromium with its own profile.

    :param addresses: the ``HOST:PORT`` to connect to in place of others
    """

    def __init__(self, addresses: Mapping[str, str] | None = None) -> None:
        programs = find_programs()
        options = ChromeOptions()
        options.binary_location = programs["CHROMIUM"]
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        rules = ", ".join(f"MAP {written} {real}" for written, real in (addresses or {}).items())
        for switch in (*_SWITCHES, f"--host-resolver-rules={rules}"):
            options.add_argument(switch)
        self.driver = Chrome(options, Service(programs["CHROMEDRIVER"]))
        self.driver.set_page_load_timeout(LOAD_SECONDS)
        self.driver.set_script_timeout(LOAD_SECONDS)
        self._console: list[str] = []

    def quit(self) -> None:
        self.driver.quit()

    def reset(self) -> None:
        """Leave the page, delete cookies, cache and console, and set the default appearance."""
        self.driver.get("about:blank")
        self.command("Network.clearBrowserCookies")
        self.command("Network.clearBrowserCache")
        self.allow_scripts(True)
        self.set_appearance(DEFAULT_APPEARANCE)
        self.console()
        self._console = []

    def command(self, name: str, **parameters: object) -> dict[str, Any]:
        """Send a command of the DevTools protocol and return its result."""
        result: dict[str, Any] = self.driver.execute_cdp_cmd(name, parameters)
        return result

    def set_appearance(self, appearance: Appearance) -> None:
        size = {"width": appearance.width, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": appearance.scheme}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def allow_scripts(self, allowed: bool) -> None:
        """Enable or disable the scripts of pages, from the next page on."""
        self.command("Emulation.setScriptExecutionDisabled", value=not allowed)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Disconnect the network inside a ``with`` block."""
        self.driver.set_network_conditions(offline=True, latency=0, throughput=0)
        try:
            yield
        finally:
            self.driver.delete_network_conditions()

    def open(self, url: str) -> None:
        """Load a page and wait until it has loaded."""
        self.driver.get(url)

    def open_until(self, what: str, url: str, condition: Callable[[], bool]) -> None:
        """Load a page repeatedly until a condition is true.

        :param what: a description for the message of a timeout
        """

        def open_and_check() -> bool:
            self.open(url)
            return condition()

        self.wait_for(what, open_and_check)

    def evaluate(self, expression: str, *arguments: object) -> Any:
        """Evaluate JavaScript in the page, even if its own scripts are disabled."""
        return self.driver.execute_script(f"return ({expression})", *arguments)

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def title(self) -> str:
        return self.driver.title

    @property
    def text(self) -> str:
        """The visible text of the page."""
        return str(self.evaluate("document.body.innerText")).strip()

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
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
        """Press keys, one after another, in the focused element."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, element: WebElement) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(MAX_TABS):
            if self.focused() == element:
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{MAX_TABS} tabs do not reach {element.get_attribute('outerHTML')}")

    def wait_for(self, what: str, condition: Callable[[], Result]) -> Result:
        """Wait until a condition returns a true value, and return it.

        :param what: a description for the message of a timeout
        :raises BrowserTimeout: after WAIT_SECONDS
        """
        deadline = time.monotonic() + WAIT_SECONDS
        problem = ""
        while time.monotonic() < deadline:
            try:
                if result := condition():
                    return result
            except WebDriverException as error:  # another page may be loading
                problem = f": {error.msg}"
            time.sleep(POLL_SECONDS)
        raise BrowserTimeout(f"no {what} after {WAIT_SECONDS} seconds{problem}")

    def wait_for_text(self, text: str) -> None:
        self.wait_for(f"{text!r} on the page", lambda: text in self.text)

    @contextmanager
    def next_page(self) -> Iterator[None]:
        """Wait, at the end of a ``with`` block, until another page has loaded."""
        old = self.evaluate("performance.timeOrigin")
        yield
        loaded = "performance.timeOrigin !== arguments[0] && document.readyState === 'complete'"
        self.wait_for("other page", lambda: self.evaluate(loaded, old))

    def console(self) -> list[str]:
        """Return the lines of the console since the last ``reset``."""
        for line in self.driver.get_log("browser"):  # type: ignore[no-untyped-call]
            self._console.append(f"{line['level']} {line['source']}: {line['message']}")
        return self._console

    def save_screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))
