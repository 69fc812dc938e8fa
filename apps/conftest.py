"""What the tests of every app share: the app as its users reach it, and the curl of its README."""

from __future__ import annotations

import argparse
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

READY_SECONDS = 30.0
END_SECONDS = 10.0

# They differ from one run, one Python or one machine to the next; a transcript leaves them out.
VARIABLE_HEADERS = {"connection", "date", "server"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


@contextmanager
def served(script: Path) -> Iterator[str]:
    """Run an app's file on a free port while the block lasts; gives the URL it answers on."""
    port = free_port()
    command = [sys.executable, str(script), "--port", str(port), "--no-reloader", "--no-debugger"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=script.parent, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    pytest.fail(f"{script.name} does not answer; it printed:\n{output.read()}")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=END_SECONDS)


@pytest.fixture(scope="session")
def serve_app() -> Iterator[Callable[[Path], str]]:
    """Serves an app's file until the tests end, and gives its URL."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(served(script))


def curl_options() -> argparse.ArgumentParser:
    """The options of curl that a transcript may use."""
    options = argparse.ArgumentParser("curl")
    options.add_argument("url")
    options.add_argument("-i", "--include", action="store_true")
    options.add_argument("-I", "--head", action="store_true")
    options.add_argument("-L", "--location", action="store_true")
    options.add_argument("-X", "--request")
    options.add_argument("-d", "--data", action="append", default=[])
    options.add_argument("-b", "--cookie")
    options.add_argument("-H", "--header", action="append", default=[])
    return options


def head_of(response: HTTPResponse) -> str:
    """The status line and the headers, as curl prints them."""
    lines = [f"HTTP/{response.version / 10} {response.status} {response.reason}"]
    for name, value in response.getheaders():
        if name.lower() not in VARIABLE_HEADERS:
            lines.append(f"{name}: {value}")
    return "\n".join([*lines, "", ""])


def exchange(given: argparse.Namespace, url: str) -> tuple[HTTPResponse, str]:
    """Send the request of a curl command to a URL; gives the response and its body."""
    target = urlsplit(url)
    headers = {"Accept": "*/*", "User-Agent": "curl"}
    if given.data:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if given.cookie:
        headers["Cookie"] = given.cookie
    headers.update(header.split(": ", 1) for header in given.header)
    usual = "HEAD" if given.head else "POST" if given.data else "GET"
    path = target._replace(scheme="", netloc="").geturl() or "/"
    connection = HTTPConnection(target.netloc, timeout=10)
    try:
        body = "&".join(given.data) or None
        connection.request(given.request or usual, path, body, headers)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def run_curl(command: str) -> str:
    """What a curl command prints, with the variable headers left out and the last line ended."""
    given = curl_options().parse_args(shlex.split(command)[1:])
    response, body = exchange(given, given.url)
    if given.location and response.status in (301, 302, 303):
        given.request, given.data = None, []
        response, body = exchange(given, urljoin(given.url, response.getheader("Location", "")))
    text = head_of(response) + body if given.include or given.head else body
    return text if text.endswith("\n") else f"{text}\n"


def transcript(readme: Path) -> dict[str, str]:
    """The curl commands of a page's ``console`` blocks, each with what the page says it prints."""
    commands = {}
    for block in re.findall(
        r"^```console\n(.*?)^```$", readme.read_text(), re.DOTALL | re.MULTILINE
    ):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("curl "):
                commands[command] = output
    return commands


@pytest.fixture(scope="session")
def replay() -> Callable[[Path, str, str], tuple[dict[str, str], dict[str, str]]]:
    """Runs a page's curl commands; gives what it says that each prints, and what each does print.

    The URL in the page stands for the one where the app is served.
    """

    def run(page: Path, written_url: str, url: str) -> tuple[dict[str, str], dict[str, str]]:
        said = transcript(page)
        printed = {command: run_curl(command.replace(written_url, url)) for command in said}
        return said, {command: text.replace(url, written_url) for command, text in printed.items()}

    return run
