"""The apps as their containers serve them: by Gunicorn, through wsgi.py."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from inflight import begin, finish
from prefix import ask, find_strays
from scenes import IN_FLIGHT_REQUESTS

DOCKER = Path(__file__).resolve().parents[1]
APPS = DOCKER.parent / "apps"
NAMES = ("hello", "tzconvert", "erosion")
READY_SECONDS = 30
END_SECONDS = 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            ask(f"127.0.0.1:{port}", "/", None)
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"Gunicorn does not answer; it printed:\n{log.read_text()}")
            time.sleep(0.05)


@pytest.fixture
def serve(tmp_path):
    """Serves an app as its container does; gives the process and the port while a block lasts."""

    @contextmanager
    def run(app: str, **environment: str):
        port = free_port()
        given = {
            **os.environ,
            "APP": app,
            "PYTHONPATH": f"{DOCKER}{os.pathsep}{APPS / app}",
            "EROSION_PRODUCTION": "1",
            "EROSION_COOKIE_SECRET": "for this test",
            "EROSION_DB_PATH": str(tmp_path / "erosion.db"),
            **environment,
        }
        log = tmp_path / "gunicorn.log"
        command = [sys.executable, "-m", "gunicorn", "--config", str(DOCKER / "gunicorn.conf.py")]
        command += ["--bind", f"127.0.0.1:{port}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=given, cwd=tmp_path, stdout=output, stderr=output
            )
        try:
            wait_until_it_answers(port, process, log)
            yield process, port
        finally:
            process.terminate()
            process.wait(END_SECONDS)

    return run


@pytest.mark.parametrize("app", NAMES)
def test_an_app_stays_below_the_prefix_that_its_proxy_names(serve, app):
    with serve(app, TRUSTED_PROXIES="1") as (_, port):

        def through_proxy(url: str, form: str | None):
            parts = urlsplit(url)
            path = parts._replace(scheme="", netloc="", fragment="").geturl()
            assert path.startswith(f"/apps/{app}/")
            headers = {
                "X-Forwarded-Host": parts.netloc,
                "X-Forwarded-Proto": parts.scheme,
                "X-Forwarded-Prefix": f"/apps/{app}",
            }
            return ask(f"127.0.0.1:{port}", path.removeprefix(f"/apps/{app}"), form, headers)

        asked, strays = find_strays(f"https://example.org/apps/{app}/", through_proxy)
    assert strays == []
    assert asked > 1


def test_headers_of_a_proxy_are_not_believed_unless_one_is_expected(serve):
    with serve("hello") as (_, port):
        headers = {"X-Forwarded-Prefix": "/elsewhere"}
        answer = ask(f"127.0.0.1:{port}", "//Ann", None, headers)
    assert answer[0] == 302
    assert answer[2] == "/Ann"


@pytest.mark.parametrize("app", NAMES)
def test_requests_that_an_app_is_reading_are_answered_before_it_ends(serve, app):
    method, path, body, status = IN_FLIGHT_REQUESTS[app]
    # One process, so that the one that answers first is all there is: none is still starting.
    with serve(app, WEB_CONCURRENCY="1") as (process, port):
        connections = [begin("127.0.0.1", method, path, body.encode(), port=port) for _ in range(8)]
        process.send_signal(signal.SIGTERM)
        wait_until_refused(port)
        assert finish(connections, body.encode()) == [status] * 8
        assert process.wait(END_SECONDS) == 0


def test_production_refuses_the_example_secret(serve, tmp_path):
    example = next(
        line.partition("=")[2].strip()
        for line in (APPS / "erosion" / "erosion.ini").read_text().splitlines()
        if line.startswith("cookie_secret")
    )
    with (
        pytest.raises(pytest.fail.Exception, match="EROSION_COOKIE_SECRET"),
        serve("erosion", EROSION_COOKIE_SECRET=example),
    ):
        pass


def wait_until_refused(port: int) -> None:
    """Return when nobody listens any more."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except OSError:
            pass
        time.sleep(0.01)
    pytest.fail("It still listens.")
