"""What is said of the resources of an application: names and types, and values by permission."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clastic.meta.plain_values import plain, type_name
from clastic.routing import BoundRoute
from clastic.text import to_text


@dataclass(frozen=True, slots=True)
class ResourceData:
    """A resource; of several with one name and type, all of them together.

    :param is_everywhere: whether it is the application's own, there for every route
    :param routes: how many routes can use it
    :param values: how many different values there are
    :param is_shown: whether the value may be shown
    :param value: the plain data of the first value, secrets masked; ``None`` unless it is shown
    :param problem: the type of what went wrong when the value was looked into
    """

    name: str
    type: str
    is_everywhere: bool
    routes: int
    values: int
    is_shown: bool
    value: Any = None
    problem: str | None = None


@dataclass(slots=True)
class _Found:
    """The resources of one name and type; the values themselves, by identity."""

    first: object
    ids: set[int] = field(default_factory=set)
    routes: int = 0


def resources_data(
    own: Mapping[str, Any], routes: Sequence[BoundRoute], shown: Collection[str]
) -> tuple[ResourceData, ...]:
    """Describe the application's own resources, then those that only some of `routes` have.

    :param own: the resources of the application
    :param shown: the names of those whose values may be shown
    """
    found: dict[tuple[str, type, bool], _Found] = {}
    for name, value in own.items():
        found[name, type(value), True] = _Found(value, {id(value)})
    for route in routes:
        for name, value in route.resources.items():
            is_own = name in own and own[name] is value
            each = found.setdefault((name, type(value), is_own), _Found(value))
            each.ids.add(id(value))
            each.routes += 1
    return tuple(
        _resource_data(*key, each, is_shown=key[0] in shown) for key, each in found.items()
    )


def _resource_data(
    name: str, kind: type, is_everywhere: bool, found: _Found, *, is_shown: bool
) -> ResourceData:
    value, problem = None, None
    if is_shown:
        try:
            value = plain(found.first, name)
        except Exception as error:  # whatever a foreign object raises
            problem = type(error).__name__
    return ResourceData(
        to_text(name),
        type_name(kind),
        is_everywhere,
        found.routes,
        len(found.ids),
        is_shown,
        value,
        problem,
    )
