"""Build the HTML pages of the framework from calls, so that all text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape

from clastic.pages.styles import BASE_STYLE
from clastic.text import to_text

_VOID_TAGS = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
# No line break after these: it would show as a space, or as an empty line in a table cell.
_INLINE_TAGS = frozenset(
    {"a", "b", "button", "code", "em", "mark", "span", "strong", "table", "textarea"}
)

_DOCUMENT = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
%s</head>
<body>
%s</body>
</html>
""")


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Return an element: ``element("a", "All", href="?", class_="soft")``.

    :param content: ``Markup`` is used as it is, ``None`` is left out, anything else is escaped
    :param attributes: ``_`` in a name stands for ``-``, and a trailing ``_`` avoids a Python
        keyword; ``True`` gives an attribute without a value, ``None`` and ``False`` leave it out
    """
    parts = ["<", tag, *_attributes(attributes), ">"]
    if tag not in _VOID_TAGS:
        parts += [*_escaped(content), "</", tag, ">"]
    if tag not in _INLINE_TAGS:
        parts.append("\n")
    return Markup("".join(parts))


def join(*content: object) -> Markup:
    """Return elements and texts as one piece, escaped like the content of :func:`element`."""
    return Markup("".join(_escaped(content)))


def source_listing(
    lines: Iterable[tuple[int, str]], current: int, marked: tuple[int, int] | None = None
) -> Markup:
    """Return source code with line numbers, for the ``source`` class of the stylesheet.

    :param lines: the number and the text of each line
    :param current: the number of the line to highlight
    :param marked: the slice of the current line to mark, as start and end
    """
    shown = []
    for number, text in lines:
        is_current = number == current
        code: object = text
        if is_current and marked is not None:
            start, end = marked
            code = join(text[:start], element("mark", text[start:end] or " "), text[end:])
        cells = element("span", number, class_="number"), element("span", code)
        shown.append(element("span", *cells, class_="current" if is_current else None))
    return element("pre", *shown, class_="source")


def html_page(
    title: str, *content: object, style: Markup | None = BASE_STYLE, head: Markup | None = None
) -> str:
    """Return the HTML document that every page of the framework uses.

    :param title: the title of the document; the page's own heading is part of ``content``
    :param content: what the body holds, put into a ``main`` element unless it brings one.
        ``Markup`` is used as it is, anything else is escaped
    :param style: the stylesheet; pages for developers use
        :data:`clastic.pages.styles.DEVELOPER_STYLE`. ``None`` if ``head`` links to one
    :param head: more elements for the head
    """
    body = join(*content)
    if "<main" not in body:
        body = element("main", body)
    sheet = None if style is None else element("style", "\n", style)
    return str(_DOCUMENT % (title, join(sheet, head), body))


def paragraphs(text: str) -> Markup:
    """Return a text as paragraphs; an empty line separates two of them."""
    return join(*[element("p", part) for part in text.split("\n\n") if part.strip()])


def scrollable(content: object, label: str) -> Markup:
    """Return content in a region that scrolls sideways, and that the keyboard can reach.

    :param label: the name of the region for assistive technology
    """
    return element(
        "div", content, class_="scrollable", role="region", aria_label=label, tabindex="0"
    )


def _attributes(attributes: dict[str, object]) -> Iterator[str]:
    for name, value in attributes.items():
        if value is not None and value is not False:
            yield " " + name.removesuffix("_").replace("_", "-")
            if value is not True:
                yield f'="{escape(to_text(value))}"'


def _escaped(content: tuple[object, ...]) -> Iterator[str]:
    for each in content:
        if isinstance(each, Markup):
            yield each
        elif each is not None:
            yield escape(to_text(each))
