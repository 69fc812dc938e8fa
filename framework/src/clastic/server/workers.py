"""The servers that answer requests, in threads or in processes: Werkzeug's, made to end well."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from typing import TYPE_CHECKING, Any

from werkzeug import serving

from clastic.flaw import STATE_PATH
from clastic.server.ending import Ending
from clastic.server.options import ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENCE = 1.0
"""Seconds that requests have to come to their end when the server is asked to."""

SILENCE = 0.1
"""Seconds that a connection has to ask for something then; browsers open some to have them."""

_STEP = 0.02  # seconds between two looks at something that has no event


class _Worker(serving.BaseWSGIServer, ABC):
    """What serving in threads and in processes have in common."""

    #: Seconds between two calls of :meth:`service_actions`; ``None`` for none when idle.
    pace: float | None = None

    # handle_request(), of the standard library, does not wait for a connection.
    timeout: float | None = 0

    def serve_until(self, ending: Ending, each_time: Callable[[], None] | None = None) -> None:
        """Answer requests until the server is asked to end, and those that have been accepted.

        :param each_time: is called now and then, if the server is one of processes
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(ending.alarm, selectors.EVENT_READ)
            while ending.number is None:
                selector.select(self.pace)
                if ending.number is None:
                    self.handle_request()
                self.service_actions()
                self.wait_for_room(ending)
                if each_time is not None and self.pace is not None:
                    each_time()

    def accept_waiting(self) -> None:
        """Answer also those that have connected, and have not been accepted yet."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            while selector.select(0):
                self.handle_request()

    def finish(self, ending: Ending) -> None:
        """Let requests come to their end, for some time, and unless it is urgent."""
        begin = time.monotonic()
        while not ending.is_urgent and self.is_busy(waited := time.monotonic() - begin):
            if waited > PATIENCE:
                break
            time.sleep(_STEP)
        self.break_off()
        self.server_close()

    @abstractmethod
    def wait_for_room(self, ending: Ending) -> None:
        """Return when one more request can be answered, or the server is asked to end."""

    @abstractmethod
    def is_busy(self, waited: float) -> bool:
        """Whether there are requests that have not come to their end.

        :param waited: seconds since the server was asked to end
        """

    @abstractmethod
    def break_off(self) -> None:
        """End those requests."""


class _Handler(serving.WSGIRequestHandler):
    """Logs requests, but not those by which a page of Flaw finds out that the flaw is mended."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if getattr(self, "path", None) != STATE_PATH:
            super().log_request(code, size)


class _ThreadHandler(_Handler):
    """Says when a connection has asked for something."""

    server: Threads

    def run_wsgi(self) -> None:
        self.server.note_request(self.connection)
        super().run_wsgi()


class Threads(_Worker, serving.ThreadedWSGIServer):
    """Answers each request in a thread of its own, which ends with the program."""

    def __init__(self, application: WSGIApplication, address: str, listener: socket) -> None:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        super().__init__(address, port, application, _ThreadHandler, fd=descriptor)
        self._connections: set[socket] = set()
        self._silent: set[socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        self._silent.add(request)
        super().process_request(request, client_address)

    def note_request(self, connection: socket) -> None:
        self._silent.discard(connection)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._silent.discard(request)
        self._connections.discard(request)

    def wait_for_room(self, ending: Ending) -> None:
        """Threads are as many as there are requests."""

    def is_busy(self, waited: float) -> bool:
        return bool(self._connections if waited < SILENCE else self._connections - self._silent)

    def break_off(self) -> None:
        for connection in self._connections.copy():
            with suppress(OSError):  # it has ended just now
                connection.shutdown(SHUT_RDWR)


class Processes(_Worker, serving.ForkingWSGIServer):
    """Answers each request in a process of its own.

    :param processes: how many there may be at once
    """

    pace = 0.25

    def __init__(
        self, application: WSGIApplication, address: str, listener: socket, processes: int
    ) -> None:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        super().__init__(address, port, application, processes, _Handler, fd=descriptor)
        self._most = processes
        # The limit is kept here: the standard library waits for room without an end.
        self.max_children = sys.maxsize
        self.block_on_close = False

    def wait_for_room(self, ending: Ending) -> None:
        while len(self.active_children or ()) >= self._most and ending.number is None:
            time.sleep(_STEP)
            self.service_actions()

    def is_busy(self, waited: float) -> bool:
        self.service_actions()
        return bool(self.active_children)

    def break_off(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            _send(number, self.active_children or ())
            deadline = time.monotonic() + PATIENCE
            while self.is_busy(0) and time.monotonic() < deadline:
                time.sleep(_STEP)


def make_worker(
    application: WSGIApplication, options: ServerOptions, listener: socket
) -> Threads | Processes:
    """Return a server of `application` on `listener`, as the options say."""
    if options.is_threaded:
        return Threads(application, options.address, listener)
    return Processes(application, options.address, listener, options.processes or 1)


def _send(number: int, processes: Iterable[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # somebody else has waited for it
            os.kill(process, number)
