"""Create the virtual environment of the benchmark: pinned frameworks, and this framework."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
FRAMEWORK = BENCHMARKS.parent
REQUIREMENTS = (
    BENCHMARKS / "requirements.txt",
    FRAMEWORK.parent / "apps" / "erosion" / "requirements.txt",
)
"""The requirements besides Clastic: other frameworks and servers, and those of erosion."""


class InstallError(Exception):
    """The environment could not be created."""


def ensure(directory: Path) -> Path:
    """Return the interpreter of the environment in `directory`; create the environment if needed.

    It is recreated after a change of the pinned versions, the framework's `pyproject.toml` or
    folder, or the interpreter. Clastic is installed editable, so its sources may change.

    Raise `InstallError` with the output of `venv` or `pip` if it fails.
    """
    python = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = directory / "installed"
    wanted = fingerprint()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    print("Installing the other frameworks ...", file=sys.stderr, flush=True)
    command([sys.executable, "-m", "venv", "--clear", str(directory)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    files = [
        word for path in REQUIREMENTS for word in ("--requirement", str(path)) if path.exists()
    ]
    command([*pip, *files, "--editable", str(FRAMEWORK)])
    stamp.write_text(wanted, encoding="ascii")
    return python


def fingerprint() -> str:
    """Return a digest of all inputs of the environment."""
    parts = [sys.version, sys.base_prefix, str(FRAMEWORK)]
    parts += [
        path.read_text(encoding="utf-8") if path.exists() else ""
        for path in (*REQUIREMENTS, FRAMEWORK / "pyproject.toml")
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def command(arguments: list[str]) -> None:
    """Run a command. Raise `InstallError` with the end of its output if it fails."""
    try:
        done = subprocess.run(
            arguments, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise InstallError(f"Cannot start {arguments[0]}: {error}") from error
    if done.returncode:
        output = "\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-8:])
        what = " ".join(Path(arguments[0]).name if i == 0 else a for i, a in enumerate(arguments))
        raise InstallError(f"`{what}` failed:\n{output}")
