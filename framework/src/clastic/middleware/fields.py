"""Provide named fields of a request, converted to types, as arguments of endpoints."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, ClassVar

from clastic.errors import BadRequest
from clastic.http import Request
from clastic.middleware.base import RESERVED_ARGS, Middleware

FieldType = Callable[[Any], Any]

# What the usual types raise for a text that they cannot read. Decimal raises an ArithmeticError,
# ZoneInfo and the look-up in a table a LookupError.
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)

_TRUTHS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class FieldsMiddleware(Middleware):
    """The base class of the middlewares that provide fields of a request.

    A subclass says where the fields are, by :meth:`read_fields`.

    :param fields: the names of the fields, which are the names of the arguments too: one name, an
        iterable of names, or a mapping from name to type. A type is any callable that takes the
        text, by default ``str``; ``bool`` reads ``1 true yes on`` and ``0 false no off`` in any
        case
    :param required: respond 400 if a field is missing or not of its type, and name the field;
        otherwise its value is ``None`` then
    :raises TypeError: for a type that is not callable
    :raises ValueError: for a name that cannot be an argument, or no name at all
    """

    #: What an error calls a field, such as ``query parameter``.
    kind: ClassVar[str]
    #: The environ key that is missing or empty if a request has no fields at all.
    environ_key: ClassVar[str]
    #: The type of a field for which none is given.
    default_type: ClassVar[type] = str

    def __init__(
        self, fields: str | Iterable[str] | Mapping[str, FieldType], *, required: bool = False
    ) -> None:
        if isinstance(fields, Mapping):
            types = dict(fields)
        else:
            types = dict.fromkeys(
                [fields] if isinstance(fields, str) else fields, self.default_type
            )
        if not types:
            raise ValueError("fields is empty. Pass at least one name.")
        check_argument_names(self.name, types, RESERVED_ARGS)
        for name, read in types.items():
            if not callable(read):
                raise TypeError(
                    f"The type of the field '{name}' is {read!r}, which is not callable. "
                    "Use a callable that takes the text, such as int."
                )
        self._types = types
        self._required = required
        self.provides = tuple(types)
        self._absent = (None,) * len(types)

    def request(self, next: Callable[..., Any], request: Request, _route: Any) -> Any:
        """Provide the values of the fields."""
        # A request that no route matches is wrong by its path or method, not by its fields.
        if _route.is_null_route:
            return next(*self._absent)
        if not (request.environ.get(self.environ_key) or self._required):
            return next(*self._absent)
        given = list(map(self.read_fields(request).get, self._types))
        values = list(map(self._value, self._types.values(), given))
        if self._required and None in values:
            raise BadRequest(" ".join(self._problems(given, values)))
        return next(*values)

    def read_fields(self, request: Request) -> Mapping[str, Any]:
        """Return the fields of a request, each as a text or as the value that it is sent as."""
        raise NotImplementedError

    def convert(self, read: FieldType, raw: Any) -> Any:
        """Return the value of a field converted to a type.

        :raises ArithmeticError, LookupError, TypeError, ValueError: it is not of that type
        """
        return read_bool(raw) if read is bool else read(raw)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.provides))})"

    def _value(self, read: FieldType, raw: Any) -> Any:
        if raw is None:
            return None
        try:
            return self.convert(read, raw)
        except _UNREADABLE:
            return None

    def _problems(self, given: Iterable[Any], values: Iterable[Any]) -> Iterator[str]:
        for (name, read), raw, value in zip(self._types.items(), given, values, strict=True):
            if value is None:
                what = "is missing" if raw is None else "is invalid"
                type_name = getattr(read, "__name__", type(read).__name__)
                is_default = read is self.default_type
                expected = "" if is_default else f"; it must be of type {type_name}"
                yield f"The {self.kind} '{name}' {what}{expected}."


def check_argument_names(owner: str, names: Iterable[object], reserved: Container[str]) -> None:
    """Check that values can be passed as arguments of these names.

    :param owner: the name of the middleware, for the message
    :param reserved: the names that it cannot use
    :raises ValueError: for the first name that cannot be used
    """
    for name in names:
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            raise ValueError(
                f"{owner} cannot use {name!r} as the name of an argument. "
                "Use a Python identifier that is not a keyword."
            )
        if name in reserved:
            raise ValueError(
                f"{owner} cannot use '{name}': the name is reserved for the framework. "
                "Use another name."
            )


def read_bool(text: str) -> bool:
    """Return the boolean that a text stands for.

    :raises KeyError: it stands for neither
    """
    return _TRUTHS[text.strip().lower()]
