"""Render a debug report as an HTML page, without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from clastic.debug.documents import OUTCOMES, left_out
from clastic.debug.exceptions import APPLICATION, CAUSE, CONTEXT, MEMBER, Frame, RaisedException
from clastic.debug.report import NO_MATCH, DebugReport, RouteData
from clastic.debug.values import NamedText
from clastic.errors.formats import phrase_of
from clastic.pages import element, html_page, join, scrollable, source_listing
from clastic.pages.styles import DEVELOPER_STYLE

# How many frames of an exception are open at first: the innermost ones of the application.
_OPEN_FRAMES = 5

_RELATIONS = {CAUSE: "Cause", CONTEXT: "Raised while handling", MEMBER: "In the group"}
_HINT = (
    "This page is shown because the application is in debug mode. Secrets are masked by their names"
    " and values. Check it before you share it."
)


def write_html(report: DebugReport) -> str:
    """Return the HTML document of a report."""
    title = _status(report)
    if report.exceptions:
        title = f"{report.exceptions[0].type} - {title}"
    return html_page(title, *_sections(report), style=DEVELOPER_STYLE)


def _sections(report: DebugReport) -> Iterator[Markup | None]:
    yield element("header", *_header(report))
    yield from map(_exception, report.exceptions)
    if report.exceptions:
        yield _hint(left_out(report.exceptions_left_out, "exceptions are"))
        label = "The traceback as plain text"
        area = element("textarea", "\n", report.traceback, readonly=True, rows=16, aria_label=label)
        yield _details(f"{label}, to copy", area)
    if report.routes:
        yield element("h2", "Routes, in the order tried")
        yield scrollable(_route_table(report.routes), "Routes")
        yield _hint(left_out(report.routes_left_out, "routes are"))
    yield element("section", element("h2", "Request"), *_request(report))
    yield _hint(_HINT)


def _status(report: DebugReport) -> str:
    return f"{report.error.code} {phrase_of(report.error.code)}"


def _header(report: DebugReport) -> Iterator[Markup | None]:
    error, request = report.error, report.request
    above = _status(report) if report.exceptions else f"{request.method} {request.url}"
    error_id = error.error_id and join(" · Error id ", element("code", error.error_id))
    yield element("p", above, error_id, class_="soft")
    if report.exceptions:
        yield element("h1", report.exceptions[0].type, class_="problem")
        yield from _message(report.exceptions[0])
    else:
        yield element("h1", _status(report))
    for text in (error.message, error.detail):
        if text not in (None, phrase_of(error.code)):
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
    heading = element("h2", _RELATIONS[exception.relation], ": ", type_)
    return element("section", heading, *_message(exception), _frames(exception))


def _message(exception: RaisedException) -> Iterator[Markup]:
    if exception.message:
        yield element("p", exception.message, class_="message")
    for note in exception.notes:
        yield element("p", note, class_="note")


def _frames(exception: RaisedException) -> Markup | None:
    if not exception.frames:
        return _hint("It was not raised itself, so it has no calls.")
    opened: dict[str, Frame] = {}
    for frame in reversed(exception.frames):
        if frame.origin == APPLICATION and len(opened) < _OPEN_FRAMES:
            opened.setdefault(frame.place, frame)  # of a recursion, one is enough
    shown = list(opened.values()) or [exception.frames[-1]]
    items = (
        element("li", _frame(frame, any(frame is each for each in shown)))
        for frame in reversed(exception.frames)
    )
    return join(
        element("ol", *items), _hint(left_out(exception.frames_left_out, "calls before these are"))
    )


def _frame(frame: Frame, is_open: bool) -> Markup:
    source = None
    if frame.source:
        lines = enumerate(frame.source, frame.first_line)
        source = source_listing(lines, frame.line, frame.marked)
    summary = join(
        element("code", frame.function, class_="function"),
        " ",
        element("code", frame.code, class_="soft preview"),
        " ",
        element("span", frame.place, class_="soft place"),
    )
    return _details(
        summary,
        source or _hint("Its source code is not available."),
        _values(frame.variables),
        _hint(left_out(frame.variables_left_out, "variables are")),
        is_open=is_open,
        class_=None if frame.origin == APPLICATION else "other",
    )


def _route_table(routes: Sequence[RouteData]) -> Markup:
    headings = (
        element("th", text, scope="col") for text in ("Methods", "Pattern", "Endpoint", "Result")
    )
    return element("table", element("tr", *headings), *map(_route_row, routes))


def _route_row(route: RouteData) -> Markup:
    cells = (
        ", ".join(route.methods) or "any",
        element("code", route.pattern),
        route.endpoint,
        f"{OUTCOMES[route.outcome]} {route.error}",
    )
    class_ = "soft" if route.outcome == NO_MATCH else "current"
    return element("tr", *(element("td", cell) for cell in cells), class_=class_)


def _request(report: DebugReport) -> Iterator[Markup]:
    request = report.request
    yield element("p", f"{request.method} {request.url} from {request.remote_address}")
    groups = (
        ("Query", request.query, True),
        ("Form", request.form, True),
        ("Files", request.files, True),
        ("Cookies", request.cookies, True),
        ("Headers", request.headers, False),
        ("Resources of the route", report.resources, False),
    )
    for name, values, is_open in groups:
        if values:
            yield _details(f"{name} ({len(values)})", _values(values), is_open=is_open)


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
