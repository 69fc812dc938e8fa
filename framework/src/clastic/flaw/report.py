"""Read the text of a traceback as data, and the source code around the error."""

from __future__ import annotations

import linecache
import os
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from clastic.describe import format_location, shortest_path
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

_CONTEXT = 5  # source lines above and below the one with the error
_OWN_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")

_HEADER = "Traceback (most recent call last):\n"
_CALLS = re.compile(r'(?:^  File ".+", line \d+.*\n(?:^   .*\n|^  \[.*\n|^\n)*)+', re.MULTILINE)
_FRAME = re.compile(
    r'^  File "(.+)", line (\d{1,9})(?:, in (.*))?\n(?:^    (.*)\n)?(?:^    ([ \t~^]*[~^])\s*\n)?',
    re.MULTILINE,
)
_ERROR = re.compile(r"(?:[^\W\d]\w*\.)*([^\W\d]\w*)(?:: (.*))?", re.DOTALL)
_BRANCH = re.compile(r"^  [|+] ", re.MULTILINE)  # An exception group is drawn as a tree.
_FILE = re.compile(r'^[ |]*File "(.+)", line \d+', re.MULTILINE)
_OTHER_LINE = re.compile(r'^(?![ |]*File ").+$', re.MULTILINE)

_mask = Secrets().mask


class ParsedFrame(NamedTuple):
    """A call in a traceback.

    :param file: the path of the source file, or a name such as ``<string>``
    :param function: empty for the line of a syntax error
    :param code: the source line without indentation; empty if unknown
    :param marks: the ``~`` and ``^`` that Python writes below the code; may be empty
    """

    file: str
    line: int
    function: str
    code: str
    marks: str

    @property
    def location(self) -> str:
        """The file and line, and the function unless it is the module itself."""
        is_in_function = self.function not in ("", "<module>")
        location = format_location(self.file, self.line)
        return f"{location}, in {self.function}" if is_in_function else location


class FlawReport(NamedTuple):
    """The reason why a program failed to start.

    :param text: the whole traceback
    :param type: the exception type without its module; empty if the text is no traceback
    :param message: the message of the exception, or the text
    :param place: the call to look at first
    :param source: the numbers and texts of the lines around `place`
    :param marked: the slice of its line that Python marks
    :param files: the watched files, those of the program first
    """

    text: str
    type: str
    message: str
    place: ParsedFrame | None
    source: Sequence[tuple[int, str]]
    marked: tuple[int, int] | None
    files: Sequence[str]


def files_named(text: str) -> list[str]:
    """Return the distinct absolute paths of the files named in the tracebacks in `text`."""
    return list(dict.fromkeys(path for path in _FILE.findall(text) if os.path.isabs(path)))


def create_report(text: str, watched: Collection[str]) -> FlawReport:
    """Create the report on a failure, with secrets masked.

    Of exceptions that led to each other it is on the last one.

    :param watched: absolute paths of the watched files
    """
    text = _OTHER_LINE.sub(
        lambda line: _mask(line[0], is_source=line[0].startswith("  ")), to_text(text)
    )
    last = "\n".join([*_BRANCH.sub("", text).splitlines(), ""]).rpartition(_HEADER)[2]
    calls = _CALLS.search(last)
    message = (last[calls.end() :] if calls else text).strip("\n")
    error = _ERROR.fullmatch(message) if calls else None
    type_name, message = error.groups("") if error else ("", message)
    place = _find_place(calls[0], watched) if calls else None
    source = [] if place is None else _read_source(place)
    marked = None if place is None else _marked(place.marks, dict(source)[place.line])
    files = sorted(map(shortest_path, watched), key=os.path.isabs)
    return FlawReport(text.strip("\n"), type_name, message, place, source, marked, files)


def _find_place(calls: str, watched: Collection[str]) -> ParsedFrame | None:
    """Return the most recent call outside of Clastic, in a watched file if there is one."""
    frames = [_parse_frame(*found) for found in _FRAME.findall(calls)]
    frames = [frame for frame in frames if not frame.file.startswith(_OWN_FOLDER)]
    if frames and frames[-1].function:  # A syntax error is in the file that was read last.
        frames = [frame for frame in frames if frame.file in watched] or frames
    return frames[-1] if frames else None


def _parse_frame(file: str, line: str, function: str, code: str, marks: str) -> ParsedFrame:
    # From Python 3.13 on, tabs that indent the code are shown, also above the marks.
    indentation = len(code) - len(code.lstrip())
    return ParsedFrame(file, int(line), function, code[indentation:], marks[indentation:])


def _read_source(place: ParsedFrame) -> list[tuple[int, str]]:
    """Return the lines around a call; its line alone if the file has changed since."""
    linecache.checkcache(place.file)
    lines, here = linecache.getlines(place.file), place.line - 1
    if here >= len(lines) or _mask(lines[here], is_source=True).strip() != place.code:
        return [(place.line, place.code)]
    first = max(0, here - _CONTEXT)
    text = _mask("".join(lines[first : here + _CONTEXT + 1]), is_source=True)
    return list(enumerate(text.removesuffix("\n").split("\n"), first + 1))


def _marked(marks: str, line: str) -> tuple[int, int] | None:
    """Return the slice of a source line, which may be indented, that is above the marks."""
    if not marks or MASK in line:
        return None
    indentation = len(line) - len(line.lstrip())
    return indentation + len(marks) - len(marks.lstrip()), indentation + len(marks)
