"""Send requests to an application and describe the responses as plain data.

It runs with Clastic 26 and with this version, so it uses what both have.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

Answer = dict[str, Any]
Answers = Iterator["tuple[str, Answer]"]

HEADERS = (
    "Allow",
    "Cache-Control",
    "Content-Encoding",
    "Content-Type",
    "ETag",
    "Last-Modified",
    "Location",
    "Set-Cookie",
    "Vary",
    "X-Content-Type-Options",
)
"""The headers that matter to a client."""


class _Text(HTMLParser):
    """Collect the text of an HTML page, without its styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def ask(app: Any, *lines: str, **options: Any) -> Answers:
    """Yield the response to each request line, such as ``GET /path``.

    :param options: the arguments of Werkzeug's test client
    """
    for line in lines:
        yield line, ask_once(app, line, **options)


def ask_once(app: Any, line: str, **options: Any) -> Answer:
    """Return the status, the headers that matter, and the body of one response."""
    method, path = line.split(" ", 1)
    try:
        if path.startswith("//"):  # The client would take the first segment for a host.
            options["environ_overrides"] = {"PATH_INFO": path.partition("?")[0]}
        response = app.get_local_client().open(path, method=method, **options)
    except Exception as error:
        return raised(error)
    return describe(response)


def client_with_cookie(app: Any, name: str, value: str | bytes) -> Any:
    """Return a test client that has a cookie; Werkzeug 1 takes the name of the server first."""
    client = app.get_local_client()
    is_old = "server_name" in inspect.signature(client.set_cookie).parameters
    text = value.decode() if isinstance(value, bytes) else value
    client.set_cookie(*(["localhost"] if is_old else []), name, text)
    return client


def describe(response: Any) -> Answer:
    """Return the aspects of a response that are compared."""
    answer: Answer = {"status": response.status_code}
    for name in HEADERS:
        if name in response.headers:
            values = response.headers.getlist(name)
            answer[name] = [_normal(name, value) for value in values]
    answer["body"] = _body(response)
    return answer


def attempt(read: Callable[[], Any]) -> Answer:
    """Return the value of a call, or the types of the exception that it raises."""
    try:
        return {"value": read()}
    except Exception as error:
        return raised(error)


def raised(error: Exception) -> Answer:
    """Return the types that code can catch an exception by, most of the standard library."""
    names = [each.__name__ for each in type(error).__mro__[:-2]]
    return {"raises": sorted(names)}


def _normal(name: str, value: str) -> str:
    if name == "Content-Type":
        return value.lower().replace(" ", "")
    if name == "Set-Cookie":
        first, *attributes = value.split("; ")
        kept = sorted(each for each in attributes if not each.startswith("Expires"))
        return "; ".join([first.partition("=")[0], *kept])
    if name in ("ETag", "Last-Modified"):
        return "present"
    return value


def _body(response: Any) -> Any:
    text = response.get_data().decode("utf-8", "replace")
    content_type = response.headers.get("Content-Type", "")
    if not text:
        return text
    if "json" in content_type:
        return json.loads(text)
    if 300 <= response.status_code < 400:
        return "a redirect"
    if response.status_code >= 400:
        return "an error page"  # Its layout is no interface.
    if "html" in content_type:
        parser = _Text()
        parser.feed(text)
        return re.sub(r"\s+", " ", " ".join(parser.parts)).strip()
    return text
