"""Which programs there are on this machine to measure servers with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs import SERVER_JOBS

HERE = Path(__file__).resolve().parent
POSTGRES = HERE.parents[1] / ".ci" / "postgres"
PACKAGED_POSTGRESQL = Path("/usr/lib/postgresql")
HINT = "On Debian and Ubuntu, --install-tools installs it."


class ToolError(Exception):
    """A program could not be installed."""


def has_wrk() -> bool:
    """Tell whether `wrk` is installed."""
    return shutil.which("wrk") is not None


def has_postgresql() -> bool:
    """Tell whether PostgreSQL is installed, as erosion's tests look for it."""
    packaged = PACKAGED_POSTGRESQL.glob("*/bin/initdb")
    return shutil.which("initdb") is not None or any(packaged)


def install() -> None:
    """Install the programs that are not there. Raises `ToolError` if that fails."""
    done = subprocess.run(["sh", str(HERE / "install-tools")], check=False, stdout=sys.stderr)
    if done.returncode:
        raise ToolError("The tools could not be installed. See the output above.")


def doable(jobs: Sequence[str]) -> list[str]:
    """Return those of the jobs that can be done here."""
    servers = SERVER_JOBS if sys.platform.startswith("linux") else ()
    able = [job for job in jobs if job not in SERVER_JOBS or job in servers]
    return [job for job in able if job != "served" or has_wrk()]


def reasons(jobs: Sequence[str]) -> list[str]:
    """Say what of the jobs cannot be done here, and why."""
    if {*SERVER_JOBS} & {*jobs} and not sys.platform.startswith("linux"):
        return ["Not measured: servers, which this does on Linux only."]
    said = []
    if "served" in jobs and not has_wrk():
        said.append(f"Not measured: requests a second, since wrk is not installed. {HINT}")
    if {"served", "clicks"} & {*jobs} and not has_postgresql():
        said.append(f"Not measured: erosion on PostgreSQL, which is not installed. {HINT}")
    return said
