"""Show any data as a table: in HTML, in plain text, and as a page."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from boltons import tableutils
from markupsafe import Markup, escape

from clastic.describe import callable_name
from clastic.http import Response, respond_html
from clastic.json import BYTES_TYPES, as_mapping
from clastic.pages import element, html_page, join, paragraphs, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.text import to_text

Orientation = Literal["auto", "horizontal", "vertical"]

_CELL_LENGTH = 60
_BRIEF_LENGTH = 80
# The cell of a row that has nothing for a column.
_MISSING = ""
_SCALARS = (str, int, float, type(None), *BYTES_TYPES)


class Table(tableutils.Table):  # type: ignore[misc]
    """Rows of cells under headers, a :class:`boltons.tableutils.Table`. A cell can be a table.

    In the horizontal orientation a row of the table is a row on the page. The vertical orientation
    is the same turned by 90 degrees, headers first: best for one row with many columns.

    :param data: the cells of each row
    :param headers: the name of each column; none for columns without names
    :param metadata: facts about the table, which ``to_html(with_metadata=True)`` shows above it
    :param orientation: ``horizontal`` or ``vertical``; ``auto`` is horizontal here
    """

    def __init__(
        self,
        data: Iterable[Iterable[Any]] | None = None,
        headers: Iterable[Any] | None = None,
        metadata: Mapping[Any, Any] | None = None,
        *,
        orientation: Orientation = "auto",
    ) -> None:
        self.orientation = orientation
        super().__init__([list(row) for row in data or ()], list(headers or ()), metadata)

    @classmethod
    def from_data(
        cls, data: object, headers: Sequence[Any] | None = None, max_depth: int = 1
    ) -> Table:
        """Return a table of any data, which is not changed.

        - A mapping, a dataclass, a named tuple, or an object with ``to_dict()``, ``asdict()`` or
          public attributes is one row, shown vertically.
        - An iterable of only such objects has a row for each of them, and a column for each key
          that any of them has.
        - Any other iterable has a row for each member, whose cells are the members of a list or
          tuple. Any other object is one cell.

        :param headers: the columns to take, in this order, or the names for columns without names
        :param max_depth: how many tables may be inside each other, this one included; deeper data
            is shown as short text
        """
        record = _record(data)
        if record is not None:
            items: list[Any] = [record]
        elif isinstance(data, Iterable) and not isinstance(data, _SCALARS):
            items = list(data)
        else:
            items = [data]
        rows, columns = _rows_and_columns(items, headers)
        return cls(
            [[cls._cell_of(value, max_depth) for value in row] for row in rows],
            columns,
            orientation="auto" if record is None else "vertical",
        )

    from_dict = from_list = from_object = from_data

    @classmethod
    def _cell_of(cls, value: object, max_depth: int) -> object:
        if isinstance(value, _SCALARS):
            return value
        is_iterable = isinstance(value, Iterable)
        if max_depth > 1 and (is_iterable or as_mapping(value) is not None):
            return cls.from_data(value, max_depth=max_depth - 1)
        return _cut(reprlib.repr(value), _BRIEF_LENGTH) if is_iterable else value

    def to_html(
        self,
        orientation: Orientation = "auto",
        *,
        with_headers: bool = True,
        with_metadata: bool | str = False,
    ) -> Markup:
        """Return the ``table`` element, with everything in it escaped.

        :param orientation: ``auto`` is the orientation of the table
        :param with_headers: show the headers
        :param with_metadata: also show the metadata, in a table above this one; ``"bottom"`` puts
            it below
        """
        headers = [f"<th>{self.get_cell_html(header)}</th>" for header in self.headers]
        rows = [[self._td(value) for value in row] for row in self]
        if not with_headers:
            headers = []
        if self._is_vertical(orientation):
            lines = [headers, *rows] if headers else rows
            rows = [list(line) for line in zip(*lines, strict=False)]
            headers = []
        head = element("thead", _row(headers)) if headers else None
        table = element("table", head, element("tbody", *map(_row, rows)))
        if with_metadata and self.metadata:
            about = self.from_data(self.metadata).to_html()
            return table + about if with_metadata == "bottom" else about + table
        return table

    def __html__(self) -> str:
        return self.to_html()

    def get_cell_html(self, value: object) -> str:
        """Return the HTML of a header, or of a cell without a table: the escaped text of a value.

        Override it to show values in another way, and escape what they contain.
        """
        return escape(to_text(value))

    def to_text(self, orientation: Orientation = "auto", maxlen: int = _CELL_LENGTH) -> str:
        """Return the table in columns of plain text, each row in one line.

        :param orientation: as for :meth:`to_html`
        :param maxlen: the maximum length of a cell, in characters; the rest is cut off
        """
        lines = [
            [_cut(" ".join(to_text(cell).split()), maxlen) for cell in line]
            for line in ([self.headers, *self] if self.headers else self)
        ]
        is_vertical = self._is_vertical(orientation)
        if is_vertical:
            lines = [list(line) for line in zip(*lines, strict=False)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=False)]
        if self.headers and not is_vertical:
            lines.insert(1, ["-" * width for width in widths])
        return "\n".join(" | ".join(map(str.ljust, line, widths)).rstrip() for line in lines)

    def _is_vertical(self, orientation: Orientation) -> bool:
        return (self.orientation if orientation == "auto" else orientation) == "vertical"

    def _td(self, value: object) -> str:
        is_number = hasattr(value, "__float__") and not isinstance(value, bool)
        html = value.to_html() if isinstance(value, Table) else self.get_cell_html(value)
        return f'<td class="number">{html}</td>' if is_number else f"<td>{html}</td>"


class TabularRender:
    """A render function that shows the context as a table, on a page with the endpoint's docstring.

    :param max_depth: how many tables may be inside each other
    :param orientation: ``horizontal``, ``vertical``, or ``auto``: vertical for a mapping and the
        like, horizontal for everything else
    :param table_type: the type of the tables
    :param enable_title: show the name and the docstring of the endpoint above the table
    :param with_metadata: as for :meth:`Table.to_html`
    """

    def __init__(
        self,
        max_depth: int = 4,
        orientation: Orientation = "auto",
        *,
        table_type: type[Table] = Table,
        enable_title: bool = True,
        with_metadata: bool | str = False,
    ) -> None:
        self._max_depth = max_depth
        self._orientation = orientation
        self._table_type = table_type
        self._enable_title = enable_title
        self._with_metadata = with_metadata

    def __call__(self, context: object, _route: Any = None) -> Response:
        """Render ``context``, a :class:`Table` or data for one."""
        return respond_html(self.page(context, _route).encode())

    def page(self, context: object, route: Any = None, json_url: str | None = None) -> str:
        """Return the HTML document.

        :param route: the route whose endpoint gives the title and the text above the table
        :param json_url: where the same data is as JSON
        """
        table = context
        if not isinstance(table, Table):
            table = self._table_type.from_data(context, max_depth=self._max_depth)
        endpoint = getattr(route, "endpoint", None)
        title = "Table" if endpoint is None else callable_name(endpoint)
        heading = join(element("h1", title), paragraphs(_docstring(endpoint)))
        link = {"rel": "alternate", "type": "application/json", "href": json_url}
        size = "1 row" if len(table) == 1 else f"{len(table):,} rows"
        return html_page(
            title,
            heading if self._enable_title else None,
            element("p", element("a", "The same as JSON", **link)) if json_url else None,
            element("p", size, class_="hint") if table.orientation == "auto" else None,
            scrollable(table.to_html(self._orientation, with_metadata=self._with_metadata), title),
            style=DEVELOPER_STYLE,
        )


def _rows_and_columns(
    items: list[Any], headers: Iterable[Any] | None
) -> tuple[list[list[Any]], list[Any]]:
    """Return the cells of each item, and the headers."""
    records = [record for record in map(_record, items) if record is not None]
    if records and len(records) == len(items):
        columns = list(headers or dict.fromkeys(key for record in records for key in record))
        rows = [[record.get(column, _MISSING) for column in columns] for record in records]
        return rows, columns
    rows = [list(item) if isinstance(item, (list, tuple)) else [item] for item in items]
    columns = list(headers or ())
    width = max(map(len, [columns, *rows]))
    return [row + [_MISSING] * (width - len(row)) for row in rows], columns


def _record(value: object) -> Mapping[Any, Any] | None:
    """Return the fields of a value by name, ``None`` if it has none."""
    if isinstance(value, _SCALARS):
        return None
    mapping = as_mapping(value)
    if mapping is not None or isinstance(value, Iterable) or callable(value):
        return mapping
    attributes = getattr(value, "__dict__", {})
    return {name: part for name, part in attributes.items() if not name.startswith("_")} or None


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _row(cells: Iterable[str]) -> Markup:
    # Not made of elements like the rest: that takes three times as long for a large table.
    return Markup("".join(["<tr>", *cells, "</tr>\n"]))


def _docstring(endpoint: object) -> str:
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return "" if endpoint is None else inspect.getdoc(endpoint) or ""
