"""Test the contract of session stores, through an application that uses them.

The real servers are started by ``make test-stores``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import session_stores as stores
from redis import Redis
from session_stores import KINDS
from werkzeug.test import Client

from clastic.sessions import FileStore, SQLStore
from clastic.testing import Clock

pytestmark = pytest.mark.usefixtures("without_coverage")

COOKIE = "clastic_session"
# .ci/run sends 1,000 in total.
UPDATES_PER_PROCESS = 250 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 50
PROGRAM = Path(stores.__file__)
DAY = 24 * 3600


def kinds(condition: Callable[[Any], bool] = lambda kind: True) -> Any:
    """Parametrize a test by the stores that a condition holds for."""
    reason = "its server is started by make test-stores"
    return pytest.mark.parametrize(
        "kind",
        [
            pytest.param(name, marks=pytest.mark.skipif(kind.server is None, reason=reason))
            for name, kind in KINDS.items()
            if condition(kind)
        ],
        indirect=True,
    )


class Subject:
    """A store of one kind in a temporary folder, and applications that use it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.folder = folder
        self.place = self.kind.place(folder)
        self.store = self.kind.make(self.place)
        self.clock = Clock()
        self.waiting: list[Callable[[], object]] = []
        self.processes: list[subprocess.Popen[str]] = []

    def client(self, store: Any = None, **settings: Any) -> Client:
        settings.setdefault("clock", self.clock)
        application = stores.create_app(store or self.store, self.run_waiting, **settings)
        return application.get_local_client()

    def run_waiting(self) -> None:
        """Run the callback for the time in which an endpoint runs, once."""
        while self.waiting:
            self.waiting.pop()()

    def twin(self, client: Client) -> Client:
        """Return another client with the same cookie."""
        other = self.client()
        other.set_cookie(COOKIE, id_of(client))
        return other

    def run_process(self, session_id: str, number: int) -> subprocess.Popen[str]:
        """Start a process that counts in one session, and wait until it is ready."""
        process = subprocess.Popen(
            [
                sys.executable,
                stores.__file__,
                self.name,
                self.place,
                session_id,
                str(number),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process


@pytest.fixture
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    subject = Subject(request.param, tmp_path)
    yield subject
    for process in subject.processes:
        process.kill()
        process.communicate()
    if hasattr(subject.store, "close"):
        subject.store.close()


def id_of(client: Client) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


@kinds()
def test_a_session_is_there_in_the_next_request(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    client.get("/put?size=9")
    assert client.get("/show").json == {"color": "red", "size": "9"}


@kinds()
def test_another_client_does_not_see_it(kind: Subject) -> None:
    kind.client().get("/put?color=red")
    assert kind.client().get("/show").json == {}


@kinds()
def test_text_of_any_language_and_control_characters_are_kept(kind: Subject) -> None:
    client = kind.client()
    client.get("/put", query_string={"text": "Zoë 中 🙂\x00\n"})
    assert client.get("/show").json == {"text": "Zoë 中 🙂\x00\n"}


@kinds()
def test_a_value_changed_in_place_is_saved(kind: Subject) -> None:
    client = kind.client()
    client.get("/append?value=a")
    client.get("/append_in_place?value=b")
    assert client.get("/show").json == {"list": ["a", "b"]}


@kinds(lambda kind: kind.merges)
def test_concurrent_changes_of_different_keys_are_merged(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red&size=9")
    kind.waiting.append(lambda: kind.twin(client).get("/put?size=10&shape=round"))
    client.get("/put?color=blue")
    assert client.get("/show").json == {"color": "blue", "size": "10", "shape": "round"}


@kinds(lambda kind: kind.merges)
def test_concurrent_updates_are_both_applied(kind: Subject) -> None:
    client = kind.client()
    client.get("/count")
    kind.waiting.append(lambda: kind.twin(client).get("/count"))
    client.get("/count")
    assert client.get("/show").json == {"n": 3}


@kinds(lambda kind: kind.merges)
def test_updates_that_change_their_default_are_each_applied_once(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    kind.waiting.append(lambda: kind.twin(client).get("/put?color=blue"))
    client.get("/append?value=a")
    assert client.get("/show").json == {"color": "blue", "list": ["a"]}


@kinds()
def test_at_login_the_id_changes_and_the_old_one_ends(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    attacker = kind.twin(client)
    client.get("/log_in")
    assert id_of(attacker) != id_of(client)
    assert client.get("/show").json == {"color": "red", "user": "ann"}
    assert attacker.get("/show").json == {}


@kinds()
def test_a_request_that_began_before_login_does_not_change_the_session(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    other = kind.twin(client)
    kind.waiting.append(lambda: client.get("/log_in"))
    response = other.get("/put?color=blue")
    assert "Set-Cookie" not in response.headers
    assert client.get("/show").json == {"color": "red", "user": "ann"}
    assert other.get("/show").json == {}


@kinds()
def test_a_request_with_the_old_id_after_login_does_not_begin_a_session(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    other = kind.twin(client)
    client.get("/log_in")
    response = other.get("/put?color=blue")
    assert "Set-Cookie" not in response.headers


@kinds()
def test_a_client_that_did_not_get_its_new_id_can_log_in_again(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    other = kind.twin(client)
    client.get("/log_in")
    other.get("/log_in?user=bob")
    assert other.get("/show").json == {"user": "bob"}


@kinds()
def test_login_keeps_what_another_request_changes_meanwhile(kind: Subject) -> None:
    client = kind.client()
    client.get("/count")
    kind.waiting.append(lambda: kind.twin(client).get("/count"))
    client.get("/log_in")
    assert client.get("/show").json == {"n": 2, "user": "ann"}


@kinds()
def test_logout_removes_the_cookie_and_ends_the_session(kind: Subject) -> None:
    client = kind.client()
    client.get("/log_in")
    other = kind.twin(client)
    response = client.get("/log_out")
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    assert client.get_cookie(COOKIE) is None
    assert other.get("/show").json == {}


@kinds()
def test_logout_wins_over_a_change_at_the_same_time(kind: Subject) -> None:
    client = kind.client()
    client.get("/log_in")
    other = kind.twin(client)
    kind.waiting.append(lambda: other.get("/put?color=red"))
    client.get("/log_out")
    assert other.get("/show").json == {}


@kinds()
def test_a_request_that_began_before_logout_does_not_change_the_session(kind: Subject) -> None:
    client = kind.client()
    client.get("/log_in")
    other = kind.twin(client)
    kind.waiting.append(lambda: client.get("/log_out"))
    other.get("/log_in?user=bob")
    assert other.get("/show").json == {}


@kinds()
def test_a_session_ends_when_it_is_not_used_for_the_idle_timeout(kind: Subject) -> None:
    client = kind.client(idle_timeout=100)
    client.get("/put?color=red")
    for _ in range(5):
        kind.clock.advance(89)
        assert client.get("/show").json == {"color": "red"}
    kind.clock.advance(100)
    assert client.get("/show").json == {}


@kinds()
def test_a_session_ends_after_the_absolute_timeout_even_if_it_is_used(kind: Subject) -> None:
    client = kind.client(idle_timeout=100, absolute_timeout=250)
    client.get("/put?color=red")
    for _ in range(3):
        kind.clock.advance(80)
        assert client.get("/show").json == {"color": "red"}
    kind.clock.advance(10)
    assert client.get("/show").json == {}


@kinds()
def test_a_flashed_message_is_shown_once(kind: Subject) -> None:
    client = kind.client()
    client.get("/flash?text=saved")
    assert client.get("/show_flashes").json == ["saved"]
    assert client.get("/show_flashes").json == []


@kinds(lambda kind: kind.merges)
def test_a_message_flashed_while_others_are_shown_is_shown_next(kind: Subject) -> None:
    client = kind.client()
    client.get("/flash?text=first")
    kind.waiting.append(lambda: kind.twin(client).get("/flash?text=second"))
    assert client.get("/show_flashes").json == ["first"]
    assert client.get("/show_flashes").json == ["second"]


@kinds(lambda kind: kind.merges)
def test_corrupt_data_is_an_empty_session_and_logged(
    kind: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    client = kind.client()
    client.get("/put?color=red")
    key = stores.key_of(id_of(client))
    text = kind.store.load(key)
    assert kind.store.swap(key, text, text[: len(text) // 2 + 8], kind.clock() + DAY)
    assert client.get("/show").json == {}
    assert f"A session in {type(kind.store).__name__}() is corrupt" in caplog.text
    assert "red" not in caplog.text
    client.get("/put?color=blue")
    assert client.get("/show").json == {"color": "blue"}


@kinds(lambda kind: kind.removes)
def test_expired_sessions_are_removed(kind: Subject) -> None:
    kind.client(idle_timeout=100).get("/put?color=red")
    kind.client(idle_timeout=10_000).get("/put?color=blue")
    assert kind.store.remove_expired(kind.clock() + 99) == 0
    assert kind.store.remove_expired(kind.clock() + 100) == 1
    assert kind.store.remove_expired(kind.clock() + 10_000) == 1


@kinds(lambda kind: kind.away is not None)
def test_a_store_that_is_away_is_a_503_with_the_time_to_wait(
    kind: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    client = kind.client(kind.kind.make(kind.kind.away(kind.folder)))
    for path, value in (("/show", "a" * 43), ("/put?color=red", "")):
        client.set_cookie(COOKIE, value)
        response = client.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.get("/unused").text == "unused"
    assert "is not available" in caplog.text


@kinds(lambda kind: kind.merges and kind.is_shared)
def test_updates_from_4_processes_are_all_counted(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    processes = [kind.run_process(id_of(client), UPDATES_PER_PROCESS) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = "".join(process.communicate(timeout=100)[0] for process in processes).splitlines()
    assert {line.split()[0] for line in lines} == {"200"}
    assert client.get("/show").json == {"color": "red", "n": 4 * UPDATES_PER_PROCESS}


@kinds(lambda kind: kind.survives and kind.merges)
def test_a_saved_session_survives_a_killed_process(kind: Subject) -> None:
    client = kind.client()
    client.get("/put?color=red")
    process = kind.run_process(id_of(client), 100_000)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    for _ in range(20):
        process.stdout.readline()
    process.kill()
    answered = 20 + process.stdout.read().count("\n")
    saved = client.get("/count").json - 1
    assert answered <= saved <= answered + 1


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_an_sqlite_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"Use MemoryStore\(\), or name a file"):
        SQLStore(url)


@pytest.mark.skipif(stores.REDIS_URL is None, reason="its server is started by make test-stores")
def test_redis_removes_a_session_when_it_expires(tmp_path: Path) -> None:
    subject = Subject("redis", tmp_path)
    client = subject.client(idle_timeout=100)
    client.get("/put?color=red")
    url, prefix = subject.place.split(" ")
    with Redis.from_url(url) as redis:
        expires = redis.pexpiretime(prefix + stores.key_of(id_of(client)))
    assert expires == (subject.clock() + 100) * 1000
    subject.store.close()


def test_the_files_of_sessions_are_only_for_the_user_of_the_server(tmp_path: Path) -> None:
    for name in ("file", "dbm"):
        subject = Subject(name, tmp_path / name)
        subject.client().get("/put?color=red")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_the_rest_of_a_killed_process_is_removed_with_expired_sessions(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    unfinished = tmp_path / f"{'a' * 64}.session.part"
    unfinished.write_text("2000000000\nhalf")
    assert store.remove_expired(0) == 0
    assert not unfinished.exists()
