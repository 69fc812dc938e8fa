"""A program that serves, as a developer starts it: its files, its process, and a client."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SOURCE = Path(__file__).parents[2] / "src"

# How long anything may take, in seconds, before a test gives up on it.
PATIENCE = 20

HELLO = """\
import os
import threading
import time

from clastic.application import Application
from clastic.http import Response
from words import WORD

together = threading.Barrier(2)


def word():
    return Response(f"{WORD} {os.getpid()}")


def meet():
    together.wait(10)
    return Response("met")


def endless():
    def blocks():
        yield f"{os.getpid()}\\n".encode()
        while True:
            time.sleep(0.05)
            yield b"more\\n"

    return Response(blocks())


def slow():
    def blocks():
        yield b"begun "
        time.sleep(0.6)
        yield b"and ended"

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


class Answer(NamedTuple):
    """What a server has answered; the names of its headers are in lower case."""

    status: int
    body: str
    headers: dict[str, str]


def send_get(
    port: int, path: str = "/", host: str = "127.0.0.1", headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a GET request."""
    with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read().decode(), fields)


def attempt_until(what: str, attempt: Callable[[], Any]) -> Any:
    """Attempt it until it gives something true; a refused connection is as good as nothing."""
    deadline = time.monotonic() + PATIENCE
    result = None
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            result = attempt()
            if result:
                return result
        threading.Event().wait(0.02)
    raise AssertionError(f"gave up waiting for {what}, the last there was is {result!r}")


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Program:
    """A program in a process and a process group of its own, and a client of it.

    folder: where its files are, and what it says. command: what follows ``python``.
    """

    def __init__(self, folder: Path, command: list[str], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._output, self._errors = folder / "stdout.txt", folder / "stderr.txt"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", *command],
                cwd=folder,
                stdout=output,
                stderr=errors,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self._port = 0

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def line(self, index: int) -> str:
        """One of the lines that it prints, once it has."""

        def whole_line() -> str | None:
            lines = self.output.splitlines(keepends=True)
            return lines[index] if len(lines) > index and lines[index].endswith("\n") else None

        return str(attempt_until("a line", whole_line))

    @property
    def port(self) -> int:
        """The port that it says it serves on."""
        if not self._port:
            self._port = int(self.line(0).partition("http://127.0.0.1:")[2].partition("/")[0])
        return self._port

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None) -> Answer:
        return send_get(self.port, path, headers=headers)

    def wait_until_it_serves(self, word: str = "") -> Answer:
        """Its first page, once it is there and begins with a word."""

        def served() -> Answer | None:
            answer = self.get()
            return answer if answer.status == 200 and answer.body.startswith(word) else None

        return attempt_until(f"a page with {word!r}", served)

    def wait_until_it_fails(self, text: str = "") -> Answer:
        """The page of Flaw, once it is there and has a text in it."""

        def failed() -> Answer | None:
            answer = self.get()
            return answer if "x-flaw" in answer.headers and text in answer.body else None

        return attempt_until(f"Flaw with {text!r}", failed)

    def server(self) -> int:
        """The process that answers, which its page ends with."""
        return int(self.wait_until_it_serves().body.split()[-1])

    def wait_until_it_has_gone(self, pid: int) -> None:
        attempt_until(f"the end of process {pid}", lambda: not runs(pid))

    def send(self, number: int, *, to_group: bool = False) -> None:
        if to_group:  # as a terminal does on Ctrl-C
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Its exit code and what it has said, once it has ended."""
        self.process.wait(PATIENCE)
        return self.process.returncode, self.output, self.errors

    def end_by_force(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@pytest.fixture
def fetch() -> Callable[..., Answer]:
    return send_get


@pytest.fixture
def wait_for() -> Callable[[str, Callable[[], Any]], Any]:
    return attempt_until


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    return runs


@pytest.fixture(scope="session")
def without_watchdog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that hides watchdog, where it is installed, from programs that import from it."""
    folder = tmp_path_factory.mktemp("without_watchdog")
    (folder / "watchdog.py").write_text("raise ImportError('not here')\n")
    return folder


@pytest.fixture(scope="session")
def environment(without_watchdog: Path) -> dict[str, str]:
    """The environment of programs: they find Clastic, and look at files by themselves."""
    return {
        "PYTHONPATH": os.pathsep.join([str(SOURCE), str(without_watchdog)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="session")
def start_in(environment: dict[str, str]) -> Callable[[Path, list[str]], Program]:
    """Starts a program in a folder; who calls it also ends it."""
    return lambda folder, command: Program(folder, command, environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a program."""
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "words.py").write_text('WORD = "hello"\n')
    return tmp_path


@pytest.fixture
def start(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Program]]:
    """Starts the program: with arguments, or by another command, or in another environment."""
    programs: list[Program] = []

    def start_program(
        *arguments: str, command: tuple[str, ...] = ("hello.py",), **more: str
    ) -> Program:
        programs.append(Program(folder, [*command, *arguments], {**environment, **more}))
        return programs[-1]

    yield start_program
    for program in programs:
        program.end_by_force()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
