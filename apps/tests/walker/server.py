"""An app that runs as its file says, on a free port, until it is ended."""

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


def answers(port: int) -> bool:
    """Whether a request gets an answer, whatever its status."""
    with closing(HTTPConnection(HOST, port, timeout=5)) as connection:
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except (OSError, HTTPException):
            return False
    return True


class Server:
    """An app's process, with the processes that it starts.

    :param arguments: the app's file and its flags; Python and ``--port`` are added
    :param environment: all of its environment
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, port: int, environment: Mapping[str, str]
    ) -> None:
        self._name = arguments[0]
        # It lives as long as the process, not as long as a block.
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
        """The last that it has printed."""
        self._output.seek(0)
        return self._output.read()[-SHOWN_CHARACTERS:]

    def end(self) -> None:
        """End its processes: politely, and after END_SECONDS by force."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        with suppress(ProcessLookupError, PermissionError):  # none left: the latter on macOS
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(port):
            if self._process.poll() is not None:
                raise StepError(f"{self._name} does not start; it printed:\n{self.output()}")
            if time.monotonic() > deadline:
                raise StepError(
                    f"{self._name} does not answer within {READY_SECONDS:.0f} seconds; "
                    f"it printed:\n{self.output()}"
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def served(script: Path) -> Iterator[str]:
    """Run an app's file on a free port while the block lasts; gives the URL it answers on."""
    port = free_port()
    server = Server([script.name, "--no-debugger"], script.parent, port, os.environ)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.end()
