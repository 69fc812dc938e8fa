"""Named fields of a request, each of a type, which endpoints get as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, ClassVar

from clastic.errors import BadRequest
from clastic.middleware.base import RESERVED_ARGS, Middleware

if TYPE_CHECKING:
    from clastic.routing import BoundRoute, Route

Fields = str | Iterable[str] | Mapping[str, Callable[[str], Any]]
"""One name, several names, or name to type."""

# What the usual types say of a text that they cannot read. Decimal raises an ArithmeticError,
# ZoneInfo and the look-up in a table a LookupError.
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)

_TRUTHS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class FieldsMiddleware(Middleware):
    """What :class:`~clastic.middleware.url.GetParamMiddleware` and the like have in common.

    A subclass says where the fields are and passes their values on.

    :param fields: the names of the fields, which are the names of the arguments too: one name, an
        iterable of names, or a mapping from name to type. A type is any callable that takes the
        text; ``bool`` reads ``1 true yes on`` and ``0 false no off`` in any case
    :param required: answer a request that has one of them not, or not as its type, with a 400 that
        names the field; without it the value is ``None`` then
    :raises TypeError: for a type that cannot be called
    :raises ValueError: for a name that cannot be an argument, or no name at all
    """

    #: What to call a field in an error, as in ``query parameter``.
    kind: ClassVar[str]

    def __init__(self, fields: Fields, *, required: bool = False) -> None:
        self._types = _checked_fields(fields)
        self._required = required
        self.provides = tuple(self._types)
        self._absent = (None,) * len(self._types)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.provides))})"

    def values(self, get: Callable[[str], str | None]) -> list[Any]:
        """Return the value of each field, in the order of ``provides``.

        :param get: gives the text of a field by its name, ``None`` if the request has none
        :raises BadRequest: when one is required and is not there, or is not of its type
        """
        texts = [get(name) for name in self._types]
        values = list(map(_read, self._types.values(), texts))
        if self._required and None in values:
            raise BadRequest(" ".join(self._problems(texts, values)))
        return values

    def _problems(self, texts: Iterable[str | None], values: Iterable[Any]) -> Iterator[str]:
        for (name, read), text, value in zip(self._types.items(), texts, values, strict=True):
            if value is None:
                what = "is missing" if text is None else "cannot be read"
                expected = "" if read is str else f"; it has to be of type {_name_of(read)}"
                yield f"The {self.kind} '{name}' {what}{expected}."


def is_miss(route: BoundRoute) -> bool:
    """Tell whether a route is the one of the requests that no other route matches.

    Such a request is wrong by its path or method, and not for want of a field.
    """
    return isinstance(route.route, _type_of_misses())


@cache
def _type_of_misses() -> type[Route]:
    # Routes are made with middlewares, so this module comes before theirs.
    from clastic.routing import NullRoute

    return NullRoute


def read_bool(text: str) -> bool:
    """Read a text that says yes or no.

    :raises KeyError: when it says neither
    """
    return _TRUTHS[text.strip().lower()]


def _read(read: Callable[[str], Any], text: str | None) -> Any:
    if text is None:
        return None
    try:
        return read(text)
    except _UNREADABLE:
        return None


def _name_of(read: Callable[[str], Any]) -> str:
    return "bool" if read is read_bool else getattr(read, "__name__", type(read).__name__)


def _checked_fields(fields: Fields) -> dict[str, Callable[[str], Any]]:
    if isinstance(fields, Mapping):
        types = dict(fields)
    else:
        types = dict.fromkeys([fields] if isinstance(fields, str) else fields, str)
    if not types:
        raise ValueError("There is no field to provide. Give one name or more.")
    for name, read in types.items():
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            raise ValueError(
                f"The field {name!r} cannot be an argument: that has to be a Python identifier and "
                "no keyword. Rename the field, or read it from the request."
            )
        if name in RESERVED_ARGS:
            raise ValueError(
                f"The field '{name}' has a name reserved for the framework. Rename the field, or "
                "read it from the request."
            )
        if not callable(read):
            raise TypeError(
                f"The field '{name}' has the type {read!r}, which cannot be called. Give it a "
                "callable that takes the text, such as int."
            )
    return {name: read_bool if read is bool else read for name, read in types.items()}
