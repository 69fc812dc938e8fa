"""Carry out all steps of a page, and compare the resulting files with those of the app."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from transcripts import TranscriptError

from walker.commands import Commands
from walker.files import change, compare, typed_files
from walker.page import Page, Step, StepError, walk_error

if TYPE_CHECKING:
    from walker.browser import BrowserSteps

SCREENSHOT = re.compile(r"screenshot ([\w-]+\.png)")


def walk(
    page: Page,
    home: Path,
    *,
    uses_browser: bool = False,
    takes_screenshots: bool = False,
    report: Callable[[str], None] = print,
) -> None:
    """Walk a page in an empty folder. Raise WalkError at the first step that fails.

    :param uses_browser: carry out the browser steps too
    :param takes_screenshots: retake the screenshots of the page
    :param report: called with the title of each chapter that passed
    """
    with ExitStack() as stack:
        walker = _Walker(page, home, uses_browser, takes_screenshots, stack)
        for chapter, steps in groupby(page.steps, attrgetter("chapter")):
            for step in steps:
                walker.take(step)
            report(f"{page.path.parent.name}: {chapter}")
        walker.finish()


class _Walker:
    """The state of a walk through one page."""

    def __init__(
        self,
        page: Page,
        home: Path,
        uses_browser: bool,
        takes_screenshots: bool,
        stack: ExitStack,
    ) -> None:
        self._page = page
        self._app = page.path.parent
        self._takes_screenshots = takes_screenshots
        self._uses_browser = uses_browser
        self._stack = stack
        self._commands = Commands(home, self._app.name)
        stack.callback(self._commands.end)
        self._browser: BrowserSteps | None = None
        self._made: set[Path] = set()

    def take(self, step: Step) -> None:
        """Carry out one step. Raise WalkError if it fails."""
        try:
            getattr(self, f"_{step.kind}")(step)
        except (TranscriptError, OSError, ValueError) as error:
            printed = self._commands.app_output()
            more = f"\nThe app's last output:\n{printed}" if printed else ""
            what = f"{step.kind} {step.subject}: {error}{more}"
            raise walk_error(self._page.path, step.line, step.chapter, what) from error

    def finish(self) -> None:
        """Check the files and the screenshots. Raise WalkError if they differ."""
        folder = self._commands.folder
        made = {
            path.relative_to(folder).as_posix(): path.read_text("utf-8")
            for path in self._made
            if path.exists() and path.is_relative_to(folder)
        }
        last = self._page.steps[-1]
        try:
            compare(made, typed_files(self._app))
            self._check_pictures()
        except StepError as error:
            raise walk_error(self._page.path, last.line, last.chapter, error) from error

    def _check_pictures(self) -> None:
        """Check that each screenshot exists, is shown by the page, and is taken by a step."""
        taken = {
            f"screenshots/{match[1]}"
            for step in self._page.steps
            if (match := SCREENSHOT.fullmatch(step.subject))
        }
        existing = {f"screenshots/{path.name}" for path in self._app.glob("screenshots/*")}
        for names, what in (
            (self._page.pictures - existing, "is shown, but the file does not exist"),
            (self._page.pictures - taken, "is shown, but no step of the page takes it"),
            (taken - self._page.pictures, "is taken, but not shown"),
            (existing - self._page.pictures, "exists, but is not shown"),
        ):
            if names:
                raise StepError(f"{', '.join(sorted(names))} {what}")

    def _write(self, step: Step) -> None:
        self._put(step.subject, step.text)

    def _change(self, step: Step) -> None:
        self._put(step.subject, change(self._read(step.subject), step.text))

    def _quote(self, step: Step) -> None:
        if f"\n{step.text}" not in f"\n{self._read(step.subject)}":
            raise StepError("these lines are not in the file")

    def _command(self, step: Step) -> None:
        self._commands.run(step)

    def _browse(self, step: Step) -> None:
        if not self._uses_browser:
            return
        self._commands.restart_if_stale()
        if self._browser is None:
            # Imported here: selenium takes longer to import than most tests that need no browser.
            from walker.browser import BrowserSteps

            self._browser = BrowserSteps(self._commands.port)
            self._stack.callback(self._browser.end)
        picture = SCREENSHOT.fullmatch(step.subject)
        if not picture:
            self._browser.do(step.subject)
        elif self._takes_screenshots:
            self._browser.screenshot(self._app / "screenshots" / picture[1])

    def _read(self, name: str) -> str:
        path = self._commands.folder / name
        if not path.is_file():
            raise StepError(f"there is no file {name}")
        return path.read_text("utf-8")

    def _put(self, name: str, text: str) -> None:
        path = self._commands.folder / name
        if not path.parent.is_dir():
            raise StepError(f"there is no folder {path.parent.name}: create it with mkdir first")
        path.write_text(text, "utf-8", newline="\n")
        self._made.add(path)
        self._commands.is_stale = True
