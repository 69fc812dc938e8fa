"""Names that stand for what is not imported before somebody asks for it.

A program so imports what it uses, and starts the sooner.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazy_exports(
    package: str, sources: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and the ``__dir__`` of a package (PEP 562).

    Type checkers do not look into this: they are to be shown plain imports of the same names.

    :param package: its full name
    :param sources: the names, by the full name of the module that each is taken from. Those of
        these modules that are right below the package are attributes of it, too
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
    """Make a class attribute of what a module has by that name.

    :param module: its full name
    """
    return _LazyAttribute(module, name)
