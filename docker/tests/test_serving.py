"""Test the apps as the containers serve them: by Gunicorn with wsgi.py."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clastic.testing import ServerFailed, serve_process
from inflight import begin, finish
from prefix import FORM, PAGE, check_prefix
from scenarios import IN_FLIGHT_REQUESTS

DOCKER = Path(__file__).resolve().parents[1]
APPS = DOCKER.parent / "apps"
NAMES = ("hello", "tzconvert", "erosion", "altdemo")
END_SECONDS = 10
COMMAND = [sys.executable, "-m", "gunicorn", "--config", str(DOCKER / "gunicorn.conf.py")]


@pytest.fixture
def serve(tmp_path):
    """Return a context manager that serves an app as its container does, and yields the server."""

    @contextmanager
    def run(app: str, **environment: str):
        variables = {
            "APP": app,
            "PYTHONPATH": f"{DOCKER}{os.pathsep}{APPS / app}",
            "ALTDEMO_SESSIONS": str(tmp_path / "sessions"),
            "EROSION_PRODUCTION": "1",
            "EROSION_COOKIE_SECRET": "only for this test",
            "EROSION_HOST_URL": "https://example.org/apps/erosion/",
            "EROSION_DB_PATH": str(tmp_path / "erosion.db"),
            **environment,
        }
        command = [*COMMAND, "--bind", "127.0.0.1:{port}"]
        with serve_process(command, folder=tmp_path, environment=variables) as server:
            yield server

    return run


@pytest.mark.parametrize("app", NAMES)
def test_all_paths_of_an_app_are_below_the_prefix_of_its_proxy(serve, app):
    with serve(app, TRUSTED_PROXIES="1") as server:

        def through_proxy(url: str, form: str | None):
            parts = urlsplit(url)
            path = parts._replace(scheme="", netloc="", fragment="").geturl()
            assert path.startswith(f"/apps/{app}/")
            headers = {
                **(FORM if form else PAGE),
                "X-Forwarded-Host": parts.netloc,
                "X-Forwarded-Proto": parts.scheme,
                "X-Forwarded-Prefix": f"/apps/{app}",
            }
            method = "POST" if form else "GET"
            return server.request(method, path.removeprefix(f"/apps/{app}"), form, headers)

        count, problems = check_prefix(f"https://example.org/apps/{app}/", through_proxy)
    assert problems == []
    assert count > 1


def test_headers_of_a_proxy_are_ignored_by_default(serve):
    with serve("hello") as server:
        received = server.get("//Ann", {"X-Forwarded-Prefix": "/elsewhere"})
    assert (received.status, received.headers["Location"]) == (302, "/Ann")


@pytest.mark.parametrize("app", NAMES)
def test_requests_in_flight_are_finished_before_an_app_stops(serve, app):
    method, path, body, status = IN_FLIGHT_REQUESTS[app]
    # With one process, no other process is still starting after the first response.
    with serve(app, WEB_CONCURRENCY="1") as server:
        address = {"host": "127.0.0.1", "port": server.port}
        connections = [begin(method, path, body.encode(), **address) for _ in range(8)]
        server.process.send_signal(signal.SIGTERM)
        server.wait_until(lambda: refuses(server.port), "still listens on its port")
        assert finish(connections, body.encode()) == [status] * 8
        assert server.process.wait(END_SECONDS) == 0


SHORT = {"HEAD_SECONDS": "1", "BODY_SECONDS": "1"}


@contextmanager
def many_clients(port: int, data: bytes):
    """Connect 60 clients that send the beginning of a request, and nothing more."""
    with ExitStack() as stack:
        for _ in range(60):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(data)
        yield client


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n", id="half a head"),
        pytest.param(
            b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\ndt=",
            id="half a body",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", id="all"),
    ],
)
def test_slow_clients_keep_no_other_waiting(serve, data):
    with serve("tzconvert", **SHORT) as server, many_clients(server.port, data) as client:
        started = time.monotonic()
        for _ in range(4):
            assert server.get("/").status == 200
        assert time.monotonic() - started < 5
        client.settimeout(20)
        while client.recv(65536):
            pass  # the server closes the connection


def test_a_client_that_sends_byte_by_byte_is_cut_off(serve):
    head = b"POST /show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n"
    with serve("tzconvert", THREADS="1", WEB_CONCURRENCY="1", **SHORT) as server:
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port)) as client, suppress(OSError):
            client.sendall(head)
            client.settimeout(0.2)
            while time.monotonic() - started < 30:
                client.sendall(b"x")
                with suppress(TimeoutError):
                    if not client.recv(65536):
                        break
        assert time.monotonic() - started < 10


def test_a_connection_serves_several_requests_also_when_they_are_sent_at_once(serve):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    with serve("hello", WEB_CONCURRENCY="1") as server:
        received = server.send((head + b"\r\n") * 2 + head + b"Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 3


BROKEN = """
import os

def create_app():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield str(os.getpid()).encode()
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("in the middle of a response")

    return app
"""


def test_an_app_that_fails_in_the_middle_of_a_response_does_not_stop_the_worker(serve, tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN)
    path = f"{DOCKER}{os.pathsep}{tmp_path}"
    with serve("broken", PYTHONPATH=path, WEB_CONCURRENCY="1") as server:
        worker = server.get("/").text
        server.send(b"GET /broken HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert [server.get("/").text for _ in range(5)] == [worker] * 5
        assert "RuntimeError: in the middle of a response" in server.output


def test_production_refuses_the_example_secret(serve, tmp_path):
    example = next(
        line.partition("=")[2].strip()
        for line in (APPS / "erosion" / "erosion.ini").read_text().splitlines()
        if line.startswith("cookie_secret")
    )
    with (
        pytest.raises(ServerFailed, match="EROSION_COOKIE_SECRET"),
        serve("erosion", EROSION_COOKIE_SECRET=example),
    ):
        pass


def refuses(port: int) -> bool:
    """Return whether no process listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        pass
    return False


@pytest.mark.parametrize("app", NAMES)
def test_an_app_is_ready_if_nothing_is_missing(serve, app):
    with serve(app, WEB_CONCURRENCY="1") as server:
        received = server.get("/_health/ready", {"Host": "10.0.0.1"})
    assert (received.status, received.headers["Cache-Control"]) == (200, "no-store")
