"""Measure the parts of a click on a link of erosion in one process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter, process_time
from typing import Any

from cases import Case, environ_of
from client import send
from served_apps import created, module_of

ALIAS = "lasting"
TARGET = "https://example.org/"
LOOPS = 5

Action = Callable[[], object]


def measure_clicks(url: str, seconds: float) -> dict[str, dict[str, float]]:
    """Return the times of a click in the best loop, by part.

    `seconds` is the whole time, `processor` the CPU time of this process; the rest is waiting for
    the disk or the database's process. Each part includes the previous one:

    - `statement`: the SQL statement with the driver, without waiting for the disk.
    - `commit`: the same, written to the disk.
    - `storage`: SQLAlchemy and erosion's storage.
    - `app`: the request to the app.

    :param url: the URL of an empty database
    :param seconds: the time of a loop
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
    times["app"] = best_of(lambda: send(application, environ), seconds)
    return times


def statement_of(action: Action) -> tuple[str, Any]:
    """Return the last SQL statement that an action executes, and its values."""
    from sqlalchemy import Engine, event

    executed: list[tuple[str, Any]] = []

    def listen(connection: Any, cursor: Any, sql: str, values: Any, *others: Any) -> None:
        executed.append((sql, values))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        action()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return executed[-1]


@contextmanager
def driver(url: str, waits: bool) -> Iterator[Callable[[str, Any], object]]:
    """Connect with the driver alone; yield a function that executes a statement.

    :param waits: wait until a statement is on the disk
    """
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


def best_of(action: Action, seconds: float) -> dict[str, float]:
    """Return the times of an action in the best loop."""
    started = perf_counter()
    action()
    count = max(3, round(seconds / (perf_counter() - started)))
    gc.collect()
    time, processor = min(loop(action, count) for _ in range(LOOPS))
    return {"seconds": time, "processor": processor}


def loop(action: Action, count: int) -> tuple[float, float]:
    """Return the time and CPU time of an action in seconds, averaged over `count` calls."""
    started, used = perf_counter(), process_time()
    for _ in range(count):
        action()
    return (perf_counter() - started) / count, (process_time() - used) / count
