"""Describe callables, source locations and types of values in messages."""

from __future__ import annotations

import inspect
import os
from functools import partial
from types import MethodType
from typing import Any


def describe_callable(function: object) -> str:
    """Return the name of a callable and where it is defined: ``show, app.py:12``.

    The location is left out for callables that are not written in Python.
    """
    location = callable_location(function)
    return callable_name(function) + (f", {location}" if location else "")


def describe_role(role: str, function: object) -> str:
    """Return the role, name and location of a callable: ``Render page (app.py:12)``."""
    location = callable_location(function)
    return f"{role} {callable_name(function)}" + (f" ({location})" if location else "")


def describe_class(cls: type) -> str:
    """Return the name of a class, and where it is defined if its source is available."""
    try:
        location = format_location(inspect.getsourcefile(cls) or "", inspect.findsource(cls)[1] + 1)
    except (OSError, TypeError):
        return f"Class {cls.__name__}"
    return f"Class {cls.__name__} ({location})"


def callable_location(function: object) -> str | None:
    """Return where a callable is defined, ``app.py:12``, or ``None`` if not in Python code."""
    code = getattr(inspect.unwrap(underlying_function(function)), "__code__", None)
    return None if code is None else format_location(code.co_filename, code.co_firstlineno)


def format_location(filename: str, line: int) -> str:
    """Return ``file:line``, with the path of :func:`shortest_path`."""
    return f"{shortest_path(filename)}:{line}"


def shortest_path(path: str) -> str:
    """Return a path relative to the working directory if it is below it, else as it is."""
    try:
        relative = os.path.relpath(path) if os.path.isabs(path) else path
    except (OSError, ValueError):  # No working directory, or a file on another drive.
        relative = path
    return path if relative.startswith(os.pardir) else relative


def callable_name(function: object) -> str:
    """Return the name of a callable as a developer writes it: ``show``, ``Links.show``, ``Show()``.

    The last form stands for an instance of ``Show`` that is callable.
    """
    if isinstance(function, partial):
        return f"partial({callable_name(function.func)})"
    if isinstance(function, MethodType):
        owner = function.__self__
        owner_type = owner if isinstance(owner, type) else type(owner)
        return f"{owner_type.__name__}.{function.__name__}"
    qualified = getattr(function, "__qualname__", None)
    if qualified is None:
        return f"{type(function).__name__}()"
    return str(qualified).rpartition("<locals>.")[2]


def describe_type(value: object) -> str:
    """Return the kind of a value without its content: ``None``, ``the class Show``, ``an int``."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {callable_name(value)}"
    name = type(value).__name__
    bare = name.lstrip("_")
    if bare[:2].isupper():  # An acronym, such as HTTPException, is pronounced letter by letter.
        takes_an = bare.startswith(tuple("AEFHILMNORSX"))
    else:
        takes_an = bare.lower().startswith(("a", "e", "i", "o", "un"))
    return f"{'an' if takes_an else 'a'} {name}"


def underlying_function(function: object) -> Any:
    """Return the function behind partials, methods and callable objects, if there is one."""
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
