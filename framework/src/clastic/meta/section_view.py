"""What a peripheral told as HTML: its own if it makes some, else the table of its data."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from clastic.meta.peripheral import MetaPeripheral, SectionData, reported
from clastic.meta.value_view import record_table, value_view
from clastic.pages import element, join


def section_view(peripheral: MetaPeripheral, section: SectionData) -> Markup:
    """Return the inside of the box of a peripheral; one that fails has a problem in it.

    :param section: what it told
    """
    if section.problem is not None:
        return _problem(section.problem)
    if section.unavailable is not None:
        return element("p", section.unavailable, class_="quiet")
    try:
        own = peripheral.render(section.data)
        if own is not None:
            return join(own)
    except Exception as error:  # whatever a foreign object raises
        return _problem(reported(error, peripheral))
    if isinstance(section.data, Mapping) and section.data:
        return record_table(section.data, section.title)
    return value_view(section.data)


def _problem(problem: str) -> Markup:
    return element("p", problem, class_="problem")
