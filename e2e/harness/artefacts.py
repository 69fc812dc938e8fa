"""What tests leave: screenshots of named moments, and after a failure all that explains it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from selenium.common.exceptions import WebDriverException

from harness.browser import Browser


class Results:
    """The folder that a run leaves behind.

    folder: by default the one that ``E2E_RESULTS`` names. In it are ``screenshots``, ``failures``
    with a folder for each failing test, and ``logs``: a file for each app, written by whoever
    runs the app.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.screenshots = folder / "screenshots"
        self.failures: list[Path] = []

    @classmethod
    def of_this_run(cls) -> Results:
        by_hand = Path(__file__).parents[1] / "results" / "by-hand"
        return cls(Path(os.environ.get("E2E_RESULTS") or by_hand).absolute())

    def log_sizes(self) -> dict[Path, int]:
        """How much each log holds now, in bytes."""
        return {path: path.stat().st_size for path in self.logs.glob("*.log")}

    def save_failure(
        self, test: str, report: str, browsers: dict[str, Browser], logs: dict[Path, int]
    ) -> None:
        """Save what explains a failing test.

        :param test: its name
        :param report: what pytest tells of it
        :param browsers: the browsers it used, by name
        :param logs: how much each log held when the test began
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
        console = f"the browser does not answer: {error}\n"
    (folder / f"{name}.console.txt").write_text(console, "utf-8")
