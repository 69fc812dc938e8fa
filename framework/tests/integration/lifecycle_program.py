"""A program with managed resources that records when they are opened, used and closed.

``python lifecycle_program.py`` runs the development server, ``python lifecycle_program.py waitress
PORT`` runs Waitress. Gunicorn, uWSGI and Granian import ``application``.
"""

import os
import signal
import sys
import time
from pathlib import Path

from clastic import Application, Response, managed

FOLDER = Path(os.environ["LIFECYCLE_FOLDER"])


def record(event):
    with (FOLDER / "events").open("a") as events:
        events.write(f"{os.getpid()} {event}\n")


class Resource:
    def __init__(self, name):
        self.name = name
        self.is_open = True

    def check(self):
        if not self.is_open:
            record(f"use closed {self.name}")


def opener(name):
    if (FOLDER / "broken").exists():
        raise ConnectionError("the database is away")
    record(f"open {name}")
    time.sleep(0.05)  # requests that come meanwhile must not open it again
    resource = Resource(name)
    yield resource
    resource.is_open = False
    record(f"close {name}")


def open_pool():
    yield from opener("pool")


def open_database(pool):
    yield from opener("database")
    pool.check()


def show_process(database):
    database.check()
    return Response(str(os.getpid()))


def stream(database):
    def blocks():
        for number in range(10):
            database.check()
            yield b"%d " % number
            time.sleep(0.05)
        record("end stream")

    return Response(blocks())


application = Application(
    [
        ("/", lambda: Response("without resources")),
        ("/process", show_process),
        ("/stream", stream),
    ],
    resources={"pool": managed(open_pool), "database": managed(open_database)},
    health="/_health",
)


def serve_with_waitress(port):
    import waitress

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    waitress.serve(application, port=port, threads=8)


if __name__ == "__main__":
    if sys.argv[1:2] == ["waitress"]:
        serve_with_waitress(sys.argv[2])
    else:
        application.serve()
