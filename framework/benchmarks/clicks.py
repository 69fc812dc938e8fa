"""What a click on a link of erosion costs in one process, from its SQL statement outwards."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter, process_time
from typing import Any

from asking import ask
from cases import Case, environ_of
from served_apps import created, module_of

ALIAS = "lasting"
TARGET = "https://example.org/"
LOOPS = 5

Act = Callable[[], object]


def measure_clicks(url: str, seconds: float) -> dict[str, dict[str, float]]:
    """Return the seconds that a click takes, best loop, by how much of it is done.

    url: of an empty database. seconds: how long a loop should take.

    `seconds` is all of it, `processor` what this process has used of a processor: the rest it has
    waited for the disk or for the database's own process.

    - `statement`: its SQL through the bare driver, without waiting for the disk.
    - `commit`: the same, and the click is on the disk.
    - `storage`: through SQLAlchemy and erosion's storage.
    - `app`: the request to the app, in process.
    """
    storage = module_of("erosion", "storage").Storage(url)
    with closing(storage):
        storage.add_link(TARGET, alias=ALIAS, max_count=0)
        sql, values = statement_of(lambda: storage.use_link(ALIAS))
        times = {"storage": best_of(lambda: storage.use_link(ALIAS), seconds)}
    for name, waits in (("statement", False), ("commit", True)):
        with driver(url, waits) as execute:
            times[name] = best_of(lambda run=execute: run(sql, values), seconds)
    application = created("erosion", {"db_url": url, "cookie_secret": "only for the benchmark"})
    environ = environ_of(Case("click", f"/{ALIAS}"))
    times["app"] = best_of(lambda: ask(application, environ), seconds)
    return times


def statement_of(act: Act) -> tuple[str, Any]:
    """Return the SQL that the driver is given for an act, and its values."""
    from sqlalchemy import Engine, event

    given: list[tuple[str, Any]] = []

    def listen(connection: Any, cursor: Any, sql: str, values: Any, *others: Any) -> None:
        given.append((sql, values))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return given[-1]


@contextmanager
def driver(url: str, waits: bool) -> Iterator[Callable[[str, Any], object]]:
    """Connect as erosion does, but with the bare driver; give what runs a statement."""
    if url.startswith("sqlite"):
        import sqlite3

        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        setting = f"PRAGMA synchronous = {'FULL' if waits else 'OFF'}"
    else:
        import psycopg

        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        setting = f"SET synchronous_commit = {'on' if waits else 'off'}"
    with closing(connection):
        connection.execute(setting)
        yield lambda sql, values: connection.execute(sql, values).fetchall()


def best_of(act: Act, seconds: float) -> dict[str, float]:
    """Return what an act takes, in the best of some loops."""
    started = perf_counter()
    act()
    count = max(3, round(seconds / (perf_counter() - started)))
    gc.collect()
    time, processor = min(loop(act, count) for _ in range(LOOPS))
    return {"seconds": time, "processor": processor}


def loop(act: Act, count: int) -> tuple[float, float]:
    """Return the seconds that an act takes when it is done `count` times."""
    started, used = perf_counter(), process_time()
    for _ in range(count):
        act()
    return (perf_counter() - started) / count, (process_time() - used) / count
