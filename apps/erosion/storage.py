"""Store the links in a SQLite file or a PostgreSQL database that many processes can share.

Every statement is committed when it returns (``AUTOCOMMIT``).
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import exc

# Without characters that look alike, and without vowels, so that no words appear.
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
ALIAS_LENGTH = 8
ATTEMPTS = 10

# The seconds to wait for SQLite's lock or a connection of the pool, and for a server.
LOCK_TIMEOUT = 15
SERVER_TIMEOUT = 5
# A connection that nobody used for these seconds is checked before it is used again.
IDLE_TIME = 1.0

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

# One statement checks and counts, so two clicks cannot both be the last one. It is built only
# once, because building it takes longer than running it.
CLICK = (
    sa.update(links)
    .where(links.c.alias == sa.bindparam("wanted"))
    .where(sa.or_(links.c.max_count == 0, links.c.click_count < links.c.max_count))
    .where(sa.or_(links.c.expires_at.is_(None), links.c.expires_at > sa.bindparam("now")))
    .values(click_count=links.c.click_count + 1)
    .returning(links)
)

# The statements that upgrade older tables, for each version, in SQL that both databases support.
# The first item upgrades version 1 to 2: ("ALTER TABLE links ADD COLUMN ...",), for example.
UPGRADES: tuple[tuple[str, ...], ...] = ()

# An arbitrary number, the same in all processes.
UPGRADE_LOCK = 27182818


class AliasTaken(Exception):
    """A link with this alias exists. It may have expired."""


class UnknownLink(Exception):
    """There is no link with this alias."""


class ExpiredLink(Exception):
    """The time of the link is over, or it has no clicks left."""


class StorageUnavailable(Exception):
    """The database does not respond or cannot be used."""


@dataclass(frozen=True)
class Link:
    """A link. Times are in seconds since 1970; None or a `max_count` of 0 mean no limit."""

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
    """The store of all links. The constructor creates or upgrades the tables.

    No connection is open afterwards, so a server may fork its workers then.

    :param db_url: ``sqlite:///file.db`` or ``postgresql://user:password@host/database``
    :param clock: returns the seconds since 1970
    :param pool_size: the maximum number of connections of a process; always 1 for SQLite
    :raises ValueError: for another kind of URL
    :raises StorageUnavailable: if the database cannot be used
    """

    def __init__(
        self, db_url: str | sa.URL, *, clock: Callable[[], float] = time.time, pool_size: int = 5
    ) -> None:
        url = checked_url(db_url)
        if _is_sqlite(url):
            # SQLite allows one writer. Threads wait fairly for a connection, but not for its lock.
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
        )
        _replace_dead_connections(self._engine)
        try:
            with self._engine.connect() as connection:
                _prepare(connection)
        except exc.DBAPIError as error:
            raise StorageUnavailable(f"Cannot use {url!r}: {error.orig}") from error
        finally:
            self._engine.dispose()

    def add_link(
        self, target_url: str, *, alias: str | None = None, expiry_time: int = 0, max_count: int = 1
    ) -> Link:
        """Create a link. Raise AliasTaken if the alias is taken.

        :param alias: a random one by default
        :param expiry_time: in seconds; 0 for no limit
        :param max_count: the maximum number of clicks; 0 for no limit
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
        """Count a click and return the link. Raise UnknownLink or ExpiredLink."""
        values = {"wanted": alias, "now": self._clock()}
        with self._connect() as connection:
            row = connection.execute(CLICK, values).one_or_none()
        if row is None:
            self.get_link(alias)
            raise ExpiredLink(alias)
        return Link(*row)

    def get_link(self, alias: str) -> Link:
        """Return a link without counting a click. Raise UnknownLink or ExpiredLink."""
        with self._connect() as connection:
            row = connection.execute(sa.select(links).where(links.c.alias == alias)).one_or_none()
        if row is None:
            raise UnknownLink(alias)
        link = Link(*row)
        if link.is_expired(self._clock()):
            raise ExpiredLink(alias)
        return link

    def get_links(self, *, before: int | None = None, count: int = 50) -> list[Link]:
        """Return the newest links, or the newest of those older than the link with id `before`."""
        statement = sa.select(links).order_by(links.c.id.desc()).limit(count)
        if before is not None:
            statement = statement.where(links.c.id < before)
        with self._connect() as connection:
            return [Link(*row) for row in connection.execute(statement)]

    def check(self) -> None:
        """Write to the database, but change nothing. Raise StorageUnavailable if this fails."""
        if _is_sqlite(self._engine.url):
            # SQLite always writes this number. It would skip an UPDATE that changes nothing.
            statement = sa.text("PRAGMA user_version = 0")
        else:
            statement = sa.text("UPDATE schema_version SET version = version")
        with self._connect() as connection:
            connection.execute(statement)

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


def _replace_dead_connections(engine: sa.Engine) -> None:
    """Check connections that were idle. SQLAlchemy could check each one, but before every click."""

    @sa.event.listens_for(engine, "checkin")
    def note_time(connection: object, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info["returned_at"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def check(
        connection: sa.pool.PoolProxiedConnection, record: sa.pool.ConnectionPoolEntry, _: object
    ) -> None:
        returned_at = record.info.get("returned_at")
        if returned_at is not None and time.monotonic() - returned_at > IDLE_TIME:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise exc.DisconnectionError from error  # the pool connects again


def checked_url(db_url: str | sa.URL) -> sa.URL:
    """Return the URL of a supported database. Raise ValueError for another."""
    try:
        url = sa.make_url(db_url)
    except exc.ArgumentError as error:
        raise ValueError("db_url is not the URL of a database.") from error
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise ValueError(f"db_url must begin with postgresql: or sqlite:, not {url.drivername}:.")
    if url.database in (None, "", ":memory:"):
        raise ValueError("db_url must name a file, such as sqlite:///erosion.db.")
    return url


def _prepare(connection: sa.Connection) -> None:
    """Create or upgrade the tables. Other processes that start meanwhile wait."""
    if _is_sqlite(connection.engine.url):
        # In WAL mode, readers and writers do not block each other. The mode is stored in the file.
        # This fails if another process is using a new file, which sets the mode too.
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
            f"The database has schema version {version}, but this program supports only versions "
            f"up to {newest}. Run a newer version of the program."
        )
    for statements in UPGRADES[version - 1 :]:
        for statement in statements:
            connection.exec_driver_sql(statement)
    connection.execute(sa.update(schema_version).values(version=newest))
