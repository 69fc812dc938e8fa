"""Refuse misspelt and misplaced arguments, and report misspelt attributes of subclasses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from clastic.describe import describe_class
from clastic.wiring import Problems, did_you_mean, misspelling


def refuse_misspelt(where: str, function: Callable[..., Any], names: Iterable[str]) -> None:
    """Refuse keyword arguments that a function does not know.

    :param where: who is constructed, such as ``Application(...)``
    :param function: the function that was called
    :param names: the names of its arguments ``**misspelt``
    :raises TypeError: if there are any; it suggests the nearest argument
    """
    for name in names:
        parameters = inspect.signature(function).parameters.values()
        known = [each.name for each in parameters if each.kind is not each.VAR_KEYWORD][1:]
        suggestion = did_you_mean(name, known) or f"The arguments are {', '.join(known)}."
        raise TypeError(f"{where} has no argument '{name}'. {suggestion}")


def check_list(where: str, name: str, value: object, remedy: str | None = None) -> None:
    """Refuse an argument that is one object in the place of a list.

    :param where: who is constructed, such as ``Route '/'``
    :param name: the name of the argument
    :param remedy: what to write, if that is not the object in brackets
    :raises TypeError: if it is not iterable, or is a string or a mapping
    """
    if value is None or (isinstance(value, Iterable) and not isinstance(value, (str, Mapping))):
        return
    text = f"{value.__name__}(...)" if isinstance(value, type) else repr(value)
    remedy = remedy or f"Write {name}=[{text}]."
    raise TypeError(f"{where} has {name}={value!r}, which is not a list. {remedy}")


def check_mapping(where: str, name: str, value: object) -> None:
    """Refuse an argument that is not a mapping.

    :raises TypeError: if it is not
    """
    if value is not None and not isinstance(value, Mapping):
        remedy = "Write {'name': value}; middlewares go into middlewares=[...]."
        raise TypeError(f"{where} has {name}={value!r}, which is not a mapping. {remedy}")


def check_attributes(owner: object, base: type, names: Iterable[str], problems: Problems) -> None:
    """Report attributes of a subclass, or of its instance, that are misspelt.

    A name that the subclass does have is not misspelt by another one.

    :param base: the class of the framework
    :param names: the attributes of ``base`` that a subclass sets
    """
    own = dict(_own_attributes(owner, base))
    wanted = [name for name in names if name not in own]
    for name, cls in own.items():
        if name.startswith("_") or hasattr(base, name):
            continue
        intended = misspelling(name, wanted, plurals=True)
        if intended is None:
            continue
        default = getattr(base, intended)
        # For example, a counter named requests is not a misspelt request method.
        is_method = default is None or inspect.isfunction(default)
        if inspect.isfunction(vars(cls).get(name)) == is_method:
            problems.add_likely(
                "misspelt-attribute",
                describe_class(cls),
                f"sets '{name}', which the framework does not read",
                f"Did you mean '{intended}'?",
            )


def _own_attributes(owner: object, base: type) -> Iterator[tuple[str, type]]:
    """Yield the attributes that an object has in addition to a base class, each with its class."""
    for cls in type(owner).__mro__:
        if issubclass(cls, base) and cls is not base:
            yield from ((name, cls) for name in vars(cls))
    yield from ((name, type(owner)) for name in vars(owner))
