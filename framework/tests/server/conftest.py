"""Run a program that calls ``serve()`` as a developer does, and send requests to it."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from clastic.server.options import ServerOptions
from clastic.testing import HOST, Received, ServerProcess, free_port

TIMEOUT = 30
"""Seconds after which a test gives up waiting."""

HELLO = """\
import os
import threading

from clastic.application import Application
from clastic.http import Response
from clastic.server.workers import Threads
from words import WORD

together = threading.Barrier(2)
draining = threading.Event()
is_busy = Threads.is_busy


def note_draining(threads):
    draining.set()
    return is_busy(threads)


Threads.is_busy = note_draining  # a server that ends calls it until no request is running


def word():
    return Response(f"{WORD} {os.getpid()}")


def meet():
    together.wait(10)
    return Response("met")


def endless():
    def blocks():
        yield f"{os.getpid()}\\n".encode()
        while True:
            yield b"more\\n" * 10_000

    return Response(blocks())


def slow():
    def blocks():
        yield b"begun "
        yield b"and ended" if draining.wait(10) else b"and waited in vain"

    return Response(blocks())


def fail():
    raise ValueError("what happened")


def end_abruptly():
    os._exit(3)


def create_app():
    routes = [("/", word), ("/meet", meet), ("/endless", endless), ("/slow", slow)]
    return Application([*routes, ("/fail", fail), ("/abrupt", end_abruptly)])


if __name__ == "__main__":
    create_app().serve()
    print("served", flush=True)
"""


def retry(what: str, attempt: Callable[[], Any]) -> Any:
    """Call `attempt` until it returns something true; a failed connection counts as false."""
    deadline = time.monotonic() + TIMEOUT
    result = None
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            result = attempt()
            if result:
                return result
        threading.Event().wait(0.02)
    raise AssertionError(f"gave up waiting for {what}; the last result is {result!r}")


class Program(ServerProcess):
    """A program in `folder`, which tests edit while it runs.

    command: what follows ``python``. Its errors and its output are in one file.
    """

    def __init__(self, folder: Path, command: tuple[str, ...], **environment: str) -> None:
        port = free_port()
        command = (sys.executable, "-W", "error", *command, "--port", str(port))
        super().__init__(command, port, folder, environment)
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    @property
    def lines(self) -> list[str]:
        """The complete lines of its output, without the log of requests."""
        lines = self.output.rpartition("\n")[0].splitlines()
        return [line for line in lines if "HTTP/1" not in line]

    def line(self, index: int) -> str:
        """Wait for a line of its output, and return it."""
        return str(retry("a line", lambda: self.lines[index : index + 1])[0])

    @contextmanager
    def open(self, path: str) -> Iterator[http.client.HTTPResponse]:
        """Send a GET request, and keep the connection open during the block."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)) as connection:
            connection.request("GET", path)
            yield connection.getresponse()

    def wait_for_page(self, start: str = "") -> Received:
        """Wait until its first page begins with a text, and return the response."""

        def page() -> Received | None:
            received = self.get()
            is_it = received.status == 200 and received.text.startswith(start)
            return received if is_it else None

        return retry(f"a page that begins with {start!r}", page)

    def wait_for_flaw(self, text: str = "") -> Received:
        """Wait until the Flaw page contains a text, and return the response."""

        def flaw() -> Received | None:
            received = self.get()
            return received if "X-Flaw" in received.headers and text in received.text else None

        return retry(f"a Flaw page with {text!r}", flaw)

    def serving_process(self) -> int:
        """The id of the process that answers requests, which its page ends with."""
        return int(self.wait_for_page().text.split()[-1])

    def members(self) -> list[int]:
        """The running processes of its process group."""
        members = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, _, group = path.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state != "Z":
                    members.append(int(path.parent.name))
        return members

    def send_signal(self, number: int, *, to_group: bool = False) -> None:
        """Send a signal: to the whole group, as a terminal does on Ctrl-C, or to the parent."""
        if to_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return self.process.wait(TIMEOUT)


@pytest.fixture(scope="session")
def start_in() -> Callable[..., Program]:
    """Starts a program in a folder; the caller closes it."""
    return Program


@pytest.fixture
def wait_for() -> Callable[[str, Callable[[], Any]], Any]:
    return retry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the program ``hello.py``."""
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "words.py").write_text('WORD = "hello"\n')
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Program]]:
    """Starts the program: with arguments, by another command, or in another environment."""
    programs: list[Program] = []

    def start_program(
        *arguments: str, command: tuple[str, ...] = ("hello.py",), **environment: str
    ) -> Program:
        programs.append(Program(folder, (*command, *arguments), **environment))
        return programs[-1]

    yield start_program
    for program in programs:
        program.stop(signal.SIGKILL)
        program.close()


@pytest.fixture
def defaults() -> ServerOptions:
    """The options of a call of ``serve()`` without arguments."""
    return ServerOptions(
        address="127.0.0.1",
        port=5000,
        use_meta=True,
        use_lint=True,
        use_reloader=True,
        use_debugger=True,
        use_static=True,
        static_prefix="static",
        static_path=None,
        processes=None,
    )
