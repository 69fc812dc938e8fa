"""A copy of a whole value that JSON can write as it is, or the place of what it cannot.

Walking a value in Python is slower than letting the encoder ask about single values, but it turns
any key into text, uses each iterator once, and knows where it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from clastic.render.json_values import BYTES_TYPES, NoJSONForm, is_one_shot, simplify

DEPTH_SHOWN = 100
"""How deep a lenient copy goes. A strict one goes as deep as Python's recursion limit lets it."""


class NotInJSON(ValueError):
    """A value is of a type that JSON has a form for, but this one has none."""


class PlainCopy:
    """One copy of one value, made of nothing but dicts with text keys, lists and JSON's scalars.

    :param encoding: what bytes are decoded by
    :param lenient: put the ``repr`` in the place of what has no JSON form, instead of raising
    :param trail: the keys and indexes that lead from the context to the value
    """

    def __init__(
        self, encoding: str = "utf-8", *, lenient: bool = False, trail: Iterable[object] = ()
    ) -> None:
        self._encoding = encoding
        self._lenient = lenient
        self._trail = list(trail)
        self._open: set[int] = set()

    def make(self, value: object) -> Any:
        """Copy ``value``.

        :raises NoJSONForm: for a type or a key that JSON has nothing for; names the place
        :raises NotInJSON: for NaN, Infinity, bytes that are no text, two keys of one text, and a
            value that contains itself or is nested too deep; names the place
        """
        try:
            return self._copy(value)
        except RecursionError:
            del self._trail[3:]
            problem = f"{self._place()} is nested deeper than Python's recursion limit"
        raise NotInJSON(f"{problem}.\n  Return something flatter.")

    def _copy(self, value: object) -> Any:
        if value is None or isinstance(value, (str, bool)):
            return value
        depth = len(self._trail)
        if id(value) in self._open:
            return self._contains_itself(value)
        self._open.add(id(value))
        try:
            return self._convert(value)
        except Exception as error:
            if not self._lenient:
                raise
            del self._trail[depth:]
            return _shown(value, error)
        finally:
            self._open.discard(id(value))

    def _convert(self, value: object) -> Any:
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return self._number(value)
        if self._lenient and len(self._trail) > DEPTH_SHOWN:
            return f"<{type(value).__name__} nested deeper than {DEPTH_SHOWN}>"
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            return self._array(value)
        try:
            simpler = simplify(value, self._encoding)
        except NoJSONForm:
            if is_one_shot(value):
                return self._array(value)  # type: ignore[arg-type]
            raise self._no_form(value) from None
        except UnicodeDecodeError as error:
            if not isinstance(value, BYTES_TYPES):
                raise
            raise NotInJSON(
                f"{self._place()} is bytes that are not {self._encoding} text ({error.reason}).\n"
                "  Decode it in the endpoint, or write it in base64."
            ) from error
        return self._copy(simpler)

    def _array(self, values: Iterable[object]) -> list[Any]:
        return [self._member(index, value) for index, value in enumerate(values)]

    def _object(self, values: Mapping[Any, object]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in values.items():
            text = self._key(key)
            if text in result:
                text = self._second_key(key, text)
            result[text] = self._member(key, value)
        return result

    def _member(self, key: object, value: object) -> Any:
        self._trail.append(key)
        copy = self._copy(value)
        self._trail.pop()
        return copy

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return key
        if key is None or isinstance(key, (bool, int, float)):
            copy = self._member(key, key)
            return copy if isinstance(copy, str) else json.dumps(copy)
        with suppress(NoJSONForm, UnicodeDecodeError):
            simpler = simplify(key, self._encoding)
            if not isinstance(simpler, (dict, list)):
                return self._key(simpler)
        if self._lenient:
            return _shown(key)
        raise NoJSONForm(
            f"{self._place()} has the key {_shown(key)}, of type {type(key).__name__}; "
            "the keys of a JSON object are text.\n"
            "  Make it text in the endpoint, or return a list of pairs."
        )

    def _second_key(self, key: object, text: str) -> str:
        if self._lenient:
            return _shown(key)
        raise NotInJSON(
            f"{self._place()} has two keys that are both '{text}' in JSON.\n"
            "  Remove one of them, or make both text in the endpoint."
        )

    def _integer(self, value: int) -> int | str:
        try:
            int.__repr__(value)
        except ValueError as error:
            if self._lenient:
                return hex(value)
            raise NotInJSON(
                f"{self._place()} is an int of more digits than Python writes out.\n"
                "  Make it text in the endpoint, for instance by hex()."
            ) from error
        return value

    def _number(self, value: float) -> Any:
        if math.isfinite(value):
            return value
        if self._lenient:
            return _shown(value)
        raise NotInJSON(
            f"{self._place()} is {value!r}, which JSON has no number for.\n"
            "  Return None or text in its place."
        )

    def _contains_itself(self, value: object) -> str:
        if self._lenient:
            return f"<{type(value).__name__} that contains itself>"
        raise NotInJSON(
            f"{self._place()} is a {type(value).__name__} that contains itself.\n"
            "  Return its id or name there, or use render_json_dev, which cuts the circle."
        )

    def _no_form(self, value: object) -> NoJSONForm:
        name = type(value).__name__
        return NoJSONForm(
            f"{self._place()} is of type {name}, which JSON has no form for.\n"
            f"  Convert it in the endpoint, give {name} a to_dict() method, or use "
            "render_json_dev, which falls back to repr."
        )

    def _place(self) -> str:
        return "context" + "".join(f"[{_shown(key)}]" for key in self._trail)


def _shown(value: object, error: Exception | None = None) -> str:
    try:
        text = repr(value)
    except Exception as repr_error:
        text = f"<{type(value).__name__} whose repr failed: {type(repr_error).__name__}>"
    if error is None or isinstance(error, (NoJSONForm, NotInJSON)):
        return text
    return f"{text} ({type(error).__name__}: {error})"
