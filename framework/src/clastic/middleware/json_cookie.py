"""A cookie as the code that uses it has it: a mapping of JSON values, read when it is looked at."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from clastic.middleware.sealing import Opened

EMPTY = "{}"

_DEEPEST = 100
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JSONCookie(MutableMapping[str, Any]):
    """What a client keeps for the application, as a ``dict`` of JSON values.

    Change it like any ``dict``; what is changed inside of its values is noticed as well. Tuples
    are lists when they come back. A cookie without any keys is deleted at the client.

    It does nothing until it is used. After its answer has been made it cannot be changed any more:
    the headers are already written when a streaming body runs.

    :param read: takes the ``Cookie`` header, gives the JSON text of the cookie in it
    :param header: that header; ``None`` if the request has none
    """

    __slots__ = ("_header", "_is_answered", "_opened", "_read", "_values")

    def __init__(self, read: Callable[[str], Opened], header: str | None) -> None:
        self._read = read
        self._header = header
        self._opened: Opened | None = None
        self._values: dict[str, Any] = {}
        self._is_answered = False

    @property
    def is_accessed(self) -> bool:
        """Whether anything of it has been looked at or changed."""
        return self._opened is not None

    def finish(self) -> str | None:
        """Let nothing be changed any more; return its JSON text if it has to be sent.

        It has to when it has changed, or was sealed with an older key.

        :raises TypeError: when there is something inside that is no JSON value, with its place
        """
        self._is_answered = True
        if self._opened is None or (not self._values and self._opened.text == EMPTY):
            return None
        for key, value in self._values.items():
            _check_value(value, f"cookie[{key!r}]")
        text = _encode(self._values)
        return text if text != self._opened.text or self._opened.is_outdated else None

    def __getitem__(self, key: str) -> Any:
        return self._loaded()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"cookie[{key!r}]: the keys of a cookie are strings")
        _check_value(value, f"cookie[{key!r}]")
        self._changeable()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._changeable()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def __repr__(self) -> str:
        """Tell the keys only: the values are not for logs and error pages."""
        if self._opened is None:
            return f"<{type(self).__name__}, not read yet>"
        return f"<{type(self).__name__} of {', '.join(map(repr, self._values)) or 'nothing'}>"

    def _loaded(self) -> dict[str, Any]:
        if self._opened is None:
            opened = Opened(EMPTY, False) if self._header is None else self._read(self._header)
            if opened.text != EMPTY:
                self._values = _decode(opened.text)
            self._opened = opened
        return self._values

    def _changeable(self) -> dict[str, Any]:
        if self._is_answered:
            raise RuntimeError(
                "The cookie was changed after its answer had been made, so the change could not "
                "be sent. Change it before the response is returned, not in a streaming body."
            )
        return self._loaded()


def _decode(text: str) -> dict[str, Any]:
    """Return the mapping in a JSON text; an empty one if there is something else in it."""
    try:
        values = json.loads(text)
    except (RecursionError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _check_value(value: object, place: str, depth: int = 0) -> None:
    """Check that a value comes back from JSON as it is (but for tuples, which become lists).

    :param place: how to get to it from the cookie, to report it by
    :raises TypeError: if it does not
    """
    if depth > _DEEPEST:
        place = place.partition("]")[0] + "]"
        raise TypeError(f"{place} is nested more than {_DEEPEST} deep, or contains itself")
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{place} is {value!r}, for which JSON has no value")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_value(item, f"{place}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{place} has the key {key!r}, and keys in JSON are strings")
            _check_value(item, f"{place}[{key!r}]", depth + 1)
    else:
        raise TypeError(
            f"{place} is a {type(value).__name__}, and a cookie holds JSON values only: "
            "str, int, float, bool, None, and lists and dicts of them"
        )
