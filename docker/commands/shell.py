"""Run other programs with time limits and readable errors."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """An error whose message is printed as it is.

    :param status: the exit status of the command
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def run(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program. If it fails, print its output and raise Failure."""
    with tempfile.TemporaryFile() as output:
        status = call(command, seconds, environment, output, subprocess.STDOUT)
        if status:
            output.seek(0)
            sys.stderr.buffer.write(output.read())
            raise Failure(f"This command failed, see above: {' '.join(command)}")


def read(
    command: Sequence[str],
    *,
    seconds: float = 60,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return its output. Raise Failure with its errors if it fails."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        status = call(command, seconds, environment, output, errors)
        output.seek(0)
        errors.seek(0)
        if status:
            message = errors.read().decode(errors="replace").strip()
            raise Failure(f"This command failed: {' '.join(command)}\n{message}")
        return output.read().decode(errors="replace").strip()


def call(
    command: Sequence[str],
    seconds: float,
    environment: Mapping[str, str] | None,
    output: IO[bytes],
    errors: IO[bytes] | int,
) -> int:
    """Run a program and return its exit status. Raise Failure if it is missing or too slow."""
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        ).returncode
    except FileNotFoundError:
        raise Failure(f"The program {command[0]} is not installed.") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"Timeout after {seconds:.0f} seconds: {' '.join(command)}") from None


def succeeds(command: Sequence[str], *, seconds: float = 60) -> bool:
    try:
        read(command, seconds=seconds)
    except Failure:
        return False
    return True


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP inside a ``with`` block, as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ignored_signals() -> Iterator[None]:
    """Ignore signals inside a ``with`` block, in this program and in those that it runs."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
