"""Save the results of tests: screenshots, and the data that explains a failure."""

from __future__ import annotations

import os
import re
from pathlib import Path

from selenium.common.exceptions import WebDriverException

from harness.browser import Browser


class Results:
    """The folder with the results of a run.

    It has the folders ``screenshots``, ``failures`` with a folder for each failing test, and
    ``logs`` with the logs of the apps, which the program that serves them writes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.screenshots = folder / "screenshots"
        self.failures: list[Path] = []

    @classmethod
    def of_this_run(cls) -> Results:
        """Return the folder of the environment variable ``E2E_RESULTS``, or the default one."""
        default = Path(__file__).parents[1] / "results" / "by-hand"
        return cls(Path(os.environ.get("E2E_RESULTS") or default).absolute())

    def log_sizes(self) -> dict[Path, int]:
        """Return the current size of each log in bytes."""
        return {path: path.stat().st_size for path in self.logs.glob("*.log")}

    def save_failure(
        self, test: str, report: str, browsers: dict[str, Browser], logs: dict[Path, int]
    ) -> None:
        """Save the report, the pages and the logs of a failing test.

        :param test: the name of the test
        :param report: the report of pytest
        :param browsers: the browsers of the test, by name
        :param logs: the sizes of the logs at the beginning of the test
        """
        folder = self.folder / "failures" / re.sub(r"[^\w.-]+", "-", test).strip("-")
        folder.mkdir(parents=True, exist_ok=True)
        self.failures.append(folder)
        (folder / "report.txt").write_text(report, "utf-8")
        for name, browser in browsers.items():
            _save_browser(folder, name, browser)
        for path in self.log_sizes():
            with path.open("rb") as log:
                log.seek(logs.get(path, 0))
                (folder / path.name).write_bytes(log.read())


def _save_browser(folder: Path, name: str, browser: Browser) -> None:
    try:
        browser.save_screenshot(folder / f"{name}.png")
        (folder / f"{name}.html").write_text(browser.driver.page_source, "utf-8")
        console = "\n".join([f"at {browser.url}", *browser.console(), ""])
    except WebDriverException as error:
        console = f"the browser does not respond: {error}\n"
    (folder / f"{name}.console.txt").write_text(console, "utf-8")
