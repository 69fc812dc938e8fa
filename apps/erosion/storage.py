"""Where the links are kept: in a SQLite file or a PostgreSQL database, for any number of processes.

Every statement is a transaction of its own (``AUTOCOMMIT``): once it has returned, it is committed.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import exc

# Nothing that looks alike, and no vowels: so no words either, rude or reserved.
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
ALIAS_LENGTH = 8
ATTEMPTS = 10

# How many seconds to wait for SQLite's lock or a connection of the pool, and for a server.
LOCK_TIMEOUT = 15
SERVER_TIMEOUT = 5

metadata = sa.MetaData()

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("alias", sa.String, nullable=False, unique=True),
    sa.Column("target_url", sa.String, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double),
    sa.Column("max_count", sa.BigInteger, nullable=False),
    sa.Column("click_count", sa.BigInteger, nullable=False),
)

schema_version = sa.Table(
    "schema_version", metadata, sa.Column("version", sa.Integer, nullable=False)
)

# One statement checks and counts, so no two clicks can both be the last one. It is made here, once:
# to put it together takes longer than to run it.
CLICK = (
    sa.update(links)
    .where(links.c.alias == sa.bindparam("wanted"))
    .where(sa.or_(links.c.max_count == 0, links.c.click_count < links.c.max_count))
    .where(sa.or_(links.c.expires_at.is_(None), links.c.expires_at > sa.bindparam("now")))
    .values(click_count=links.c.click_count + 1)
    .returning(links)
)

# What brings older tables to those above, step by step, in SQL that both databases know. The first
# step leads from version 1 to version 2: ("ALTER TABLE links ADD COLUMN ...",), for example.
UPGRADES: tuple[tuple[str, ...], ...] = ()

# Any number, as long as it is the same for all processes.
UPGRADE_LOCK = 27182818


class AliasTaken(Exception):
    """There is a link with this alias, or was one."""


class UnknownLink(Exception):
    """There never was a link with this alias."""


class ExpiredLink(Exception):
    """The link is as old, or has been used as often, as it may be."""


class StorageUnavailable(Exception):
    """The database does not answer, or cannot be used."""


@dataclass(frozen=True)
class Link:
    """Times are in seconds since 1970. No `expires_at` or a `max_count` of 0 is no limit."""

    id: int
    alias: str
    target_url: str
    created_at: float
    expires_at: float | None
    max_count: int
    click_count: int

    def is_expired(self, now: float) -> bool:
        is_used_up = 0 < self.max_count <= self.click_count
        return is_used_up or (self.expires_at is not None and self.expires_at <= now)


class Storage:
    """All links. The tables are made, or brought up to date, when it is constructed.

    It leaves no connection open then, so a server may fork its workers afterwards.

    db_url: ``sqlite:///file.db`` or ``postgresql://user:password@host/database``. clock: gives the
    seconds since 1970. pool_size: how many connections a process has at most (SQLite: one).
    Raises ValueError for another kind of URL, and StorageUnavailable.
    """

    def __init__(
        self, db_url: str, *, clock: Callable[[], float] = time.time, pool_size: int = 5
    ) -> None:
        url = _checked_url(db_url)
        if _is_sqlite(url):
            # One at a time may write. A connection is waited for in a queue, SQLite's lock by luck.
            pool_size, timeouts = 1, {"timeout": LOCK_TIMEOUT}
        else:
            milliseconds = SERVER_TIMEOUT * 1000
            timeouts = {"connect_timeout": SERVER_TIMEOUT, "tcp_user_timeout": milliseconds}
        self._clock = clock
        self._engine = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            connect_args=timeouts,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=LOCK_TIMEOUT,
            pool_pre_ping=True,
        )
        try:
            with self._engine.connect() as connection:
                _prepare(connection)
        except exc.DBAPIError as error:
            raise StorageUnavailable(f"{url!r} cannot be used: {error.orig}") from error
        finally:
            self._engine.dispose()

    def add_link(
        self, target_url: str, *, alias: str | None = None, expiry_time: int = 0, max_count: int = 1
    ) -> Link:
        """Record a link, for some seconds or (0) for ever. Without an alias it gets a random one.

        Raises AliasTaken.
        """
        now = self._clock()
        values = {
            "target_url": target_url,
            "created_at": now,
            "expires_at": now + expiry_time if expiry_time else None,
            "max_count": max_count,
            "click_count": 0,
        }
        for name in [alias] if alias else [make_alias() for _ in range(ATTEMPTS)]:
            statement = sa.insert(links).values(alias=name, **values).returning(links)
            with suppress(exc.IntegrityError), self._connect() as connection:
                return Link(*connection.execute(statement).one())
        raise AliasTaken(alias)

    def use_link(self, alias: str) -> Link:
        """Count a click on a link, and give the link. Raises UnknownLink or ExpiredLink."""
        values = {"wanted": alias, "now": self._clock()}
        with self._connect() as connection:
            row = connection.execute(CLICK, values).one_or_none()
        if row is None:
            self.get_link(alias)
            raise ExpiredLink(alias)
        return Link(*row)

    def get_link(self, alias: str) -> Link:
        """Give a link, and count no click. Raises UnknownLink or ExpiredLink."""
        with self._connect() as connection:
            row = connection.execute(sa.select(links).where(links.c.alias == alias)).one_or_none()
        if row is None:
            raise UnknownLink(alias)
        link = Link(*row)
        if link.is_expired(self._clock()):
            raise ExpiredLink(alias)
        return link

    def get_links(self, *, before: int | None = None, count: int = 50) -> list[Link]:
        """Give the newest links, of all or of those older than the one with the id `before`."""
        statement = sa.select(links).order_by(links.c.id.desc()).limit(count)
        if before is not None:
            statement = statement.where(links.c.id < before)
        with self._connect() as connection:
            return [Link(*row) for row in connection.execute(statement)]

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
            raise StorageUnavailable(str(getattr(error, "orig", error))) from error


def make_alias() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(ALIAS_LENGTH))


def _is_sqlite(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _checked_url(db_url: str) -> sa.URL:
    try:
        url = sa.make_url(db_url)
    except exc.ArgumentError as error:
        raise ValueError("db_url is not the URL of a database.") from error
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise ValueError(f"db_url begins with {url.drivername}:, not postgresql: or sqlite:.")
    if url.database in (None, "", ":memory:"):
        raise ValueError("db_url names no file, as sqlite:///erosion.db does.")
    return url


def _prepare(connection: sa.Connection) -> None:
    """Make the tables, or bring them up to date. Others who start now wait until it is done."""
    if _is_sqlite(connection.engine.url):
        # Readers and writers do not wait for each other then; it is kept in the file. This does not
        # wait for others that use a new file now: one of them does it for all.
        with suppress(exc.OperationalError):
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    newest = len(UPGRADES) + 1
    if sa.inspect(connection).has_table("schema_version"):
        _upgrade(connection, newest)
    else:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(sa.insert(schema_version).values(version=newest))
    connection.exec_driver_sql("COMMIT")


def _upgrade(connection: sa.Connection, newest: int) -> None:
    version = connection.execute(sa.select(schema_version.c.version)).scalar_one()
    if version > newest:
        raise StorageUnavailable(
            f"The tables of the database are of version {version}, and this program knows them up "
            f"to version {newest}. Run a newer program."
        )
    for statements in UPGRADES[version - 1 :]:
        for statement in statements:
            connection.exec_driver_sql(statement)
    connection.execute(sa.update(schema_version).values(version=newest))
