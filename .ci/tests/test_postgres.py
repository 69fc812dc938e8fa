"""Test ``.ci/postgres``: the server it starts, signals, and the installation of PostgreSQL.

The server is real where PostgreSQL is installed. The tests of the installation use fake programs;
nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "postgres"
PACKAGED = Path("/usr/lib/postgresql")
END_SECONDS = 60

is_here = shutil.which("initdb") or any(PACKAGED.glob("*/bin/initdb"))
needs_postgresql = pytest.mark.skipif(
    not is_here, reason="PostgreSQL is not on this machine; `.ci/postgres true` installs it"
)

# A command that prints the setting `fsync` and the server's process ID; tests append to it.
COMMAND = """
import os, select, signal, sys
from pathlib import Path
from sqlalchemy import create_engine, make_url, text
url = make_url(os.environ["EROSION_TEST_DB_URL"])
with create_engine(url).connect() as connection:
    print(connection.scalar(text("SHOW fsync")), end=" ")
server = (Path(url.query["host"]) / "data/postmaster.pid").read_text().splitlines()[0]
print(server, flush=True)
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder that every user may enter: the server does not run as root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def allow_interrupts() -> None:
    """Reset SIGINT: a shell that starts with it ignored, as under nohup, cannot trap it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(temporary: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SCRIPT, *command],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=allow_interrupts,
    )


def is_running(pid: str) -> bool:
    """Return True if a process runs. A zombie does not count: its command line is empty."""
    try:
        return Path("/proc", pid, "cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


@needs_postgresql
def test_a_command_gets_a_durable_database_and_its_status_is_returned(temporary):
    process = start(temporary, sys.executable, "-c", f"{COMMAND}sys.exit(7)")
    output, errors = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, errors) == (7, "")
    fsync, server = output.split()
    assert fsync == "on"
    assert not is_running(server)
    assert list(temporary.iterdir()) == []


@needs_postgresql
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_then_the_server(temporary, number):
    process = start(temporary, sys.executable, "-c", f"{COMMAND}signal.pause()")
    with process:
        _, server = process.stdout.readline().split()
        process.send_signal(number)
        process.communicate(timeout=END_SECONDS)
    assert process.returncode == 128 + number
    assert not is_running(server)
    assert list(temporary.iterdir()) == []


@needs_postgresql
def test_the_server_runs_until_an_interrupted_command_has_ended(temporary):
    handling = """
def end(number, frame):
    with create_engine(url).connect() as connection:
        sys.exit(connection.scalar(text("SELECT 5")))
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
signal.pause()
"""
    process = start(temporary, sys.executable, "-c", COMMAND + handling)
    with process:
        process.stdout.readline()
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, errors) == (5, "")


@needs_postgresql
def test_a_server_that_ends_before_the_command_shows_its_log(temporary):
    killing = """
descriptor = os.pidfd_open(int(server))
os.kill(int(server), signal.SIGQUIT)
select.select([descriptor], [], [], 30)
"""
    process = start(temporary, sys.executable, "-c", COMMAND + killing)
    _, errors = process.communicate(timeout=END_SECONDS)
    assert process.returncode == 0
    assert "received immediate shutdown request" in errors
    assert errors.endswith("PostgreSQL ended before the command did. See the output above.\n")
    assert list(temporary.iterdir()) == []


class Machine:
    """A machine with the tools that the script needs and with fake programs.

    The user is not root, but may use ``sudo``. PostgreSQL is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self.packaged = folder / "postgresql"
        self.configuration = folder / "etc"
        self.tools = folder / "tools"
        self.temporary = folder / "temporary"
        self.calls = folder / "calls"
        for path in (self.packaged, self.tools, self.temporary):
            path.mkdir()
        for tool in (
            "bash",
            "cat",
            "chmod",
            "env",
            "mkdir",
            "mktemp",
            "rm",
            "sh",
            "sort",
            "tee",
            "true",
        ):
            (self.tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
        self.script = folder / "postgres"
        text = SCRIPT.read_text().replace(str(PACKAGED), str(self.packaged))
        self.script.write_text(text.replace("/etc", str(self.configuration)))
        self.add(self.tools / "id", "echo 1000")
        self.add(self.tools / "sudo", 'shift; exec "$@"')

    def add(self, path: Path, lines: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def add_postgresql(self, version: str, start: str = "true") -> None:
        folder = self.packaged / version / "bin"
        self.add(folder / "initdb", "true")
        self.add(
            folder / "pg_ctl", f'case "$*" in *start*) echo "server {version}"; {start} ;; esac'
        )

    def add_apt_get(self, install: str) -> None:
        """Add an apt-get that records its arguments and the configuration of PostgreSQL."""
        self.add(
            self.tools / "apt-get",
            f'echo "$DEBIAN_FRONTEND: $*" >>{self.calls}\n'
            f'[ "$1" = install ] || exit 0\n'
            f"cat {self.configuration}/*/*/* >>{self.calls}\n{install}",
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", self.script, *command],
            env={"PATH": str(self.tools), "TMPDIR": str(self.temporary)},
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
        )
        assert list(self.temporary.iterdir()) == []
        assert [path for path in self.configuration.rglob("*") if path.is_file()] == []
        return done


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


ADVICE = (
    "Install it (apt-get install postgresql on Debian and Ubuntu), "
    "or put initdb and pg_ctl on PATH.\n"
)


def test_a_missing_command_is_reported_in_one_line(machine):
    done = machine.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Usage: .ci/postgres COMMAND [ARGUMENT...]\n"


def test_the_newest_of_debians_versions_is_used(machine):
    for version in ("9.6", "15", "16"):
        machine.add_postgresql(version)
    machine.add(machine.packaged / "17/bin/psql", "true")
    done = machine.run("sh", "-c", 'cat "${EROSION_TEST_DB_URL#*host=}/log"')
    assert (done.returncode, done.stdout) == (0, "server 16\n")


def test_the_postgresql_on_path_is_preferred(machine):
    machine.add_postgresql("16")
    machine.add(machine.tools / "initdb", "true")
    machine.add(machine.tools / "pg_ctl", "echo chosen")
    done = machine.run("sh", "-c", 'cat "${EROSION_TEST_DB_URL#*host=}/log"')
    assert (done.returncode, done.stdout) == (0, "chosen\n")


def test_a_server_that_does_not_start_shows_its_log(machine):
    machine.add_postgresql("15", start="echo no shared memory; exit 1")
    done = machine.run("echo", "never")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "server 15\nno shared memory\n"
        f"The PostgreSQL in {machine.packaged}/15/bin did not start within 30 seconds. "
        "See the output above.\n"
    )


def test_a_signal_while_the_server_starts_ends_it(machine):
    machine.add_postgresql("15", start="kill -TERM $PPID")
    done = machine.run("echo", "never")
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGTERM, "", "")


def test_a_missing_postgresql_is_installed_without_a_default_cluster(machine):
    machine.add_postgresql("15")
    package = machine.packaged.rename(machine.packaged.with_name("package"))
    machine.add_apt_get(f"{shutil.which('mv')} {package} {machine.packaged}")
    done = machine.run("echo", "run")
    assert (done.returncode, done.stdout) == (0, "run\n")
    assert done.stderr == "Installing PostgreSQL. This takes a moment.\n"
    assert machine.calls.read_text().splitlines() == [
        "noninteractive: update",
        "noninteractive: install --yes --no-install-recommends postgresql",
        "create_main_cluster = false",
    ]


def test_a_failed_installation_shows_the_output_of_apt_get(machine):
    machine.add_apt_get("echo no network >&2; exit 100")
    done = machine.run("echo", "never")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("no network\nCould not install PostgreSQL. See the output above.\n")


def test_without_apt_get_the_message_names_the_package(machine):
    done = machine.run("echo", "never")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "PostgreSQL is required and cannot be installed automatically: apt-get is missing. "
        f"{ADVICE}"
    )


def test_without_permission_to_install_the_message_names_the_package(machine):
    machine.add_apt_get("true")
    machine.add(machine.tools / "sudo", "echo a password is required >&2; exit 1")
    done = machine.run("echo", "never")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "PostgreSQL is required and cannot be installed automatically: sudo asks for a password. "
        f"{ADVICE}"
    )
    assert not machine.calls.exists()
