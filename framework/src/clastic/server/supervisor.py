"""The parent process of the reloader: keeps a child serving the program as its files are now."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from socket import socket

from clastic.flaw import files_named
from clastic.server.command import Command
from clastic.server.ending import TERMINATED, Alarm, Ending
from clastic.server.events import FolderEvents
from clastic.server.files import Neighbours, ProgramFiles, remove_bytecode
from clastic.server.outcome import Changed, Ended, Failed, judged
from clastic.server.process import ChildProcess
from clastic.server.program import program_name, say
from clastic.server.terminal import Terminal
from clastic.server.workers import Threads

PERIOD = 0.1
PERIOD_WITH_EVENTS = 1.0
"""Seconds between two looks at the files: where nobody tells of changes, where somebody does."""

SETTLING = 0.05
"""Seconds without a change after which a save is complete: editors save in several steps."""
_MOST_STEPS = 20

# How often in a row a file may be saved while the program starts: formatters save once more.
_MOST_SAVES = 4


class Supervisor:
    """Keeps a program serving, or what is wrong with it.

    :param command: what runs the program
    :param listener: the socket that requests come in by, which stays open all the time
    :param files: those that the program is made of, as far as they are known
    :param make_flaw: makes what answers requests while the program cannot, of a text that says why
        and the paths of the files that are watched
    """

    def __init__(
        self,
        command: Command,
        listener: socket,
        files: ProgramFiles,
        make_flaw: Callable[[str, Sequence[str]], Threads],
    ) -> None:
        self._command = command
        self._listener = listener
        self._files = files
        self._make_flaw = make_flaw
        self._ending = Ending()
        self._alarm = Alarm()
        self._events = FolderEvents(self._alarm.ring)
        self._terminal = Terminal(sys.stdin)
        self._started = 0
        self._writes: Counter[str] = Counter()

    def run(self) -> int:
        """Return the exit code, once the program was asked to end."""
        with self._ending, closing(self._alarm), closing(self._events):
            while True:
                outcome = self._run_child()
                if isinstance(outcome, Failed):
                    outcome = self._show_flaw(outcome.text)
                if isinstance(outcome, Ended):
                    return outcome.exit_code
                self._take_note(outcome.paths)

    def _run_child(self) -> Changed | Failed | Ended:
        """Run the program until something ends it."""
        is_first = not self._started
        self._files.renew()
        self._started = time.time_ns()
        try:
            child = ChildProcess(self._command, self._listener, is_first)
        except OSError as error:  # Python, or the folder of the program, is not there
            return Failed(f"{program_name()} cannot be started: {error}")
        try:
            return self._attend(child)
        finally:
            child.end(self._ending.number or signal.SIGTERM)
            self._terminal.restore()

    def _attend(self, child: ChildProcess) -> Changed | Failed | Ended:
        told: set[str] = set()
        while True:
            was_ready = child.is_ready
            if self._wait(child):
                self._listen(child, told)
                if not child.has_told_all and child.is_ready == was_ready:
                    continue
            if self._ending.number is not None:
                return self._ended()
            changed = self._files.changed()
            if changed and (was_ready or not self._writes_itself(changed)):
                return self._settled(self._files.changed)
            if child.is_ready and not was_ready:
                self._writes = Counter(dict.fromkeys(self._written(), _MOST_SAVES))
            exit_code = child.exit_code()
            if exit_code is not None:
                return judged(child, exit_code)

    def _listen(self, child: ChildProcess, told: set[str]) -> None:
        for message in child.read():
            if "files" in message:
                told.update(message["files"])
                self._files.add(message["files"], message["since"])
            elif "ready" in message:
                self._files.keep(told)
        self._events.watch(self._files.folders())

    def _writes_itself(self, changed: Sequence[str]) -> bool:
        """Whether the program itself writes these files whenever it starts.

        It does if they have changed so often without it having got as far as to serve. They are
        then taken for read as they are.
        """
        self._writes.update(changed)
        if not self._written().issuperset(changed):
            return False
        self._files.renew(changed)
        return True

    def _written(self) -> set[str]:
        return {path for path, times in self._writes.items() if times >= _MOST_SAVES}

    def _show_flaw(self, text: str) -> Changed | Ended:
        """Answer requests by what is wrong, until a save may have mended it."""
        self._files.add(files_named(text), self._started)
        neighbours = Neighbours(self._files.folders())

        def changed() -> list[str]:
            return self._files.changed() or neighbours.changed()

        self._events.watch(neighbours.folders())
        say(f" * {program_name()} does not run: a browser shows why, until a save mends it")
        with _answering(self._make_flaw(text, self._files.paths)):
            while self._ending.number is None:
                if changed():
                    return self._settled(changed)
                self._wait()
        return self._ended()

    def _wait(self, child: ChildProcess | None = None) -> bool:
        """Wait until there may be something to do, and return whether `child` tells something."""
        sources = [self._ending.alarm, self._alarm]
        with selectors.DefaultSelector() as selector:
            for source in sources:
                selector.register(source, selectors.EVENT_READ)
            if child is not None and not child.has_told_all:
                selector.register(child, selectors.EVENT_READ)
            period = PERIOD_WITH_EVENTS if self._events.is_complete else PERIOD
            heard = [key.fileobj for key, _ in selector.select(period)]
        self._alarm.silence()
        return child in heard

    def _settled(self, changed: Callable[[], list[str]]) -> Changed:
        """Wait until no more is changed, and return what was."""
        paths = changed()
        stamps = self._files.current()
        for _ in range(_MOST_STEPS):
            time.sleep(SETTLING)
            before, stamps = stamps, self._files.current()
            if before == stamps:
                break
        return Changed(changed() or paths)

    def _ended(self) -> Ended:
        return Ended(TERMINATED if self._ending.number == signal.SIGTERM else 0)

    def _take_note(self, changed: Sequence[str]) -> None:
        """Say what has changed, and see to it that Python does not overlook it."""
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        name = os.path.relpath(changed[0], self._command.folder)
        say(f" * {name}{others} changed, starting again")
        for path in changed:
            if path.endswith(".py"):
                remove_bytecode(path)


@contextmanager
def _answering(worker: Threads) -> Iterator[None]:
    """Answer requests in another thread for the time of the block."""
    ending = Ending()
    thread = threading.Thread(target=worker.serve_until, args=(ending,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.ask()
        thread.join()
        ending.alarm.close()
        # What has been asked is answered, while the next child starts.
        threading.Thread(target=worker.finish, args=(ending,), daemon=True).start()
