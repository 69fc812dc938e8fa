"""Run the commands of a page as programs, but ``curl``, which is imitated."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

import clastic
from clastic.testing import HOST, Server, ServerFailed, ServerProcess, free_port, serve

# Make the module ``transcripts`` importable.
sys.path.append(str(Path(__file__).parent))

from transcripts import Command, Curl, pattern_of

PROGRAM_SECONDS = 30.0

PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=--port )\d+")
SERVER = re.compile(r"python \w+\.py\b|gunicorn |waitress-serve |clastic (?:dev|serve)\b")
STATUS = "; echo $?"


class Commands:
    """Run the commands of a page, with each port replaced by a free one.

    :param folder: the folder with the files of the page
    :param application: returns the current app of the page
    """

    def __init__(self, folder: Path, application: Callable[[], Any]) -> None:
        self.folder = folder
        self.application = application
        self.curl = Curl(self._replace_ports)
        self.ports: dict[str, int] = {}
        self.server: Server | None = None
        self.is_reloading = False
        self._stack = ExitStack()

    def run(self, command: Command) -> str:
        """Run a command and return its output, with the ports of the page.

        After a change of a file, a server with a reloader may send outdated responses for a while,
        so ``curl`` is repeated until it prints the expected output.
        """
        if SERVER.match(command.text):
            return self._as_written(self._start(command.text))
        if not command.text.startswith("curl "):
            return self._as_written(self._finish(command.text))
        if self.server is None:
            self._serve_here(PORT.findall(command.text)[0])
        printed = self._send(command.text)
        if self.is_reloading and isinstance(self.server, ServerProcess):

            def is_expected() -> bool:
                nonlocal printed
                printed = self._send(command.text)
                return pattern_of(command.output).fullmatch(printed) is not None

            with suppress(ServerFailed):
                self.server.wait_until(is_expected, "did not send the expected response")
        return printed

    def end(self) -> None:
        """Stop the server."""
        self._stack.close()
        self.server = None

    def _send(self, command: str) -> str:
        return self.curl.run(command).replace(f"{self.folder}{os.sep}", "")

    def _as_written(self, printed: str) -> str:
        """Replace real ports by those of the page, and remove the path of the folder."""
        for written, port in self.ports.items():
            printed = printed.replace(f":{port}", f":{written}")
        printed = printed.replace(f"{self.folder}{os.sep}", "")
        return printed if printed.endswith("\n") else f"{printed}\n"

    def _replace_ports(self, text: str) -> str:
        return PORT.sub(lambda match: str(self._port(match[0])), text)

    def _port(self, written: str) -> int:
        if written not in self.ports:
            self.ports[written] = free_port()
        return self.ports[written]

    def _serve_here(self, port: str) -> None:
        """Serve the page's app in this process."""
        self.server = self._stack.enter_context(
            serve(lambda environ, start_response: self.application()(environ, start_response))
        )
        self.ports[port] = self.server.port

    def _start(self, command: str) -> str:
        """Stop the previous server, start another one, and return its output when it responds."""
        self.end()
        if not PORT.search(command):
            command += " --port 5000"
        real = self._replace_ports(command)
        port = int(PORT.findall(real)[-1])
        server = ServerProcess(_words(real), port, self.folder, _environment(self.folder))
        self._stack.callback(server.close)
        self.server = server
        self.is_reloading = command.startswith(("python ", "clastic dev"))
        server.wait_until_ready()
        return server.output

    def _finish(self, command: str) -> str:
        """Run a program and return its output.

        Fail if its exit status is not 0, unless the command prints it.
        """
        program = command.removesuffix(STATUS)
        done = subprocess.run(
            _words(self._replace_ports(program)),
            cwd=self.folder,
            env={**os.environ, **_environment(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PROGRAM_SECONDS,
        )
        if program != command:
            return f"{done.stdout}{done.returncode}\n"
        assert done.returncode == 0, done.stdout
        return done.stdout


def _words(command: str) -> list[str]:
    """Return the words of a command, with the Python that runs the tests."""
    program, *arguments = shlex.split(command)
    if program == "cat":
        return [program, *arguments]
    module = {
        "clastic": ["-m", "clastic"],
        "gunicorn": ["-m", "gunicorn"],
        "waitress-serve": ["-m", "waitress"],
    }
    return [sys.executable, *module.get(program, []), *arguments]


def _environment(folder: Path) -> dict[str, str]:
    """Return the changed variables of a program: this Clastic, its own home, and no proxy.

    No example has a likely mistake, so a WiringWarning is an error.
    """
    variables = {"HOME": str(folder), "PYTHONWARNINGS": "error::UserWarning"}
    variables["PYTHONPATH"] = str(Path(clastic.__file__).parents[1])
    return {**variables, "NO_PROXY": HOST, "no_proxy": HOST}


@pytest.fixture
def commands() -> Iterator[Callable[[Path, Callable[[], Any]], Commands]]:
    """Return a function that creates the Commands of a page. Their servers stop with the test."""
    with ExitStack() as stack:

        def make(folder: Path, application: Callable[[], Any]) -> Commands:
            commands = Commands(folder, application)
            stack.callback(commands.end)
            return commands

        yield make
