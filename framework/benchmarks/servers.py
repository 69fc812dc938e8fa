"""Run WSGI servers on the loopback interface, and put them under load with `wrk`."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
BENCHMARKS = Path(__file__).resolve().parent
READY_SECONDS = 30.0
END_SECONDS = 10.0
POLL_SECONDS = 0.05
THREADS = 4
MAX_CONNECTIONS = 12_000
"""The maximum number of connections of a gunicorn worker."""

GUNICORN = [
    *("-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS)),
    *("--worker-connections", str(MAX_CONNECTIONS), "--keep-alive", "60", "--no-control-socket"),
]
SERVERS = {
    "gunicorn, 1 worker": [*GUNICORN, "--workers", "1", "--bind"],
    "gunicorn, 2 workers": [*GUNICORN, "--workers", "2", "--bind"],
    "waitress": ["-m", "waitress", "--threads", str(THREADS), "--call", "--listen"],
}
"""The commands that start the servers, without the address. Each worker has THREADS threads."""


class ServerError(Exception):
    """A server failed to start, or sent a wrong response."""


class Server:
    """A server process with one of the `served_apps`; a context manager.

    :param server: a key of `SERVERS`
    :param app: the name of the factory
    :param environment: additional environment variables
    """

    def __init__(self, server: str, app: str, environment: Mapping[str, str] | None = None) -> None:
        with socket.create_server((HOST, 0)) as listener:
            self.port = listener.getsockname()[1]
        factory = f"served_apps:{app}" if server == "waitress" else f"served_apps:{app}()"
        self._command = [sys.executable, *SERVERS[server], f"{HOST}:{self.port}", factory]
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}

    def __enter__(self) -> Server:
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            self._command,
            cwd=BENCHMARKS,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def send(self, path: str, method: str = "GET", form: str = "") -> tuple[int, str | None, bytes]:
        """Send one request; return the status, `Location` and body of the response."""
        connection = HTTPConnection(HOST, self.port, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            connection.request(method, path, form or None, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Location"), response.read()
        finally:
            connection.close()

    def load(self, path: str, seconds: int, connections: int) -> float:
        """Request `path` over several connections, and return the requests per second.

        Raise `ServerError` for a wrong response.
        """
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        done = subprocess.run(
            [*command, f"http://{HOST}:{self.port}{path}"],
            check=False,
            capture_output=True,
            text=True,
        )
        rate = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
        if done.returncode or not rate or re.search("Non-2xx|Socket", done.stdout):
            raise ServerError(f"wrk failed for {path}:\n{done.stdout}{done.stderr}")
        return float(rate[1])

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server and its workers so far."""
        tick = os.sysconf("SC_CLK_TCK")
        return sum(ticks_of(pid) for pid in family_of(self._process.pid)) / tick

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.send("/")
            except (OSError, HTTPException) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self._errors.seek(0)
                    command = " ".join(self._command[1:])
                    errors = self._errors.read().strip()
                    raise ServerError(f"{command} does not respond.\n{errors}") from error
                time.sleep(POLL_SECONDS)
            else:
                return


def family_of(pid: int) -> list[int]:
    """Return the IDs of a process and its descendants."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = map(int, path.read_text(encoding="ascii").split())
    return [pid, *(member for child in children for member in family_of(child))]


def ticks_of(pid: int) -> int:
    """Return the CPU time of a process in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
