"""A table from any data, as HTML and as text; a page with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from markupsafe import Markup, escape

from clastic.http import Response
from clastic.json import DECIMAL, imported_types
from clastic.render.page import table_page
from clastic.render.tabular_data import MISSING, brief, is_container, shape_of
from clastic.text import to_text

ORIENTATIONS = ("auto", "horizontal", "vertical")
CELL_LENGTH = 60


class Table:
    """Rows of cells under headers; a cell can be a table.

    Horizontal, a row of the table is a row on the page. Vertical is the same turned by 90 degrees,
    headers first: best for one row with many columns.

    :param rows: the cells of each; short rows are filled up with empty cells
    :param headers: the name of each column; none at all for columns without names
    :param orientation: ``horizontal`` or ``vertical``; ``auto`` is horizontal here
    :param caption: what to call the table
    :raises ValueError: for another orientation
    """

    def __init__(
        self,
        rows: Iterable[Sequence[Any]] = (),
        headers: Iterable[Any] = (),
        *,
        orientation: str = "auto",
        caption: str | None = None,
    ) -> None:
        given, self.headers = [list(row) for row in rows], list(headers)
        self.width = max([len(self.headers), *map(len, given)])
        self.rows = [self._filled(row) for row in given]
        if self.headers:
            self.headers = self._filled(self.headers)
        self.orientation = checked_orientation(orientation)
        self.caption = caption

    @classmethod
    def from_data(
        cls, data: object, headers: Sequence[Any] | None = None, max_depth: int = 1
    ) -> Table:
        """Make a table of any data, which is not changed.

        - A mapping, a dataclass, a named tuple, or an object with ``to_dict()``, ``asdict()`` or
          public attributes is one row, shown vertically.
        - An iterable of nothing but those has a row for each, and a column for each key that any
          of them has.
        - An iterable of nothing but lists and tuples has a row for each.
        - Any other iterable is one column, and anything else is one cell.

        :param headers: the columns to take, in this order, or the names for columns without names
        :param max_depth: how many tables may be inside each other, this one included; what is
            deeper is shown as short text
        """
        return cls._from_data(data, headers, max_depth, frozenset())

    @classmethod
    def _from_data(
        cls, data: object, headers: Sequence[Any] | None, depth: int, around: frozenset[int]
    ) -> Table:
        around |= {id(data)}

        def cell(value: Any) -> Any:
            if not is_container(value):
                return value
            if id(value) in around:
                return f"<{type(value).__name__} that contains itself>"
            return brief(value) if depth <= 1 else cls._from_data(value, None, depth - 1, around)

        shape = shape_of(data, headers)
        rows = [[cell(value) for value in row] for row in shape.rows]
        orientation = "vertical" if shape.is_record else "horizontal"
        return cls(rows, shape.headers, orientation=orientation)

    def to_html(self, orientation: str = "auto") -> Markup:
        """Give the ``table`` element, everything in it escaped.

        :param orientation: ``auto`` is the orientation of the table
        :raises ValueError: for one that is not known
        """
        if self.is_empty:
            return Markup("<em>empty</em>")
        parts = ["<table>"]
        if self.caption is not None:
            parts += ["<caption>", escape(to_text(self.caption)), "</caption>"]
        parts += self._vertical() if self._is_vertical(orientation) else self._horizontal()
        parts.append("</table>")
        return Markup("".join(parts))

    __html__ = to_html

    def to_text(self, orientation: str = "auto", max_width: int = CELL_LENGTH) -> str:
        """Give the table in columns of plain text; tables inside it become one line each.

        :param orientation: as for :meth:`to_html`
        :param max_width: the longest text of a cell, in characters; the rest is cut off
        """
        if self.is_empty:
            return "empty"
        lines = [*([self.headers] if self.headers else []), *self.rows]
        vertical = self._is_vertical(orientation)
        if vertical:
            lines = [list(column) for column in zip(*lines, strict=True)]
        texts = [[_one_line(cell, max_width) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        if self.headers and not vertical:
            texts.insert(1, ["-" * width for width in widths])
        return "\n".join(" | ".join(map(str.ljust, line, widths)).rstrip() for line in texts)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show, not even a header."""
        return not self.width or not (self.rows or self.headers)

    def __str__(self) -> str:
        """Give the table in one line."""
        names = [f"{header}: " for header in self.headers] or [""] * self.width
        rows = (", ".join(map(str.__add__, names, map(to_text, row))) for row in self.rows)
        return f"[{'; '.join(rows)}]"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self.rows)} rows, {self.width} columns>"

    def _filled(self, row: list[Any]) -> list[Any]:
        return row + [MISSING] * (self.width - len(row))

    def _is_vertical(self, orientation: str) -> bool:
        wanted = self.orientation if orientation == "auto" else checked_orientation(orientation)
        return wanted == "vertical"

    def _horizontal(self) -> Iterator[str]:
        if self.headers:
            yield "<thead><tr>"
            for header in self.headers:
                yield from ('<th scope="col">', escape(to_text(header)), "</th>")
            yield "</tr></thead>"
        yield "<tbody>"
        for row in self.rows:
            yield "<tr>"
            for value in row:
                yield from _cell(value)
            yield "</tr>"
        yield "</tbody>"

    def _vertical(self) -> Iterator[str]:
        yield "<tbody>"
        for index in range(self.width):
            yield "<tr>"
            if self.headers:
                header = escape(to_text(self.headers[index]))
                yield from ('<th scope="row">', header, "</th>")
            for row in self.rows:
                yield from _cell(row[index])
            yield "</tr>"
        yield "</tbody>"


class TabularRender:
    """A render function: a page with the context as a table, under the endpoint's docstring.

    :param max_depth: how many tables may be inside each other
    :param orientation: ``horizontal``, ``vertical``, or ``auto``: vertical for a mapping and the
        like, horizontal for everything else
    :raises ValueError: for a depth below 1 or another orientation
    """

    def __init__(self, max_depth: int = 4, orientation: str = "auto") -> None:
        if max_depth < 1:
            raise ValueError(f"max_depth is {max_depth}; it is 1 or more")
        self._max_depth = max_depth
        self._orientation = checked_orientation(orientation)

    def __call__(self, context: object, _route: Any = None) -> Response:
        """Render ``context``, a :class:`Table` or data for one."""
        return Response(self.page(context, _route), content_type="text/html; charset=utf-8")

    def page(self, context: object, route: Any = None, json_url: str | None = None) -> str:
        """Give the HTML document.

        :param route: the route whose endpoint gives the heading and the text above the table
        :param json_url: where the same data is as JSON
        """
        if isinstance(context, Table):
            table = context
        else:
            table = Table.from_data(context, max_depth=self._max_depth)
            table.caption = _size(table)
        html = table.to_html(self._orientation)
        return table_page(html, getattr(route, "endpoint", None), json_url)


def checked_orientation(orientation: str) -> str:
    """Give ``orientation`` back.

    :raises ValueError: when it is none
    """
    if orientation not in ORIENTATIONS:
        choices = ", ".join(ORIENTATIONS)
        raise ValueError(f"orientation is {orientation!r}; it can be {choices}")
    return orientation


def _size(table: Table) -> str:
    count, unit = len(table.rows), "row"
    if table.orientation == "vertical":
        count, unit = table.width, "field"
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def _cell(value: object) -> Iterator[str]:
    if isinstance(value, Table):
        yield from ("<td>", value.to_html(), "</td>")
        return
    numbers = (int, float, *imported_types(DECIMAL))
    number = isinstance(value, numbers) and not isinstance(value, bool)
    yield '<td class="number">' if number else "<td>"
    yield escape(to_text(value))
    yield "</td>"


def _one_line(value: object, max_width: int) -> str:
    text = " ".join(to_text(value).split())
    return text if len(text) <= max_width else text[: max_width - 1] + "…"
