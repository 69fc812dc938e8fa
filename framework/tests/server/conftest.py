"""Run a program that calls ``serve()`` as a developer does, and send requests to it."""

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
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clastic.server.options import ServerOptions

SOURCE = Path(__file__).parents[2] / "src"

TIMEOUT = 30
"""Seconds after which a test gives up waiting."""

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
        time.sleep(0.4)
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
    """A response; the names of its headers are in lower case."""

    status: int
    body: str
    headers: dict[str, str]


def send_get(
    port: int, path: str = "/", host: str = "127.0.0.1", headers: Mapping[str, str] | None = None
) -> Answer:
    with closing(http.client.HTTPConnection(host, port, timeout=TIMEOUT)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read().decode(), fields)


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


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Program:
    """A running program, in a process group of its own.

    folder: contains its files and its output. command: what follows ``python``.
    """

    def __init__(
        self,
        folder: Path,
        command: list[str],
        environment: Mapping[str, str],
        stdin: int | None = None,
    ) -> None:
        self.folder = folder
        self._output, self._errors = folder / "stdout.txt", folder / "stderr.txt"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", *command],
                cwd=folder,
                stdin=stdin,
                stdout=output,
                stderr=errors,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self._port = 0

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def line(self, index: int) -> str:
        """Wait for a line of its output, and return it."""

        def whole_line() -> str | None:
            lines = self.output.splitlines(keepends=True)
            return lines[index] if len(lines) > index and lines[index].endswith("\n") else None

        return str(retry("a line", whole_line))

    @property
    def port(self) -> int:
        """The port of the address that it prints."""
        if not self._port:
            self._port = int(self.line(0).partition("http://127.0.0.1:")[2].partition("/")[0])
        return self._port

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None) -> Answer:
        return send_get(self.port, path, headers=headers)

    @contextmanager
    def open(self, path: str) -> Iterator[http.client.HTTPResponse]:
        """Send a GET request, and keep the connection open during the block."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        with closing(connection):
            connection.request("GET", path)
            yield connection.getresponse()

    def wait_for_page(self, start: str = "") -> Answer:
        """Wait until its first page begins with a text, and return the response."""

        def page() -> Answer | None:
            answer = self.get()
            return answer if answer.status == 200 and answer.body.startswith(start) else None

        return retry(f"a page that begins with {start!r}", page)

    def wait_for_flaw(self, text: str = "") -> Answer:
        """Wait until the Flaw page contains a text, and return the response."""

        def flaw() -> Answer | None:
            answer = self.get()
            return answer if "x-flaw" in answer.headers and text in answer.body else None

        return retry(f"a Flaw page with {text!r}", flaw)

    def serving_process(self) -> int:
        """The id of the process that answers requests, which its page ends with."""
        return int(self.wait_for_page().body.split()[-1])

    def members(self) -> list[int]:
        """The running processes of its process group."""
        members = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, _, group = path.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state != "Z":
                    members.append(int(path.parent.name))
        return members

    def send(self, number: int, *, to_group: bool = False) -> None:
        """Send a signal: to the whole group, as a terminal does on Ctrl-C, or to the parent."""
        if to_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> tuple[int, str, str]:
        """Wait until it has ended; return its exit code, its output and its errors."""
        self.process.wait(TIMEOUT)
        return self.process.returncode, self.output, self.errors

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)


@pytest.fixture
def fetch() -> Callable[..., Answer]:
    return send_get


@pytest.fixture
def wait_for() -> Callable[[str, Callable[[], Any]], Any]:
    return retry


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    return runs


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of programs: Clastic can be imported, watchdog cannot."""
    folder = tmp_path_factory.mktemp("without_watchdog")
    (folder / "watchdog.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(SOURCE), str(folder)])
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def start_in(environment: dict[str, str]) -> Callable[..., Program]:
    """Starts a program in a folder; the caller ends it."""
    return lambda folder, command, **more: Program(folder, command, environment, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the program ``hello.py``."""
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "words.py").write_text('WORD = "hello"\n')
    return tmp_path


@pytest.fixture
def start(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Program]]:
    """Starts the program: with arguments, by another command, or in another environment."""
    programs: list[Program] = []

    def start_program(
        *arguments: str, command: tuple[str, ...] = ("hello.py",), **more: str
    ) -> Program:
        command = (*command, "--port", "0", *arguments)
        programs.append(Program(folder, [*command], {**environment, **more}))
        return programs[-1]

    yield start_program
    for program in programs:
        program.kill()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


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
