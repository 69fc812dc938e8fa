"""Fixtures for the tests of erosion: a clock that tests set, databases, and the app."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from sqlalchemy import make_url

from clastic.testing import Clock

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))

from storage import Storage  # noqa: E402

import erosion  # noqa: E402


class PostgreSQL:
    """A new database on the server of EROSION_TEST_DB_URL."""

    def __init__(self, server_url: str) -> None:
        url = make_url(server_url)
        self.name = f"erosion_{token_hex(8)}"
        self.url = url.set(database=self.name).render_as_string(hide_password=False)
        self._server = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._run(f"CREATE DATABASE {self.name}")

    def refuse_connections(self) -> None:
        self._run(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        self.disconnect()

    def allow_connections(self) -> None:
        self._run(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")

    def disconnect(self) -> None:
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'"
        )

    def drop(self) -> None:
        self._run(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with closing(psycopg.connect(self._server, autocommit=True)) as connection:
            connection.execute(statement)


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    server_url = os.environ.get("EROSION_TEST_DB_URL")
    if not server_url:
        pytest.skip("EROSION_TEST_DB_URL is not set: run this with .ci/postgres")
    database = PostgreSQL(server_url)
    yield database
    database.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, SQLite or PostgreSQL."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql").url
        return url
    return f"sqlite:///{tmp_path}/erosion.db"


@pytest.fixture
def open_storage() -> Iterator[Callable[..., Storage]]:
    """Return a function that opens a storage. It is closed when the test ends."""
    opened = []

    def open_it(*arguments, **options):
        opened.append(Storage(*arguments, **options))
        return opened[-1]

    yield open_it
    for storage in opened:
        storage.close()


@pytest.fixture
def create(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., erosion.Application]]:
    """Return a function that creates the app with a test's settings and the required ones."""
    created = []

    def create_it(**config):
        required = {"db_path": str(tmp_path / "links.db"), "cookie_secret": "only for the tests"}
        created.append(erosion.create_app({**required, **config}, clock=clock))
        return created[-1]

    yield create_it
    for application in created:
        application.close()


@pytest.fixture
def client(create):
    return create().get_local_client()
