"""Represent any value as short text in which secrets are masked."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any

from clastic.secrets import Secrets
from clastic.text import to_text

CUT = "..."
"""The mark in place of the rest of a text or value."""

# The most characters of one string, of one value, and of all values of a report.
_STRING = 400
_VALUE = 1_200
_ALL_VALUES = 200_000
# The most items of a container, and levels of containers.
_ITEMS = 15
_LEVELS = 3

_CONTAINERS = (dict, frozenset, list, set, tuple)


@dataclass(frozen=True)
class NamedText:
    """A name, and its value as text."""

    name: str
    value: str


class ValueWriter(reprlib.Repr):
    """Represent values as text: each one shortened, all of them together bounded.

    The ``repr`` of an object may raise; a slow one is not interrupted.

    :param secrets: the secrets to mask
    """

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self.secrets = secrets
        self.maxlevel = _LEVELS
        self.maxdict = self.maxfrozenset = self.maxlist = self.maxset = self.maxtuple = _ITEMS
        self.maxlong = 10_000  # digits; more than Python writes
        self._characters_left = _ALL_VALUES

    def write(self, name: str, value: object) -> NamedText:
        """Return a value as text; a mask if its name is that of a secret."""
        if self._characters_left <= 0:
            return NamedText(name, "<not shown: the page is long enough>")
        text = shorten(self.repr(value), _VALUE, self.secrets)
        if type(value) in _CONTAINERS and len(value) > _ITEMS:  # type: ignore[arg-type]
            text += f" ({len(value):,} items)"  # type: ignore[arg-type]
        self._characters_left -= len(text)
        return NamedText(name, self.secrets.mask_named(name, text))

    def repr1(self, x: Any, level: int) -> str:
        try:
            return super().repr1(x, level)
        except Exception as error:
            return f"<{type_name(x)}: repr() raised {type(error).__name__}>"

    # The methods of reprlib cut out the middle, and leave parts of a secret on both sides.

    def repr_str(self, x: str, level: int) -> str:
        return repr(self.secrets.mask(x, _STRING)) + (CUT if len(x) > _STRING else "")

    def repr_instance(self, x: Any, level: int) -> str:
        return shorten(repr(x), _VALUE, self.secrets)


def shorten(text: str, most: int, secrets: Secrets) -> str:
    """Return the beginning of a text, with secrets masked.

    :param most: the number of characters to cut it off after
    """
    return to_text(secrets.mask(text, most)) + (CUT if len(text) > most else "")


def type_name(value: object) -> str:
    """Return the name of the type of a value, with its module unless that is ``builtins``."""
    kind = type(value)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return prefix + kind.__qualname__
