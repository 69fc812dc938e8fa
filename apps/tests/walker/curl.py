"""Imitate ``curl`` with the options that pages use."""

from __future__ import annotations

import argparse
import shlex
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

from walker.page import StepError

REQUEST_SECONDS = 20.0

# These differ between runs, Python versions or machines; pages leave them out.
VARIABLE_HEADERS = {"connection", "date", "server"}


class Options(argparse.ArgumentParser):
    """The options of curl that a page may use."""

    def __init__(self) -> None:
        super().__init__("curl", allow_abbrev=False)
        self.add_argument("url")
        self.add_argument("-i", "--include", action="store_true")
        self.add_argument("-I", "--head", action="store_true")
        self.add_argument("-L", "--location", action="store_true")
        self.add_argument("-X", "--request")
        self.add_argument("-d", "--data", action="append", default=[])
        self.add_argument("--json")
        self.add_argument("-b", "--cookie")
        self.add_argument("-c", "--cookie-jar")
        self.add_argument("-H", "--header", action="append", default=[])

    def error(self, message: str) -> None:  # type: ignore[override]
        raise StepError(f"curl: {message}")


class Curl:
    """Run curl commands and keep their cookie jars.

    :param written: the ``HOST:PORT`` in the commands; it is sent as ``Host``
    :param real: the ``HOST:PORT`` to connect to instead
    """

    def __init__(self, written: str, real: str) -> None:
        self._real = {written: real}
        self._jars: dict[str, dict[str, str]] = {}

    def run(self, command: str) -> str:
        """Run a command and return its output, without variable headers, ending in a newline."""
        given = Options().parse_args(shlex.split(command)[1:])
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
        address = self._real.get(target.netloc, target.netloc)
        with closing(HTTPConnection(address, timeout=REQUEST_SECONDS)) as connection:
            headers = self._headers(given, target.netloc)
            connection.request(method, path, body, headers)
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
