"""What the commands of a page do: those of curl ask an app, the others run as programs."""

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

# They differ from one run, one Python or one server to the next; pages leave them out.
VARIABLE_HEADERS = {"connection", "date", "server"}


class Curl:
    """Does what ``curl`` does, for the options that pages use; keeps the cookies of ``-c``."""

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
        """Run a command; give what it prints, without the variable headers."""
        given = self.options.parse_args(shlex.split(command)[1:])
        response, body = self._exchange(given, given.url)
        if given.location and response.status in (301, 302, 303):
            given.request, given.data = None, []
            location = response.getheader("Location", "")
            response, body = self._exchange(given, urljoin(given.url, location))
        return _head_of(response) + body if given.include or given.head else body

    def _exchange(self, given: argparse.Namespace, url: str) -> tuple[HTTPResponse, str]:
        target = urlsplit(url)
        usual = "HEAD" if given.head else "POST" if given.data else "GET"
        path = target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        with closing(HTTPConnection(target.netloc, timeout=10)) as connection:
            body = "&".join(given.data) or None
            connection.request(given.request or usual, path, body, self._headers(given))
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
    """Runs the commands of one page, each port on it replaced by a free one.

    :param folder: where the files of the page are
    :param application: gives the page's app as it is at the time
    """

    def __init__(self, folder: Path, application: Callable[[], Any]) -> None:
        self.folder = folder
        self.application = application
        self.curl = Curl()
        self.ports: dict[str, int] = {}
        self.endings: list[Callable[[], object]] = []
        self.is_reloading = False

    def run(self, command: str, is_expected: Callable[[str], object]) -> str:
        """Run a command as it is written; give what it prints, with the ports as written.

        :param is_expected: whether it prints what it should: of a server that starts again when its
            files change, an answer that is not expected is one of before, for a while
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
        """Put the ports of the page for the real ones, and leave out the folder of the page."""
        for written, port in self.ports.items():
            printed = printed.replace(f":{port}", f":{written}")
        printed = printed.replace(f"{self.folder}{os.sep}", "")
        return printed if printed.endswith("\n") else f"{printed}\n"

    def end(self) -> None:
        """End what serves."""
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
        """Start a server in place of the one before; give what it has printed when it answers."""
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
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command} does not answer; it printed:\n{output.read_text()}")
            time.sleep(0.05)
        return output.read_text()

    def _finish(self, command: str) -> str:
        """Run a program to its end, which has to be a good one; give what it printed."""
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
    """The words of a command, with the Python that runs the tests."""
    program, *arguments = shlex.split(command)
    module = {"gunicorn": ["-m", "gunicorn"], "waitress-serve": ["-m", "waitress"]}
    return [sys.executable, *module.get(program, []), *arguments]


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a program: this very Clastic, a home of its own, and no proxy to here."""
    source = Path(clastic.__file__).parents[1]
    given = {"PYTHONPATH": str(source), "HOME": str(folder), "NO_PROXY": HOST, "no_proxy": HOST}
    return {**os.environ, **given}


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """End a server, by force where it does not end when it is asked to."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    finally:
        process.kill()


def _answers(port: int) -> bool:
    with closing(HTTPConnection(HOST, port, timeout=5)) as connection:
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except OSError:
            return False
    return True


def _head_of(response: HTTPResponse) -> str:
    """The status line and the headers, as curl prints them."""
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
    """Makes what runs the commands of a page; what it starts ends with the test."""
    made: list[Commands] = []

    def make(folder: Path, application: Callable[[], Any]) -> Commands:
        made.append(Commands(folder, application))
        return made[-1]

    yield make
    for each in made:
        each.end()
