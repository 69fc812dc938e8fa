"""Start processes and stop them reliably, with all their child processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
END_SECONDS = 15.0
POLL_SECONDS = 0.1


class StopSignal:
    """Record SIGINT, SIGTERM and SIGHUP of this process: ``signal`` is 0 or the last number."""

    def __init__(self) -> None:
        self.signal = 0
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.signal = number


class ManagedProcess:
    """A process with its own process group, to which its child processes belong.

    :param end_signal: the signal that stops it
    :param options: options of ``subprocess.Popen``
    """

    def __init__(self, command: Sequence[str], end_signal: int, **options: Any) -> None:
        self.end_signal = end_signal
        self._process: subprocess.Popen[Any] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, **options
        )

    def wait(self, seconds: float, stop: StopSignal | None = None) -> int | None:
        """Return the exit status, or None after a timeout or a stop signal."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not (stop and stop.signal):
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(POLL_SECONDS)
        return self._process.poll()

    def end(self) -> None:
        """Stop the process, and after END_SECONDS kill it and the rest of its group."""
        if self._process.poll() is None:
            self._process.send_signal(self.end_signal)
            self.wait(END_SECONDS)
        # No process is left: macOS raises PermissionError.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class AppFailed(Exception):
    """An app does not respond."""


class App(ManagedProcess):
    """An app that Gunicorn serves on a free port.

    :param folder: the folder of the app, whose name is the module's name
    :param settings: Gunicorn's configuration file
    :param log: the file for its output
    """

    def __init__(
        self, folder: Path, settings: Path, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = folder.name
        self.log = log
        with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
            self.port: int = listener.getsockname()[1]
            command = [sys.executable, "-m", "gunicorn", "--config", str(settings)]
            address = f"fd://{listener.fileno()}"
            super().__init__(
                [*command, "--bind", address, f"{self.name}:create_app()"],
                signal.SIGTERM,
                cwd=folder,
                env=environment,
                pass_fds=[listener.fileno()],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def wait_until_ready(self, stop: StopSignal) -> None:
        """Wait until the app responds or a stop signal. Raise AppFailed if it does not respond."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._responds() and not stop.signal:
            if self.wait(POLL_SECONDS) is not None or time.monotonic() > deadline:
                raise AppFailed(f"{self.name} does not respond. Its log:\n{self.log.read_text()}")

    def _responds(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
