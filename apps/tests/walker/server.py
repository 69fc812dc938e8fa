"""Run an app's file on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from walker.page import StepError

HOST = "127.0.0.1"
READY_SECONDS = 30.0
END_SECONDS = 10.0
POLL_SECONDS = 0.05
SHOWN_CHARACTERS = 4000


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def responds(port: int) -> bool:
    """Return True if a request gets a response of any status."""
    with closing(HTTPConnection(HOST, port, timeout=5)) as connection:
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
    return True


class Server:
    """An app's process and its child processes.

    :param arguments: the app's file and its flags, without ``--port``
    :param environment: the complete environment
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, port: int, environment: Mapping[str, str]
    ) -> None:
        self._name = arguments[0]
        # No with statement: the file is open until `end`.
        self._output = tempfile.TemporaryFile(  # noqa: SIM115
            "w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            [sys.executable, *arguments, "--port", str(port), "--no-reloader"],
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        try:
            self._wait_until_ready(port)
        except BaseException:
            self.end()
            raise

    def output(self) -> str:
        """Return the last output of the app."""
        self._output.seek(0)
        return self._output.read()[-SHOWN_CHARACTERS:]

    def end(self) -> None:
        """Terminate the app's processes, and kill them after END_SECONDS."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        # No process is left: macOS raises PermissionError.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not responds(port):
            if self._process.poll() is not None:
                raise StepError(f"{self._name} failed to start. Its output:\n{self.output()}")
            if time.monotonic() > deadline:
                raise StepError(
                    f"{self._name} did not respond within {READY_SECONDS:.0f} seconds. "
                    f"Its output:\n{self.output()}"
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def served(script: Path) -> Iterator[str]:
    """Serve an app's file on a free port inside a ``with`` block; yield its URL."""
    port = free_port()
    server = Server([script.name, "--no-debugger"], script.parent, port, os.environ)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.end()
