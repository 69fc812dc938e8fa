"""What is measured: requests, and the answers that count as right."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FRAMEWORKS = ("bare", "clastic", "falcon", "bottle", "pyramid", "flask")
POSITIONS = ("first", "last", "missing")
ROUTE_NUMBERS = (10, 1_000, 10_000)


@dataclass(frozen=True)
class Answer:
    """What an application sent.

    - `status`: the status line, as in `"200 OK"`.
    - `headers`: by name in lower case.
    - `body`: all of it.
    """

    status: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Case:
    """A request and its right answer.

    - `name`: as on the command line and in the results.
    - `path`: `PATH_INFO` of the request.
    - `status`: the code that is expected.
    - `body`: a pattern that the whole body matches; anything goes without one.
    - `content_type`: expected without parameters; any is right without one.
    - `allow`: a method that the header `Allow` has to name.
    """

    name: str
    path: str
    method: str = "GET"
    status: int = 200
    body: str | None = None
    content_type: str | None = None
    allow: str | None = None

    def problem(self, answer: Answer) -> str | None:
        """Say what is wrong with `answer`, or return None if it is right."""
        length = answer.headers.get("content-length")
        content_type = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status[:4] != f"{self.status} ":
            return f"expected status {self.status}, got {answer.status!r}"
        if length is None or int(length) != len(answer.body):
            return f"Content-Length is {length}, the body has {len(answer.body)} bytes"
        if self.content_type not in (None, content_type):
            return f"expected Content-Type {self.content_type}, got {content_type or None}"
        if self.body is not None and not re.fullmatch(self.body.encode(), answer.body):
            return f"expected a body like {self.body!r}, got {answer.body[:200]!r}"
        if self.allow is not None and self.allow not in answer.headers.get("allow", ""):
            return f"expected {self.allow} in Allow, got {answer.headers.get('allow')}"
        return None


PLAIN_CASES = (
    Case("text", "/", body="Hello, World!", content_type="text/plain"),
    Case("path", "/hello/World", body="Hello, World!", content_type="text/plain"),
    Case(
        "json",
        "/json",
        body=r'\{"message": ?"Hello, World!"\}\n?',
        content_type="application/json",
    ),
    Case("404", "/no/such/page", status=404),
    Case("405", "/", method="POST", status=405, allow="GET"),
    Case("middlewares", "/", body=r"Hello, World! [1-9][0-9]*", content_type="text/plain"),
)


def routing_cases(number: int) -> tuple[Case, ...]:
    """Return the requests for the first, the last, and a missing one of `number` routes."""
    last = number - 1
    return (
        Case(f"routes-{number}-first", "/r0/abc", body="0:abc", content_type="text/plain"),
        Case(
            f"routes-{number}-last", f"/r{last}/abc", body=f"{last}:abc", content_type="text/plain"
        ),
        Case(f"routes-{number}-missing", f"/r{number}/abc", status=404),
    )


ROUTING = {f"routes-{number}": number for number in ROUTE_NUMBERS}
"""The jobs that measure routing, and how many routes each has."""

JOBS = (*(case.name for case in PLAIN_CASES), *ROUTING)
"""What one process measures for one framework: a plain case, or all that concerns n routes."""


def environ_of(case: Case) -> WSGIEnvironment:
    """Make the environ that a server would make of `curl` asking for `case`."""
    return {
        "REQUEST_METHOD": case.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": case.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "benchmark",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_USER_AGENT": "curl/8.5.0",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
