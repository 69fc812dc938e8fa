"""The virtual environment of the benchmark: the rivals at pinned versions, and this framework."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
FRAMEWORK = BENCHMARKS.parent
NEEDED = (
    BENCHMARKS / "requirements.txt",
    FRAMEWORK.parent / "apps" / "erosion" / "requirements.txt",
)
"""What has to be installed besides Clastic: the rivals and servers, and what erosion needs."""


class InstallError(Exception):
    """The environment could not be made."""


def ensure(directory: Path) -> Path:
    """Return the interpreter of the environment in `directory`, which is made if it has to be.

    It is made anew when the pinned versions, the framework's `pyproject.toml`, its place or the
    interpreter are other than they were; changed sources need nothing, as they are installed
    editable.

    Raises `InstallError` when `venv` or `pip` fails, with what it said.
    """
    python = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = directory / "installed"
    wanted = fingerprint()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    print("Installing the frameworks to compare with ...", file=sys.stderr, flush=True)
    command([sys.executable, "-m", "venv", "--clear", str(directory)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    needs = [word for path in NEEDED for word in ("--requirement", str(path)) if path.exists()]
    command([*pip, *needs, "--editable", str(FRAMEWORK)])
    stamp.write_text(wanted, encoding="ascii")
    return python


def fingerprint() -> str:
    """Return a digest of everything that the environment is made of."""
    parts = [sys.version, sys.base_prefix, str(FRAMEWORK)]
    parts += [
        path.read_text(encoding="utf-8") if path.exists() else ""
        for path in (*NEEDED, FRAMEWORK / "pyproject.toml")
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def command(arguments: list[str]) -> None:
    """Run a command. Raises `InstallError` with the end of its output if it fails."""
    try:
        done = subprocess.run(
            arguments, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise InstallError(f"{arguments[0]} could not be started: {error}") from error
    if done.returncode:
        said = "\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-8:])
        what = " ".join(Path(arguments[0]).name if i == 0 else a for i, a in enumerate(arguments))
        raise InstallError(f"`{what}` failed:\n{said}")
