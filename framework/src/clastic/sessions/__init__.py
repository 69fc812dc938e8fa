"""Sessions on the server, and the stores that keep them."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.sessions.files import DBMStore, FileStore
    from clastic.sessions.redis import RedisStore
    from clastic.sessions.session import Session
    from clastic.sessions.sql import SQLStore
    from clastic.sessions.store import MemoryStore, Store
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.sessions.files": ("DBMStore", "FileStore"),
            "clastic.sessions.redis": ("RedisStore",),
            "clastic.sessions.session": ("Session",),
            "clastic.sessions.sql": ("SQLStore",),
            "clastic.sessions.store": ("MemoryStore", "Store"),
        },
    )

__all__ = [
    "DBMStore",
    "FileStore",
    "MemoryStore",
    "RedisStore",
    "SQLStore",
    "Session",
    "Store",
]
