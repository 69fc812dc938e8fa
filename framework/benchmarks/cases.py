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
    - `content_type`: the type without parameters; None allows any.
    - `headers`: by name, a part of the value.
    """

    name: str
    path: str
    method: str = "GET"
    form: bytes = b""
    returns: bool = False
    status: int = 200
    body: str | None = None
    content_type: str | None = "text/plain"
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

JSON = r'\{"message": ?"Hello, World!"\}\n?'
NUMBERED = "Hello, World! [1-9][0-9]*"

PLAIN_CASES = (
    Case("text", "/", body="Hello, World!"),
    Case("path", "/hello/World", body="Hello, World!"),
    Case("json", "/json", body=JSON, content_type="application/json"),
    Case("html", "/page", body=HTML, content_type="text/html"),
    Case("404", "/no/such/page", status=404, content_type=None),
    Case("405", "/", "POST", status=405, content_type=None, headers={"Allow": "GET"}),
    Case("redirect", "/old", status=302, content_type=None, headers={"Location": "/new"}),
    Case("form", "/form", "POST", b"name=World&greeting=Good+day", body="Good day, World!"),
    Case("middlewares", "/", body=NUMBERED),
    Case("cookie", "/", returns=True, body="Visit 2", headers={"Set-Cookie": "session="}),
    Case("session", "/", returns=True, body="Visit [1-9][0-9]*", headers={"Vary": "Cookie"}),
    Case("static", "/static/style.css", body=STYLE, content_type="text/css"),
    Case("static-304", "/static/style.css", returns=True, status=304, body="", content_type=None),
)

IDIOM_CASES = (
    Case("text-render", "/rendered", body="Hello, World!"),
    Case("path-render", "/rendered/World", body="Hello, World!"),
    Case("json-response", "/json-response", body=JSON, content_type="application/json"),
    Case("middlewares-render", "/", body=NUMBERED),
)
"""The other idiom of Clastic for the case that a name begins with: an endpoint that returns data
for a render, or a response."""


@dataclass(frozen=True)
class Shape:
    """The patterns of many routes; `{i}` is the number of the route.

    - `pattern`: the pattern of a route.
    - `path`: a path that only this route matches.
    - `arguments`: the parameters of the endpoint.
    - `response`: what the endpoint adds to the number, as the content of an f-string.
    - `expected`: the value of `response` for `path`.
    """

    pattern: str
    path: str
    arguments: str = ""
    response: str = ""
    expected: str = ""


SHAPES = {
    "static": Shape("/r{i}", "/r{i}"),
    "parameter": Shape("/r{i}/<id>", "/r{i}/abc", "id", "{id}", "abc"),
    "deep": Shape(
        "/api/v1/organizations/<organization>/projects/<project>/items/r{i}/<id>",
        "/api/v1/organizations/acme/projects/roof/items/r{i}/abc",
        "organization, project, id",
        "{organization} {project} {id}",
        "acme roof abc",
    ),
    "overlapping": Shape("/<a>/<b*>/r{i}", "/x/y/z/r{i}", "a, b", "{a} {'/'.join(b)}", "x y/z"),
}
WORST = "overlapping"
"""The shape whose routes differ in the last segment only, after one of any length."""


def routing_cases(number: int, name: str = "routes", shape: str = "parameter") -> list[Case]:
    """Return the requests for the first, the last and a missing one of `number` routes."""
    path, expected = SHAPES[shape].path, SHAPES[shape].expected
    first, last, missing = (
        Case(f"{name}-{number}-{position}", path.replace("{i}", str(i)), body=f"{i}:{expected}")
        for position, i in zip(POSITIONS, (0, number - 1, number), strict=True)
    )
    return [first, last, replace(missing, status=404, body=None, content_type=None)]
