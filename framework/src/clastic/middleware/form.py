"""Provide fields of a posted form or JSON object as arguments of endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from clastic.errors import BadRequest
from clastic.http import Request
from clastic.middleware.url import FieldsMiddleware, FieldType

# What a JSON value is an instance of, by the type that is asked for.
_JSON_TYPES: Mapping[type, Any] = MappingProxyType(
    {bool: bool, dict: dict, float: (float, int), int: int, list: list, object: object, str: str}
)


class PostDataMiddleware(FieldsMiddleware):
    """Provide fields of a posted form to endpoints.

    It works like :class:`~clastic.middleware.url.GetParamMiddleware`, for URL-encoded and multipart
    forms. Get uploaded files and other bodies from the request.

    The arguments are those of :class:`~clastic.middleware.url.FieldsMiddleware`.
    """

    kind = "form field"

    def read_fields(self, request: Request) -> Mapping[str, str]:
        """Return the fields of the form."""
        return request.form


class JSONDataMiddleware(FieldsMiddleware):
    """Provide fields of a posted JSON object to endpoints.

    It works like :class:`~clastic.middleware.url.GetParamMiddleware`, with these differences: a
    field without a type is any JSON value, ``null`` counts as missing, and ``bool``, ``int``,
    ``float``, ``str``, ``list`` and ``dict`` take a JSON value of that type only. Any other type is
    called with the value.

    A body that is not a JSON object, or is not declared to be JSON, has no fields; with
    ``required=True`` it gets a 400.

    The arguments are those of :class:`~clastic.middleware.url.FieldsMiddleware`.
    """

    kind = "JSON field"
    default_type = object

    def read_fields(self, request: Request) -> Mapping[str, Any]:
        """Return the fields of the JSON object in the body."""
        body = request.get_json(silent=True)
        if isinstance(body, dict):
            return body
        if self._required:
            raise BadRequest(
                "The body is not a JSON object, or its Content-Type is not application/json."
            )
        return {}

    def convert(self, read: FieldType, raw: Any) -> Any:
        """Return the value of a field if it is of a type, or converted to it."""
        if not isinstance(read, type) or read not in _JSON_TYPES:
            return read(raw)
        is_boolean_number = isinstance(raw, bool) and read in (int, float)
        if is_boolean_number or not isinstance(raw, _JSON_TYPES[read]):
            raise TypeError(f"{type(raw).__name__} is not {read.__name__}")
        return float(raw) if read is float else raw
