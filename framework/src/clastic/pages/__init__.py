"""Build the HTML pages of the framework: one document, two stylesheets, escaped elements."""

from clastic.pages.html import (
    element,
    html_page,
    join,
    paragraphs,
    scrollable,
    source_listing,
)

__all__ = ["element", "html_page", "join", "paragraphs", "scrollable", "source_listing"]
