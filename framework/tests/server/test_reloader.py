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
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

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

    def test_an_extra_file_is_watched(self, start: Start, folder: Path) -> None:
        (folder / "data.txt").write_text("one")
        read = "import pathlib\n\nWORD = pathlib.Path('data.txt').read_text()"
        text = (folder / "hello.py").read_text().replace("from words import WORD", read)
        text = text.replace("serve()", "serve(extra_files=['data.txt'], reloader_interval=0.05)")
        (folder / "hello.py").write_text(text)
        program = start()
        program.wait_for_page("one")
        program.write("data.txt", "two")
        program.wait_for_page("two")

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

    def test_starts_and_restarts_are_printed(self, start: Start) -> None:
        program = start("--no-debugger", FORCE_COLOR="1")
        program.wait_for_page()
        program.write("words.py", "WORD = (\n")
        program.wait_for_flaw()
        program.write("words.py", 'WORD = "hello"\n')
        program.wait_for_page()
        program.stop()
        lines = program.lines[1:]
        assert [line for line in lines if line.startswith(" * ")] == [
            " * words.py changed, restarting",
            " * hello failed: see the browser. Retrying on the next change",
            " * words.py changed, restarting",
        ]
        error = [line for line in lines if not line.startswith(" * ")]
        assert error[0] == "Traceback (most recent call last):"
        assert error[-1] == "SyntaxError: '(' was never closed"
        assert "clastic" not in "".join(error)

    def test_a_warning_before_it_serves_and_an_error_after_it_are_printed(
        self, start: Start, folder: Path
    ) -> None:
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(f"import sys\nprint('early', file=sys.stderr)\n{hello}")
        program = start("--no-debugger")
        program.wait_for_page()
        assert program.get("/fail").status == 500
        program.stop()
        assert program.lines.count("early") == 2  # of the parent, and of the child
        assert "ValueError: what happened" in program.lines

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

    def test_the_folder_can_be_moved_away_and_back(self, program: Any) -> None:
        folder = program.folder
        folder.rename(folder.with_name("elsewhere"))
        received = program.wait_for_flaw("hello could not be started: ")
        assert "No such file or directory" in received.text
        folder.with_name("elsewhere").rename(folder)
        program.wait_for_page("hello")


class TestRequests:
    def test_no_request_is_lost(self, program: Any) -> None:
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

    def test_a_running_request_finishes(self, program: Any) -> None:
        with program.open("/slow") as response:
            assert response.read(6) == b"begun "
            program.write("words.py", 'WORD = "other"\n')
            assert response.read() == b"and ended"
        program.wait_for_page("other")

    @pytest.mark.parametrize("flags", [(), ("--processes", "2")], ids=["threads", "processes"])
    def test_an_endless_request_is_cut_off(self, start: Start, flags: tuple[str, ...]) -> None:
        program = start(*flags)
        program.wait_for_page("hello")
        with program.open("/endless") as response:
            process = int(response.readline())
            program.write("words.py", 'WORD = "other"\n')
            program.wait_for_page("other")
            assert process not in program.members()
            with suppress(http.client.IncompleteRead, ConnectionError):
                while response.read(100_000):
                    pass

    def test_a_connection_without_a_request_does_not_delay_a_restart(self, program: Any) -> None:
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
    assert program.line(3) == "stuck"


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
    def test_a_signal_ends_the_server_quietly_and_leaves_no_process(
        self, program: Any, state: Callable[[Any], None], number: int, to_group: bool
    ) -> None:
        state(program)
        before = program.lines
        program.send_signal(number, to_group=to_group)
        is_sigint = number == signal.SIGINT
        assert program.wait() == (0 if is_sigint else 143)
        assert program.lines == [*before, *["served"] * is_sigint]
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

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)], ids=["SIGTERM", "SIGINT"]
    )
    def test_a_signal_to_the_child_ends_all(self, program: Any, number: int, code: int) -> None:
        os.kill(program.serving_process(), number)
        assert program.wait() == code

    def test_a_child_that_a_request_ends_is_replaced_on_the_next_change(self, program: Any) -> None:
        with suppress(http.client.HTTPException, ConnectionError):
            program.get("/abrupt")
        program.wait_for_flaw("hello exited with status 3")
        assert program.line(2) == " * hello failed: see the browser. Retrying on the next change"
        program.write("words.py", 'WORD = "back"\n')
        program.wait_for_page("back")


def test_other_machines_do_not_see_the_source_of_an_error(start: Start) -> None:
    program = start("--address", "0.0.0.0")
    program.wait_for_page()
    program.write("words.py", "SECRET = (\n")
    page = program.wait_for_flaw(
        "The terminal that the program was started in shows the error"
    ).text
    assert "SECRET" not in page
    assert "words.py" not in page
    assert "SECRET = (" in program.output


def test_the_console_of_the_debugger_works_after_a_restart(start: Start) -> None:
    program = start()
    pin = program.line(1).removeprefix(" * debugger PIN: ")
    assert evaluate(program, pin, "6 * 7") == "42"
    program.write("words.py", 'WORD = "other"\n')
    program.wait_for_page("other")
    assert evaluate(program, pin, "6 * 7") == "42"
    assert program.output.count("PIN") == 1


def evaluate(program: Any, pin: str, code: str) -> str:
    """Evaluate code in the console of the debugger."""
    page = program.get("/fail", {"Accept": "text/html"}).text
    secret = re.search(r'SECRET = "(\w+)"', page).group(1)
    frame = re.search(r'id="frame-(\d+)"', page).group(1)
    start = f"/?__debugger__=yes&s={secret}"
    cookie = program.get(f"{start}&cmd=pinauth&pin={pin}").headers["Set-Cookie"].split(";")[0]
    received = program.get(f"{start}&cmd={quote(code)}&frm={frame}", {"Cookie": cookie})
    return re.sub("<[^>]*>", "", received.text).split("\n")[1].strip()


TURN_ECHO_OFF = """\
import os
import termios

from clastic.application import Application
from clastic.http import Response
from words import WORD


def turn_echo_off():
    settings = termios.tcgetattr(0)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, settings)
    return Response("no echo")


os.dup2(os.open(os.environ["TERMINAL"], os.O_RDWR), 0)
Application([("/", lambda: Response(WORD)), ("/echo-off", turn_echo_off)]).serve()
"""


def test_a_restart_restores_the_terminal(start: Start, folder: Path) -> None:
    """A debugger turns its echo off while it reads a line."""
    master, terminal = pty.openpty()
    (folder / "hello.py").write_text(TURN_ECHO_OFF)
    program = start(TERMINAL=os.ttyname(terminal))
    program.wait_for_page("hello")
    program.get("/echo-off")
    assert not termios.tcgetattr(terminal)[3] & termios.ECHO
    program.write("words.py", "WORD = 'other'\n")
    program.wait_for_page("other")
    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)
    os.close(master)


def test_a_foreign_host_gets_neither_the_pages_nor_the_flaw(start: Start) -> None:
    def status(*headers: tuple[str, str]) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)) as visit:
            visit.putrequest("GET", "/_meta/", skip_host=True)
            for header in headers:
                visit.putheader(*header)
            visit.endheaders()
            return visit.getresponse().status

    program = start("--host", "dev.example")
    program.wait_for_page("hello")
    own, foreign = ("Host", "dev.example"), ("Host", "evil.example")
    refused = ((foreign,), (own, foreign), (("Host", "a:99999"),), ())
    # Without a guard, the meta page is only served for loopback names.
    assert [status(own), *(status(*headers) for headers in refused)] == [403, 400, 400, 400, 400]
    program.write("hello.py", "1 / 0")
    program.wait_for_flaw("ZeroDivisionError")
    assert [status(own), *(status(*headers) for headers in refused)] == [500, 400, 400, 400, 400]
