"""The reloader: when it starts a program again, how requests fare then, and how it ends."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

Start = Callable[..., Any]


def write_at(path: Path, text: str, nanosecond: int) -> None:
    """Save a file as some editors do, by renaming another one, within a certain second."""
    other = path.with_suffix(".new")
    other.write_text(text)
    os.utime(other, ns=(0, 1_700_000_000_000_000_000 + nanosecond))
    other.replace(path)


class TestChanges:
    def test_versions_of_one_size_in_one_second_are_told_apart(
        self, start: Start, folder: Path
    ) -> None:
        """Python itself takes the bytecode of the first for that of the second."""
        write_at(folder / "words.py", 'WORD = "one"\n', 1)
        program = start("--port", "0", PYTHONDONTWRITEBYTECODE="")
        program.wait_until_it_serves("one")
        write_at(folder / "words.py", 'WORD = "two"\n', 2)
        program.wait_until_it_serves("two")

    def test_the_last_of_two_quick_saves_counts(self, start: Start) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves("hello")
        program.write("words.py", 'WORD = "one"\n')
        program.line(2)  # it starts again
        program.write("words.py", 'WORD = "two"\n')
        program.wait_until_it_serves("two")

    def test_a_module_that_was_imported_by_a_request(self, start: Start, folder: Path) -> None:
        text = (
            (folder / "hello.py").read_text().replace("def word():", "def word():\n    import late")
        )
        (folder / "hello.py").write_text(text.replace("{WORD}", "{late.WORD}"))
        (folder / "late.py").write_text('WORD = "late"\n')
        program = start("--port", "0")
        first = program.wait_until_it_serves("late")
        program.write("late.py", 'WORD = "later"\n')
        assert program.wait_until_it_serves("later") != first

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            pytest.param("missing", "missing.py", id="beside the program"),
            pytest.param("missing.inner", "missing/inner.py", id="in a new folder"),
        ],
    )
    def test_a_file_that_was_missing(
        self, start: Start, folder: Path, module: str, name: str
    ) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves()
        program.write("words.py", f"from {module} import WORD\n")
        program.wait_until_it_fails("No module named 'missing'")
        (folder / name).parent.mkdir(exist_ok=True)
        program.write(name, 'WORD = "found"\n')
        program.wait_until_it_serves("found")

    def test_with_events_of_the_system(self, start: Start, folder: Path) -> None:
        pytest.importorskip("watchdog")
        source = os.fspath(Path(__file__).parents[2] / "src")
        program = start("--port", "0", PYTHONPATH=source)
        program.wait_until_it_serves("hello")
        program.write("words.py", 'WORD = "other"\n')
        program.wait_until_it_serves("other")
        program.write("words.py", "from new import WORD\n")
        program.wait_until_it_fails("No module named 'new'")
        program.write("new.py", 'WORD = "new"\n')
        program.wait_until_it_serves("new")

    def test_it_says_what_it_does(self, start: Start) -> None:
        program = start("--port", "0", "--no-debugger")
        program.wait_until_it_serves()
        program.write("words.py", "WORD = (\n")
        program.wait_until_it_fails()
        program.write("words.py", 'WORD = "hello"\n')
        program.wait_until_it_serves()
        program.send(signal.SIGTERM)
        _, output, errors = program.end()
        changed = " * words.py changed, starting again"
        assert output.splitlines()[1:] == [
            changed,
            " * hello does not run: a browser shows why, until a save mends it",
            changed,
        ]
        logged = [line for line in errors.splitlines() if "HTTP/1.1" not in line]
        assert logged[0] == "Traceback (most recent call last):"
        assert "child.py" not in errors
        assert "runpy" not in errors
        assert logged[-1] == "SyntaxError: '(' was never closed"

    def test_a_file_that_the_program_writes_itself(self, start: Start, folder: Path) -> None:
        """It does not start again for ever, and the file is watched once it serves."""
        version = "open('version.py', 'w').write(f'VERSION = {time.time_ns()}')\nimport version\n"
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(f"import time\n{version}{hello}")
        (folder / "version.py").write_text("")
        program = start("--port", "0", "--no-debugger")
        program.line(3)
        program.wait_until_it_serves("hello")
        changes = program.output.count("version.py changed")
        assert changes == 3
        program.write("words.py", 'WORD = "other"\n')
        program.wait_until_it_serves("other")
        assert program.output.count("version.py changed") == changes
        program.write("version.py", "")
        program.line(changes + 2)
        assert program.output.count("version.py changed") == changes + 1
        program.send(signal.SIGTERM)
        assert program.end()[0] == 143

    def test_its_whole_folder_goes_and_comes_back(self, start: Start, folder: Path) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves("hello")
        folder.rename(folder.with_name("elsewhere"))
        attempts = "hello cannot be started: "
        answer = program.wait_until_it_fails(attempts)
        assert "No such file or directory" in answer.body
        folder.with_name("elsewhere").rename(folder)
        program.wait_until_it_serves("hello")
        program.send(signal.SIGTERM)
        assert program.end()[0] == 143

    def test_another_port_is_for_the_next_time(self, start: Start, folder: Path) -> None:
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(hello.replace("serve()", "serve(port=0)"))
        program = start("--no-debugger")
        program.wait_until_it_serves()
        program.write("hello.py", hello.replace("serve()", "serve(port=5001)"))
        assert program.line(2) == (
            f" * this is still port {program.port}: start it anew for port 5001\n"
        )
        program.send(signal.SIGTERM)
        assert program.end()[0] == 143


class TestRequests:
    def test_none_is_lost(self, start: Start, fetch: Callable[..., Any]) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves()
        mistakes: list[Exception] = []
        is_over = threading.Event()

        def visit() -> None:
            while not is_over.wait(0.005):
                try:
                    fetch(program.port)
                except (OSError, http.client.HTTPException) as error:
                    mistakes.append(error)

        visitors = [threading.Thread(target=visit) for _ in range(2)]
        for visitor in visitors:
            visitor.start()
        for number in range(2):
            program.write("words.py", f'WORD = "word{number}"\n')
            program.wait_until_it_serves(f"word{number}")
            program.write("words.py", "WORD = \n")
            program.wait_until_it_fails()
        is_over.set()
        for visitor in visitors:
            visitor.join(20)
        assert mistakes == []

    def test_one_that_is_being_answered_is_answered_to_the_end(self, start: Start) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/slow")
            response = connection.getresponse()
            assert response.read(6) == b"begun "
            program.write("words.py", 'WORD = "other"\n')
            assert response.read() == b"and ended"
        program.wait_until_it_serves("other")

    def test_one_without_an_end_is_broken_off(self, start: Start) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/endless")
            response = connection.getresponse()
            program.write("words.py", 'WORD = "other"\n')
            program.wait_until_it_serves("other")
            with suppress(http.client.IncompleteRead, ConnectionError):
                while response.read(100):
                    pass

    def test_a_connection_that_asks_for_nothing_holds_nothing_up(self, start: Start) -> None:
        """Browsers open connections to have them; one of Flaw must not answer what comes later."""
        program = start("--port", "0")
        program.wait_until_it_serves()
        program.write("words.py", "WORD = (\n")
        program.wait_until_it_fails()
        with socket.create_connection(("127.0.0.1", program.port), 20) as connection:
            program.wait_until_it_fails()
            program.write("words.py", 'WORD = "mended"\n')
            program.wait_until_it_serves("mended")
            assert connection.recv(1) == b""

    def test_several_processes(self, start: Start, is_running: Callable[[int], bool]) -> None:
        program = start("--port", "0", "--processes", "2")
        program.wait_until_it_serves("hello")
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/endless")
            response = connection.getresponse()
            worker = int(response.readline())
            program.write("words.py", 'WORD = "other"\n')
            program.wait_until_it_serves("other")
            assert not is_running(worker)


class TestCrashes:
    def test_a_process_that_ends_by_a_request(self, start: Start) -> None:
        program = start("--port", "0")
        program.wait_until_it_serves()
        with suppress(http.client.HTTPException, ConnectionError):
            program.get("/abrupt")
        program.wait_until_it_fails("hello ended with the exit code 3")
        program.write("words.py", 'WORD = "back"\n')
        program.wait_until_it_serves("back")

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)], ids=["SIGTERM", "SIGINT"]
    )
    def test_a_process_that_is_asked_to_end_ends_all(
        self, start: Start, number: int, code: int
    ) -> None:
        program = start("--port", "0")
        os.kill(program.server(), number)
        assert program.end()[0] == code


def serving(program: Any) -> None:
    program.wait_until_it_serves()


def broken(program: Any) -> None:
    program.wait_until_it_serves()
    program.write("words.py", "WORD = (\n")
    program.wait_until_it_fails()


def starting(program: Any) -> None:
    """Let the program get stuck in an import."""
    program.wait_until_it_serves()
    program.write(
        "words.py", 'print("stuck", flush=True)\nimport threading\nthreading.Event().wait()\n'
    )
    assert program.line(3) == "stuck\n"


class TestEnd:
    @pytest.mark.parametrize(
        ("state", "number", "to_group"),
        [
            pytest.param(serving, signal.SIGTERM, False, id="SIGTERM while it serves"),
            pytest.param(serving, signal.SIGINT, False, id="Ctrl-C by itself while it serves"),
            pytest.param(serving, signal.SIGINT, True, id="Ctrl-C while it serves"),
            pytest.param(broken, signal.SIGTERM, False, id="SIGTERM while it is broken"),
            pytest.param(broken, signal.SIGINT, True, id="Ctrl-C while it is broken"),
            pytest.param(starting, signal.SIGTERM, True, id="SIGTERM to all while it starts"),
            pytest.param(starting, signal.SIGINT, True, id="Ctrl-C while it starts"),
        ],
    )
    def test_nothing_is_left(
        self, start: Start, state: Callable[[Any], None], number: int, to_group: bool
    ) -> None:
        program = start("--port", "0")
        state(program)
        before = program.errors
        program.send(number, to_group=to_group)
        exit_code, output, errors = program.end()
        assert exit_code == (0 if number == signal.SIGINT else 143)
        assert output.endswith("served\n") is (number == signal.SIGINT)
        assert errors == before
        assert members_of(program.process.pid) == []

    @pytest.mark.parametrize("state", [serving, starting])
    def test_a_child_does_not_outlive_its_parent(
        self, start: Start, wait_for: Callable[..., Any], state: Callable[[Any], None]
    ) -> None:
        program = start("--port", "0")
        state(program)
        program.process.kill()
        wait_for("the end of all", lambda: members_of(program.process.pid) == [])

    def test_with_several_processes(self, start: Start, wait_for: Callable[..., Any]) -> None:
        program = start("--port", "0", "--processes", "2")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/endless")
            response = connection.getresponse()
            response.readline()
            program.process.kill()
            wait_for("the end of all", lambda: members_of(program.process.pid) == [])


def members_of(group: int) -> list[int]:
    """The processes of a process group that run."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, number = path.read_text().rpartition(")")[2].split()[:3]
            if int(number) == group and state != "Z":
                members.append(int(path.parent.name))
    return members


class TestOthers:
    """Where others can reach the server, a mistake is shown in the terminal only."""

    def test_the_page_does_not_say_what_is_wrong(self, start: Start) -> None:
        program = start("--port", "0", "--address", "0.0.0.0")
        program.wait_until_it_serves()
        program.write("words.py", "SECRET = (\n")
        page = program.wait_until_it_fails("The terminal that it was started in says why").body
        assert "SECRET" not in page
        assert "words.py" not in page
        assert "SECRET = (" in program.errors
        program.send(signal.SIGTERM)
        assert program.end()[0] == 143


class TestCommands:
    """However a program is started, it is started in the same way again."""

    def reload(self, program: Any) -> None:
        program.wait_until_it_serves("hello")
        program.write("words.py", 'WORD = "other"\n')
        program.wait_until_it_serves("other")

    @pytest.mark.parametrize(
        "command",
        [
            pytest.param(("-m", "hello"), id="a module"),
            pytest.param(
                ("-c", "import hello; hello.create_app().serve()"), id="a text on the command line"
            ),
        ],
    )
    def test_a_command(self, start: Start, command: tuple[str, ...]) -> None:
        self.reload(start("--port", "0", command=command))

    @pytest.mark.parametrize("command", [("-m", "package"), ("package",)], ids=["-m", "a folder"])
    def test_a_package(
        self,
        start: Start,
        folder: Path,
        environment: dict[str, str],
        command: tuple[str, ...],
    ) -> None:
        (folder / "package").mkdir()
        (folder / "hello.py").rename(folder / "package" / "__main__.py")
        path = os.pathsep.join([environment["PYTHONPATH"], os.fspath(folder)])
        program = start("--port", "0", command=command, PYTHONPATH=path)
        assert program.line(0).startswith(" * package: http")
        self.reload(program)

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
    def test_a_program_that_does_not_import_from_its_folder(
        self, start: Start, folder: Path, environment: dict[str, str]
    ) -> None:
        (folder / "inner").mkdir()
        (folder / "hello.py").rename(folder / "inner" / "hello.py")
        (folder / "inner" / "words.py").write_text('WORD = "wrong"\n')
        path = os.pathsep.join([environment["PYTHONPATH"], os.fspath(folder)])
        command = ("-P", os.path.join("inner", "hello.py"))
        self.reload(start("--port", "0", command=command, PYTHONPATH=path))

    def test_a_program_that_changes_its_folder(self, start: Start, folder: Path) -> None:
        (folder / "data").mkdir()
        (folder / "data" / "here.txt").write_text("")
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(
            f"import os\nos.chdir('data')\nopen('here.txt').close()\n{hello}"
        )
        self.reload(start("--port", "0"))

    def test_the_program_finds_what_it_found_before(self, start: Start, folder: Path) -> None:
        hello = (folder / "hello.py").read_text()
        seen = "{sys.argv[1:]} {' '.join(sys.orig_argv[3:])} {is_running_from_reloader()} "
        imports = "import sys\nfrom werkzeug.serving import is_running_from_reloader\n"
        (folder / "hello.py").write_text(imports + hello.replace('f"{WORD} ', f'f"{seen}'))
        program = start("--port", "0", "--mine", "a b", command=("-Wignore", "./hello.py"))
        first = program.wait_until_it_serves().body.rpartition(" ")[0]
        program.write("words.py", 'WORD = "other"\n')
        program.line(2)
        second = program.wait_until_it_serves().body.rpartition(" ")[0]
        assert first == second
        assert first == (
            "['--port', '0', '--mine', 'a b'] -Wignore ./hello.py --port 0 --mine a b True"
        )


class TestDebugger:
    def test_its_console_works_after_a_reload(self, start: Start) -> None:
        program = start("--port", "0")
        pin = program.line(1).split()[-1]
        assert self.evaluate(program, pin, "6 * 7") == "42"
        program.write("words.py", 'WORD = "other"\n')
        program.wait_until_it_serves("other")
        assert self.evaluate(program, pin, "6 * 7") == "42"
        assert program.output.count("PIN") == 1

    def evaluate(self, program: Any, pin: str, code: str) -> str:
        page = program.get("/fail").body
        secret = re.search(r'SECRET = "(\w+)"', page).group(1)
        frame = re.search(r'id="frame-(\d+)"', page).group(1)
        start = f"/?__debugger__=yes&s={secret}"
        cookie = program.get(f"{start}&cmd=pinauth&pin={pin}").headers["set-cookie"].split(";")[0]
        answer = program.get(f"{start}&cmd={quote(code)}&frm={frame}", {"Cookie": cookie})
        return re.sub("<[^>]*>", "", answer.body).split("\n")[1].strip()
