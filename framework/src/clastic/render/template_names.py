"""The names that templates have for each other, and those that an engine keeps for itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

OPEN_PART = "\0"
"""Stands for what is made at run time while a name is put together; no name has it."""


class OpenName(NamedTuple):
    """A name that is made at run time: what is known of its beginning and its end."""

    start: str
    end: str


def parts_of(name: str, expression: re.Pattern[str]) -> list[str | None]:
    """Take a name apart where it has expressions: each of those becomes ``None``."""
    parts: list[str | None] = []
    for fixed in expression.split(name):
        parts += [fixed, None]
    return parts[:-1]  # There is an expression after each fixed part but the last.


def name_of(parts: Iterable[str | None], beside: str | None = None) -> str | OpenName:
    """Give the name that parts make together.

    :param parts: ``None`` is one that is made at run time
    :param beside: the template that the name is relative to, see :func:`resolve`
    """
    name = "".join(OPEN_PART if part is None else part for part in parts)
    if beside is not None and not name.startswith(OPEN_PART):
        name = resolve(name, beside)
    if OPEN_PART not in name:
        return name
    return OpenName(name.partition(OPEN_PART)[0], name.rpartition(OPEN_PART)[2])


def resolve(name: str, beside: str) -> str:
    """Give the name, seen from the directories, of what is relative to another template.

    :param name: begins with ``/`` if it is not relative to it
    :param beside: the name of the other template
    """
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(beside), name)).lstrip("/")


@dataclass(frozen=True, slots=True)
class KeptNames:
    """Names that an engine gives a value of its own, or has no way to pass on."""

    engine: str
    names: frozenset[str]

    def check(self, what: str, values: Mapping[str, Any]) -> None:
        """Check names that are given to templates.

        :param what: who gives them, for the message
        :raises ValueError: when the engine keeps one of them for itself
        """
        if not self.names.isdisjoint(values):
            name = min(self.names.intersection(values))
            raise ValueError(
                f"{what} has '{name}', a name that {self.engine} keeps for itself.\n"
                "  Use another name."
            )
