"""Plain data as HTML that people read: tables and lists, sizes and durations in fitting units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from clastic.pages import element, join

FEW_MEMBERS = 3
"""Up to how many members of a list are shown at once."""

_ABBREVIATIONS = {"cpu": "CPU", "id": "ID", "pid": "PID", "url": "URL"}
_BINARY_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_TIME_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def record_table(data: Mapping[str, Any], caption: str) -> Markup:
    """Return the table of names and values.

    :param caption: what it is called, for those who do not see the heading above it
    """
    rows = (
        element(
            "tr",
            element("th", label(name), scope="row"),
            element("td", value_view(value, name)),
        )
        for name, value in data.items()
    )
    table = element("table", element("caption", caption, class_="hidden"), *rows, class_="record")
    return scrolled(table, aria_label=caption)


def scrolled(table: Markup, **attributes: str) -> Markup:
    """Return a table that can be scrolled sideways where it is too wide, also by the keyboard.

    :param attributes: what names the group for those who do not see it
    """
    return element("div", table, class_="table", role="group", tabindex="0", **attributes)


def value_view(value: Any, name: str = "") -> Markup:
    """Return a value of plain data: text, a list, a table, or a list of names and values.

    :param name: what it is called; tells the unit of a number
    """
    if isinstance(value, Mapping) and value:
        terms = (
            join(element("dt", _words(key)), element("dd", value_view(member, key)))
            for key, member in value.items()
        )
        return element("dl", *terms)
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return _list_view(value, name)
    return _scalar(value, name)


def label(name: str) -> str:
    """Return a name as a label: ``uptime_seconds`` is ``Uptime``."""
    words = _words(name)
    return words[:1].upper() + words[1:]


def duration(seconds: float) -> str:
    """Return seconds in the two units that fit best: ``2 h 5 min``."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    units = iter(_TIME_UNITS)
    unit, length = next(each for each in units if seconds >= each[1])
    whole, rest = divmod(int(seconds), length)
    smaller, smaller_length = next(units, ("", 1))
    part = rest // smaller_length
    return f"{whole} {unit} {part} {smaller}" if part else f"{whole} {unit}"


def size(count: float) -> str:
    """Return a number of bytes in the unit that fits best: ``1.5 GiB``."""
    unit = 0
    while abs(count) >= 1024 and unit < len(_BINARY_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:,.{min(unit, 1)}f} {_BINARY_UNITS[unit]}"


def _words(name: str) -> str:
    for suffix in ("_bytes", "_seconds"):
        name = name.removesuffix(suffix)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in name.split("_"))


def _list_view(members: Sequence[Any], name: str) -> Markup:
    if all(isinstance(member, (int, float)) for member in members):
        return join(", ".join(_number(member, name) for member in members))
    if all(isinstance(member, Mapping) and member for member in members):
        return _table_view(members)
    items = element("ul", *(element("li", value_view(member, name)) for member in members))
    if len(members) <= FEW_MEMBERS:
        return items
    return element("details", element("summary", f"{len(members):,} entries"), items)


def _table_view(records: Sequence[Mapping[str, Any]]) -> Markup:
    names = list(dict.fromkeys(name for record in records for name in record))
    rows = (
        element("tr", *(element("td", value_view(record.get(name), name)) for name in names))
        for record in records
    )
    head = element("tr", *(element("th", _words(name), scope="col") for name in names))
    return element("table", element("thead", head), element("tbody", *rows))


def _scalar(value: Any, name: str) -> Markup:
    if value is None:
        return element("span", "none", class_="quiet")
    if value is True or value is False:
        return join("yes" if value else "no")
    if isinstance(value, (int, float)):
        return join(_number(value, name))
    if not value:
        return element("span", "empty", class_="quiet")
    return join(value)


def _number(value: float, name: str) -> str:
    if name.endswith("_seconds"):
        return duration(value)
    if name.endswith("_bytes"):
        return size(value)
    return str(value) if name.endswith("pid") else f"{value:,}"
