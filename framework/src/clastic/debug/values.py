"""How any value reads on a debug page: shortly, without its secrets, whatever its repr may do.

A value whose repr is that of a built-in type is written part by part, and an object without a repr
of its own by its attributes; any other is asked for its repr, with no more trust than it deserves.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

from clastic.debug.guarded import Guard, NoAnswer
from clastic.debug.inspection import attributes_of, is_a, items_of, pairs_of
from clastic.describe import describe_callable
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

CUT = "…"
"""What stands where something is left out."""

# How many characters are shown of one text, and of a whole value; how many bits a number may have.
_LONGEST_TEXT = 400
_LONGEST_VALUE = 1_200
_MOST_BYTES = 4_096
_LARGEST_NUMBER = 1_000
# How many characters all values of a page have together.
_MOST_CHARACTERS = 200_000
# How many items are shown of one object, and of all in a value; how deep they are shown.
_MOST_ITEMS = 20
_MOST_PARTS = 100
_DEEPEST = 4

# The modules that the names of types are known without.
_COMMON = ("__main__", "builtins", "collections", "types")
_NEVER_SECRET = (type(None), bool, type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)


@dataclass(frozen=True)
class NamedText:
    """A name, and what it stands for, as text."""

    name: str
    value: str


class ValueWriter:
    """Writes values down.

    :param secrets: what not to show
    :param guard: asks the objects that have a repr of their own
    """

    def __init__(self, secrets: Secrets, guard: Guard) -> None:
        self.secrets = secrets
        self._guard = guard
        self._room = _MOST_CHARACTERS

    def write(self, name: str, value: Any) -> str:
        """Return `value` as text.

        :param name: what it goes by; that of a secret has it masked
        """
        if self._room <= 0:
            return "<not shown: enough is shown already>"
        try:
            text = _Writing(self.secrets, self.ask).named(name, value)
        except Exception as error:  # nothing of an object can be relied on
            text = f"<not shown: reading it raises {type(error).__name__}>"
        text = to_text(text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + CUT)
        self._room -= len(text)
        return text

    def ask(self, function: Callable[[], object], most: int) -> str:
        """Return the beginning of the text that foreign code gives, or why there is none.

        :param most: how many characters of it to show
        """
        try:
            text = self._guard.text_of(function)
        except NoAnswer as reason:
            return f"<not shown: {reason}>"
        return to_text(self.secrets.mask(text, most)) + (CUT if len(text) > most else "")


class _Writing:
    """One value as it is written down, with all that is in it."""

    def __init__(self, secrets: Secrets, ask: Callable[[Callable[[], object], int], str]) -> None:
        self.secrets = secrets
        self.ask = ask
        self.parts_left = _MOST_PARTS
        self.around: list[object] = []

    def named(self, name: object, value: Any) -> str:
        can_be_secret = not is_a(value, *_NEVER_SECRET) and not _is_empty(value)
        return MASK if can_be_secret and self.secrets.is_secret_name(name) else self.part(value)

    def part(self, value: Any) -> str:
        self.parts_left -= 1
        write = _WRITERS.get(type(value).__repr__)
        if write is None:
            return self.ask(lambda: repr(value), _LONGEST_VALUE)
        return write(self, value)

    def text(self, value: str) -> str:
        shown = repr(self.secrets.mask(str.__str__(value), _LONGEST_TEXT))
        return shown + _cut_off(str.__len__(value), "characters")

    def data(self, value: bytes | bytearray) -> str:
        view = memoryview(value)
        written = repr(view[:_MOST_BYTES].tobytes())[2:-1]
        shown = f"b'{self.secrets.mask(written, _LONGEST_TEXT)}'"
        shown = f"bytearray({shown})" if is_a(value, bytearray) else shown
        return shown + _cut_off(len(view), "bytes")

    def number(self, value: int) -> str:
        bits = int.bit_length(value)
        if bits > _LARGEST_NUMBER:
            return f"<int of {bits:,} bits>"
        return self.secrets.mask(int.__repr__(value))

    def pairs(self, value: Any) -> str:
        def write() -> Iterator[str]:
            for key, inner in pairs_of(value, _MOST_ITEMS + 1) or ():
                yield f"{self.part(key)}: {self.named(key, inner)}"

        return self.typed(value, dict, "{%s}", write())

    def items(self, value: Any) -> str:
        items = items_of(value, _MOST_ITEMS + 1) or []
        if len(items) == 2 and is_a(items[0], str, bytes):
            parts = iter([self.part(items[0]), self.named(items[0], items[1])])
        else:
            parts = map(self.part, items)
        base = next(base for base in _BRACKETS if is_a(value, base))
        written = self.typed(value, base, _BRACKETS[base], parts)
        return written[:-1] + ",)" if base is tuple and len(items) == 1 else written

    def attributes(self, value: Any) -> str:
        def write() -> Iterator[str]:
            for name, inner in attributes_of(value, _MOST_ITEMS + 1):
                yield f"{name}={self.named(name, inner)}"

        inside = self.inside(value, write(), " ")
        return f"<{type_name(value)}{inside and ' '}{inside}>"

    def typed(self, value: Any, base: Any, brackets: str, parts: Iterator[str]) -> str:
        """Return a container as its type's repr would have it."""
        written = brackets % self.inside(value, parts, ", ")
        if type(value) is not base:
            written = f"{type_name(value)}({written})"
        length = base.__len__(value) if is_a(value, base) else 0
        return f"{written} ({length:,} items)" if length > _MOST_ITEMS else written

    def inside(self, value: object, parts: Iterator[str], between: str) -> str:
        """Return the first parts of `value`; none if it is too deep, or is within itself."""
        if len(self.around) == _DEEPEST or any(value is outer for outer in self.around):
            return CUT
        self.around.append(value)
        written: list[str] = []
        for part in parts:
            is_too_much = len(written) == _MOST_ITEMS or self.parts_left < 0
            written.append(CUT if is_too_much else part)
            if is_too_much:
                break
        self.around.pop()
        return between.join(written)


# Types whose own repr runs no code of others.
_TRUSTED = (type(None), bool, float, complex, BuiltinFunctionType, date, timedelta)

_BRACKETS = {
    list: "[%s]",
    tuple: "(%s)",
    set: "{%s}",
    frozenset: "frozenset({%s})",
    deque: "deque([%s])",
}

_WRITERS: dict[object, Callable[[_Writing, Any], str]] = {
    **{kind.__repr__: lambda _, value: repr(value) for kind in _TRUSTED},
    int.__repr__: _Writing.number,
    str.__repr__: _Writing.text,
    bytes.__repr__: _Writing.data,
    bytearray.__repr__: _Writing.data,
    dict.__repr__: _Writing.pairs,
    OrderedDict.__repr__: _Writing.pairs,
    defaultdict.__repr__: _Writing.pairs,
    MappingProxyType.__repr__: _Writing.pairs,
    **{base.__repr__: _Writing.items for base in _BRACKETS},
    object.__repr__: _Writing.attributes,
    SimpleNamespace.__repr__: _Writing.attributes,
    type.__repr__: lambda _, value: type.__repr__(value),
    FunctionType.__repr__: lambda _, value: f"<function {describe_callable(value)}>",
    MethodType.__repr__: lambda _, value: f"<method {describe_callable(value)}>",
    ModuleType.__repr__: lambda _, value: f"<module {vars(value).get('__name__')}>",
}
"""How to write a value, by its type's repr."""


def type_name(value: object) -> str:
    """Return the name of the type of `value`, with its module where that says something."""
    kind = type(value)
    prefix = "" if kind.__module__ in _COMMON else f"{kind.__module__}."
    return prefix + kind.__qualname__


def _is_empty(value: object) -> bool:
    kind = str if is_a(value, str) else bytes
    return is_a(value, kind) and not kind.__len__(value)  # type: ignore[arg-type]


def _cut_off(length: int, unit: str) -> str:
    return f"{CUT} ({length:,} {unit})" if length > _LONGEST_TEXT else ""
