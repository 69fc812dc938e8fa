"""Run the commands of a page: ``curl`` is imitated, the others run as programs."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

import clastic

HOST = "127.0.0.1"
READY_SECONDS = 30.0
END_SECONDS = 10.0

PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=--port )\d+")
SERVER = re.compile(r"python \w+\.py\b|gunicorn |waitress-serve ")

# These differ between runs, Python versions or servers; pages leave them out.
VARIABLE_HEADERS = {"connection", "date", "server"}


class Curl:
    """Imitate ``curl`` with the options that pages use, and keep the cookies of ``-c``."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.options = argparse.ArgumentParser("curl")
        self.options.add_argument("url")
        self.options.add_argument("-i", "--include", action="store_true")
        self.options.add_argument("-I", "--head", action="store_true")
        self.options.add_argument("-L", "--location", action="store_true")
        self.options.add_argument("--path-as-is", action="store_true")
        self.options.add_argument("-X", "--request")
        self.options.add_argument("-d", "--data", action="append", default=[])
        self.options.add_argument("-b", "--cookie")
        self.options.add_argument("-c", "--cookie-jar")
        self.options.add_argument("-H", "--header", action="append", default=[])

    def run(self, command: str) -> str:
        """Run a command and return its output, without variable headers."""
        given = self.options.parse_args(shlex.split(command)[1:])
        response, body = self._exchange(given, given.url)
        if given.location and response.status in (301, 302, 303):
            given.request, given.data = None, []
            location = response.getheader("Location", "")
            response, body = self._exchange(given, urljoin(given.url, location))
        return _head_of(response) + body if given.include or given.head else body

    def _exchange(self, given: argparse.Namespace, url: str) -> tuple[HTTPResponse, str]:
        target = urlsplit(url)
        method = given.request or ("HEAD" if given.head else "POST" if given.data else "GET")
        path = target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        with closing(HTTPConnection(target.netloc, timeout=10)) as connection:
            body = "&".join(given.data) or None
            connection.request(method, path, body, self._headers(given))
            response = connection.getresponse()
            if given.cookie_jar:
                for cookie in SimpleCookie(response.getheader("Set-Cookie")).values():
                    self.cookies[cookie.key] = cookie.coded_value
            return response, response.read().decode()

    def _headers(self, given: argparse.Namespace) -> dict[str, str]:
        headers = {"Accept": "*/*", "User-Agent": "curl"}
        if given.data:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if given.cookie and "=" in given.cookie:
            headers["Cookie"] = given.cookie
        elif given.cookie and self.cookies:
            headers["Cookie"] = "; ".join(map("=".join, self.cookies.items()))
        headers.update(header.split(": ", 1) for header in given.header)
        return headers


class Commands:
    """Run the commands of a page, with each port replaced by a free one.

    :param folder: the folder with the files of the page
    :param application: returns the current app of the page
    """

    def __init__(self, folder: Path, application: Callable[[], Any]) -> None:
        self.folder = folder
        self.application = application
        self.curl = Curl()
        self.ports: dict[str, int] = {}
        self.endings: list[Callable[[], object]] = []
        self.is_reloading = False

    def run(self, command: str, is_expected: Callable[[str], object]) -> str:
        """Run a command and return its output, with the ports of the page.

        :param is_expected: returns True for the expected output. After a change of a file, a server
            with a reloader may send outdated responses for a while, so the command is repeated
        """
        is_server = SERVER.match(command) is not None
        if is_server and not PORT.search(command):
            command += " --port 5000"
        real = PORT.sub(lambda match: str(self._port(match[0])), command)
        if is_server:
            return self._as_written(self._start(real))
        if not command.startswith("curl "):
            return self._as_written(self._finish(real))
        if not self.endings:
            self._serve_here(int(PORT.findall(real)[0]))
        deadline = time.monotonic() + READY_SECONDS
        while True:
            printed = self._as_written(self.curl.run(real))
            if not self.is_reloading or is_expected(printed) or time.monotonic() > deadline:
                return printed
            time.sleep(0.05)

    def _as_written(self, printed: str) -> str:
        """Replace real ports by those of the page, and remove the path of the folder."""
        for written, port in self.ports.items():
            printed = printed.replace(f":{port}", f":{written}")
        printed = printed.replace(f"{self.folder}{os.sep}", "")
        return printed if printed.endswith("\n") else f"{printed}\n"

    def end(self) -> None:
        """Stop the servers."""
        while self.endings:
            self.endings.pop()()

    def _port(self, written: str) -> int:
        if written not in self.ports:
            with socket.create_server((HOST, 0)) as listener:
                self.ports[written] = listener.getsockname()[1]
        return self.ports[written]

    def _serve_here(self, port: int) -> None:
        """Serve the page's app in this process."""
        server = make_server(
            HOST,
            port,
            lambda environ, start_response: self.application()(environ, start_response),
            threaded=True,
            request_handler=_QuietHandler,
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.endings += [server.server_close, thread.join, server.shutdown]

    def _start(self, command: str) -> str:
        """Stop the previous server, start another one, and return its output when it responds."""
        self.end()
        output = self.folder / "server.log"
        with output.open("w") as file:
            process = subprocess.Popen(
                _words(command),
                cwd=self.folder,
                env=_environment(self.folder),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.endings.append(partial(_end_process, process))
        self.is_reloading = command.startswith("python ")
        port = int(PORT.findall(command)[-1])
        deadline = time.monotonic() + READY_SECONDS
        while not _responds(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command} does not respond; its output:\n{output.read_text()}")
            time.sleep(0.05)
        return output.read_text()

    def _finish(self, command: str) -> str:
        """Run a program and return its output. Fail if its exit status is not 0."""
        done = subprocess.run(
            _words(command),
            cwd=self.folder,
            env=_environment(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=READY_SECONDS,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def _words(command: str) -> list[str]:
    """Return the words of a command, with the Python that runs the tests."""
    program, *arguments = shlex.split(command)
    module = {"gunicorn": ["-m", "gunicorn"], "waitress-serve": ["-m", "waitress"]}
    return [sys.executable, *module.get(program, []), *arguments]


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a program: this Clastic, its own home, and no proxy."""
    source = Path(clastic.__file__).parents[1]
    changes = {"PYTHONPATH": str(source), "HOME": str(folder), "NO_PROXY": HOST, "no_proxy": HOST}
    return {**os.environ, **changes}


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """Terminate a server, and kill it if it does not exit in time."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    finally:
        process.kill()


def _responds(port: int) -> bool:
    with closing(HTTPConnection(HOST, port, timeout=5)) as connection:
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except OSError:
            return False
    return True


def _head_of(response: HTTPResponse) -> str:
    """Format the status line and the headers as curl does."""
    lines = [f"HTTP/{response.version / 10} {response.status} {response.reason}"]
    for name, value in response.getheaders():
        if name.lower() not in VARIABLE_HEADERS:
            lines.append(f"{name}: {value}")
    return "\n".join([*lines, "", ""])


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def commands() -> Iterator[Callable[[Path, Callable[[], Any]], Commands]]:
    """Return a function that creates the Commands of a page. Their servers stop with the test."""
    created: list[Commands] = []

    def make(folder: Path, application: Callable[[], Any]) -> Commands:
        created.append(Commands(folder, application))
        return created[-1]

    yield make
    for each in created:
        each.end()
