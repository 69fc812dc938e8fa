"""Write a debug report as text, JSON, problem details or XML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import indent
from typing import Any

from markupsafe import escape

from clastic.debug.exceptions import RaisedException
from clastic.debug.report import ERROR, NO_MATCH, OTHER_METHODS, DebugReport, RouteData
from clastic.debug.values import NamedText
from clastic.errors.formats import format_of
from clastic.text import to_text

OUTCOMES = {
    NO_MATCH: "the path does not match",
    OTHER_METHODS: "the method does not match",
    ERROR: "returned",
}
"""The outcomes of trying a route, in words."""

_END = "</error>\n"


def write_text(report: DebugReport) -> str:
    """Return a report as text for a terminal: where it happened, without all details."""
    sections = (section.strip("\n") for section in _text_sections(report))
    return "\n\n".join(section for section in sections if section) + "\n"


def write_json(report: DebugReport) -> str:
    """Return the JSON of the error with the report as its ``debug``."""
    return _add_debug(report, "application/json")


def write_problem_json(report: DebugReport) -> str:
    """Return the problem details (RFC 9457) of the error with the report as a member."""
    return _add_debug(report, "application/problem+json")


def write_xml(report: DebugReport) -> str:
    """Return the XML of the error with the report as its ``debug``."""
    document = format_of("application/xml").write(report.error)
    return document.removesuffix(_END) + _element("debug", _data_of(report)) + _END


def left_out(count: int, what: str) -> str:
    """Return a sentence that says how many things are not shown; nothing if all are."""
    return f"{count:,} more {what} not shown." if count else ""


def _text_sections(report: DebugReport) -> Iterator[str]:
    yield format_of("text/plain").write(report.error)
    yield report.explanation
    if report.suggestion:
        suggested = filter(None, (report.suggested_url, report.suggestion))
        yield f"Did you mean {', for '.join(suggested)}?"
    yield report.traceback
    yield from map(_variables, report.exceptions)
    if report.routes:
        yield "Routes, in the order tried:\n" + "\n".join(map(_route_line, report.routes))
        yield left_out(report.routes_left_out, "routes are")
    request = report.request
    yield f"{request.method} {request.url} from {request.remote_address}"
    yield _named("Query", request.query)
    yield _named("Form", request.form)


def _variables(exception: RaisedException) -> str:
    frame = exception.application_frame
    return _named(f"{frame.place}, in {frame.function}", frame.variables) if frame else ""


def _route_line(route: RouteData) -> str:
    methods = ",".join(route.methods) or "*"
    outcome = f"{OUTCOMES[route.outcome]} {route.error}".rstrip()
    return f"  {methods} {route.pattern} -> {route.endpoint}: {outcome}"


def _named(heading: str, values: Sequence[NamedText]) -> str:
    lines = [indent(f"{each.name} = {each.value}", "  ") for each in values]
    return "\n".join((f"{heading}:", *lines)) if lines else ""


def _add_debug(report: DebugReport, mimetype: str) -> str:
    document = json.loads(format_of(mimetype).write(report.error))
    return json.dumps({**document, "debug": _data_of(report)}, indent=2) + "\n"


def _data_of(report: DebugReport) -> dict[str, Any]:
    """Return the report without what every document of the error has."""
    data = asdict(report)
    del data["error"]
    return data


def _element(name: str, value: Any) -> str:
    """Return an XML element: dicts become elements, tuples become elements named ``item``."""
    if value is None:
        return ""
    if isinstance(value, dict):
        content = "".join(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, tuple):
        content = "".join(_element("item", inner) for inner in value)
    else:
        return f"<{name}>{escape(to_text(value))}</{name}>\n"
    return f"<{name}>\n{content}</{name}>\n"
