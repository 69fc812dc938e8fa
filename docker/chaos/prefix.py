"""Check that all links and redirects of an app stay below its prefix."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from clastic.testing import Received

# Paths that are not linked on the first page.
MORE_PATHS = {
    "hello": ("Ann", ".//Ann", "fancy?a=1", "return-home", "redirect-home"),
    "tzconvert": (".//static/style.css",),
    "erosion": (".//static/style.css", "?before=1"),
    "altdemo": (".//static/style.css", "login"),
}
FORMS = {
    "tzconvert": "dt=2024-01-01T12:00&src=Europe/Paris&dst=Asia/Tokyo",
    "erosion": "target_url=http://example.com/&new_alias=prefix&max_count=1",
    "altdemo": "name=Ann",
}

# The headers of a browser that opens a page, and of one that sends a form.
PAGE = {"Accept": "text/html"}
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}

# Requests a URL, or sends a form to it.
Fetch = Callable[[str, "str | None"], Received]

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
    first = fetch(root, None)
    addresses = Addresses(first.text)
    requests: list[tuple[str, str | None]]
    requests = [(path, None) for path in (*sorted(addresses.found), *MORE_PATHS.get(app, ()))]
    requests += [(path, FORMS[app]) for path in sorted(addresses.forms)]
    problems = [] if first.status == 200 else [f"{root} responds {first.status}"]
    for path, form in requests:
        problems += check_address(root, urljoin(root, path), fetch, form)
    return 1 + len(requests), problems


def check_address(root: str, url: str, fetch: Fetch, form: str | None) -> list[str]:
    if not url.startswith(root):
        return [f"{url} is not below {root}"]
    response = fetch(url, form)
    status = response.status
    target = urljoin(url, response.headers.get("Location", ""))
    if status in REDIRECTS and not target.startswith(root):
        return [f"{url} redirects to {target}"]
    if status != 200 and status not in REDIRECTS:
        return [f"{url} responds {status}"]
    return []
