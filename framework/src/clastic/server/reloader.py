"""Start the program again when its files change; show why when it fails to start."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from socket import socket
from typing import Any, NamedTuple

from clastic.flaw import files_named
from clastic.server.child import ChildProcess, starting_folder
from clastic.server.options import print_line, program_name
from clastic.server.watch import DirectorySnapshot, FolderEvents, WatchedFiles, remove_bytecode
from clastic.server.workers import TERMINATED, ShutdownSignal, Threads

if sys.platform != "win32":
    import termios

POLL_SECONDS = 0.1
"""Seconds between two checks for changed files and for signals."""

# If changes interrupt more starts in a row than this, the program itself makes them.
_MOST_INTERRUPTED_STARTS = 3

# The exit codes of a program that SIGTERM has ended, and of one that Ctrl-C has ended.
_BY_SIGTERM = (TERMINATED, -signal.SIGTERM)
_BY_CTRL_C = (128 + signal.SIGINT, -signal.SIGINT)

_COLORS = re.compile(r"\x1b\[[\d;]*m")


class Changed(NamedTuple):
    """Files have changed: the program must be started again."""

    paths: Sequence[str]


class Failed(NamedTuple):
    """The program has ended because of an error, which `text` describes."""

    text: str
    was_ready: bool = False


class Stopped(NamedTuple):
    """The program was told to end."""

    exit_code: int


class Reloader:
    """Keep the program, or the Flaw page, serving on one socket.

    :param listener: the socket, which stays open all the time
    :param files: the files to watch, as far as they are known
    :param make_flaw: takes the text of an error and the paths of the watched files; returns the
        server that answers requests until the next change
    """

    def __init__(
        self,
        listener: socket,
        files: WatchedFiles,
        make_flaw: Callable[[str, Sequence[str]], Threads],
    ) -> None:
        self._listener = listener
        self._files = files
        self._make_flaw = make_flaw
        self._folder = starting_folder()
        self._shutdown = ShutdownSignal()
        self._events = FolderEvents()
        self._started = 0  # when the child was, in nanoseconds since the epoch
        self._interrupted_starts = 0
        self._rewritten: set[str] = set()

    def run(self) -> int:
        """Serve until a signal ends this process or the child; return the exit code."""
        terminal = terminal_settings()
        with self._shutdown, closing(self._events):
            while True:
                outcome = self._run_child()
                restore_terminal(terminal)
                if isinstance(outcome, Failed):
                    outcome = self._show_flaw(outcome)
                if isinstance(outcome, Stopped):
                    return outcome.exit_code
                self._prepare_restart(outcome.paths)

    def _run_child(self) -> Changed | Failed | Stopped:
        """Run the program until it ends or must be started again."""
        is_first = not self._started
        self._files.renew()
        self._started = time.time_ns()
        try:
            child = ChildProcess(self._folder, self._listener, is_first)
        except OSError as error:  # Python, or the folder of the program, is not there
            return Failed(f"{program_name()} could not be started: {error}")
        try:
            return self._attend(child)
        finally:
            child.stop(self._shutdown.number or signal.SIGTERM)

    def _attend(self, child: ChildProcess) -> Changed | Failed | Stopped:
        while True:
            child.wait_for_output(POLL_SECONDS)
            if self._shutdown.number is not None:
                # Output is not read any more: Ctrl-C in a program that starts prints a traceback.
                return self._stopped()
            was_ready = child.is_ready
            for report in child.read():
                self._files.add(report["files"], max(report["since"], self._started))
            changed = self._changed(self._files, self._files.folders())
            if changed and (was_ready or not self._is_rewritten(changed)):
                return self._settled(changed)
            if child.is_ready:
                self._interrupted_starts = 0
            exit_code = child.exit_code()
            if exit_code is not None:
                return _outcome(child, exit_code)

    def _is_rewritten(self, changed: Sequence[str]) -> bool:
        """Return whether the program itself writes these files each time it starts.

        They are then taken to be as the program has read them.
        """
        if not self._rewritten.issuperset(changed):
            self._interrupted_starts += 1
            if self._interrupted_starts <= _MOST_INTERRUPTED_STARTS:
                return False
            self._rewritten.update(changed)
        self._files.renew(changed)
        return True

    def _show_flaw(self, failed: Failed) -> Changed | Stopped:
        """Answer requests with the Flaw page until a file changes."""
        self._files.add(files_named(failed.text), self._started)
        snapshot = DirectorySnapshot(self._files.folders())
        what = "stopped" if failed.was_ready else "failed to start"
        print_line(f" * {program_name()} {what}: see the browser. Retrying on the next change")
        with _answering(self._make_flaw(failed.text, self._files.paths)):
            while self._shutdown.number is None:
                changed = self._files.changed() or self._changed(snapshot, snapshot.folders())
                if changed:
                    return self._settled(changed)
                time.sleep(POLL_SECONDS)
        return self._stopped()

    def _changed(self, files: WatchedFiles | DirectorySnapshot, folders: set[str]) -> list[str]:
        """Return the changed files, at once after an event in `folders`."""
        return files.changed() if self._events.may_have_changed(folders) else []

    def _settled(self, changed: Sequence[str]) -> Changed:
        self._files.settle()
        return Changed(self._files.changed() or changed)

    def _stopped(self) -> Stopped:
        return Stopped(TERMINATED if self._shutdown.number == signal.SIGTERM else 0)

    def _prepare_restart(self, changed: Sequence[str]) -> None:
        """Print which files have changed, and remove their bytecode."""
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        name = os.path.relpath(changed[0], self._folder)
        print_line(f" * {name}{others} changed, restarting")
        for path in changed:
            if path.endswith(".py"):
                remove_bytecode(path)


def _outcome(child: ChildProcess, exit_code: int) -> Failed | Stopped:
    """Return the outcome of a child that has ended."""
    if exit_code in _BY_SIGTERM:
        return Stopped(TERMINATED)
    if exit_code in _BY_CTRL_C or (child.is_ready and exit_code == 0):
        return Stopped(0)
    if exit_code < 0:
        reason = f"{program_name()} was killed by {signal.Signals(-exit_code).name}"
    else:
        reason = f"{program_name()} exited with status {exit_code}"
    if child.is_ready:
        return Failed(reason, was_ready=True)
    errors = _COLORS.sub("", child.errors)
    if exit_code == 1 and files_named(errors):  # a traceback, which says more
        return Failed(errors)
    return Failed(f"{errors}{reason} before it called serve()")


@contextmanager
def _answering(worker: Threads) -> Iterator[None]:
    """Answer requests in another thread during the block."""
    shutdown = ShutdownSignal()
    thread = threading.Thread(target=worker.serve_until, args=(shutdown,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        shutdown.request()
        thread.join()
        # The last requests are answered while the next child starts.
        threading.Thread(target=worker.drain, args=(shutdown,), daemon=True).start()


def terminal_settings() -> list[Any] | None:
    """Return the settings of the terminal, or ``None`` if standard input is not a terminal."""
    try:
        return termios.tcgetattr(sys.stdin)
    except (OSError, ValueError, TypeError, termios.error):  # also if it is closed or missing
        return None


def restore_terminal(settings: list[Any] | None) -> None:
    """Restore the settings of the terminal, which a child that ends in a debugger leaves changed.

    A process in the background must not: the system would stop it.
    """
    if settings is None or settings == terminal_settings():
        return
    with suppress(OSError, termios.error):  # the terminal belongs to other processes
        if os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
            termios.tcsetattr(sys.stdin, termios.TCSANOW, settings)
