"""Exact changes to the text of a file, and exact comparison of two folders."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from walker.page import StepError

# What is beside an app's files and not for the reader to make.
NOT_TYPED = ("README.md", "TUTORIAL.md", "tests", "screenshots", "__pycache__", ".*", "*.db*")


def change(text: str, difference: str) -> str:
    """Apply one change: its context and ``-`` lines give way to its context and ``+`` lines.

    Raises StepError unless the lines to be found are in the text exactly once.
    """
    old, new = _sides(difference)
    if not old:
        raise StepError("the change has no line to find its place by")
    lines = text.splitlines()
    places = [start for start in range(len(lines)) if lines[start : start + len(old)] == old]
    if not places:
        raise StepError(f"the change does not fit: {_first_that_differs(lines, old)}")
    if len(places) > 1:
        where = " and ".join(str(start + 1) for start in places)
        raise StepError(f"the change fits at lines {where} of the file: it needs more context")
    start = places[0]
    return "".join(f"{line}\n" for line in lines[:start] + new + lines[start + len(old) :])


def _sides(difference: str) -> tuple[list[str], list[str]]:
    """The lines of a change that are in the file before it, and after it."""
    old, new = [], []
    for line in difference.splitlines():
        sign, content = line[:1] or " ", line[1:]
        if sign not in " -+":
            raise StepError(f"the line '{line}' of the change begins with neither ' ', '-' nor '+'")
        if sign != "+":
            old.append(content)
        if sign != "-":
            new.append(content)
    if old == new:
        raise StepError("the change changes nothing")
    return old, new


def _first_that_differs(lines: list[str], old: list[str]) -> str:
    """Where the longest beginning of the lines to be found stops being in the file."""
    found, at = 0, 0
    for start in range(len(lines)):
        same = 0
        while lines[start + same : start + same + 1] == old[same : same + 1] != []:
            same += 1
        if same > found:
            found, at = same, start
    if not found:
        return f"the file has no line '{old[0]}'"
    there = lines[at + found] if at + found < len(lines) else "(the end)"
    return f"line {at + found + 1} of the file is '{there}', not '{old[found]}'"


def typed_files(folder: Path) -> dict[str, str]:
    """The files of an app that its reader makes, by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(
            fnmatch(part, pattern)
            for part in path.relative_to(folder).parts
            for pattern in NOT_TYPED
        )
    }


def compare(page: Mapping[str, str], app: Mapping[str, str]) -> None:
    """Raise StepError with every difference between the files of a page and those of the app."""
    problems = [f"{name} is in the app, and not made by the page" for name in app.keys() - page]
    problems += [f"{name} is made by the page, and not in the app" for name in page.keys() - app]
    for name in sorted(page.keys() & app.keys()):
        lines = difflib.unified_diff(
            page[name].splitlines(keepends=True),
            app[name].splitlines(keepends=True),
            f"{name} of the page",
            f"{name} of the app",
            n=1,
        )
        problems += ["".join(lines)] if page[name] != app[name] else []
    if problems:
        raise StepError("at its end the page has made another app:\n" + "\n".join(problems))
