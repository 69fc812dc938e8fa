"""What a Python value becomes in JSON, one step at a time."""

from __future__ import annotations

import dataclasses
import sys
from collections import UserString
from collections.abc import Callable, Iterable, Mapping, Sized
from datetime import date, time, timedelta
from enum import Enum
from functools import partial
from typing import Any

DICT_METHODS = ("to_dict", "asdict", "_asdict")
"""Methods without arguments that turn an object into a mapping, first found first used."""

BYTES_TYPES = (bytes, bytearray, memoryview)

DECIMAL = ("decimal", "Decimal")
UUID = ("uuid", "UUID")
PATH = ("pathlib", "PurePath")


class NoJSONForm(TypeError):
    """A value or a key is of a type that JSON has nothing for."""


def imported_types(*names: tuple[str, str]) -> tuple[type, ...]:
    """Give those types whose modules the program has imported: no value is of any other.

    :param names: the module and the name of each
    """
    modules = [(sys.modules.get(module), name) for module, name in names]
    return tuple([getattr(module, name) for module, name in modules if hasattr(module, name)])


def is_one_shot(value: object) -> bool:
    """Tell whether ``value`` can be iterated only once: an iterable that has no length."""
    return isinstance(value, Iterable) and not isinstance(value, Sized)


def mapping_reader(kind: type) -> Callable[[Any], Mapping[Any, Any]] | None:
    """Give the function that makes a mapping of an object of this type, if there is one.

    There is for a ``Mapping``, for a type with one of :data:`DICT_METHODS`, for one with
    ``keys()`` and ``[]`` (a row of a database), and for a dataclass. It raises ``TypeError`` when
    the method gives something else.
    """
    if issubclass(kind, Mapping):
        return lambda value: value
    for name in DICT_METHODS:
        method = getattr(kind, name, None)
        if callable(method):
            return partial(_mapping_from, method, f"{kind.__name__}.{name}()")
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return lambda value: {key: value[key] for key in value.keys()}  # noqa: SIM118
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        return lambda value: {name: getattr(value, name) for name in names}
    return None


def as_mapping(value: object) -> Mapping[Any, Any] | None:
    """Give ``value`` as a mapping by its :func:`mapping_reader`, ``None`` if it has none."""
    read = mapping_reader(type(value))
    return None if read is None else read(value)


def simplify(value: object, encoding: str = "utf-8") -> object:
    """Take one step from ``value`` towards JSON; what is inside it is left as it is.

    Dates and times become ISO 8601 text, a ``timedelta`` its seconds, a ``UUID`` and a path their
    text, an ``Enum`` member its value, bytes text. A ``Decimal`` becomes text too: a JSON number is
    read as a binary float nearly everywhere, which would change it. What has a
    :func:`mapping_reader` becomes a dict, any other iterable that has a length a list.

    :param encoding: what bytes are decoded by
    :raises NoJSONForm: for any other type; one-shot iterables are among those, as a step would
        use them up
    :raises UnicodeDecodeError: for bytes that are not text in ``encoding``
    """
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (UserString, *imported_types(DECIMAL, UUID, PATH))):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, BYTES_TYPES):
        return bytes(value).decode(encoding)
    mapping = as_mapping(value)
    if mapping is not None:
        return dict(mapping)
    if isinstance(value, Iterable) and isinstance(value, Sized):
        return list(value)
    raise NoJSONForm(type(value).__name__)


def _mapping_from(method: Callable[[Any], object], source: str, value: object) -> Mapping[Any, Any]:
    result = method(value)
    if isinstance(result, Mapping):
        return result
    raise TypeError(
        f"{source} gave a value of type {type(result).__name__}.\n  Return a dict from it."
    )
