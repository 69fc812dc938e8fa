"""Fill the disk of erosion's container, and take its database away: it is not ready, but lives.

This requires a container engine. The image and the containers are removed at the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[1]
sys.path.append(str(DOCKER / "chaos"))

from project import Failure, run  # noqa: E402

SECONDS = 30
FILL = "head -c 2M /dev/zero > /srv/data/rest || true"
CLICK = """
from http.client import HTTPConnection
connection = HTTPConnection("127.0.0.1", 8000)
connection.request("GET", "/")
print(connection.getresponse().status)
"""


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    tag = f"health-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAG", tag)
        patch.setenv("COMPOSE_FILE", "compose.yaml")
        run("./prepare", seconds=1200)
        run("docker", "compose", "build", "--quiet", "erosion", seconds=1200)
        yield f"clastic/erosion:{tag}"
        run("docker", "rmi", f"clastic/erosion:{tag}")


@contextmanager
def container(image: str, **settings: str) -> Iterator[str]:
    """Run erosion with a disk of a megabyte for its data; yield the id of the container."""
    settings = {"EROSION_DB_PATH": "/srv/data/erosion.db", "EROSION_HOST_URL": "", **settings}
    variables = [f"--env={name}={value}" for name, value in settings.items()]
    disk = "--tmpfs=/srv/data:size=1m,uid=10001,gid=10001"
    number = run(
        "docker", "run", "--detach", "--read-only", "--tmpfs=/tmp", disk, *variables, image
    )
    try:
        wait_for(number, "live", True)
        yield number
        assert run("docker", "inspect", "--format", "{{.State.Running}}", number) == "true"
        assert run("docker", "exec", number, "python", "/srv/healthcheck.py", "live")
        log = run("sh", "-c", 'docker logs "$0" 2>&1', number)
        assert log.count("Booting worker") == 2, log
    finally:
        run("docker", "rm", "--force", number)


def passes(number: str, kind: str) -> bool:
    try:
        run("docker", "exec", number, "python", "/srv/healthcheck.py", kind)
    except Failure:
        return False
    return True


def wait_for(number: str, kind: str, expected: bool) -> None:
    """Wait until a health check passes, or fails."""
    deadline = time.monotonic() + SECONDS
    while passes(number, kind) is not expected:
        assert time.monotonic() < deadline, run("sh", "-c", 'docker logs "$0" 2>&1', number)
        time.sleep(0.2)


def test_with_a_full_disk_erosion_is_not_ready_until_there_is_space_again(image: str) -> None:
    with container(image) as number:
        wait_for(number, "ready", True)
        run("docker", "exec", number, "sh", "-c", FILL)
        wait_for(number, "ready", False)
        assert run("docker", "exec", number, "python", "-c", CLICK) == "200"
        run("docker", "exec", number, "rm", "/srv/data/rest")
        wait_for(number, "ready", True)


def test_without_its_database_erosion_is_not_ready(image: str) -> None:
    with container(image, EROSION_DB_URL="postgresql://erosion@127.0.0.1:1/erosion") as number:
        assert not passes(number, "ready")
        assert run("docker", "exec", number, "python", "-c", CLICK) == "503"
