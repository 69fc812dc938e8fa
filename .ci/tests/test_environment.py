"""Test ``.ci/environment`` with fake interpreters; nothing is installed.

Each test has its own checkout and a PATH that holds only the tools the script needs and the
interpreters that the test adds.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = (
    "awk",
    "cat",
    "cksum",
    "dirname",
    "find",
    "head",
    "make",
    "mkdir",
    "rm",
    "sed",
    "sh",
)

# Runs `-c` code with the real Python, after PRELUDE, and records calls of venv and pip.
INTERPRETER = """#!/bin/sh
case "$1 $2" in
    "-m venv") echo "venv by NAME" >>"CALLS"; mkdir -p "$3/bin"; cat "$0" >"$3/bin/python"
        "CHMOD" +x "$3/bin/python"; : >"$3/pyvenv.cfg" ;;
    "-m pip") echo "pip by NAME" >>"CALLS"; [ ! -e "OFFLINE" ] || { echo "no network"; exit 1; } ;;
    *) exec "REAL" -c "import sys
PRELUDE
$2" ;;
esac
"""


class Checkout:
    """A checkout that holds the real Makefile and script, and methods that run them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.tools = folder / "tools"
        self.calls = folder / "calls"
        self.offline = folder / "offline"
        self.calls.touch()
        self.tools.mkdir()
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
        (self.root / ".ci").mkdir(parents=True)
        (self.root / "framework").mkdir()
        shutil.copy(ROOT / "Makefile", self.root)
        shutil.copy(ROOT / ".ci/environment", self.root / ".ci")
        (self.root / "framework/pyproject.toml").write_text("first")

    def add_python(self, name: str, prelude: str = "") -> None:
        text = INTERPRETER.replace("PRELUDE", f"sys.version = '{name}'\n{prelude}")
        for word, value in {
            "NAME": name,
            "CALLS": self.calls,
            "OFFLINE": self.offline,
            "CHMOD": shutil.which("chmod"),
            "REAL": sys.executable,
        }.items():
            text = text.replace(word, str(value))
        path = self.tools / name
        path.write_text(text)
        path.chmod(0o755)

    def add_old_python(self, name: str) -> None:
        self.add_python(name, "sys.version_info = (3, 9)")

    def add_bare_python(self, name: str) -> None:
        self.add_python(name, "sys.version_info = (3, 12); sys.modules['ensurepip'] = None")

    def add_broken_python(self, name: str) -> None:
        path = self.tools / name
        path.write_text("#!/bin/sh\necho 'command not found' >&2; exit 127\n")
        path.chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={"PATH": str(self.tools)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def make_environment(self, python: str = "") -> list[str]:
        """Run the script and return the different interpreter calls that it made."""
        done = self.run("sh", ".ci/environment", ".venv", python)
        assert (done.returncode, done.stderr) == (0, "")
        calls = list(dict.fromkeys(self.calls.read_text().splitlines()))
        self.calls.write_text("")
        return calls

    def failure(self, python: str = "") -> str:
        done = self.run("sh", ".ci/environment", ".venv", python)
        assert done.returncode == 1
        return done.stderr


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_make_alone_lists_the_commands(checkout):
    done = checkout.run("make")
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    first = "help run test test-tools test-postgres test-stores test-containers e2e e2e-local"
    rest = "up down upgrade chaos lint lock bench bench-check docs screenshots clean"
    assert listed == [*first.split(), *rest.split()]
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())


def test_the_newest_python_is_used(checkout):
    for name in ("python3", "python3.10", "python3.12", "python3.11"):
        checkout.add_python(name)
    assert checkout.make_environment() == ["venv by python3.12", "pip by python3.12"]


def test_a_python_that_does_not_run_is_skipped(checkout):
    checkout.add_broken_python("python3.13")
    checkout.add_python("python3")
    assert checkout.make_environment() == ["venv by python3", "pip by python3"]


def test_a_python_without_venv_is_skipped_if_there_is_another(checkout):
    checkout.add_bare_python("python3.12")
    checkout.add_python("python3.11")
    assert checkout.make_environment() == ["venv by python3.11", "pip by python3.11"]


def test_the_requested_python_is_used(checkout):
    checkout.add_python("python3.13")
    checkout.add_python("python3.10")
    assert checkout.make_environment("python3.10") == [
        "venv by python3.10",
        "pip by python3.10",
    ]


def test_a_second_run_does_nothing(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    assert checkout.make_environment() == []
    assert checkout.make_environment("python3") == []


def test_changed_dependencies_are_installed_into_the_same_environment(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    (checkout.root / "framework/pyproject.toml").write_text("second")
    assert checkout.make_environment() == ["pip by python3"]


def test_a_changed_lock_is_installed_into_the_same_environment(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    (checkout.root / "requirements.lock").write_text("some==1")
    assert checkout.make_environment() == ["pip by python3"]


def test_changed_requirements_of_an_app_are_installed(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    (checkout.root / "apps/some").mkdir(parents=True)
    (checkout.root / "apps/some/requirements.txt").write_text("something")
    assert checkout.make_environment() == ["pip by python3"]


def test_an_incomplete_environment_is_recreated(checkout):
    checkout.add_python("python3")
    (checkout.root / ".venv/bin").mkdir(parents=True)
    assert checkout.make_environment() == ["venv by python3", "pip by python3"]


def test_an_environment_whose_installation_failed_is_recreated(checkout):
    checkout.add_python("python3")
    checkout.offline.touch()
    checkout.failure()
    checkout.offline.unlink()
    checkout.calls.write_text("")
    assert checkout.make_environment() == ["venv by python3", "pip by python3"]


def test_an_environment_whose_python_is_missing_is_recreated(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    (checkout.root / ".venv/bin/python").unlink()
    assert checkout.make_environment() == ["venv by python3", "pip by python3"]


def test_another_requested_python_recreates_the_environment(checkout):
    checkout.add_python("python3.10")
    checkout.make_environment()
    checkout.add_python("python3.11")
    assert checkout.make_environment("python3.11") == [
        "venv by python3.11",
        "pip by python3.11",
    ]


def test_a_moved_checkout_recreates_its_environment(checkout):
    checkout.add_python("python3")
    checkout.make_environment()
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert checkout.make_environment() == ["venv by python3", "pip by python3"]


def test_a_folder_that_is_not_an_environment_is_left_alone(checkout):
    checkout.add_python("python3")
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv/letter.txt").write_text("dear")
    assert checkout.failure() == (
        ".venv exists but is not a virtual environment. Choose another folder with VENV=...\n"
    )
    assert (checkout.root / ".venv/letter.txt").read_text() == "dear"


def test_a_failed_installation_shows_the_output_of_pip(checkout):
    checkout.add_python("python3")
    checkout.offline.touch()
    assert checkout.failure() == (
        "no network\nCould not install the packages into .venv. See the output above.\n"
    )


INSTALL = "Install it (apt-get install python3 python3-venv on Debian and Ubuntu)"


def test_a_missing_python_is_reported_in_one_line(checkout):
    assert checkout.failure() == (
        "Python 3.10 or newer is required, but none is on PATH. "
        f"{INSTALL}, or choose one with PYTHON=...\n"
    )


def test_a_python_that_is_too_old_is_reported_in_one_line(checkout):
    checkout.add_old_python("python3")
    assert checkout.failure() == (
        "Python 3.10 or newer is required, but python3 is Python 3.9. "
        f"{INSTALL}, or choose another Python with PYTHON=...\n"
    )


def test_a_missing_venv_module_is_reported_in_one_line(checkout):
    checkout.add_bare_python("python3")
    assert checkout.failure() == (
        "python3 (Python 3.12) has no venv module. "
        f"{INSTALL}, or choose another Python with PYTHON=...\n"
    )


def test_a_requested_python_that_does_not_run_is_reported_in_one_line(checkout):
    checkout.add_python("python3")
    assert checkout.failure("python3.99") == (
        "PYTHON=python3.99 does not run. Set PYTHON to Python 3.10 or newer, or leave it out.\n"
    )


@pytest.mark.parametrize(
    "command", ["run", "test", "test-postgres", "e2e-local", "lint", "bench-check", "docs"]
)
def test_a_command_without_python_fails_before_it_does_anything(checkout, command):
    done = checkout.run("make", command)
    assert done.returncode == 2
    assert done.stderr.startswith("Python 3.10 or newer is required, but none is on PATH.")
    assert done.stdout == ""
