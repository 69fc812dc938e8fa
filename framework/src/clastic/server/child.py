"""Run the command of this program again in a child process that is connected to its parent.

The child inherits the listening socket, reports the files that it has imported, and ends when its
parent does. What it writes to standard error before it calls ``serve()`` goes to a file: the parent
prints it, and shows it if the program fails to start.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO

from clastic.server.options import main_path
from clastic.server.watch import module_files

# Holds the arguments of ReloaderLink. Other programs that the child starts inherit it, too.
_VARIABLE = "CLASTIC_RELOADER"

# Seconds that a child may take to end by itself: more than it gives its requests to finish.
_STOP_SECONDS = 3.0
_READ_SIZE = 65_536  # bytes


def obstacle_to_restart() -> str | None:
    """Return why this program cannot be started again, or ``None`` if it can."""
    if not hasattr(os, "fork"):
        return "it needs a POSIX system: Linux, macOS, or Windows Subsystem for Linux"
    if threading.current_thread() is not threading.main_thread():
        return "serve() was not called in the main thread"
    if main_path() is None and sys.argv[:1] != ["-c"]:
        return "this program was not started from a file, a module or -c"
    return None


class ChildProcess:
    """A process that runs this program's command again, as its parent sees it.

    :ivar is_ready: whether it has begun to serve
    """

    def __init__(
        self, process: subprocess.Popen[bytes], errors: IO[bytes], reports: socket.socket
    ) -> None:
        self.process = process
        self.is_ready = False
        self._errors_file = errors
        self._errors = b""
        self._reports = reports
        self._unread = b""

    @property
    def errors(self) -> str:
        """The text that it has written to standard error before it began to serve."""
        return self._errors.decode("utf-8", "replace")

    def print_errors(self) -> None:
        """Print what it has written to standard error since the last call."""
        descriptor, start = self._errors_file.fileno(), len(self._errors)
        # Not read(): that would move the position at which the child writes.
        data = os.pread(descriptor, os.fstat(descriptor).st_size - start, start)
        if data:
            self._errors += data
            with open(2, "wb", closefd=False) as stream:
                stream.write(data)

    def wait_for_files(self, seconds: float) -> list[str]:
        """Return the absolute paths of files that it has read, as soon as it reports some."""
        if select.select([self._reports], [], [], seconds)[0]:
            self._unread += self._reports.recv(_READ_SIZE)
        *lines, self._unread = self._unread.split(b"\n")
        self.is_ready = self.is_ready or bool(lines)
        return [path for line in lines for path in json.loads(line)]


@contextmanager
def child_process(folder: str, listener: socket.socket) -> Iterator[ChildProcess]:
    """Run this program's command again during a ``with`` block.

    :param folder: the folder to run it in
    :param listener: the socket on which it serves
    :raises OSError: if it cannot be started
    """
    reports, sender = socket.socketpair()
    with reports, sender, TemporaryFile() as errors, open(os.dup(2), "wb") as stderr:
        inherited = (listener.fileno(), sender.fileno(), stderr.fileno())
        variables = {
            _VARIABLE: ",".join(map(str, (os.getpid(), *inherited))),
            "WERKZEUG_RUN_MAIN": "true",  # makes is_running_from_reloader() true
            "PYTHON_COLORS": "0",  # the Flaw page reads its traceback
        }
        process = subprocess.Popen(
            [sys.executable, *sys.orig_argv[1:]],
            cwd=folder,
            env={**os.environ, **variables},
            stderr=errors,
            pass_fds=inherited,
        )
        try:
            yield ChildProcess(process, errors, reports)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()
            process.wait()


class ReloaderLink:
    """The connection of a child process to its parent, as the child sees it.

    :param parent: the id of the parent
    :param listener: the file descriptor of the socket to serve on
    :param reports: the file descriptor of the socket that takes the reports
    :param stderr: the file descriptor of the parent's standard error
    """

    def __init__(self, parent: int, listener: int, reports: int, stderr: int) -> None:
        self.listener = socket.socket(fileno=listener)
        self._parent = parent
        self._reports = socket.socket(fileno=reports)
        self._stderr = stderr
        self._reported: set[str] = set()
        self._module_count = 0
        for descriptor in (listener, reports, stderr):
            os.set_inheritable(descriptor, False)

    @classmethod
    def from_environment(cls) -> ReloaderLink | None:
        """Return the link of this process, or ``None`` if no reloader has started it."""
        value = os.environ.pop(_VARIABLE, None)
        if value is not None:
            parent, *descriptors = map(int, value.split(","))
            if parent == os.getppid():
                return cls(parent, *descriptors)
        return None

    def report_ready(self, files: Collection[str]) -> None:
        """Report that the program serves, and all files that it has read.

        From now on standard error is the parent's own.

        :param files: absolute paths of files other than modules
        """
        os.dup2(self._stderr, 2)
        os.close(self._stderr)
        self._module_count = len(sys.modules)
        self._report(module_files().union(files))

    def report_imports(self) -> None:
        """Report the files of newly imported modules."""
        if len(sys.modules) != self._module_count:
            self._module_count = len(sys.modules)
            self._report(module_files())

    def is_orphaned(self) -> bool:
        """Return whether the parent has ended."""
        return os.getppid() != self._parent

    def close(self) -> None:
        self.listener.close()
        self._reports.close()

    def _report(self, files: Collection[str]) -> None:
        new = sorted(set(files) - self._reported)
        self._reported.update(new)
        with suppress(OSError):  # the parent has ended
            self._reports.sendall(json.dumps(new).encode() + b"\n")
