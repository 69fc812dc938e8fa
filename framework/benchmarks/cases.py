"""The measured requests and their expected responses."""

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
class Response:
    """The response of an application.

    - `status`: the status line, such as `"200 OK"`.
    - `headers`: by lower-case name.
    """

    status: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Case:
    """A request and its expected response.

    - `name`: the name on the command line and in the results.
    - `path`: `PATH_INFO` of the request.
    - `form`: the posted form, URL-encoded.
    - `returns`: True for a returning client, which sends the cookie and validators of an earlier
      response.
    - `status`: the expected status code.
    - `body`: a pattern for the whole body, or None for any body.
    - `content_type`: the expected type without parameters, or None for any.
    - `headers`: texts that headers must contain, by lower-case name.
    - `lacking`: the frameworks without this feature.
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

    def problem(self, response: Response) -> str | None:
        """Return the first difference to the expected response, or None."""
        content_type = response.headers.get("content-type", "").partition(";")[0]
        if response.status[:4] != f"{self.status} ":
            return f"expected status {self.status}, got {response.status!r}"
        if self.content_type not in (None, content_type):
            return f"expected Content-Type {self.content_type}, got {content_type or None}"
        if self.body is not None and not re.fullmatch(self.body.encode(), response.body):
            return f"expected a body like {self.body!r}, got {response.body[:200]!r}"
        for name, expected in self.headers.items():
            if expected not in response.headers.get(name, ""):
                return f"expected {expected} in {name.title()}, got {response.headers.get(name)}"
        return self.length_problem(response)

    def length_problem(self, response: Response) -> str | None:
        """Return the error of the `Content-Length`, or None. A 304 needs none."""
        length = response.headers.get("content-length")
        if self.status == 304 and not response.body:
            return None
        if length is None or int(length) != len(response.body):
            return f"Content-Length is {length}, the body has {len(response.body)} bytes"
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
    """Return the requests for the first, the last and a missing route of `number` routes."""
    last = number - 1
    return (
        Case(f"routes-{number}-first", "/r0/abc", body="0:abc", content_type="text/plain"),
        Case(
            f"routes-{number}-last", f"/r{last}/abc", body=f"{last}:abc", content_type="text/plain"
        ),
        Case(f"routes-{number}-missing", f"/r{number}/abc", status=404),
    )


ROUTING = {f"routes-{number}": number for number in ROUTE_NUMBERS}
"""The jobs that measure routing, each with its number of routes."""


def environ_of(case: Case) -> WSGIEnvironment:
    """Make the environ of a server for the request of `case`, sent by curl."""
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


def remembered(response: Response) -> WSGIEnvironment:
    """Return the cookie and validators that a client sends after `response`."""
    headers = {
        "HTTP_COOKIE": response.headers.get("set-cookie", "").partition(";")[0],
        "HTTP_IF_NONE_MATCH": response.headers.get("etag"),
        "HTTP_IF_MODIFIED_SINCE": response.headers.get("last-modified"),
    }
    return {name: value for name, value in headers.items() if value}
