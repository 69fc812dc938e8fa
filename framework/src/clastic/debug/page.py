"""A debug report as an HTML page: no scripts, nothing from elsewhere, all of it by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from clastic.debug.frame_html import exception_html, hint_html, message_html, named_html
from clastic.debug.report import DebugReport
from clastic.debug.route_data import NO_MATCH, RouteData, Suggestion
from clastic.debug.style import STYLE
from clastic.debug.text import OUTCOMES, left_out
from clastic.debug.traceback_text import traceback_text
from clastic.errors.formats import phrase_of
from clastic.text import to_text

_PAGE = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(title)s</title>
<style>
%(style)s</style>
</head>
<body>
<main>
%(sections)s<p class="hint">This page is shown because the application is in debug mode. Secrets are
masked by their names, values and looks; check it all the same before you pass it on.</p>
</main>
</body>
</html>
""")
_HEADER = Markup("<header>\n%s</header>\n")
_ABOVE = Markup('<p class="soft">%s</p>\n')
_HEADING = Markup("<h1>%s</h1>\n")
_EXCEPTION = Markup('<h1 class="exception">%s</h1>\n')
_PARAGRAPH = Markup("<p>%s</p>\n")
_ERROR_ID = Markup("%s &middot; Error id <code>%s</code>")
_SUGGESTION = Markup("Did you mean <code>%s</code>?")
_LINK = Markup('Did you mean <a href="%s">%s</a>, for <code>%s</code>?')
_SECTION = Markup("<section>\n<h2>%s</h2>\n%s</section>\n")
_DETAILS = Markup("<details%s>\n<summary>%s</summary>\n%s</details>\n")
_ROUTES = Markup('<ol class="routes">\n%s</ol>\n')
_ROUTE = Markup("""\
<li%(kind)s><span class="number">%(number)d</span> <span class="methods">%(methods)s</span> \
<code>%(pattern)s</code> <span class="soft">%(endpoint)s</span> <span%(weight)s>%(outcome)s</span>\
</li>
""")
_TRACEBACK = Markup("""\
<textarea readonly rows="16" spellcheck="false" aria-label="The traceback as plain text">
%s</textarea>
""")


def write_html(report: DebugReport) -> str:
    """Return `report` as an HTML document."""
    title = _status_of(report)
    if report.exceptions:
        title = f"{report.exceptions[0].type} - {title}"
    sections = Markup().join(_sections(report))
    return str(_PAGE % {"title": title, "style": STYLE, "sections": sections})


def _sections(report: DebugReport) -> Iterator[Markup]:
    yield _HEADER % Markup().join(_header(report))
    yield from map(exception_html, report.exceptions)
    if report.exceptions:
        yield hint_html(left_out(report.exceptions_left_out, "exceptions are"))
        text = _TRACEBACK % traceback_text(report.exceptions)
        yield _DETAILS % ("", "The traceback as plain text, to copy", text)
    if report.routes:
        routes = enumerate(report.routes, 1)
        rows = Markup().join(_route(number, route) for number, route in routes)
        hint = hint_html(left_out(report.routes_left_out, "routes are"))
        yield _SECTION % ("Routes, in the order they are tried", _ROUTES % rows + hint)
    yield _SECTION % ("Request", Markup().join(_request(report)))


def _status_of(report: DebugReport) -> str:
    return f"{report.error.code} {phrase_of(report.error.code)}"


def _header(report: DebugReport) -> Iterator[Markup]:
    error = report.error
    above = f"{report.request.method} {report.request.url}"
    if report.exceptions:
        above = _status_of(report)
    if error.error_id is not None:
        above = _ERROR_ID % (above, to_text(error.error_id))
    yield _ABOVE % above
    if report.exceptions:
        yield _EXCEPTION % report.exceptions[0].type
        yield message_html(report.exceptions[0])
    else:
        yield _HEADING % _status_of(report)
    for text in (error.message, error.detail):
        if text not in (None, phrase_of(error.code)):
            yield _PARAGRAPH % to_text(text)
    yield _PARAGRAPH % report.explanation
    if report.suggestion is not None:
        yield _PARAGRAPH % _suggest(report.suggestion)


def _suggest(suggestion: Suggestion) -> Markup:
    if suggestion.url:
        return _LINK % (suggestion.url, suggestion.url, suggestion.pattern)
    return _SUGGESTION % suggestion.pattern


def _route(number: int, route: RouteData) -> Markup:
    is_tried = route.outcome != NO_MATCH
    return _ROUTE % {
        "kind": Markup(' class="tried"') if is_tried else "",
        "number": number,
        "methods": ", ".join(route.methods) or "any method",
        "pattern": route.pattern,
        "endpoint": ", ".join(filter(None, (route.endpoint, route.place))),
        "weight": "" if is_tried else Markup(' class="soft"'),
        "outcome": f"{OUTCOMES[route.outcome]} {route.error}",
    }


def _request(report: DebugReport) -> Iterator[Markup]:
    request = report.request
    yield _PARAGRAPH % f"{request.method} {request.url} from {request.remote_address}"
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
            heading = f"{name} ({len(values)})"
            yield _DETAILS % (Markup(" open" if is_open else ""), heading, named_html(values))
