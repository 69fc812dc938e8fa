"""Serve one application by every adapter whose server is installed.

`make test` tests the first one, `make test-tools` all.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import pytest

from clastic.adapters import Adapter, adapters
from clastic.testing import HOST, ServerProcess, free_port, serve_process

pytestmark = pytest.mark.usefixtures("without_coverage")

PROGRAM = Path(__file__).with_name("program.py")
TESTS_ALL = os.environ.get("TEST_SERVERS") == "all"
ALWAYS_TESTED = ("waitress",)

# The console serves one request; test_base.py tests it.
SERVERS = [name for name in adapters() if name != "console"]
BOUNDARY = "frontier"

LIGHTTPD_PROGRAM = which("lighttpd", path=f"{os.environ['PATH']}:/usr/sbin")
LIGHTTPD = """
server.document-root = "{folder}"
server.bind = "{host}"
server.port = {port}
server.modules = ("mod_alias", "mod_cgi", "mod_fastcgi", "mod_scgi")
server.stream-response-body = 1
"""
LIGHTTPD_CGI = """
alias.url = ("/" => "{script}/")
cgi.assign = (".cgi" => "{python}")
"""
LIGHTTPD_GATEWAY = """
{name}.server = ("/" => ((
    "host" => "127.0.0.1", "port" => {port}, "check-local" => "disable",
    "fix-root-scriptname" => "enable",
)))
"""


@contextmanager
def serve_adapter(
    adapter: Adapter, folder: Path, *flags: str, proxies: int = 0, workers: int = 2
) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Yield the server that clients connect to, and the process of the adapter.

    They are one, except for gateways behind lighttpd.
    """
    processes = str(workers) if "workers" in adapter.options else "0"
    threads = "4" if "threads" in adapter.options else "0"
    settings = [processes, threads, str(proxies), str(folder), *flags]
    if adapter.model != "gateway":
        command = [sys.executable, str(PROGRAM), adapter.name, "{port}", *settings]
        with serve_process(command, folder=folder) as server:
            yield server, server
        return
    port = free_port()
    arguments = [str(PROGRAM), adapter.name, str(port), *settings]
    if adapter.name == "cgi":
        with serve_lighttpd(folder, write_script(folder, arguments)) as front:
            yield front, front
        return
    with closing(ServerProcess([sys.executable, *arguments], port, folder)) as program:
        program.wait_until(lambda: accepts(port), "does not listen")
        with serve_lighttpd(folder, LIGHTTPD_GATEWAY.format(name=adapter.name, port=port)) as front:
            yield front, program


def write_script(folder: Path, arguments: list[str]) -> str:
    """Write a CGI script that runs a program, and return the configuration for it."""
    (folder / "app.cgi").write_text(
        f"import runpy, sys\nsys.argv = {arguments!r}\n"
        f"runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    return LIGHTTPD_CGI.format(script=folder / "app.cgi", python=sys.executable)


@contextmanager
def serve_lighttpd(folder: Path, configuration: str) -> Iterator[ServerProcess]:
    port = free_port()
    path = folder / "lighttpd.conf"
    path.write_text(LIGHTTPD.format(folder=folder, host=HOST, port=port) + configuration)
    with closing(
        ServerProcess([str(LIGHTTPD_PROGRAM), "-D", "-f", str(path)], port, folder)
    ) as server:
        server.wait_until_ready()
        yield server


def accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port)):
        return True
    return False


@pytest.fixture(scope="module", params=SERVERS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """Return each adapter that is tested now and whose server is installed."""
    if not TESTS_ALL and request.param not in ALWAYS_TESTED:
        pytest.skip("only 'make test-tools' tests this server")
    adapter = adapters()[request.param]
    if adapter.version is None:
        pytest.skip(f"{adapter.name} is not installed: {adapter.install}")
    if adapter.model == "gateway" and LIGHTTPD_PROGRAM is None:
        pytest.skip("lighttpd is not installed")
    return adapter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(adapter: Adapter, folder: Path, without_coverage: None) -> Iterator[ServerProcess]:
    with serve_adapter(adapter, folder) as (server, _):
        yield server


def begin(server: ServerProcess, path: str, first: bytes, stack: ExitStack) -> HTTPResponse:
    """Return a response of which only the first bytes have been read."""
    connection = stack.enter_context(closing(HTTPConnection(HOST, server.port, timeout=10)))
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.read(len(first)) == first
    return response


def test_a_form_logs_in_and_a_cookie_keeps_it(server: ServerProcess) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = server.request("POST", "/login", "name=Ann", form)
    assert (response.status, urlsplit(response.headers["Location"]).path) == (302, "/user")
    cookie = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
    assert [server.get("/user", cookie).text for _ in range(3)] == ["Hello, Ann!"] * 3
    assert server.get("/user").text == "Hello, stranger!"


def test_a_large_upload_is_received(server: ServerProcess) -> None:
    content = b"0123456789abcdef" * 2**17
    disposition = 'Content-Disposition: form-data; name="upload"; filename="file"\r\n\r\n'
    head = f"--{BOUNDARY}\r\n{disposition}".encode()
    body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    form = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert server.request("POST", "/upload", body, form).text == str(len(content))


def test_a_body_in_chunks_is_received_or_refused(adapter: Adapter, server: ServerProcess) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    types = b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    response = server.send(head + types + b"5\r\nname=\r\n3\r\nAnn\r\n0\r\n\r\n")
    assert response.split()[1] == (b"411" if adapter.name in ("uwsgi", "wsgiref") else b"302")


def test_a_file_is_sent_whole(server: ServerProcess) -> None:
    response = server.get("/file")
    assert response.body == PROGRAM.read_bytes()
    assert response.headers["Content-Length"] == str(len(response.body))


def test_head_has_headers_and_no_body(server: ServerProcess) -> None:
    response = server.send(b"HEAD /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    headers, _, body = response.partition(b"\r\n\r\n")
    assert headers.split()[1] == b"200"
    assert b"content-length" in headers.lower()
    assert body == b""


def test_blocks_of_a_stream_are_sent_when_they_are_made(
    server: ServerProcess, folder: Path
) -> None:
    with ExitStack() as stack:
        response = begin(server, "/stream", b"first ", stack)
        (folder / "continue").touch()
        assert response.read() == b"second"
    (folder / "continue").unlink()


def test_requests_are_handled_at_the_same_time_if_the_model_allows(
    adapter: Adapter, server: ServerProcess, folder: Path
) -> None:
    # Of the event loops, only bjoern calls the application in its own thread.
    one_by_one = adapter.model == "synchronous" or adapter.name == "bjoern"
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        response = begin(server, "/stream", b"first ", stack)
        second = threads.submit(server.get, "/user")
        if not one_by_one:
            assert second.result(10).status == 200
        (folder / "continue").touch()
        assert response.read() == b"second"
        assert second.result(10).status == 200
    (folder / "continue").unlink()


def test_headers_of_proxies_are_ignored_without_proxies(server: ServerProcess) -> None:
    headers = {"Host": "inside", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org"}
    assert server.get("/", headers).text == "http://inside/"


def test_headers_of_proxies_are_trusted_with_proxies(adapter: Adapter, tmp_path: Path) -> None:
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "example.org",
        "X-Forwarded-Prefix": "/shop",
    }
    with serve_adapter(adapter, tmp_path, proxies=1) as (server, _):
        assert server.get("/", headers).text == "https://example.org/shop/"


def test_a_stop_treats_requests_and_resources_as_stated(adapter: Adapter, tmp_path: Path) -> None:
    # With one worker: a second one of Granian that is still starting would miss the signal, and be
    # killed half a minute later.
    with serve_adapter(adapter, tmp_path, workers=1) as (server, program), ExitStack() as stack:
        process = server.get("/log").text
        response = begin(server, "/count", b"0 ", stack)
        program.process.send_signal(signal.SIGTERM)
        if adapter.drains:
            assert response.read() == b"1 2 3 4 5 6 7 8 9 "
        else:
            with pytest.raises((HTTPException, OSError)):
                response.read()
        program.process.wait(10)
    if adapter.drains:
        assert program.process.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        events = (tmp_path / "events").read_text().splitlines()
        assert [event for event in events if event.startswith(f"{process} ")] == [
            f"{process} opened",
            f"{process} closed",
        ]


def test_the_server_and_the_application_keep_the_rules_of_wsgi(
    adapter: Adapter, tmp_path: Path
) -> None:
    if adapter.name == "werkzeug":
        pytest.skip("Werkzeug's server sets REMOTE_PORT to an int")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with serve_adapter(adapter, tmp_path, "validate") as (server, program):
        assert server.get("/user").text == "Hello, stranger!"
        assert server.get("/count").text == "0 1 2 3 4 5 6 7 8 9 "
        # Web servers pass HTTP_CONTENT_LENGTH to gateways, which PEP 3333 does not allow.
        if adapter.model != "gateway":
            assert server.request("POST", "/login", "name=Ann", form).status == 302
        assert "AssertionError" not in server.output + program.output
