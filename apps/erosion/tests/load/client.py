"""Many users of erosion at once, over real HTTP, and what each of them was told.

Knows nothing but a base URL, such as ``http://127.0.0.1:8000`` or ``http://gateway/erosion``, and
needs nothing but the standard library: it works against an app on this machine and against a
gateway alike.

    answers = send_all(url, [creation(f"http://example.org/{n}") for n in range(2000)])
    answers = send_all(url, [use("some-alias")] * 1000)
    count(answers)                  # {302: 100, 410: 900}
    read_links(url)                 # in listing.py: what the pages say of every link

An answer of status 0 is none: the connection broke, so what was asked for may have happened or not.
Every other answer acknowledges. To cause trouble in the middle, give a generator: what it does
between two requests happens while the other users wait for their answers.
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

ANSWER_SECONDS = 60.0
OTHER_FILES = 200


@dataclass(frozen=True)
class Ask:
    """A request: its path below the base URL, and for a POST the encoded form."""

    path: str
    form: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back for a request; nothing if the status is 0."""

    ask: Ask
    status: int = 0
    location: str = ""
    text: str = ""


def use(alias: str) -> Ask:
    return Ask(f"/{alias}")


def creation(target_url: str, alias: str = "", *, max_count: int = 1, expiry_time: int = 0) -> Ask:
    form = {
        "target_url": target_url,
        "new_alias": alias,
        "max_count": max_count,
        "expiry_time": expiry_time,
    }
    return Ask("/submit", urlencode(form))


def send_all(base_url: str, asks: Iterable[Ask], *, users: int = 0) -> list[Answer]:
    """Send each request once; gives the answers, in no order.

    users: how many send at once, each on a connection of its own, all opened before the first
    request is sent (default: as many as there are requests).
    """
    if not users:
        asks = list(asks)
        users = len(asks)
    allow_connections(users)
    server = urlsplit(base_url)
    queue = Shared(asks)
    all_are_connected = threading.Barrier(users, timeout=ANSWER_SECONDS)

    def work() -> list[Answer]:
        connection = HTTPConnection(server.netloc, timeout=ANSWER_SECONDS)
        try:
            with suppress(OSError):  # it connects again when it sends
                connection.connect()
            all_are_connected.wait()
            return [exchange(connection, server.path.rstrip("/"), ask) for ask in queue]
        finally:
            connection.close()

    with ThreadPoolExecutor(users) as pool:
        futures = [pool.submit(work) for _ in range(users)]
    return [answer for future in futures for answer in future.result()]


def allow_connections(number: int) -> None:
    """Let this process, and those that it starts, have so many connections open, if it may."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = number + OTHER_FILES
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        limit = needed if most == resource.RLIM_INFINITY else min(needed, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


class Shared:
    """An iterable that threads share: each item goes to one of them."""

    def __init__(self, items: Iterable[Ask]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Ask]:
        return self

    def __next__(self) -> Ask:
        with self._lock:
            return next(self._items)


def exchange(connection: HTTPConnection, prefix: str, ask: Ask) -> Answer:
    """Send one request, and wait for its whole answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if ask.form else {}
    method = "POST" if ask.form else "GET"
    try:
        connection.request(method, f"{prefix}{ask.path}", ask.form or None, headers)
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, HTTPException):
        connection.close()
        return Answer(ask)
    return Answer(ask, response.status, response.getheader("Location", ""), text)


def count(answers: Iterable[Answer]) -> dict[int, int]:
    """How many answers there are of each status."""
    return dict(Counter(answer.status for answer in answers))
