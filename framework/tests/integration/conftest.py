"""Fixtures that serve applications on real ports."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from socketserver import BaseServer, ThreadingMixIn
from typing import Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from werkzeug.serving import WSGIRequestHandler as WerkzeugRequestHandler
from werkzeug.serving import make_server as make_werkzeug_server

HOST = "127.0.0.1"


class Received(NamedTuple):
    """A response that was received over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Served:
    """An application on its own port."""

    port: int

    def request(
        self,
        target: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Received:
        """Send a request with exactly this target, on a new connection."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=30)) as connection:
            connection.request(method, target, body, dict(headers or {}))
            with connection.getresponse() as response:
                return Received(response.status, response.headers, response.read())

    def send(self, request: bytes) -> bytes:
        """Send exactly these bytes, and return all bytes until the server closes the connection."""
        with socket.create_connection((HOST, self.port), timeout=30) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


class QuietHandler(WSGIRequestHandler):
    """Keep the test output clean."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""


class QuietWerkzeugHandler(WerkzeugRequestHandler):
    """Keep the test output clean."""

    def log(self, type: str, message: str, *arguments: Any) -> None:
        """Log nothing."""


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """The server of the standard library with one thread per request."""

    daemon_threads = True


def make_standard_server(application: Any) -> BaseServer:
    server = ThreadingServer((HOST, 0), QuietHandler)
    server.set_app(application)
    return server


def make_development_server(application: Any) -> BaseServer:
    return make_werkzeug_server(
        HOST, 0, application, threaded=True, request_handler=QuietWerkzeugHandler
    )


MAKERS: dict[str, Callable[[Any], Any]] = {
    "wsgiref": make_standard_server,
    "werkzeug": make_development_server,
}


@contextmanager
def serving(make_server: Callable[[Any], Any]) -> Iterator[Callable[[Any], Served]]:
    """Yield a function that serves an application until the end of the block."""
    with ExitStack() as stack:

        def serve(application: Any) -> Served:
            server = make_server(application)
            stack.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return Served(server.server_address[1])

        yield serve


@pytest.fixture(params=list(MAKERS))
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Served]]:
    """Return a function that serves an application until the test ends, with each server."""
    with serving(MAKERS[request.param]) as serve:
        yield serve


@pytest.fixture
def serve_strictly() -> Iterator[Callable[[Any], Served]]:
    """Return a function that serves an application with the server of the standard library."""
    with serving(make_standard_server) as serve:
        yield serve
