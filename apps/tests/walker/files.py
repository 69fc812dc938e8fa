"""Apply the changes of a page to files, and compare the files of two folders."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from walker.page import StepError

# Files in an app's folder that its tutorial does not create.
NOT_TYPED = ("README.md", "TUTORIAL.md", "tests", "screenshots", "__pycache__", ".*", "*.db*")


def change(text: str, difference: str) -> str:
    """Apply one change: replace its context and ``-`` lines by its context and ``+`` lines.

    Raise StepError unless the replaced lines are in the text exactly once.
    """
    old, new = _sides(difference)
    if not old:
        raise StepError("the change has no context and no '-' line")
    lines = text.splitlines()
    places = [start for start in range(len(lines)) if lines[start : start + len(old)] == old]
    if not places:
        raise StepError(f"the change does not match: {_first_difference(lines, old)}")
    if len(places) > 1:
        where = " and ".join(str(start + 1) for start in places)
        raise StepError(f"the change matches at lines {where} of the file: add more context")
    start = places[0]
    return "".join(f"{line}\n" for line in lines[:start] + new + lines[start + len(old) :])


def _sides(difference: str) -> tuple[list[str], list[str]]:
    """Return the lines that a change replaces, and the lines that it inserts."""
    old, new = [], []
    for line in difference.splitlines():
        sign, content = line[:1] or " ", line[1:]
        if sign not in " -+":
            raise StepError(f"the line '{line}' of the change must begin with ' ', '-' or '+'")
        if sign != "+":
            old.append(content)
        if sign != "-":
            new.append(content)
    if old == new:
        raise StepError("the change has no '-' or '+' line")
    return old, new


def _first_difference(lines: list[str], old: list[str]) -> str:
    """Describe the first line of a change that differs, at the place with the longest match."""
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
    """Return the texts of the files that a reader of the tutorial creates, by path."""
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
    problems = [f"the app has {name}, which the page does not create" for name in app.keys() - page]
    problems += [f"the page creates {name}, which the app lacks" for name in page.keys() - app]
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
        raise StepError("the page does not end with the app's files:\n" + "\n".join(problems))
