"""Commands that are run again, and the connection of the child process to its parent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clastic.server.child import ReloaderLink, obstacle_to_restart

Start = Callable[..., Any]


class TestCommands:
    """A program is started again by the command that started it."""

    def reload(self, program: Any) -> None:
        program.wait_for_page("hello")
        program.write("words.py", 'WORD = "other"\n')
        program.wait_for_page("other")

    @pytest.mark.parametrize(
        "command",
        [
            pytest.param(("-m", "hello"), id="a module"),
            pytest.param(("-c", "import hello; hello.create_app().serve()"), id="a text"),
        ],
    )
    def test_a_module_or_a_text(self, start: Start, command: tuple[str, ...]) -> None:
        self.reload(start(command=command))

    @pytest.mark.parametrize("command", [("-m", "package"), ("package",)], ids=["-m", "a folder"])
    def test_a_package(
        self, start: Start, folder: Path, environment: dict[str, str], command: tuple[str, ...]
    ) -> None:
        (folder / "package").mkdir()
        (folder / "hello.py").rename(folder / "package" / "__main__.py")
        path = os.pathsep.join([environment["PYTHONPATH"], os.fspath(folder)])
        program = start(command=command, PYTHONPATH=path)
        assert program.line(0).startswith(" * package: http")
        self.reload(program)

    def test_a_path_with_spaces(
        self, start: Start, folder: Path, environment: dict[str, str]
    ) -> None:
        (folder / "my programs").mkdir()
        program_file = (folder / "hello.py").rename(folder / "my programs" / "the program.py")
        path = os.pathsep.join([environment["PYTHONPATH"], os.fspath(folder)])
        self.reload(start(command=(os.fspath(program_file),), PYTHONPATH=path))

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
    def test_options_of_python(
        self, start: Start, folder: Path, environment: dict[str, str]
    ) -> None:
        (folder / "inner").mkdir()
        (folder / "hello.py").rename(folder / "inner" / "hello.py")
        (folder / "inner" / "words.py").write_text('WORD = "wrong"\n')
        path = os.pathsep.join([environment["PYTHONPATH"], os.fspath(folder)])
        self.reload(start(command=("-P", os.path.join("inner", "hello.py")), PYTHONPATH=path))

    def test_a_program_that_leaves_its_folder(self, start: Start, folder: Path) -> None:
        (folder / "data").mkdir()
        (folder / "data" / "here.txt").write_text("")
        hello = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(
            f"import os\nos.chdir('data')\nopen('here.txt').close()\n{hello}"
        )
        self.reload(start())

    def test_the_child_has_the_same_arguments(self, start: Start, folder: Path) -> None:
        hello = (folder / "hello.py").read_text()
        seen = "{sys.argv[1:]} {is_running_from_reloader()} "
        imports = "import sys\nfrom werkzeug.serving import is_running_from_reloader\n"
        (folder / "hello.py").write_text(imports + hello.replace('f"{WORD} ', f'f"{seen}'))
        program = start("--mine", "a b", command=("-Wignore", "./hello.py"))
        page = "['--port', '0', '--mine', 'a b'] True "
        first = program.wait_for_page(page)
        program.write("words.py", 'WORD = "other"\n')
        program.line(2)
        assert program.wait_for_page(page) != first


class TestObstacles:
    @pytest.fixture(autouse=True)
    def program(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        module = ModuleType("__main__")
        module.__file__ = "/home/app.py"
        monkeypatch.setitem(sys.modules, "__main__", module)
        return module

    def test_a_file_or_a_text_can_be_started_again(
        self, program: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert obstacle_to_restart() is None
        monkeypatch.delattr(program, "__file__")
        monkeypatch.setattr(sys, "argv", ["-c"])
        assert obstacle_to_restart() is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("__main__.__file__", None, id="typed in"),
            pytest.param("__main__.__file__", "<stdin>", id="read from a pipe"),
            pytest.param("sys.orig_argv", [], id="embedded in another program"),
            pytest.param("sys.executable", "", id="without an executable"),
        ],
    )
    def test_other_programs_cannot(
        self, program: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, value: object
    ) -> None:
        owner, _, attribute = name.partition(".")
        monkeypatch.setattr(program if owner == "__main__" else sys, attribute, value)
        assert obstacle_to_restart() == "this program was not started from a file, a module or -c"

    def test_it_needs_fork(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "fork")
        assert obstacle_to_restart() == (
            "it needs a POSIX system: Linux, macOS, or Windows Subsystem for Linux"
        )

    def test_it_needs_the_main_thread(self) -> None:
        seen: list[str | None] = []
        thread = threading.Thread(target=lambda: seen.append(obstacle_to_restart()))
        thread.start()
        thread.join(20)
        assert seen == ["serve() was not called in the main thread"]

    def test_an_interpreter_that_stays_open_cannot_be_started_again(
        self, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        program = tmp_path / "app.py"
        program.write_text(
            "from clastic.server.child import obstacle_to_restart\nprint(obstacle_to_restart())\n"
        )
        process = subprocess.run(
            [sys.executable, "-i", program],
            input="",
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={**os.environ, **environment},
        )
        assert process.stdout == "this program was not started from a file, a module or -c\n"


class TestReloaderLink:
    def test_this_process_has_none(self) -> None:
        assert ReloaderLink.from_environment() is None

    def test_a_program_that_the_child_starts_has_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It inherits the environment, but other sockets, or none, have these numbers."""
        ours, other = socket.socketpair()
        with ours, other:
            inode = os.fstat(ours.fileno()).st_ino
            number = other.fileno()
            monkeypatch.setenv("CLASTIC_RELOADER", f"{number},{number},{number},1,{inode}")
            assert ReloaderLink.from_environment() is None
        monkeypatch.setenv("CLASTIC_RELOADER", f"1000001,1000002,1000003,1,{inode}")
        assert ReloaderLink.from_environment() is None
