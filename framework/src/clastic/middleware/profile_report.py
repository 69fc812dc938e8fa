"""A profile as one reads it: functions by what they cost, as text and as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from clastic.describe import format_location
from clastic.pages import element, html_page, scrollable
from clastic.pages.styles import DEVELOPER_STYLE
from clastic.render.table import Table


class Cost(NamedTuple):
    """What one function has cost.

    - ``calls``: how often it was called.
    - ``own``: the milliseconds in itself.
    - ``cumulative``: the milliseconds in itself and in what it called.
    - ``function``: its name.
    - ``where``: its file and line; empty for what is not written in Python.
    """

    calls: int
    own: float
    cumulative: float
    function: str
    where: str


SORTS: dict[str, Callable[[Cost], Any]] = {
    "cumulative": lambda cost: -cost.cumulative,
    "tottime": lambda cost: -cost.own,
    "calls": lambda cost: -cost.calls,
    "name": lambda cost: (cost.function, cost.where),
}
"""The orders of a report, by what asks for them."""

_HEADERS = ("Function", "Calls", "Own ms", "Total ms", "Where")
_WIDEST = 200


class Report:
    """The costs of a profile, in order.

    :param title: what was profiled
    :param outcome: a sentence on how it went
    :param entries: those of ``cProfile.Profile.getstats()``
    :param sort: one of :data:`SORTS`
    :param limit: the most functions to show
    """

    def __init__(
        self, title: str, outcome: str, entries: Iterable[Any], sort: str, limit: int
    ) -> None:
        costs = sorted(map(_cost, entries), key=SORTS[sort])
        self.title = title
        self.lines = [outcome]
        if len(costs) > limit:
            self.lines.append(f"The first {limit:,} of {len(costs):,} functions, by {sort}:")
        else:
            self.lines.append(f"All {len(costs):,} functions, by {sort}:")
        self.costs = costs[:limit]

    def to_text(self) -> str:
        """Give the report as text, a line for each function."""
        table = self._table().to_text(max_width=_WIDEST)
        return "\n".join([self.title, *self.lines, "", table, ""])

    def to_html(self) -> str:
        """Give the report as an HTML document."""
        content = [
            element("h1", self.title),
            *[element("p", line) for line in self.lines],
            scrollable(self._table().to_html(), self.title),
        ]
        main = element("main", *content, class_="profile")
        return html_page(self.title, main, style=DEVELOPER_STYLE)

    def _table(self) -> Table:
        # Decimals are numbers that keep their zeros.
        rows = [
            (
                cost.function,
                cost.calls,
                Decimal(f"{cost.own:.3f}"),
                Decimal(f"{cost.cumulative:.3f}"),
                cost.where,
            )
            for cost in self.costs
        ]
        return Table(rows, _HEADERS)


def _cost(entry: Any) -> Cost:
    """Return the cost in an entry, whose code is a code object or, for builtins, a text."""
    own, cumulative = entry.inlinetime * 1000, entry.totaltime * 1000
    if isinstance(entry.code, str):
        return Cost(entry.callcount, own, cumulative, entry.code, "")
    # The qualified name is there from Python 3.11 on.
    name = getattr(entry.code, "co_qualname", entry.code.co_name).rpartition("<locals>.")[2]
    where = format_location(entry.code.co_filename, entry.code.co_firstlineno)
    return Cost(entry.callcount, own, cumulative, name, where)
