"""What a traceback says, as data: read from the text that Python prints."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, replace

_HEADERS = (
    "Traceback (most recent call last):",
    "Exception Group Traceback (most recent call last):",
)
_BRANCH = re.compile(r"^  [|+] ", re.MULTILINE)
_FILE_LINE = re.compile(r'^  File "(.+)", line (\d+)(?:, in (.*))?$')
_ANY_FILE = re.compile(r'^ *(?:\| )* *File "(.+)", line \d+', re.MULTILINE)
_ERROR_LINE = re.compile(r"^([^\W\d][\w.]*)(?:: (.*))?$", re.DOTALL)
_MARKS = re.compile(r"^\s*[~^]+\s*$")

# What Python prints between two errors of which one has led to the other.
_LINKS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)

_OWN_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


@dataclass(frozen=True)
class Frame:
    """One place of a stack.

    :ivar file: the path of the source, or what stands for it: ``<string>``
    :ivar line: its number, from 1
    :ivar function: the name of what runs there; ``None`` where Python could not read the line
    :ivar code: the line, without indentation; empty where it is not known
    :ivar marks: where in it the error is: ``~`` and ``^`` below the code; may be empty
    """

    file: str
    line: int
    function: str | None = None
    code: str = ""
    marks: str = ""


@dataclass(frozen=True)
class Failure:
    """One error with its stack.

    :ivar kind: the type of the error, with its module; empty where the text has none
    :ivar message: what it says, of any number of lines
    :ivar frames: the outermost first
    :ivar link: how it has led to the next failure; empty for the last one
    """

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    link: str = ""

    @property
    def name(self) -> str:
        """The type without its module."""
        return self.kind.rpartition(".")[2]

    def place(self, files: Collection[str] = ()) -> Frame | None:
        """Return the frame to look at first: the innermost one outside of Clastic.

        :param files: paths of the program's files: the innermost one in these is preferred
        """
        frames = [frame for frame in self.frames if not frame.file.startswith(_OWN_FOLDER)]
        if frames and frames[-1].function is not None:
            frames = [frame for frame in frames if frame.file in files] or frames
        return frames[-1] if frames else None


def files_named(text: str) -> list[str]:
    """Return the absolute paths of the files that tracebacks in a text name, each once."""
    return list(dict.fromkeys(path for path in _ANY_FILE.findall(text) if os.path.isabs(path)))


def read_failures(text: str) -> list[Failure]:
    """Return the errors that a text tells of, the one that counts last.

    A text without a traceback is one failure, which has no kind. What is before a traceback is left
    out.
    """
    reader = _Reader()
    # An exception group is drawn as a tree. What is at its root reads like any other error.
    for line in _BRANCH.sub("", text).splitlines():
        reader.take(line)
    reader.finish()
    return reader.failures or [Failure("", text.strip("\n"))]


class _Reader:
    """Takes the lines of a text one by one, and makes failures of them."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self._frames: list[Frame] = []
        self._message: list[str] = []
        self._indentation = 0  # of the last line of code, in characters

    def take(self, line: str) -> None:
        if line in _HEADERS:
            self.finish()
        elif self._message:
            if line in _LINKS:
                self.finish(line)
            else:
                self._message.append(line)
        elif match := _FILE_LINE.match(line):
            file, number, function = match.groups()
            self._frames.append(Frame(file, int(number), function))
        elif self._frames and line.startswith(" "):
            self._add_source(line)
        elif self._frames and line:
            self._message.append(line)

    def _add_source(self, line: str) -> None:
        frame = self._frames[-1]
        if not frame.code:
            self._indentation = len(line) - len(line.lstrip())
            self._frames[-1] = replace(frame, code=line.strip())
        elif not frame.marks and _MARKS.match(line):
            self._frames[-1] = replace(frame, marks=line[self._indentation :].rstrip())

    def finish(self, link: str = "") -> None:
        """End the current failure, if there is one."""
        message = "\n".join(self._message).strip("\n")
        if message:
            match = _ERROR_LINE.match(message)
            kind, rest = match.groups() if match else ("", message)
            self.failures.append(Failure(kind, rest or "", tuple(self._frames), link))
        self._frames, self._message = [], []
