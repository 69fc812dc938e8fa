"""HTML elements as calls, so that there is no way to forget to escape."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from clastic.errors.formats import to_text

_VOID = frozenset({"input", "link", "meta"})
_LAST_ON_THEIR_LINE = frozenset(
    {"caption", "dd", "details", "div", "dl", "dt", "figcaption", "form", "h1", "h2", "head"}
    | {"header", "input", "label", "li", "link", "meta", "nav", "ol", "p", "section", "summary"}
    | {"table", "td", "th", "title", "tr", "ul"}
)


def element(tag: str, *content: object, **attributes: object) -> Markup:
    """Return an element: ``element("a", "All", href="?", class_="quiet")``.

    :param content: ``Markup`` as it is, anything else as its text, escaped; ``None`` is left out
    :param attributes: by name, ``_`` for ``-``, and ``_`` behind a word that Python has taken;
        ``True`` is an attribute without a value, and ``None`` and ``False`` are left out
    """
    parts = ["<", tag, *_attributes(attributes), ">"]
    if tag not in _VOID:
        parts += [*_escaped(content), "</", tag, ">"]
    if tag in _LAST_ON_THEIR_LINE:
        parts.append("\n")
    return Markup("".join(parts))


def joined(*content: object) -> Markup:
    """Return elements and texts, one behind the other, escaped like the content of an element."""
    return Markup("".join(_escaped(content)))


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
