"""Measure a request to a server with many open connections."""

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
"""The number of files that a process needs besides its connections."""

AT_ONCE = 8
"""The number of connections that wait for a response at a time."""

REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\n\r\n".encode()


def measure_connections(wanted: int, rounds: int) -> dict[str, Any]:
    """Send requests to a gunicorn worker over a few and over many open connections.

    Return the microseconds of CPU time of a request in the best round, by app and number of
    connections. `wanted` is the requested number, `most` the number that the limit of open files
    allows.
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
    """Raise the limit of open files as far as needed; return the number of connections allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + SPARE_FILES
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed - SPARE_FILES


def micros_over(served: Server, number: int, rounds: int) -> float:
    """Return the CPU time of a request with `number` open connections that are used in turn."""
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = socket.create_connection((HOST, served.port), timeout=30)
            connections.append(stack.enter_context(connection))
            exchange(connections[-1:])
        return min(micros_of_round(served, connections) for _ in range(rounds))


def micros_of_round(served: Server, connections: Sequence[socket.socket]) -> float:
    """Send a request over each connection in turn; return the CPU time of one request."""
    turns = max(1, REQUESTS_AT_LEAST // len(connections))
    before = served.cpu_seconds()
    for _ in range(turns):
        for start in range(0, len(connections), AT_ONCE):
            exchange(connections[start : start + AT_ONCE])
    return (served.cpu_seconds() - before) / (turns * len(connections)) * 1e6


def exchange(connections: Sequence[socket.socket]) -> None:
    """Send a request over each connection, then read the responses."""
    for connection in connections:
        connection.sendall(REQUEST)
    for connection in connections:
        response = connection.recv(4096)
        while not response.endswith(b"Hello, world!\n"):
            more = connection.recv(4096)
            if not more:
                raise ServerError(f"The server closed a connection after {response!r}.")
            response += more
