"""Simulate many concurrent users of erosion over real HTTP.

It works with the base URL of an app or of a gateway, such as ``http://127.0.0.1:8000`` or
``http://gateway/erosion``, and uses only the standard library.

    responses = send_all(url, [creation(f"http://example.org/{n}") for n in range(2000)])
    responses = send_all(url, [use("some-alias")] * 1000)
    count(responses)                # {302: 100, 410: 900}
    read_links(url)                 # in listing.py: the links on all pages

The status 0 means that the connection broke: it is unknown whether the request was carried out.
Any other status is an acknowledgement. To cause a failure during the requests, pass a generator:
its code between two requests runs while the other users wait for their responses.
"""

from __future__ import annotations

import resource
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

RESPONSE_SECONDS = 60.0
OTHER_FILES = 200


@dataclass(frozen=True)
class Request:
    """A request: its path below the base URL and, for POST, the encoded form."""

    path: str
    form: str = ""


@dataclass(frozen=True)
class Response:
    """The response to a request. The status is 0 if the connection broke."""

    request: Request
    status: int = 0
    location: str = ""
    text: str = ""


def use(alias: str) -> Request:
    """Return the request that uses a link."""
    return Request(f"/{alias}")


def creation(
    target_url: str, alias: str = "", *, max_count: int = 1, expiry_time: int = 0
) -> Request:
    """Return the request that creates a link."""
    form = {
        "target_url": target_url,
        "new_alias": alias,
        "max_count": max_count,
        "expiry_time": expiry_time,
    }
    return Request("/submit", urlencode(form))


def send_all(base_url: str, requests: Iterable[Request], *, users: int = 0) -> list[Response]:
    """Send each request once, and return the responses in any order.

    :param users: the number of concurrent users (default: one for each request). Each has its own
        connection, and all connections are opened before the first request is sent.
    """
    if not users:
        requests = list(requests)
        users = len(requests)
    allow_connections(users)
    server = urlsplit(base_url)
    queue = SharedIterator(requests)
    all_are_connected = threading.Barrier(users, timeout=RESPONSE_SECONDS)

    def work() -> list[Response]:
        connection = HTTPConnection(server.netloc, timeout=RESPONSE_SECONDS)
        try:
            with suppress(OSError):  # the first request connects again
                connection.connect()
            all_are_connected.wait()
            return [exchange(connection, server.path.rstrip("/"), request) for request in queue]
        finally:
            connection.close()

    with ThreadPoolExecutor(users) as pool:
        futures = [pool.submit(work) for _ in range(users)]
    return [response for future in futures for response in future.result()]


def allow_connections(number: int) -> None:
    """Raise the limit of open files of this process and its children, as far as allowed."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = number + OTHER_FILES
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        limit = needed if most == resource.RLIM_INFINITY else min(needed, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


class SharedIterator:
    """A thread-safe iterator: each item is returned to one thread."""

    def __init__(self, items: Iterable[Request]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Request]:
        return self

    def __next__(self) -> Request:
        with self._lock:
            return next(self._items)


def exchange(connection: HTTPConnection, prefix: str, request: Request) -> Response:
    """Send a request and wait for the whole response."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if request.form else {}
    method = "POST" if request.form else "GET"
    try:
        connection.request(method, f"{prefix}{request.path}", request.form or None, headers)
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, HTTPException):
        connection.close()
        return Response(request)
    return Response(request, response.status, response.getheader("Location", ""), text)


def count(responses: Iterable[Response]) -> dict[int, int]:
    """Count the responses by status."""
    return dict(Counter(response.status for response in responses))
