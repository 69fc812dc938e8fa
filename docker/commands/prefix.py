"""Follow the paths of an app below a prefix, and find those that lead out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from http.client import HTTPConnection
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

# Besides the links, files and forms of the first page: what only a person would type.
TYPED = {
    "hello": ("Ann", ".//Ann", "fancy?a=1", "return-home", "redirect-home"),
    "tzconvert": (".//static/style.css",),
    "erosion": (".//static/style.css", "?before=1"),
}
FORMS = {
    "tzconvert": "dt=2024-01-01T12:00&src=Europe/Paris&dst=Asia/Tokyo",
    "erosion": "target_url=http://example.com/&new_alias=prefix&max_count=1",
}

# The status, the body and the Location of an answer.
Answer = tuple[int, str, "str | None"]

# Asks for a URL, or sends a form there.
Fetch = Callable[[str, "str | None"], Answer]

REDIRECTS = (301, 302, 303, 307, 308)


class Addresses(HTMLParser):
    """Collects what a page links to, loads, and sends its forms to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.forms: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src") and value and not urlsplit(value).scheme:
                self.found.add(value)
            elif name == "action":
                self.forms.add(value or "")


def find_strays(root: str, fetch: Fetch) -> tuple[int, list[str]]:
    """Ask for all that an app's first page names; gives how many that were, and what went wrong.

    root: where the app is served: below a path that ends in its name and a slash. fetch: asks.
    """
    app = urlsplit(root).path.rstrip("/").rpartition("/")[2]
    status, page, _ = fetch(root, None)
    addresses = Addresses(page)
    asked: list[tuple[str, str | None]]
    asked = [(path, None) for path in (*sorted(addresses.found), *TYPED.get(app, ()))]
    asked += [(path, FORMS[app]) for path in sorted(addresses.forms)]
    strays = [] if status == 200 else [f"{root} answers {status}"]
    for path, form in asked:
        strays += judge_answer(root, urljoin(root, path), fetch, form)
    return 1 + len(asked), strays


def judge_answer(root: str, url: str, fetch: Fetch, form: str | None) -> list[str]:
    if not url.startswith(root):
        return [f"{url} is not below {root}"]
    status, _, location = fetch(url, form)
    target = urljoin(url, location or "")
    if status in REDIRECTS and not target.startswith(root):
        return [f"{url} redirects to {target}"]
    if status != 200 and status not in REDIRECTS:
        return [f"{url} answers {status}"]
    return []


def ask(
    address: str,
    path: str,
    form: str | None,
    more_headers: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Send a request; a form is sent by POST. address: host and port. path: with the query."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    headers.update(more_headers)
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.request("POST" if form else "GET", path, form, headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.getheader("Location")
    finally:
        connection.close()


def ask_directly(url: str, form: str | None) -> Answer:
    parts = urlsplit(url)
    return ask(parts.netloc, parts._replace(scheme="", netloc="", fragment="").geturl(), form)
