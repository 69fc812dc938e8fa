"""Commands that are run again, and the connection of the child process to its parent."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clastic.server.child import ReloaderLink, obstacle_to_restart


class TestCommands:
    """A program is started again by the command that started it."""

    @pytest.mark.parametrize(
        ("file", "command"),
        [
            pytest.param("hello.py", ("-m", "hello"), id="a module"),
            pytest.param("hello.py", ("-c", "import hello; hello.create_app().serve()"), id="text"),
            pytest.param("package/__main__.py", ("-m", "package"), id="a package"),
            pytest.param("package/__main__.py", ("package",), id="the folder of a package"),
            pytest.param("my programs/the program.py", ("my programs/the program.py",), id="space"),
            pytest.param("hello.py", ("-Xutf8", "./hello.py"), id="options of Python"),
        ],
    )
    def test_the_command_is_run_again(
        self, start: Callable[..., Any], folder: Path, file: str, command: tuple[str, ...]
    ) -> None:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / "hello.py").rename(folder / file)
        program = start(command=command, PYTHONPATH=str(folder))
        program.wait_for_page("hello")
        program.write("words.py", 'WORD = "other"\n')
        program.wait_for_page("other")

    def test_the_child_has_the_same_arguments(
        self, start: Callable[..., Any], folder: Path
    ) -> None:
        hello = (folder / "hello.py").read_text()
        seen = "{sys.argv[1:3]} {is_running_from_reloader()} "
        imports = "import sys\nfrom werkzeug.serving import is_running_from_reloader\n"
        (folder / "hello.py").write_text(imports + hello.replace('f"{WORD} ', f'f"{seen}'))
        program = start(command=("hello.py", "--mine", "a b"))
        first = program.wait_for_page("['--mine', 'a b'] True ")
        program.write("words.py", 'WORD = "other"\n')
        program.line(2)
        assert program.wait_for_page("['--mine', 'a b'] True ") != first


class TestObstacles:
    @pytest.fixture(autouse=True)
    def program(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        module = ModuleType("__main__")
        module.__file__ = "/home/app.py"
        monkeypatch.setitem(sys.modules, "__main__", module)
        monkeypatch.setattr(sys, "argv", ["app.py"])
        return module

    def test_a_file_or_a_text_can_be_started_again(
        self, program: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert obstacle_to_restart() is None
        monkeypatch.delattr(program, "__file__")
        monkeypatch.setattr(sys, "argv", ["-c"])
        assert obstacle_to_restart() is None

    @pytest.mark.parametrize("file", [None, "<stdin>"])
    def test_typed_or_piped_code_cannot_be_started_again(
        self, program: ModuleType, file: str | None
    ) -> None:
        program.__file__ = file
        assert obstacle_to_restart() == "this program was not started from a file, a module or -c"

    def test_the_reloader_needs_fork(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "fork")
        assert obstacle_to_restart() == (
            "it needs a POSIX system: Linux, macOS, or Windows Subsystem for Linux"
        )

    def test_the_reloader_needs_the_main_thread(self) -> None:
        seen: list[str | None] = []
        thread = threading.Thread(target=lambda: seen.append(obstacle_to_restart()))
        thread.start()
        thread.join(20)
        assert seen == ["serve() was not called in the main thread"]


class TestReloaderLink:
    def test_this_process_has_no_link(self) -> None:
        assert ReloaderLink.from_environment() is None

    def test_a_program_that_the_child_starts_has_no_link(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It inherits the environment, but another process is its parent."""
        monkeypatch.setenv("CLASTIC_RELOADER", f"{os.getpid()},0,1,2")
        assert ReloaderLink.from_environment() is None
        assert "CLASTIC_RELOADER" not in os.environ
