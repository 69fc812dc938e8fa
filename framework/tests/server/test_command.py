"""The command that runs this program once more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from clastic.server.command import Command, first_folder, split_command_line, this_command


@pytest.mark.parametrize(
    ("options", "program"),
    [
        pytest.param([], ["app.py"], id="a file"),
        pytest.param([], ["app.py", "-W", "-m", "x"], id="a file with arguments"),
        pytest.param(["-W", "error"], ["app.py"], id="an option with a value after it"),
        pytest.param(["-Werror"], ["app.py"], id="an option with a value in it"),
        pytest.param(["-X", "dev", "-u"], ["app.py", "1"], id="several options"),
        pytest.param(["-BuW", "error"], ["app.py"], id="options together, the last with a value"),
        pytest.param(
            ["--check-hash-based-pycs", "never"], ["app.py"], id="a long option with a value"
        ),
        pytest.param([], ["-m", "app", "-u"], id="a module"),
        pytest.param(["-W", "error"], ["-m", "app"], id="an option and a module"),
        pytest.param([], ["-c", "print()", "-c"], id="a text"),
        pytest.param([], ["-", "x"], id="the standard input"),
        pytest.param(["-q"], [], id="no program"),
        pytest.param(["-W"], [], id="a value that is missing"),
    ],
)
def test_options_and_the_program_are_told_apart(options: list[str], program: list[str]) -> None:
    assert split_command_line([*options, *program]) == (options, program)


@pytest.mark.parametrize(
    ("arguments", "options", "program"),
    [
        pytest.param(["-mapp", "x"], [], ["-m", "app", "x"], id="its name in the option"),
        pytest.param(["-Bm", "app"], ["-B"], ["-m", "app"], id="after other options"),
        pytest.param(["-uBcprint()"], ["-uB"], ["-c", "print()"], id="both"),
    ],
)
def test_a_module_can_be_joined_to_options(
    arguments: list[str], options: list[str], program: list[str]
) -> None:
    assert split_command_line(arguments) == (options, program)


@pytest.mark.parametrize(
    ("program", "main_file", "folder"),
    [
        pytest.param(["app.py"], "/home/app.py", "/home", id="a file"),
        pytest.param(["./src/app.py"], "/home/./src/app.py", "/home", id="a file below"),
        pytest.param(["../app.py"], "/home/now/../app.py", "/home/now", id="a file above"),
        pytest.param(["app"], "/home/app/__main__.py", "/home", id="a folder"),
        pytest.param(["app.py"], "/app.py", "/", id="a file at the top"),
        pytest.param(["/home/app.py"], "/home/app.py", "/now", id="nobody knows: a whole path"),
        pytest.param(["app.py"], "/home/other.py", "/now", id="nobody knows: another file"),
        pytest.param(["-c", "run()"], None, "/now", id="nobody knows: a text"),
        pytest.param(["-m", "app"], "/home/app.py", "/home", id="a module"),
        pytest.param(["-m", "app.web"], "/home/app/web.py", "/home", id="a module of a package"),
        pytest.param(["-m", "app"], "/home/app/__main__.py", "/home", id="a package"),
        pytest.param(["-m", "coverage"], "/x/app.py", "/now", id="nobody knows: a launcher"),
    ],
)
def test_the_folder_that_it_was_started_in(
    program: list[str], main_file: str | None, folder: str
) -> None:
    assert first_folder(program, main_file, "/now") == folder


def test_the_folder_of_a_module_is_where_python_looks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", ["/now", "/home"])
    assert first_folder(["-m", "app"], "/home/app.py", "/now") == "/now"


class TestThisCommand:
    @pytest.fixture(autouse=True)
    def program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("__main__")
        module.__file__ = "/home/app.py"
        monkeypatch.setitem(sys.modules, "__main__", module)
        monkeypatch.setattr(sys, "orig_argv", ["python", "-u", "app.py", "--port", "80"])
        monkeypatch.setattr(sys, "argv", ["app.py", "changed"])

    def test_it_is_that_of_the_first_start(self) -> None:
        assert this_command() == Command(
            (sys.executable, "-u"), ("app.py", "--port", "80"), "/home"
        )

    @pytest.mark.parametrize(
        ("module", "name", "value"),
        [
            pytest.param(sys, "orig_argv", ["python"], id="typed in"),
            pytest.param(sys, "orig_argv", ["python", "-"], id="read from a pipe"),
            pytest.param(sys, "orig_argv", [], id="inside of another program"),
            pytest.param(sys, "executable", "", id="without a file of Python"),
        ],
    )
    def test_there_may_be_none(
        self, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, value: object
    ) -> None:
        monkeypatch.setattr(module, name, value)
        assert this_command() is None

    def test_there_is_none_for_a_program_that_is_inspected_at_its_end(self, tmp_path: Path) -> None:
        program = tmp_path / "app.py"
        program.write_text(
            "from clastic.server.command import this_command\nprint(this_command())\n"
        )
        source = os.fspath(Path(__file__).parents[2] / "src")
        process = subprocess.run(
            [sys.executable, "-i", program],
            input="",
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={**os.environ, "PYTHONPATH": source},
        )
        assert process.stdout == "None\n"
