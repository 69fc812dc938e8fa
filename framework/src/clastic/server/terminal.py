"""The terminal that the developer types in, kept as it was."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO, Any

if sys.platform != "win32":
    import termios


class Terminal:
    """Remembers the settings of a terminal.

    A child that is ended while a debugger reads a line in it leaves a terminal that does not show
    what is typed.

    :param stream: what may be a terminal
    """

    def __init__(self, stream: IO[Any] | None) -> None:
        self._stream = stream
        self._settings = self._current()

    def restore(self) -> None:
        """Give the terminal the settings back that it had."""
        if self._stream is None or self._settings in (None, self._current()):
            return
        with suppress(OSError):  # it is the terminal of others
            # A process in the background would be stopped for changing it.
            if os.tcgetpgrp(self._stream.fileno()) == os.getpgrp():
                termios.tcsetattr(self._stream, termios.TCSANOW, self._settings or [])

    def _current(self) -> list[Any] | None:
        if self._stream is None:
            return None
        try:
            return termios.tcgetattr(self._stream)
        except (OSError, ValueError, termios.error):  # no terminal, or closed
            return None
