"""The development server in one process, and what is common to all ways of serving."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clastic.application import Application
from clastic.http import Response
from clastic.server import child, serve

Start = Callable[..., Any]


class TestProcesses:
    @pytest.mark.parametrize("flags", [["--no-reloader"], []], ids=["alone", "with the reloader"])
    def test_it_serves_where_it_says(self, start: Start, flags: list[str]) -> None:
        program = start("--port", "0", *flags)
        assert program.line(0) == (
            f" * hello: http://127.0.0.1:{program.port}/ (development server, Ctrl-C ends it)\n"
        )
        assert program.wait_until_it_serves().body.startswith("hello ")

    def test_the_port_can_be_chosen(self, start: Start, free_port: int) -> None:
        program = start("--port", str(free_port))
        program.wait_until_it_serves()
        assert program.port == free_port

    def test_a_port_in_use_is_one_line(self, start: Start) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, output, errors = start("--port", str(port)).end()
        assert (code, output) == (1, "")
        assert errors == (
            f"hello: port {port} on 127.0.0.1 is in use by another program. "
            "Stop that one, or choose another port with --port.\n"
        )

    def test_sigterm_ends_it(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader", "--no-debugger")
        program.wait_until_it_serves()
        program.send(signal.SIGTERM)
        code, output, errors = program.end()
        assert (code, output.count("\n"), "served" in output) == (143, 1, False)
        assert all("GET / HTTP" in line for line in errors.splitlines())

    def test_ctrl_c_ends_it(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader")
        program.wait_until_it_serves()
        program.send(signal.SIGINT, to_group=True)
        code, output, errors = program.end()
        assert (code, "served" in output, "Traceback" in errors) == (0, True, False)

    def test_sigterm_lets_a_request_come_to_its_end(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/slow")
            response = connection.getresponse()
            assert response.read(6) == b"begun "
            program.send(signal.SIGTERM)
            assert response.read() == b"and ended"
        assert program.end()[0] == 143

    def test_ctrl_c_does_not(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/slow")
            response = connection.getresponse()
            assert response.read(6) == b"begun "
            program.send(signal.SIGINT)
            assert program.end()[0] == 0
            with pytest.raises(http.client.IncompleteRead):
                response.read()

    def test_the_debugger_shows_its_pin(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader")
        program.wait_until_it_serves()
        assert program.line(1).startswith(" * debugger PIN: ")
        answer = program.get("/fail")
        assert answer.status == 500
        assert "ValueError: what happened" in answer.body

    def test_a_bad_flag(self, start: Start) -> None:
        code, output, errors = start("--port", "http").end()
        assert (code, output) == (2, "")
        assert errors == "hello: argument --port: invalid int value: 'http'\n"

    def test_requests_are_served_at_once(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader")
        program.wait_until_it_serves()
        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda: answers.append(program.get("/meet").body))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert answers == ["met"] * 2

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda it: it.name)
    def test_processes_serve_and_end_with_it(self, start: Start, number: int) -> None:
        program = start("--port", "0", "--no-reloader", "--processes", "3")
        assert program.server() != program.process.pid
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/endless")
            response = connection.getresponse()
            worker = int(response.readline())
            program.send(number)
            code, _, errors = program.end()
        assert code == (143 if number == signal.SIGTERM else 0)
        assert "Traceback" not in errors
        program.wait_until_it_has_gone(worker)

    def test_processes_end_their_work_in_order(self, start: Start, folder: Path) -> None:
        """They are asked to: what is in ``finally`` runs."""
        text = (folder / "hello.py").read_text()
        loop = text[
            text.index("        while True") : text.index("\n\n    return Response(blocks())")
        ]
        tried = f"        try:\n{textwrap.indent(loop, '    ')}"
        cleaned = "\n        finally:\n            print('cleaned', flush=True)"
        (folder / "hello.py").write_text(text.replace(loop, tried + cleaned))
        program = start("--port", "0", "--no-reloader", "--processes", "2")
        program.wait_until_it_serves()
        with closing(http.client.HTTPConnection("127.0.0.1", program.port)) as connection:
            connection.request("GET", "/endless")
            response = connection.getresponse()
            response.readline()
            program.send(signal.SIGINT)
            assert "cleaned\n" in program.end()[1]

    def test_there_are_no_more_processes_than_allowed(self, start: Start) -> None:
        program = start("--port", "0", "--no-reloader", "--processes", "2")
        program.wait_until_it_serves()
        connections = [http.client.HTTPConnection("127.0.0.1", program.port) for _ in range(2)]
        responses = []
        for connection in connections:
            connection.request("GET", "/endless")
            responses.append(connection.getresponse())
            responses[-1].readline()
        with socket.create_connection(("127.0.0.1", program.port)) as third:
            third.sendall(b"GET / HTTP/1.0\r\n\r\n")
            third.settimeout(0.3)
            with pytest.raises(TimeoutError):
                third.recv(1)
            for response in responses:
                response.close()
            third.settimeout(20)
            assert third.recv(4) == b"HTTP"

    def test_another_thread_can_serve_without_the_reloader(
        self, start: Start, folder: Path
    ) -> None:
        served = "create_app().serve()"
        threaded = f"thread = threading.Thread(target={served[:-2]}, daemon=True)"
        text = (folder / "hello.py").read_text()
        (folder / "hello.py").write_text(
            text.replace(served, f"{threaded}\n    thread.start()\n    thread.join()")
        )
        program = start("--port", "0")
        program.wait_until_it_serves("hello")
        assert program.line(1) == (
            " * no reloader: it needs the main thread, and serve() was called in another\n"
        )


@pytest.fixture
def application() -> Application:
    return Application([("/", lambda: Response("hello"))])


@pytest.fixture
def program_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = ModuleType("__main__")
    module.__file__ = str(tmp_path / "hello.py")
    monkeypatch.setitem(sys.modules, "__main__", module)


@pytest.fixture
def visit(fetch: Callable[..., Any], wait_for: Callable[..., Any]) -> Callable[..., Any]:
    """Serves in this process, for a visitor who gets a page and then sends a signal."""

    def serve_for_visitor(
        serving: Callable[[], None], port: int, number: int, host: str = "127.0.0.1"
    ) -> Any:
        answers: list[Any] = []
        is_over = threading.Event()

        def come() -> None:
            try:
                wait_for(
                    "it",
                    lambda: is_over.is_set() or answers.append(fetch(port, "/", host)) or answers,
                )
            finally:
                if not is_over.is_set():
                    os.kill(os.getpid(), number)

        visitor = threading.Thread(target=come)
        visitor.start()
        try:
            serving()
        finally:
            is_over.set()
            visitor.join(20)
        return answers[0]

    return serve_for_visitor


QUIET: dict[str, Any] = {
    "use_reloader": False,
    "use_debugger": False,
    "use_static": False,
    "arguments": [],
}


@pytest.mark.usefixtures("program_file")
class TestThisProcess:
    def test_ctrl_c_returns(
        self,
        application: Application,
        visit: Callable[..., Any],
        free_port: int,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        before = signal.getsignal(signal.SIGINT)
        answer = visit(
            lambda: serve(application, port=free_port, **QUIET), free_port, signal.SIGINT
        )
        assert (answer.status, answer.body) == (200, "hello")
        assert signal.getsignal(signal.SIGINT) == before
        assert capsys.readouterr().out == (
            f" * hello: http://127.0.0.1:{free_port}/ (development server, Ctrl-C ends it)\n"
        )

    @pytest.mark.parametrize("processes", [None, 2])
    def test_sigterm_exits_and_leaves_the_signal_as_it_was(
        self,
        application: Application,
        visit: Callable[..., Any],
        free_port: int,
        processes: int | None,
    ) -> None:
        before = signal.getsignal(signal.SIGTERM)

        def serving() -> None:
            with pytest.raises(SystemExit) as ended:
                serve(application, port=free_port, processes=processes, **QUIET)
            assert ended.value.code == 143

        assert visit(serving, free_port, signal.SIGTERM).body == "hello"
        assert signal.getsignal(signal.SIGTERM) == before

    def test_ctrl_c_before_it_serves_returns(
        self, application: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*arguments: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(socket, "create_server", interrupt)
        assert serve(application, port=0, **QUIET) is None

    def test_the_method_of_the_application_does_it_too(
        self, application: Application, visit: Callable[..., Any], free_port: int
    ) -> None:
        serving = lambda: application.serve(port=free_port, **QUIET)  # noqa: E731
        assert visit(serving, free_port, signal.SIGINT).body == "hello"

    def test_flags_come_from_the_command_line(
        self,
        application: Application,
        visit: Callable[..., Any],
        free_port: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["hello.py", "mine", "--port", str(free_port)])
        options = {**QUIET, "port": 1, "arguments": None}
        answer = visit(lambda: serve(application, **options), free_port, signal.SIGINT)
        assert answer.body == "hello"

    @pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
    def test_ipv6(
        self,
        application: Application,
        visit: Callable[..., Any],
        free_port: int,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        serving = lambda: serve(application, "::1", free_port, **QUIET)  # noqa: E731
        assert visit(serving, free_port, signal.SIGINT, "::1").body == "hello"
        assert f"http://[::1]:{free_port}/" in capsys.readouterr().out


@pytest.mark.usefixtures("program_file")
class TestObstacles:
    """What keeps the reloader from being used is said, and the program is served without it."""

    @pytest.fixture
    def other_system(self, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.delattr(os, "register_at_fork")
        return "it needs a POSIX system: Linux, macOS, or Windows by its subsystem for Linux"

    @pytest.fixture
    def typed_in(self, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr(sys, "orig_argv", ["python"])
        return "this program has no file to be started from again"

    @pytest.mark.parametrize("obstacle", ["other_system", "typed_in"])
    def test_it_is_one_line(
        self,
        application: Application,
        visit: Callable[..., Any],
        free_port: int,
        request: pytest.FixtureRequest,
        capsys: pytest.CaptureFixture[str],
        obstacle: str,
    ) -> None:
        line = request.getfixturevalue(obstacle)
        options = {**QUIET, "use_reloader": True}
        serving = lambda: serve(application, port=free_port, **options)  # noqa: E731
        assert visit(serving, free_port, signal.SIGINT).body == "hello"
        assert capsys.readouterr().out.splitlines()[1:] == [f" * no reloader: {line}"]


def test_this_process_is_no_child() -> None:
    assert child.parent is None
