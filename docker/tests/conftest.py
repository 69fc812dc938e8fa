"""Fixtures for the tests of the container files and scripts, which need no container engine."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[1]

sys.path.insert(0, str(DOCKER / "chaos"))

SCRIPTS = ("check", "prepare", "e2e", "upgrade", "offline/bases")
TOOLS = (
    "base64",
    "bash",
    "cat",
    "chmod",
    "cp",
    "date",
    "dirname",
    "env",
    "grep",
    "head",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sh",
    "sleep",
    "tail",
    "timeout",
    "touch",
    "tr",
    "wc",
)
# Records its arguments, then runs BODY.
FAKE = """#!/bin/sh
echo "$*" >>CALLS
case "$*" in
    "compose version --short") echo 2.26.1; exit ;;
esac
BODY
"""


def reset_signals() -> None:
    """Let a script trap signals that this process ignores, as under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Machine:
    """A copy of the scripts, and a PATH with only the tools that they need and a fake docker.

    :ivar folder: the copy of the folder ``docker``
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "docker"
        self.temporary = folder / "temporary"
        self._bin = folder / "bin"
        self._calls = folder / "calls"
        for path in (self.folder / "offline", self.temporary, self._bin):
            path.mkdir(parents=True)
        for script in SCRIPTS:
            shutil.copy(DOCKER / script, self.folder / script)
        for tool in TOOLS:
            (self._bin / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
        self.write(self.folder / "offline/build", "echo The stand-ins are built. >&2")
        self._calls.touch()

    def write(self, path: Path, lines: str) -> None:
        path.write_text(lines if lines.startswith("#!") else f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def add_docker(self, body: str = "") -> None:
        """Add a docker that has Compose 2 and runs the lines of a shell script.

        In the script, ``"$*"`` are the arguments.
        """
        self.write(
            self._bin / "docker", FAKE.replace("CALLS", str(self._calls)).replace("BODY", body)
        )

    def skip_sleeps(self) -> None:
        """Let ``sleep`` end at once."""
        (self._bin / "sleep").unlink()
        self.write(self._bin / "sleep", "exit")

    def calls(self, word: str) -> list[str]:
        """Return the arguments of the calls of docker in which a word occurs."""
        return [call for call in self._calls.read_text().splitlines() if word in call]

    def start(self, script: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / script, *arguments],
            env={"PATH": str(self._bin), "TMPDIR": str(self.temporary), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=reset_signals,
        )

    def run(self, script: str, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Run a script; return its exit status, its output and its errors."""
        process = self.start(script, *arguments, **variables)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors


@pytest.fixture(scope="module", autouse=True)
def without_coverage() -> Iterator[None]:
    """Do not measure the test coverage in the processes that tests start: it takes longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
