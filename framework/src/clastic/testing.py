"""Test applications: a client in the process, real servers, and a clock that tests set.

::

    from clastic.testing import client, serve

    def test_greeting():
        assert client(app).get("/ann").text == "Hello, ann!"

    def test_greeting_over_http():
        with serve(app) as server:
            assert server.get("/ann").text == "Hello, ann!"

Installing Clastic also installs a pytest plugin with the fixtures ``serve``, ``serve_process`` and
``clock``. They stop what they have started when the test ends.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, create_environ

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from clastic.application import Application
    from clastic.middleware.base import Middleware
    from clastic.middleware.session import SessionMiddleware

HOST = "127.0.0.1"
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02

_Result = TypeVar("_Result")


class ServerFailed(Exception):
    """A server process exited or did not respond in time; the message has its output."""


class Received(NamedTuple):
    """A response that was received from a server.

    :param status: the status code
    :param headers: the headers; names in any case
    :param body: the body, in bytes
    """

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, decoded as UTF-8."""
        return self.body.decode()


class Server:
    """A server that listens on a port of this machine.

    :ivar port: the port
    :ivar url: its URL, without a slash at the end
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"

    def request(
        self,
        method: str,
        target: str = "/",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = READY_SECONDS,
    ) -> Received:
        """Send a request on a new connection, and return the response; redirects are not followed.

        :param target: the path and query exactly as they are sent
        :param timeout: seconds to wait for the server
        :raises OSError: if the server does not respond, as :mod:`http.client` does
        """
        with closing(HTTPConnection(HOST, self.port, timeout=timeout)) as connection:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            return Received(response.status, response.headers, response.read())

    def get(self, target: str = "/", headers: Mapping[str, str] | None = None) -> Received:
        """Send a GET request; see :meth:`request`."""
        return self.request("GET", target, headers=headers)

    def send(self, request: bytes) -> bytes:
        """Send bytes as they are, and return everything received until the server closes."""
        with socket.create_connection((HOST, self.port), timeout=READY_SECONDS) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def responds(self) -> bool:
        """Return whether a request gets a response, of any status."""
        try:
            self.request("HEAD", "/", timeout=5)
        except (OSError, HTTPException):
            return False
        return True


class ServerProcess(Server):
    """A server in a process of its own, and the processes that it starts.

    The parameters are those of :func:`serve_process`, and:

    :param port: the port that the command listens on
    :param pass_fds: the file descriptors that the process inherits, such as that of a socket
    :ivar process: the process; it leads a process group
    :ivar log: the file with its output
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        folder: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str | None] | None = None,
        *,
        log: Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        super().__init__(port)
        self._folder = tempfile.TemporaryDirectory()
        variables = {**os.environ, **(environment or {})}
        # A file and not a pipe, which would block the process when nobody reads it.
        self.log = log or Path(self._folder.name, "output")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={name: value for name, value in variables.items() if value is not None},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=pass_fds,
            )

    @property
    def output(self) -> str:
        """What the process has written to standard output and standard error so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, timeout: float = READY_SECONDS) -> None:
        """Wait until the server responds.

        :param timeout: in seconds
        :raises ServerFailed: if it exits or does not respond in time
        """
        self.wait_until(self.responds, f"did not respond on {self.url}", timeout)

    def wait_until(
        self, condition: Callable[[], _Result], problem: str, timeout: float = READY_SECONDS
    ) -> _Result:
        """Call a function until it returns a true value, and return that value.

        :param condition: a function without arguments
        :param problem: what the message of a timeout says, such as ``did not write its log``
        :param timeout: in seconds
        :raises ServerFailed: if the process exits, or the value is not true in time
        """
        deadline = time.monotonic() + timeout
        while not (result := condition()):
            if self.process.poll() is not None:
                what = f"exited with status {self.process.returncode}"
            elif time.monotonic() > deadline:
                what = f"{problem} within {timeout:g} seconds"
            else:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(_POLL_SECONDS)
                continue
            raise ServerFailed(f"{self.process.args!r} {what}. Its output:\n{self.output}")
        return result

    def stop(self, number: int = signal.SIGTERM, timeout: float = STOP_SECONDS) -> int:
        """Send a signal and return the exit status; kill what is left of the process group.

        :param timeout: the seconds after which the process is killed if it has not exited
        """
        if self.process.poll() is None:
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        if sys.platform == "win32":
            self.process.kill()
        else:
            # There is no process left in the group: macOS raises PermissionError then.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def close(self) -> None:
        """Stop the process and delete its output."""
        self.stop()
        self._folder.cleanup()


class Clock:
    """A clock that stands still until a test moves it, to pass in place of :func:`time.time`.

    :param now: the time at first, in seconds since 1970
    """

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back if `seconds` is negative."""
        self.now += seconds


def client(application: Application) -> Client:
    """Return a client that calls the application directly, without a server.

    It is Werkzeug's :class:`werkzeug.test.Client`: it keeps cookies, and its responses are of the
    application's response type.
    """
    return application.get_local_client()


def login(client: Client, /, **values: Any) -> None:
    """Log a client in: store a new session with these values, and set its cookie.

    ``login(client, user="ann")`` sets what the endpoint for logins would set. It saves the session
    in the store of the application's :class:`~clastic.middleware.SessionMiddleware`.

    :param client: one of :func:`client` or ``get_local_client()``
    :raises ValueError: if the application has no sessions
    """
    from clastic.http import Request, Response

    middleware, stores = _find_sessions(client.application)
    request = Request(create_environ())
    middleware.request(lambda session: session.update(values), request, **stores)
    response = middleware.finish(Response(), request.environ, None)
    name, _, value = response.headers["Set-Cookie"].partition(";")[0].partition("=")
    client.set_cookie(name, value)


def _find_sessions(application: Any) -> tuple[SessionMiddleware, dict[str, Any]]:
    """Return the session middleware of an application, and its store by name if it takes one."""
    from clastic.middleware.session import SessionMiddleware

    for route in getattr(application, "routes", ()):
        for middleware in route.middlewares:
            if not isinstance(middleware, SessionMiddleware):
                continue
            name = middleware.store
            if not isinstance(name, str):
                return middleware, {}
            store = route.resources[name]
            managed = [each for each in application.lifecycle.resources if each.managed is store]
            return middleware, {name: managed[0].open() if managed else store}
    raise ValueError("No route of the application has a SessionMiddleware, so nobody can log in.")


@contextmanager
def overrides(
    application: Application,
    resources: Mapping[str, Any] | None = None,
    middlewares: Mapping[type[Any], Middleware] | None = None,
    without: Iterable[type[Middleware]] = (),
) -> Iterator[Client]:
    """Yield the client of a copy of the application with parts replaced, for a ``with`` block.

    The arguments are those of :meth:`clastic.Application.with_overrides`. The managed resources of
    the copy are opened with the block and closed after it.
    """
    with application.with_overrides(resources, middlewares, without) as changed:
        yield client(changed)


@contextmanager
def serve(application: WSGIApplication) -> Iterator[Server]:
    """Serve a WSGI application on a free port, from a thread, inside a ``with`` block."""
    server = make_server(HOST, 0, application, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Server(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_process(
    command: Sequence[str],
    *,
    folder: str | Path | None = None,
    environment: Mapping[str, str | None] | None = None,
    timeout: float = READY_SECONDS,
    log: Path | None = None,
) -> Iterator[ServerProcess]:
    """Run a server inside a ``with`` block; it responds when the block begins.

    ``serve_process([sys.executable, "app.py", "--port", "{port}"])`` runs a program. At the end of
    the block, it gets SIGTERM; whatever is left of its process group after 10 seconds is killed.

    :param command: the command; ``{port}`` in an argument stands for a free port
    :param folder: the working directory
    :param environment: variables to set besides those of this process; None removes one
    :param timeout: the seconds in which it has to respond
    :param log: the file for the output; by default a temporary one
    :raises ServerFailed: if it exits or does not respond in time; the message has its output
    """
    port = free_port()
    arguments = [argument.replace("{port}", str(port)) for argument in command]
    with closing(ServerProcess(arguments, port, folder, environment, log=log)) as server:
        server.wait_until_ready(timeout)
        yield server


def free_port() -> int:
    """Return a port that nobody listens on at this time."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *arguments: object) -> None:
        """Log nothing: a test has the responses."""
