"""What becomes of a program that runs in a child process."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import NamedTuple

from clastic.server.ending import TERMINATED
from clastic.server.process import ChildProcess
from clastic.server.program import program_name

# The exit codes of a program that Ctrl-C has ended, and of one that SIGTERM has ended.
_BY_CTRL_C = (128 + signal.SIGINT, -signal.SIGINT)
_BY_SIGTERM = (TERMINATED, -signal.SIGTERM)


class Changed(NamedTuple):
    """Files have changed, so the program has to start again."""

    paths: Sequence[str]


class Failed(NamedTuple):
    """A mistake has ended the program: the traceback, or what else is known."""

    text: str


class Ended(NamedTuple):
    """The program was asked to end."""

    exit_code: int


def judged(child: ChildProcess, exit_code: int) -> Failed | Ended:
    """Say what has become of a program that has ended by itself."""
    if exit_code in _BY_SIGTERM:
        return Ended(TERMINATED)
    if exit_code in _BY_CTRL_C or (child.is_ready and exit_code == 0):
        return Ended(0)
    return Failed(child.failure or _last_words(child, exit_code))


def _last_words(child: ChildProcess, exit_code: int) -> str:
    if exit_code < 0:
        how = f"was ended by the signal {signal.Signals(-exit_code).name}"
    else:
        how = f"ended with the exit code {exit_code}"
    when = "" if child.is_ready else " before it served anything: is serve() called?"
    return f"{program_name()} {how}{when}"
