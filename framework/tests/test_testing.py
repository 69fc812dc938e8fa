"""Test the helpers for tests: client, servers, processes, the clock, and the plugin."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clastic import Application, Request, Response, managed, render_basic
from clastic.middleware import SessionMiddleware
from clastic.sessions import MemoryStore
from clastic.testing import (
    Clock,
    ServerFailed,
    ServerProcess,
    client,
    login,
    serve,
    serve_process,
)

pytestmark = pytest.mark.usefixtures("without_coverage")

PROGRAM = """
import os, signal, sys, time
from clastic import Application, Response

app = Application([("/", lambda: Response(os.environ.get("WORD", "hello")))])

if __name__ == "__main__":
    print("started in", os.path.basename(os.getcwd()), flush=True)
    app.serve(use_reloader=False, use_debugger=False)
"""


def echo(request: Request, name: str) -> Response:
    return Response(f"{request.method} {name} {request.get_data(as_text=True)}", 202)


@pytest.fixture
def app() -> Application:
    return Application([("/<name>", echo)])


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def state_of(pid: int) -> str:
    """Return the state of a process as one letter: Z after its end, empty if there is none."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()[:1]


def run(program: Path, *options: str, **more: object):
    command = [sys.executable, program.name, "--port", "{port}", *options]
    return serve_process(command, folder=program.parent, **more)


def test_a_client_calls_the_application_and_keeps_cookies():
    def count(request: Request) -> Response:
        number = int(request.cookies.get("count", 0)) + 1
        response = Response(str(number))
        response.set_cookie("count", str(number))
        return response

    browser = client(Application([("/", count)]))
    assert [browser.get("/").text for _ in range(3)] == ["1", "2", "3"]
    assert isinstance(browser.get("/"), Response)


def test_a_served_application_responds_on_its_own_port(app):
    with serve(app) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        received = server.request("PUT", "/ann", "text", {"X-Key": "1"})
        assert (received.status, received.text) == (202, "PUT ann text")
        assert received.headers["content-type"] == "text/plain; charset=utf-8"
        assert server.get("/a%20b").text == "GET a b "
    assert not server.responds()


def test_bytes_are_sent_as_they_are(app):
    with serve(app) as server:
        received = server.send(b"GET /ann HTTP/1.0\r\nHost: x\r\n\r\n")
    assert received.endswith(b"\r\n\r\nGET ann ")


def test_two_applications_can_be_served_at_once(app):
    with serve(app) as first, serve(app) as second:
        assert first.port != second.port
        assert first.get("/a").text == second.get("/a").text


def test_requests_are_served_at_the_same_time():
    together = threading.Barrier(2)

    def meet():
        together.wait(10)
        return Response("met")

    with serve(Application([("/", meet)])) as server:
        other = threading.Thread(target=server.get)
        other.start()
        assert server.get().text == "met"
        other.join()


def test_a_process_responds_inside_the_block_and_is_stopped_after_it(program):
    with run(program) as server:
        assert server.get().text == "hello"
        assert server.output.startswith(f"started in {program.parent.name}\n")
    assert server.process.returncode is not None
    assert not server.responds()


def test_a_process_gets_variables_besides_those_of_the_test(program):
    with run(program, environment={"WORD": "given"}) as server:
        assert server.get().text == "given"


def test_a_variable_of_the_test_can_be_removed(program, monkeypatch):
    monkeypatch.setenv("WORD", "inherited")
    with run(program, environment={"WORD": None}) as server:
        assert server.get().text == "hello"


def test_the_output_of_a_process_can_be_kept_in_a_file(program, tmp_path):
    log = tmp_path / "log"
    with run(program, log=log) as server:
        assert server.output == log.read_text()
    assert log.read_text().startswith(f"started in {program.parent.name}\n")


def test_a_process_can_inherit_a_socket():
    program = """
import sys
from clastic import Application, Response
from werkzeug.serving import make_server

app = Application([("/", lambda: Response("hello"))])
make_server("127.0.0.1", 0, app, fd=int(sys.argv[1])).serve_forever()
"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, "-c", program, str(descriptor)]
        server = ServerProcess(command, listener.getsockname()[1], pass_fds=[descriptor])
    with closing(server):
        server.wait_until_ready()
        assert server.get().text == "hello"


def test_a_process_that_ignores_the_signal_is_killed(program):
    program.write_text(
        "import http.server as h, signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "address = ('127.0.0.1', int(sys.argv[2]))\n"
        "h.HTTPServer(address, h.SimpleHTTPRequestHandler).serve_forever()\n"
    )
    with run(program) as server:
        assert server.stop(timeout=0.1) == -signal.SIGKILL


def test_the_exit_status_after_a_signal_is_returned(program):
    with run(program) as server:
        status = server.stop(signal.SIGKILL)
        assert status == -signal.SIGKILL
        assert server.stop() == status


def test_a_process_that_exits_is_an_error_with_its_output(program):
    program.write_text("print('no luck')\nraise SystemExit(3)")
    with (
        pytest.raises(ServerFailed, match=r"exited with status 3\. Its output:\nno luck"),
        run(program),
    ):
        pass


def test_a_process_that_does_not_respond_in_time_is_an_error(program):
    program.write_text("import signal; print('waiting', flush=True); signal.pause()")
    match = r"did not respond on http://127\.0\.0\.1:\d+ within 0\.5 seconds"
    with pytest.raises(ServerFailed, match=match), run(program, timeout=0.5):
        pass


def test_a_test_can_wait_for_the_output_of_a_process(program):
    with run(program) as server:
        assert server.wait_until(lambda: "HEAD / " in server.output, "did not log a request")
        match = r"did not say hello within 0\.1 seconds\. Its output:\nstarted in "
        with pytest.raises(ServerFailed, match=match):
            server.wait_until(lambda: "hello" in server.output, "did not say hello", 0.1)


def test_what_a_process_starts_is_stopped_with_it(program):
    program.write_text(
        "import subprocess, sys\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "print(other.pid, flush=True)\n" + PROGRAM
    )
    with run(program) as server:
        pid = int(server.output.split()[0])
        os.kill(pid, 0)
    deadline = time.monotonic() + 10
    while state_of(pid) not in ("", "Z"):
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_a_clock_changes_only_when_it_is_moved():
    clock = Clock(1000)
    assert (clock(), clock()) == (1000, 1000)
    clock.advance(60)
    assert clock() == 1060
    clock.now = 5
    assert clock() == 5


TESTS = """
import sys
import clastic_is_imported

def test_nothing_is_imported_before_a_fixture_is_used():
    assert not clastic_is_imported.at_start

def test_fixtures(serve, serve_process, clock):
    from clastic import Application, Response
    app = Application([("/", lambda: Response("hello"))])
    first, second = serve(app), serve(app)
    assert first.get().text == second.get().text == "hello"
    process = serve_process([sys.executable, "program.py", "--port", "{port}"])
    assert process.get().text == "hello"
    clock.advance(1)
"""


def test_the_plugin_provides_fixtures_and_imports_nothing_before_they_are_used(program):
    folder = program.parent
    (folder / "test_it.py").write_text(TESTS)
    (folder / "clastic_is_imported.py").write_text(
        "import sys\nat_start = 'clastic' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "2 passed" in done.stdout, done.stdout


def show_user(session: Any) -> str:
    return str(session.get("user"))


@pytest.mark.parametrize("store", ["given", "resource", "managed"])
def test_login_gives_a_client_a_session(store: str) -> None:
    resources = {"resource": MemoryStore(), "managed": managed(lambda: MemoryStore())}
    application = Application(
        [("/open", lambda: Response("open")), ("/", show_user, render_basic)],
        resources=resources,
        middlewares=[SessionMiddleware(MemoryStore() if store == "given" else store)],
    )
    ann, other = client(application), client(application)
    login(ann, user="ann")
    assert (ann.get("/").text.strip(), other.get("/").text.strip()) == ("ann", "None")


def test_login_to_an_application_without_sessions_is_an_error() -> None:
    application = Application([("/", lambda: Response("open"))])
    with pytest.raises(ValueError, match="has a SessionMiddleware, so nobody can log in"):
        login(client(application))
