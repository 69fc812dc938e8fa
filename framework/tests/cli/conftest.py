"""Run the command line in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from clastic.cli import main

APP = """\
from clastic import GET, POST, Application, render_json


def show(id, people):
    return {"name": people[id]}


def add(request, people):
    people[len(people) + 1] = request.form["name"]
    return people


app = Application(
    [GET("/people/<id:int>", show, render_json), POST("/people", add, render_json, name="add")],
    resources={"people": {1: "Ann"}},
)
"""


class Result(NamedTuple):
    """The output of a command, and its exit code."""

    code: int
    out: str
    err: str


class CommandLine:
    """Run commands in a folder.

    :param folder: the working directory
    """

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def write(self, files: Mapping[str, str]) -> None:
        """Write texts to files, by their paths."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def run(self, *words: str) -> Result:
        """Run ``clastic`` with these arguments."""
        try:
            code = main(words)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        captured = self._capture.readouterr()
        return Result(code, captured.out, captured.err)


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    """Yield a command line in a folder with ``app.py``; forget its imports at the end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    known = set(sys.modules)
    command_line = CommandLine(tmp_path, capsys)
    command_line.write({"app.py": APP})
    yield command_line
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
