"""Which rows and columns there are in any data."""

from __future__ import annotations

import reprlib
from collections import UserString
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from clastic.json import BYTES_TYPES, as_mapping, mapping_reader

MISSING: Final = ""
"""The cell of a row that has nothing for a column."""

TEXT_TYPES = (str, UserString, *BYTES_TYPES)
CELL_TYPES = frozenset({str, int, float, bool, type(None)})
NO_RECORDS = (type, ModuleType, FunctionType, MethodType)
BRIEF_LENGTH = 80


class Shape(NamedTuple):
    """Data as rows and columns.

    :ivar rows: each as long as ``headers``, if there are headers
    :ivar headers: the names of the columns; empty for columns without names
    :ivar is_record: whether it is one thing with named parts, and no list
    """

    rows: list[list[Any]]
    headers: list[Any]
    is_record: bool = False


def shape_of(data: object, headers: Sequence[Any] | None = None) -> Shape:
    """Find the rows and columns of ``data``, which is not changed.

    :param headers: the columns to take, in this order, or the names for columns without names;
        ``None`` for all there are
    """
    record = _record(data)
    if record is not None:
        return _from_records([record], headers)._replace(is_record=True)
    if not isinstance(data, Iterable) or isinstance(data, TEXT_TYPES):
        return Shape([[data]], list(headers or ()))
    items = list(data)
    records = [record for record in map(_record, items) if record is not None]
    if items and len(records) == len(items):
        return _from_records(records, headers)
    if items and all(isinstance(item, (list, tuple)) for item in items):
        return Shape([list(item) for item in items], list(headers or ()))
    return Shape([[item] for item in items], list(headers or ()))


def is_container(value: object) -> bool:
    """Tell whether ``value`` has parts that can be shown in a table of their own."""
    kind = type(value)
    if kind in CELL_TYPES or issubclass(kind, TEXT_TYPES):
        return False
    return issubclass(kind, Iterable) or mapping_reader(kind) is not None


def brief(value: object) -> str:
    """Give a container as short text, however large, deep or circular it is."""
    shortener = reprlib.Repr()
    shortener.maxlevel = 2
    try:
        text = shortener.repr(value)
    except Exception:
        text = f"<{type(value).__name__} whose repr failed>"
    return text if len(text) <= BRIEF_LENGTH else text[: BRIEF_LENGTH - 1] + "…"


def _from_records(records: Sequence[Mapping[Any, Any]], headers: Sequence[Any] | None) -> Shape:
    if headers is None:
        headers = list(dict.fromkeys(key for record in records for key in record))
    rows = [[record.get(header, MISSING) for header in headers] for record in records]
    return Shape(rows, list(headers))


def _record(value: object) -> Mapping[Any, Any] | None:
    kind = type(value)
    if kind in CELL_TYPES:
        return None
    mapping = as_mapping(value)
    if mapping is not None or issubclass(kind, Iterable) or isinstance(value, NO_RECORDS):
        return mapping
    attributes = getattr(value, "__dict__", {})
    return {name: part for name, part in attributes.items() if not name.startswith("_")} or None
