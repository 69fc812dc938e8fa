"""Show any data as a table: in HTML, in plain text, and as a page."""

from __future__ import annotations

import inspect
import reprlib
from collections import UserString
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

from boltons import tableutils
from markupsafe import Markup, escape

from clastic.describe import callable_name
from clastic.http import Response
from clastic.json import BYTES_TYPES, DECIMAL, as_mapping, imported_types, mapping_reader
from clastic.pages import element, html_page, join, paragraphs, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.text import to_text

_ORIENTATIONS = ("auto", "horizontal", "vertical")
_CELL_LENGTH = 60
_BRIEF_LENGTH = 80
# The cell of a row that has nothing for a column.
_MISSING = ""
_TEXT_TYPES = (str, UserString, *BYTES_TYPES)
_SCALAR_TYPES = frozenset({str, int, float, bool, type(None)})
_WITHOUT_FIELDS = (type, ModuleType, FunctionType, MethodType)


class Table(tableutils.Table):  # type: ignore[misc]
    """Rows of cells under headers, a :class:`boltons.tableutils.Table`. A cell can be a table.

    In the horizontal orientation a row of the table is a row on the page. The vertical orientation
    is the same turned by 90 degrees, headers first: best for one row with many columns.

    :param data: the cells of each row; short rows are filled up with empty cells
    :param headers: the name of each column; none for columns without names
    :param metadata: facts about the table, which ``to_html(with_metadata=True)`` shows above it
    :param orientation: ``horizontal`` or ``vertical``; ``auto`` is horizontal here
    :param caption: the caption of the table
    :raises ValueError: for any other orientation
    """

    def __init__(
        self,
        data: Iterable[Iterable[Any]] | None = None,
        headers: Iterable[Any] | None = None,
        metadata: Mapping[Any, Any] | None = None,
        *,
        orientation: str = "auto",
        caption: str | None = None,
    ) -> None:
        self.orientation = _checked_orientation(orientation)
        self.caption = caption
        super().__init__(data, list(headers or ()), metadata)

    @classmethod
    def from_data(
        cls, data: object, headers: Sequence[Any] | None = None, max_depth: int = 1
    ) -> Table:
        """Return a table of any data, which is not changed.

        - A mapping, a dataclass, a named tuple, or an object with ``to_dict()``, ``asdict()`` or
          public attributes is one row, shown vertically.
        - An iterable of only such objects has a row for each of them, and a column for each key
          that any of them has.
        - An iterable of only lists and tuples has a row for each of them.
        - Any other iterable is one column, and any other object is one cell.

        :param headers: the columns to take, in this order, or the names for columns without names
        :param max_depth: how many tables may be inside each other, this one included; deeper data
            is shown as short text
        """
        return cls._from_data(data, headers, max_depth, frozenset())

    from_dict = from_list = from_object = from_data

    @classmethod
    def _from_data(
        cls, data: object, headers: Sequence[Any] | None, depth: int, around: frozenset[int]
    ) -> Table:
        around |= {id(data)}

        def cell(value: Any) -> Any:
            if not _is_container(value):
                return value
            if id(value) in around:
                return f"<{type(value).__name__} that contains itself>"
            return _brief(value) if depth <= 1 else cls._from_data(value, None, depth - 1, around)

        rows, columns, orientation = _arrange(data, headers)
        return cls([map(cell, row) for row in rows], columns, orientation=orientation)

    def extend(self, data: Iterable[Iterable[Any]] | None) -> None:
        """Append rows, which are copied; short rows and headers are filled up with empty cells."""
        rows = [list(row) for row in data or ()]
        lines = [*self, *rows, *([self.headers] if self.headers else [])]
        self.width = max(map(len, lines), default=0)
        for line in lines:
            line += [_MISSING] * (self.width - len(line))
        super().extend(rows)

    @property
    def rows(self) -> list[list[Any]]:
        """The cells of each row."""
        return list(self)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show, not even a header."""
        return not self.width

    def to_html(
        self,
        orientation: str = "auto",
        *,
        with_headers: bool = True,
        with_metadata: bool | str = False,
        max_depth: int | None = None,
    ) -> Markup:
        """Return the ``table`` element, with everything in it escaped.

        :param orientation: ``auto`` is the orientation of the table
        :param with_headers: show the headers
        :param with_metadata: also show the metadata, in a table above this one; ``"bottom"`` puts
            it below
        :param max_depth: how many tables may be inside each other, this one included; deeper ones
            are shown as text. By default all are shown
        :raises ValueError: for an unknown orientation
        """
        if self.is_empty:
            return element("em", "empty")
        vertical = self._is_vertical(orientation)
        headers = self.headers if with_headers else []
        heads = [self._head(header, "row" if vertical else "col") for header in headers]
        lines = [[row[index] for row in self] for index in range(self.width)] if vertical else self
        rows = [[self._cell(value, max_depth) for value in line] for line in lines]
        if vertical and heads:
            rows = [[head, *row] for head, row in zip(heads, rows, strict=True)]
        table = element(
            "table",
            None if self.caption is None else element("caption", to_text(self.caption)),
            element("thead", _row(heads)) if heads and not vertical else None,
            element("tbody", *map(_row, rows)),
        )
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

    def to_text(self, orientation: str = "auto", max_width: int = _CELL_LENGTH) -> str:
        """Return the table in columns of plain text; tables inside it become one line each.

        :param orientation: as for :meth:`to_html`
        :param max_width: the maximum length of a cell, in characters; the rest is cut off
        """
        if self.is_empty:
            return "empty"
        lines = [self.headers, *self] if self.headers else self.rows
        vertical = self._is_vertical(orientation)
        if vertical:
            lines = [list(column) for column in zip(*lines, strict=True)]
        texts = [[_one_line(cell, max_width) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        if self.headers and not vertical:
            texts.insert(1, ["-" * width for width in widths])
        return "\n".join(" | ".join(map(str.ljust, line, widths)).rstrip() for line in texts)

    def __str__(self) -> str:
        """Return the table in one line."""
        names = [f"{header}: " for header in self.headers] or [""] * self.width
        rows = (", ".join(map(str.__add__, names, map(to_text, row))) for row in self)
        return f"[{'; '.join(rows)}]"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} rows, {self.width} columns>"

    def _is_vertical(self, orientation: str) -> bool:
        wanted = self.orientation if orientation == "auto" else _checked_orientation(orientation)
        return wanted == "vertical"

    def _head(self, header: object, scope: str) -> str:
        return "".join([f'<th scope="{scope}">', self.get_cell_html(header), "</th>"])

    def _cell(self, value: object, max_depth: int | None) -> str:
        if isinstance(value, Table) and max_depth != 1:
            html: str = value.to_html(max_depth=max_depth and max_depth - 1)
        else:
            html = self.get_cell_html(value)
        return "".join(['<td class="number">' if _is_number(value) else "<td>", html, "</td>"])


class TabularRender:
    """A render function that shows the context as a table, on a page with the endpoint's docstring.

    :param max_depth: how many tables may be inside each other
    :param orientation: ``horizontal``, ``vertical``, or ``auto``: vertical for a mapping and the
        like, horizontal for everything else
    :param table_type: the type of the tables
    :param enable_title: show the name and the docstring of the endpoint above the table
    :param with_metadata: as for :meth:`Table.to_html`
    :raises ValueError: for a depth below 1 or an unknown orientation
    """

    def __init__(
        self,
        max_depth: int = 4,
        orientation: str = "auto",
        *,
        table_type: type[Table] = Table,
        enable_title: bool = True,
        with_metadata: bool | str = False,
    ) -> None:
        if max_depth < 1:
            raise ValueError(f"max_depth must be at least 1, not {max_depth}")
        self._max_depth = max_depth
        self._orientation = _checked_orientation(orientation)
        self._table_type = table_type
        self._enable_title = enable_title
        self._with_metadata = with_metadata

    def __call__(self, context: object, _route: Any = None) -> Response:
        """Render ``context``, a :class:`Table` or data for one."""
        return Response(self.page(context, _route), content_type="text/html; charset=utf-8")

    def page(self, context: object, route: Any = None, json_url: str | None = None) -> str:
        """Return the HTML document.

        :param route: the route whose endpoint gives the title and the text above the table
        :param json_url: where the same data is as JSON
        """
        table = context if isinstance(context, Table) else self.table(context)
        html = table.to_html(self._orientation, with_metadata=self._with_metadata)
        endpoint = getattr(route, "endpoint", None)
        title = "Table" if endpoint is None else callable_name(endpoint)
        heading = join(element("h1", title), paragraphs(_docstring(endpoint)))
        link = {"rel": "alternate", "type": "application/json", "href": json_url}
        return html_page(
            title,
            heading if self._enable_title else None,
            element("p", element("a", "The same as JSON", **link)) if json_url else None,
            scrollable(html, title),
            style=DEVELOPER_STYLE,
        )

    def table(self, data: object) -> Table:
        """Return the table of any data, with its size as the caption."""
        table = self._table_type.from_data(data, max_depth=self._max_depth)
        is_record = table.orientation == "vertical"
        count, unit = (table.width, "field") if is_record else (len(table), "row")
        table.caption = f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
        return table


def _arrange(data: object, headers: Iterable[Any] | None) -> tuple[list[Any], list[Any], str]:
    """Return the rows and headers of any data, and the orientation that suits it."""
    record = _record(data)
    if record is not None:
        return *_columns([record], headers), "vertical"
    items: list[Any] = [data]
    if isinstance(data, Iterable) and not isinstance(data, _TEXT_TYPES):
        items = list(data)
    records = [record for record in map(_record, items) if record is not None]
    if items and len(records) == len(items):
        return *_columns(records, headers), "horizontal"
    if not all(isinstance(item, (list, tuple)) for item in items):
        items = [[item] for item in items]
    return items, list(headers or ()), "horizontal"


def _columns(
    records: list[Mapping[Any, Any]], headers: Iterable[Any] | None
) -> tuple[list[Any], list[Any]]:
    if headers is None:
        headers = dict.fromkeys(key for record in records for key in record)
    columns = list(headers)
    return [[record.get(column, _MISSING) for column in columns] for record in records], columns


def _record(value: object) -> Mapping[Any, Any] | None:
    """Return the fields of a value by name, ``None`` if it has none."""
    kind = type(value)
    if kind in _SCALAR_TYPES:
        return None
    mapping = as_mapping(value)
    if mapping is not None or issubclass(kind, Iterable) or isinstance(value, _WITHOUT_FIELDS):
        return mapping
    attributes = getattr(value, "__dict__", {})
    return {name: part for name, part in attributes.items() if not name.startswith("_")} or None


def _is_container(value: object) -> bool:
    """Return whether a value has parts that a table of its own can show."""
    kind = type(value)
    if kind in _SCALAR_TYPES or issubclass(kind, _TEXT_TYPES):
        return False
    return issubclass(kind, Iterable) or mapping_reader(kind) is not None


def _brief(value: object) -> str:
    """Return a container as short text, however large, deep or circular it is."""
    shortener = reprlib.Repr()
    shortener.maxlevel = 2
    try:
        text = shortener.repr(value)
    except Exception:
        text = f"<{type(value).__name__} whose repr failed>"
    return _cut(text, _BRIEF_LENGTH)


def _one_line(value: object, max_width: int) -> str:
    return _cut(" ".join(to_text(value).split()), max_width)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _checked_orientation(orientation: str) -> str:
    if orientation not in _ORIENTATIONS:
        choices = ", ".join(_ORIENTATIONS)
        raise ValueError(f"orientation must be one of {choices}, not {orientation!r}")
    return orientation


def _row(cells: Iterable[str]) -> Markup:
    # Not made of elements like the rest: that takes three times as long for a large table.
    return Markup("".join(["<tr>", *cells, "</tr>\n"]))


def _is_number(value: object) -> bool:
    if isinstance(value, (int, float)):
        return not isinstance(value, bool)
    return isinstance(value, imported_types(DECIMAL))


def _docstring(endpoint: object) -> str:
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return "" if endpoint is None else inspect.getdoc(endpoint) or ""
