"""How a server is asked to end: by Ctrl-C or by SIGTERM, noted without interrupting anything."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

ASKED_BY = (signal.SIGINT, signal.SIGTERM)

TERMINATED = 128 + signal.SIGTERM
"""The exit code by which a program that SIGTERM has ended is known."""


class Alarm:
    """Wakes whoever waits for it in a selector. Another thread or a signal handler may ring it."""

    def __init__(self) -> None:
        self._hears, self._rings = socket.socketpair()
        self._hears.setblocking(False)
        self._rings.setblocking(False)

    def fileno(self) -> int:
        """Give what to register in a selector, for reading."""
        return self._hears.fileno()

    def ring(self) -> None:
        """Wake up; nothing more when it has been rung already."""
        with suppress(BlockingIOError):  # full of earlier rings
            self._rings.send(b"!")

    def silence(self) -> None:
        """Take note of all rings until now."""
        with suppress(BlockingIOError):
            while self._hears.recv(1024):
                pass

    def close(self) -> None:
        self._hears.close()
        self._rings.close()


class Ending:
    """Takes Ctrl-C and SIGTERM for the time of a ``with`` block, if that is in the main thread.

    :param is_final: whether the process ends after the block: what comes then is ignored
    :ivar number: the signal that came, ``None`` as long as none has
    :ivar is_urgent: whether it was Ctrl-C, or is not the first: somebody waits for the end
    :ivar alarm: rings when one comes
    """

    def __init__(self, is_final: bool = False) -> None:
        self._is_final = is_final
        self._is_over = False
        self.number: int | None = None
        self.is_urgent = False
        self.alarm = Alarm()
        self._process = os.getpid()
        self._before: Mapping[int, Any] = {}

    def __enter__(self) -> Ending:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._note) for each in ASKED_BY}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        self.alarm.close()
        if not self._is_final:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def ask(self, number: int = signal.SIGTERM) -> None:
        """Ask for the end, like the signal of that number."""
        self.is_urgent = self.number is not None or number == signal.SIGINT
        self.number = number if self.number is None else self.number
        self.alarm.ring()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a fork serves one request, and nothing waits in it
            raise SystemExit(128 + number)
        if not self._is_over:
            self.ask(number)
