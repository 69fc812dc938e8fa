"""The servers that answer requests, as far as that can be seen in one process."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from clastic.application import Application
from clastic.flaw import STATE_PATH
from clastic.http import Response
from clastic.server.ending import Ending
from clastic.server.workers import Threads


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def worker(listener: socket.socket) -> Iterator[Threads]:
    application = Application([("/", lambda: Response("hello"))])
    worker = Threads(application, "127.0.0.1", listener)
    yield worker
    worker.server_close()


@pytest.fixture
def ending() -> Iterator[Ending]:
    with Ending() as ending:
        yield ending


def ask(listener: socket.socket, path: str = "/") -> socket.socket:
    connection = socket.create_connection(listener.getsockname(), 20)
    connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    return connection


def read(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(1000), b""))


def test_who_has_connected_is_answered_before_the_end(
    worker: Threads, listener: socket.socket, ending: Ending
) -> None:
    connections = [ask(listener) for _ in range(3)]
    worker.accept_waiting()
    worker.finish(ending)
    assert [read(connection)[-5:] for connection in connections] == [b"hello"] * 3


def test_who_asks_for_nothing_is_not_waited_for(
    worker: Threads, listener: socket.socket, ending: Ending
) -> None:
    with socket.create_connection(listener.getsockname(), 20) as connection:
        worker.accept_waiting()
        worker.finish(ending)
        assert connection.recv(1) == b""


def test_nobody_is_accepted_after_the_end_was_asked_for(
    worker: Threads, listener: socket.socket, ending: Ending
) -> None:
    ending.ask()
    with ask(listener) as connection:
        worker.serve_until(ending)
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("path", "is_logged"),
    [
        pytest.param("/", True, id="a request is logged"),
        pytest.param(STATE_PATH, False, id="but not those of the page of Flaw"),
    ],
)
def test_what_is_logged(
    worker: Threads,
    listener: socket.socket,
    ending: Ending,
    caplog: pytest.LogCaptureFixture,
    path: str,
    is_logged: bool,
) -> None:
    caplog.set_level(logging.INFO, "werkzeug")
    connection = ask(listener, path)
    worker.accept_waiting()
    read(connection)
    worker.finish(ending)
    assert bool(caplog.records) is is_logged
