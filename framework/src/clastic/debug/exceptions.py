"""Record an exception as text: related exceptions, frames, source lines and variables."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

from clastic.debug.values import NamedText, ValueWriter, shorten
from clastic.describe import format_location
from clastic.secrets import Secrets
from clastic.text import to_text

APPLICATION: Final = "application"
FRAMEWORK: Final = "framework"
LIBRARY: Final = "library"

CAUSE: Final = "cause"
CONTEXT: Final = "context"
MEMBER: Final = "member"

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

    :param file: the path of the file, relative to the working directory if it is below it
    :param line: the number of the line that was running
    :param function: the qualified name of the function
    :param origin: whose code it is: :data:`APPLICATION`, :data:`FRAMEWORK` or :data:`LIBRARY`
    :param source: that line and those around it; empty if there is no source
    :param first_line: the number of the first of these
    :param marked: the slice of the line that was running, if it is known and not all of the line
    :param variables: the local variables
    :param variables_left_out: how many more of them there are
    """

    file: str
    line: int
    function: str
    origin: str
    source: tuple[str, ...]
    first_line: int
    marked: tuple[int, int] | None
    variables: tuple[NamedText, ...]
    variables_left_out: int

    @property
    def place(self) -> str:
        """The file and the line: ``app.py:12``."""
        return f"{self.file}:{self.line}"

    @property
    def code(self) -> str:
        """The line that was running, without indentation."""
        return self.source[self.line - self.first_line].strip() if self.source else ""


@dataclass(frozen=True)
class RaisedException:
    """An exception of a record.

    :param number: from 1, in the order to show them
    :param relation: its relation to another exception: its :data:`CAUSE`, its :data:`CONTEXT`, or a
        :data:`MEMBER` of that group. Empty for the first
    :param related_to: the number of the other exception, 0 for the first
    :param type: the name of its type, with the module unless it is built in
    :param message: the message
    :param notes: the notes (PEP 678)
    :param frames: the innermost frames, the outer ones first; empty if it was never raised
    :param frames_left_out: how many more of them there are
    """

    number: int
    relation: str
    related_to: int
    type: str
    message: str
    notes: tuple[str, ...]
    frames: tuple[Frame, ...]
    frames_left_out: int

    @property
    def application_frame(self) -> Frame | None:
        """The innermost frame in the code of the application."""
        own = [frame for frame in self.frames if frame.origin == APPLICATION]
        return own[-1] if own else None


@dataclass(frozen=True)
class ExceptionRecord:
    """An exception and those related to it, as text only: it keeps no object alive.

    It has what ``boltons.tbutils.ExceptionInfo`` has, except for ``tb_info``.

    :param exceptions: the exception, then those it is related to
    :param exceptions_left_out: at least how many more of these there are
    :param traceback: the traceback as Python prints it
    :param secrets: the secrets that were masked
    """

    exceptions: tuple[RaisedException, ...]
    exceptions_left_out: int
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
        found, left_out = _find_related(error)
        for each in found:
            secrets.add_named(*_values_of(each.error, secrets))
        writer = ValueWriter(secrets)
        raised = [_read_exception(number, each, writer) for number, each in enumerate(found, 1)]
        return cls(tuple(raised), left_out, _format_traceback(error, secrets), secrets)

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

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {
            "exceptions": [asdict(raised) for raised in self.exceptions],
            "exceptions_left_out": self.exceptions_left_out,
        }


class _Related(NamedTuple):
    error: BaseException
    relation: str
    related_to: int


def _find_related(error: BaseException) -> tuple[list[_Related], int]:
    """Return an exception and those it is related to, and at least how many more there are."""
    found: list[_Related] = []
    seen: set[int] = set()
    waiting = [_Related(error, "", 0)]
    while waiting and len(found) < _EXCEPTIONS:
        related = waiting.pop()
        if id(related.error) not in seen:
            seen.add(id(related.error))
            found.append(related)
            others = [_Related(*other, len(found)) for other in _related_to(related.error)]
            waiting += reversed(others)
    return found, len(waiting)


def _related_to(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    # By the name of the type: before Python 3.11 it comes from a package.
    if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
        for member in error.exceptions:  # type: ignore[attr-defined]
            yield member, MEMBER
    if error.__cause__ is not None:
        yield error.__cause__, CAUSE
    elif error.__context__ is not None and not error.__suppress_context__:
        yield error.__context__, CONTEXT


def _values_of(error: BaseException, secrets: Secrets) -> Iterator[object]:
    """Return the values of an exception in which secrets are looked for."""
    yield error.args
    yield error
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames[-_FRAMES:]):
        origin = _origin_of(frame)
        if origin != FRAMEWORK:
            yield _variables_of(frame)
        if origin == APPLICATION:
            names = filter(secrets.is_secret_name, frame.f_globals)
            yield {name: frame.f_globals[name] for name in names}


def _read_exception(number: int, related: _Related, writer: ValueWriter) -> RaisedException:
    error = related.error
    kind = type(error)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    notes = getattr(error, "__notes__", ())
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    steps = list(zip(frames, traceback.extract_tb(error.__traceback__), strict=True))
    # The innermost first: they matter most if there is too much to show.
    read = [_read_frame(*step, writer) for step in reversed(steps[-_FRAMES:])]
    message: object = error
    if isinstance(error, SyntaxError):  # the line with the error is in no frame
        message = "".join(traceback.format_exception_only(error)).rstrip()
    return RaisedException(
        number=number,
        relation=related.relation,
        related_to=related.related_to,
        type=prefix + kind.__qualname__,
        message=writer.write_str(message, _MESSAGE),
        notes=tuple(
            writer.write_str(note, _MESSAGE)
            for note in (notes[:_NOTES] if isinstance(notes, list) else ())
        ),
        frames=tuple(reversed(read)),
        frames_left_out=len(steps) - len(read),
    )


def _format_traceback(error: BaseException, secrets: Secrets) -> str:
    text = "".join(traceback.format_exception(error))
    # Only the indented lines are source code.
    lines = shorten(text, _TRACEBACK, secrets, is_source=True).splitlines()
    masked = [line if line.startswith("    ") else secrets.mask(line) for line in lines]
    return "\n".join(masked) + "\n"


def _read_frame(frame: FrameType, summary: traceback.FrameSummary, writer: ValueWriter) -> Frame:
    line = summary.lineno or 0
    first_line = max(line - _LINES_AROUND, 1)
    source = _read_source(frame, first_line, line + _LINES_AROUND, writer.secrets)
    is_there = line - first_line < len(source)
    variables = _variables_of(frame)
    shown = islice(variables.items(), _VARIABLES)
    return Frame(
        file=format_location(summary.filename, line).rpartition(":")[0],
        line=line,
        function=_function_name(frame.f_code),
        origin=_origin_of(frame),
        source=source if is_there else (),
        first_line=first_line,
        marked=_read_mark(summary, source[line - first_line]) if is_there else None,
        variables=tuple(writer.write(name, value) for name, value in shown),
        variables_left_out=max(len(variables) - _VARIABLES, 0),
    )


def _function_name(code: CodeType) -> str:
    qualified: str = getattr(code, "co_qualname", code.co_name)  # new in Python 3.11
    # The function of a chain is renamed after its route.
    is_renamed = not qualified.endswith(code.co_name)
    return code.co_name if is_renamed else qualified.rpartition("<locals>.")[2]


def _origin_of(frame: FrameType) -> str:
    filename = frame.f_code.co_filename
    module = str(frame.f_globals.get("__name__"))
    if f"{module}.".startswith("clastic.") or filename.startswith("<clastic "):
        return FRAMEWORK
    library = sysconfig.get_path("stdlib")
    is_library = _INSTALLED.search(filename) or filename.startswith((library, "<frozen "))
    return LIBRARY if is_library else APPLICATION


def _read_source(frame: FrameType, first: int, last: int, secrets: Secrets) -> tuple[str, ...]:
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)[first - 1 : last]
    near = [_shorten_line(line.rstrip("\r\n"), secrets) for line in lines]
    masked = secrets.mask("\n".join(near), is_source=True).split("\n") if near else []
    return tuple(map(to_text, masked))


def _shorten_line(line: str, secrets: Secrets) -> str:
    return line if len(line) <= _LINE else shorten(line, _LINE, secrets, is_source=True)


def _read_mark(summary: traceback.FrameSummary, line: str) -> tuple[int, int] | None:
    """Return which part of a line was running, unless it is all of the line."""
    start, end = (getattr(summary, name, None) for name in ("colno", "end_colno"))  # Python 3.11
    if start is None or end is None or line.strip() != (summary.line or "").strip():
        return None  # no columns, or a mask is in the line
    is_one_line = getattr(summary, "end_lineno", None) == summary.lineno
    data = line.encode()  # the columns are those of bytes
    first, last = (len(data[:column].decode(errors="replace")) for column in (start, end))
    marked = (first, last if is_one_line else len(line))
    return None if line[slice(*marked)] == line.strip() else marked


def _variables_of(frame: FrameType) -> dict[str, Any]:
    """Return the local variables of a frame, without those that Python itself defines."""
    try:
        variables = dict(frame.f_locals)
    except Exception:  # code can run with any mapping as its variables
        return {}
    return {
        name: value
        for name, value in variables.items()
        if type(name) is str and name.isidentifier() and not name.startswith("__")
    }
