"""Write a debug report as text and as an HTML page; other formats get its data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import indent

from markupsafe import Markup

from clastic.debug.exceptions import Frame, RaisedException
from clastic.debug.report import DebugReport
from clastic.debug.values import NamedText
from clastic.errors.formats import format_of
from clastic.errors.texts import texts_of
from clastic.explanation.attempts import Attempt
from clastic.pages import element, html_page, join, scrollable, source_listing
from clastic.pages.styles import DEVELOPER_STYLE

_HINT = (
    "This page is shown because the application is in debug mode. Secrets are masked by their names"
    " and values. Check it before you share it."
)


def write_report(report: DebugReport, mimetype: str) -> str:
    """Return a report in a format of errors: as text, as a page, or as data in any other format."""
    if mimetype == "text/plain":
        sections = (section.strip("\n") for section in _text_sections(report))
        return "\n\n".join(section for section in sections if section) + "\n"
    if mimetype == "text/html":
        title = f"{report.exceptions[0].type} - " if report.exceptions else ""
        return html_page(title + _status(report), *_sections(report), style=DEVELOPER_STYLE)
    return format_of(mimetype).write(report)


def _text_sections(report: DebugReport) -> Iterator[str]:
    """Return the paragraphs of a text for a terminal: what happened where, without all details."""
    is_default = report.detail in texts_of(report.code)
    yield format_of("text/plain").write(replace(report, detail=None) if is_default else report)
    yield report.explanation
    if report.suggestion:
        suggested = filter(None, (report.suggested_url, report.suggestion))
        yield f"Did you mean {', for '.join(suggested)}?"
    yield report.traceback
    for exception in report.exceptions:
        if frame := exception.application_frame:
            yield _named(f"{frame.place}, in {frame.function}", frame.variables)
    if report.routes:
        yield "Routes, in the order tried:\n" + "\n".join(map(_route_line, report.routes))
        yield _left_out(report.routes_left_out, "routes are")
    yield report.request
    yield _named("Query", report.fields["query"])
    yield _named("Form", report.fields["form"])


def _route_line(route: Attempt) -> str:
    methods = "*" if route.methods is None else ",".join(route.methods)
    return f"  {methods} {route.pattern} -> {route.endpoint}: {route.reason}"


def _named(heading: str, values: Sequence[NamedText]) -> str:
    lines = [indent(f"{each.name} = {each.value}", "  ") for each in values]
    return "\n".join((f"{heading}:", *lines)) if lines else ""


def _left_out(count: int, what: str) -> str:
    return f"{count:,} more {what} not shown." if count else ""


def _sections(report: DebugReport) -> Iterator[Markup | None]:
    """Return the sections of the HTML page, which has no scripts."""
    yield element("header", *_header(report))
    yield from map(_exception, report.exceptions)
    if report.exceptions:
        label = "The traceback as plain text"
        area = element("textarea", "\n", report.traceback, readonly=True, rows=16, aria_label=label)
        yield _details(f"{label}, to copy", area)
    if report.routes:
        yield element("h2", "Routes, in the order tried")
        yield scrollable(_route_table(report.routes), "Routes")
        yield _hint(_left_out(report.routes_left_out, "routes are"))
    yield element("section", element("h2", "Request"), *_request(report))
    yield _hint(_HINT)


def _status(report: DebugReport) -> str:
    return texts_of(report.code).heading


def _header(report: DebugReport) -> Iterator[Markup | None]:
    error_id = report.error_id and join(" · Error id ", element("code", report.error_id))
    if report.exceptions:
        yield element("p", _status(report), error_id, class_="soft")
        yield element("h1", report.exceptions[0].type, class_="problem")
        yield from _message(report.exceptions[0])
    else:
        yield element("p", report.request, error_id, class_="soft")
        yield element("h1", _status(report))
    for text in (report.message, report.detail):
        if text not in (None, *texts_of(report.code)):
            yield element("p", text)
    yield element("p", report.explanation)
    if report.suggestion:
        url = report.suggested_url
        link = join(element("a", url, href=url), ", for ") if url else None
        yield element("p", "Did you mean ", link, element("code", report.suggestion), "?")


def _exception(exception: RaisedException) -> Markup:
    if not exception.relation:
        return element("section", element("h2", "Calls, the most recent first"), _frames(exception))
    type_ = element("span", exception.type, class_="problem")
    heading = element("h2", exception.relation.capitalize(), ": ", type_)
    return element("section", heading, *_message(exception), _frames(exception))


def _message(exception: RaisedException) -> Iterator[Markup]:
    if exception.message:
        yield element("p", exception.message, class_="message")
    for note in exception.notes:
        yield element("p", note, class_="note")


def _frames(exception: RaisedException) -> Markup | None:
    """Return the calls of an exception, of which the one to look at first is open."""
    if not exception.frames:
        return _hint("It was not raised itself, so it has no calls.")
    opened = exception.application_frame or exception.frames[-1]
    items = (
        element("li", _frame(frame, is_open=frame is opened))
        for frame in reversed(exception.frames)
    )
    left_out = _left_out(exception.frames_left_out, "calls before these are")
    return join(element("ol", *items), _hint(left_out))


def _frame(frame: Frame, is_open: bool) -> Markup:
    summary = join(
        element("code", frame.function, class_="function"),
        " ",
        element("code", frame.code, class_="soft preview"),
        " ",
        element("span", frame.place, class_="soft place"),
    )
    source = source_listing(frame.source, frame.line, frame.marked) if frame.source else None
    return _details(
        summary,
        source or _hint("Its source code is not available."),
        _values(frame.variables),
        is_open=is_open,
        class_=None if frame.is_application else "other",
    )


def _route_table(routes: Sequence[Attempt]) -> Markup:
    headings = (
        element("th", text, scope="col") for text in ("Pattern", "Result", "Methods", "Endpoint")
    )
    return element("table", element("tr", *headings), *map(_route_row, routes))


def _route_row(route: Attempt) -> Markup:
    methods = "any" if route.methods is None else ", ".join(route.methods)
    cells = (element("code", route.pattern), route.reason, methods, route.endpoint)
    class_ = "current" if route.matches else "soft"
    return element("tr", *(element("td", cell) for cell in cells), class_=class_)


def _request(report: DebugReport) -> Iterator[Markup]:
    yield element("p", report.request)
    for kind, values in report.fields.items():
        if values:
            is_open = kind not in ("headers", "resources")
            yield _details(f"{kind.capitalize()} ({len(values)})", _values(values), is_open=is_open)


def _details(
    summary: object, *content: object, is_open: bool = False, class_: str | None = None
) -> Markup:
    return element("details", element("summary", summary), *content, open=is_open, class_=class_)


def _values(values: Sequence[NamedText]) -> Markup | None:
    rows = (
        element(tag, element("code", text))
        for each in values
        for tag, text in (("dt", each.name), ("dd", each.value))
    )
    return element("dl", *rows, class_="values") if values else None


def _hint(text: str) -> Markup | None:
    return element("p", text, class_="hint") if text else None
