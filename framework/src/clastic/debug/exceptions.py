"""An exception with all that led to it, written down while it is handled: nothing is kept alive."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from clastic.debug.frames import APPLICATION, FRAMEWORK, Frame, origin_of, read_frames, variables_of
from clastic.debug.guarded import Guard
from clastic.debug.inspection import attributes_of
from clastic.debug.traceback_text import traceback_text
from clastic.debug.values import ValueWriter
from clastic.secrets import Secrets

CAUSE: Final = "cause"
CONTEXT: Final = "context"
MEMBER: Final = "member"

# How many exceptions are recorded, and how many notes of one.
_MOST_EXCEPTIONS = 10
_MOST_NOTES = 10
_LONGEST_MESSAGE = 4_000
_MOST_ATTRIBUTES = 100
# How many frames of an exception are searched for secrets, the inner ones.
_MOST_SEARCHED = 40
# How many seconds the code of one object, and that of all, may take to tell what to show of it.
_PATIENCE_EACH = 0.5
_PATIENCE = 2.0


@dataclass(frozen=True)
class RaisedException:
    """An exception that was raised.

    :param number: from 1, in the order to show them
    :param relation: what it is to another one: the :data:`CAUSE` that it was raised from, the
        :data:`CONTEXT` in whose handling it was raised, or a :data:`MEMBER` of the group that it
        is. Empty for the first
    :param related_to: the number of that other one, 0 for the first
    :param type: the name of its type, with the module unless it is a built-in one
    :param message: its text
    :param notes: what was added with ``add_note`` (PEP 678)
    :param frames: the calls that it went through, the outermost first
    """

    number: int
    relation: str
    related_to: int
    type: str
    message: str
    notes: tuple[str, ...]
    frames: tuple[Frame, ...]

    @property
    def summary(self) -> str:
        """The type and the message, as Python prints them."""
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True)
class ExceptionRecord:
    """What there is to know of an exception, without any object that it had to do with.

    It has what the records of ``boltons.tbutils`` have beside their ``tb_info``.

    :param exceptions: the exception, then those it is related to
    :param exceptions_left_out: how many more there are at least
    :param secrets: what is not shown of it
    """

    exceptions: tuple[RaisedException, ...]
    exceptions_left_out: int
    secrets: Secrets

    @classmethod
    def from_current(cls, secrets: Secrets | None = None) -> ExceptionRecord:
        """Record the exception that is being handled.

        :param secrets: what is known not to be for showing; what else the frames have is added
        :raises ValueError: if none is being handled
        """
        error = sys.exc_info()[1]
        if error is None:
            raise ValueError("no exception is being handled")
        secrets = Secrets() if secrets is None else secrets
        found, left_out = _find_related(error)
        secrets.add_named(*_what_to_search((each.error for each in found), secrets))
        with Guard(_PATIENCE_EACH, _PATIENCE) as guard:
            writer = ValueWriter(secrets, guard)
            raised = tuple(_read(number, each, writer) for number, each in enumerate(found, 1))
        return cls(raised, left_out, secrets)

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
        return traceback_text(self.exceptions)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "exceptions": [asdict(raised) for raised in self.exceptions],
            "exceptions_left_out": self.exceptions_left_out,
        }


class _Related(NamedTuple):
    error: BaseException
    relation: str
    related_to: int


def _find_related(error: BaseException) -> tuple[list[_Related], int]:
    """Return an exception and those it is related to, and how many more there are at least."""
    found: list[_Related] = []
    seen: set[int] = set()
    waiting = [_Related(error, "", 0)]
    while waiting and len(found) < _MOST_EXCEPTIONS:
        related = waiting.pop()
        if id(related.error) not in seen:
            seen.add(id(related.error))
            found.append(related)
            waiting += [
                _Related(other, relation, len(found))
                for relation, other in reversed(_relatives_of(related.error))
            ]
    return found, len(waiting)


def _relatives_of(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the members of an exception if it is a group, then its cause or its context."""
    relatives = [(MEMBER, member) for member in _members_of(error)]
    if error.__cause__ is not None:
        relatives.append((CAUSE, error.__cause__))
    elif error.__context__ is not None and not error.__suppress_context__:
        relatives.append((CONTEXT, error.__context__))
    return relatives


def _members_of(error: BaseException) -> Sequence[BaseException]:
    # By its name, for before Python 3.11 the type comes from a package.
    if any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
        return error.exceptions  # type: ignore[attr-defined, no-any-return]
    return ()


def _what_to_search(errors: Iterable[BaseException], secrets: Secrets) -> Iterator[Any]:
    """Give what has the secrets that exceptions may show: the variables of their frames, mostly."""
    for error in errors:
        yield error.args
        yield error
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        for frame in reversed(frames[-_MOST_SEARCHED:]):
            origin = origin_of(frame)
            if origin != FRAMEWORK:
                yield variables_of(frame)
            if origin == APPLICATION:
                yield {
                    name: value
                    for name, value in frame.f_globals.items()
                    if secrets.is_secret_name(name)
                }


def _read(number: int, related: _Related, writer: ValueWriter) -> RaisedException:
    error = related.error
    kind = type(error)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return RaisedException(
        number=number,
        relation=related.relation,
        related_to=related.related_to,
        type=prefix + kind.__qualname__,
        message=writer.ask(lambda: _message_of(error), _LONGEST_MESSAGE),
        notes=tuple(
            writer.ask(lambda note=note: str(note), _LONGEST_MESSAGE)  # type: ignore[misc]
            for note in _notes_of(error)[:_MOST_NOTES]
        ),
        frames=read_frames(error.__traceback__, writer),
    )


def _message_of(error: BaseException) -> str:
    message = str(error)
    if isinstance(error, SyntaxError):
        # The line at fault is in none of the frames.
        message += "\n" + "".join(traceback.format_exception_only(type(error), error)[:-1])
    return message.rstrip()


def _notes_of(error: BaseException) -> list[Any]:
    notes = dict(attributes_of(error, _MOST_ATTRIBUTES)).get("__notes__")
    return notes if type(notes) is list else []
