"""Test ``.ci/redis``: the server it starts, the status it returns, and signals."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "redis"
END_SECONDS = 60

pytestmark = pytest.mark.skipif(
    not shutil.which("redis-server"),
    reason="Redis is not on this machine; `.ci/redis true` installs it",
)

# A command that prints whether the server responds, and the path of its socket; tests append to it.
COMMAND = """
import os, signal, sys, time
from redis import Redis
url = os.environ["REDIS_TEST_URL"]
print(Redis.from_url(url).ping(), url.removeprefix("unix://"), flush=True)
"""


def start(source: str) -> subprocess.Popen[str]:
    command = [SCRIPT, sys.executable, "-c", f"{COMMAND}{source}"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )


def test_a_command_gets_a_server_and_its_status_is_returned() -> None:
    process = start("sys.exit(7)")
    output, errors = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, errors) == (7, "")
    responds, socket = output.split()
    assert responds == "True"
    assert not Path(socket).parent.exists()


def test_a_signal_is_passed_on_and_the_server_is_removed() -> None:
    process = start("signal.pause()")
    assert process.stdout is not None
    socket = Path(process.stdout.readline().split()[1])
    assert socket.exists()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=END_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert not socket.parent.exists()


def test_a_server_that_ends_too_early_is_reported() -> None:
    process = start("Redis.from_url(url).shutdown(nosave=True)")
    _, errors = process.communicate(timeout=END_SECONDS)
    assert process.returncode == 0
    assert "Redis ended before the command did. See the output above." in errors


def test_without_a_command_the_usage_is_printed() -> None:
    done = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Usage: .ci/redis COMMAND [ARGUMENT...]\n"
