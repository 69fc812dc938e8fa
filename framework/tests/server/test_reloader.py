"""The reloader: when it starts a program again, what requests get meanwhile, and how it ends."""

from __future__ import annotations

import http.client
import os
import pty
import re
import signal
import socket
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from clastic.server.reloader import restore_terminal, terminal_settings

SOURCE = Path(__file__).parents[2] / "src"
TIMEOUT = 30

Start = Callable[..., Any]


@pytest.fixture
def program(start: Start) -> Any:
    """The program, which serves with the reloader."""
    program = start()
    program.wait_for_page("hello")
    return program


def replace_at(path: Path, text: str, nanosecond: int) -> None:
    """Save a file within a certain second, by renaming another one as some editors do."""
    other = path.with_suffix(".new")
    other.write_text(text)
    os.utime(other, ns=(0, 1_700_000_000_000_000_000 + nanosecond))
    other.replace(path)


class TestChanges:
    def test_two_versions_of_one_size_in_one_second_are_told_apart(
        self, start: Start, folder: Path
    ) -> None:
        """Python itself would use the bytecode of the first for the second."""
        replace_at(folder / "words.py", 'WORD = "one"\n', 1)
        program = start(PYTHONDONTWRITEBYTECODE="")
        program.wait_for_page("one")
        replace_at(folder / "words.py", 'WORD = "two"\n', 2)
        program.wait_for_page("two")

    def test_the_last_of_two_quick_saves_is_served(self, program: Any) -> None:
        program.write("words.py", 'WORD = "one"\n')
        program.line(2)  # it restarts
        program.write("words.py", 'WORD = "two"\n')
        program.wait_for_page("two")

    def test_a_module_that_a_request_has_imported_is_watched(
        self, start: Start, folder: Path
    ) -> None:
        text = (folder / "hello.py").read_text()
        text = text.replace("def word():", "def word():\n    import late")
        (folder / "hello.py").write_text(text.replace("{WORD}", "{late.WORD}"))
        (folder / "late.py").write_text('WORD = "late"\n')
        program = start()
        first = program.wait_for_page("late")
        program.write("late.py", 'WORD = "later"\n')
        assert program.wait_for_page("later") != first

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            pytest.param("missing", "missing.py", id="beside the program"),
            pytest.param("missing.inner", "missing/inner.py", id="in a new folder"),
        ],
    )
    def test_a_missing_module_is_found_when_it_is_created(
        self, program: Any, module: str, name: str
    ) -> None:
        program.write("words.py", f"from {module} import WORD\n")
        program.wait_for_flaw("No module named 'missing'")
        (program.folder / name).parent.mkdir(exist_ok=True)
        program.write(name, 'WORD = "found"\n')
        program.wait_for_page("found")

    def test_events_of_the_system_are_used(self, start: Start) -> None:
        pytest.importorskip("watchdog")
        program = start(PYTHONPATH=str(SOURCE))
        program.wait_for_page("hello")
        program.write("words.py", 'WORD = "other"\n')
        program.wait_for_page("other")
        program.write("words.py", "from new import WORD\n")
        program.wait_for_flaw("No module named 'new'")
        program.write("new.py", 'WORD = "new"\n')
        program.wait_for_page("new")

    def test_what_is_printed(self, start: Start) -> None:
        program = start("--no-debugger")
        program.wait_for_page()
        program.write("words.py", "WORD = (\n")
        program.wait_for_flaw()
        program.write("words.py", 'WORD = "hello"\n')
        program.wait_for_page()
        program.send(signal.SIGTERM)
        _, output, errors = program.wait()
        assert output.splitlines()[1:] == [
            " * words.py changed, restarting",
            " * hello failed to start: see the browser. Retrying on the next change",
            " * words.py changed, restarting",
        ]
        logged = [line for line in errors.splitlines() if "HTTP/1.1" not in line]
        assert logged[0] == "Traceback (most recent call last):"
        assert logged[-1] == "SyntaxError: '(' was never closed"
        assert "clastic" not in "".join(logged)

    def test_a_warning_before_it_serves_and_an_error_after_it_are_printed(
        self, start: Start, folder: Path
    ) -> None:
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(f"import sys\nprint('early', file=sys.stderr)\n{hello}")
        program = start("--no-debugger")
        program.wait_for_page()
        assert program.get("/fail").status == 500
        program.send(signal.SIGTERM)
        lines = program.wait()[2].splitlines()
        assert lines.count("early") == 2  # of the parent, and of the child
        assert "ValueError: what happened" in lines

    def test_a_program_that_writes_one_of_its_files_does_not_restart_forever(
        self, start: Start, folder: Path
    ) -> None:
        version = "open('version.py', 'w').write(f'VERSION = {time.time_ns()}')\nimport version\n"
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(f"import time\n{version}{hello}")
        (folder / "version.py").write_text("")
        program = start("--no-debugger")
        program.line(3)
        program.wait_for_page("hello")
        assert program.output.count("version.py changed") == 3
        program.write("words.py", 'WORD = "other"\n')
        program.wait_for_page("other")
        assert program.output.count("version.py changed") == 3
        program.write("version.py", "")  # the user, now
        program.line(5)
        assert program.output.count("version.py changed") == 4

    def test_its_folder_is_moved_away_and_back(self, program: Any) -> None:
        folder = program.folder
        folder.rename(folder.with_name("elsewhere"))
        answer = program.wait_for_flaw("hello could not be started: ")
        assert "No such file or directory" in answer.body
        folder.with_name("elsewhere").rename(folder)
        program.wait_for_page("hello")

    def test_another_port_in_the_program_takes_a_new_start(self, start: Start) -> None:
        program = start("--no-debugger")
        program.wait_for_page()
        program.edit("hello.py", "serve()", "serve(port=5001, arguments=[])")
        assert program.line(2) == (
            f" * still on port {program.port}: stop and start it to use port 5001\n"
        )
        program.wait_for_page()


class TestRequests:
    def test_none_is_lost(self, program: Any) -> None:
        errors: list[Exception] = []
        is_over = threading.Event()

        def visit() -> None:
            while not is_over.wait(0.005):
                try:
                    program.get()
                except (OSError, http.client.HTTPException) as error:
                    errors.append(error)

        visitors = [threading.Thread(target=visit) for _ in range(2)]
        for visitor in visitors:
            visitor.start()
        for number in range(2):
            program.write("words.py", f'WORD = "word{number}"\n')
            program.wait_for_page(f"word{number}")
            program.write("words.py", "WORD = \n")
            program.wait_for_flaw()
        is_over.set()
        for visitor in visitors:
            visitor.join(TIMEOUT)
        assert errors == []

    def test_a_running_one_finishes(self, program: Any) -> None:
        with program.open("/slow") as response:
            assert response.read(6) == b"begun "
            program.write("words.py", 'WORD = "other"\n')
            assert response.read() == b"and ended"
        program.wait_for_page("other")

    @pytest.mark.parametrize("flags", [(), ("--processes", "2")], ids=["threads", "processes"])
    def test_an_endless_one_is_cut_off(
        self, start: Start, is_running: Callable[[int], bool], flags: tuple[str, ...]
    ) -> None:
        program = start(*flags)
        program.wait_for_page("hello")
        with program.open("/endless") as response:
            process = int(response.readline())
            program.write("words.py", 'WORD = "other"\n')
            program.wait_for_page("other")
            assert not is_running(process)
            with suppress(http.client.IncompleteRead, ConnectionError):
                while response.read(100):
                    pass

    def test_a_connection_without_one_holds_nothing_up(self, program: Any) -> None:
        """Browsers open spare connections. Flaw must not answer what they send later."""
        program.write("words.py", "WORD = (\n")
        program.wait_for_flaw()
        with socket.create_connection(("127.0.0.1", program.port), TIMEOUT) as connection:
            program.wait_for_flaw()
            program.write("words.py", 'WORD = "mended"\n')
            program.wait_for_page("mended")
            assert connection.recv(1) == b""


def serving(program: Any) -> None:
    """Leave the program as it is."""


def broken(program: Any) -> None:
    program.write("words.py", "WORD = (\n")
    program.wait_for_flaw()


def starting(program: Any) -> None:
    """Let the program hang in an import."""
    program.write(
        "words.py", 'print("stuck", flush=True)\nimport threading\nthreading.Event().wait()\n'
    )
    assert program.line(3) == "stuck\n"


class TestEnd:
    @pytest.mark.parametrize(
        ("state", "number", "to_group"),
        [
            pytest.param(serving, signal.SIGTERM, False, id="SIGTERM while it serves"),
            pytest.param(serving, signal.SIGINT, False, id="SIGINT to the parent while it serves"),
            pytest.param(serving, signal.SIGINT, True, id="Ctrl-C while it serves"),
            pytest.param(broken, signal.SIGTERM, False, id="SIGTERM while it is broken"),
            pytest.param(broken, signal.SIGINT, True, id="Ctrl-C while it is broken"),
            pytest.param(starting, signal.SIGTERM, True, id="SIGTERM to all while it starts"),
            pytest.param(starting, signal.SIGINT, True, id="Ctrl-C while it starts"),
        ],
    )
    def test_a_signal_ends_it_quietly_and_leaves_no_process(
        self, program: Any, state: Callable[[Any], None], number: int, to_group: bool
    ) -> None:
        state(program)
        before = program.errors
        program.send(number, to_group=to_group)
        exit_code, output, errors = program.wait()
        assert exit_code == (0 if number == signal.SIGINT else 143)
        assert output.endswith("served\n") is (number == signal.SIGINT)
        assert errors == before
        assert program.members() == []

    @pytest.mark.parametrize("flags", [(), ("--processes", "2")], ids=["threads", "processes"])
    def test_the_child_ends_when_its_parent_is_killed(
        self, start: Start, wait_for: Callable[..., Any], flags: tuple[str, ...]
    ) -> None:
        program = start(*flags)
        program.wait_for_page()
        with program.open("/endless") as response:
            response.readline()
            program.process.kill()
            wait_for("the end of all processes", lambda: program.members() == [])

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
    def test_a_signal_to_the_child_ends_all(self, program: Any, number: int, code: int) -> None:
        os.kill(program.serving_process(), number)
        assert program.wait()[0] == code

    def test_a_child_that_a_request_ends_is_replaced_on_the_next_change(self, program: Any) -> None:
        with suppress(http.client.HTTPException, ConnectionError):
            program.get("/abrupt")
        program.wait_for_flaw("hello exited with status 3")
        assert program.line(2) == (
            " * hello stopped: see the browser. Retrying on the next change\n"
        )
        program.write("words.py", 'WORD = "back"\n')
        program.wait_for_page("back")


def test_other_machines_do_not_see_the_source_of_an_error(start: Start) -> None:
    program = start("--address", "0.0.0.0")
    program.wait_for_page()
    program.write("words.py", "SECRET = (\n")
    page = program.wait_for_flaw(
        "The terminal that the program was started in shows the error"
    ).body
    assert "SECRET" not in page
    assert "words.py" not in page
    assert "SECRET = (" in program.errors


def test_the_console_of_the_debugger_works_after_a_restart(start: Start) -> None:
    program = start()
    pin = program.line(1).removeprefix(" * debugger PIN: ").strip()
    assert evaluate(program, pin, "6 * 7") == "42"
    program.write("words.py", 'WORD = "other"\n')
    program.wait_for_page("other")
    assert evaluate(program, pin, "6 * 7") == "42"
    assert program.output.count("PIN") == 1


def evaluate(program: Any, pin: str, code: str) -> str:
    """Evaluate code in the console of the debugger."""
    page = program.get("/fail").body
    secret = re.search(r'SECRET = "(\w+)"', page).group(1)
    frame = re.search(r'id="frame-(\d+)"', page).group(1)
    start = f"/?__debugger__=yes&s={secret}"
    cookie = program.get(f"{start}&cmd=pinauth&pin={pin}").headers["set-cookie"].split(";")[0]
    answer = program.get(f"{start}&cmd={quote(code)}&frm={frame}", {"Cookie": cookie})
    return re.sub("<[^>]*>", "", answer.body).split("\n")[1].strip()


TURN_ECHO_OFF = """\
import contextlib
import fcntl
import termios

from clastic.application import Application
from clastic.http import Response
from words import WORD


def turn_echo_off():
    settings = termios.tcgetattr(0)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, settings)
    return Response("no echo")


with contextlib.suppress(OSError):  # only the parent may make it its terminal
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
Application([("/", lambda: Response(WORD)), ("/echo-off", turn_echo_off)]).serve(port=0)
"""


class TestTerminal:
    """A debugger turns the echo of the terminal off while it reads a line."""

    @pytest.fixture
    def terminal(self) -> Iterator[int]:
        master, terminal = pty.openpty()
        yield terminal
        os.close(terminal)
        os.close(master)

    @pytest.fixture
    def stdin(self, terminal: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """The terminal, as the standard input of this process."""
        with os.fdopen(os.dup(terminal), "rb") as stream:
            monkeypatch.setattr("sys.stdin", stream)
            yield terminal

    def has_echo(self, terminal: int) -> bool:
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    def turn_echo_off(self, terminal: int) -> None:
        settings = termios.tcgetattr(terminal)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, settings)

    def test_a_restart_restores_it(
        self, tmp_path: Path, start_in: Callable[..., Any], terminal: int
    ) -> None:
        (tmp_path / "app.py").write_text(TURN_ECHO_OFF)
        (tmp_path / "words.py").write_text("WORD = 'one'\n")
        program = start_in(tmp_path, ["app.py"], stdin=terminal)
        try:
            program.wait_for_page("one")
            program.get("/echo-off")
            assert not self.has_echo(terminal)
            program.write("words.py", "WORD = 'two'\n")
            program.wait_for_page("two")
            assert self.has_echo(terminal)
        finally:
            program.kill()

    @pytest.mark.parametrize("group", [None, -1], ids=["not ours", "ours in the background"])
    def test_a_terminal_of_other_processes_is_left_alone(
        self, stdin: int, monkeypatch: pytest.MonkeyPatch, group: int | None
    ) -> None:
        settings = terminal_settings()
        assert settings is not None
        self.turn_echo_off(stdin)
        if group is not None:
            monkeypatch.setattr(os, "tcgetpgrp", lambda number: group)
        restore_terminal(settings)
        assert not self.has_echo(stdin)

    def test_standard_input_may_be_a_file_or_closed_or_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "input").write_text("")
        with (tmp_path / "input").open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            assert terminal_settings() is None
        assert terminal_settings() is None
        monkeypatch.setattr("sys.stdin", None)
        assert terminal_settings() is None
        restore_terminal(None)
