"""Import what ``use`` names in a configuration file, and read the arguments that it takes."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from clastic.application import Application
from clastic.config.source import Section
from clastic.config.values import Mismatch, convert
from clastic.describe import (
    callable_name,
    describe_callable,
    describe_class,
    describe_type,
    format_location,
    underlying_function,
)
from clastic.secrets import Secrets
from clastic.text import to_text
from clastic.wiring import Problems, WiringError, did_you_mean


@dataclass(frozen=True)
class Target:
    """The class, function or object that a section names.

    :param value: a callable that makes the object, or the object itself
    :param is_called: whether it is called
    :param known: the arguments that the section may have; ``None`` if any
    :param required: the arguments that it must have
    :param annotations: the annotation of each argument
    :param title: how messages name it, if that is not its own name
    """

    value: Any
    is_called: bool
    known: tuple[str, ...] | None = ()
    required: tuple[str, ...] = ()
    annotations: dict[str, Any] = field(default_factory=dict)
    title: str = ""

    @property
    def cls(self) -> type | None:
        """The class of the object, or the class that it is; ``None`` if that is not known."""
        if isinstance(self.value, type):
            return self.value
        return None if self.is_called else type(self.value)

    def describe(self) -> str:
        """Return its name and where it is defined: ``Red (colorhello.py:3)``."""
        if self.title:
            return self.title
        if isinstance(self.value, type):
            return describe_class(self.value).removeprefix("Class ")
        name, comma, location = describe_callable(self.value).partition(", ")
        return f"{name} ({location})" if comma else name


def find_target(section: Section, folder: Path, problems: Problems) -> Target | None:
    """Return what a section makes. Report what is wrong with it, and then return ``None``.

    :param folder: the folder of the file, which is searched for modules, too
    """
    use = section.values.get("use")
    if use is None:
        problems.add(section.where(), "has no 'use'", 'Add use = "module:name".')
        return None
    module_name, name = _split(use) if isinstance(use, str) else ("", "")
    if not all(part.isidentifier() for part in (*module_name.split("."), *name.split("."))):
        what = f"has use = {to_text(use)!r}, which is not of the form module:name"
        problems.add(section.where("use"), what, 'Write, for example, use = "module:Class".')
        return None
    if not _import(module_name, section, folder, problems):
        return None
    value: Any = sys.modules[module_name]
    for part in name.split("."):
        if not hasattr(value, part):
            what = f"uses '{use}', and {_owner_name(value)} has no '{part}'"
            names = tuple(_public_names(value))
            remedy = "Correct the name."
            problems.add(section.where("use"), what, remedy, wanted=part, available=names)
            return None
        value = getattr(value, part)
    return _target(value, section, problems)


def read_target(function: Callable[..., Any], title: str = "") -> Target:
    """Return a target that calls a function or a class with keyword arguments.

    :param title: how messages name it, if that is not its own name
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return Target(function, True, known=None)
    accepts_any = False
    named = []
    for each in signature.parameters.values():
        if each.kind is each.VAR_KEYWORD:
            # `**misspelt: Never` refuses all names.
            accepts_any = not str(each.annotation).endswith(("Never", "NoReturn"))
        elif each.kind is not each.VAR_POSITIONAL:
            named.append(each)
    known = tuple(each.name for each in named if each.kind is not each.POSITIONAL_ONLY)
    return Target(
        function,
        True,
        None if accepts_any else known,
        tuple(each.name for each in named if each.default is each.empty),
        {each.name: _annotation(each, function) for each in named},
        title,
    )


def _annotation(parameter: inspect.Parameter, function: Any) -> Any:
    """Return the annotation of an argument, or one that accepts anything.

    Without an annotation, a string is read as a number if the default of the argument is a number.
    """
    annotation, default = parameter.annotation, parameter.default
    if annotation is parameter.empty and type(default) in (bool, int, float):
        return type(default) | Any
    if isinstance(annotation, str):
        of = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
        names = getattr(inspect.unwrap(underlying_function(of)), "__globals__", {})
        try:
            return eval(annotation, dict(names))  # as typing.get_type_hints() does
        except Exception:  # for example, a name that only type checkers import
            return Any
    return annotation


def _target(value: Any, section: Section, problems: Problems) -> Target | None:
    where = section.where("use")
    is_class = section.values.get("class", False)
    with suppress(Mismatch):
        is_class = convert(is_class, bool, Path())
    if not isinstance(is_class, bool):
        problems.add(
            section.where("class"), "has a 'class' that is not true or false", "Remove it."
        )
        return None
    if is_class or isinstance(value, Application):
        if is_class and not isinstance(value, type):
            what = f"has class = true, and {section.values['use']} is {describe_type(value)}"
            problems.add(where, what, "Remove class = true, or name a class.")
            return None
        return Target(value, False)
    if not callable(value):
        what = f"uses '{section.values['use']}', which is {describe_type(value)}"
        problems.add(where, what, "Name a class or a function that returns the object.")
        return None
    return read_target(value)


def _split(use: str) -> tuple[str, str]:
    """Return the module and the name in it, of ``module:name`` or ``module.name``."""
    module, colon, name = use.strip().partition(":")
    return (module, name) if colon else (module.rpartition(".")[0], module.rpartition(".")[2])


def _import(name: str, section: Section, folder: Path, problems: Problems) -> bool:
    """Import a module. Report an error of it."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        importlib.import_module(name)
    except WiringError as error:
        problems.extend(error.problems)
        return False
    except Exception as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{name}.".startswith(f"{missing}."):
            what = f"uses module '{name}', and there is no module '{missing}'"
            remedy = did_you_mean(missing, _module_names(missing, folder))
            problems.add(section.where("use"), what, remedy or "Correct the name, or install it.")
        else:
            what = f"uses module '{name}', whose import failed: {_describe_error(error)}"
            problems.add(section.where("use"), what, "Correct the module.")
        return False
    return True


def _module_names(missing: str, folder: Path) -> Iterable[str]:
    """Return the names of the modules beside one that is missing."""
    package = missing.rpartition(".")[0]
    if not package:
        return {*sys.stdlib_module_names, *(each.name for each in iter_modules([str(folder)]))}
    paths = getattr(sys.modules.get(package), "__path__", [])
    return [f"{package}.{each.name}" for each in iter_modules(paths)]


def _describe_error(error: Exception) -> str:
    """Return the type, text and place of an error, without secrets."""
    if isinstance(error, SyntaxError) and error.filename:
        place = format_location(error.filename, error.lineno or 1)
        return f"{type(error).__name__}: {error.msg} ({place})"
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = format_location(last.filename, last.lineno or 1)
    return f"{type(error).__name__}: {Secrets().mask(to_text(error))} ({place})"


def _owner_name(value: Any) -> str:
    """Return how messages name a module or a class."""
    return f"module {value.__name__}" if inspect.ismodule(value) else callable_name(value)


def _public_names(owner: Any) -> Iterable[str]:
    """Return the names of what can be called, without what a module has imported."""
    for name, value in vars(owner).items():
        is_own = getattr(value, "__module__", None) == getattr(owner, "__name__", None)
        if not name.startswith("_") and callable(value) and (is_own or not inspect.ismodule(owner)):
            yield name
