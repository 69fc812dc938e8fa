"""Running other programs, with bounded times, and failing in words."""

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
    """What went wrong, worded for whoever typed the command. status: what to exit with."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def run(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program whose output matters only when it fails. Raises Failure unless it succeeds."""
    with tempfile.TemporaryFile() as output:
        status = call(command, seconds, environment, output, subprocess.STDOUT)
        if status:
            output.seek(0)
            sys.stderr.buffer.write(output.read())
            raise Failure(f"This failed, as printed above: {' '.join(command)}")


def read(
    command: Sequence[str],
    *,
    seconds: float = 60,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a program prints. Raises Failure, with what it complains of, unless it succeeds."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        status = call(command, seconds, environment, output, errors)
        output.seek(0)
        errors.seek(0)
        if status:
            complaint = errors.read().decode(errors="replace").strip()
            raise Failure(f"This failed: {' '.join(command)}\n{complaint}")
        return output.read().decode(errors="replace").strip()


def call(
    command: Sequence[str],
    seconds: float,
    environment: Mapping[str, str] | None,
    output: IO[bytes],
    errors: IO[bytes] | int,
) -> int:
    """The status that a program ends with. Raises Failure if it is not there or takes too long."""
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
        raise Failure(f"There is no program {command[0]} here.") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"Took more than {seconds:.0f} seconds: {' '.join(command)}") from None


def succeeds(command: Sequence[str], *, seconds: float = 60) -> bool:
    try:
        read(command, seconds=seconds)
    except Failure:
        return False
    return True


@contextmanager
def ends_on_signals() -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP unwind the program as Ctrl-C does."""

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
def undisturbed() -> Iterator[None]:
    """While it lasts, no signal keeps us, nor a program we run, from taking things down."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
