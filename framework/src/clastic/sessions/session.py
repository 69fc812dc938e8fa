"""The values of one session: read when they are first used, merged and saved at the end."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple, TypeVar, overload

from clastic.errors import ServiceUnavailable
from clastic.sessions.store import Store

logger = logging.getLogger("clastic")

_Result = TypeVar("_Result")

# In bytes: 256 bits.
_ID_SIZE = 32
# The value that a store keeps for an ended id, and for how many seconds: longer than a request with
# this id can take. Without it, such a request would find no session, start a new one, and send the
# client its id in the place of the one that the client got at login.
_ENDED = "ended"
_ENDED_SECONDS = 300
# The number of times that a change is tried again if other requests change the session meanwhile.
_ATTEMPTS = 200
_LONGEST_PAUSE = 0.02
_FLASHES = "_flashes"
_RETRY_SECONDS = "5"

_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


class Timeouts(NamedTuple):
    """The timeouts of a session.

    :param idle: in seconds after it was last used
    :param absolute: in seconds after it began
    :param clock: returns the seconds since 1970
    """

    idle: float
    absolute: float
    clock: Callable[[], float]


class _Record(NamedTuple):
    """The stored form of a session: two times in seconds since 1970, and the values as JSON."""

    began: int
    used: int
    text: str

    @classmethod
    def read(cls, text: str) -> tuple[_Record, dict[str, Any]]:
        """Return a record and its values.

        :raises ValueError: if the text is not that of a record
        """
        began, used, values_text = text.split(" ", 2)
        try:
            values = _decode(values_text)
        except RecursionError as error:
            raise ValueError("The values are nested too deeply.") from error
        if not isinstance(values, dict):
            raise ValueError("The values are not a JSON object.")
        return cls(int(began), int(used), values_text), values

    def __str__(self) -> str:
        return f"{self.began} {self.used} {self.text}"

    def expires(self, timeouts: Timeouts) -> float:
        return min(self.used + timeouts.idle, self.began + timeouts.absolute)


class _Update(NamedTuple):
    """The functions that have updated one key, and the JSON text of its value before and after."""

    functions: list[tuple[Callable[[Any], Any], Any]]
    before: str
    after: str


class Session(MutableMapping[str, Any]):
    """The values that the application keeps for one client, as a mapping of JSON values.

    Change it like a ``dict``; changes inside of its values are noticed as well. Tuples come back as
    lists, and the keys inside of values as strings. It is saved before the response is sent; from
    then on, a change is a RuntimeError.

    If several requests change it at the same time, each key has the value that was saved last, and
    other keys stay. Use :meth:`update` for a value that is computed from the one before.

    :param store: keeps it
    :param read_ids: returns the ids that the client sent
    :param timeouts: how long it lasts
    """

    def __init__(
        self, store: Store, read_ids: Callable[[], Iterable[str]], timeouts: Timeouts
    ) -> None:
        self._store = store
        self._read_ids = read_ids
        self._timeouts = timeouts
        self._loaded: dict[str, Any] | None = None
        self._key = ""
        self._stored: str | None = None  # the text in the store, as far as it is known here
        self._record = _Record(0, 0, "{}")
        self._updates: dict[str, _Update] = {}
        self._is_ended = False  # by another request
        self._clears = self._renews = self._is_closed = False

    @property
    def is_accessed(self) -> bool:
        """Whether it was read or changed."""
        return self._loaded is not None

    @overload  # type: ignore[override]
    def update(self, key: str, /, function: Callable[[Any], Any], default: Any = None) -> Any: ...
    @overload
    def update(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /) -> None: ...

    def update(
        self, key: Any = (), /, function: Callable[[Any], Any] | None = None, default: Any = None
    ) -> Any:
        """Replace the value of a key by what a function returns for it, and return that.

        If another request changes the value at the same time, the function is called again with
        the new value, so nothing is lost: ``session.update("visits", lambda visits: visits + 1,
        0)``. The function must do nothing else than to return a value.

        As with any mapping, ``session.update({"name": value})`` sets several keys.

        :param function: takes the value and returns the new one
        :param default: the value if the key is missing
        """
        if function is None:
            super().update(key)
            return None
        before, update = _text_of(key, self._values), self._updates.get(key)
        self[key] = value = _apply(function, default, key, self._values)
        functions = [(function, default)]
        if update is not None and update.after == before:
            functions = [*update.functions, *functions]
            before = update.before
        self._updates[key] = _Update(functions, before, _text_of(key, self._values))
        return value

    def flash(self, text: Any) -> None:
        """Keep a string, or another JSON value, for the page that shows it next."""
        message = [token_hex(4), text]
        self.update(_FLASHES, lambda waiting: [*waiting, message], [])

    def pop_flashes(self) -> list[Any]:
        """Return what was flashed since the last call, the oldest first, and remove it."""
        shown = self.get(_FLASHES)
        if not shown:
            return []
        self.update(_FLASHES, lambda waiting: [each for each in waiting if each not in shown], [])
        return [text for _, text in shown]

    def clear(self) -> None:
        """Remove all values and end the session, for example at logout.

        What other requests change in it at the same time is dropped. Values that are set after this
        begin a new session.
        """
        self._check_open()
        self._values.clear()
        self._updates.clear()
        self._clears = True

    def renew(self) -> None:
        """Replace the id of the session, so that the old one becomes invalid. Call this at login.

        This prevents session fixation: somebody who knows the old id, or has set it at the client,
        does not get the rights of the user. The values stay. The absolute timeout begins anew.
        """
        self._check_open()
        self._load()
        self._renews = True

    @property
    def _values(self) -> dict[str, Any]:
        return self._load() if self._loaded is None else self._loaded

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"The key {key!r} of a session is not a str.")
        self._check_open()
        self._values[key] = value
        self._updates.pop(key, None)

    def __delitem__(self, key: str) -> None:
        self._check_open()
        del self._values[key]
        self._updates.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """Show the keys only: the values are not for logs and error pages."""
        if self._loaded is None:
            return "<Session: not read yet>"
        return f"<Session: {', '.join(map(repr, self._loaded))}>"

    def close(self) -> None:
        """Refuse changes from now on."""
        self._is_closed = True

    def save(self) -> str | None:
        """Save the changes, and return what to send to the client.

        :return: the id for a new cookie, ``""`` to delete the cookie, ``None`` to send nothing
        :raises ServiceUnavailable: if the store is not available
        :raises TypeError: a value inside is not a JSON value
        """
        if self._stored is None:
            if self._is_ended and not (self._clears or self._renews):
                return None
            return self._begin() if self._loaded else None
        if not self._clears and not self._renews:
            self._write_changes()
            return None
        is_ended_here = self._end()
        if self._clears:
            return self._begin() if self._loaded else ""
        return self._begin() if is_ended_here else None

    def remove_expired(self) -> None:
        """Let the store remove all expired sessions; what fails is logged."""
        try:
            self._store.remove_expired(self._timeouts.clock())
        except Exception:
            logger.exception("Expired sessions could not be removed from %r.", self._store)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError(
                "The session has been saved, so it cannot change any more. A generator that "
                "streams a body runs after that: change the session before the endpoint returns."
            )

    def _load(self) -> dict[str, Any]:
        """Read the session of the first valid id that the client sent."""
        if self._loaded is not None:
            return self._loaded
        for session_id in self._read_ids():
            key = _hash(session_id)
            stored = self._call(self._store.load, key)
            self._is_ended = self._is_ended or stored == _ENDED
            found = self._read(stored)
            if found is None:
                continue
            if found[0].expires(self._timeouts) <= self._timeouts.clock():
                self._call(self._store.delete, key)
                continue
            self._key, self._stored, self._is_ended = key, stored, False
            self._record, self._loaded = found
            return self._loaded
        self._loaded = {}
        return self._loaded

    def _read(self, stored: str | None) -> tuple[_Record, dict[str, Any]] | None:
        if stored is None or stored == _ENDED:
            return None
        try:
            return _Record.read(stored)
        except ValueError as error:
            # Not the message: it may contain a part of the data.
            logger.warning(
                "A session in %r is corrupt and counts as empty (%s).",
                self._store,
                type(error).__name__,
            )
            return None

    def _begin(self) -> str:
        """Save the values under a new id, and return that."""
        now = int(self._timeouts.clock())
        record = _Record(now, now, _encode_values(self._values))
        session_id = token_urlsafe(_ID_SIZE)
        self._call(
            self._store.swap, _hash(session_id), None, str(record), record.expires(self._timeouts)
        )
        return session_id

    def _end(self) -> bool:
        """End the old id. Return ``False`` if another request has ended it."""
        return self._swap_merged(
            lambda: (_ENDED, self._timeouts.clock() + _ENDED_SECONDS), merges=not self._clears
        )

    def _write_changes(self) -> None:
        """Save the values if they or the time of the last use have changed."""
        now = int(self._timeouts.clock())
        if _encode_values(self._values) == self._record.text:
            # Writing this at every request would cost much, and give little precision.
            if now - self._record.used >= self._timeouts.idle / 10:
                record = self._record._replace(used=now)
                expires = record.expires(self._timeouts)
                self._call(self._store.swap, self._key, self._stored, str(record), expires)
            return

        def make() -> tuple[str, float]:
            record = _Record(self._record.began, now, _encode_values(self._values))
            return str(record), record.expires(self._timeouts)

        self._swap_merged(make)

    def _swap_merged(self, make: Callable[[], tuple[str, float]], *, merges: bool = True) -> bool:
        """Swap the stored text, merging what others write meanwhile.

        :param make: returns the new text, and the time when it expires
        :return: whether it was swapped; not if another request ended the session
        """
        for attempt in range(_ATTEMPTS):
            text, expires = make()
            if self._call(self._store.swap, self._key, self._stored, text, expires):
                return True
            stored = self._call(self._store.load, self._key)
            found = self._read(stored)
            if found is None:
                return False
            if merges:
                self._merge(*found)
            self._stored = stored
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.0005 * 2 ** min(attempt, 10))))
        raise _unavailable(f"{_ATTEMPTS} other requests changed one session at the same time.")

    def _merge(self, record: _Record, values: dict[str, Any]) -> None:
        """Apply the changes of this request to newer values from the store."""
        before, here = _decode(self._record.text), self._values
        for key in {*before, *here}:
            was, now = _text_of(key, before), _text_of(key, here)
            update = self._updates.get(key)
            if update is not None and (was, now) == (update.before, update.after):
                was = _text_of(key, values)
                for function, default in update.functions:
                    values[key] = _apply(function, default, key, values)
                self._updates[key] = _Update(update.functions, was, _text_of(key, values))
            elif not now:
                values.pop(key, None)
            elif now != was:
                values[key] = here[key]
        self._record, self._loaded = record, values

    def _call(self, method: Callable[..., _Result], *arguments: Any) -> _Result:
        """Call a method of the store.

        :raises ServiceUnavailable: if it raises anything
        """
        try:
            return method(*arguments)
        except Exception as error:
            logger.exception("The session store %r is not available.", self._store)
            raise _unavailable("The sessions are not available at the moment.") from error


def _hash(session_id: str) -> str:
    return sha256(session_id.encode()).hexdigest()


def _apply(function: Callable[[Any], Any], default: Any, key: str, values: dict[str, Any]) -> Any:
    """Return what a function returns for a value; it may change a copy of the default."""
    return function(values[key] if key in values else deepcopy(default))


def _text_of(key: str, values: dict[str, Any]) -> str:
    """Return the JSON text of a value, ``""`` if the key is missing."""
    return _encode_values(values[key]) if key in values else ""


def _encode_values(values: Any) -> str:
    try:
        return _encode(values)
    except (RecursionError, TypeError, ValueError) as error:
        raise TypeError(
            f"The session cannot be saved as JSON: {error}. Put only str, int, float, bool, None, "
            "and lists and dicts of them into it."
        ) from error


def _unavailable(detail: str) -> ServiceUnavailable:
    return ServiceUnavailable(detail, headers={"Retry-After": _RETRY_SECONDS})
