"""Hold the JSON values of a signed cookie, which are read when they are first used."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from clastic.compat.cookie import CookieMembers

EXPIRES = "_expires"
"""The key of the time at which a cookie expires, in its JSON text only."""

_encode_json = json.JSONEncoder(separators=(",", ":")).encode


class JSONCookie(CookieMembers, dict[str, Any]):
    """The values that a client keeps for the application, as a ``dict`` of JSON values.

    Change it like any ``dict``; changes inside of its values are noticed as well. Tuples come back
    as lists, and all keys as strings. A cookie without keys is deleted at the client. A change by a
    streaming body is lost: the headers are already sent then.

    :param data: the values
    :param secret_key: signs it for ``serialize()``
    :param new: whether no client has it yet
    :param cookie_name: that of the middleware which reads what ``serialize()`` returns
    :raises TypeError: a value inside is not a JSON value
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        secret_key: str | bytes | None = None,
        new: bool = True,
        *,
        cookie_name: str = "clastic_cookie",
    ) -> None:
        super().__init__(data or {})
        self.secret_key = secret_key
        self.new = new
        self.cookie_name = cookie_name
        self._received: str | None = None
        self._received = self.text()

    @property
    def is_accessed(self) -> bool:
        """Whether it was read or changed."""
        return not isinstance(self, UnreadCookie)

    def text(self) -> str:
        """Return the JSON text of the values and of the time at which they expire, if that is set.

        :raises TypeError: a value inside is not a JSON value
        """
        try:
            return _encode_json(self if self.expires is None else {**self, EXPIRES: self.expires})
        except (RecursionError, TypeError, ValueError) as error:
            raise TypeError(
                f"The cookie cannot be sent as JSON: {error}. Put only str, int, float, bool, "
                "None, and lists and dicts of them into it."
            ) from error

    def changed_text(self) -> str | None:
        """Return the JSON text; ``None`` if it need not be sent.

        :raises TypeError: a value inside is not a JSON value
        """
        text = self.text()
        return None if text == self._received else text

    def __repr__(self) -> str:
        """Show the keys only: the values are not for logs and error pages."""
        return f"<JSONCookie: {', '.join(map(repr, self))}>"


class UnreadCookie(JSONCookie):
    """A cookie that is read when it is first used: it then becomes a ``JSONCookie``.

    :param read: returns the values, the JSON text if the client may keep it, and whether the client
        sent no valid cookie
    """

    def __init__(self, read: Callable[[], tuple[dict[str, Any], str | None, bool]]) -> None:
        # The encoder of JSON takes a dictionary of no size for empty, without calling items().
        dict.__setitem__(self, "", None)
        self._read = read

    def load(self) -> None:
        """Read the values."""
        self.__class__ = JSONCookie  # type: ignore[assignment]
        self.clear()
        values, self._received, self.new = vars(self).pop("_read")()
        if EXPIRES in values and isinstance(values[EXPIRES], (int, float)):
            self.expires = values.pop(EXPIRES)
        self.update(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.load()
        return getattr(self, name)

    def __repr__(self) -> str:
        return "<JSONCookie: not read yet>"


def _loading(name: str) -> Callable[..., Any]:
    def call(cookie: UnreadCookie, *args: Any, **kwargs: Any) -> Any:
        cookie.load()
        return getattr(cookie, name)(*args, **kwargs)

    call.__name__ = name
    return call


for _name in (
    *("__contains__", "__delitem__", "__eq__", "__getitem__", "__ior__", "__iter__", "__len__"),
    *("__ne__", "__or__", "__reduce_ex__", "__reversed__", "__ror__", "__setitem__", "clear"),
    *("copy", "get", "items", "keys", "pop", "popitem", "set_expires", "setdefault", "text"),
    *("update", "values"),
):
    setattr(UnreadCookie, _name, _loading(_name))
