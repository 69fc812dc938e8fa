"""Test the storage of links with SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import storage as storage_module
from sqlalchemy import make_url
from storage import (
    ALPHABET,
    AliasTaken,
    ExpiredLink,
    Link,
    Storage,
    StorageUnavailable,
    UnknownLink,
    make_alias,
)

TARGET = "https://example.org/"
MINUTE = 60


@pytest.fixture
def storage(db_url, clock, open_storage):
    return open_storage(db_url, clock=clock)


def test_a_link_is_stored_with_all_its_values(storage, clock):
    link = storage.add_link("http://bücher.example/ü", alias="tea", expiry_time=300, max_count=10)
    assert link == Link(
        id=link.id,
        alias="tea",
        target_url="http://bücher.example/ü",
        created_at=clock.now,
        expires_at=clock.now + 300,
        max_count=10,
        click_count=0,
    )
    assert storage.get_links() == [link]


def test_by_default_a_link_has_no_time_limit_and_one_click(storage):
    link = storage.add_link(TARGET)
    assert (link.expires_at, link.max_count) == (None, 1)


def test_a_link_without_an_alias_gets_a_random_one(storage):
    link = storage.add_link(TARGET)
    assert len(link.alias) == 8
    assert set(link.alias) <= set(ALPHABET)


def test_random_aliases_have_no_similar_characters_and_no_vowels():
    assert not set("01ilouae") & set(ALPHABET)
    assert len({make_alias() for _ in range(1000)}) == 1000


def test_a_random_alias_that_is_taken_is_replaced_by_another(storage, monkeypatch):
    aliases = iter(["same", "same", "same", "other", *"abcdefghijklmnopqrst"])
    monkeypatch.setattr(storage_module, "make_alias", lambda: next(aliases))
    monkeypatch.setattr(storage_module, "ATTEMPTS", 2)
    assert storage.add_link(TARGET).alias == "same"
    assert storage.add_link(TARGET).alias == "other"


def test_an_alias_can_be_used_only_once(storage):
    first = storage.add_link(TARGET, alias="tea")
    with pytest.raises(AliasTaken):
        storage.add_link("https://other.example/", alias="tea")
    assert storage.get_links() == [first]


def test_aliases_are_case_sensitive(storage):
    storage.add_link(TARGET, alias="tea")
    storage.add_link(TARGET, alias="Tea")
    assert storage.use_link("tea").click_count == 1
    assert [link.click_count for link in storage.get_links()] == [0, 1]


def test_the_alias_of_an_expired_link_stays_taken(storage):
    storage.add_link(TARGET, alias="tea", max_count=1)
    storage.use_link("tea")
    with pytest.raises(AliasTaken):
        storage.add_link(TARGET, alias="tea")


def test_each_use_counts_a_click(storage):
    storage.add_link(TARGET, alias="tea", max_count=2)
    assert storage.use_link("tea").click_count == 1
    assert storage.use_link("tea").click_count == 2
    assert storage.get_links()[0].click_count == 2


def test_a_link_expires_with_its_last_click(storage):
    storage.add_link(TARGET, alias="tea", max_count=2)
    storage.use_link("tea")
    storage.use_link("tea")
    with pytest.raises(ExpiredLink):
        storage.use_link("tea")
    assert storage.get_links()[0].click_count == 2


def test_a_link_without_a_limit_can_be_used_any_number_of_times(storage):
    storage.add_link(TARGET, alias="tea", max_count=0)
    assert [storage.use_link("tea").click_count for _ in range(5)] == [1, 2, 3, 4, 5]


def test_a_link_can_be_used_until_its_time_is_up(storage, clock):
    storage.add_link(TARGET, alias="tea", expiry_time=MINUTE, max_count=0)
    clock.advance(MINUTE - 0.001)
    assert storage.use_link("tea").click_count == 1


def test_a_link_expires_when_its_time_is_up(storage, clock):
    storage.add_link(TARGET, alias="tea", expiry_time=MINUTE, max_count=0)
    clock.advance(MINUTE)
    with pytest.raises(ExpiredLink):
        storage.use_link("tea")
    assert storage.get_links()[0].click_count == 0


@pytest.mark.parametrize("method", ["use_link", "get_link"])
def test_a_missing_link_is_unknown(storage, method):
    with pytest.raises(UnknownLink):
        getattr(storage, method)("tea")


def test_get_link_does_not_count_a_click(storage):
    storage.add_link(TARGET, alias="tea")
    assert [storage.get_link("tea").click_count for _ in range(3)] == [0, 0, 0]
    storage.use_link("tea")
    with pytest.raises(ExpiredLink):
        storage.get_link("tea")


@pytest.mark.parametrize(
    ("expires_at", "max_count", "click_count", "is_expired"),
    [
        pytest.param(None, 0, 1000, False, id="no limit"),
        pytest.param(None, 2, 1, False, id="a click left"),
        pytest.param(None, 2, 2, True, id="no click left"),
        pytest.param(100.5, 0, 0, False, id="time left"),
        pytest.param(100.0, 0, 0, True, id="no time left"),
        pytest.param(100.5, 2, 2, True, id="time left, but no click"),
        pytest.param(100.0, 2, 0, True, id="clicks left, but no time"),
    ],
)
def test_a_link_expires_by_time_or_by_clicks(expires_at, max_count, click_count, is_expired):
    link = Link(1, "tea", TARGET, 0.0, expires_at, max_count, click_count)
    assert link.is_expired(now=100.0) is is_expired


def test_the_newest_links_come_first(storage):
    for alias in "abcde":
        storage.add_link(TARGET, alias=alias)
    assert [link.alias for link in storage.get_links()] == [*"edcba"]
    assert [link.alias for link in storage.get_links(count=2)] == [*"ed"]


def test_links_are_read_page_by_page(storage):
    for alias in "abcde":
        storage.add_link(TARGET, alias=alias)
    oldest_of_page = storage.get_links(count=2)[-1]
    older = storage.get_links(before=oldest_of_page.id, count=2)
    assert [link.alias for link in older] == [*"cb"]
    assert storage.get_links(before=1) == []
    assert len(storage.get_links(before=2**63 - 1)) == 5


def test_two_storages_share_the_database(db_url, storage, open_storage):
    storage.add_link(TARGET, alias="tea", max_count=2)
    storage.use_link("tea")
    assert open_storage(db_url).use_link("tea").click_count == 2


def test_concurrent_uses_do_not_exceed_the_limit(db_url, open_storage):
    storage = open_storage(db_url, pool_size=3)
    storage.add_link(TARGET, alias="tea", max_count=10)

    def use(_):
        try:
            return storage.use_link("tea").click_count
        except ExpiredLink:
            return None

    with ThreadPoolExecutor(12) as pool:
        counts = list(pool.map(use, range(60)))
    assert sorted(count for count in counts if count) == [*range(1, 11)]
    assert counts.count(None) == 50


def test_values_are_not_interpreted_as_sql(storage):
    text = "'); DROP TABLE links; --"
    storage.add_link(text, alias=text)
    assert storage.use_link(text).target_url == text


def test_sqlite_can_be_read_while_another_process_writes(tmp_path, open_storage):
    storage = open_storage(f"sqlite:///{tmp_path}/erosion.db")
    link = storage.add_link(TARGET)
    with closing(sqlite3.connect(tmp_path / "erosion.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert storage.get_links() == [link]


def test_sqlite_is_unavailable_if_another_process_writes_for_too_long(
    tmp_path, open_storage, monkeypatch
):
    monkeypatch.setattr(storage_module, "LOCK_TIMEOUT", 0.01)
    storage = open_storage(f"sqlite:///{tmp_path}/erosion.db")
    with closing(sqlite3.connect(tmp_path / "erosion.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="database is locked"):
            storage.add_link(TARGET)
    assert storage.add_link(TARGET).id == 1


def test_postgresql_can_be_unavailable_and_is_used_again_afterwards(
    postgresql, open_storage, monkeypatch
):
    monkeypatch.setattr(storage_module, "IDLE_TIME", 0)
    storage = open_storage(postgresql.url)
    link = storage.add_link(TARGET)
    postgresql.refuse_connections()
    with pytest.raises(StorageUnavailable, match="not currently accepting connections"):
        storage.get_links()
    postgresql.allow_connections()
    assert storage.get_links() == [link]


def test_an_idle_connection_that_the_server_has_closed_is_replaced(
    postgresql, open_storage, monkeypatch
):
    monkeypatch.setattr(storage_module, "IDLE_TIME", 0)
    storage = open_storage(postgresql.url)
    link = storage.add_link(TARGET)
    postgresql.disconnect()
    assert storage.get_links() == [link]


def test_a_connection_that_was_just_used_fails_once_if_the_server_has_closed_it(
    postgresql, open_storage, monkeypatch
):
    monkeypatch.setattr(storage_module, "IDLE_TIME", 60)
    storage = open_storage(postgresql.url)
    link = storage.add_link(TARGET)
    postgresql.disconnect()
    with pytest.raises(StorageUnavailable):
        storage.get_links()
    assert storage.get_links() == [link]


@pytest.mark.parametrize(("idle_time", "count"), [(60, 0), (0, 2)])
def test_only_idle_connections_are_checked(db_url, open_storage, monkeypatch, idle_time, count):
    monkeypatch.setattr(storage_module, "IDLE_TIME", idle_time)
    storage = open_storage(db_url)
    link = storage.add_link(TARGET, max_count=0)
    checked = []
    monkeypatch.setattr(storage._engine.dialect, "do_ping", checked.append)
    for _ in range(2):
        storage.use_link(link.alias)
    assert len(checked) == count


def test_the_check_writes_to_a_sqlite_file_and_fails_if_it_cannot(tmp_path, open_storage):
    storage = open_storage(f"sqlite:///{tmp_path}/erosion.db")
    storage.add_link(TARGET)
    log = tmp_path / "erosion.db-wal"
    before = log.stat().st_size
    storage.check()
    assert log.stat().st_size > before
    with storage._connect() as connection:  # there is one connection
        connection.exec_driver_sql("PRAGMA query_only = 1")
    with pytest.raises(StorageUnavailable, match="readonly database"):
        storage.check()


def test_the_check_needs_postgresql(postgresql, open_storage):
    storage = open_storage(postgresql.url)
    storage.check()
    postgresql.refuse_connections()
    with pytest.raises(StorageUnavailable):
        storage.check()


def test_the_storage_is_unavailable_if_no_connection_is_free(db_url, open_storage, monkeypatch):
    monkeypatch.setattr(storage_module, "LOCK_TIMEOUT", 0.01)
    storage = open_storage(db_url, pool_size=1)
    with (
        storage._connect(),
        pytest.raises(StorageUnavailable, match="QueuePool limit of size 1"),
    ):
        storage.get_links()
    assert storage.get_links() == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_of_postgresql_may_have_each_usual_scheme(postgresql, open_storage, scheme):
    url = make_url(postgresql.url).set(drivername=scheme)
    storage: Storage = open_storage(url.render_as_string(hide_password=False))
    assert storage.add_link(TARGET).id == 1
