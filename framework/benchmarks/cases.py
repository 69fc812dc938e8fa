"""The requests that are measured, and the responses that are accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

POSITIONS = ("first", "last", "missing")
ROUTE_NUMBERS = (10, 100, 1_000, 10_000)


@dataclass(frozen=True)
class Case:
    """A request and the response that is expected.

    - `name`: the name on the command line and in the results.
    - `path`: `PATH_INFO` of the request.
    - `form`: the URL-encoded body of the request.
    - `returns`: whether the client sends the cookie and the validators of an earlier response.
    - `status`: the status code.
    - `body`: a regular expression that matches the whole body.
    - `content_type`: the type without parameters.
    - `headers`: by name, a part of the value.
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

    def problem(self, status: str, headers: Headers, body: bytes) -> str | None:
        """Return what is wrong with a response, or None."""
        content_type = headers.get("Content-Type", "").partition(";")[0]
        length = headers.get("Content-Length")
        if status[:4] != f"{self.status} ":
            return f"expected status {self.status}, got {status!r}"
        if self.content_type not in (None, content_type):
            return f"expected Content-Type {self.content_type}, got {content_type or None}"
        if self.body is not None and not re.fullmatch(self.body.encode(), body):
            return f"expected a body like {self.body!r}, got {body[:200]!r}"
        for name, expected in self.headers.items():
            if expected not in headers.get(name, ""):
                return f"expected {expected} in {name}, got {headers.get(name)}"
        if length != str(len(body)) and not (self.status == 304 and not body):
            return f"Content-Length is {length}, the body has {len(body)} bytes"
        return None


FILES = Path(__file__).with_name("files")
"""The folder of the template `page.html`, and of `style.css`, a file of 4,096 bytes."""

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
    Case("405", "/", method="POST", status=405, headers={"Allow": "GET"}),
    Case("redirect", "/old", status=302, headers={"Location": "/new"}),
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
        headers={"Set-Cookie": "session="},
    ),
    Case(
        "session",
        "/",
        returns=True,
        body="Visit [1-9][0-9]*",
        content_type="text/plain",
        headers={"Vary": "Cookie"},
    ),
    Case("static", "/static/style.css", body=STYLE, content_type="text/css"),
    Case("static-304", "/static/style.css", returns=True, status=304, body=""),
)

IDIOM_CASES = (
    Case("text-render", "/rendered", body="Hello, World!", content_type="text/plain"),
    Case("path-render", "/rendered/World", body="Hello, World!", content_type="text/plain"),
    replace(PLAIN_CASES[2], name="json-response", path="/json-response"),
    Case("middlewares-render", "/", body=r"Hello, World! [1-9][0-9]*", content_type="text/plain"),
)
"""The other idiom of Clastic for the case that a name begins with: an endpoint that returns data
for a render, or a response."""


def routing_cases(
    number: int, name: str = "routes", path: str = "/r{i}/abc", body: str = "{i}:abc"
) -> list[Case]:
    """Return the requests for the first, the last and a missing one of `number` routes."""
    cases = []
    for position, i in zip(POSITIONS, (0, number - 1, number), strict=True):
        at, expected = path.replace("{i}", str(i)), body.replace("{i}", str(i))
        found = Case("", at, body=re.escape(expected), content_type="text/plain")
        case = Case("", at, status=404) if position == "missing" else found
        cases.append(replace(case, name=f"{name}-{number}-{position}"))
    return cases
