"""Read INI files whose heads name an object and its class: ``[skin.red colorhello.Red]``."""

from __future__ import annotations

import re
from configparser import (
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
    RawConfigParser,
)
from typing import NamedTuple

_HEAD = re.compile(r"\s*\[(?P<title>.+)\]")
_OPTION = re.compile(r"\s*(?P<key>[^=:\s#;][^=:]*?)\s*[=:]")

_BOOLEANS = ("true", "false", "yes", "no", "on", "off", "1", "0")


class IniSyntaxError(ValueError):
    """A file is not an INI file.

    :param line: the number of the line
    :param reason: the end of a sentence, without the content of the line, which may be secret
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Head(NamedTuple):
    """A section of an INI file.

    :param name: the first word of its head
    :param title: the whole head
    :param line: the line of the head
    :param values: the text of each value by key; a class in the head is the value of ``use``
    :param lines: the line of each key
    """

    name: str
    title: str
    line: int
    values: dict[str, str]
    lines: dict[str, int]


def read_ini(text: str) -> list[Head]:
    """Return the sections of an INI file.

    ``class: module.Class`` in a section whose head has no class attaches the class itself, as
    ``use`` and ``class = true`` do.

    :raises IniSyntaxError: if it is not an INI file
    """
    parser = _Parser(interpolation=None, default_section="", empty_lines_in_values=False)
    try:
        parser.read_string(text)
    except MissingSectionHeaderError as error:
        raise IniSyntaxError(error.lineno, "a key is above the first section") from error
    except DuplicateSectionError as error:
        raise IniSyntaxError(error.lineno or 1, f"[{error.section}] appears twice") from error
    except DuplicateOptionError as error:
        reason = f"'{error.option}' appears twice in [{error.section}]"
        raise IniSyntaxError(error.lineno or 1, reason) from error
    except ParsingError as error:
        line = error.errors[0][0] if error.errors else 1
        reason = "the line is not a section or a comment, and has no '='"
        raise IniSyntaxError(line, reason) from error
    lines = _find_lines(text, parser)
    return [_head(parser, title, lines) for title in parser.sections()]


class _Parser(RawConfigParser):
    """Keep the case of keys."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _find_lines(text: str, parser: RawConfigParser) -> dict[tuple[str, str], int]:
    """Return the line of each head, with an empty key, and of each key of a section."""
    lines: dict[tuple[str, str], int] = {}
    title = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if (head := _HEAD.match(line)) and parser.has_section(head["title"]):
            title = head["title"]
            lines.setdefault((title, ""), number)
        elif (option := _OPTION.match(line)) and parser.has_option(title, option["key"]):
            lines.setdefault((title, option["key"]), number)
    return lines


def _head(parser: RawConfigParser, title: str, lines: dict[tuple[str, str], int]) -> Head:
    name, *classes = title.split(None, 1)
    values = dict(parser.items(title))
    found = {key: lines[title, key] for key in values if (title, key) in lines}
    if classes:
        values = {"use": classes[0], **values}
    elif values.get("class", "true").lower() not in _BOOLEANS:
        values["use"] = values["class"]
        values["class"] = "true"
    return Head(name, title, lines.get((title, ""), 1), values, found)
