"""Check that all links and redirects of an app stay below its prefix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from http.client import HTTPConnection
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

# Paths that are not linked on the first page.
MORE_PATHS = {
    "hello": ("Ann", ".//Ann", "fancy?a=1", "return-home", "redirect-home"),
    "tzconvert": (".//static/style.css",),
    "erosion": (".//static/style.css", "?before=1"),
}
FORMS = {
    "tzconvert": "dt=2024-01-01T12:00&src=Europe/Paris&dst=Asia/Tokyo",
    "erosion": "target_url=http://example.com/&new_alias=prefix&max_count=1",
}

# The status, the body and the Location of a response.
Response = tuple[int, str, "str | None"]

# Requests a URL, or sends a form to it.
Fetch = Callable[[str, "str | None"], Response]

REDIRECTS = (301, 302, 303, 307, 308)


class Addresses(HTMLParser):
    """The addresses on a page: of links, of files that it loads, and of forms."""

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


def check_prefix(root: str, fetch: Fetch) -> tuple[int, list[str]]:
    """Request all addresses of an app's first page; return their number and the problems.

    :param root: the URL of the app, which ends in its name and a slash
    :param fetch: sends a request
    """
    app = urlsplit(root).path.rstrip("/").rpartition("/")[2]
    status, page, _ = fetch(root, None)
    addresses = Addresses(page)
    requests: list[tuple[str, str | None]]
    requests = [(path, None) for path in (*sorted(addresses.found), *MORE_PATHS.get(app, ()))]
    requests += [(path, FORMS[app]) for path in sorted(addresses.forms)]
    problems = [] if status == 200 else [f"{root} responds {status}"]
    for path, form in requests:
        problems += check_address(root, urljoin(root, path), fetch, form)
    return 1 + len(requests), problems


def check_address(root: str, url: str, fetch: Fetch, form: str | None) -> list[str]:
    if not url.startswith(root):
        return [f"{url} is not below {root}"]
    status, _, location = fetch(url, form)
    target = urljoin(url, location or "")
    if status in REDIRECTS and not target.startswith(root):
        return [f"{url} redirects to {target}"]
    if status != 200 and status not in REDIRECTS:
        return [f"{url} responds {status}"]
    return []


def send(
    address: str,
    path: str,
    form: str | None,
    more_headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Send a GET request, or a POST request with a form.

    :param address: the host and port
    :param path: with the query
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    headers.update(more_headers)
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.request("POST" if form else "GET", path, form, headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.getheader("Location")
    finally:
        connection.close()


def send_to(url: str, form: str | None) -> Response:
    parts = urlsplit(url)
    return send(parts.netloc, parts._replace(scheme="", netloc="", fragment="").geturl(), form)
