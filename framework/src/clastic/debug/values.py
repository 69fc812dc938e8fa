"""Represent any value as short text in which secrets are masked."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from clastic.describe import describe_callable
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

CUT = "..."
"""What stands in place of the rest of a text or value."""

# The most characters of one string, of one value, and of all values of a report.
_STRING = 400
_VALUE = 1_200
_ALL_VALUES = 200_000
# The most items of one container, of all containers in a value, and levels of containers.
_ITEMS = 20
_PARTS = 100
_LEVELS = 4
_INTEGER_BITS = 1_000

_CONTAINERS = (dict, frozenset, list, set, tuple)
_TEXTS = (bytes, str)
# These are not secret even under the name of a secret.
_NEVER_SECRET = (bool, BuiltinFunctionType, FunctionType, MethodType, ModuleType, type, type(None))


@dataclass(frozen=True)
class NamedText:
    """A name, and its value as text."""

    name: str
    value: str


class ValueWriter:
    """Represent values as text: each one shortened, all of them together bounded.

    :param secrets: the secrets to mask
    """

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self._short = _ShortRepr(secrets)
        self._characters_left = _ALL_VALUES

    def write(self, name: str, value: object) -> NamedText:
        """Return a value as text; a mask if its name is that of a secret."""
        if self._characters_left <= 0:
            return NamedText(name, "<not shown: the page is long enough>")
        is_empty = type(value) in _TEXTS and not value
        can_be_secret = not is_empty and not issubclass(type(value), _NEVER_SECRET)
        if can_be_secret and self.secrets.is_secret_name(name):
            return NamedText(name, MASK)
        text = self._short.represent(value)
        self._characters_left -= len(text)
        return NamedText(name, text)

    def write_str(self, value: object, most: int) -> str:
        """Return the ``str`` of an object, or why it has none.

        :param most: the number of characters to cut it off after
        """
        try:
            text = str(value)
        except Exception as error:
            return _failure(value, "str", error)
        return shorten(text, most, self.secrets)


def shorten(text: str, most: int, secrets: Secrets, *, is_source: bool = False) -> str:
    """Return the beginning of a text, with secrets masked.

    :param most: the number of characters to cut it off after
    :param is_source: whether it is source code
    """
    masked = secrets.mask(text, most, is_source=is_source)
    return to_text(masked) + (CUT if len(text) > most else "")


def type_name(value: object) -> str:
    """Return the name of the type of a value, with its module unless that is ``builtins``."""
    kind = type(value)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return prefix + kind.__qualname__


class _ShortRepr(reprlib.Repr):
    """Represent built-in containers item by item, and other objects by their ``repr``.

    A ``repr`` is code of the application: it may raise, and a slow one is not interrupted.
    """

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets
        self._parts_left = 0
        self.maxlevel = _LEVELS
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = _ITEMS

    def represent(self, value: Any) -> str:
        self._parts_left = _PARTS
        text = shorten(self.repr(value), _VALUE, self._secrets)
        if type(value) in _CONTAINERS and len(value) > _ITEMS:
            return f"{text} ({len(value):,} items)"
        if type(value) in _TEXTS and len(value) > _STRING:
            return f"{text} ({len(value):,} {'characters' if type(value) is str else 'bytes'})"
        return text

    def repr1(self, x: Any, level: int) -> str:
        self._parts_left -= 1
        if self._parts_left < 0:
            return CUT
        # By its name, reprlib would take any type for a built-in one.
        is_builtin = type(x).__module__ == "builtins"
        return super().repr1(x, level) if is_builtin else self.repr_instance(x, level)

    def repr_str(self, x: str, level: int) -> str:
        return repr(self._secrets.mask(x, _STRING)) + (CUT if len(x) > _STRING else "")

    def repr_bytes(self, x: bytes, level: int) -> str:
        text = repr(x[: 2 * _STRING])[2:-1]
        return f"b'{self._secrets.mask(text, _STRING)}'" + (CUT if len(x) > _STRING else "")

    def repr_int(self, x: int, level: int) -> str:
        bits = x.bit_length()
        return f"<int of {bits:,} bits>" if bits > _INTEGER_BITS else repr(x)

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return f"{{{CUT}}}"
        items = list(islice(x.items(), _ITEMS))
        parts = [
            f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}" for key, value in items
        ]
        return "{" + ", ".join([*parts, CUT][: len(x)]) + "}"

    def repr_function(self, x: FunctionType, level: int) -> str:
        return f"<function {describe_callable(x)}>"

    def repr_method(self, x: MethodType, level: int) -> str:
        return f"<method {describe_callable(x)}>"

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            text = self._attributes(x, level) if _has_no_repr(x) else repr(x)
            return shorten(text, _VALUE, self._secrets)
        except Exception as error:
            return _failure(x, "repr", error)

    def _attributes(self, x: object, level: int) -> str:
        attributes = list(islice(getattr(x, "__dict__", {}).items(), _ITEMS + 1))
        if level <= 0 and attributes:
            return f"<{type_name(x)} {CUT}>"
        parts = [f"{name}={self.repr1(value, level - 1)}" for name, value in attributes[:_ITEMS]]
        parts += [CUT] * (len(attributes) > _ITEMS)
        return f"<{' '.join([type_name(x), *parts])}>"


def _has_no_repr(value: object) -> bool:
    return type(value).__repr__ is object.__repr__


def _failure(value: object, function: str, error: Exception) -> str:
    return f"<{type_name(value)}: {function}() raised {type(error).__name__}>"
