"""The plain text of a recorded exception, as Python prints tracebacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clastic.debug.exceptions import RaisedException
    from clastic.debug.frames import Frame

_BETWEEN = {
    "cause": "The above exception was the direct cause of the following exception:",
    "context": "During handling of the above exception, another exception occurred:",
}


def traceback_text(raised: Sequence[RaisedException]) -> str:
    """Return the traceback of the first of these exceptions, with the others it is related to."""
    return "\n".join(_lines(raised[0], raised)) + "\n"


def _lines(exception: RaisedException, raised: Sequence[RaisedException]) -> Iterator[str]:
    related = [other for other in raised if other.related_to == exception.number]
    for other in related:
        if other.relation in _BETWEEN:
            yield from _lines(other, raised)
            yield f"\n{_BETWEEN[other.relation]}\n"
    if exception.frames:
        yield "Traceback (most recent call last):"
    for frame in exception.frames:
        yield from _frame_lines(frame)
    yield exception.summary
    yield from exception.notes
    for other in related:
        if other.relation not in _BETWEEN:
            yield "  +---------------- exception of the group"
            yield indent("\n".join(_lines(other, raised)), "  | ", lambda line: True)


def _frame_lines(frame: Frame) -> Iterator[str]:
    if frame.frames_left_out:
        yield f"  [{frame.frames_left_out} frames left out]"
    yield f'  File "{frame.file}", line {frame.line}, in {frame.function}'
    if frame.code:
        yield f"    {frame.code}"
    if frame.marked is not None:
        begin, end = frame.marked
        indented = next(
            len(line.text) - len(line.text.lstrip())
            for line in frame.source
            if line.number == frame.line
        )
        yield f"    {' ' * (begin - indented)}{'^' * (end - begin)}"
