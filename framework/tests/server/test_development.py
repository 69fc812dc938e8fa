"""The development server: real processes, a real client, real signals."""

import errno
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from werkzeug import serving
from werkzeug.debug import DebuggedApplication

from clastic.application import Application
from clastic.http import Response
from clastic.server import serve

SOURCE = Path(__file__).parents[2] / "src"

# How long anything may take, in seconds, before a test gives up on it.
PATIENCE = 20

# Werkzeug's reloader does not wait for the child that it kills on Ctrl-C.
WARNINGS = ["-W", "error", "-W", "ignore:subprocess:ResourceWarning"]

PROGRAM = """\
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


def fail():
    raise ValueError("what happened")


routes = [("/", word), ("/meet", meet), ("/endless", endless), ("/fail", fail)]
app = Application(routes)

if __name__ == "__main__":
    app.serve()
    print("served", flush=True)
"""


class Answer(NamedTuple):
    status: int
    body: str


def fetch(port: int, path: str = "/", host: str = "127.0.0.1") -> Answer:
    with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, response.read().decode())


def wait_for(what: str, attempt: Callable[[], Any]) -> Any:
    """Attempt it until it gives something true; a refused connection is as good as nothing."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            result = attempt()
        except (OSError, http.client.HTTPException):
            result = None
        if result:
            return result
        threading.Event().wait(0.02)
    raise AssertionError(f"gave up waiting for {what}")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Program:
    """A program that serves, in a process and a process group of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._output, self._errors = folder / "stdout.txt", folder / "stderr.txt"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *WARNINGS, str(folder / "hello.py"), *arguments],
                stdout=output,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )

    def line(self, index: int) -> str:
        """One of the lines that it prints, once it has."""

        def whole_line() -> str | None:
            lines = self._output.read_text().splitlines(keepends=True)
            return lines[index] if len(lines) > index and lines[index].endswith("\n") else None

        return str(wait_for("a line", whole_line))

    def wait_until_it_serves(self) -> int:
        """The port that it says it serves on, once it does."""
        port = int(self.line(0).partition("http://127.0.0.1:")[2].partition("/")[0])
        wait_for("the server", lambda: fetch(port).status)
        return port

    def send(self, number: int, *, to_group: bool = False) -> None:
        if to_group:  # as a terminal does on Ctrl-C
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Its exit code and what it has said, once it has ended."""
        self.process.wait(PATIENCE)
        return self.process.returncode, self._output.read_text(), self._errors.read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hello.py").write_text(PROGRAM)
    (tmp_path / "words.py").write_text('WORD = "hello"\n')
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def start_program(*arguments: str) -> Program:
        programs.append(Program(folder, *arguments))
        return programs[-1]

    yield start_program
    for program in programs:
        if program.process.poll() is None:
            os.killpg(program.process.pid, signal.SIGKILL)
        program.process.wait(PATIENCE)


RELOADER = pytest.mark.parametrize(
    "flags", [pytest.param(["--no-reloader"], id="alone"), pytest.param([], id="with the reloader")]
)


class TestProcesses:
    @RELOADER
    def test_it_serves_where_it_says(self, start: Callable[..., Program], flags: list[str]) -> None:
        program = start("--port", "0", *flags)
        line = program.line(0)
        port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
        assert line == (
            f" * hello: http://127.0.0.1:{port}/ (development server, Ctrl-C ends it)\n"
        )
        answer = wait_for("the server", lambda: fetch(port))
        assert answer.body.startswith("hello ")

    @RELOADER
    def test_the_port_can_be_chosen(self, start: Callable[..., Program], flags: list[str]) -> None:
        port = free_port()
        assert start("--port", str(port), *flags).wait_until_it_serves() == port

    @RELOADER
    def test_sigterm_ends_it(self, start: Callable[..., Program], flags: list[str]) -> None:
        program = start("--port", "0", *flags)
        port = program.wait_until_it_serves()
        server = int(fetch(port).body.split()[1])
        program.send(signal.SIGTERM)
        code, output, errors = program.end()
        assert code == 143
        assert "served" not in output
        assert "Traceback" not in errors
        wait_for("the end of the server", lambda: not is_running(server))

    @pytest.mark.parametrize("to_group", [True, False], ids=["from the terminal", "by itself"])
    @RELOADER
    def test_ctrl_c_ends_it(
        self, start: Callable[..., Program], flags: list[str], to_group: bool
    ) -> None:
        program = start("--port", "0", *flags)
        port = program.wait_until_it_serves()
        server = int(fetch(port).body.split()[1])
        program.send(signal.SIGINT, to_group=to_group)
        code, output, errors = program.end()
        assert code == 0
        assert "served" in output
        assert "Traceback" not in errors
        wait_for("the end of the server", lambda: not is_running(server))

    @RELOADER
    def test_a_port_in_use_is_one_line(
        self, start: Callable[..., Program], flags: list[str]
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, output, errors = start("--port", str(port), *flags).end()
        assert (code, output) == (1, "")
        assert errors == (
            f"hello: port {port} on 127.0.0.1 is in use by another program. "
            "Stop that one, or choose another port with --port.\n"
        )

    def test_it_says_nothing_else(self, start: Callable[..., Program]) -> None:
        program = start("--port", "0", "--no-debugger")
        program.wait_until_it_serves()
        program.send(signal.SIGTERM)
        _, output, errors = program.end()
        assert output.count("\n") == 1
        assert all("GET / HTTP" in line for line in errors.splitlines())

    def test_a_change_is_served(self, start: Callable[..., Program], folder: Path) -> None:
        port = start("--port", "0").wait_until_it_serves()
        before = fetch(port).body.split()
        (folder / "words.py").write_text('WORD = "changed"\n')
        changed = wait_for("the change", lambda: _changed(fetch(port).body.split()))
        assert before[0] == "hello"
        assert changed[1] != before[1]

    def test_the_debugger_shows_its_pin(self, start: Callable[..., Program]) -> None:
        program = start("--port", "0", "--no-reloader")
        port = program.wait_until_it_serves()
        assert program.line(1).startswith(" * debugger PIN: ")
        answer = fetch(port, "/fail")
        assert answer.status == 500
        assert "ValueError: what happened" in answer.body

    def test_a_bad_flag(self, start: Callable[..., Program]) -> None:
        code, output, errors = start("--port", "http").end()
        assert (code, output) == (2, "")
        assert errors == "hello: argument --port: invalid int value: 'http'\n"

    def test_requests_are_served_at_once(self, start: Callable[..., Program]) -> None:
        port = start("--port", "0", "--no-reloader").wait_until_it_serves()
        answers: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: answers.append(fetch(port, "/meet"))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert answers == [Answer(200, "met")] * 2

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda it: it.name)
    def test_processes_serve_and_end_with_it(
        self, start: Callable[..., Program], number: int
    ) -> None:
        program = start("--port", "0", "--no-reloader", "--processes", "3")
        port = program.wait_until_it_serves()
        assert int(fetch(port).body.split()[1]) != program.process.pid
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/endless")
            child = int(connection.getresponse().readline())
            assert is_running(child)
            program.send(number)
            code, _, errors = program.end()
        assert code == (143 if number == signal.SIGTERM else 0)
        assert "Traceback" not in errors
        wait_for("the end of the child", lambda: not is_running(child))


def _changed(words: list[str]) -> list[str] | None:
    return words if words[0] == "changed" else None


@pytest.fixture
def application() -> Application:
    return Application([("/", lambda: Response("hello"))])


@pytest.fixture
def program_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = ModuleType("__main__")
    module.__file__ = str(tmp_path / "hello.py")
    monkeypatch.setitem(sys.modules, "__main__", module)


class Visitor:
    """Visits a server that runs in this process, then ends it by a signal."""

    def __init__(self, port: int, number: int, host: str = "127.0.0.1") -> None:
        self.answer: Answer | None = None
        self._is_over = False
        self._target = (port, "/", host)
        self._number = number
        self._thread = threading.Thread(target=self._visit)

    def _visit(self) -> None:
        try:
            answer = wait_for("the server", lambda: self._is_over or fetch(*self._target))
            self.answer = None if self._is_over else answer
        finally:
            if not self._is_over:
                os.kill(os.getpid(), self._number)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over = self.answer is None  # the server has ended before the visit
        self._thread.join(PATIENCE)


QUIET: dict[str, Any] = {"use_reloader": False, "use_debugger": False, "use_static": False}


@pytest.mark.usefixtures("program_file")
class TestThisProcess:
    def test_ctrl_c_returns(
        self, application: Application, capsys: pytest.CaptureFixture[str]
    ) -> None:
        port = free_port()
        with Visitor(port, signal.SIGINT) as visitor:
            serve(application, port=port, arguments=[], **QUIET)
        assert visitor.answer == Answer(200, "hello")
        assert capsys.readouterr().out == (
            f" * hello: http://127.0.0.1:{port}/ (development server, Ctrl-C ends it)\n"
        )

    def test_ctrl_c_before_it_serves_returns(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[int] = []

        def interrupt(*arguments: Any, **options: Any) -> None:
            calls.append(options["fd"])
            raise KeyboardInterrupt

        monkeypatch.setattr(serving, "make_server", interrupt)
        serve(application, port=0, arguments=[], **QUIET)
        assert len(calls) == 1

    @pytest.mark.parametrize("processes", [None, 2])
    def test_sigterm_exits_and_leaves_the_signal_as_it_was(
        self, application: Application, processes: int | None
    ) -> None:
        before = signal.getsignal(signal.SIGTERM)
        port = free_port()
        with Visitor(port, signal.SIGTERM) as visitor, pytest.raises(SystemExit) as ended:
            serve(application, port=port, arguments=[], processes=processes, **QUIET)
        assert visitor.answer == Answer(200, "hello")
        assert ended.value.code == 143
        assert signal.getsignal(signal.SIGTERM) == before

    def test_the_method_of_the_application_does_it_too(self, application: Application) -> None:
        port = free_port()
        with Visitor(port, signal.SIGINT) as visitor:
            application.serve(port=port, arguments=[], **QUIET)
        assert visitor.answer == Answer(200, "hello")

    def test_flags_come_from_the_command_line(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        monkeypatch.setattr(sys, "argv", ["hello.py", "mine", "--port", str(port)])
        with Visitor(port, signal.SIGINT) as visitor:
            serve(application, port=1, **QUIET)
        assert visitor.answer == Answer(200, "hello")

    @pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
    def test_ipv6(self, application: Application, capsys: pytest.CaptureFixture[str]) -> None:
        port = free_port()
        with Visitor(port, signal.SIGINT, "::1") as visitor:
            serve(application, "::1", port, arguments=[], **QUIET)
        assert visitor.answer == Answer(200, "hello")
        assert f"http://[::1]:{port}/" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("use_debugger", "has_line"),
        [
            pytest.param(True, True, id="the debugger is refused with a line"),
            pytest.param("force", False, id="unless it was asked for by name"),
            pytest.param(False, False, id="or was not wanted"),
        ],
    )
    def test_all_addresses(
        self,
        application: Application,
        capsys: pytest.CaptureFixture[str],
        use_debugger: Any,
        has_line: bool,
    ) -> None:
        port = free_port()
        options = {**QUIET, "use_debugger": use_debugger}
        with Visitor(port, signal.SIGINT):
            serve(application, "0.0.0.0", port, arguments=[], **options)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == (
            f" * hello: http://127.0.0.1:{port}/, and all other addresses of this machine"
            " (development server, Ctrl-C ends it)"
        )
        assert has_line is (
            " * no debugger: others can reach 0.0.0.0, and could run code in it. "
            "--debugger uses it all the same." in lines
        )

    @pytest.mark.parametrize("use_reloader", [True, False])
    def test_a_port_in_use(
        self, application: Application, capsys: pytest.CaptureFixture[str], use_reloader: bool
    ) -> None:
        options = {**QUIET, "use_reloader": use_reloader}
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(SystemExit) as ended:
                serve(application, port=port, arguments=[], **options)
        assert ended.value.code == 1
        assert capsys.readouterr().err == (
            f"hello: port {port} on 127.0.0.1 is in use by another program. "
            "Stop that one, or choose another port with --port.\n"
        )

    @pytest.mark.parametrize("use_reloader", [True, False])
    def test_an_address_of_another_machine(
        self, application: Application, capsys: pytest.CaptureFixture[str], use_reloader: bool
    ) -> None:
        options = {**QUIET, "use_reloader": use_reloader}
        with pytest.raises(SystemExit) as ended:
            serve(application, "192.0.2.1", 5000, arguments=[], **options)
        reason = os.strerror(errno.EADDRNOTAVAIL)
        assert ended.value.code == 1
        assert capsys.readouterr().err.startswith(
            f"hello: cannot listen on 192.0.2.1, port 5000: {reason}"
        )

    def test_another_thread_can_serve(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = signal.getsignal(signal.SIGTERM)
        servers: list[Any] = []
        make_server = serving.make_server

        def make_and_keep(*arguments: Any, **options: Any) -> Any:
            servers.append(make_server(*arguments, **options))
            return servers[-1]

        monkeypatch.setattr(serving, "make_server", make_and_keep)
        port = free_port()
        options = {**QUIET, "port": port, "arguments": []}
        thread = threading.Thread(target=serve, args=(application,), kwargs=options)
        thread.start()
        assert wait_for("the server", lambda: fetch(port)) == Answer(200, "hello")
        assert signal.getsignal(signal.SIGTERM) == before
        servers[0].shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.usefixtures("program_file")
class TestReloader:
    """What is handed to Werkzeug's reloader, in the parent process and in its child."""

    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
        calls: list[Any] = []
        monkeypatch.setattr(
            serving, "run_simple", lambda *arguments, **options: calls.append((arguments, options))
        )
        logger = logging.getLogger("werkzeug")
        level = logger.level
        yield calls
        logger.setLevel(level)

    def test_the_parent_announces_and_watches(
        self, application: Application, calls: list[Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        serve(application, port=0, arguments=[])
        (((address, port, served), options),) = calls
        assert (address, served) == ("127.0.0.1", application)
        assert options == {"use_reloader": True, "threaded": True, "processes": 1}
        assert f"http://127.0.0.1:{port}/" in capsys.readouterr().out
        assert port != 0

    def test_the_child_serves(
        self,
        application: Application,
        calls: list[Any],
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(serving, "is_running_from_reloader", lambda: True)
        serve(application, port=0, arguments=["--processes", "2"])
        (((_, _, served), options),) = calls
        assert isinstance(served, DebuggedApplication)
        assert (options["threaded"], options["processes"]) == (False, 2)
        assert "http" not in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("code", "exit_code"),
        [
            pytest.param(0, 143, id="Werkzeug says 0 on SIGTERM"),
            pytest.param(1, 1, id="another code is that of the child"),
        ],
    )
    def test_exit_codes(
        self,
        application: Application,
        monkeypatch: pytest.MonkeyPatch,
        calls: list[Any],
        code: int,
        exit_code: int,
    ) -> None:
        monkeypatch.setattr(serving, "run_simple", lambda *arguments, **options: sys.exit(code))
        with pytest.raises(SystemExit) as ended:
            serve(application, port=0, arguments=[])
        assert ended.value.code == exit_code
