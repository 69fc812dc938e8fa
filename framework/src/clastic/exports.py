"""Import names when they are first used, so that a program imports only what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazy_exports(
    package: str, sources: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package (PEP 562).

    Type checkers do not see these names: the package also has to import them under
    ``TYPE_CHECKING``.

    :param package: its full name
    :param sources: full names of modules, and the names to import from each. Modules directly
        below the package also become attributes of it
    """
    modules = {name: module for module, names in sources.items() for name in names}

    def get(name: str) -> object:
        if f"{package}.{name}" in sources:
            return import_module(f"{package}.{name}")
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(modules[name]), name)

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, list_names


class _LazyAttribute:
    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __get__(self, instance: object, owner: type) -> object:
        return getattr(import_module(self._module), self._name)


def lazy_attribute(module: str, name: str) -> Any:
    """Return a class attribute that imports its value from a module when it is first used.

    :param module: its full name
    """
    return _LazyAttribute(module, name)
