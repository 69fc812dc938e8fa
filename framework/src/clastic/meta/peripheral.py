"""Peripherals: what else the page shows, each in a box of its own, also when it is broken."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clastic.meta.plain_values import masked, plain

_logger = logging.getLogger("clastic")


class Unavailable(Exception):
    """Raised by a peripheral that has nothing to tell here, with the reason, which is shown."""


class MetaPeripheral:
    """Something more to tell about a running application. Subclass it::

        class Queue(MetaPeripheral):
            title = "Queue"

            def __init__(self, jobs):
                self.jobs = jobs

            def get_context(self):
                return {"waiting": len(self.jobs), "oldest_seconds": self.jobs.age()}

        MetaApplication(peripherals=[Queue(jobs)])

    Names that end in ``_seconds`` and ``_bytes`` are shown in the units that people read.
    """

    title: str = ""
    """What its box is called."""
    group_key: str = "peripherals"
    """Boxes with the same one stand together: ``server`` and ``peripherals`` are there already."""

    def get_context(self) -> Any:
        """Return the data to show: a mapping, a dataclass, or anything that JSON has a form for.

        Of what has none only the type is shown, and what looks like a secret is masked.

        :raises Unavailable: there is nothing to tell, for the reason given
        :raises Exception: anything else is logged; the box then tells its type and the error id
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_context()")

    def render(self, data: Any) -> Any:
        """Return the inside of the box: ``Markup``, or text, which is escaped.

        ``None`` is for the usual tables. Styles and scripts in the markup are not run.

        :param data: what :meth:`get_context` returned, as plain data with secrets masked
        """
        return None


@dataclass(frozen=True, slots=True)
class SectionData:
    """What a peripheral told.

    :param data: its data: dicts with text keys, lists, and JSON's scalars
    :param unavailable: the reason why there is none here, if it gave one
    :param problem: what is said of how it failed, if it did
    """

    group_key: str
    title: str
    data: Any = None
    unavailable: str | None = None
    problem: str | None = None


def checked_peripherals(peripherals: Iterable[MetaPeripheral]) -> tuple[MetaPeripheral, ...]:
    """Return `peripherals`, those of one group next to each other.

    :raises TypeError: one is no :class:`MetaPeripheral`
    :raises ValueError: one has no title
    """
    groups: dict[str, list[MetaPeripheral]] = {}
    for peripheral in peripherals:
        if not isinstance(peripheral, MetaPeripheral):
            raise TypeError(
                f"{peripheral!r} is not a MetaPeripheral. "
                "Subclass clastic.meta.MetaPeripheral, and give an instance of it."
            )
        if not peripheral.title:
            raise ValueError(
                f"{type(peripheral).__name__} has no title. "
                "Set title to what its box on the page is to be called."
            )
        groups.setdefault(peripheral.group_key, []).append(peripheral)
    return tuple(peripheral for group in groups.values() for peripheral in group)


def gather_sections(peripherals: Iterable[MetaPeripheral]) -> Iterator[SectionData]:
    """Ask every peripheral; one that fails has a problem instead of data."""
    for peripheral in peripherals:
        names = (peripheral.group_key, peripheral.title)
        try:
            section = SectionData(*names, plain(peripheral.get_context()))
        except Unavailable as reason:
            section = SectionData(*names, unavailable=masked(reason))
        except Exception as error:  # whatever a foreign object raises
            section = SectionData(*names, problem=reported(error, peripheral))
        yield section


def reported(error: Exception, peripheral: MetaPeripheral) -> str:
    """Log the exception being handled; return what the page says of it: its type and an id."""
    error_id = secrets.token_hex(4)
    _logger.error(
        "Meta peripheral %s failed, error id %s",
        type(peripheral).__name__,
        error_id,
        exc_info=True,
        extra={"error_id": error_id},
    )
    return f"It failed with {type(error).__name__}. The log has the rest: error id {error_id}."
