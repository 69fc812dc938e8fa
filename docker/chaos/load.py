"""Put a constant load on the apps behind the gateway, and record the outcome of each request."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

TARGET = "http://example.com/"
TIMEOUT_SECONDS = 30
PAUSE_SECONDS = 0.01
LOST = 0
ACKNOWLEDGED = {"create": 303, "click": 302, "read": 200}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request.

    :param kind: a key of ACKNOWLEDGED
    :param began: by the monotonic clock, like ``ended``
    :param status: LOST if there was no response
    """

    kind: str
    alias: str
    began: float
    ended: float
    status: int
    retry_after: str | None

    @property
    def is_acknowledged(self) -> bool:
        return self.status == ACKNOWLEDGED[self.kind]

    @property
    def has_retry_after(self) -> bool:
        return self.status == 503 and self.retry_after is not None


class Client:
    """A user of the apps.

    :param address: the host and port of the gateway
    """

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(address, timeout=TIMEOUT_SECONDS)

    def create(self, alias: str, max_count: int = 0) -> Outcome:
        form = urlencode({"target_url": TARGET, "new_alias": alias, "max_count": max_count})
        return self._request("create", alias, "POST", "/erosion/submit", form)

    def click(self, alias: str) -> Outcome:
        return self._request("click", alias, "GET", f"/erosion/{alias}")

    def read(self, app: str) -> Outcome:
        return self._request("read", "", "GET", f"/{app}/")

    def _request(
        self, kind: str, alias: str, method: str, path: str, form: str | None = None
    ) -> Outcome:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        began = time.monotonic()
        status, retry_after = LOST, None
        try:
            self._connection.request(method, path, form, headers)
            response = self._connection.getresponse()
            response.read()
            status, retry_after = response.status, response.getheader("Retry-After")
        except (OSError, HTTPException):
            self._connection.close()
        return Outcome(kind, alias, began, time.monotonic(), status, retry_after)


class Load:
    """Users of all apps, each of which sends a request after each response, until stopped.

    :param address: the host and port of the gateway
    :param users: the number of users that create and use links
    """

    def __init__(self, address: str, users: int) -> None:
        self.users = users
        self.outcomes: list[Outcome] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._use_links, args=(Client(address), f"user{number}"))
            for number in range(users)
        ]
        self._threads += [
            threading.Thread(target=self._read, args=(Client(address), app))
            for app in ("hello", "tzconvert", "altdemo")
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def since(self, moment: float) -> list[Outcome]:
        """Return the outcomes after a time of the monotonic clock."""
        return [outcome for outcome in self.outcomes if outcome.ended >= moment]

    def _use_links(self, client: Client, user: str) -> None:
        aliases: list[str] = []
        count = 0
        while not self._stop.wait(PAUSE_SECONDS):
            count += 1
            if not aliases or count % 4 == 0:
                outcome = client.create(f"{user}-{count}")
                if outcome.is_acknowledged:
                    aliases.append(outcome.alias)
            else:
                outcome = client.click(random.choice(aliases))
            self.outcomes.append(outcome)

    def _read(self, client: Client, app: str) -> None:
        while not self._stop.wait(10 * PAUSE_SECONDS):
            self.outcomes.append(client.read(app))


def find_losses(outcomes: Sequence[Outcome], counts: Mapping[str, int]) -> list[str]:
    """Describe acknowledged links and clicks that the database lacks, and clicks counted twice.

    A click that was not acknowledged may have been counted or not.

    :param counts: the clicks by alias in the database
    """
    clicks = Counter(o.alias for o in outcomes if o.kind == "click" and o.is_acknowledged)
    failed = Counter(o.alias for o in outcomes if o.kind == "click" and not o.is_acknowledged)
    losses = []
    for outcome in outcomes:
        alias = outcome.alias
        if outcome.kind != "create" or not outcome.is_acknowledged:
            continue
        if alias not in counts:
            losses.append(f"the link {alias} was acknowledged but is missing")
        elif not clicks[alias] <= counts[alias] <= clicks[alias] + failed[alias]:
            losses.append(
                f"{alias} has {counts[alias]} clicks, but {clicks[alias]} were acknowledged "
                f"and {failed[alias]} failed"
            )
    return losses
