"""What was going on when an exception was raised: the calls, their source code and variables."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType, TracebackType
from typing import Any, Final

from clastic.debug.values import CUT, NamedText, ValueWriter
from clastic.describe import format_location
from clastic.secrets import Secrets
from clastic.text import to_text

APPLICATION: Final = "application"
FRAMEWORK: Final = "framework"
LIBRARY: Final = "library"

# How many frames of an exception are recorded: the outer ones, and the inner ones.
_OUTER_FRAMES = 10
_INNER_FRAMES = 30
_LINES_AROUND = 5
_LONGEST_LINE = 240
_MOST_VARIABLES = 40

_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")


@dataclass(frozen=True)
class Line:
    """A line of source code.

    :param number: from 1
    :param text: without its end
    """

    number: int
    text: str


@dataclass(frozen=True)
class Frame:
    """A call that an exception went through, as it was at that time.

    :param file: where its code is, relative to the working directory where it lies below it
    :param line: the number of the line that was running
    :param function: the name of the function
    :param module: the name of its module, empty if it has none
    :param origin: whose code it is: :data:`APPLICATION`, :data:`FRAMEWORK` or :data:`LIBRARY`
    :param source: that line and those around it; none where there is no source
    :param marked: from which character of the line, counted from 0, to before which one is what
        was running; None if that is not known
    :param variables: its local variables
    :param variables_left_out: how many more it has
    :param frames_left_out: how many frames between this one and the one before are left out
    """

    file: str
    line: int
    function: str
    module: str
    origin: str
    source: tuple[Line, ...]
    marked: tuple[int, int] | None
    variables: tuple[NamedText, ...]
    variables_left_out: int
    frames_left_out: int = 0

    @property
    def place(self) -> str:
        """The file and the line, as in ``app.py:12``."""
        return f"{self.file}:{self.line}"

    @property
    def code(self) -> str:
        """The line that was running, without the white space around it."""
        return next((line.text.strip() for line in self.source if line.number == self.line), "")


def read_frames(traceback: TracebackType | None, writer: ValueWriter) -> tuple[Frame, ...]:
    """Return the calls of a traceback, the outermost first; of very many only some at both ends.

    :param writer: writes the variables
    """
    steps: list[TracebackType] = []
    while traceback is not None:
        steps.append(traceback)
        traceback = traceback.tb_next
    left_out = max(len(steps) - _OUTER_FRAMES - _INNER_FRAMES, 0)
    inner = steps[_OUTER_FRAMES + left_out :]
    frames = []
    # The inner ones first, for they tell most, and the room on a page is limited.
    for step in reversed(inner):
        frames.append(_read_frame(step, writer, left_out if step is inner[0] else 0))
    for step in reversed(steps[:_OUTER_FRAMES]):
        frames.append(_read_frame(step, writer, 0))
    return tuple(reversed(frames))


def _read_frame(step: TracebackType, writer: ValueWriter, frames_left_out: int) -> Frame:
    frame, line = step.tb_frame, step.tb_lineno
    code = frame.f_code
    module = frame.f_globals.get("__name__")
    source, marked = _read_source(frame, line, step.tb_lasti, writer.secrets)
    variables, variables_left_out = _read_variables(frame, writer)
    return Frame(
        file=format_location(code.co_filename, line).rpartition(":")[0],
        line=line,
        function=_name_of(code),
        module=module if isinstance(module, str) else "",
        origin=origin_of(frame),
        source=source,
        marked=marked,
        variables=variables,
        variables_left_out=variables_left_out,
        frames_left_out=frames_left_out,
    )


def _name_of(code: CodeType) -> str:
    qualified: str = getattr(code, "co_qualname", code.co_name)  # from Python 3.11 on
    # A chain is renamed after its route.
    return (
        qualified.rpartition("<locals>.")[2] if qualified.endswith(code.co_name) else code.co_name
    )


def origin_of(frame: FrameType) -> str:
    """Tell whose code a frame runs: the application's, the framework's, or of another library."""
    filename = frame.f_code.co_filename
    module = f"{frame.f_globals.get('__name__')}."
    if module.startswith("clastic.") or filename.startswith("<clastic "):
        return FRAMEWORK
    is_installed = _INSTALLED.search(filename) or filename.startswith(_library_folders())
    return LIBRARY if is_installed else APPLICATION


@lru_cache(maxsize=1)
def _library_folders() -> tuple[str, ...]:
    """Return where the standard library lies, and what is frozen."""
    paths = sysconfig.get_paths()
    return ("<frozen ", paths["stdlib"] + os.sep, paths["platstdlib"] + os.sep)


def _read_source(
    frame: FrameType, line: int, instruction: int, secrets: Secrets
) -> tuple[tuple[Line, ...], tuple[int, int] | None]:
    """Return the lines around the one that is running, and what part of that is."""
    filename = frame.f_code.co_filename
    try:
        linecache.checkcache(filename)
        lines = linecache.getlines(filename, frame.f_globals)
    except Exception:  # a loader of the application may be asked
        lines = []
    first = max(line - _LINES_AROUND, 1)
    near = lines[first - 1 : line + _LINES_AROUND]
    shown = [_clip(text.rstrip("\r\n"), secrets) for text in near]
    masked = secrets.mask("\n".join(shown), is_source=True).split("\n") if shown else []
    source = tuple(Line(number, to_text(text)) for number, text in enumerate(masked, first))
    running = line - first
    if running < len(shown) and shown[running] == source[running].text:
        return source, _read_mark(frame.f_code, instruction, line, shown[running])
    return source, None


def _clip(text: str, secrets: Secrets) -> str:
    if len(text) <= _LONGEST_LINE:
        return text
    return secrets.mask(text, _LONGEST_LINE, is_source=True) + CUT


def _read_mark(code: CodeType, instruction: int, line: int, text: str) -> tuple[int, int] | None:
    """Return which characters of a line an instruction is from, unless it is all of them."""
    positions: Iterable[tuple[int | None, ...]] = getattr(
        code, "co_positions", tuple
    )()  # from Python 3.11 on
    first, last, start, end = next(islice(positions, instruction // 2, None), (None,) * 4)
    if first != line or start is None or end is None:
        return None
    data = text.encode()
    begin = len(data[:start].decode("utf-8", "replace"))
    stop = len(data[:end].decode("utf-8", "replace")) if last == first else len(text)
    return None if text[begin:stop] == text.strip() else (begin, stop)


def _read_variables(frame: FrameType, writer: ValueWriter) -> tuple[tuple[NamedText, ...], int]:
    """Return the variables of a frame as text, and how many more it has."""
    variables = variables_of(frame)
    shown = tuple(
        NamedText(name, writer.write(name, value))
        for name, value in islice(variables.items(), _MOST_VARIABLES)
    )
    return shown, len(variables) - len(shown)


def variables_of(frame: FrameType) -> dict[str, Any]:
    """Return the local variables of a frame, but those that Python makes for itself."""
    try:
        variables = dict(frame.f_locals)
    except Exception:  # code can be run with a mapping of the application
        return {}
    return {
        name: value
        for name, value in variables.items()
        if type(name) is str and name.isidentifier() and not name.startswith("__")
    }
