"""Show any data as a table: in HTML, in plain text, and as a page."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Literal

from boltons import tableutils
from boltons.iterutils import remap
from markupsafe import Markup, escape

from clastic.describe import callable_name
from clastic.http import Response, respond_html
from clastic.json import BYTES_TYPES, as_mapping
from clastic.pages import element, html_page, join, paragraphs, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.text import to_text

MAX_DEPTH = 4
"""The default depth to which tables are nested."""

_CELL_LENGTH = 60
_BRIEF_LENGTH = 80
# The cell of a row that has nothing for a column.
_MISSING = ""
_SCALARS = (str, int, float, type(None), *BYTES_TYPES)


class Table(tableutils.Table):  # type: ignore[misc]  # boltons has no annotations.
    """Rows of cells under headers: a :class:`boltons.tableutils.Table`.

    ``Table(rows, headers)``, ``extend`` and ``to_html`` are those of boltons. One row is shown
    vertically unless ``to_html`` gets an orientation, and the tables in its cells are shown if its
    ``max_depth`` is more than 1. In a template it is HTML. To show some values in another way,
    override :meth:`get_cell_html`.
    """

    @classmethod
    def from_data(
        cls,
        data: object,
        headers: Iterable[Any] | None = None,
        max_depth: int = 1,
        metadata: Mapping[Any, Any] | None = None,
    ) -> Table:
        """Return a table of any data, which is not changed.

        - A mapping, a dataclass, a named tuple, or an object with ``to_dict()``, ``asdict()`` or
          public attributes is one row.
        - An iterable of only such objects has a row for each of them, and a column for each key
          that any of them has.
        - Any other iterable has a row for each member, whose cells are the members of a list or
          tuple. Any other object is one cell.

        :param headers: the columns to take, in this order, or the names for columns without names
        :param max_depth: how many tables may be inside each other, this one included; deeper data
            is shown as short text
        :param metadata: facts about the table, which ``to_html(with_metadata=True)`` shows above it
        """
        if _record(data) is None and isinstance(data, Iterable) and not isinstance(data, _SCALARS):
            items = list(data)
        else:
            items = [data]
        rows, columns = _rows_and_columns(items, headers)
        cells = [[cls._cell_of(value, max_depth) for value in row] for row in rows]
        return cls(cells, columns, metadata)

    from_dict = from_list = from_object = from_data

    @classmethod
    def _cell_of(cls, value: object, max_depth: int) -> object:
        if isinstance(value, _SCALARS):
            return value
        is_iterable = isinstance(value, Iterable)
        if max_depth > 1 and (is_iterable or as_mapping(value) is not None):
            return cls.from_data(value, max_depth=max_depth - 1)
        return _cut(reprlib.repr(value), _BRIEF_LENGTH) if is_iterable else value

    def get_cell_html(self, value: object) -> str:
        """Return the HTML of a header, or of a cell without a table: the escaped text of a value.

        An override has to escape what it returns.
        """
        html = escape(to_text(value))
        is_number = hasattr(value, "__float__") and not isinstance(value, bool)
        return f'<span class="number">{html}</span>' if is_number else html

    def to_text(self, with_headers: bool = True, maxlen: int | None = _CELL_LENGTH) -> str:
        """Return the table in columns of plain text, each row in one line.

        :param with_headers: whether the first line has the headers
        :param maxlen: the maximum length of a cell, in characters; the rest is cut off
        """
        lines = [[" ".join(to_text(cell).split()) for cell in row] for row in [self.headers, *self]]
        headers, rows = lines[0], lines[1:]
        if not rows:  # boltons cannot show headers alone.
            return " | ".join(headers) if with_headers else ""
        text = str(tableutils.Table(rows, headers).to_text(with_headers, maxlen))
        return "\n".join([line.rstrip() for line in text.split("\n")])

    def __html__(self) -> str:
        return str(self.to_html(max_depth=MAX_DEPTH))


class TabularRender:
    """A render function that shows the context as a table, on a page with the endpoint's docstring.

    :param max_depth: how many tables may be inside each other
    :param orientation: ``horizontal``, ``vertical``, or ``auto``: vertical for one row
    :param table_type: the type of the tables
    :param enable_title: show the name and the docstring of the endpoint above the table
    :param with_metadata: show the metadata of a table above it
    """

    def __init__(
        self,
        max_depth: int = MAX_DEPTH,
        orientation: Literal["auto", "horizontal", "vertical"] = "auto",
        *,
        table_type: type[tableutils.Table] = Table,
        enable_title: bool = True,
        with_metadata: bool | str = True,
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
        table: Any = context
        if not isinstance(table, tableutils.Table):
            if isinstance(context, (list, tuple, dict)) and not issubclass(self._table_type, Table):
                context = remap(context)  # boltons puts tables into the lists that it is given.
            table = self._table_type.from_data(context, max_depth=self._max_depth)
        endpoint = getattr(route, "endpoint", None)
        title = "Table" if endpoint is None else callable_name(endpoint)
        heading = join(element("h1", title), paragraphs(_docstring(endpoint)))
        link = {"rel": "alternate", "type": "application/json", "href": json_url}
        html = table.to_html(
            self._orientation, with_metadata=self._with_metadata, max_depth=self._max_depth
        )
        return html_page(
            title,
            heading if self._enable_title else None,
            element("p", element("a", "The same as JSON", **link)) if json_url else None,
            element("p", f"{len(table):,} rows", class_="hint") if len(table) != 1 else None,
            scrollable(Markup(html), title),
            style=DEVELOPER_STYLE,
        )


def _rows_and_columns(
    items: list[Any], headers: Iterable[Any] | None
) -> tuple[list[list[Any]], list[Any]]:
    """Return the cells of each item, and the headers: none, or one for each cell."""
    records = [record for record in map(_record, items) if record is not None]
    if records and len(records) == len(items):
        columns = list(headers or dict.fromkeys(key for record in records for key in record))
        rows = [[record.get(column, _MISSING) for column in columns] for record in records]
        return rows, columns
    rows = [list(item) if isinstance(item, (list, tuple)) else [item] for item in items]
    columns = list(headers or ())
    width = max(map(len, [columns, *rows]))
    lines = [row + [_MISSING] * (width - len(row)) for row in [columns, *rows]]
    return lines[1:], lines[0] if columns else []


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


def _docstring(endpoint: object) -> str:
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return "" if endpoint is None else inspect.getdoc(endpoint) or ""
