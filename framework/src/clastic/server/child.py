"""The child process of the reloader: runs the program, and tells its parent how that goes.

It begins before the first line of the program. So it can also report what keeps the program from
being read, and it uses nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Collection, Sequence
from contextlib import suppress
from pkgutil import get_importer
from types import FrameType, ModuleType
from typing import NoReturn

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What asks a process to end; the parent blocks them until the child can handle them."""

PERIOD = 0.5
"""Seconds between two looks at what has been imported, and whether the parent is still there."""

FAREWELL = 2.0
"""Seconds that are left to a child without a parent."""


class Parent:
    """The parent of this process, as it can be talked to.

    :param listener: the file descriptor of the socket that it listens on
    :param report: the file descriptor of the pipe that it reads
    :param lifeline: the file descriptor of the pipe that is closed when it ends, however it ends
    :param is_first: whether this process is the first of its children
    """

    def __init__(self, listener: int, report: int, lifeline: int, is_first: bool) -> None:
        self.listener = socket.socket(fileno=listener)
        self.is_first = is_first
        self._report = report
        self._lifeline = lifeline
        self._files: set[str] = set()
        self._looked = time.time_ns()
        self._looking = threading.Lock()
        self._has_left = False
        self._is_left_alone = threading.Event()
        for inherited in (listener, report, lifeline):
            os.set_inheritable(inherited, False)
        os.register_at_fork(after_in_child=self._let_go)

    def attend(self) -> None:
        """Begin to report what is imported, and to end when the parent does, in a thread."""
        threading.Thread(target=self._keep_looking, name=__name__, daemon=True).start()

    def leave_to_caller(self) -> None:
        """End that thread: from now on the caller has to call :meth:`look` now and then."""
        self._is_left_alone.set()

    def look(self, more_files: Collection[str] = ()) -> None:
        """Report what has been imported since the last look; end if the parent has ended.

        :param more_files: absolute paths of more files that the program is made of
        """
        with self._looking:
            now = time.time_ns()
            found = (module_files() | set(more_files)) - self._files
            if found:
                self._send({"files": sorted(found), "since": self._looked})
            self._files |= found
            self._looked = now
            if not self._has_left and _is_closed(self._lifeline):
                self._has_left = True
                _end_soon()

    def report_ready(self, files: Collection[str]) -> None:
        """Report that the program serves, and all the files that it is made of."""
        self.look(files)
        self._send({"ready": True})

    def report_failure(self, text: str) -> None:
        """Report what has ended the program: a traceback."""
        self.look()
        self._send({"failure": text})

    def _keep_looking(self) -> None:
        while not self._is_left_alone.wait(PERIOD):
            self.look()

    def _send(self, message: object) -> None:
        line = json.dumps(message).encode() + b"\n"
        with suppress(OSError):  # nobody is there any more
            while line:
                line = line[os.write(self._report, line) :]

    def _let_go(self) -> None:
        """Close what a fork of this process has of it: it would keep the ends from being seen."""
        self.listener.close()
        os.close(self._report)
        os.close(self._lifeline)


parent: Parent | None = None
"""Whose child this process is; ``None`` in a program that was started in the usual way."""


def module_files() -> set[str]:
    """Give the absolute paths of the files of all modules that are imported now."""
    found = (getattr(module, "__dict__", {}).get("__file__") for module in _modules())
    return {os.path.abspath(file) for file in found if isinstance(file, str)}


def _modules() -> list[ModuleType]:
    return list(sys.modules.copy().values())


def _is_closed(pipe: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        return bool(selector.select(0))


def _end_soon() -> None:
    deadline = threading.Timer(FAREWELL, os._exit, (1,))
    deadline.daemon = True
    deadline.start()
    os.kill(os.getpid(), signal.SIGTERM)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End the program, once: the parent passes on what the terminal may have sent already."""
    for each in ENDING_SIGNALS:
        signal.signal(each, _ignore)
    raise SystemExit(128 + number)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing. Other than with ``SIG_IGN``, processes that are started do not inherit that."""


def _run(program: Sequence[str]) -> None:
    """Run what follows the options on the command line of Python, as Python does."""
    sys.argv[:] = program
    is_isolated = getattr(sys.flags, "safe_path", sys.flags.isolated)  # Python 3.11 has the former
    if not is_isolated:
        sys.path[0] = _first_folder(program[0])
    if program[0] == "-m":
        sys.argv[:] = ["-m", *program[2:]]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    elif program[0] == "-c":
        sys.argv[:] = ["-c", *program[2:]]
        module = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(program[1], "<string>", "exec"), vars(module))
    else:
        runpy.run_path(os.path.abspath(program[0]), run_name="__main__")


def _first_folder(program: str) -> str:
    """Give what Python puts first into the path to import from."""
    if program == "-m":
        return os.getcwd()
    if program == "-c":
        return ""
    path = os.path.realpath(program)
    # A folder or an archive is itself where its modules are.
    return os.path.dirname(path) if get_importer(path) is None else path


def _leave_out_launcher(error: BaseException) -> None:
    """Leave out the part of a traceback that comes before the program."""
    launcher = {_run.__code__.co_filename, runpy.run_path.__code__.co_filename}
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in launcher:
        trace = trace.tb_next
    error.__traceback__ = trace


def main() -> None:
    """Run the program that the command line has after the numbers that make a :class:`Parent`."""
    global parent
    for each in ENDING_SIGNALS:
        signal.signal(each, _end)
    numbers, program = sys.argv[1], sys.argv[2:]
    before = len(sys.orig_argv) - len(program) - 2
    del sys.orig_argv[before : before + 2]
    listener, report, lifeline, is_first = map(int, numbers.split(","))
    parent = Parent(listener, report, lifeline, bool(is_first))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
    parent.attend()
    try:
        _run(program)
    except BaseException as error:
        _leave_out_launcher(error)
        parent.report_failure("".join(traceback.format_exception(error)))
        if isinstance(error, SystemExit):
            raise
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None
