"""Keep sessions in Redis."""

from __future__ import annotations

from math import ceil
from typing import Any

from clastic.sessions.store import Store, requires_extra

# In seconds. A request waits for the server at most this long.
_TIMEOUT = 5

# In Lua, which Redis runs in one step.
_SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1
"""


class RedisStore(Store):
    """Keep sessions in Redis 6.2 or newer, or a server that is compatible with it.

    Redis removes expired sessions itself. Set its ``maxmemory-policy`` to ``volatile-ttl`` or
    ``noeviction``, and its persistence as sessions need it: with ``appendonly no``, a restart
    loses the latest ones.

    :param url: such as ``redis://host:6379/0`` or ``unix:///run/redis.sock``
    :param prefix: what the keys in Redis begin with
    :raises ModuleNotFoundError: if redis-py is not installed: ``pip install 'clastic[redis]'``
    """

    def __init__(self, url: str, prefix: str = "clastic:session:") -> None:
        with requires_extra("RedisStore", "redis", "redis"):
            import redis
        # A client connects when it is used, and again in a forked process.
        self._client: Any = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
        )
        self._swap = self._client.register_script(_SWAP)
        self._prefix = prefix

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        text: str | None = self._client.get(self._prefix + key)
        return text

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was."""
        name, milliseconds = self._prefix + key, ceil(expires * 1000)
        if old is None:
            return bool(self._client.set(name, new, nx=True, pxat=milliseconds))
        return bool(self._swap(keys=[name], args=[old, new, milliseconds]))

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        self._client.delete(self._prefix + key)

    def remove_expired(self, now: float) -> int:
        """Do nothing: Redis removes expired keys itself."""
        return 0

    def close(self) -> None:
        """Close the connections; later calls open new ones."""
        self._client.close()
