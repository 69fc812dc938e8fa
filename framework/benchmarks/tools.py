"""Find and install the programs that measure servers."""

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
    """Return True if `wrk` is installed."""
    return shutil.which("wrk") is not None


def has_postgresql() -> bool:
    """Return True if `.ci/postgres` finds an installed PostgreSQL."""
    packaged = PACKAGED_POSTGRESQL.glob("*/bin/initdb")
    return shutil.which("initdb") is not None or any(packaged)


def install() -> None:
    """Install missing programs. Raise `ToolError` if this fails."""
    done = subprocess.run(["sh", str(HERE / "install-tools")], check=False, stdout=sys.stderr)
    if done.returncode:
        raise ToolError("Could not install the tools. See the output above.")


def doable(jobs: Sequence[str]) -> list[str]:
    """Return the jobs that can run on this machine."""
    servers = SERVER_JOBS if sys.platform.startswith("linux") else ()
    able = [job for job in jobs if job not in SERVER_JOBS or job in servers]
    return [job for job in able if job != "served" or has_wrk()]


def reasons(jobs: Sequence[str]) -> list[str]:
    """Return why some of the jobs cannot run on this machine."""
    if {*SERVER_JOBS} & {*jobs} and not sys.platform.startswith("linux"):
        return ["Not measured: servers, which are only measured on Linux."]
    found = []
    if "served" in jobs and not has_wrk():
        found.append(f"Not measured: requests per second, because wrk is not installed. {HINT}")
    if {"served", "clicks"} & {*jobs} and not has_postgresql():
        found.append(f"Not measured: erosion on PostgreSQL, which is not installed. {HINT}")
    return found
