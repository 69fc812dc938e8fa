"""Watch the files of a program for changes, with watchdog if it is installed."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import cache_from_source
from typing import Any, TypeAlias

SETTLE_SECONDS = 0.05
"""Seconds without another change after which a save is complete: editors save in several steps."""
_MOST_SETTLE_STEPS = 20

# The files that a program may consist of. A snapshot leaves out all others, which a program mostly
# writes itself, such as logs and databases.
_SUFFIXES = (
    *(".py", ".so", ".pyd", ".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json", ".env"),
    *(".html", ".htm", ".xml", ".dust", ".j2", ".jinja", ".jinja2", ".mako", ".mak", ".pt"),
)
_OTHER_FOLDERS = {"__pycache__", "node_modules", "site-packages", "dist-packages"}
_MOST_SNAPSHOT_ENTRIES = 2000

# Watchdog uses a thread, and a watch of the operating system, for each folder.
_MOST_WATCHED_FOLDERS = 32
_POLL_SECONDS_WITH_WATCHDOG = 1.0
_CHANGE_EVENTS = {"created", "modified", "moved", "deleted", "closed"}


Stamp: TypeAlias = tuple[int, int, int]
"""Time of modification (ns), size and inode of a file: some of them differ after any save."""

# The stamp of a file that may have changed after the program read it: equal to no real one.
_UNCERTAIN = (0, -1, 0)


def stamp_of(path: str) -> Stamp | None:
    """Return the current stamp of a file, or ``None`` if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # the latter: the name contains a NUL
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def module_files() -> set[str]:
    """Return the absolute paths of the files of all imported modules."""
    modules = list(sys.modules.copy().values())
    found = (getattr(module, "__dict__", {}).get("__file__") for module in modules)
    return {os.path.abspath(file) for file in found if isinstance(file, str)}


class WatchedFiles:
    """The files of a program, each with the stamp that it had when the program read it.

    Files of the standard library and of installed packages are left out. The files of an editable
    install are watched.
    """

    def __init__(self) -> None:
        self._installed = _installed_folders()
        self._stamps: dict[str, Stamp | None] = {}

    @property
    def paths(self) -> list[str]:
        """The absolute paths, sorted."""
        return sorted(self._stamps)

    def folders(self) -> set[str]:
        """Return the folders that contain the files."""
        return {os.path.dirname(path) for path in self._stamps}

    def add(self, paths: Iterable[str], since: int = sys.maxsize) -> None:
        """Add files that the program has read, unless they are watched already.

        :param paths: absolute paths
        :param since: when the program may have begun to read them, in nanoseconds since the epoch.
            A file that was saved after that counts as changed.
        """
        now = time.time_ns()
        for path in paths:
            if path not in self._stamps and not path.startswith(self._installed):
                stamp = stamp_of(path)
                is_uncertain = stamp is not None and since <= stamp[0] <= now
                self._stamps[path] = _UNCERTAIN if is_uncertain else stamp

    def renew(self, paths: Iterable[str] | None = None) -> None:
        """Take the current stamps of these files, or of all: the program reads them now."""
        for path in list(self._stamps if paths is None else paths):
            self._stamps[path] = stamp_of(path)

    def changed(self) -> list[str]:
        """Return the files that were changed or deleted after the program read them, sorted."""
        return sorted(path for path, stamp in self._stamps.items() if stamp_of(path) != stamp)

    def settle(self) -> None:
        """Wait until the files have not changed for a moment."""
        stamps = None
        for _ in range(_MOST_SETTLE_STEPS):
            before, stamps = stamps, {path: stamp_of(path) for path in self._stamps}
            if before == stamps:
                break
            time.sleep(SETTLE_SECONDS)


class DirectorySnapshot:
    """The files in some folders, and in the folders below, that a program may consist of.

    A program that failed to start may lack one of them, or have read one of them.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._roots = frozenset(folders)
        self._stamps = self._take()

    def folders(self) -> set[str]:
        """Return all folders of the snapshot."""
        return {*self._roots, *(path for path, stamp in self._stamps.items() if stamp is None)}

    def changed(self) -> list[str]:
        """Return the paths that have been added, removed or changed since, sorted."""
        return sorted({path for path, _ in self._take().items() ^ self._stamps.items()})

    def _take(self) -> dict[str, Stamp | None]:
        """Map each path to its stamp, and each folder to ``None``."""
        stamps: dict[str, Stamp | None] = {}
        folders = deque(sorted(self._roots))
        while folders and len(stamps) < _MOST_SNAPSHOT_ENTRIES:
            for entry in _entries(folders.popleft()):
                if not entry.is_dir(follow_symlinks=False):
                    stamps[entry.path] = stamp_of(entry.path)
                elif entry.path not in self._roots:
                    stamps[entry.path] = None
                    folders.append(entry.path)
        return stamps


class FolderEvents:
    """Decide when to check files: after an event of the operating system, and every second.

    The latter because events can be missed, for example from network drives. Without watchdog there
    are no events, and files are always checked.
    """

    def __init__(self) -> None:
        self._observer = _start_observer()
        self._has_event = threading.Event()
        self._folders: set[str] = set()
        self._is_complete = False
        self._next_check = 0.0

    def may_have_changed(self, folders: set[str]) -> bool:
        """Return whether to check the files in these folders now, and watch the folders."""
        now = time.monotonic()
        is_watched = folders == self._folders and self._is_complete
        if is_watched and now < self._next_check and not self._has_event.is_set():
            return False
        self._has_event.clear()
        self._next_check = now + _POLL_SECONDS_WITH_WATCHDOG
        if folders != self._folders:
            self._folders = folders
            self._is_complete = self._watch(folders)
        return True

    def _watch(self, folders: set[str]) -> bool:
        """Watch these folders and no others; return whether all of them can be watched."""
        if self._observer is None:
            return False
        self._observer.unschedule_all()
        if len(folders) > _MOST_WATCHED_FOLDERS:
            return False
        try:
            for folder in folders:
                self._observer.schedule(self, folder)
        except OSError:  # a folder was deleted, or the system has no watch left
            return False
        return True

    def dispatch(self, event: Any) -> None:
        """Take an event from watchdog, in its thread."""
        if event.event_type in _CHANGE_EVENTS:  # others are about files that are only read
            self._has_event.set()

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()


def remove_bytecode(path: str) -> None:
    """Remove the bytecode of a source file that has changed.

    Python would use it if the file still has its size and was saved within the same second.
    """
    with suppress(OSError, NotImplementedError):  # there is none, or Python keeps none
        os.remove(cache_from_source(path))


def _start_observer() -> Any:
    """Start watchdog; return ``None`` if it is not installed or cannot work here."""
    try:
        from watchdog.observers import Observer  # type: ignore[import-not-found, unused-ignore]

        observer = Observer()
        observer.start()
    except (ImportError, OSError):
        return None
    return observer


def _installed_folders() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(name) for name in names]
    folders += [os.path.dirname(os.__file__), *site.getsitepackages(), site.getusersitepackages()]
    folders += [os.path.realpath(folder) for folder in folders]
    return tuple(os.path.join(folder, "") for folder in folders)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder that may be part of a program."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if _may_be_part(entry)]
    except OSError:
        return []


def _may_be_part(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir():
        return not entry.name.startswith(".") and entry.name not in _OTHER_FOLDERS
    return entry.name.endswith(_SUFFIXES)
