"""Run the shell commands of a page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from transcripts import Curl, pattern_of

from clastic.testing import HOST, ServerFailed, ServerProcess, free_port
from walker.page import Step, StepError

# The address of the app on all pages; it is replaced by one with a free port.
WRITTEN_ADDRESS = "127.0.0.1:5000"

PROGRAM_SECONDS = 120.0
PRINT_SECONDS = 5.0
SHOWN_CHARACTERS = 4000
ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=.*", re.DOTALL)


class Commands:
    """A terminal with its own home folder.

    :param home: the folder for ``~``
    :param app: the name of the app; ``python NAME.py`` starts it and stops the previous one

    Set ``is_stale`` when a file has changed since the app was started.
    """

    def __init__(self, home: Path, app: str) -> None:
        self.home = self.folder = home
        self.port = free_port()
        self._address = f"{HOST}:{self.port}"
        self.is_stale = False
        self._app = app
        self._curl = Curl(self._connect_to)
        self._server: ServerProcess | None = None
        self._started: Step | None = None

    def run(self, step: Step) -> None:
        """Run a command and compare its output. Raise StepError if it fails."""
        words = shlex.split(step.subject)
        match [word for word in words if not ASSIGNMENT.fullmatch(word)]:
            case ["curl", *_]:
                self.restart_if_stale()
                self._compare(step, self._curl.run(step.subject))
            case ["python", script, *_] if script == f"{self._app}.py":
                self._start(step)
            case ["python" | "python3", "-m", "venv", place]:
                self._path(place).mkdir()
            case ["python", "-m", "pip", "install", *what]:
                self._check_install(what)
            case [".", _]:
                pass
            case ["python", *_]:
                self.restart_if_stale()
                self._compare(step, self._finish(step))
            case ["mkdir", *places]:
                for place in places:
                    self._path(place).mkdir()
            case ["cd", place] if self._path(place).is_dir():
                self.folder = self._path(place)
            case ["rm", *names]:
                self._remove(names)
            case _:
                raise StepError(f"unknown command '{step.subject}'")

    def restart_if_stale(self) -> None:
        """Restart the app if a file has changed, as its reloader does."""
        if self.is_stale and self._started is not None:
            self._start(self._started)

    def end(self) -> None:
        """Stop the app."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def app_output(self) -> str:
        """Return the last output of the app, or an empty string if it is not running."""
        if self._server is None:
            return ""
        return self._as_written(self._server.output[-SHOWN_CHARACTERS:])

    def _path(self, written: str) -> Path:
        path = written.replace("~", str(self.home), 1) if written[:1] == "~" else written
        return self.folder / path

    def _environment(self) -> dict[str, str]:
        """Return the environment of a program, without variables that configure the app."""
        prefix = f"{self._app.upper()}_"
        others = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
        # Two changes of a file within a second could leave stale bytecode in the cache. No stage
        # of a tutorial has a likely mistake, so a WiringWarning is an error.
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error::UserWarning"}
        return {**others, **own, "HOME": str(self.home)}

    def _split(self, words: list[str]) -> tuple[dict[str, str], list[str]]:
        """Return the environment and the arguments of a ``python`` command."""
        at = words.index("python")
        assigned = dict(word.split("=", 1) for word in words[:at])
        return {**self._environment(), **assigned}, words[at + 1 :]

    def _start(self, step: Step) -> None:
        """Stop the previous app, start the new one, and compare the beginning of its output."""
        self.end()
        environment, arguments = self._split(shlex.split(step.subject))
        command = [sys.executable, *arguments, "--port", str(self.port), "--no-reloader"]
        variables = {**dict.fromkeys(os.environ), **environment, "PYTHONUNBUFFERED": "1"}
        self._server = ServerProcess(command, self.port, self.folder, variables)
        try:
            self._server.wait_until_ready()
        except ServerFailed as error:
            self.end()
            raise StepError(f"{arguments[0]} failed to start: {error}") from error
        self._started = step
        self.is_stale = False
        begins = pattern_of(step.text).match
        try:
            self._server.wait_until(
                lambda: begins(self.app_output()), "printed something else", PRINT_SECONDS
            )
        except ServerFailed:
            self._compare(step, self.app_output())

    def _finish(self, step: Step) -> str:
        """Run a program and return its output.

        A failing exit code is an error unless the page shows the output.
        """
        words = shlex.split(step.subject)
        real = [word.replace(WRITTEN_ADDRESS, self._address) for word in words]
        environment, arguments = self._split(real)
        try:
            done = subprocess.run(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=PROGRAM_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise StepError(f"it did not end within {PROGRAM_SECONDS:.0f} seconds") from error
        printed = self._as_written(done.stdout)
        if done.returncode and not step.text:
            raise StepError(f"it exited with code {done.returncode}:\n{printed}")
        return printed

    def _connect_to(self, address: str) -> str:
        return self._address if address == WRITTEN_ADDRESS else address

    def _as_written(self, printed: str) -> str:
        return printed.replace(self._address, WRITTEN_ADDRESS)

    def _check_install(self, what: list[str]) -> None:
        """Check that the files of a pip command exist. The packages are installed already."""
        for option, name in pairwise(what):
            if option == "-r" and not self._path(name).is_file():
                raise StepError(f"there is no file {name}")

    def _remove(self, names: list[str]) -> None:
        for name in names:
            found = list(self.folder.glob(name))
            if not found:
                raise StepError(f"there is no file {name}")
            for path in found:
                path.unlink()

    def _compare(self, step: Step, printed: str) -> None:
        if not pattern_of(step.text).fullmatch(printed):
            expected = step.text or "nothing\n"
            raise StepError(f"expected output:\n{expected}actual output:\n{printed or 'nothing'}")
