"""Fixtures that serve applications on real ports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest

import clastic.testing
from clastic.testing import HOST, Server


class QuietHandler(WSGIRequestHandler):
    """Keep the test output clean."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing."""


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """The server of the standard library with one thread per request."""

    daemon_threads = True


@contextmanager
def serve_with_wsgiref(application: Any) -> Iterator[Server]:
    """Serve an application with the server of the standard library inside a ``with`` block."""
    server = ThreadingServer((HOST, 0), QuietHandler)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Server(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SERVERS = {"wsgiref": serve_with_wsgiref, "werkzeug": clastic.testing.serve}


@pytest.fixture(params=SERVERS)
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Server]]:
    """Return a function that serves an application until the test ends, with each server."""
    with ExitStack() as stack:
        yield lambda application: stack.enter_context(SERVERS[request.param](application))


@pytest.fixture
def serve_strictly() -> Iterator[Callable[[Any], Server]]:
    """Return a function that serves an application with the server of the standard library."""
    with ExitStack() as stack:
        yield lambda application: stack.enter_context(serve_with_wsgiref(application))
