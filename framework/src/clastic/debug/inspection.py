"""What an object has inside, read without running any code of its class.

An object may raise, lie or wait when it is asked for its class, attributes or items. So its type
decides what it is, and the built-in types' own functions read it.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from itertools import islice
from types import GetSetDescriptorType, MappingProxyType, MemberDescriptorType
from typing import Any

_SEQUENCES = (list, tuple, set, frozenset, deque)
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType)


def is_a(value: object, *types: type) -> bool:
    """Tell whether the type of `value` is one of `types` or a subclass, whatever `value` says."""
    return issubclass(type(value), types)


def pairs_of(value: Any, most: int) -> list[tuple[Any, Any]] | None:
    """Return the first pairs of a dict, or of a proxy for one; None for anything else."""
    if is_a(value, MappingProxyType):
        (value,) = gc.get_referents(value)
    if not is_a(value, dict):
        return None
    # In one step, for other threads may change it meanwhile.
    return list(islice(dict.items(value), most))


def items_of(value: Any, most: int) -> list[Any] | None:
    """Return the first items of a list, tuple, set, frozenset or deque; None for anything else."""
    for base in _SEQUENCES:
        if is_a(value, base):
            return list(islice(base.__iter__(value), most))
    return None


def attributes_of(value: object, most: int) -> list[tuple[str, Any]]:
    """Return the first attributes that `value` itself has, in its ``__dict__`` and its slots."""
    return list(islice(_attributes(value, most), most))


def _attributes(value: object, most: int) -> Iterator[tuple[str, Any]]:
    for base in type(value).__mro__:
        members = vars(base)
        own: Any = members.get("__dict__")
        if type(own) in _DESCRIPTORS:
            for name, attribute in pairs_of(own.__get__(value), most) or ():
                if type(name) is str:
                    yield name, attribute
        if "__slots__" in members:
            for name, member in list(members.items()):
                if type(member) is MemberDescriptorType:
                    try:
                        yield name, member.__get__(value)
                    except AttributeError:  # nothing is in the slot
                        continue
