"""Start apps and programs in processes, and stop them with all their child processes."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clastic.testing import ServerProcess, serve_process

READY_SECONDS = 60.0
END_SECONDS = 5.0
POLL_SECONDS = 0.05
OUTPUT_LINES = 60  # enough for the tracebacks of a Gunicorn whose workers fail


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


class AppFailed(Exception):
    """An app exited or does not respond. The message is printed as it is."""


class App(ServerProcess):
    """An app in a process of its own.

    :param command: the command that serves it
    :param port: the port on which it serves
    :param options: options of ``ServerProcess``
    """

    def __init__(self, name: str, command: Sequence[str], port: int, **options: Any) -> None:
        self.name = name
        super().__init__(command, port, **options)

    def check(self) -> None:
        """Raise AppFailed if the app has exited."""
        status = self.process.poll()
        if status is None:
            return
        how = (
            f"exited with code {status}"
            if status >= 0
            else f"was killed by {signal.Signals(-status).name}"
        )
        raise AppFailed(f"{self.name} {how}.{self.last_output()}")

    def last_output(self) -> str:
        lines = "".join(f"\n  {line}" for line in self.output.splitlines()[-OUTPUT_LINES:])
        return f" Its last output:{lines}" if lines else " It printed nothing."


def wait_until_ready(apps: Sequence[App], stop: StopSignal) -> None:
    """Wait until every app responds or a stop signal. Raise AppFailed if one does not respond."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(apps)
    while waiting and not stop.signal:
        for app in apps:
            app.check()
        waiting = [app for app in waiting if not app.responds()]
        if waiting and time.monotonic() > deadline:
            app = waiting[0]
            raise AppFailed(
                f"{app.name} did not respond on {app.url}/ within {READY_SECONDS:.0f} seconds."
                f"{app.last_output()}"
            )
        time.sleep(POLL_SECONDS)


def close_all(apps: Sequence[App]) -> None:
    """Stop all apps at the same time, and delete their output."""
    with ThreadPoolExecutor(len(apps) or 1) as pool:
        list(pool.map(lambda app: app.stop(timeout=END_SECONDS), apps))
    for app in apps:
        app.close()


@contextmanager
def served_program(script: Path, log: Path, *options: str) -> Iterator[str]:
    """Run a program that calls ``app.serve()`` inside a ``with`` block; yield its URL.

    :param script: the program, which runs in its own folder
    :param log: the file for its output
    :param options: more options of the development server
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-u", script.name, "--port", "{port}", *options]
    with serve_process(command, folder=script.parent, log=log) as server:
        yield f"{server.url}/"
