"""Build the HTML pages of the framework: one document shell, one stylesheet, escaped elements."""

from clastic.pages.elements import element, join, source_listing
from clastic.pages.shell import html_page, paragraphs, scrollable

__all__ = ["element", "html_page", "join", "paragraphs", "scrollable", "source_listing"]
