"""Test the creation and the upgrade of the tables when processes start."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa
import storage as storage_module
from settings import FOLDER
from storage import UPGRADE_LOCK, StorageUnavailable

TARGET = "https://example.org/"
ADD_NOTE = ("ALTER TABLE links ADD COLUMN note VARCHAR",)

# A process that prints "ready", waits for a line, opens the storage and creates a link.
START = """
import sys
import storage
storage.UPGRADES = eval(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
opened = storage.Storage(sys.argv[1])
print(opened.add_link("https://example.org/").alias)
opened.close()
"""

# A server that opens the storage and forks four workers; all five processes create links.
FORK = """
import os, sys
import storage
opened = storage.Storage(sys.argv[1])
workers = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        workers.clear()
        break
    workers.append(pid)
for _ in range(10):
    opened.add_link("https://example.org/")
opened.close()
sys.exit(any(os.waitpid(pid, 0)[1] for pid in workers))
"""


@contextmanager
def connected(db_url):
    engine = sa.create_engine(db_url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def version_of(db_url):
    with connected(db_url) as connection:
        return connection.execute(sa.text("SELECT version FROM schema_version")).scalars().all()


def columns_of(db_url):
    with connected(db_url) as connection:
        return [column["name"] for column in sa.inspect(connection).get_columns("links")]


def start_together(db_url, count, upgrades=()):
    """Open the storage in `count` processes at once; return the alias that each has created."""
    command = [sys.executable, "-W", "error", "-c", START, db_url, repr(upgrades)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    processes = [subprocess.Popen(command, cwd=FOLDER, text=True, **pipes) for _ in range(count)]
    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * count
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        return [process.communicate(timeout=60)[0].strip() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_the_tables_are_created_with_their_version(db_url, open_storage):
    open_storage(db_url)
    assert version_of(db_url) == [1]


def test_opening_the_storage_again_keeps_the_links(db_url, open_storage):
    link = open_storage(db_url).add_link(TARGET)
    assert open_storage(db_url).get_links() == [link]
    assert version_of(db_url) == [1]


def test_older_tables_are_upgraded(db_url, open_storage, monkeypatch):
    link = open_storage(db_url).add_link(TARGET)
    monkeypatch.setattr(storage_module, "UPGRADES", (ADD_NOTE,))
    assert open_storage(db_url).get_links() == [link]
    assert version_of(db_url) == [2]
    assert columns_of(db_url)[-1] == "note"


def test_only_missing_upgrades_are_applied(db_url, open_storage, monkeypatch):
    open_storage(db_url)
    for upgrades in ((ADD_NOTE,), (ADD_NOTE, ("ALTER TABLE links ADD COLUMN colour VARCHAR",))):
        monkeypatch.setattr(storage_module, "UPGRADES", upgrades)
        open_storage(db_url)
    assert version_of(db_url) == [3]
    assert columns_of(db_url)[-2:] == ["note", "colour"]


def test_new_tables_have_the_newest_version(db_url, open_storage, monkeypatch):
    monkeypatch.setattr(storage_module, "UPGRADES", (ADD_NOTE,))
    open_storage(db_url)
    assert version_of(db_url) == [2]
    assert "note" not in columns_of(db_url)


def test_a_failed_upgrade_changes_nothing(db_url, open_storage, monkeypatch):
    link = open_storage(db_url).add_link(TARGET)
    with monkeypatch.context() as patch:
        patch.setattr(storage_module, "UPGRADES", (ADD_NOTE, ("ALTER TABLE nothing",)))
        with pytest.raises(StorageUnavailable):
            open_storage(db_url)
    assert version_of(db_url) == [1]
    assert "note" not in columns_of(db_url)
    assert open_storage(db_url).get_links() == [link]


def test_tables_of_a_newer_program_are_refused(db_url, open_storage, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(storage_module, "UPGRADES", (ADD_NOTE,))
        open_storage(db_url)
    with pytest.raises(StorageUnavailable) as wrong:
        open_storage(db_url)
    assert str(wrong.value) == (
        "The database has schema version 2, but this program supports only versions up to 1. "
        "Run a newer version of the program."
    )


def test_tables_of_another_program_are_refused_and_left_alone(db_url, open_storage):
    with connected(db_url) as connection:
        connection.execute(sa.text("CREATE TABLE links (name VARCHAR)"))
    with pytest.raises(StorageUnavailable, match=r"links\W* already exists"):
        open_storage(db_url)
    with connected(db_url) as connection:
        assert sa.inspect(connection).get_table_names() == ["links"]


def test_many_processes_can_start_at_once(db_url, open_storage):
    aliases = start_together(db_url, 8)
    assert {link.alias for link in open_storage(db_url).get_links()} == set(aliases)
    assert len(set(aliases)) == 8
    assert version_of(db_url) == [1]


def test_with_postgresql_only_one_process_at_a_time_creates_the_tables(postgresql, open_storage):
    with connected(postgresql.url) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
        opening = pool.submit(open_storage, postgresql.url)
        waiting = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        deadline = time.monotonic() + 30
        while not connection.execute(waiting).first():
            assert time.monotonic() < deadline
            assert not opening.done()
        assert not sa.inspect(connection).has_table("links")
        connection.rollback()
        assert opening.result(timeout=30).get_links() == []


def test_many_processes_can_start_at_once_with_older_tables(db_url, open_storage):
    open_storage(db_url)
    aliases = start_together(db_url, 6, (ADD_NOTE,))
    assert version_of(db_url) == [2]
    assert columns_of(db_url)[-1] == "note"
    with connected(db_url) as connection:
        assert set(connection.execute(sa.text("SELECT alias FROM links")).scalars()) == {*aliases}


def test_workers_may_be_forked_after_the_storage_is_opened(db_url, open_storage):
    command = [sys.executable, "-W", "error", "-c", FORK, db_url]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(open_storage(db_url).get_links(count=100)) == 50


def test_opening_waits_for_another_writer_of_a_new_sqlite_file(tmp_path, open_storage):
    path = tmp_path / "erosion.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        opened = pool.submit(open_storage, f"sqlite:///{path}")
        with pytest.raises(TimeoutError):
            opened.result(timeout=0.5)
        other.execute("COMMIT")
        assert opened.result(timeout=30).get_links() == []
