"""Signals, and servers that answer with threads or processes."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from typing import Any

import pytest

from clastic.application import Application
from clastic.flaw import STATE_PATH
from clastic.http import Response
from clastic.server.workers import ShutdownSignal, Threads

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
    def worker(self, listener: socket.socket) -> Iterator[Threads]:
        application = Application([("/", lambda: Response("hello"))])
        worker = Threads(application, "127.0.0.1", listener)
        yield worker
        worker.server_close()

    def send(self, listener: socket.socket, path: str = "/") -> socket.socket:
        connection = socket.create_connection(listener.getsockname(), 20)
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return connection

    def read(self, connection: socket.socket) -> bytes:
        with connection:
            return b"".join(iter(lambda: connection.recv(1000), b""))

    def serve(self, worker: Threads, connections: int) -> None:
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


class TestThreads:
    """A program that serves with threads."""

    @pytest.fixture
    def program(self, start: Start) -> Any:
        program = start("--no-reloader", "--no-debugger")
        program.wait_for_page()
        return program

    @pytest.mark.parametrize("number", SIGNALS)
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

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
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
