"""Keep requests in flight while an app is stopped.

    python inflight.py HOST METHOD PATH BODY COUNT

Sends COUNT requests without the last byte of each body, prints ``ready``, waits for a line on
standard input, sends the last bytes, and prints the status of each response. It runs in a container
beside the app.
"""

from __future__ import annotations

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

TIMEOUT_SECONDS = 10


def begin(method: str, path: str, body: bytes, host: str, port: int = 8000) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body[:-1])
    return connection


def read_status(connection: socket.socket) -> str:
    """Read a response; return its status, the name of the error, or ``incomplete``."""
    with connection:
        try:
            response = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError as error:
            return type(error).__name__
    return response.split(b" ")[1].decode() if b"\r\n\r\n" in response else "incomplete"


def finish(connections: list[socket.socket], body: bytes) -> list[str]:
    """Send the last byte of each request, and return the statuses of the responses."""
    for connection in connections:
        connection.sendall(body[-1:])
    # Concurrently, because the app waits until the client has closed the connection.
    with ThreadPoolExecutor(len(connections)) as pool:
        return list(pool.map(read_status, connections))


def main() -> None:
    host, method, path, body, count = sys.argv[1:]
    connections = [begin(method, path, body.encode(), host) for _ in range(int(count))]
    print("ready", flush=True)
    sys.stdin.readline()
    print(*finish(connections, body.encode()))


if __name__ == "__main__":
    main()
