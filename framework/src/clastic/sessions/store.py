"""Define the interface of session stores; keep sessions in memory, or in a cache of cachelib."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Any, Protocol, TypeVar

logger = logging.getLogger("clastic")

Self = TypeVar("Self", bound="Store")


class Store:
    """A place for sessions: texts by key, which several processes and threads can use.

    A subclass defines the four methods below. A key is the hash of a session's id, in 64
    hexadecimal digits; the id itself is not known to a store. A method raises any exception if the
    store is not available: the response is a 503 then. A store that has something to close defines
    :meth:`close`; ``managed(lambda: SQLStore(url))`` then is a resource that is closed with the
    application.
    """

    one_process = False
    """Whether other processes do not see the sessions."""

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        raise NotImplementedError

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was (atomically).

        :param old: ``None`` if the key must not exist yet
        :param expires: the time from which nobody needs the text, in seconds since 1970
        """
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        raise NotImplementedError

    def remove_expired(self, now: float) -> int:
        """Delete the expired keys, and return their number.

        :param now: the time, in seconds since 1970
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close connections; the store can be used again after that."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Show the type only: a URL may have a password."""
        return f"{type(self).__name__}()"


class MemoryStore(Store):
    """Keep sessions in the memory of one process, until it ends: for development and tests.

    A server with several processes is refused, because each would have its own sessions.
    """

    one_process = True

    def __init__(self) -> None:
        self._records: dict[str, tuple[str, float]] = {}
        self._lock = Lock()

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        record = self._records.get(key)
        return record and record[0]

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was."""
        with self._lock:
            if self.load(key) != old:
                return False
            self._records[key] = new, expires
            return True

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        with self._lock:
            self._records.pop(key, None)

    def remove_expired(self, now: float) -> int:
        """Delete the expired keys, and return their number."""
        with self._lock:
            expired = [key for key, (_, expires) in self._records.items() if expires <= now]
            for key in expired:
                del self._records[key]
        return len(expired)


class Cache(Protocol):
    """The interface of cachelib that sessions need; Flask-Caching and Django's caches have it."""

    def get(self, key: str) -> Any:
        """Return a value, ``None`` if there is none."""

    def set(self, key: str, value: str, timeout: int) -> Any:
        """Keep a value for some seconds; ``False`` says that this failed."""

    def delete(self, key: str) -> Any:
        """Delete a value."""


class CacheStore(Store):
    """Keep sessions in a cache with the interface of cachelib.

    A cache cannot compare and replace in one step. So of two requests that change a session at the
    same time, the last one wins, and the change of the other is lost.

    :param cache: such as ``cachelib.RedisCache()``
    :param clock: returns the seconds since 1970
    """

    def __init__(self, cache: Cache, clock: Callable[[], float]) -> None:
        self._cache = cache
        self._clock = clock

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        text = self._cache.get(key)
        return text if isinstance(text, str) else None

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key if it is `old`; this is not atomic.

        :raises OSError: if the cache does not keep it
        """
        if self.load(key) != old:
            return False
        if self._cache.set(key, new, max(1, int(expires - self._clock()))) is False:
            raise OSError(f"{type(self._cache).__name__} did not keep a session.")
        return True

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        self._cache.delete(key)

    def remove_expired(self, now: float) -> int:
        """Do nothing: a cache removes expired keys itself."""
        return 0


@contextmanager
def requires_extra(store: str, package: str, extra: str) -> Iterator[None]:
    """Name the extra to install if an import inside fails because its package is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"{store} needs the package {package}, which is not installed.\n"
            f"  Install it: pip install 'clastic[{extra}]'",
            name=package,
        ) from error


def as_store(store: object, clock: Callable[[], float], *, warn: bool = True) -> Store:
    """Return a store; a cache with the interface of cachelib is made one.

    :param clock: returns the seconds since 1970
    :param warn: whether to log that a cache can lose changes
    :raises TypeError: for any other object
    """
    if isinstance(store, Store):
        return store
    if isinstance(store, type) or not all(
        callable(getattr(store, name, None)) for name in ("get", "set", "delete")
    ):
        raise TypeError(
            f"The session store is {store!r}. Use one of clastic.sessions such as MemoryStore(), "
            "an object with the methods get, set and delete of cachelib, or the name of a resource."
        )
    if warn:
        logger.warning(
            "Sessions are kept in %s, a cache: if two requests change one session at the same "
            "time, the last one wins. The stores of clastic.sessions merge the changes.",
            type(store).__name__,
        )
    return CacheStore(store, clock)  # type: ignore[arg-type]
