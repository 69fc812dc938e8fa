"""Record an exception as text: related exceptions, frames, source lines and variables."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from clastic.debug.values import CUT, NamedText, ValueWriter, shorten, type_name
from clastic.describe import format_location
from clastic.secrets import Secrets
from clastic.text import to_text

# The most exceptions of a record, notes of an exception, and characters of a message.
_EXCEPTIONS = 10
_NOTES = 10
_MESSAGE = 4_000
_TRACEBACK = 50_000
# The most frames of an exception, lines before and after the one that was running, characters of a
# line, and variables of a frame.
_FRAMES = 40
_LINES_AROUND = 5
_LINE = 240
_VARIABLES = 40

_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")


@dataclass(frozen=True)
class Frame:
    """A frame of a traceback.

    :param place: the file and the line that was running: ``app.py:12``
    :param line: the number of that line
    :param function: the name of the function
    :param is_application: whether it is code of the application, not of Clastic or a library
    :param source: the numbers and texts of that line and those around it, if there are any
    :param marked: the slice of the line that was running, if it is known and not all of the line
    :param variables: the local variables
    """

    place: str
    line: int
    function: str
    is_application: bool
    source: tuple[tuple[int, str], ...]
    marked: tuple[int, int] | None
    variables: tuple[NamedText, ...]

    @property
    def code(self) -> str:
        """The line that was running, without indentation."""
        return dict(self.source).get(self.line, "").strip()


@dataclass(frozen=True)
class RaisedException:
    """An exception of a record.

    :param relation: its relation to an exception before it: ``cause``, ``raised while handling`` or
        ``in the group``. Empty for the first
    :param type: the name of its type, with the module unless it is built in
    :param notes: the notes (PEP 678)
    :param frames: the innermost frames, the outer ones first; empty if it was never raised
    :param frames_left_out: how many more of them there are
    """

    relation: str
    type: str
    message: str
    notes: tuple[str, ...]
    frames: tuple[Frame, ...]
    frames_left_out: int

    @property
    def application_frame(self) -> Frame | None:
        """The innermost frame in the code of the application."""
        return next((frame for frame in reversed(self.frames) if frame.is_application), None)


@dataclass(frozen=True)
class ExceptionRecord:
    """An exception and those related to it, as text only: it keeps no object alive.

    It has the type, message and traceback in the attributes of ``boltons.tbutils.ExceptionInfo``.

    :param exceptions: the exception, then those it is related to
    :param traceback: the traceback as Python prints it
    :param secrets: the secrets that were masked
    """

    exceptions: tuple[RaisedException, ...]
    traceback: str
    secrets: Secrets

    @classmethod
    def from_current(cls, secrets: Secrets | None = None) -> ExceptionRecord:
        """Record the exception that is being handled.

        :param secrets: the secrets to mask; those in variables of the frames are added
        :raises ValueError: if no exception is being handled
        """
        error = sys.exc_info()[1]
        if error is None:
            raise ValueError("no exception is being handled")
        secrets = Secrets() if secrets is None else secrets
        related = list(islice(_find_related(error, "", set()), _EXCEPTIONS))
        for each, _ in related:
            secrets.add_named(*_values_of(each, secrets))
        writer = ValueWriter(secrets)
        raised = tuple(_read_exception(*each, writer) for each in related)
        return cls(raised, _format_traceback(error, secrets), secrets)

    @property
    def exc_type(self) -> str:
        """The name of the type of the exception, without its module."""
        return self.exceptions[0].type.rpartition(".")[2]

    @property
    def exc_msg(self) -> str:
        """The message of the exception."""
        return self.exceptions[0].message

    def get_formatted(self) -> str:
        """Return the traceback as Python prints it."""
        return self.traceback


def _find_related(
    error: BaseException, relation: str, seen: set[int]
) -> Iterator[tuple[BaseException, str]]:
    """Return an exception with its relation to the one before it, and those it is related to."""
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error, relation
    # By the name of the type: before Python 3.11 it comes from a package.
    if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
        for member in error.exceptions:  # type: ignore[attr-defined]
            yield from _find_related(member, "in the group", seen)
    if error.__cause__ is not None:
        yield from _find_related(error.__cause__, "cause", seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _find_related(error.__context__, "raised while handling", seen)


def _values_of(error: BaseException, secrets: Secrets) -> Iterator[object]:
    """Return the values of an exception in which secrets are looked for."""
    yield error.args
    yield error
    for frame in reversed(_innermost_frames(error.__traceback__)):
        yield _variables_of(frame)
        if _is_application(frame):
            names = filter(secrets.is_secret_name, frame.f_globals)
            yield {name: frame.f_globals[name] for name in names}


def _read_exception(error: BaseException, relation: str, writer: ValueWriter) -> RaisedException:
    secrets = writer.secrets
    notes = getattr(error, "__notes__", ())
    frames = _innermost_frames(error.__traceback__)
    summaries = traceback.extract_tb(error.__traceback__, -_FRAMES)
    # The innermost first: they matter most if there is too much to show.
    read = [_read_frame(*step, writer) for step in zip(frames[::-1], summaries[::-1], strict=True)]
    return RaisedException(
        relation=relation,
        type=type_name(error),
        message=shorten(to_text(error), _MESSAGE, secrets),
        notes=tuple(shorten(to_text(note), _MESSAGE, secrets) for note in notes[:_NOTES]),
        frames=tuple(reversed(read)),
        frames_left_out=sum(1 for _ in traceback.walk_tb(error.__traceback__)) - len(read),
    )


def _innermost_frames(trace: TracebackType | None) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(trace)][-_FRAMES:]


def _format_traceback(error: BaseException, secrets: Secrets) -> str:
    text = "".join(traceback.format_exception(error))
    # Only the indented lines are source code.
    lines = secrets.mask(text, _TRACEBACK, is_source=True).splitlines()
    masked = [line if line.startswith("    ") else secrets.mask(line) for line in lines]
    return to_text("\n".join(masked)) + "\n"


def _read_frame(frame: FrameType, summary: traceback.FrameSummary, writer: ValueWriter) -> Frame:
    line = summary.lineno or 0
    source = _read_source(frame, line, writer.secrets)
    variables = _variables_of(frame)
    shown = [writer.write(*each) for each in islice(variables.items(), _VARIABLES)]
    if len(variables) > _VARIABLES:
        shown.append(NamedText("...", f"{len(variables) - _VARIABLES} more"))
    return Frame(
        place=format_location(summary.filename, line),
        line=line,
        function=summary.name,
        is_application=_is_application(frame),
        source=source,
        marked=_read_mark(summary, dict(source).get(line, "")),
        variables=tuple(shown),
    )


def _is_application(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    if f"{frame.f_globals.get('__name__')}.".startswith("clastic."):
        return False
    others = (sysconfig.get_path("stdlib"), "<frozen ", "<clastic ")
    return not filename.startswith(others) and not _INSTALLED.search(filename)


def _read_source(frame: FrameType, line: int, secrets: Secrets) -> tuple[tuple[int, str], ...]:
    """Return the numbers and texts of a line and those around it; nothing if it is not there."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    if not 0 < line <= len(lines):
        return ()
    first = max(line - _LINES_AROUND, 1)
    near = "".join(lines[first - 1 : line + _LINES_AROUND]).removesuffix("\n")
    masked = secrets.mask(near, is_source=True).split("\n")
    return tuple((number, _shorten_line(text)) for number, text in enumerate(masked, first))


def _shorten_line(line: str) -> str:
    return to_text(line[:_LINE]) + (CUT if len(line) > _LINE else "")


def _read_mark(summary: traceback.FrameSummary, line: str) -> tuple[int, int] | None:
    """Return which part of a line was running, unless it is all of the line."""
    start, end = (getattr(summary, name, None) for name in ("colno", "end_colno"))  # Python 3.11
    is_one_line = getattr(summary, "end_lineno", None) == summary.lineno
    is_complete = line.strip() == (summary.line or "").strip()  # without a mask
    # Python counts bytes.
    if start is None or end is None or not (is_one_line and is_complete and line.isascii()):
        return None
    return None if line[start:end] == line.strip() else (start, end)


def _variables_of(frame: FrameType) -> dict[str, Any]:
    """Return the local variables of a frame, without those that Python itself defines."""
    return {
        name: value
        for name, value in frame.f_locals.items()
        if name.isidentifier() and not name.startswith("__")
    }
