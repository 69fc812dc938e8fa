"""What the commands of a page do: a short list of programs, each as a shell would run it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from walker.curl import Curl
from walker.page import Step, StepError
from walker.server import HOST, POLL_SECONDS, Server, free_port

# Where the apps of all pages answer; a free port stands for it.
WRITTEN_ADDRESS = "127.0.0.1:5000"

PROGRAM_SECONDS = 120.0
PRINT_SECONDS = 5.0
ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=.*", re.DOTALL)


class Commands:
    """Somebody at a terminal, in a home folder of their own.

    :param home: the folder that ``~`` is
    :param app: the name of the app: ``python NAME.py`` starts it in place of the one before

    ``is_stale`` is to be set when a file has changed since the app was started.
    """

    def __init__(self, home: Path, app: str) -> None:
        self.home = self.folder = home
        self.port = free_port()
        self._address = f"{HOST}:{self.port}"
        self.is_stale = False
        self._app = app
        self._curl = Curl(WRITTEN_ADDRESS, self._address)
        self._server: Server | None = None
        self._started: Step | None = None

    def run(self, step: Step) -> None:
        """Do what a command says, and compare what it prints. Raises StepError."""
        words = shlex.split(step.subject)
        match [word for word in words if not ASSIGNMENT.fullmatch(word)]:
            case ["curl", *_]:
                self.catch_up()
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
                self.catch_up()
                self._compare(step, self._finish(step))
            case ["mkdir", *places]:
                for place in places:
                    self._path(place).mkdir()
            case ["cd", place] if self._path(place).is_dir():
                self.folder = self._path(place)
            case ["rm", *names]:
                self._remove(names)
            case _:
                raise StepError(f"'{step.subject}' is no command that the walker knows")

    def catch_up(self) -> None:
        """Start the app anew if a file has changed, as its reloader does."""
        if self.is_stale and self._started is not None:
            self._start(self._started)

    def end(self) -> None:
        """End the app."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def app_output(self) -> str:
        """The last that the app has printed, if it runs."""
        return self._as_written(self._server.output()) if self._server is not None else ""

    def _path(self, written: str) -> Path:
        path = written.replace("~", str(self.home), 1) if written[:1] == "~" else written
        return self.folder / path

    def _environment(self) -> dict[str, str]:
        """The environment of a program, without what configures the app from outside."""
        prefix = f"{self._app.upper()}_"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
        # A file that is changed twice in a second leaves a cached one behind that looks current.
        return {**kept, "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}

    def _split(self, words: list[str]) -> tuple[dict[str, str], list[str]]:
        """The environment and the arguments of a command of Python."""
        at = words.index("python")
        assigned = dict(word.split("=", 1) for word in words[:at])
        return {**self._environment(), **assigned}, words[at + 1 :]

    def _start(self, step: Step) -> None:
        """Start the app in place of the one before, and compare how its output begins."""
        self.end()
        environment, arguments = self._split(shlex.split(step.subject))
        self._server = Server(arguments, self.folder, self.port, environment)
        self._started = step
        self.is_stale = False
        deadline = time.monotonic() + PRINT_SECONDS
        while not pattern_of(step.text).match(self.app_output()):
            if time.monotonic() > deadline:
                self._compare(step, self.app_output())
            time.sleep(POLL_SECONDS)

    def _finish(self, step: Step) -> str:
        """Run a program to its end; give what it printed.

        Its end has to be a good one, unless the page shows what it prints.
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
            raise StepError(f"it has not ended after {PROGRAM_SECONDS:.0f} seconds") from error
        printed = self._as_written(done.stdout)
        if done.returncode and not step.text:
            raise StepError(f"it ended with exit code {done.returncode}:\n{printed}")
        return printed

    def _as_written(self, printed: str) -> str:
        return printed.replace(self._address, WRITTEN_ADDRESS)

    def _check_install(self, what: list[str]) -> None:
        """Check that the files are there that a pip command reads; installed it is all."""
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
            said = step.text or "nothing\n"
            raise StepError(f"it should print\n{said}and it prints\n{printed or 'nothing'}")


def pattern_of(said: str) -> re.Pattern[str]:
    """What an output on a page stands for: itself, with ``...`` for any text or any lines."""
    lines = [
        r"(?:.*\n)*?"
        if line == "..."
        else ".*?".join(map(re.escape, line.split("..."))) + r"[ \t\r]*\n"
        for line in said.splitlines()
    ]
    return re.compile("".join(lines))
