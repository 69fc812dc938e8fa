"""Send large and slow requests to erosion in its container, with the limits of the compose files.

One test checks that the image has all packages.

This requires a container engine. The container has its own image, volume and port, which are
removed at the end.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from clastic.testing import HOST, free_port

DOCKER = Path(__file__).resolve().parents[1]
sys.path.append(str(DOCKER / "chaos"))

from project import containers, log_of, run  # noqa: E402

MEGABYTE = 1_000_000
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=limit"
FILE_HEAD = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
# The program prints the bytes used in /tmp, and how many processes were killed for memory (under
# the second path in version 1 of control groups).
STATE = """
import json, os
from pathlib import Path
folder, disk = Path("/sys/fs/cgroup"), os.statvfs("/tmp")
events = [folder / "memory.events", folder / "memory/memory.oom_control"]
lines = [line for file in events if file.exists() for line in file.read_text().splitlines()]
killed = [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
print(json.dumps([(disk.f_blocks - disk.f_bfree) * disk.f_frsize, killed]))
"""


@dataclass
class Erosion:
    """The running container, on a port of this machine."""

    port: int

    def check(self) -> None:
        """Check that no worker was killed, nothing is left in /tmp, and visitors get the page."""
        (container,) = containers("erosion")
        used, killed = json.loads(run("docker", "exec", container["Id"], "python", "-c", STATE))
        log = log_of(container)
        workers = log.count("Booting worker")
        assert (workers, killed, container["State"]["OOMKilled"]) == (2, [0], False), log
        assert used < MEGABYTE
        assert self.get() == 200

    def get(self) -> int:
        return self.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", [])

    def post(self, content_type: str, parts: Iterable[bytes], length: int | None = None) -> int:
        """Post a form, chunked without a length; return the status of the response."""
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        head = "POST /submit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        head += f"Content-Type: {content_type}\r\n{framing}\r\n\r\n"
        if length is None:
            parts = (b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        return self.send(head.encode(), parts)

    def send(self, head: bytes, parts: Iterable[bytes]) -> int:
        """Send a request until the response arrives, and return its status."""
        with socket.create_connection((HOST, self.port), timeout=60) as client:
            with suppress(ConnectionError):
                client.sendall(head)
                for part in parts:
                    if select.select([client], [], [], 0)[0]:
                        break
                    client.sendall(part)
            return int(client.makefile("rb").readline().split()[1])


@pytest.fixture(scope="module")
def erosion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erosion]:
    tag = f"limits-{os.getpid()}"
    port = free_port()
    settings = {
        "TAG": tag,
        "COMPOSE_PROJECT_NAME": f"clastic-{tag}",
        "COMPOSE_FILE": "compose.yaml:compose.ports.yaml",
        "COMPOSE_ENV_FILES": str(tmp_path_factory.mktemp("settings") / ".env"),
        "ADDRESS": HOST,
        "EROSION_PORT": str(port),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        run("./prepare", seconds=1200)
        run("docker", "compose", "build", "--quiet", "erosion", seconds=1200)
        try:
            run("docker", "compose", "up", "--detach", "--wait", "erosion")
            yield Erosion(port)
        finally:
            run("docker", "compose", "down", "--volumes", "--rmi", "all")


def test_the_image_has_the_package_for_international_hosts(erosion: Erosion) -> None:
    body = b"target_url=https%3A%2F%2Fstra%C3%9Fe.example%2F"
    assert erosion.post(FORM, [body], len(body)) == 303


def test_a_form_of_8_megabytes_is_refused(erosion: Erosion) -> None:
    parts = [b"k=&" * 10_000] * 267
    assert erosion.post(FORM, parts, sum(map(len, parts))) == 413
    assert erosion.post(FORM, parts) == 413
    erosion.check()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with a length", "chunked"])
def test_16_forms_of_a_megabyte_at_once_are_refused(erosion: Erosion, is_chunked: bool) -> None:
    parts = [b"k=&" * 10_000] * 34

    def post(number: int) -> int:
        return erosion.post(FORM, parts, None if is_chunked else sum(map(len, parts)))

    with ThreadPoolExecutor(16) as clients:
        assert list(clients.map(post, range(16))) == [413] * 16
    erosion.check()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with a length", "chunked"])
def test_an_upload_of_300_megabytes_is_refused(erosion: Erosion, is_chunked: bool) -> None:
    parts = [FILE_HEAD, *[b"x" * MEGABYTE] * 300]
    length = None if is_chunked else sum(map(len, parts))
    assert erosion.post(MULTIPART, parts, length) == 413
    erosion.check()


def test_16_uploads_within_the_limit_at_once_fit_into_memory(erosion: Erosion) -> None:
    parts = [FILE_HEAD, *[b"x" * MEGABYTE] * 4, b"\r\n--limit--\r\n"]

    def post(number: int) -> int:
        return erosion.post(MULTIPART, parts, sum(map(len, parts)))

    with ThreadPoolExecutor(16) as clients:
        # The form has no address.
        assert list(clients.map(post, range(16))) == [400] * 16
    erosion.check()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n", id="head"),
        pytest.param(
            b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntarget_url=",
            id="body",
        ),
    ],
)
def test_60_clients_that_stop_in_the_middle_keep_no_visitor_waiting(
    erosion: Erosion, data: bytes
) -> None:
    with ExitStack() as stack:
        for _ in range(60):
            client = stack.enter_context(socket.create_connection((HOST, erosion.port)))
            client.sendall(data)
        for _ in range(4):
            started = time.monotonic()
            assert erosion.get() == 200
            assert time.monotonic() - started < 10
    erosion.check()
