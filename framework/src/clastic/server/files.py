"""The files that a program is made of, and whether they are still what the program has read."""

from __future__ import annotations

import os
import site
import sysconfig
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from typing import NamedTuple

# What a program is made of: modules, settings and templates. What it writes, it mostly calls
# something else, and must not be started again for that.
_SUFFIXES = (
    *(".py", ".so", ".pyd", ".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json", ".env"),
    *(".html", ".htm", ".xml", ".dust", ".j2", ".jinja", ".jinja2", ".mako", ".mak", ".pt"),
)
_OTHER_FOLDERS = {"__pycache__", "node_modules", "site-packages", "dist-packages"}

# How many files are looked at around the files of a program.
_MOST_NEIGHBOURS = 2000


class Stamp(NamedTuple):
    """What changes when a file is saved, in whatever way an editor does it."""

    changed_ns: int
    size: int
    inode: int


def stamp_of(path: str) -> Stamp | None:
    """Return the stamp of a file as it is now, ``None`` if there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # the latter: the name has a NUL
        return None
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


# The stamp of a file that may have changed since the program read it.
_DOUBTFUL = Stamp(0, -1, 0)


class ProgramFiles:
    """The files of a program, each with the stamp that it had when the program read it.

    Files of the standard library and those that were installed are left out: they do not change.
    A package that was installed as editable is where it is edited, and is not left out.
    """

    def __init__(self) -> None:
        self._installed = tuple(_installed_folders())
        self._stamps: dict[str, Stamp | None] = {}

    @property
    def paths(self) -> list[str]:
        """Their absolute paths, sorted."""
        return sorted(self._stamps)

    def folders(self) -> set[str]:
        """Return the folders that they are in."""
        return {os.path.dirname(path) for path in self._stamps}

    def add(self, paths: Iterable[str], since: int) -> None:
        """Add files that the program has read.

        :param paths: absolute paths
        :param since: the time before which it had not read them, in nanoseconds since the epoch; a
            file that was saved since may not be what was read
        """
        now = time.time_ns()
        for path in paths:
            if path in self._stamps or path.startswith(self._installed):
                continue
            stamp = stamp_of(path)
            is_sure = stamp is None or not since <= stamp.changed_ns <= now
            self._stamps[path] = stamp if is_sure else _DOUBTFUL

    def keep(self, paths: Iterable[str]) -> None:
        """Forget all but these."""
        kept = self._stamps.keys() & set(paths)
        self._stamps = {path: self._stamps[path] for path in kept}

    def renew(self, paths: Iterable[str] | None = None) -> None:
        """Take the stamps that the files have now: the program is about to read them.

        :param paths: only those of these files
        """
        for path in list(self._stamps if paths is None else paths):
            self._stamps[path] = stamp_of(path)

    def current(self) -> dict[str, Stamp | None]:
        """Return the stamps that the files have now."""
        return {path: stamp_of(path) for path in self._stamps}

    def changed(self) -> list[str]:
        """Return those that are not what the program has read, sorted; also those deleted."""
        return sorted(path for path, stamp in self._stamps.items() if stamp_of(path) != stamp)


class Neighbours:
    """The files around those of a program, among which may be what it is missing.

    :param folders: the folders to look through, with all that is in them
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._roots = frozenset(folders)
        self._stamps = self._take_stamps()

    def folders(self) -> set[str]:
        """Return the folders that it looks through."""
        inner = {path for path, stamp in self._stamps.items() if stamp is None}
        return inner | self._roots

    def changed(self) -> list[str]:
        """Return those that have come, gone or changed, sorted."""
        return sorted({path for path, _ in self._take_stamps().items() ^ self._stamps.items()})

    def _take_stamps(self) -> dict[str, Stamp | None]:
        """Give each path with its stamp, ``None`` for a folder."""
        stamps: dict[str, Stamp | None] = {}
        folders = deque(sorted(self._roots))
        while folders and len(stamps) < _MOST_NEIGHBOURS:
            for entry in _entries(folders.popleft()):
                if not entry.is_dir(follow_symlinks=False):
                    stamps[entry.path] = stamp_of(entry.path)
                elif entry.path not in self._roots:
                    stamps[entry.path] = None
                    folders.append(entry.path)
        return stamps


def remove_bytecode(path: str) -> None:
    """Remove what Python has kept of a source file that has changed.

    Python takes it for good if the file has the same size, and was changed within the same second.
    """
    with suppress(OSError, NotImplementedError):  # there is none, or Python keeps none
        os.remove(cache_from_source(path))


def _installed_folders() -> Iterator[str]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(name) for name in names]
    folders += [os.path.dirname(os.__file__), *site.getsitepackages(), site.getusersitepackages()]
    for folder in folders:
        yield os.path.join(folder, "")
        yield os.path.join(os.path.realpath(folder), "")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Give what is in a folder and could be part of a program; nothing if there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if _could_be_part(entry)]
    except OSError:
        return []


def _could_be_part(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir():
        return not entry.name.startswith(".") and entry.name not in _OTHER_FOLDERS
    return entry.name.endswith(_SUFFIXES)
