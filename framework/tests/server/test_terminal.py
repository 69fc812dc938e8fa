"""The terminal of the developer, which a debugger that is ended leaves in disorder."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from clastic.server.terminal import Terminal

BREAK = """\
import contextlib
import fcntl
import termios

from clastic.application import Application
from clastic.http import Response
from words import WORD


def read_a_line():
    settings = termios.tcgetattr(0)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, settings)
    return Response("no echo")


with contextlib.suppress(OSError):  # the first process makes it its terminal
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
app = Application([("/", lambda: Response(WORD)), ("/break", read_a_line)])
app.serve(port=0)
"""


class Screen:
    """The other end of a terminal: what is written to it is read, and kept."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        self.text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):
            while data := os.read(self.master, 1000):
                self.text += data.decode()

    def has_echo(self) -> bool:
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def close(self) -> None:
        os.close(self.slave)
        self._thread.join(20)
        os.close(self.master)


@pytest.fixture
def screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


def test_it_shows_again_what_is_typed(
    screen: Screen,
    tmp_path: Path,
    environment: dict[str, str],
    fetch: Callable[..., Any],
    wait_for: Callable[..., Any],
) -> None:
    (tmp_path / "app.py").write_text(BREAK)
    (tmp_path / "words.py").write_text("WORD = 'one'\n")
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        stdin=screen.slave,
        stdout=screen.slave,
        stderr=screen.slave,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    try:
        wait_for("the first line", lambda: "/ (dev" in screen.text)
        port = int(screen.text.partition("127.0.0.1:")[2].partition("/")[0])
        wait_for("the server", lambda: fetch(port))
        fetch(port, "/break")
        assert not screen.has_echo()
        (tmp_path / "words.py").write_text("WORD = 'two'\n")
        wait_for("the change", lambda: fetch(port).body == "two")
        assert screen.has_echo()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class TestOthers:
    """What is no terminal, or not that of this process, is left alone."""

    def test_another_terminal(self, screen: Screen) -> None:
        with os.fdopen(os.dup(screen.slave), "rb") as stream:
            terminal = Terminal(stream)
            settings = termios.tcgetattr(stream)
            settings[3] &= ~termios.ECHO
            termios.tcsetattr(stream, termios.TCSANOW, settings)
            terminal.restore()
        assert not screen.has_echo()

    def test_a_terminal_that_others_have_now(
        self, screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with os.fdopen(os.dup(screen.slave), "rb") as stream:
            terminal = Terminal(stream)
            settings = termios.tcgetattr(stream)
            settings[3] &= ~termios.ECHO
            termios.tcsetattr(stream, termios.TCSANOW, settings)
            monkeypatch.setattr(os, "tcgetpgrp", lambda number: -1)
            terminal.restore()
        assert not screen.has_echo()

    def test_a_terminal_as_it_was(self, screen: Screen) -> None:
        with os.fdopen(os.dup(screen.slave), "rb") as stream:
            Terminal(stream).restore()
        assert screen.has_echo()

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "input").write_text("")
        with (tmp_path / "input").open() as stream:
            terminal = Terminal(stream)
        terminal.restore()

    def test_a_closed_file(self, tmp_path: Path) -> None:
        stream = (tmp_path / "input").open("w")
        stream.close()
        Terminal(stream).restore()

    def test_nothing_at_all(self) -> None:
        Terminal(None).restore()
