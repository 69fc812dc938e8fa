"""Answer requests with threads or processes, and finish them when the server is shut down."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import inf
from socket import SHUT_RDWR, socket
from types import FrameType
from typing import TYPE_CHECKING, Any

from werkzeug import serving

from clastic.flaw import STATE_PATH
from clastic.server.options import ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TERMINATED = 128 + signal.SIGTERM
"""The exit code of a program that SIGTERM has ended."""

DRAIN_SECONDS = 1.0
"""Seconds that requests may take to finish after the server is told to shut down."""

SILENCE_SECONDS = 0.1
"""Seconds that a new connection may then take to send a request: browsers open unused ones."""

_WAIT_SECONDS = 0.05  # at most, for a connection, before looking for a signal
_POLL_SECONDS = 0.02  # between two checks of processes and requests, which have no event


class ShutdownSignal:
    """Record Ctrl-C and SIGTERM during a ``with`` block, instead of interrupting the program.

    In a thread other than the main one it records only calls of :meth:`request`.

    :param is_final: whether the process ends after the block: later signals are then ignored
    :ivar number: the first signal received, ``None`` until there is one
    :ivar is_urgent: whether to skip draining: after Ctrl-C, and after a second signal
    """

    def __init__(self, is_final: bool = False) -> None:
        self.number: int | None = None
        self.is_urgent = False
        self._is_final = is_final
        self._process = os.getpid()
        self._handlers: Mapping[int, Any] = {}

    def __enter__(self) -> ShutdownSignal:
        if threading.current_thread() is threading.main_thread():
            numbers = (signal.SIGINT, signal.SIGTERM)
            self._handlers = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(self, *error: object) -> None:
        if not self._is_final:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def request(self, number: int = signal.SIGTERM) -> None:
        """Request the shutdown, as the signal of that number does."""
        self.is_urgent = self.number is not None or number == signal.SIGINT
        self.number = number if self.number is None else self.number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a fork that answers a single request
            raise SystemExit(128 + number)
        self.request(number)


class Worker(serving.BaseWSGIServer, ABC):
    """Answer requests until a :class:`ShutdownSignal`."""

    timeout: float | None = _WAIT_SECONDS  # of handle_request()

    def serve_until(
        self, shutdown: ShutdownSignal, check: Callable[[], object] = lambda: None
    ) -> None:
        """Accept and answer requests until `shutdown`.

        :param check: called after each request, and several times a second
        """
        while shutdown.number is None:
            if self.has_room():
                self.handle_request()
            else:
                time.sleep(_POLL_SECONDS)
            self.service_actions()
            check()

    def accept_pending(self) -> None:
        """Answer the requests of connections that wait to be accepted."""
        while select.select([self], [], [], 0)[0]:
            self.handle_request()

    def drain(self, shutdown: ShutdownSignal) -> None:
        """Wait for requests to finish, unless `shutdown` is urgent, then close the server.

        Requests that take longer than ``DRAIN_SECONDS`` are cut off.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while not shutdown.is_urgent and self.is_busy() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self.cut_off()
        self.server_close()

    @abstractmethod
    def has_room(self) -> bool:
        """Return whether one more request can be answered now."""

    @abstractmethod
    def is_busy(self) -> bool:
        """Return whether requests are being answered."""

    @abstractmethod
    def cut_off(self) -> None:
        """End all requests that are being answered."""


class _Handler(serving.WSGIRequestHandler):
    """Log requests, except those that the Flaw page sends to see whether it is out of date."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if getattr(self, "path", None) != STATE_PATH:
            super().log_request(code, size)


class _ThreadHandler(_Handler):
    server: Threads

    def run_wsgi(self) -> None:
        self.server.note_request(self.connection)
        super().run_wsgi()


class Threads(Worker, serving.ThreadedWSGIServer):
    """Answer each request in a thread of its own. The threads do not keep the program alive."""

    def __init__(self, application: WSGIApplication, address: str, listener: socket) -> None:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        super().__init__(address, port, application, _ThreadHandler, fd=descriptor)
        # When each connection was accepted; infinity once it has sent a request.
        self._connections: dict[socket, float] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections[request] = time.monotonic()
        super().process_request(request, client_address)

    def note_request(self, connection: socket) -> None:
        """Record that a connection has sent a request."""
        self._connections[connection] = inf

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._connections.pop(request, None)

    def has_room(self) -> bool:
        return True

    def is_busy(self) -> bool:
        silent = time.monotonic() - SILENCE_SECONDS
        return any(accepted > silent for accepted in list(self._connections.values()))

    def cut_off(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):  # it has just been closed
                connection.shutdown(SHUT_RDWR)


class Processes(Worker, serving.ForkingWSGIServer):
    """Answer each request in a process of its own.

    :param processes: the number of processes that may run at the same time
    """

    # The base class would block in process_request() until a process ends, even after a signal.
    block_on_close = False

    def __init__(
        self, application: WSGIApplication, address: str, listener: socket, processes: int
    ) -> None:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        super().__init__(address, port, application, processes, _Handler, fd=descriptor)
        self._limit = processes
        self.max_children = sys.maxsize

    def has_room(self) -> bool:
        return len(self.active_children or ()) < self._limit

    def is_busy(self) -> bool:
        self.service_actions()  # collects the processes that have ended
        return bool(self.active_children)

    def cut_off(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            _send(number, self.active_children or ())
            deadline = time.monotonic() + DRAIN_SECONDS
            while self.is_busy() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)


def make_worker(
    application: WSGIApplication, options: ServerOptions, listener: socket
) -> Threads | Processes:
    """Return a server of `application` on `listener`, with threads or processes."""
    if options.is_threaded:
        return Threads(application, options.address, listener)
    return Processes(application, options.address, listener, options.processes or 1)


def _send(number: int, processes: Iterable[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # it has just been collected
            os.kill(process, number)
