"""Keep sessions in a table of an SQL database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Any

from clastic.sessions.store import Store, requires_extra

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# In seconds. A request waits for a connection, or for the lock of SQLite, at most this long.
_TIMEOUT = 5
_IN_MEMORY = (None, "", ":memory:")


class SQLStore(Store):
    """Keep sessions in a table of an SQL database, through SQLAlchemy: SQLite and PostgreSQL.

    The table is created when it is first used. Connections are opened when they are needed, in
    each process anew.

    :param url: such as ``sqlite:///sessions.db`` or ``postgresql+psycopg://user@host/database``
    :param table: the name of the table
    :raises ValueError: for a database in memory, which each connection would have for itself
    :raises ModuleNotFoundError: if SQLAlchemy is not installed: ``pip install 'clastic[sql]'``
    """

    def __init__(self, url: str, table: str = "clastic_sessions") -> None:
        with requires_extra("SQLStore", "sqlalchemy", "sql"):
            import sqlalchemy
        self._sql = sqlalchemy
        self._url = sqlalchemy.make_url(url)
        if self._url.get_backend_name() == "sqlite" and self._url.database in _IN_MEMORY:
            raise ValueError(f"{url!r} is in memory. Use MemoryStore(), or name a file.")
        self._table = sqlalchemy.Table(
            table,
            sqlalchemy.MetaData(),
            sqlalchemy.Column("key", sqlalchemy.String(64), primary_key=True),
            sqlalchemy.Column("value", sqlalchemy.Text, nullable=False),
            sqlalchemy.Column("expires", sqlalchemy.BigInteger, nullable=False, index=True),
        )
        self._lock = Lock()
        self._engine: Engine | None = None
        self._process = 0

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        columns = self._table.c
        with self._connected() as connection:
            found = connection.scalar(self._sql.select(columns.value).where(columns.key == key))
        return None if found is None else str(found)

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was."""
        table = self._table
        with self._connected() as connection:
            if old is None:
                try:
                    connection.execute(
                        table.insert().values(key=key, value=new, expires=ceil(expires))
                    )
                except self._sql.exc.IntegrityError:
                    return False
                return True
            update = table.update().where(table.c.key == key, table.c.value == old)
            return connection.execute(update.values(value=new, expires=ceil(expires))).rowcount == 1

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        with self._connected() as connection:
            connection.execute(self._table.delete().where(self._table.c.key == key))

    def remove_expired(self, now: float) -> int:
        """Delete the expired keys, and return their number."""
        with self._connected() as connection:
            return connection.execute(
                self._table.delete().where(self._table.c.expires <= now)
            ).rowcount

    def close(self) -> None:
        """Close the connections; later calls open new ones."""
        with self._lock:
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.dispose(close=self._process == os.getpid())

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        # Each statement is a transaction of its own.
        with self._open().connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def _open(self) -> Engine:
        """Return the engine of this process; connections of a parent process are not used."""
        if self._engine is None or self._process != os.getpid():
            with self._lock:
                if self._engine is None or self._process != os.getpid():
                    if self._engine is not None:
                        self._engine.dispose(close=False)
                    engine = self._make_engine()
                    self._create_table(engine)
                    self._engine, self._process = engine, os.getpid()
        return self._engine

    def _make_engine(self) -> Engine:
        options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
        name = self._url.get_backend_name()
        if name == "sqlite":
            options["connect_args"] = {"timeout": _TIMEOUT}
        else:
            options["pool_timeout"] = _TIMEOUT
        if self._url.get_driver_name() in ("psycopg", "psycopg2"):
            milliseconds = 1000 * _TIMEOUT
            options["connect_args"] = {
                "connect_timeout": _TIMEOUT,
                "tcp_user_timeout": milliseconds,
            }
        engine = self._sql.create_engine(self._url, **options)
        if name == "sqlite":
            self._sql.event.listen(engine, "connect", _set_up_sqlite)
        return engine

    def _create_table(self, engine: Engine) -> None:
        try:
            self._table.metadata.create_all(engine)
        except self._sql.exc.DatabaseError:  # another process creates it at the same time
            if not self._sql.inspect(engine).has_table(self._table.name):
                raise


def _set_up_sqlite(connection: Any, record: Any) -> None:
    # Readers do not wait for writers. A power failure can lose the latest changes, a killed
    # process cannot.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
