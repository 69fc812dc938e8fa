"""Test the apps as the containers serve them: by Gunicorn with wsgi.py."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clastic.testing import ServerFailed, serve_process
from inflight import begin, finish
from prefix import FORM, check_prefix
from scenarios import IN_FLIGHT_REQUESTS

DOCKER = Path(__file__).resolve().parents[1]
APPS = DOCKER.parent / "apps"
NAMES = ("hello", "tzconvert", "erosion")
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
            "EROSION_PRODUCTION": "1",
            "EROSION_COOKIE_SECRET": "for this test",
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
                **(FORM if form else {}),
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
        wait_until_refused(server.port)
        assert finish(connections, body.encode()) == [status] * 8
        assert server.process.wait(END_SECONDS) == 0


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


def wait_until_refused(port: int) -> None:
    """Wait until no process listens on a port."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except OSError:
            pass
        time.sleep(0.01)
    pytest.fail(f"A process still listens on port {port}.")
