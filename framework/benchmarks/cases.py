"""What is measured: requests, and the answers that count as right."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.util import FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FRAMEWORKS = ("bare", "clastic", "falcon", "bottle", "pyramid", "flask")
POSITIONS = ("first", "last", "missing")
ROUTE_NUMBERS = (10, 100, 1_000, 10_000)


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
    - `form`: what is posted, URL-encoded.
    - `returns`: whether the client has been there before: it sends the cookie and the validators
      that it got then.
    - `status`: the code that is expected.
    - `body`: a pattern that the whole body matches; anything goes without one.
    - `content_type`: expected without parameters; any is right without one.
    - `headers`: what some headers have to contain, by name in lower case.
    - `lacking`: the frameworks that cannot do it.
    """

    name: str
    path: str
    method: str = "GET"
    form: bytes = b""
    returns: bool = False
    status: int = 200
    body: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    def problem(self, answer: Answer) -> str | None:
        """Say what is wrong with `answer`, or return None if it is right."""
        content_type = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status[:4] != f"{self.status} ":
            return f"expected status {self.status}, got {answer.status!r}"
        if self.content_type not in (None, content_type):
            return f"expected Content-Type {self.content_type}, got {content_type or None}"
        if self.body is not None and not re.fullmatch(self.body.encode(), answer.body):
            return f"expected a body like {self.body!r}, got {answer.body[:200]!r}"
        for name, expected in self.headers.items():
            if expected not in answer.headers.get(name, ""):
                return f"expected {expected} in {name.title()}, got {answer.headers.get(name)}"
        return self.length_problem(answer)

    def length_problem(self, answer: Answer) -> str | None:
        """Say what is wrong with the `Content-Length`; an answer that has no body needs none."""
        length = answer.headers.get("content-length")
        if self.status == 304 and not answer.body:
            return None
        if length is None or int(length) != len(answer.body):
            return f"Content-Length is {length}, the body has {len(answer.body)} bytes"
        return None


FILES = Path(__file__).with_name("files")
"""The template `page.html`, and `style.css` of 4,096 bytes."""

HTML = (
    r"(?s)<!doctype html>.*<h1>Links &amp; more</h1>.*/9\?x=1&amp;y=2\">Link &lt;9&gt;<.*</html>\n?"
)
STYLE = re.escape((FILES / "style.css").read_text("ascii"))

PLAIN_CASES = (
    Case("text", "/", body="Hello, World!", content_type="text/plain"),
    Case("path", "/hello/World", body="Hello, World!", content_type="text/plain"),
    Case(
        "json",
        "/json",
        body=r'\{"message": ?"Hello, World!"\}\n?',
        content_type="application/json",
    ),
    Case("html", "/page", body=HTML, content_type="text/html"),
    Case("404", "/no/such/page", status=404),
    Case("405", "/", method="POST", status=405, headers={"allow": "GET"}),
    Case("redirect", "/old", status=302, headers={"location": "/new"}),
    Case(
        "form",
        "/form",
        method="POST",
        form=b"name=World&greeting=Good+day",
        body="Good day, World!",
        content_type="text/plain",
    ),
    Case("middlewares", "/", body=r"Hello, World! [1-9][0-9]*", content_type="text/plain"),
    Case(
        "cookie",
        "/",
        returns=True,
        body="Visit 2",
        content_type="text/plain",
        headers={"set-cookie": "session="},
        lacking=("falcon",),
    ),
    Case("static", "/static/style.css", body=STYLE, content_type="text/css"),
    Case("static-304", "/static/style.css", returns=True, status=304, body=""),
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


def environ_of(case: Case) -> WSGIEnvironment:
    """Make the environ that a server would make of `curl` asking for `case`."""
    environ: WSGIEnvironment = {
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
        "wsgi.input": io.BytesIO(case.form),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if case.form:
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        environ["CONTENT_LENGTH"] = str(len(case.form))
    return environ


def remembered(answer: Answer) -> WSGIEnvironment:
    """Return what a client that has got `answer` sends with its next request."""
    headers = {
        "HTTP_COOKIE": answer.headers.get("set-cookie", "").partition(";")[0],
        "HTTP_IF_NONE_MATCH": answer.headers.get("etag"),
        "HTTP_IF_MODIFIED_SINCE": answer.headers.get("last-modified"),
    }
    return {name: value for name, value in headers.items() if value}
