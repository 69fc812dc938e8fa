"""Test ``.ci/engine`` with fake programs; nothing is installed or started."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "engine"
TOOLS = (
    "bash",
    "cat",
    "env",
    "head",
    "mkdir",
    "mktemp",
    "rm",
    "seq",
    "setsid",
    "sh",
    "sleep",
    "tail",
    "touch",
)

# An engine that runs as long as the file RUNS exists.
DOCKER = """case "$*" in
    version) [ -e RUNS ] ;;
    "compose version --short") cat COMPOSE ;;
esac"""
DOCKERD = """touch RUNS
trap 'echo stopped >>CALLS; rm RUNS; exit' TERM
while :; do sleep 0.02; done"""
# Records its arguments and, at the second call, the sources and the preferences of apt.
APT_GET = """[ "$1" != indextargets ] || { echo http://mirror.example.org/debian/; exit; }
echo "$*" >>CALLS
for option; do
    case "$option" in
        Dir::Etc::SourceList=*|Dir::Etc::Preferences=*) cat "${option#*=}" >>CALLS ;;
        docker-compose) echo 2.26.1-4 >COMPOSE ;;
    esac
done"""


class Machine:
    """A machine with the tools that the script needs and with fake programs.

    The user is root. There is no engine, and Compose 2 is installed.
    """

    def __init__(self, folder: Path) -> None:
        self.tools = folder / "tools"
        self.temporary = folder / "temporary"
        self.runs = folder / "runs"
        self.compose = folder / "compose"
        self._calls = folder / "calls"
        self._calls.touch()
        for path in (self.tools, self.temporary):
            path.mkdir()
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
        self.script = folder / "engine"
        text = SCRIPT.read_text().replace("/var/log", str(folder)).replace("/var/run", str(folder))
        self.script.write_text(text)
        self.compose.write_text("2.40.3\n")
        self.add("id", "echo 0")
        self.add("debootstrap", "")
        self.add("docker", DOCKER)
        self.add("apt-get", APT_GET)

    def add(self, name: str, lines: str) -> None:
        for word, path in {
            "RUNS": self.runs,
            "CALLS": self._calls,
            "COMPOSE": self.compose,
        }.items():
            lines = lines.replace(word, str(path))
        (self.tools / name).write_text(f"#!/bin/sh\n{lines}\n")
        (self.tools / name).chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    def run(self, *command: str) -> tuple[int, str, str]:
        """Run the script; return its exit status, its output and its errors."""
        done = subprocess.run(
            ["bash", self.script, *command],
            env={"PATH": str(self.tools), "TMPDIR": str(self.temporary)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert list(self.temporary.iterdir()) == []
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_missing_command_is_reported_in_one_line(machine):
    assert machine.run() == (1, "", "Usage: .ci/engine COMMAND [ARGUMENT...]\n")


def test_a_running_engine_is_used_and_left_running(machine):
    machine.runs.touch()
    assert machine.run("sh", "-c", "echo used; exit 7") == (7, "used\n", "")
    assert machine.runs.exists()
    assert machine.calls == []


def test_an_engine_is_started_for_the_command_and_stopped_after_it(machine):
    machine.add("dockerd", DOCKERD)
    assert machine.run("sh", "-c", "docker version && echo used; exit 7") == (7, "used\n", "")
    assert machine.calls == ["stopped"]
    assert not machine.runs.exists()


def test_an_engine_that_does_not_start_shows_the_end_of_its_log(machine):
    machine.add("dockerd", "echo no permission >&2; exit 1")
    status, output, errors = machine.run("echo", "never")
    assert (status, output) == (1, "")
    assert errors.startswith("no permission\nNo container engine can run on this machine. See")


def test_missing_packages_are_installed(machine):
    (machine.tools / "debootstrap").unlink()
    status, output, _ = machine.run("echo", "never")
    assert status == 1
    assert output == "Installing docker.io debootstrap.\n"
    options = "-qq --yes --no-install-recommends"
    assert machine.calls == [
        f"{options} update",
        f"{options} install docker.io debootstrap",
    ]


@pytest.mark.parametrize("version", ["1.29.2\n", ""], ids=["Compose 1", "no Compose"])
def test_only_compose_comes_from_trixie_and_the_signature_is_checked(machine, version):
    machine.runs.touch()
    machine.compose.write_text(version)
    assert machine.run("echo", "used") == (
        0,
        "Installing Compose 2 from Debian trixie.\nused\n",
        "",
    )
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert (
        machine.calls.count(
            f"deb [signed-by={keyring}] http://mirror.example.org/debian/ trixie main"
        )
        == 2
    )
    assert machine.calls[-1] == ""
    assert machine.calls[-8:-1] == [
        "Package: *",
        "Pin: release n=trixie",
        "Pin-Priority: -1",
        "",
        "Package: docker-compose",
        "Pin: release n=trixie",
        "Pin-Priority: 900",
    ]
    (install,) = [call for call in machine.calls if " install " in call]
    assert install.endswith(" install docker-compose")


def test_a_failed_installation_shows_the_output_of_apt_get(machine):
    machine.runs.touch()
    machine.compose.write_text("")
    machine.add("apt-get", "echo no network >&2; exit 100")
    status, _, errors = machine.run("echo", "never")
    assert status == 1
    assert errors.startswith("no network\nThis command failed, see above: apt-get ")


def test_only_root_may_install(machine):
    machine.add("id", "echo 1000")
    status, _, errors = machine.run("echo", "never")
    assert status == 1
    assert errors == "Only root may install packages and start a container engine.\n"
