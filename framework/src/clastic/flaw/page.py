"""Render the report on a failed start as an HTML page; its text is in `flaw.application`."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from clastic.flaw.report import FlawReport
from clastic.pages import element, html_page, scrollable, source_listing
from clastic.pages.styles import DEVELOPER_STYLE

STATE_PATH = "/_flaw"
"""The path that the page polls: it reloads when the ``X-Flaw`` header there has changed."""

_HEADLINE = "The application failed to start"
_RELOADS = "This page reloads when the application starts again after a change."
_SEND_AGAIN = "Fix the error, then send the request again."

# Polling keeps the selection and the scroll position of the reader, which reloading would lose.
_SCRIPT = Markup("""\
<script type="module">
const poll = async () => {
  try {
    const response = await fetch("%s", { method: "HEAD", cache: "no-store" });
    if (response.headers.get("X-Flaw") !== "%s") return location.reload();
  } catch { /* The server is restarting. */ }
  setTimeout(poll, 1000);
};
setTimeout(poll, 1000);
</script>
<noscript><meta http-equiv="refresh" content="5"></noscript>
""")


def flaw_page(report: FlawReport, flaw: str | None = None) -> str:
    """Return the HTML document.

    :param flaw: the ``X-Flaw`` header as long as the failure is the same; without it the page does
        not reload
    """
    heading = report.type or _HEADLINE
    return html_page(
        heading if report.place is None else f"{heading}: {report.place.location}",
        element("p", _HEADLINE, class_="hint") if report.type else None,
        element("h1", heading, class_="problem"),
        # Some messages point at a place in a line, which needs characters of one width.
        element("pre" if "\n" in report.message else "p", report.message, class_="message"),
        element("p", _RELOADS if flaw else _SEND_AGAIN),
        *_sections(report),
        style=DEVELOPER_STYLE,
        head=_SCRIPT % (STATE_PATH, flaw) if flaw else None,
    )


def _sections(report: FlawReport) -> Iterator[Markup]:
    if report.place is not None:
        yield element("h2", report.place.location)
        yield source_listing(report.source, report.place.line, report.marked)
    if report.text != report.message:
        yield element("h2", "Traceback")
        yield scrollable(element("pre", report.text), "Traceback")
    if report.files:
        files = (element("li", path) for path in report.files)
        summary = element("summary", f"Watched files ({len(report.files)})")
        yield element("details", summary, element("ul", *files))
