"""Run the command of this program again in a child process that is connected to its parent.

The child inherits the listening socket, reports the files that it has imported, and ends when its
parent does. It is connected from the moment it calls ``serve()``. What it prints to standard error
before that passes through the parent, which keeps it in case the program fails to start.
"""

from __future__ import annotations

import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from typing import IO, Any, cast

from clastic.server.options import main_path
from clastic.server.watch import module_files
from clastic.server.workers import ShutdownSignal

# Holds the arguments of ReloaderLink, and the inode of the socket for reports. Other programs that
# the child starts inherit the variable too, but not the socket.
_VARIABLE = "CLASTIC_RELOADER"

STOP_SECONDS = 3.0
"""Seconds that a child may take to end by itself: more than it gives its requests to finish."""

_LAST_OUTPUT_SECONDS = 0.5  # for the output of a child that has ended
_KEPT_ERRORS = 100_000  # bytes
_READ_SIZE = 65_536  # bytes


def obstacle_to_restart() -> str | None:
    """Return why this program cannot be started again, or ``None`` if it can."""
    if not hasattr(os, "fork"):
        return "it needs a POSIX system: Linux, macOS, or Windows Subsystem for Linux"
    if threading.current_thread() is not threading.main_thread():
        return "serve() was not called in the main thread"
    has_program = main_path() is not None or sys.argv[:1] == ["-c"]
    stays_open = sys.flags.interactive or sys.flags.inspect
    if not (sys.executable and sys.orig_argv and has_program) or stays_open:
        return "this program was not started from a file, a module or -c"
    return None


def starting_folder() -> str:
    """Return the folder in which the command was run, even if the program has left it since.

    Python makes the path of a script absolute, so its end is the path that the command names.
    """
    path = str(getattr(sys.modules.get("__main__"), "__file__", ""))
    for argument in sys.orig_argv[1:]:
        if path.endswith(os.sep + argument):
            return path.removesuffix(argument)
    return os.getcwd()


class ChildProcess:
    """A process that runs this program's command again, as its parent sees it.

    :param folder: the folder to run it in
    :param listener: the socket on which it serves
    :param is_first: whether it is the first one
    :raises OSError: if it cannot be started
    :ivar is_ready: whether it has begun to serve
    """

    def __init__(self, folder: str, listener: socket.socket, is_first: bool) -> None:
        self.is_ready = False
        self._errors = b""
        self._unread = b""
        self._reports, reports = socket.socketpair()
        errors = os.dup(2)
        inherited = (listener.fileno(), reports.fileno(), errors)
        try:
            self._process = subprocess.Popen(
                [sys.executable, *sys.orig_argv[1:]],
                cwd=folder,
                env=_environment(*inherited, int(is_first), os.fstat(reports.fileno()).st_ino),
                stderr=subprocess.PIPE,
                pass_fds=inherited,
            )
        except OSError:
            self._reports.close()
            raise
        finally:
            reports.close()
            os.close(errors)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._reports, selectors.EVENT_READ)
        self._stderr = cast("IO[bytes]", self._process.stderr)
        self._selector.register(self._stderr, selectors.EVENT_READ)

    @property
    def errors(self) -> str:
        """The end of what it has written to standard error before it began to serve."""
        return self._errors.decode("utf-8", "replace")

    def wait_for_output(self, seconds: float) -> None:
        """Wait until there is something to :meth:`read`, at most `seconds`."""
        self._selector.select(seconds)

    def read(self) -> list[dict[str, Any]]:
        """Return its new reports; print its new lines on standard error.

        See :meth:`ReloaderLink.report` for the reports. The first says that it serves.
        """
        for key, _ in self._selector.select(0):
            data = os.read(key.fd, _READ_SIZE)
            if not data:
                self._selector.unregister(key.fileobj)
            elif key.fileobj is self._reports:
                self._unread += data
            else:
                self._errors = (self._errors + data)[-_KEPT_ERRORS:]
                _write_errors(data)
        *lines, self._unread = self._unread.split(b"\n")
        self.is_ready = self.is_ready or bool(lines)
        return [json.loads(line) for line in lines]

    def exit_code(self) -> int | None:
        """Return its exit code, negative for a signal, or ``None`` while it runs.

        When it has ended, all of its output has been read.
        """
        exit_code = self._process.poll()
        if exit_code is not None:
            deadline = time.monotonic() + _LAST_OUTPUT_SECONDS
            while self._selector.get_map() and (left := deadline - time.monotonic()) > 0:
                self.wait_for_output(left)  # a process that it has started may hold the pipe open
                self.read()
        return exit_code

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal, or kill it if that takes too long."""
        if self._process.poll() is None:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self._process.kill()
            self._process.wait()
        self._selector.close()
        self._reports.close()
        self._stderr.close()


class ReloaderLink:
    """The connection of a child process to its parent, as the child sees it.

    :param listener: the file descriptor of the socket to serve on
    :param reports: the file descriptor of the socket that takes the reports
    :param errors: the file descriptor of the parent's standard error
    :param is_first: whether this process is the first child
    """

    def __init__(self, listener: int, reports: int, errors: int, is_first: int) -> None:
        self.listener = socket.socket(fileno=listener)
        self.is_first = bool(is_first)
        self._reports = socket.socket(fileno=reports)
        self._errors = errors
        self._reported: set[str] = set()
        self._module_count = 0
        self._checked = 0
        for descriptor in (listener, reports, errors):
            os.set_inheritable(descriptor, False)

    @classmethod
    def from_environment(cls) -> ReloaderLink | None:
        """Return the link of this process, or ``None`` if no reloader has started it."""
        value = os.environ.pop(_VARIABLE, None)
        if value is not None:
            *arguments, inode = map(int, value.split(","))
            with suppress(OSError):  # there is no file of this number
                if os.fstat(arguments[1]).st_ino == inode:
                    return cls(*arguments)
        return None

    def report_ready(self, files: Collection[str]) -> None:
        """Report that the program serves, and all files that it has read.

        From now on standard error is the parent's own.

        :param files: absolute paths of files other than modules
        """
        os.dup2(self._errors, 2)
        os.close(self._errors)
        self._module_count = len(sys.modules)
        self.report(module_files().union(files))

    def check(self, shutdown: ShutdownSignal) -> None:
        """Report newly imported modules, and request `shutdown` if the parent has ended."""
        if len(sys.modules) != self._module_count:
            self._module_count = len(sys.modules)
            self.report(module_files())
        self._checked = time.time_ns()
        if select.select([self._reports], [], [], 0)[0]:  # closed: it never sends anything
            shutdown.request()

    def close(self) -> None:
        self.listener.close()
        self._reports.close()

    def report(self, files: Collection[str]) -> None:
        """Send the paths of files, and the time before which the program had not read them."""
        new = sorted(set(files) - self._reported)
        self._reported.update(new)
        report = json.dumps({"files": new, "since": self._checked})
        with suppress(OSError):  # the parent has ended
            self._reports.sendall(report.encode() + b"\n")


def _environment(*numbers: int) -> dict[str, str]:
    """Return the environment of a child, with which ``is_running_from_reloader()`` is true."""
    values = ",".join(map(str, numbers))
    return {**os.environ, _VARIABLE: values, "WERKZEUG_RUN_MAIN": "true"}


def _write_errors(data: bytes) -> None:
    with suppress(OSError):  # the terminal has been closed
        while data:
            data = data[os.write(2, data) :]
