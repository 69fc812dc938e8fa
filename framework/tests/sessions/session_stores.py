"""The stores that the contract is tested on, and an application that uses a session."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from cachelib import FileSystemCache

from clastic import Application, Response, render_json
from clastic.middleware import SessionMiddleware
from clastic.sessions import DBMStore, FileStore, MemoryStore, RedisStore, SQLStore
from clastic.testing import Clock

# Where "make test-stores" has started the servers.
POSTGRESQL_URL = os.environ.get("EROSION_TEST_DB_URL")
REDIS_URL = os.environ.get("REDIS_TEST_URL")


class BrokenCache:
    """A cache whose server is not there."""

    def get(self, *arguments: object) -> None:
        raise ConnectionError("no server")

    set = delete = get


def make_cache(place: str) -> Any:
    return BrokenCache() if place.endswith("/file/sessions") else FileSystemCache(place)


class Kind(NamedTuple):
    """A kind of store, and its guarantees.

    :param make: takes a place and returns a store there
    :param place: takes a temporary folder and returns the place of a new store
    :param away: takes a temporary folder and returns a place where there is no store; ``None`` if a
        store is never away
    :param merges: whether no change is lost when several requests change one session
    :param is_shared: whether several processes see the same sessions
    :param survives: whether sessions that were saved are there after a process was killed
    :param removes: whether it removes expired sessions when it is told to
    :param server: the URL of its server, ``None`` if that does not run here
    """

    make: Callable[[str], Any]
    place: Callable[[Path], str] = lambda folder: str(folder / "sessions")
    away: Callable[[Path], str] | None = lambda folder: str(a_file(folder) / "sessions")
    merges: bool = True
    is_shared: bool = True
    survives: bool = True
    removes: bool = True
    server: str | None = ""


def a_file(folder: Path) -> Path:
    path = folder / "file"
    path.touch()
    return path


def make_sql(place: str) -> SQLStore:
    return SQLStore(*place.split(" "))


def make_redis(place: str) -> RedisStore:
    return RedisStore(*place.split(" "))


KINDS = {
    "memory": Kind(lambda place: MemoryStore(), away=None, is_shared=False, survives=False),
    "file": Kind(FileStore),
    "dbm": Kind(DBMStore, survives=False),
    "sqlite": Kind(
        make_sql,
        lambda folder: f"sqlite:///{folder}/sessions.db",
        lambda folder: f"sqlite:///{folder}/missing/sessions.db",
    ),
    "postgresql": Kind(
        make_sql,
        lambda folder: f"{POSTGRESQL_URL} sessions_{uuid4().hex}",
        lambda folder: f"postgresql+psycopg://erosion@/postgres?host={folder}",
        server=POSTGRESQL_URL,
    ),
    "redis": Kind(
        make_redis,
        lambda folder: f"{REDIS_URL} {uuid4().hex}",
        lambda folder: f"unix://{folder}/missing.sock",
        removes=False,
        server=REDIS_URL,
    ),
    "cachelib": Kind(make_cache, merges=False, removes=False),
}


def create_app(
    store: Any, meanwhile: Callable[[], object] = lambda: None, **settings: Any
) -> Application:
    """Return an application with a session.

    :param meanwhile: called by each endpoint after it has read the session
    """

    def show(session: Any) -> Any:
        return {key: value for key, value in session.items() if key[0] != "_"}

    def put(session: Any, request: Any, meanwhile: Any) -> Any:
        values = dict(session)
        meanwhile()
        for key, value in request.args.items():
            session[key] = value
        return {**values, **request.args.to_dict()}

    def count(session: Any, meanwhile: Any) -> Any:
        value = session.update("n", lambda n: n + 1, 0)
        meanwhile()
        return value

    def log_in(session: Any, request: Any, meanwhile: Any) -> Any:
        session.renew()
        session["user"] = request.args.get("user", "ann")
        meanwhile()
        return "welcome"

    def log_out(session: Any, meanwhile: Any) -> Any:
        session.clear()
        meanwhile()
        return "bye"

    def flash(session: Any, request: Any, meanwhile: Any) -> Any:
        session.flash(request.args["text"])
        meanwhile()
        return "noted"

    def show_flashes(session: Any, meanwhile: Any) -> Any:
        shown = session.pop_flashes()
        meanwhile()
        return shown

    def append(session: Any, request: Any, meanwhile: Any) -> Any:
        value = request.args["value"]
        session.update("list", lambda values: values.append(value) or values, [])
        meanwhile()
        return "appended"

    def append_in_place(session: Any, request: Any) -> Any:
        session["list"].append(request.args["value"])
        return "appended"

    endpoints = (show, put, count, log_in, log_out, flash, show_flashes, append, append_in_place)
    return Application(
        [
            *((f"/{each.__name__}", each, render_json) for each in endpoints),
            ("/unused", lambda session: Response("unused")),
        ],
        resources={"meanwhile": meanwhile},
        middlewares=[SessionMiddleware(store, **{"clock": Clock(), **settings})],
    )


def key_of(session_id: str) -> str:
    """Return the key by which a store knows an id."""
    return sha256(session_id.encode()).hexdigest()


def main() -> None:
    """Send requests with one cookie, and print each count.

    The arguments are a kind of store, its place, an id and the number of requests.
    """
    kind, place, session_id, number = sys.argv[1:]
    client = create_app(KINDS[kind].make(place)).get_local_client()
    client.set_cookie("clastic_session", session_id)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(number)):
        response = client.get("/count")
        print(response.status_code, response.text.strip(), flush=True)


if __name__ == "__main__":
    main()
