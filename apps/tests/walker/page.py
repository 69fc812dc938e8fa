"""Read a page: the steps in its fenced blocks, and the images that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from transcripts import TranscriptError, read_commands

ATTRIBUTE = re.compile(r"(file|from)=(\S+)")
NUMBERED = re.compile(r"(\d+)\. (.+)")


class StepError(TranscriptError):
    """A step failed. The location is added by ``walk_error``."""


class WalkError(Exception):
    """A page is wrong; the message begins with the location."""


@dataclass(frozen=True)
class Step:
    """One step of a tutorial.

    :param chapter: the heading above it
    :param line: its first line on the page, counted from 1
    :param kind: ``write``, ``change``, ``quote``, ``command`` or ``browse``
    :param subject: the file, the command or the browser action
    :param text: the text of the file, the change, the quotation or the expected output
    """

    chapter: str
    line: int
    kind: str
    subject: str
    text: str = ""


@dataclass(frozen=True)
class Page:
    """A tutorial.

    :param pictures: the paths of its images, as written on the page
    """

    path: Path
    steps: tuple[Step, ...]
    pictures: frozenset[str]


def read_page(path: Path) -> Page:
    """Read a page. Raise WalkError for a block of an unknown kind."""
    steps: list[Step] = []
    pictures: set[str] = set()
    chapter, heading = path.name, False
    for token in MarkdownIt("commonmark").parse(path.read_text("utf-8")):
        if token.type == "inline":
            if heading:
                chapter = token.content
            children = token.children or []
            pictures.update(str(child.attrs["src"]) for child in children if child.type == "image")
        heading = token.type == "heading_open" and token.tag in ("h1", "h2")
        if token.type in ("fence", "code_block"):
            steps.extend(_steps_of(path, chapter, token))
    return Page(path, tuple(steps), frozenset(pictures))


def _steps_of(path: Path, chapter: str, token: Token) -> Iterator[Step]:
    """Yield the steps of one block."""
    line = (token.map or [0])[0] + 1
    language, _, rest = token.info.strip().partition(" ")
    attribute = ATTRIBUTE.fullmatch(rest.strip())
    try:
        if language == "console" and not rest:
            parts = _commands_of(token.content)
        elif language == "browser" and not rest:
            parts = _actions_of(token.content)
        elif attribute and language == "diff" and attribute[1] == "file":
            parts = _changes_of(attribute[2], token.content)
        elif attribute and language:
            kind = "write" if attribute[1] == "file" else "quote"
            parts = iter([(0, kind, attribute[2], token.content)])
        else:
            raise StepError(
                f"unknown block '{token.info.strip() or 'without a language'}': use "
                "'LANGUAGE file=NAME', 'diff file=NAME', 'LANGUAGE from=NAME', 'console' or "
                "'browser'"
            )
        for offset, kind, subject, text in parts:
            yield Step(chapter, line + offset, kind, subject, text)
    except TranscriptError as error:
        raise walk_error(path, line, chapter, error) from error


def walk_error(path: Path, line: int, chapter: str, error: object) -> WalkError:
    """Return the error of a step with its location."""
    return WalkError(f"{path.parent.name}/{path.name}:{line}, in '{chapter}': {error}")


# Each part of a block: its offset in lines, and the kind, subject and text of its step.
Parts = Iterator[tuple[int, str, str, str]]


def _commands_of(text: str) -> Parts:
    """Yield each command of a block, with its expected output."""
    for command in read_commands(text):
        yield command.offset + 1, "command", command.text, command.output


def _actions_of(text: str) -> Parts:
    """Yield each numbered step of a block."""
    for number, line in enumerate(text.splitlines(), 1):
        match = NUMBERED.fullmatch(line.strip())
        if not match or int(match[1]) != number:
            raise StepError(f"'{line}' must be step {number}, such as '{number}. open URL'")
        yield number, "browse", match[2], ""


def _changes_of(name: str, text: str) -> Parts:
    """Yield each change of a block; a line ``@@`` separates them."""
    lines = text.splitlines()
    start = 0
    for number, line in enumerate([*lines, "@@"]):
        if line.startswith("@@"):
            yield start + 1, "change", name, "".join(f"{each}\n" for each in lines[start:number])
            start = number + 1
