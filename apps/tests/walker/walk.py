"""Goes through a page from its beginning to its end, and compares what comes of it with the app."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from walker.browser import Browser
from walker.commands import Commands
from walker.files import change, compare, typed_files
from walker.page import Page, Step, StepError, place

SCREENSHOT = re.compile(r"screenshot ([\w-]+\.png)")


def walk(
    page: Page,
    home: Path,
    programs: tuple[str, str] | None = None,
    *,
    takes_screenshots: bool = False,
    report: Callable[[str], None] = print,
) -> None:
    """Walk a page in an empty folder. Raises WalkError at the first thing that does not hold.

    :param programs: Chromium and its driver; without them, what is done in a browser is left out
    :param takes_screenshots: write the pictures of the page anew
    :param report: is told of each chapter that has passed
    """
    with ExitStack() as stack:
        walker = _Walker(page, home, programs, takes_screenshots, stack)
        for chapter, steps in groupby(page.steps, attrgetter("chapter")):
            for step in steps:
                walker.take(step)
            report(f"{page.path.parent.name}: {chapter}")
        walker.finish()


class _Walker:
    """The reader of one page."""

    def __init__(
        self,
        page: Page,
        home: Path,
        programs: tuple[str, str] | None,
        takes_screenshots: bool,
        stack: ExitStack,
    ) -> None:
        self._page = page
        self._app = page.path.parent
        self._takes_screenshots = takes_screenshots
        self._programs = programs
        self._stack = stack
        self._commands = Commands(home, self._app.name)
        stack.callback(self._commands.end)
        self._browser: Browser | None = None
        self._made: set[Path] = set()

    def take(self, step: Step) -> None:
        """Do one step. Raises WalkError."""
        try:
            getattr(self, f"_{step.kind}")(step)
        except (StepError, OSError, ValueError) as error:
            printed = self._commands.app_output()
            more = f"\nThe app's last output:\n{printed}" if printed else ""
            what = f"{step.kind} {step.subject}: {error}{more}"
            raise place(self._page.path, step.line, step.chapter, what) from error

    def finish(self) -> None:
        """Check the files and the pictures. Raises WalkError."""
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
            raise place(self._page.path, last.line, last.chapter, error) from error

    def _check_pictures(self) -> None:
        """Each picture is there, is shown by the page, and is taken by a step of it."""
        taken = {
            f"screenshots/{match[1]}"
            for step in self._page.steps
            if (match := SCREENSHOT.fullmatch(step.subject))
        }
        there = {f"screenshots/{path.name}" for path in self._app.glob("screenshots/*")}
        for names, what in (
            (self._page.pictures - there, "is shown, and there is no such file"),
            (self._page.pictures - taken, "is shown, and no step of the page takes it"),
            (taken - self._page.pictures, "is taken, and not shown"),
            (there - self._page.pictures, "is there, and not shown"),
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
        if self._programs is None:
            return
        self._commands.catch_up()
        if self._browser is None:
            self._browser = Browser(self._programs, self._commands.port)
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
            raise StepError("there is no folder for it: the page has to make it, by mkdir for one")
        path.write_text(text, "utf-8", newline="\n")
        self._made.add(path)
        self._commands.is_stale = True
