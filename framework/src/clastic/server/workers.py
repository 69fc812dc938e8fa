"""Answer requests with threads or processes, and finish them when the server is shut down."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from socket import SHUT_RDWR, socket
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from werkzeug import serving

from clastic.errors import BadRequest
from clastic.flaw import STATE_PATH
from clastic.http import read_host
from clastic.http.hosts import MALFORMED_HOST
from clastic.server.options import ServerOptions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLL_SECONDS = 0.1
"""Seconds between two checks for signals and for changed files."""

_DRAIN_SECONDS = 1.0  # that requests may take to finish after the server is told to shut down
_ARRIVAL_SECONDS = 0.05  # that a new connection may take to send one: browsers open unused ones
_CLOSE_SECONDS = 0.5  # that requests may take to end after they were cut off
_WAIT_SECONDS = 0.02  # between two checks of requests, which have no event


class ShutdownSignal:
    """Record Ctrl-C and SIGTERM during a ``with`` block, instead of interrupting the program.

    In a thread other than the main one it records nothing.

    :ivar number: the first signal received, ``None`` until there is one
    :ivar is_urgent: whether to skip draining: after Ctrl-C, and after a second signal
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.is_urgent = False
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> ShutdownSignal:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._record)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @property
    def exit_code(self) -> int:
        """143 after SIGTERM; otherwise 0, for Ctrl-C is the usual way to end the server."""
        return 128 + signal.SIGTERM if self.number == signal.SIGTERM else 0

    def _record(self, number: int, frame: FrameType | None) -> None:
        self.is_urgent = self.number is not None or number == signal.SIGINT
        self.number = self.number or number


class Worker(serving.BaseWSGIServer, ABC):
    """Handle requests until the server is shut down.

    :ivar close_application: closes the resources of the application, if it has any; takes the
        seconds to wait for requests that use them
    """

    close_application: Callable[[float], object] | None = None
    timeout: float | None = POLL_SECONDS  # of handle_request()
    handler_type: type[serving.WSGIRequestHandler]

    def __init__(
        self, application: WSGIApplication, options: ServerOptions, listener: socket
    ) -> None:
        super().__init__(
            options.address,
            0,
            application,
            handler=self.handler_type,
            passthrough_errors=options.passthrough_errors,
            ssl_context=options.ssl_context,
            fd=listener.fileno(),
        )

    def serve_until(self, is_over: Callable[[], object]) -> None:
        """Accept and handle requests until `is_over` returns something true.

        It is called after each request, and several times a second.
        """
        while not is_over():
            self.handle_request()
            self.service_actions()

    def drain(self, shutdown: ShutdownSignal) -> None:
        """Wait for requests to finish, unless `shutdown` is urgent, then close everything.

        Requests that take longer than a second are cut off.
        """
        deadline = time.monotonic() + _DRAIN_SECONDS
        if not shutdown.is_urgent:
            time.sleep(_ARRIVAL_SECONDS)
        while not shutdown.is_urgent and self.is_busy() and time.monotonic() < deadline:
            time.sleep(_WAIT_SECONDS)
        self.cut_off()
        self.server_close()
        self.end_process()

    def end_process(self) -> None:
        """Close the resources of the application in this process."""
        if self.close_application is not None:
            self.close_application(_CLOSE_SECONDS)

    @abstractmethod
    def is_busy(self) -> bool:
        """Return whether requests are being handled."""

    @abstractmethod
    def cut_off(self) -> None:
        """End all requests that are being handled."""


class _Handler(serving.WSGIRequestHandler):
    """Read and send HTTP as production servers do, where Werkzeug's class differs from them.

    Requests are logged, except those that the Flaw page sends to see whether it is out of date.
    """

    def run_wsgi(self) -> None:
        if self.request_version != "HTTP/1.1":
            self.protocol_version = "HTTP/1.0"  # such clients do not know chunked responses
        try:
            urlsplit(self.path)
        except ValueError as error:
            self.path = quote(self.path, encoding="latin-1")  # for the log
            self.send_error(HTTPStatus.BAD_REQUEST, f"Malformed request target: {error}")
        else:
            super().run_wsgi()

    def make_environ(self) -> WSGIEnvironment:
        """Return the environ, with the bytes of the URL as they were sent (PEP 3333)."""
        environ = super().make_environ()
        target = urlsplit(self.path)  # it was decoded as Latin-1
        environ["PATH_INFO"] = unquote_to_bytes(target.path.encode("latin-1")).decode("latin-1")
        environ["QUERY_STRING"] = target.query
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if getattr(self, "path", None) != STATE_PATH:
            super().log_request(code, size)


class _ThreadHandler(_Handler):
    server: Threads

    def run_wsgi(self) -> None:
        self.server.note_request(self.connection)
        super().run_wsgi()


class OneByOne(Worker):
    """Handle one request at a time, in the thread that serves."""

    handler_type = _Handler

    def is_busy(self) -> bool:
        return False

    def cut_off(self) -> None:
        """Do nothing: no request is left."""


class Threads(Worker, serving.ThreadedWSGIServer):
    """Answer each request in a thread of its own. The threads do not keep the program alive."""

    handler_type = _ThreadHandler

    def __init__(
        self, application: WSGIApplication, options: ServerOptions, listener: socket
    ) -> None:
        super().__init__(application, options, listener)
        # The open connections, and whether each has sent a request.
        self._connections: dict[socket, bool] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections[request] = False
        super().process_request(request, client_address)

    def note_request(self, connection: socket) -> None:
        """Record that a connection has sent a request."""
        self._connections[connection] = True

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._connections.pop(request, None)

    def is_busy(self) -> bool:
        return any(list(self._connections.values()))

    def cut_off(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):  # it has just been closed
                connection.shutdown(SHUT_RDWR)


class Processes(Worker, serving.ForkingWSGIServer):
    """Handle each request in a process of its own."""

    handler_type = _Handler

    def __init__(
        self, application: WSGIApplication, options: ServerOptions, listener: socket
    ) -> None:
        super().__init__(application, options, listener)
        self._limit = options.processes or 1
        self.max_children = sys.maxsize  # at the limit, the base class would not see a signal

    def handle_request(self) -> None:
        if len(self.active_children or ()) < self._limit:
            super().handle_request()
        else:
            time.sleep(_WAIT_SECONDS)

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            super().finish_request(request, client_address)
        finally:
            self.end_process()  # the base class ends it without atexit

    def is_busy(self) -> bool:
        self.collect_children()
        return bool(self.active_children)

    def cut_off(self) -> None:
        for process in self.active_children or ():
            with suppress(ProcessLookupError):  # the program has collected it
                os.kill(process, signal.SIGKILL)
        self.collect_children(blocking=True)


def with_host_check(application: WSGIApplication, options: ServerOptions) -> WSGIApplication:
    """Respond 400 to requests for other hosts than those that the options allow."""

    def check_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = read_host(environ)
        if options.serves_host(host):
            return application(environ, start_response)
        if host is None:
            error = BadRequest(MALFORMED_HOST)
        else:
            error = BadRequest(
                f"The development server does not serve the host {host!r}. If it should, start "
                "the server with --host and this name."
            )
        return error(environ, start_response)

    return check_host


def make_worker(
    application: WSGIApplication,
    options: ServerOptions,
    listener: socket,
    close: Callable[[float], object] | None = None,
) -> Worker:
    """Return a server of `application` on `listener`, with threads, processes or neither.

    :param close: see ``close_application`` of :class:`Worker`
    """
    kind: type[Worker] = Processes
    if options.has_one_process:
        kind = OneByOne if options.threaded is False else Threads
    worker = kind(with_host_check(application, options), options, listener)
    worker.close_application = close
    return worker
