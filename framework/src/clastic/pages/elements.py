"""Build HTML elements from calls, so that all text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape

from clastic.text import to_text

_VOID_TAGS = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
# No line break after these: it would show as a space, or as an empty line in a table cell.
_INLINE_TAGS = frozenset(
    {"a", "b", "button", "code", "em", "mark", "span", "strong", "table", "textarea"}
)


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
    return element("pre", *_source_lines(lines, current, marked), class_="source")


def _source_lines(
    lines: Iterable[tuple[int, str]], current: int, marked: tuple[int, int] | None
) -> Iterator[Markup]:
    for number, text in lines:
        code: object = text
        if number == current and marked is not None:
            start, end = marked
            code = join(text[:start], element("mark", text[start:end] or " "), text[end:])
        class_ = "current" if number == current else None
        yield element(
            "span", element("span", number, class_="number"), element("span", code), class_=class_
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
