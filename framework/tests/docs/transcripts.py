"""Read and replay the ``console`` blocks of Markdown pages: their commands, ``curl``, and output.

The tests of the applications use this module too.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from markdown_it import MarkdownIt

REQUEST_SECONDS = 20.0

# These differ between runs, Python versions, servers or machines; pages leave them out.
VARIABLE_HEADERS = {"connection", "date", "server"}


class TranscriptError(Exception):
    """A block or a command is not of the supported form."""


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    :param line: the line of the fence, counted from 1
    :param info: the words after the fence, such as ``python``
    """

    line: int
    info: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a ``console`` block.

    :param offset: its line in the block, counted from 0
    :param output: the expected output
    """

    offset: int
    text: str
    output: str


def read_blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    return [
        Block(token.map[0] + 1, token.info.strip(), token.content)
        for token in MarkdownIt("commonmark").parse(page.read_text("utf-8"))
        if token.type in ("fence", "code_block") and token.map
    ]


def read_commands(text: str) -> Iterator[Command]:
    """Yield the commands of a ``console`` block, which begin with ``$ ``.

    A backslash at the end of a line, or an open quotation mark, continues a command.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith("$ "):
        raise TranscriptError("a console block must begin with '$ ' and a command")
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command, first = lines[start][2:], start + 1
        while first < end and (command.endswith("\\") or _is_quoting(command)):
            begin = command[:-1] if command.endswith("\\") else f"{command}\n"
            command, first = begin + lines[first], first + 1
        yield Command(start, command, "".join(f"{line}\n" for line in lines[first:end]))


def _is_quoting(command: str) -> bool:
    """Return True if a command ends inside quotation marks."""
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


def pattern_of(expected: str) -> re.Pattern[str]:
    """Compile the expected output of a page: ``...`` matches any text of a line, or any lines."""
    lines = [
        r"(?:.*\n)*?"
        if line == "..."
        else ".*?".join(map(re.escape, line.split("..."))) + r"[ \t\r]*\n"
        for line in expected.splitlines()
    ]
    return re.compile("".join(lines))


class _Options(argparse.ArgumentParser):
    """The options of curl that a page may use."""

    def __init__(self) -> None:
        super().__init__("curl", allow_abbrev=False)
        self.add_argument("url")
        self.add_argument("-i", "--include", action="store_true")
        self.add_argument("-I", "--head", action="store_true")
        self.add_argument("-L", "--location", action="store_true")
        self.add_argument("--path-as-is", action="store_true")
        self.add_argument("-X", "--request")
        self.add_argument("-d", "--data", action="append", default=[])
        self.add_argument("--json")
        self.add_argument("-b", "--cookie")
        self.add_argument("-c", "--cookie-jar")
        self.add_argument("-H", "--header", action="append", default=[])

    def error(self, message: str) -> None:  # type: ignore[override]
        raise TranscriptError(f"curl: {message}")


class Curl:
    """Run curl commands and keep their cookie jars.

    :param connect_to: returns the ``HOST:PORT`` to connect to for that of a URL, which is sent as
        ``Host``
    """

    def __init__(self, connect_to: Callable[[str], str]) -> None:
        self._connect_to = connect_to
        self._jars: dict[str, dict[str, str]] = {}

    def run(self, command: str) -> str:
        """Run a command and return its output, without variable headers, ending in a newline.

        :raises TranscriptError: for an option that is not supported
        """
        given = _Options().parse_args(shlex.split(command)[1:])
        if given.json is not None:
            given.data = [given.json]
            given.header += ["Content-Type: application/json", "Accept: application/json"]
        response, body = self._exchange(given, given.url)
        if given.location and response.status in (301, 302, 303):
            given.request, given.data = None, []
            location = response.getheader("Location", "")
            response, body = self._exchange(given, urljoin(given.url, location))
        text = head_of(response) + body if given.include or given.head else body
        return text if text.endswith("\n") or not text else f"{text}\n"

    def _exchange(self, given: argparse.Namespace, url: str) -> tuple[HTTPResponse, str]:
        """Send the request of a command to a URL; return the response and its body."""
        target = urlsplit(url)
        method = given.request or ("HEAD" if given.head else "POST" if given.data else "GET")
        path = target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        body = "&".join(given.data) or None
        address = self._connect_to(target.netloc)
        with closing(HTTPConnection(address, timeout=REQUEST_SECONDS)) as connection:
            connection.request(method, path, body, self._headers(given, target.netloc))
            response = connection.getresponse()
            self._keep_cookies(given, response)
            return response, response.read().decode()

    def _headers(self, given: argparse.Namespace, host: str) -> dict[str, str]:
        headers = {"Host": host, "Accept": "*/*", "User-Agent": "curl"}
        if given.data:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if given.cookie and "=" in given.cookie:
            headers["Cookie"] = given.cookie
        elif given.cookie and self._jars.get(given.cookie):
            headers["Cookie"] = "; ".join(map("=".join, self._jars[given.cookie].items()))
        headers.update(header.split(": ", 1) for header in given.header)
        return headers

    def _keep_cookies(self, given: argparse.Namespace, response: HTTPResponse) -> None:
        """Write the cookies of the response and those that were read (``-b``) into the jar."""
        if not given.cookie_jar:
            return
        jar = dict(self._jars.get(given.cookie, {}))
        for line in response.headers.get_all("Set-Cookie", []):
            for cookie in SimpleCookie(line).values():
                jar[cookie.key] = cookie.coded_value
                if cookie["max-age"] == "0":
                    del jar[cookie.key]
        self._jars[given.cookie_jar] = jar


def head_of(response: HTTPResponse) -> str:
    """Format the status line and the headers as curl does."""
    lines = [f"HTTP/{response.version / 10} {response.status} {response.reason}"]
    for name, value in response.getheaders():
        if name.lower() not in VARIABLE_HEADERS:
            lines.append(f"{name}: {value}")
    return "\n".join([*lines, "", ""])
