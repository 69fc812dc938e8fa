"""Where the links are kept, in a SQLite file and in PostgreSQL alike."""

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


def test_a_link_is_recorded_as_it_was_given(storage, clock):
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


def test_a_link_lasts_for_ever_and_for_one_click_unless_told_otherwise(storage):
    link = storage.add_link(TARGET)
    assert (link.expires_at, link.max_count) == (None, 1)


def test_a_link_without_an_alias_gets_one(storage):
    link = storage.add_link(TARGET)
    assert len(link.alias) == 8
    assert set(link.alias) <= set(ALPHABET)


def test_random_aliases_have_nothing_that_looks_alike_and_no_vowels():
    assert not set("01ilouae") & set(ALPHABET)
    assert len({make_alias() for _ in range(1000)}) == 1000


def test_a_random_alias_that_is_taken_is_made_again(storage, monkeypatch):
    aliases = iter(["same", "same", "same", "other", *"abcdefghijklmnopqrst"])
    monkeypatch.setattr(storage_module, "make_alias", lambda: next(aliases))
    monkeypatch.setattr(storage_module, "ATTEMPTS", 2)
    assert storage.add_link(TARGET).alias == "same"
    assert storage.add_link(TARGET).alias == "other"


def test_an_alias_is_given_once(storage):
    first = storage.add_link(TARGET, alias="tea")
    with pytest.raises(AliasTaken):
        storage.add_link("https://other.example/", alias="tea")
    assert storage.get_links() == [first]


def test_capitals_make_another_alias(storage):
    storage.add_link(TARGET, alias="tea")
    storage.add_link(TARGET, alias="Tea")
    assert storage.use_link("tea").click_count == 1
    assert [link.click_count for link in storage.get_links()] == [0, 1]


def test_an_expired_alias_is_not_given_again(storage):
    storage.add_link(TARGET, alias="tea", max_count=1)
    storage.use_link("tea")
    with pytest.raises(AliasTaken):
        storage.add_link(TARGET, alias="tea")


def test_a_use_counts(storage):
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


def test_a_link_without_a_limit_is_used_as_often_as_one_likes(storage):
    storage.add_link(TARGET, alias="tea", max_count=0)
    assert [storage.use_link("tea").click_count for _ in range(5)] == [1, 2, 3, 4, 5]


def test_a_link_can_be_used_until_its_time_is_up(storage, clock):
    storage.add_link(TARGET, alias="tea", expiry_time=MINUTE, max_count=0)
    clock.now += MINUTE - 0.001
    assert storage.use_link("tea").click_count == 1


def test_a_link_expires_when_its_time_is_up(storage, clock):
    storage.add_link(TARGET, alias="tea", expiry_time=MINUTE, max_count=0)
    clock.now += MINUTE
    with pytest.raises(ExpiredLink):
        storage.use_link("tea")
    assert storage.get_links()[0].click_count == 0


@pytest.mark.parametrize("method", ["use_link", "get_link"])
def test_a_link_that_never_was_is_unknown(storage, method):
    with pytest.raises(UnknownLink):
        getattr(storage, method)("tea")


def test_looking_at_a_link_does_not_count(storage):
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
def test_a_link_knows_when_it_is_expired(expires_at, max_count, click_count, is_expired):
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


def test_what_one_storage_records_another_has(db_url, storage, open_storage):
    storage.add_link(TARGET, alias="tea", max_count=2)
    storage.use_link("tea")
    assert open_storage(db_url).use_link("tea").click_count == 2


def test_of_many_uses_at_once_as_many_succeed_as_may(db_url, open_storage):
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


def test_nothing_that_is_given_is_taken_for_sql(storage):
    text = "'); DROP TABLE links; --"
    storage.add_link(text, alias=text)
    assert storage.use_link(text).target_url == text


def test_sqlite_lets_others_read_while_one_writes(tmp_path, open_storage):
    storage = open_storage(f"sqlite:///{tmp_path}/erosion.db")
    link = storage.add_link(TARGET)
    with closing(sqlite3.connect(tmp_path / "erosion.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert storage.get_links() == [link]


def test_sqlite_is_unavailable_while_somebody_else_writes_for_too_long(
    tmp_path, open_storage, monkeypatch
):
    monkeypatch.setattr(storage_module, "LOCK_TIMEOUT", 0.01)
    storage = open_storage(f"sqlite:///{tmp_path}/erosion.db")
    with closing(sqlite3.connect(tmp_path / "erosion.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="database is locked"):
            storage.add_link(TARGET)
    assert storage.add_link(TARGET).id == 1


def test_postgresql_is_unavailable_while_it_is_away_and_comes_back_by_itself(
    postgresql, open_storage
):
    storage = open_storage(postgresql.url)
    link = storage.add_link(TARGET)
    postgresql.go_away()
    with pytest.raises(StorageUnavailable, match="not currently accepting connections"):
        storage.get_links()
    postgresql.come_back()
    assert storage.get_links() == [link]


def test_a_connection_that_the_server_has_closed_is_not_noticed(postgresql, open_storage):
    storage = open_storage(postgresql.url)
    link = storage.add_link(TARGET)
    postgresql.disconnect()
    assert storage.get_links() == [link]


def test_a_pool_that_is_used_up_is_unavailable(db_url, open_storage, monkeypatch):
    monkeypatch.setattr(storage_module, "LOCK_TIMEOUT", 0.01)
    storage = open_storage(db_url, pool_size=1)
    with (
        storage._connect(),
        pytest.raises(StorageUnavailable, match="QueuePool limit of size 1"),
    ):
        storage.get_links()
    assert storage.get_links() == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_of_postgresql_can_be_written_in_each_usual_way(postgresql, open_storage, scheme):
    url = make_url(postgresql.url).set(drivername=scheme)
    storage: Storage = open_storage(url.render_as_string(hide_password=False))
    assert storage.add_link(TARGET).id == 1
