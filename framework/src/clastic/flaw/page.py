"""The page of Flaw: what is wrong, where, and what will be looked at again."""

from __future__ import annotations

import os
from collections.abc import Sequence

from markupsafe import Markup

from clastic.flaw.report import Failure, Frame
from clastic.text import to_text

CONTEXT = 5
"""How many lines are shown above and below the one with the error."""

_LONGEST_SOURCE = 2_000_000  # bytes

_STYLE = Markup("""\
:root {
  color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  --accent: #b3261e; --soft: #b3261e1c;
}
@media (prefers-color-scheme: dark) { :root { --accent: #ff8a80; --soft: #ff8a8026; } }
body { margin: 0; border-top: .375rem solid var(--accent); }
main { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; color: var(--accent); }
h2 { font-size: 1.125rem; line-height: 1.25; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; max-width: 45rem; }
.message { font-size: 1.125rem; max-width: none; }
.kicker { font-weight: 600; margin: 0; }
pre, code { font: .875rem/1.6 ui-monospace, monospace; }
pre { border: 1px solid #8886; margin: 0; overflow-x: auto; padding: .5rem 0; }
pre > span { display: block; min-width: max-content; padding: 0 1rem 0 .5rem; white-space: pre; }
pre.text { margin: 0 0 1rem; padding: .5rem 0; font-size: .9375rem; }
pre.text > span { min-width: 0; padding: 0 1rem 0 3ch; text-indent: -2ch; white-space: pre-wrap; }
pre.text > span:empty::before { content: "\\a0"; }
.here { background: var(--soft); }
.marks { color: var(--accent); font-weight: 700; }
.number { opacity: .75; user-select: none; -webkit-user-select: none; }
ol, ul { margin: 0 0 1rem; padding: 0 0 0 1.5rem; }
li { margin: 0 0 .5rem; }
li code { display: block; }
summary { cursor: pointer; margin: 2rem 0 .5rem; }
pre:focus-visible, summary:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
""")

_DOCUMENT = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title>
<style>
%(style)s</style>
%(script)s</head>
<body>
<main>
%(parts)s</main>
</body>
</html>
""")

# Asks now and then whether this flaw is still the one, and loads the page again if not. A page that
# loads itself again and again would take the selection and the place from whoever reads it.
_SCRIPT = Markup("""\
<script type="module">
const look = async () => {
  try {
    const answer = await fetch("%(path)s", { method: "HEAD", cache: "no-store" });
    if (answer.headers.get("X-Flaw") !== "%(flaw)s") return location.reload();
  } catch { /* nobody answers just now */ }
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
</script>
<noscript><meta http-equiv="refresh" content="5"></noscript>
""")

_NO_KIND = "The program does not run"
_RELOADS = "This page loads again by itself when a save has mended it."
_STAYS = "Send the request again when a save has mended it."

_HEADING = Markup("<h1>%s</h1>\n")
_MESSAGE = Markup('<p class="message">%s</p>\n')
_KICKER = Markup('<p class="kicker">%s</p>\n')
_TEXT = Markup('<pre class="text">%s</pre>\n')
_TEXT_LINE = Markup("<span>%s</span>")
_PARAGRAPH = Markup("<p>%s</p>\n")
_SECTION = Markup("<section>\n<h2>%s</h2>\n%s</section>\n")
_SOURCE = Markup('<pre tabindex="0" role="region" aria-label="Source">%s</pre>\n')
_LINE = Markup('<span%s><span class="number">%s %s</span>  %s</span>')
_MARKS = Markup('<span class="here marks" aria-hidden="true">%s  %s</span>')
_STACK = Markup("<ol>\n%s</ol>\n")
_FRAME = Markup("<li>%s<code>%s</code></li>\n")
_FILES = Markup("<details>\n<summary>%s</summary>\n<ul>\n%s</ul>\n</details>\n")
_FILE = Markup("<li>%s</li>\n")


def flaw_page(
    failures: Sequence[Failure],
    place: Frame | None,
    files: Sequence[str],
    script: Markup | None = None,
) -> str:
    """Give the page for what is wrong.

    :param failures: the errors, the one that counts last
    :param place: the frame whose source to show
    :param files: the names of the files that are watched
    :param script: what loads the page again, if it is to be loaded again
    """
    last = failures[-1]
    parts = [*_headline(last), _PARAGRAPH % (_STAYS if script is None else _RELOADS)]
    if place is not None:
        parts.append(_SECTION % (_shown_place(place), _source(place)))
    if len(last.frames) > 1:
        parts.append(_SECTION % ("Stack, innermost last", _stack(last.frames)))
    for earlier in reversed(failures[:-1]):
        parts.append(_SECTION % (_relation(earlier), _stack(earlier.frames)))
    if files:
        parts.append(_watched(files))
    return str(
        _DOCUMENT
        % {
            "title": _title(last, place),
            "style": _STYLE,
            "script": script or "",
            "parts": Markup().join(parts),
        }
    )


def reload_script(state_path: str, flaw: str) -> Markup:
    """Give what loads the page again when its flaw is not the one any more.

    :param state_path: where it asks: the answer has the flaw of that time as ``X-Flaw``
    :param flaw: tells the flaw of the page from all others: letters and digits
    """
    return _SCRIPT % {"path": state_path, "flaw": flaw}


def shown_path(path: str) -> str:
    """Give a path relative to the working directory, where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, OSError):  # on another drive, or the working directory has gone
        return path
    return path if relative.startswith(os.pardir) or not os.path.isabs(path) else relative


def _headline(failure: Failure) -> list[Markup]:
    if not failure.kind:
        return [_HEADING % _NO_KIND, _text(failure.message)]
    parts = [_KICKER % _NO_KIND, _HEADING % failure.name]
    if "\n" in failure.message:
        return [*parts, _text(failure.message)]
    return [*parts, _MESSAGE % to_text(failure.message)] if failure.message else parts


def _text(text: str) -> Markup:
    """Show a text of several lines, which may be drawn: its lines stay as they are."""
    return _TEXT % Markup().join(_TEXT_LINE % line for line in to_text(text).split("\n"))


def _title(failure: Failure, place: Frame | None) -> str:
    name = failure.name or _NO_KIND
    return name if place is None else f"{name}: {_shown_place(place)}"


def _relation(earlier: Failure) -> str:
    relation = "Caused by" if "direct cause" in earlier.link else "While handling"
    return f"{relation} {earlier.kind}: {to_text(earlier.message)}"


def _shown_place(frame: Frame) -> str:
    function = f", in {frame.function}" if frame.function not in (None, "<module>") else ""
    return f"{to_text(shown_path(frame.file))}, line {frame.line}{function}"


def _stack(frames: Sequence[Frame]) -> Markup:
    items = (_FRAME % (_shown_place(frame), to_text(frame.code)) for frame in frames)
    return _STACK % Markup().join(items)


def _watched(files: Sequence[str]) -> Markup:
    items = Markup().join(_FILE % to_text(path) for path in files)
    return _FILES % (f"Watched files ({len(files)})", items)


def _source(frame: Frame) -> Markup:
    """Show the line of a frame, with those around it if the file is still what Python has read."""
    lines = _lines_of(frame.file)
    here = frame.line - 1
    if not (here < len(lines) and lines[here].strip() == frame.code):
        lines, first = [frame.code], here
    else:
        first = max(0, here - CONTEXT)
        lines = lines[first : here + CONTEXT + 1]
    width = len(str(first + len(lines)))
    rows: list[Markup] = []
    for index, line in enumerate(lines, first):
        is_here = index == here
        kind = Markup(' class="here"') if is_here else ""
        number = str(index + 1).rjust(width)
        rows.append(_LINE % (kind, ">" if is_here else " ", number, to_text(line)))
        if is_here and frame.marks:
            indentation = line[: len(line) - len(line.lstrip())]
            rows.append(_MARKS % (" " * (width + 2), indentation + frame.marks))
    return _SOURCE % Markup().join(rows)


def _lines_of(path: str) -> list[str]:
    """Read the lines of a source file; none if it is not there, or cannot be one."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LONGEST_SOURCE:
            return []
        with open(path, "rb") as file:
            text = file.read().decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
