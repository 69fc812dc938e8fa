"""Convert the values of a configuration file to the types of the arguments they are for."""

from __future__ import annotations

import inspect
import os
import re
import types
from collections import abc
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from clastic.config.source import Text

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")

_SCALARS = (bool, int, float, str, bytes, type(None))
_COLLECTIONS: Mapping[Any, Callable[..., Any]] = types.MappingProxyType(
    {
        list: list,
        tuple: tuple,
        set: set,
        frozenset: frozenset,
        abc.Sequence: list,
        abc.MutableSequence: list,
        abc.Collection: list,
        abc.Iterable: list,
        abc.Set: set,
        abc.MutableSet: set,
    }
)


class SecretText(Text):
    """A text from the environment or a file, which is not shown in messages."""

    __slots__ = ()


class Reference(NamedTuple):
    """A reference to an object, in the place of the object.

    :param name: the name of the object
    :param cls: its class, or the class that it is; ``None`` if that is not known
    :param is_class: whether the object is the class itself
    """

    name: str
    cls: type | None = None
    is_class: bool = False


class Items(NamedTuple):
    """A collection that contains references.

    :param collection: the type of the collection
    :param items: its items
    """

    collection: Callable[..., Any]
    items: list[Any]


class Mismatch(Exception):
    """A value is not of the type of its argument.

    :param expected: a description of the type
    :param choices: the values to choose from, if they can be listed
    :param wants_object: whether a reference to an object could be meant
    """

    def __init__(
        self, annotation: Any, choices: tuple[str, ...] = (), wants_object: bool = False
    ) -> None:
        self.expected = "one of these" if choices else f"of type {_format_type(annotation)}"
        self.choices = choices
        self.wants_object = wants_object
        super().__init__(self.expected)


def _format_type(annotation: Any) -> str:
    """Return how an annotation is written: ``int``, ``list[str] | None``, ``Path``."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return inspect.formatannotation(annotation).replace("typing.", "").replace("pathlib.", "")


def convert(value: Any, annotation: Any, folder: Path) -> Any:
    """Return a value as the type that an annotation names.

    A :class:`~clastic.config.source.Text` is read as a number, a word for true or false, or a list
    separated by commas or lines. Other values have a type: an ``int`` is converted to ``float``, a
    ``str`` to ``Path``, ``bytes`` or a member of an enumeration, and a list to other collections. A
    value whose annotation is no class is returned as it is.

    :param folder: the folder at which relative paths start
    :raises Mismatch: if the value is of another type
    """
    annotation = _unwrap(annotation)
    if annotation in (Any, object, inspect.Parameter.empty):
        return plain(value)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _convert_union(value, annotation, folder)
    if origin is Literal:
        return _choose(value, annotation, [(each, (each,)) for each in get_args(annotation)])
    base = origin or annotation
    if not isinstance(base, type):
        return plain(value)
    if base in _COLLECTIONS and not isinstance(value, Reference):
        return _convert_items(value, annotation, _COLLECTIONS[base], folder)
    if issubclass(base, Enum) and not isinstance(value, Reference):
        return _choose(value, annotation, [(each, (each.value, each.name)) for each in base])
    return _convert_scalar(value, base, folder)


def plain(value: Any) -> Any:
    """Return a value without the marks of how it was written."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _unwrap(annotation: Any) -> Any:
    """Return the type behind ``Annotated``, ``NewType`` and the aliases of PEP 695."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


def _convert_union(value: Any, annotation: Any, folder: Path) -> Any:
    # A text is a str, too, so this is tried last: `int | str` reads "1" as a number.
    choices: tuple[str, ...] = ()
    wants_object = False
    for member in sorted(get_args(annotation), key=lambda each: each is str):
        try:
            return convert(value, member, folder)
        except Mismatch as mismatch:
            choices += mismatch.choices
            wants_object |= mismatch.wants_object
    raise Mismatch(annotation, choices, wants_object)


def _choose(value: Any, annotation: Any, choices: list[tuple[Any, tuple[Any, ...]]]) -> Any:
    """Return the choice that is written as a value, from pairs of choices and their spellings."""
    for choice, spellings in choices:
        for each in spellings:
            if value == each and type(plain(value)) is type(each):
                return choice
            if isinstance(value, Text) and value == str(each):
                return choice
    raise Mismatch(annotation, tuple(str(spellings[0]) for _, spellings in choices))


def _convert_items(
    value: Any, annotation: Any, collection: Callable[..., Any], folder: Path
) -> Any:
    if isinstance(value, Text):
        parts = (part.strip() for part in re.split("[,\n]", value))
        value = [type(value)(part) for part in parts if part]
    if not isinstance(value, list):
        raise Mismatch(annotation)
    of = get_args(annotation) or (Any,)
    if collection is tuple and of[-1] is not Ellipsis and get_args(annotation):
        if len(of) != len(value):
            raise Mismatch(annotation)
    else:
        of = (of[0],) * len(value)
    try:
        items = [convert(item, kind, folder) for item, kind in zip(value, of, strict=True)]
    except Mismatch as mismatch:
        raise Mismatch(annotation, mismatch.choices, mismatch.wants_object) from mismatch
    # The collection is made when the objects are.
    has_references = any(isinstance(item, Reference) for item in items)
    return Items(collection, items) if has_references else collection(items)


def _convert_scalar(value: Any, base: type, folder: Path) -> Any:
    if isinstance(value, Text) and base in (bool, int, float):
        return _read_text(value, base)
    if base in (bool, int):
        accepted = type(value) is base
    elif base is float:
        accepted = type(value) in (int, float)
        value = float(value) if accepted else value
    else:
        if isinstance(value, str) and issubclass(base, (PurePath, os.PathLike)):
            return (base if issubclass(base, PurePath) else Path)(folder, value)
        if isinstance(value, str) and base is bytes:
            return value.encode()
        accepted = _is_instance(value, base)
    if isinstance(value, Reference) and not accepted:
        accepted = _is_instance(value, base)
    if not accepted:
        raise Mismatch(base, wants_object=base not in _SCALARS and not isinstance(value, Reference))
    return plain(value)


def _read_text(text: str, base: type) -> Any:
    if base is bool:
        if text.lower() not in (*_TRUE, *_FALSE):
            raise Mismatch(base)
        return text.lower() in _TRUE
    try:
        return base(text)
    except ValueError:
        raise Mismatch(base) from None


def _is_instance(value: Any, base: type) -> bool:
    """Return whether a value, or the object of a reference, can be an instance of a class."""
    try:
        if not isinstance(value, Reference):
            return isinstance(value, base)
        if value.cls is None:
            return True
        return isinstance(value.cls, base) if value.is_class else issubclass(value.cls, base)
    except TypeError:  # a protocol or a TypedDict
        return True
