"""A debug report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent

from clastic.debug.exceptions import CAUSE, CONTEXT, MEMBER
from clastic.debug.frames import Frame
from clastic.debug.report import DebugReport
from clastic.debug.route_data import ERROR, NO_MATCH, OTHER_METHODS, RouteData
from clastic.debug.traceback_text import traceback_text
from clastic.debug.values import NamedText
from clastic.errors.formats import TEXT

OUTCOMES = {NO_MATCH: "has another path", OTHER_METHODS: "has other methods", ERROR: "gave"}
"""What became of a request on a route, as the end of a sentence about the route."""

RELATIONS = {CAUSE: "Cause", CONTEXT: "Raised while handling", MEMBER: "In the group"}
"""What an exception is to the one that it is related to."""


def write_text(report: DebugReport) -> str:
    """Return `report` as plain text."""
    sections = (section.strip("\n") for section in _sections(report))
    return "\n\n".join(section for section in sections if section) + "\n"


def left_out(count: int, what: str) -> str:
    """Return how many of something are not shown, as a sentence; nothing if all are."""
    return f"{count:,} more {what} left out." if count else ""


def _sections(report: DebugReport) -> Iterator[str]:
    yield TEXT.write(report.error)
    yield report.explanation
    if report.suggestion is not None:
        suggested = (report.suggestion.url, report.suggestion.pattern)
        yield f"Did you mean {', for '.join(filter(None, suggested))}?"
    if report.exceptions:
        yield traceback_text(report.exceptions)
    for exception in report.exceptions:
        if exception.frames:
            yield f"{exception.number}. {exception.type}: the most recent call first"
        yield from (_frame(frame) for frame in reversed(exception.frames))
    yield left_out(report.exceptions_left_out, "exceptions are")
    if report.routes:
        yield "Routes, in the order they are tried:\n" + "\n".join(map(_route, report.routes))
        yield left_out(report.routes_left_out, "routes are")
    request = report.request
    yield f"{request.method} {request.url} from {request.remote_address}"
    yield _named("Headers", request.headers)
    yield _named("Query", request.query)
    yield _named("Form", request.form)
    yield _named("Files", request.files)
    yield _named("Cookies", request.cookies)
    yield _named("Resources", report.resources)


def _frame(frame: Frame) -> str:
    lines = [f"{frame.place}, in {frame.function} ({frame.origin})"]
    for line in frame.source:
        pointer = ">" if line.number == frame.line else " "
        lines.append(f"{pointer} {line.number:>5}  {line.text}".rstrip())
    lines += [indent(f"{each.name} = {each.value}", "    ") for each in frame.variables]
    lines += [left_out(frame.variables_left_out, "variables are")]
    lines += [left_out(frame.frames_left_out, "calls before this one are")]
    return "\n".join(line for line in lines if line)


def _route(route: RouteData) -> str:
    methods = ",".join(route.methods) or "*"
    endpoint = f"{route.endpoint}, {route.place}" if route.place else route.endpoint
    outcome = f"{OUTCOMES[route.outcome]} {route.error}".rstrip()
    return f"  {methods} {route.pattern} -> {endpoint}: {outcome}"


def _named(heading: str, values: Sequence[NamedText]) -> str:
    lines = [indent(f"{each.name}: {each.value}", "  ") for each in values]
    return "\n".join((f"{heading}:", *lines)) if lines else ""
