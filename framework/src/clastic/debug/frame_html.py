"""The exceptions of a debug report as HTML: for each call its source code and variables."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from clastic.debug.exceptions import RaisedException
from clastic.debug.frames import APPLICATION, Frame, Line
from clastic.debug.text import RELATIONS, left_out
from clastic.debug.values import NamedText

# How many frames of an exception are open at first: the inner ones of the application.
_MOST_OPEN = 5

_SECTION = Markup("<section>\n<h2>%s</h2>\n%s%s</section>\n")
_HEADING = Markup('%s: <span class="exception">%s</span>')
_MESSAGE = Markup('<p class="message">%s</p>\n')
_NOTE = Markup('<p class="note">%s</p>\n')
_HINT = Markup('<p class="hint">%s</p>\n')
_FRAMES = Markup('<ol class="frames">\n%s</ol>\n')
_FRAME = Markup("""\
<li><details%(kind)s%(open)s>
<summary><code class="function">%(function)s</code> <code class="preview">%(code)s</code> \
<span class="place soft">%(place)s</span></summary>
%(source)s%(variables)s%(hint)s</details></li>
""")
_SOURCE = Markup('<pre class="source">%s</pre>\n')
_LINE = Markup('<span class="line%s"><span class="number">%d</span><span>%s</span></span>')
_MARKED = Markup("%s<mark>%s</mark>%s")
_NAMED = Markup("<dl>\n%s</dl>\n")
_PAIR = Markup("<dt>%s</dt><dd>%s</dd>\n")


def message_html(exception: RaisedException) -> Markup:
    """Return the message and the notes of an exception."""
    message = _MESSAGE % exception.message if exception.message else Markup()
    return message + Markup().join(_NOTE % note for note in exception.notes)


def exception_html(exception: RaisedException) -> Markup:
    """Return the section on an exception; the first one's message is in the header of the page."""
    if not exception.relation:
        return _SECTION % ("Calls, the most recent first", "", _frames_html(exception))
    heading = _HEADING % (RELATIONS[exception.relation], exception.type)
    return _SECTION % (heading, message_html(exception), _frames_html(exception))


def named_html(values: Sequence[NamedText]) -> Markup:
    """Return names with their values; nothing if there are none."""
    pairs = Markup().join(_PAIR % (each.name, each.value) for each in values)
    return _NAMED % pairs if pairs else Markup()


def hint_html(hint: str) -> Markup:
    """Return a paragraph of less weight; nothing if it is empty."""
    return _HINT % hint if hint else Markup()


def _frames_html(exception: RaisedException) -> Markup:
    if not exception.frames:
        return hint_html("It was never raised itself, so it has no calls.")
    opened: dict[str, Frame] = {}
    for frame in reversed(exception.frames):
        if frame.origin == APPLICATION and len(opened) < _MOST_OPEN:
            opened.setdefault(frame.place, frame)  # a recursion need not be shown often
    if not opened:
        opened = {"": exception.frames[-1]}
    return _FRAMES % Markup().join(
        _frame_html(frame, any(frame is each for each in opened.values()))
        for frame in reversed(exception.frames)
    )


def _frame_html(frame: Frame, is_open: bool) -> Markup:
    hints = (
        "" if frame.source else "Its source code is not there.",
        left_out(frame.variables_left_out, "variables are"),
        left_out(frame.frames_left_out, "calls before this one are"),
    )
    lines = Markup().join(_line_html(line, frame) for line in frame.source)
    return _FRAME % {
        "kind": Markup("") if frame.origin == APPLICATION else Markup(' class="other"'),
        "open": Markup(" open") if is_open else "",
        "function": frame.function,
        "code": frame.code,
        "place": frame.place,
        "source": _SOURCE % lines if lines else "",
        "variables": named_html(frame.variables),
        "hint": hint_html(" ".join(hint for hint in hints if hint)),
    }


def _line_html(line: Line, frame: Frame) -> Markup:
    if line.number != frame.line:
        return _LINE % ("", line.number, line.text)
    text = line.text
    if frame.marked is not None:
        begin, end = frame.marked
        text = _MARKED % (text[:begin], text[begin:end], text[end:])
    return _LINE % (" running", line.number, text)
