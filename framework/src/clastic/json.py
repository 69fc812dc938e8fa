"""Encode any value as JSON (RFC 8259), or say which part of it has no JSON form.

:class:`JSONEncoding` writes JSON text, :func:`simplify` converts one value by one step. The text is
UTF-8 without a byte order mark, and has neither NaN nor Infinity.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from datetime import date, time, timedelta
from enum import Enum
from functools import partial
from typing import Any

from clastic.describe import callable_name, describe_type

BYTES_TYPES = (bytes, bytearray, memoryview)

# Methods without arguments that turn an object into a mapping; the first one found is used.
_DICT_METHODS = ("to_dict", "asdict", "_asdict")


class NoJSONForm(TypeError):
    """A value or a key has no JSON form."""


def as_mapping(value: object) -> Mapping[Any, Any] | None:
    """Return a value as a mapping, ``None`` if it has no such form.

    A ``Mapping`` has one, an object with ``to_dict()``, ``asdict()`` or ``_asdict()``, one with
    ``keys()`` and ``[]`` (a database row), and a dataclass.

    :raises TypeError: if the method returns anything but a mapping
    """
    kind: Any = type(value)
    if isinstance(value, Mapping):
        return value
    for name in _DICT_METHODS:
        method = getattr(kind, name, None)
        if callable(method):
            mapping = method(value)
            if isinstance(mapping, Mapping):
                return mapping
            problem = f"{callable_name(method)}() returned {describe_type(mapping)}"
            raise TypeError(f"{problem}.\n  Return a dict from it.")
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return dict(value)  # type: ignore[call-overload, no-any-return]
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    return None


def simplify(value: object, encoding: str = "utf-8", *, consume: bool = False) -> object:
    """Convert a value by one step towards JSON, leaving what it contains as it is.

    Dates and times become ISO 8601 text, a ``timedelta`` its seconds, a ``UUID`` and a path their
    text, an ``Enum`` member its value, bytes text. A ``Decimal`` becomes text too: most readers
    turn a JSON number into a binary float, which would change it. Mappings, dataclasses, and
    objects with ``to_dict()`` or ``asdict()`` become a dict, other iterables a list.

    :param encoding: how bytes are decoded
    :param consume: also read iterables without a length, which may be possible only once
    :raises NoJSONForm: for any other type, and for bytes that are not text in ``encoding``
    """
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, BYTES_TYPES):
        try:
            return bytes(value).decode(encoding)
        except UnicodeDecodeError as error:
            raise NoJSONForm(f"is bytes that are not {encoding} text") from error
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, _decimal_and_uuid()):
        return str(value)
    mapping = as_mapping(value)
    if mapping is not None:
        return dict(mapping)
    if isinstance(value, Iterable) and (consume or isinstance(value, Sized)):
        return list(value)
    name = type(value).__name__
    raise NoJSONForm(f"is of type {name}, which has no JSON form and no to_dict() method")


class JSONEncoding:
    """One way to write JSON. It keeps nothing of the values, so threads may share it.

    :param encoding: how bytes inside a value are decoded; the JSON is always UTF-8
    :param indent: spaces per level, ``None`` for the most compact form
    :param sort_keys: sort the keys of objects
    :param repr_unknown: write the ``repr`` of values without a JSON form
    :param lenient: also write the ``repr`` of values that raise an error, that are nested too deep
        or that contain themselves, and keep the last of several equal keys
    :raises LookupError: if there is no such encoding
    """

    def __init__(
        self,
        *,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
        repr_unknown: bool = False,
        lenient: bool = False,
    ) -> None:
        codecs.lookup(encoding)
        self._encoding = encoding
        self._repr_unknown = repr_unknown or lenient
        self._lenient = lenient
        self._write = _make_writer(partial(_simplify_keys, encoding=encoding), indent, sort_keys)

    def encode(self, value: object, trail: tuple[object, ...] = ()) -> bytes:
        """Return a value as JSON.

        :param trail: the keys and indexes that lead to the value, to name its place in an error
        :raises NoJSONForm: for a type without a JSON form, NaN, Infinity, bytes that are not text,
            a key that is not text, two keys that are equal in JSON, and a value that contains
            itself; the error names the place
        :raises RecursionError: for a value that is nested too deep
        """
        if not self._lenient:
            try:
                text = "".join(self._write(value, 0))
                if not _has_converted_key(text) or not _mixes_keys(value):
                    return text.encode()
            except (TypeError, ValueError, RecursionError):
                pass  # The copy below either resolves the problem or names its place.
        copy = _PlainCopy(self._encoding, self._repr_unknown, self._lenient, trail).make(value)
        # An unpaired surrogate has no UTF-8 form; its backslash form is the one JSON reads.
        return "".join(self._write(copy, 0)).encode("utf-8", "backslashreplace")

    def iter_encode(self, value: object) -> Iterator[bytes]:
        """Encode an iterable without a length, such as a generator, member by member.

        It raises the errors of :meth:`encode` when the iteration reaches the member. Any other
        value is encoded at once.
        """
        is_iterable = isinstance(value, Iterable) and not isinstance(value, Sized)
        if not is_iterable or as_mapping(value) is not None:
            yield self.encode(value)
            return
        separator = b"["
        for index, member in enumerate(value):  # type: ignore[arg-type, var-annotated]
            yield separator + self.encode(member, (index,))
            separator = b","
        yield b"]" if separator == b"," else b"[]"


class _PlainCopy:
    """One copy of one value, made of dicts with text keys, lists, and JSON's scalars.

    It is slower than an encoder that converts single values, but it turns any key into text, reads
    each iterator once, and knows its place in the value. It does not use
    ``boltons.iterutils.remap``, which identifies values by their ``id()`` even after they are gone
    and puts a circle into the copy again.
    """

    def __init__(
        self, encoding: str, repr_unknown: bool, lenient: bool, trail: Iterable[object]
    ) -> None:
        self._encoding = encoding
        self._repr_unknown = repr_unknown
        self._lenient = lenient
        self._trail = list(trail)
        self._open: set[int] = set()

    def make(self, value: object) -> Any:
        if value is None or isinstance(value, (str, int)):
            return value
        depth = len(self._trail)
        try:
            return self._convert(value)
        except Exception as error:
            if not self._lenient:
                raise
            del self._trail[depth:]
            reason = "" if isinstance(error, NoJSONForm) else f" ({type(error).__name__}: {error})"
            return _safe_repr(value) + reason

    def _convert(self, value: object) -> Any:
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return self._repr(value, f"is {value!r}, which JSON cannot represent")
        if id(value) in self._open:
            problem = f"{type(value).__name__} that contains itself"
            if self._lenient:
                return f"<{problem}>"  # its repr can be as large as the whole value
            raise self._refusal(f"is a {problem}")
        self._open.add(id(value))
        try:
            if isinstance(value, dict):
                return self._convert_dict(value)
            if isinstance(value, (list, tuple)):
                return [self._member(index, member) for index, member in enumerate(value)]
            try:
                simpler = simplify(value, self._encoding, consume=True)
            except NoJSONForm as error:
                return self._repr(value, str(error))
            return self.make(simpler)
        finally:
            self._open.discard(id(value))

    def _convert_dict(self, value: dict[object, object]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for key in value:
            text = self._key(key)
            if text in copy and not self._lenient:
                raise self._refusal(f"has two keys that are both {text!r} in JSON")
            copy[text] = self._member(key, value[key])
        return copy

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return key
        copy = self._member(key, key)
        if not isinstance(copy, (dict, list)):
            return copy if isinstance(copy, str) else json.dumps(copy)
        return self._repr(key, f"has the key {_safe_repr(key)}, but the keys of JSON are text")

    def _member(self, key: object, value: object) -> Any:
        self._trail.append(key)
        copy = self.make(value)
        self._trail.pop()
        return copy

    def _repr(self, value: object, problem: str) -> str:
        """Return the ``repr`` of a value without a JSON form, if that is wanted."""
        if self._repr_unknown:
            return _safe_repr(value)
        raise self._refusal(problem) from None

    def _refusal(self, problem: str) -> NoJSONForm:
        place = "context" + "".join(f"[{_safe_repr(key)}]" for key in self._trail)
        remedy = "Convert it in the endpoint, or use render_json_dev, which falls back to repr."
        return NoJSONForm(f"{place} {problem}.\n  {remedy}")


# Match JSON with a key that may not have been text: the encoder converts numbers, true and null.
_has_converted_key = re.compile(r'"(?:-?[0-9][^"\\]*|true|false|null)": ?').search


def _mixes_keys(value: object) -> bool:
    """Return whether a value of dicts and lists has keys of several types, which may be equal."""
    if isinstance(value, dict):
        return len(set(map(type, value))) > 1 or any(map(_mixes_keys, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_mixes_keys, value))


def _simplify_keys(value: object, encoding: str) -> object:
    """Simplify a value; refuse one with keys of several types, which a copy decides about."""
    simpler = simplify(value, encoding)
    if isinstance(simpler, (dict, list)) and _mixes_keys(simpler):
        raise NoJSONForm("mixes types of keys")
    return simpler


def _make_writer(
    default: Callable[[object], object], indent: int | None, sort_keys: bool
) -> Callable[[object, int], Iterable[str]]:
    """Return the function that writes a value in pieces.

    Where there is an encoder in C, it is created once, and not for each value like those of
    ``JSONEncoder``: that takes longer than writing a small value. It does not look for circles and
    so has no state; a circle ends in a ``RecursionError``.
    """
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is not None and indent is None:
        escape = json.encoder.encode_basestring
        return make(None, default, escape, None, ":", ",", sort_keys, False, False)  # type: ignore[no-any-return]
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


def _decimal_and_uuid() -> tuple[type, ...]:
    """Return the types ``Decimal`` and ``UUID`` without importing their modules, which is slow.

    While a module is not imported, no value can be of its type.
    """
    modules = [(sys.modules.get("decimal"), "Decimal"), (sys.modules.get("uuid"), "UUID")]
    return tuple([getattr(module, name) for module, name in modules if hasattr(module, name)])


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"
