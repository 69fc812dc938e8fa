"""One child process of the reloader, as its parent sees it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from clastic.server import launcher
from clastic.server.command import Command
from clastic.server.ending import ASKED_BY

PATIENCE = 3.0
"""Seconds that a child has to end when it is asked to: more than it gives to what it waits for."""

EXIT_PATIENCE = 0.5
"""Seconds between what a child tells last and its exit code."""

_AT_ONCE = 65536  # bytes


class ChildProcess:
    """A process that runs the program, with a socket to answer requests on.

    :param command: what runs the program
    :param listener: the socket that it is to answer on
    :param is_first: whether it is the first one
    :raises OSError: when it cannot be started
    :ivar is_ready: whether it has begun to answer requests
    :ivar failure: the traceback of what has ended its program, ``None`` if nothing has
    :ivar has_told_all: whether it has nothing more to tell, which it usually does by ending
    """

    def __init__(self, command: Command, listener: socket.socket, is_first: bool) -> None:
        self.is_ready = False
        self.failure: str | None = None
        self.has_told_all = False
        self._report, report = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self._unread = b""
        inherited = (listener.fileno(), report, lifeline)
        numbers = ",".join(str(int(number)) for number in (*inherited, is_first))
        try:
            with _signals_blocked():
                self._process = subprocess.Popen(
                    [*command.interpreter, launcher.__file__, numbers, *command.program],
                    cwd=command.folder,
                    env=_environment(os.environ),
                    pass_fds=inherited,
                )
        except OSError:
            os.close(self._report)
            os.close(self._lifeline)
            raise
        finally:
            os.close(report)
            os.close(lifeline)

    def fileno(self) -> int:
        """Give what is readable when it has something to tell."""
        return self._report

    def read(self) -> list[dict[str, Any]]:
        """Read what it has told, when there is something."""
        data = os.read(self._report, _AT_ONCE)
        if not data:
            self.has_told_all = True
            self._wait(EXIT_PATIENCE)
        *lines, self._unread = (self._unread + data).split(b"\n")
        messages = [json.loads(line) for line in lines]
        for message in messages:
            self.is_ready = self.is_ready or "ready" in message
            self.failure = message.get("failure", self.failure)
        return messages

    def exit_code(self) -> int | None:
        """Return its exit code, negative for the signal that ended it; ``None`` while it runs."""
        return self._process.poll()

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it: ask by a signal, and end it by force if it takes its time."""
        if self._process.poll() is None:
            self._process.send_signal(number)
            self._wait(PATIENCE)
            self._process.kill()
            self._process.wait()
        os.close(self._report)
        os.close(self._lifeline)

    def _wait(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):  # the caller sees that it still runs
            self._process.wait(seconds)


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a child: ``werkzeug.serving.is_running_from_reloader()`` is true."""
    return {**environment, "WERKZEUG_RUN_MAIN": "true"}


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let a process that is started here inherit that signals to end wait until it takes them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ASKED_BY)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
