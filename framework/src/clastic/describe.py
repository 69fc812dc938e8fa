"""Describe callables, places in source files and kinds of values in messages."""

from __future__ import annotations

import inspect
import os
from functools import partial
from types import MethodType
from typing import Any


def describe(function: object) -> str:
    """Give the name of a callable and where it is defined: ``show, app.py:12``.

    The file is relative to the working directory where it lies below it. The place is left out
    where there is none (builtins, C extensions).
    """
    where = place_of(function)
    return name_of(function) if where is None else f"{name_of(function)}, {where}"


def located(role: str, function: object) -> str:
    """Give the role, the name and the place of a callable: ``Render page (app.py:12)``."""
    where = place_of(function)
    return f"{role} {name_of(function)}" + (f" ({where})" if where else "")


def place_of(function: object) -> str | None:
    """Give ``app.py:12`` for where a callable is defined, ``None`` where that is not Python."""
    code = getattr(inspect.unwrap(underlying(function)), "__code__", None)
    return None if code is None else place(code.co_filename, code.co_firstlineno)


def place(filename: str, line: int) -> str:
    """Give ``file:line``, the file relative to the working directory where it lies below it."""
    try:
        relative = os.path.relpath(filename) if os.path.isabs(filename) else filename
    except (OSError, ValueError):  # there is no working directory, or it is on another drive
        relative = filename
    return f"{filename if relative.startswith(os.pardir) else relative}:{line}"


def name_of(function: object) -> str:
    """Give the name that a developer knows a callable by: ``show``, ``Links.show``, ``Show()``."""
    if isinstance(function, partial):
        return f"partial({name_of(function.func)})"
    if isinstance(function, MethodType):
        owner = (
            function.__self__ if isinstance(function.__self__, type) else type(function.__self__)
        )
        return f"{owner.__name__}.{function.__name__}"
    qualified = getattr(function, "__qualname__", None)
    if qualified is None:
        return f"{type(function).__name__}()"
    return str(qualified).rpartition("<locals>.")[2]


def kind_of(value: object) -> str:
    """Give what a value is without showing it: ``None``, ``the class Show``, ``a dict``."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {name_of(value)}"
    return f"a {type(value).__name__}"


def underlying(function: object) -> Any:
    """The function behind partials, methods and callable objects, as far as there is one."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, MethodType):
        return function.__func__
    if (
        inspect.isroutine(function)
        or isinstance(function, type)
        or hasattr(function, "__wrapped__")
    ):
        return function
    return type(function).__call__ if callable(function) else function
