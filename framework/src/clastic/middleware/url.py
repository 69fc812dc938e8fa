"""Provide query parameters, and the path the application is mounted at, to endpoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from clastic.errors import BadRequest
from clastic.http import Request
from clastic.middleware.base import Middleware

FieldType = Callable[[Any], Any]

# What the usual types raise for a text that they cannot read. Decimal raises an ArithmeticError,
# ZoneInfo and the look-up in a table a LookupError.
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)

_TRUTHS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}

# What a path can contain without being encoded (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/!$&'()*+,;=:@~"


class FieldsMiddleware(Middleware):
    """The base class of the middlewares that provide fields of a request.

    A subclass says where the fields are, by :meth:`read_fields`.

    :param params: the names of the fields, which are the names of the arguments too: one name, an
        iterable of names, or a mapping from name to type. A type is any callable that takes the
        text, by default ``str``; ``bool`` reads ``1 true yes on`` and ``0 false no off`` in any
        case, ``float`` finite numbers only, as JSON has no others
    :param required: respond 400 if a field is missing or not of its type, and name the field;
        otherwise its value is ``None`` then
    :raises TypeError: for a type that is not callable
    """

    replaced_by_outer = True
    #: What an error calls a field, such as ``query parameter``.
    kind: ClassVar[str]
    #: The type of a field for which none is given.
    default_type: ClassVar[type] = str

    def __init__(
        self,
        params: str | Iterable[str] | Mapping[str, FieldType] = (),
        *,
        required: bool = False,
    ) -> None:
        if isinstance(params, Mapping):
            types = dict(params)
        else:
            names = [params] if isinstance(params, str) else params
            types = dict.fromkeys(names, self.default_type)
        for name, read in types.items():
            if not callable(read):
                raise TypeError(
                    f"The type of the field '{name}' is {read!r}, which is not callable. "
                    "Use a callable that takes the text, such as int."
                )
        self.params = types
        self._required = required
        self.provides = tuple(types)

    def request(self, next: Callable[..., Any], request: Request, _route: Any) -> Any:
        """Provide the values of the fields."""
        # A request that no route matches is wrong by its path or method, not by its fields.
        if _route.is_null_route:
            return next(*[None] * len(self.params))
        fields = self.read_fields(request)
        values = {name: self._value(read, fields.get(name)) for name, read in self.params.items()}
        if self._required and None in values.values():
            raise BadRequest(" ".join(self._problems(fields, values)))
        return next(**values)

    def read_fields(self, request: Request) -> Mapping[str, Any]:
        """Return the fields of a request, each as a string or as the JSON value that was sent."""
        raise NotImplementedError

    def convert(self, read: FieldType, raw: Any) -> Any:
        """Return the value of a field converted to a type.

        :raises ArithmeticError, LookupError, TypeError, ValueError: it is not of that type
        """
        if read is bool:
            return read_bool(raw)
        value = read(raw)
        if read is float and not math.isfinite(value):
            raise ValueError(f"the number {raw[:40]} is not finite")
        return value

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.provides))})"

    def _value(self, read: FieldType, raw: Any) -> Any:
        try:
            return None if raw is None else self.convert(read, raw)
        except _UNREADABLE:
            return None

    def _problems(self, fields: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
        for name, read in self.params.items():
            if values[name] is None:
                what = "is missing" if fields.get(name) is None else "is invalid"
                type_name = getattr(read, "__name__", type(read).__name__)
                is_default = read is self.default_type
                expected = "" if is_default else f"; it must be of type {type_name}"
                yield f"The {self.kind} '{name}' {what}{expected}."


class GetParamMiddleware(FieldsMiddleware):
    """Provide parameters of the query string to endpoints.

    ``GetParamMiddleware("q")``, ``GetParamMiddleware(["q", "page"])`` and
    ``GetParamMiddleware({"q": str, "page": int})`` all work. A parameter that is given several
    times has its first value. One that is missing or not of its type is ``None``; with
    ``required=True`` the response is a 400 that names it.

    The arguments are those of :class:`FieldsMiddleware`.
    """

    kind = "query parameter"

    def read_fields(self, request: Request) -> Mapping[str, str]:
        """Return the parameters of the query string."""
        return request.args


class ScriptRootMiddleware(Middleware):
    """Provide the path that the server has mounted the application at.

    It is percent-encoded and has no trailing slash (it is empty at the root), so that
    ``f"{script_root}/links/"`` is a link to a path of the application.

    :param provided_name: the name of the argument of endpoints
    """

    def __init__(self, provided_name: str = "script_root") -> None:
        self.provided_name = provided_name
        self.provides = (provided_name,)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the path."""
        root: str = request.environ.get("SCRIPT_NAME") or ""
        return next(quote(root.encode("latin-1"), safe=_PATH_CHARACTERS).rstrip("/"))


def read_bool(text: str) -> bool:
    """Return the boolean that a text stands for.

    :raises KeyError: it stands for neither
    """
    return _TRUTHS[text.strip().lower()]
