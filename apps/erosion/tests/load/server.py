"""Serve erosion with several processes of Gunicorn, each with threads."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clastic.testing import ServerProcess

from .client import allow_connections

APP = Path(__file__).parents[2]
SETTINGS = Path(__file__).with_name("gunicorn_settings.py")
READY_SECONDS = 60.0
MAX_CONNECTIONS = 2000
SECRET = "not much of a secret"


class Server(ServerProcess):
    """A running Gunicorn with several worker processes."""

    _killed = 0

    def wait_for_workers(self, count: int) -> None:
        """Wait until `count` workers have become ready since the start, including dead ones."""
        problem = f"did not start {count} workers"
        self.wait_until(lambda: len(self._workers()) >= count, problem, READY_SECONDS)

    def kill_worker(self) -> None:
        """Kill one worker with SIGKILL. Gunicorn starts another."""
        os.kill(self._workers()[self._killed], signal.SIGKILL)
        self._killed += 1

    def _workers(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"Ready worker with pid: (\d+)", self.output)]


@contextmanager
def served(db_url: str, *, workers: int, app: str = "erosion:create_app()") -> Iterator[Server]:
    """Serve erosion on a free port inside a ``with`` block.

    :param workers: the number of processes
    :param app: the application as Gunicorn's argument
    """
    allow_connections(MAX_CONNECTIONS)
    with socket.create_server(("127.0.0.1", 0), backlog=MAX_CONNECTIONS) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--config", str(SETTINGS)]
        command += ["--bind", f"fd://{descriptor}", "--workers", str(workers), app]
        server = Server(
            command,
            listener.getsockname()[1],
            APP,
            {
                "EROSION_DB_URL": db_url,
                "EROSION_COOKIE_SECRET": SECRET,
                "COVERAGE_PROCESS_CONFIG": None,  # measuring the test coverage takes longer
            },
            pass_fds=[descriptor],
        )
    with closing(server):
        server.wait_for_workers(workers)
        yield server
