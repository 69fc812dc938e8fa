"""What a request costs a server that holds very many connections open."""

from __future__ import annotations

import resource
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from servers import HOST, Server, ServerError

FEW = 8
REQUESTS_AT_LEAST = 4_000
SPARE_FILES = 200
"""How many files a process may need besides its connections."""

AT_ONCE = 8
"""How many connections wait for an answer at a time."""

REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\n\r\n".encode()


def measure_connections(wanted: int, rounds: int) -> dict[str, Any]:
    """Ask a gunicorn worker over a few and over very many connections that are kept open.

    Returns the microseconds of processor time that a request takes in the best round, by app and
    number of connections. `wanted` is how many there should be, `most` how many the limit of open
    files allows of them.
    """
    most = allowed_connections(wanted)
    found: dict[str, Any] = {"wanted": wanted, "most": most, "micros": {}}
    for app in ("bare", "hello"):
        with Server("gunicorn, 1 worker", app) as served:
            found["micros"][app] = {
                str(number): micros_over(served, number, rounds) for number in (FEW, most)
            }
    return found


def allowed_connections(wanted: int) -> int:
    """Raise the limit of open files as far as needed, and return how many connections it allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + SPARE_FILES
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed - SPARE_FILES


def micros_over(served: Server, number: int, rounds: int) -> float:
    """Return the processor time of a request when `number` connections are open and used."""
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = socket.create_connection((HOST, served.port), timeout=30)
            connections.append(stack.enter_context(connection))
            ask(connections[-1:])
        return min(micros_of_round(served, connections) for _ in range(rounds))


def micros_of_round(served: Server, connections: Sequence[socket.socket]) -> float:
    """Send a request over each connection in turn; return the processor time of one."""
    turns = max(1, REQUESTS_AT_LEAST // len(connections))
    before = served.cpu_seconds()
    for _ in range(turns):
        for start in range(0, len(connections), AT_ONCE):
            ask(connections[start : start + AT_ONCE])
    return (served.cpu_seconds() - before) / (turns * len(connections)) * 1e6


def ask(connections: Sequence[socket.socket]) -> None:
    """Send a request over each connection, then read the answers."""
    for connection in connections:
        connection.sendall(REQUEST)
    for connection in connections:
        answer = connection.recv(4096)
        while not answer.endswith(b"Hello, world!\n"):
            more = connection.recv(4096)
            if not more:
                raise ServerError(f"The server has closed a connection after {answer!r}.")
            answer += more
