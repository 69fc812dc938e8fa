"""Processes that are ended for certain, with all that they have started."""

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


class Stop:
    """Notes the signal that asks this process to end; ``signal`` is 0 until then."""

    def __init__(self) -> None:
        self.signal = 0
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.signal = number


class Running:
    """A process that is the leader of a group, to which all that it starts belongs.

    end_signal: the signal that asks it to end. options: those of ``subprocess.Popen``.
    """

    def __init__(self, command: Sequence[str], end_signal: int, **options: Any) -> None:
        self.end_signal = end_signal
        self._process: subprocess.Popen[Any] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, **options
        )

    def wait(self, seconds: float, stop: Stop | None = None) -> int | None:
        """Return the exit status; None if it still runs after some seconds, or at a stop."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not (stop and stop.signal):
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(POLL_SECONDS)
        return self._process.poll()

    def end(self) -> None:
        """Ask the process to end; after a while, end it by force, and what is left of its group."""
        if self._process.poll() is None:
            self._process.send_signal(self.end_signal)
            self.wait(END_SECONDS)
        with suppress(ProcessLookupError, PermissionError):  # none left: the latter on macOS
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class AppFailed(Exception):
    """An app that does not answer."""


class App(Running):
    """An app that Gunicorn serves on a free port.

    folder: where its file is, which has its name. settings: Gunicorn's file of settings. log: where
    its output goes.
    """

    def __init__(
        self, folder: Path, settings: Path, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = folder.name
        self.log = log
        with socket.create_server(("127.0.0.1", 0)) as listener, log.open("w") as output:
            self.port: int = listener.getsockname()[1]
            command = [sys.executable, "-m", "gunicorn", "--config", str(settings)]
            place = f"fd://{listener.fileno()}"
            super().__init__(
                [*command, "--bind", place, f"{self.name}:create_app()"],
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

    def wait_until_ready(self, stop: Stop) -> None:
        """Return when the app answers, or at a stop; raise AppFailed if it does not answer."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers() and not stop.signal:
            if self.wait(POLL_SECONDS) is not None or time.monotonic() > deadline:
                raise AppFailed(f"{self.name} does not answer. Its log:\n{self.log.read_text()}")

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
