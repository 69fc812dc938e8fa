"""Serve erosion with several processes of Gunicorn, each with threads."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import allow_connections

APP = Path(__file__).parents[2]
SETTINGS = Path(__file__).with_name("gunicorn_settings.py")
READY_SECONDS = 60.0
END_SECONDS = 15.0
MAX_CONNECTIONS = 2000
SECRET = "not much of a secret"
POLL_SECONDS = 0.05


class Server:
    """A running Gunicorn with its URL, its worker processes and its log."""

    def __init__(self, url: str, master: subprocess.Popen[bytes], log: Path) -> None:
        self.url = url
        self._master = master
        self._log = log
        self._killed: list[int] = []

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for_workers(self, count: int) -> None:
        """Wait until `count` workers have become ready since the start, including dead ones."""
        self._wait(lambda: len(self._workers()) >= count, f"{count} workers are not ready")

    def kill_worker(self) -> None:
        """Kill one worker with SIGKILL. Gunicorn starts another."""
        worker = next(pid for pid in self._workers() if pid not in self._killed)
        self._killed.append(worker)
        os.kill(worker, signal.SIGKILL)

    def _workers(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"Ready worker with pid: (\d+)", self.log)]

    def _wait(self, condition: Callable[[], bool], description: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            if self._master.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"timeout: {description}; the log:\n{self.log}")
            time.sleep(POLL_SECONDS)


@contextmanager
def served(
    db_url: str, folder: Path, *, workers: int, app: str = "erosion:create_app()"
) -> Iterator[Server]:
    """Serve erosion on a free port inside a ``with`` block.

    :param folder: the folder for the log
    :param workers: the number of processes
    :param app: the application as Gunicorn's argument
    """
    log = folder / "gunicorn.log"
    allow_connections(MAX_CONNECTIONS)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=MAX_CONNECTIONS) as listener,
        log.open("wb") as output,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        options = ["--config", SETTINGS, "--bind", f"fd://{listener.fileno()}"]
        options += ["--workers", str(workers)]
        master = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, app],
            cwd=APP,
            env={**os.environ, "EROSION_DB_URL": db_url, "EROSION_COOKIE_SECRET": SECRET},
            pass_fds=[listener.fileno()],
            stdout=output,
            stderr=output,
        )
    server = Server(url, master, log)
    try:
        server.wait_for_workers(workers)
        yield server
    finally:
        master.terminate()
        try:
            master.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()
