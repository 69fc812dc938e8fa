"""Start the program again when its files change; show why when it fails to start."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from socket import socket

from clastic import flaw
from clastic.server.child import ChildProcess, child_process
from clastic.server.options import ServerOptions, program_name
from clastic.server.watch import WatchedFiles, module_files, remove_bytecode, snapshot
from clastic.server.workers import ShutdownSignal, Threads, with_host_check

if sys.platform != "win32":
    import termios

# A file that is imported while the program serves is reported after at most this time.
_REPORT_NANOSECONDS = 1_000_000_000

_SETTLE_SECONDS = 0.05  # editors save in several steps

# If changes interrupt more starts in a row than this, the program itself makes them.
_MOST_INTERRUPTED_STARTS = 3

# The signals that end a program, by its exit code.
_SIGNALS = {
    code: number for number in (signal.SIGINT, signal.SIGTERM) for code in (128 + number, -number)
}

# The text of the Flaw page where other machines can reach it.
_NO_SOURCE = (
    "The terminal that the program was started in shows the error. This page does not, because "
    "other machines can reach it; with --debugger it does."
)


class Reloader:
    """Keep the program, or the Flaw page, serving on one socket.

    :param listener: the socket, which stays open all the time
    """

    def __init__(self, options: ServerOptions, listener: socket) -> None:
        self._options = options
        self._listener = listener
        self._folder = os.getcwd()
        self._files = WatchedFiles()
        self._files.add(module_files().union(options.extra_files))
        self._shutdown = ShutdownSignal()
        self._started = 0  # when the child was, in nanoseconds since the epoch
        self._changed: Sequence[str] = ()
        self._interrupted_starts = 0

    def run(self) -> int:
        """Serve until a signal ends this process or the child; return the exit code."""
        with self._shutdown:
            while True:
                with _terminal_restored():
                    failure = self._run_child()
                if failure is not None:
                    self._show_flaw(failure)
                if self._shutdown.number is not None:
                    return self._shutdown.exit_code
                self._prepare_restart()

    def _run_child(self) -> str | None:
        """Run the program until it fails, a file changes, or a signal; return why it failed."""
        self._files.renew()
        self._started = time.time_ns()
        try:
            with child_process(self._folder, self._listener) as child:
                return self._attend(child)
        except OSError as error:  # Python, or the folder of the program, is not there
            return f"{program_name()} could not be started: {error}"

    def _attend(self, child: ChildProcess) -> str | None:
        while True:
            was_ready = child.is_ready
            files = child.wait_for_files(self._options.reloader_interval)
            exit_code = child.process.poll()
            if self._shutdown.number is not None:
                return None  # its output is left: Ctrl-C while it starts prints a traceback
            since = time.time_ns() - _REPORT_NANOSECONDS if was_ready else self._started
            self._files.add(files, since)
            child.print_errors()
            if self._has_changed(was_ready):
                return None
            if exit_code in _SIGNALS:
                self._shutdown.number = _SIGNALS[exit_code]
                return None
            if exit_code is not None:
                return _failure(child, exit_code)

    def _has_changed(self, is_ready: bool) -> bool:
        """Return whether a change of files calls for a restart."""
        self._changed = self._files.changed()
        if is_ready:
            self._interrupted_starts = 0
        elif self._changed:
            self._interrupted_starts += 1
            if self._interrupted_starts > _MOST_INTERRUPTED_STARTS:
                self._files.renew()
                return False
        return bool(self._changed)

    def _show_flaw(self, failure: str) -> None:
        """Answer requests with the Flaw page until a file changes, or a signal."""
        self._files.add(flaw.files_named(failure), self._started)
        folders = self._files.folders()
        before = snapshot(folders)

        def is_over() -> bool:
            differences = snapshot(folders).items() ^ before.items()
            self._changed = self._files.changed() or sorted({path for path, _ in differences})
            return bool(self._changed) or self._shutdown.number is not None

        may_show = self._options.may_show_source
        text, paths = (failure, self._files.paths) if may_show else (_NO_SOURCE, ())
        app = with_host_check(flaw.create_app(text, paths), self._options)
        worker = Threads(app, self._options, self._listener)
        name = program_name()
        print(f" * {name} failed: see the browser. Retrying on the next change", flush=True)
        worker.serve_until(is_over)
        worker.drain(self._shutdown)

    def _prepare_restart(self) -> None:
        """Print which files have changed, and remove their bytecode."""
        time.sleep(_SETTLE_SECONDS)
        first, *others = self._files.changed() or self._changed
        name = os.path.relpath(first, self._folder)
        more = f" and {len(others)} more" if others else ""
        print(f" * {name}{more} changed, restarting", flush=True)
        for path in (first, *others):
            remove_bytecode(path)


def _failure(child: ChildProcess, exit_code: int) -> str:
    """Return why a child has ended."""
    if exit_code < 0:
        reason = f"{program_name()} was killed by {signal.Signals(-exit_code).name}"
    else:
        reason = f"{program_name()} exited with status {exit_code}"
    if child.is_ready:
        return reason
    if exit_code == 1 and flaw.files_named(child.errors):  # a traceback, which says more
        return child.errors
    return f"{child.errors}{reason} before it called serve()"


@contextmanager
def _terminal_restored() -> Iterator[None]:
    """Restore the settings of the terminal, which a child that ends in a debugger leaves changed.

    A process in the background must not: the system would stop it.
    """
    try:
        settings = termios.tcgetattr(0)
    except termios.error:  # standard input is not a terminal
        yield
        return
    yield
    with suppress(OSError, termios.error):  # the terminal belongs to other processes
        if os.tcgetpgrp(0) == os.getpgrp():
            termios.tcsetattr(0, termios.TCSANOW, settings)
