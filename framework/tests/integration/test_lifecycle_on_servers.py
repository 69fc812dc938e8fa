"""Open and close managed resources in the processes of servers.

Only the first three servers are tested by default, all of them by the thorough profile.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from importlib.util import find_spec
from pathlib import Path

import pytest

from clastic.testing import HOST, Received, ServerProcess, serve_process

PROGRAM = Path(__file__).with_name("lifecycle_program.py")
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

GUNICORN = [
    *(
        sys.executable,
        "-m",
        "gunicorn",
        "lifecycle_program:application",
        "--bind",
        f"{HOST}:{{port}}",
    ),
    *("--workers", "2", "--graceful-timeout", "5", "--no-control-socket"),
]
UWSGI = [
    *(
        str(Path(sys.executable).with_name("pyuwsgi")),
        "--master",
        "--module",
        "lifecycle_program:application",
        "--need-app",
    ),
    *("--http-socket", f"{HOST}:{{port}}", "--processes", "2", "--threads", "4"),
    *("--die-on-term", "--hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
]
# With one worker: of several, Granian sometimes does not stop all.
GRANIAN = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", "{port}"),
    *("--blocking-threads", "4", "lifecycle_program:application"),
]
DEVELOPMENT = [sys.executable, PROGRAM.name, "--port", "{port}"]

# The package and the command of each server.
SERVERS = {
    "waitress": ("waitress", [sys.executable, PROGRAM.name, "waitress", "{port}"]),
    "the development server": ("werkzeug", DEVELOPMENT),
    "gunicorn": ("gunicorn", GUNICORN),
    "gunicorn with threads": ("gunicorn", [*GUNICORN, "--threads", "4"]),
    "gunicorn with threads, preloaded": ("gunicorn", [*GUNICORN, "--threads", "4", "--preload"]),
    "gunicorn, preloaded": ("gunicorn", [*GUNICORN, "--preload"]),
    "gunicorn with gevent": ("gevent", [*GUNICORN, "--worker-class", "gevent"]),
    "gunicorn with gevent, preloaded": (
        "gevent",
        [*GUNICORN, "--worker-class", "gevent", "--preload"],
    ),
    "uWSGI": ("pyuwsgi", UWSGI),
    "uWSGI, loaded by each worker": ("pyuwsgi", [*UWSGI, "--lazy-apps"]),
    "granian": ("granian", GRANIAN),
    "the development server without the reloader": ("werkzeug", [*DEVELOPMENT, "--no-reloader"]),
    "the development server with processes": (
        "werkzeug",
        [*DEVELOPMENT, "--no-reloader", "--processes", "2"],
    ),
}
ALWAYS_TESTED = [*SERVERS][:3]

OPENED_AND_CLOSED = ["open pool", "open database", "close database", "close pool"]


@pytest.fixture(params=SERVERS)
def command(request: pytest.FixtureRequest) -> list[str]:
    """Return the command of each server that is tested now and installed."""
    package, command = SERVERS[request.param]
    if request.param not in ALWAYS_TESTED and not IS_THOROUGH:
        pytest.skip("only the thorough profile tests this server")
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    return command


@contextmanager
def serve_program(command: list[str], folder: Path) -> Iterator[ServerProcess]:
    environment = {"LIFECYCLE_FOLDER": str(folder), "PYTHONPATH": str(PROGRAM.parent)}
    with serve_process(command, folder=PROGRAM.parent, environment=environment) as server:
        yield server


def read_events(folder: Path) -> dict[str, list[str]]:
    """Return the events of each process, by its id."""
    events = defaultdict(list)
    if (folder / "events").exists():
        for line in (folder / "events").read_text().splitlines():
            process, event = line.split(" ", 1)
            events[process].append(event)
    return events


def begin_stream(server: ServerProcess, stack: ExitStack) -> HTTPResponse:
    """Return a response of which only the first bytes have been read."""
    connection = HTTPConnection(HOST, server.port, timeout=10)
    stack.callback(connection.close)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(2) == b"0 "
    return response


def visit_until_stopped(server: ServerProcess, path: str, responses: list[Received]) -> None:
    """Send requests until the server does not accept them any more."""
    with suppress(OSError, HTTPException):
        while True:
            responses.append(server.get(path))


def serve_until_stopped(command: list[str], folder: Path) -> list[Received]:
    """Stop a server while it has many requests; return the responses.

    :raises TimeoutExpired: if it does not end within ten seconds
    """
    responses: list[Received] = []
    with serve_program(command, folder) as server, ExitStack() as stack:
        assert server.get("/_health/live").status == 200
        assert read_events(folder) == {}
        visits = [
            threading.Thread(target=visit_until_stopped, args=(server, path, responses))
            for path in ["/process", "/_health/ready"] * 2
        ]
        for visit in visits:
            visit.start()
        # A worker that is still starting can miss the signal.
        count = 2 if "2" in command else 1
        server.wait_until(
            lambda: len({each.text for each in responses if each.text.isdecimal()}) >= count,
            f"did not respond from {count} processes",
        )
        response = begin_stream(server, stack)
        server.process.send_signal(signal.SIGTERM)
        assert response.read() == b"1 2 3 4 5 6 7 8 9 "
        server.process.wait(10)
        for visit in visits:
            visit.join()
    return responses


def test_resources_are_opened_once_a_process_and_closed_after_the_last_request(
    command: list[str], tmp_path: Path
) -> None:
    # Now and then a worker of Granian misses the signal, with any application.
    for attempts_left in (2, 1, 0) if command is GRANIAN else (0,):
        folder = tmp_path / str(attempts_left)
        folder.mkdir()
        try:
            responses = serve_until_stopped(command, folder)
            break
        except subprocess.TimeoutExpired:
            if not attempts_left:
                raise
    assert {each.status for each in responses} <= {200, 503}
    events = read_events(folder)
    streamed = ["open pool", "open database", "end stream", "close database", "close pool"]
    assert streamed in events.values()
    assert all(each in (OPENED_AND_CLOSED, streamed) for each in events.values()), events


@pytest.mark.parametrize("flags", [[], ["--no-reloader"]], ids=["reloader", "no reloader"])
def test_the_development_server_closes_after_ctrl_c(flags: list[str], tmp_path: Path) -> None:
    with serve_program([*DEVELOPMENT, *flags], tmp_path) as server:
        process = server.get("/process").text
        server.stop(signal.SIGINT)
    assert read_events(tmp_path) == {process: OPENED_AND_CLOSED}


def test_every_restart_by_the_reloader_closes(tmp_path: Path) -> None:
    program = tmp_path / PROGRAM.name
    program.write_bytes(PROGRAM.read_bytes())
    with serve_process(
        DEVELOPMENT, folder=tmp_path, environment={"LIFECYCLE_FOLDER": str(tmp_path)}
    ) as server:
        first = server.get("/process").text
        program.write_bytes(program.read_bytes() + b"# changed\n")
        second = server.wait_until(
            lambda: server.responds() and {server.get("/process").text} - {first},
            "did not restart",
        ).pop()
        assert read_events(tmp_path)[first] == OPENED_AND_CLOSED
    assert read_events(tmp_path)[second] == OPENED_AND_CLOSED


@pytest.mark.skipif(not IS_THOROUGH, reason="only the thorough profile tests this")
def test_a_resource_that_could_not_be_opened_is_opened_later(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with serve_program([*GUNICORN, "--threads", "4"], tmp_path) as server:
        response = server.get("/process")
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert server.get("/").status == 200
        assert server.get("/_health/live").status == 200
        assert server.get("/_health/ready").status == 503
        (tmp_path / "broken").unlink()
        server.wait_until(lambda: server.get("/process").status == 200, "did not open it")
        server.wait_until(lambda: server.get("/_health/ready").status == 200, "was not ready")
