"""Finds the secrets in what an application works with, by the names they go by."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from clastic.debug.inspection import attributes_of, is_a, items_of, pairs_of
from clastic.secrets import SHORTEST, Secrets

# How many objects are looked at altogether, how many in one of them, and how deep.
_MOST_OBJECTS = 5_000
_MOST_INSIDE = 1_000
_DEEPEST = 8

# The values of environment variables are short words more often than secrets.
_SHORTEST_IN_ENVIRONMENT = 8

_NOTHING_INSIDE = (FunctionType, BuiltinFunctionType, MethodType, bool, float, type(None))
_VALUES = (str, bytes, int)
_NAMESPACES = (type, ModuleType)

# The packages whose modules and classes hold no secrets of an application.
_WITHOUT_SECRETS = sys.stdlib_module_names | {"clastic", "markupsafe", "werkzeug"}


class _Found(NamedTuple):
    """An object to look at: whether it is, or is part of, a secret; and how deep it was found."""

    value: Any
    is_secret: bool
    depth: int


class SecretSearch:
    """Looks for secrets in objects, and in what these have inside, and notes them.

    It runs no code of the objects, and looks only at so many: at the outer ones before the inner.

    :param secrets: where to note what is found
    """

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self._waiting: deque[_Found] = deque()
        self._seen: set[tuple[int, bool]] = set()

    def look_into_environment(self) -> None:
        """Search the environment variables of this process."""
        for name, value in os.environ.items():
            self.secrets.add_from(value)
            if name in self.secrets.names:
                self._note(value, _SHORTEST_IN_ENVIRONMENT)

    def look_into(self, *values: Any) -> None:
        """Search `values`: dicts of names and values, or any other objects."""
        self._waiting.extend(_Found(value, False, 0) for value in values)
        for _ in range(_MOST_OBJECTS):
            if not self._waiting:
                break
            self._look_at(self._waiting.popleft())
        self._waiting.clear()

    def _look_at(self, found: _Found) -> None:
        value = found.value
        if is_a(value, *_NOTHING_INSIDE):
            return
        if is_a(value, *_VALUES):
            if found.is_secret:
                self._note(value, SHORTEST)
            if is_a(value, str):
                self.secrets.add_from(str.__str__(value))
        elif found.depth < _DEEPEST and (id(value), found.is_secret) not in self._seen:
            self._seen.add((id(value), found.is_secret))
            self._look_inside(found)

    def _look_inside(self, found: _Found) -> None:
        value = found.value
        if is_a(value, *_NAMESPACES):
            self._look_into_namespace(found)
        elif is_a(value, partial):
            self._put(found, list(value.keywords.items()))
        elif (pairs := pairs_of(value, _MOST_INSIDE)) is not None:
            self._put(found, pairs)
        elif (items := items_of(value, _MOST_INSIDE)) is None:
            self._look_into_attributes(found)
        elif len(items) == 2 and is_a(items[0], str, bytes):
            self._put(found, [tuple(items)])
        else:
            self._put(found, [(None, item) for item in items])

    def _put(self, found: _Found, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Put what an object has inside into the row of what is to be looked at."""
        for name, value in pairs:
            is_secret = found.is_secret or name in self.secrets.names
            self._waiting.append(_Found(value, is_secret, found.depth + 1))

    def _look_into_namespace(self, found: _Found) -> None:
        """Look at what goes by secret names in a class or a module; the rest is not its own."""
        spaces = found.value.__mro__ if is_a(found.value, type) else (found.value,)
        for space in spaces:
            if _package_of(space) not in _WITHOUT_SECRETS:
                for name, value in list(vars(space).items()):
                    if name in self.secrets.names:
                        self._waiting.append(_Found(value, True, found.depth + 1))

    def _look_into_attributes(self, found: _Found) -> None:
        """Look at the attributes of an object; a secret object need not have secrets only."""
        self._waiting.append(_Found(type(found.value), False, found.depth))
        for name, value in attributes_of(found.value, _MOST_INSIDE):
            is_secret = name in self.secrets.names or (found.is_secret and is_a(value, *_VALUES))
            self._waiting.append(_Found(value, is_secret, found.depth + 1))

    def _note(self, value: Any, shortest: int) -> None:
        # The path of a file is not what is in the file.
        if not (is_a(value, str) and os.path.isabs(value) and os.path.exists(value)):
            self.secrets.add(value, shortest)


def _package_of(space: Any) -> str:
    """Return the name of the outermost package of a class or a module."""
    name = vars(space).get("__module__" if is_a(space, type) else "__name__")
    return name.partition(".")[0] if type(name) is str else ""
