"""Signals, and servers that answer with threads or processes."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPSConnection, IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from clastic.application import Application
from clastic.flaw import STATE_PATH
from clastic.http import Response
from clastic.server.options import ServerOptions, announcement
from clastic.server.workers import OneByOne, ShutdownSignal, Threads, Worker, make_worker

Start = Callable[..., Any]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class TestShutdownSignal:
    @pytest.mark.parametrize(
        ("numbers", "first", "is_urgent"),
        [
            pytest.param([signal.SIGTERM], signal.SIGTERM, False, id="SIGTERM"),
            pytest.param([signal.SIGINT], signal.SIGINT, True, id="Ctrl-C"),
            pytest.param([signal.SIGTERM] * 2, signal.SIGTERM, True, id="SIGTERM twice"),
            pytest.param(
                [signal.SIGTERM, signal.SIGINT], signal.SIGTERM, True, id="SIGTERM, then Ctrl-C"
            ),
            pytest.param(
                [signal.SIGINT, signal.SIGTERM], signal.SIGINT, True, id="Ctrl-C, then SIGTERM"
            ),
        ],
    )
    def test_ctrl_c_and_a_second_signal_are_urgent(
        self, numbers: list[int], first: int, is_urgent: bool
    ) -> None:
        with ShutdownSignal() as shutdown:
            for number in numbers:
                os.kill(os.getpid(), number)
            assert (shutdown.number, shutdown.is_urgent) == (first, is_urgent)

    def test_handlers_are_restored(self) -> None:
        before = [signal.getsignal(number) for number in SIGNALS]
        with ShutdownSignal():
            assert signal.getsignal(signal.SIGTERM) not in before
        assert [signal.getsignal(number) for number in SIGNALS] == before

    def test_in_another_thread_handlers_are_not_changed(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        seen = []

        def use() -> None:
            with ShutdownSignal() as shutdown:
                seen.append(signal.getsignal(signal.SIGTERM))
                seen.append(shutdown.number)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join(20)
        assert seen == [before, None]


class TestOneThread:
    """A server that runs in this thread."""

    @pytest.fixture
    def listener(self) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield listener

    @pytest.fixture
    def worker(self, listener: socket.socket, defaults: ServerOptions) -> Iterator[Threads]:
        application = Application([("/", lambda: Response("hello"))])
        worker = Threads(application, defaults, listener)
        yield worker
        worker.server_close()

    def send(self, listener: socket.socket, path: str = "/") -> socket.socket:
        connection = socket.create_connection(listener.getsockname(), 20)
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection

    def read(self, connection: socket.socket) -> bytes:
        with connection:
            return b"".join(iter(lambda: connection.recv(1000), b""))

    def serve(self, worker: Worker, connections: int) -> None:
        """Accept some connections, and end as after a signal."""
        remaining = iter(range(connections))
        worker.serve_until(lambda: next(remaining, None) is None)
        worker.drain(ShutdownSignal())

    def test_accepted_requests_get_a_response_before_the_server_ends(
        self, worker: Threads, listener: socket.socket
    ) -> None:
        connections = [self.send(listener) for _ in range(3)]
        self.serve(worker, 3)
        assert [self.read(connection)[-5:] for connection in connections] == [b"hello"] * 3

    def test_a_connection_without_a_request_is_closed(
        self, worker: Threads, listener: socket.socket
    ) -> None:
        with socket.create_connection(listener.getsockname(), 20) as connection:
            self.serve(worker, 1)
            assert connection.recv(1) == b""

    @pytest.mark.parametrize(
        ("target", "path", "query"),
        [
            pytest.param(b"/\xe4\xb8\xad", "/中".encode(), b"", id="UTF-8"),
            pytest.param(b"/%E4%B8%AD", "/中".encode(), b"", id="encoded UTF-8"),
            pytest.param(b"/\xff%FF", b"/\xff\xff", b"", id="other bytes"),
            pytest.param(b"/a?b=\xc3\xa9&c=%C3%A9", b"/a", b"b=\xc3\xa9&c=%C3%A9", id="a query"),
            pytest.param(b"/a%20b//c/", b"/a b//c/", b"", id="repeated slashes"),
            pytest.param(b"http://localhost/a%2Fb?c", b"/a/b", b"c", id="a whole URL"),
        ],
    )
    def test_the_path_and_the_query_are_the_bytes_that_were_sent(
        self,
        listener: socket.socket,
        defaults: ServerOptions,
        target: bytes,
        path: bytes,
        query: bytes,
    ) -> None:
        def echo(environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [])
            return [f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".encode("latin-1")]

        worker = Threads(echo, defaults, listener)
        received = self.exchange(worker, listener, b"GET %b HTTP/1.0\r\n\r\n" % target)
        assert received.endswith(b"\r\n\r\n%b?%b" % (path, query))

    @pytest.mark.parametrize(
        ("version", "head", "body"),
        [
            ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n", b"\r\n\r\nabcdef"),
            ("HTTP/1.1", b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        ],
    )
    def test_only_clients_of_http_1_1_get_chunks(
        self,
        listener: socket.socket,
        defaults: ServerOptions,
        version: str,
        head: bytes,
        body: bytes,
    ) -> None:
        application = Application([("/", lambda: Response(iter(["abc", "def"])))])
        worker = make_worker(application, defaults, listener)
        request = f"GET / {version}\r\nHost: localhost\r\n\r\n".encode()
        received = self.exchange(worker, listener, request)
        assert received.startswith(head)
        assert received.endswith(body)

    @pytest.mark.parametrize(
        "request_head",
        [
            pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost", id="two hosts"),
            pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil", id="another host"),
            pytest.param(b"GET / HTTP/1.1", id="no host"),
            pytest.param(b"GET http://[/ HTTP/1.1\r\nHost: localhost", id="a malformed URL"),
        ],
    )
    def test_a_malformed_request_is_a_400(
        self, listener: socket.socket, defaults: ServerOptions, request_head: bytes
    ) -> None:
        worker = make_worker(Application([("/", lambda: Response())]), defaults, listener)
        received = self.exchange(worker, listener, request_head + b"\r\n\r\n")
        assert received.split(b" ")[1] == b"400"

    def exchange(self, worker: Worker, listener: socket.socket, request: bytes) -> bytes:
        """Send a request, serve it, and return the response."""
        connection = socket.create_connection(listener.getsockname(), 20)
        connection.sendall(request)
        self.serve(worker, 1)
        return self.read(connection)

    def test_without_threads_requests_run_in_the_thread_that_serves(
        self, listener: socket.socket, defaults: ServerOptions
    ) -> None:
        names: list[str] = []

        def respond() -> Response:
            names.append(threading.current_thread().name)
            return Response("hello")

        worker = make_worker(
            Application([("/", respond)]), replace(defaults, threaded=False), listener
        )
        assert isinstance(worker, OneByOne)
        connections = [self.send(listener) for _ in range(2)]
        self.serve(worker, 2)
        assert [self.read(connection)[-5:] for connection in connections] == [b"hello"] * 2
        assert names == [threading.current_thread().name] * 2

    # The connection is left to the end of the process.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_errors_pass_through_to_the_program_on_request(
        self, listener: socket.socket, defaults: ServerOptions
    ) -> None:
        def broken(environ: Any, start_response: Any) -> list[bytes]:
            raise ZeroDivisionError

        options = replace(defaults, threaded=False, passthrough_errors=True)
        worker = make_worker(broken, options, listener)
        with self.send(listener), pytest.raises(ZeroDivisionError):
            self.serve(worker, 1)
        worker.server_close()

    @pytest.mark.parametrize(("path", "is_logged"), [("/", True), (STATE_PATH, False)])
    def test_requests_of_the_flaw_page_are_not_logged(
        self,
        worker: Threads,
        listener: socket.socket,
        caplog: pytest.LogCaptureFixture,
        path: str,
        is_logged: bool,
    ) -> None:
        caplog.set_level(logging.INFO, "werkzeug")
        connection = self.send(listener, path)
        self.serve(worker, 1)
        self.read(connection)
        assert bool(caplog.records) is is_logged


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
@pytest.mark.parametrize("threaded", [None, False], ids=["threads", "processes"])
def test_a_certificate_makes_it_serve_https(
    tmp_path: Path, defaults: ServerOptions, threaded: bool | None
) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = "openssl req -x509 -nodes -newkey rsa:2048 -days 1 -subj /CN=localhost"
    command = [*command.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", key]
    subprocess.run([*command, "-out", certificate], check=True, capture_output=True)
    options = replace(defaults, ssl_context=(certificate, key), threaded=threaded)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert ": https://127.0.0.1:" in next(announcement(options, listener))
        worker = make_worker(Application([("/", lambda: Response("hello"))]), options, listener)
        responses: list[bytes] = []

        def ask() -> None:
            context = ssl.create_default_context(cafile=certificate)
            port = listener.getsockname()[1]
            with closing(HTTPSConnection("localhost", port, context=context)) as connection:
                connection.request("GET", "/")
                responses.append(connection.getresponse().read())

        client = threading.Thread(target=ask)
        client.start()
        worker.serve_until(lambda: responses or not client.is_alive())
        client.join(20)
        worker.drain(ShutdownSignal())
        assert responses == [b"hello"]


class TestThreads:
    """A program that serves with threads."""

    @pytest.fixture
    def program(self, start: Start) -> Any:
        program = start("--no-reloader", "--no-debugger")
        program.wait_for_page()
        return program

    @pytest.mark.parametrize("number", SIGNALS, ids=["SIGINT", "SIGTERM"])
    def test_a_signal_ends_the_server(self, program: Any, number: int) -> None:
        program.send_signal(number, to_group=True)
        is_sigint = number == signal.SIGINT
        assert program.wait() == (0 if is_sigint else 143)
        assert program.lines[1:] == ["served"] * is_sigint

    def test_sigterm_lets_a_request_finish(self, program: Any) -> None:
        with program.open("/slow") as response:
            assert response.read(6) == b"begun "
            program.send_signal(signal.SIGTERM)
            assert response.read() == b"and ended"
        assert program.wait() == 143

    def test_ctrl_c_cuts_a_request_off(self, program: Any) -> None:
        with program.open("/endless") as response:
            response.readline()
            program.send_signal(signal.SIGINT)
            assert program.wait() == 0
            with pytest.raises(IncompleteRead):
                response.read()

    def test_requests_are_served_at_the_same_time(self, program: Any) -> None:
        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda: answers.append(program.get("/meet").text))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert answers == ["met"] * 2


class TestProcesses:
    """A program that serves with processes."""

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)], ids=["SIGTERM", "SIGINT"]
    )
    def test_processes_end_with_the_server(self, start: Start, number: int, code: int) -> None:
        program = start("--no-reloader", "--processes", "3")
        assert program.serving_process() != program.process.pid
        with program.open("/endless") as response:
            response.readline()
            program.send_signal(number)
            assert program.wait() == code
        assert "Traceback" not in program.output
        assert program.members() == []

    def test_the_number_of_processes_is_limited(self, start: Start) -> None:
        program = start("--no-reloader", "--processes", "2")
        program.wait_for_page()
        with program.open("/endless") as one, program.open("/endless") as two:
            one.readline()
            two.readline()
            with socket.create_connection(("127.0.0.1", program.port)) as third:
                third.sendall(b"GET / HTTP/1.0\r\n\r\n")
                third.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    third.recv(1)
                one.close()
                third.settimeout(20)
                assert third.recv(4) == b"HTTP"
