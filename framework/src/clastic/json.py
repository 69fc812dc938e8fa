"""Encode any value as JSON (RFC 8259), or say which part of it has no JSON form.

:class:`JSONEncoding` writes JSON text, :func:`simplify` converts one value by one step. The text is
UTF-8 without a byte order mark, and has neither NaN nor Infinity.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import math
import sys
from collections import UserString
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import suppress
from datetime import date, time, timedelta
from enum import Enum
from functools import partial
from typing import Any, TypeGuard

from clastic.describe import callable_name, describe_type

BYTES_TYPES = (bytes, bytearray, memoryview)
DECIMAL = ("decimal", "Decimal")
PATH = ("pathlib", "PurePath")
UUID = ("uuid", "UUID")

# Methods without arguments that turn an object into a mapping; the first one found is used.
_DICT_METHODS = ("to_dict", "asdict", "_asdict")
# A lenient copy goes no deeper than this. A strict one goes as deep as Python's recursion limit.
_LENIENT_DEPTH = 100

_Write = Callable[[object, int], Iterable[str]]


class NoJSONForm(TypeError):
    """The type of a value or of a key has no JSON form."""


def imported_types(*names: tuple[str, str]) -> tuple[type, ...]:
    """Return those types whose modules have been imported; no value can be of any other.

    :param names: the module and the name of each type
    """
    modules = [(sys.modules.get(module), name) for module, name in names]
    return tuple([getattr(module, name) for module, name in modules if hasattr(module, name)])


def mapping_reader(kind: type) -> Callable[[Any], Mapping[Any, Any]] | None:
    """Return the function that converts objects of a type to mappings, ``None`` if there is none.

    There is one for a ``Mapping``, for a type with ``to_dict()``, ``asdict()`` or ``_asdict()``,
    for one with ``keys()`` and ``[]`` (a database row), and for a dataclass. It raises
    ``TypeError`` if the method returns anything but a mapping.
    """
    if issubclass(kind, Mapping):
        return lambda value: value
    for name in _DICT_METHODS:
        method = getattr(kind, name, None)
        if callable(method):
            return partial(_call_for_mapping, method)
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return dict
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
        return lambda value: {name: getattr(value, name) for name in names}
    return None


def as_mapping(value: object) -> Mapping[Any, Any] | None:
    """Return a value as a mapping, ``None`` if its type has no :func:`mapping_reader`."""
    read = mapping_reader(type(value))
    return None if read is None else read(value)


def simplify(value: object, encoding: str = "utf-8", *, consume: bool = False) -> object:
    """Convert a value by one step towards JSON, leaving what it contains as it is.

    Dates and times become ISO 8601 text, a ``timedelta`` its seconds, a ``UUID`` and a path their
    text, an ``Enum`` member its value, bytes text. A ``Decimal`` becomes text too: most readers
    turn a JSON number into a binary float, which would change it. An object with a
    :func:`mapping_reader` becomes a dict, any other iterable a list.

    :param encoding: how bytes are decoded
    :param consume: also read iterables without a length, which may be possible only once
    :raises NoJSONForm: for any other type
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
    if isinstance(value, Iterable) and (consume or isinstance(value, Sized)):
        return list(value)
    raise NoJSONForm(type(value).__name__)


class JSONEncoding:
    """One way to write JSON. It keeps nothing of the values, so threads may share it.

    :param encoding: how bytes inside a value are decoded; the JSON is always UTF-8
    :param indent: spaces per level, ``None`` for the most compact form
    :param sort_keys: sort the keys of objects
    :param lenient: write the ``repr`` of values without a JSON form instead of raising
    :raises LookupError: if there is no such encoding
    """

    def __init__(
        self,
        *,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
        lenient: bool = False,
    ) -> None:
        codecs.lookup(encoding)
        self._encoding = encoding
        self._lenient = lenient
        self._write = _make_writer(partial(simplify, encoding=encoding), indent, sort_keys)

    def encode(self, value: object, trail: tuple[object, ...] = ()) -> bytes:
        """Return a value as JSON.

        :param trail: the keys and indexes that lead to the value, to name its place in an error
        :raises TypeError: for a type or a key without a JSON form; the error names the place
        :raises ValueError: for NaN, Infinity, bytes that are not text, two keys that are equal in
            JSON, and a value that contains itself or is nested too deep; it names the place too
        """
        if not self._lenient:
            try:
                return "".join(self._write(value, 0)).encode()
            except (TypeError, ValueError, RecursionError):
                pass  # The copy below either resolves the problem or names its place.
            if _is_one_shot(value):
                return self.encode(list(value), trail)
        copy = _PlainCopy(self._encoding, self._lenient, trail).make(value)
        # An unpaired surrogate has no UTF-8 form; its backslash form is the one JSON reads.
        return "".join(self._write(copy, 0)).encode("utf-8", "backslashreplace")

    def iter_encode(self, value: object) -> Iterator[bytes]:
        """Encode a value member by member, so that an iterator is never in memory as a whole.

        It raises the errors of :meth:`encode` when the iteration reaches the member.
        """
        if isinstance(value, (list, tuple)) or _is_one_shot(value):
            start, end = b"[", b"]"
            members = (self.encode(member, (index,)) for index, member in enumerate(value))
        elif (mapping := as_mapping(value)) is not None:
            start, end = b"{", b"}"
            members = (self.encode({key: mapping[key]})[1:-1].strip() for key in mapping)
        else:
            yield self.encode(value)
            return
        yield start + next(members, b"")
        for member in members:
            yield b"," + member
        yield end


class _PlainCopy:
    """One copy of one value, made of dicts with text keys, lists, and JSON's scalars.

    It is slower than an encoder that converts single values, but it turns any key into text, reads
    each iterator once, and knows its place in the value. It does not use
    ``boltons.iterutils.remap``, which identifies values by their ``id()`` even after they are gone
    and puts a circle into the copy again.
    """

    def __init__(self, encoding: str, lenient: bool, trail: Iterable[object]) -> None:
        self._encoding = encoding
        self._lenient = lenient
        self._trail = list(trail)
        self._open: set[int] = set()

    def make(self, value: object) -> Any:
        try:
            return self._copy(value)
        except RecursionError:
            del self._trail[3:]
            problem = f"{self._place()} is nested deeper than Python's recursion limit"
        raise ValueError(f"{problem}.\n  Return something flatter.")

    def _copy(self, value: object) -> Any:
        if value is None or isinstance(value, (str, bool)):
            return value
        depth = len(self._trail)
        if id(value) in self._open:
            name = type(value).__name__
            if self._lenient:
                return f"<{name} that contains itself>"
            remedy = "Return its id or name there, or use render_json_dev, which cuts the circle."
            return self._refuse(value, f"is a {name} that contains itself", remedy)
        self._open.add(id(value))
        try:
            return self._convert(value)
        except Exception as error:
            if not self._lenient:
                raise
            del self._trail[depth:]
            return f"{_safe_repr(value)} ({type(error).__name__}: {error})"
        finally:
            self._open.discard(id(value))

    def _convert(self, value: object) -> Any:
        if isinstance(value, (int, float)):
            return self._number(value)
        if self._lenient and len(self._trail) > _LENIENT_DEPTH:
            return f"<{type(value).__name__} nested deeper than {_LENIENT_DEPTH}>"
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            return [self._member(index, member) for index, member in enumerate(value)]
        try:
            simpler = simplify(value, self._encoding, consume=True)
        except NoJSONForm:
            name = type(value).__name__
            problem = f"is of type {name}, which JSON has no form for"
            remedy = (
                f"Convert it in the endpoint, give {name} a to_dict() method, or use "
                "render_json_dev, which falls back to repr."
            )
            return self._refuse(value, problem, remedy, NoJSONForm)
        except UnicodeDecodeError as error:
            if not isinstance(value, BYTES_TYPES):
                raise
            problem = f"is bytes that are not {self._encoding} text ({error.reason})"
            remedy = "Decode it in the endpoint, or write it in base64."
            return self._refuse(value, problem, remedy)
        return self._copy(simpler)

    def _number(self, value: float) -> Any:
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            problem = f"is {value!r}, which JSON has no number for"
            return self._refuse(value, problem, "Return None or text in its place.")
        with suppress(ValueError):
            int.__repr__(value)
            return value
        if self._lenient:
            return hex(value)
        problem = "is an int of more digits than Python writes out"
        return self._refuse(value, problem, "Make it text in the endpoint, for instance by hex().")

    def _object(self, values: Mapping[Any, object]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in values.items():
            text = self._key(key)
            if text in result:
                problem = f"has two keys that are both '{text}' in JSON"
                remedy = "Remove one of them, or make both text in the endpoint."
                text = self._refuse(key, problem, remedy)
            result[text] = self._member(key, value)
        return result

    def _member(self, key: object, value: object) -> Any:
        self._trail.append(key)
        copy = self._copy(value)
        self._trail.pop()
        return copy

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return key
        if key is None or isinstance(key, (bool, int, float)):
            copy = self._member(key, key)
            return copy if isinstance(copy, str) else json.dumps(copy)
        with suppress(NoJSONForm, UnicodeDecodeError):
            simpler = simplify(key, self._encoding)
            if not isinstance(simpler, (dict, list)):
                return self._key(simpler)
        found = f"has the key {_safe_repr(key)}, of type {type(key).__name__}"
        problem = f"{found}; the keys of a JSON object are text"
        remedy = "Make it text in the endpoint, or return a list of pairs."
        return self._refuse(key, problem, remedy, NoJSONForm)

    def _refuse(
        self, value: object, problem: str, remedy: str, error_type: type[Exception] = ValueError
    ) -> str:
        """Return the ``repr`` of a value in a lenient copy, raise in a strict one."""
        if self._lenient:
            return _safe_repr(value)
        raise error_type(f"{self._place()} {problem}.\n  {remedy}") from None

    def _place(self) -> str:
        return "context" + "".join(f"[{_safe_repr(key)}]" for key in self._trail)


def _make_writer(
    default: Callable[[object], object], indent: int | None, sort_keys: bool
) -> _Write:
    """Return the function that writes a value in pieces.

    Where there is an encoder in C, it is created once, and not for each value like those of
    ``JSONEncoder``: that takes longer than writing a small value. It does not look for circles and
    so has no state; a circle ends in a ``RecursionError``.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is not None and indent is None:
        escape = json.encoder.encode_basestring
        write: _Write = make(None, default, escape, None, ":", ",", sort_keys, False, False)
        return write
    encoder = json.JSONEncoder(
        ensure_ascii=False,
        check_circular=False,
        allow_nan=False,
        sort_keys=sort_keys,
        indent=indent,
        separators=(",", ":" if indent is None else ": "),
        default=default,
    )
    return lambda value, level: encoder.iterencode(value)


def _is_one_shot(value: object) -> TypeGuard[Iterable[object]]:
    """Return whether a value can perhaps be iterated only once: an iterable without a length."""
    is_iterable = isinstance(value, Iterable) and not isinstance(value, Sized)
    return is_iterable and mapping_reader(type(value)) is None


def _call_for_mapping(method: Callable[[Any], object], value: object) -> Mapping[Any, Any]:
    result = method(value)
    if isinstance(result, Mapping):
        return result
    problem = f"{callable_name(method)}() returned {describe_type(result)}"
    raise TypeError(f"{problem}.\n  Return a dict from it.")


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"
