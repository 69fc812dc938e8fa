"""WSGI servers on this machine's loopback, and `wrk`, which asks them as fast as they answer."""

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
OPEN_AT_MOST = 12_000
"""How many connections one gunicorn worker keeps."""

GUNICORN = [
    *("-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS)),
    *("--worker-connections", str(OPEN_AT_MOST), "--keep-alive", "60", "--no-control-socket"),
]
SERVERS = {
    "gunicorn, 1 worker": [*GUNICORN, "--workers", "1", "--bind"],
    "gunicorn, 2 workers": [*GUNICORN, "--workers", "2", "--bind"],
    "waitress": ["-m", "waitress", "--threads", str(THREADS), "--call", "--listen"],
}
"""What starts a server, up to the address; each worker has as many threads."""


class ServerError(Exception):
    """A server does not start, or does not answer as it should."""


class Server:
    """A server with one of the `served_apps`, in processes of its own, from `with` to its end.

    server: one of `SERVERS`. app: the name of a factory. environment: more variables for it.
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

    def ask(self, path: str, method: str = "GET", form: str = "") -> tuple[int, str | None, bytes]:
        """Send one request. Returns status, `Location` and body."""
        connection = HTTPConnection(HOST, self.port, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            connection.request(method, path, form or None, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Location"), response.read()
        finally:
            connection.close()

    def load(self, path: str, seconds: int, connections: int) -> float:
        """Ask for `path` on several connections, and return how often that went in a second.

        Raises `ServerError` for a wrong answer.
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
            raise ServerError(f"wrk could not ask for {path}:\n{done.stdout}{done.stderr}")
        return float(rate[1])

    def cpu_seconds(self) -> float:
        """Return how much of the processors the server and its workers have used so far."""
        tick = os.sysconf("SC_CLK_TCK")
        return sum(ticks_of(pid) for pid in family_of(self._process.pid)) / tick

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.ask("/")
            except (OSError, HTTPException) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self._errors.seek(0)
                    what = " ".join(self._command[1:])
                    said = self._errors.read().strip()
                    raise ServerError(f"{what} does not answer.\n{said}") from error
                time.sleep(POLL_SECONDS)
            else:
                return


def family_of(pid: int) -> list[int]:
    """Return a process and all that it started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = map(int, path.read_text(encoding="ascii").split())
    return [pid, *(member for child in children for member in family_of(child))]


def ticks_of(pid: int) -> int:
    """Return the processor's clock ticks that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
