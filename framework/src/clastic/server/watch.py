"""Find the files of a program, and see when they change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import cache_from_source
from typing import TypeAlias

# The files to watch after a failed start, when nobody knows what the program reads. A program that
# runs is watched by its modules and templates, which `child.ReloaderLink` reports: see
# `module_files` and `serve.template_files`.
_SUFFIXES = (
    *(".py", ".so", ".pyd", ".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json", ".env"),
    *(".html", ".htm", ".xml", ".dust", ".j2", ".jinja", ".jinja2", ".mako", ".mak", ".pt"),
)
_INSTALLED = {"site-packages", "dist-packages"}
_OTHER_FOLDERS = {"__pycache__", "node_modules", *_INSTALLED}
_MOST_SNAPSHOT_ENTRIES = 2000  # files and folders

_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")

Stamp: TypeAlias = tuple[int, int, int]
"""Time of modification (ns), size and inode of a file: some of them differ after any save."""


def stamp_of(path: str) -> Stamp | None:
    """Return the current stamp of a file, or ``None`` if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # the latter: the name contains a NUL
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def module_files() -> set[str]:
    """Return the absolute paths of the files of all imported modules."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {os.path.abspath(file) for file in files if isinstance(file, str)}


class WatchedFiles:
    """The files of a program, each with the stamp that it had when the program read it.

    Files of the standard library and of installed packages are left out. The files of an editable
    install are watched.
    """

    def __init__(self) -> None:
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
        for path in paths:
            if path not in self._stamps and not _is_installed(path):
                stamp = stamp_of(path)
                self._stamps[path] = stamp if stamp is None or stamp[0] < since else None

    def renew(self) -> None:
        """Take the current stamps of all files: the program reads them now."""
        for path in self._stamps:
            self._stamps[path] = stamp_of(path)

    def changed(self) -> list[str]:
        """Return the files that were changed or deleted after the program read them, sorted."""
        return sorted(path for path, stamp in self._stamps.items() if stamp_of(path) != stamp)


def snapshot(folders: Iterable[str]) -> dict[str, Stamp | None]:
    """Return the stamps of all files in and below some folders that a program may consist of.

    It is used after a failed start: the program may have read any of them, or lack one.
    """
    stamps: dict[str, Stamp | None] = {}
    seen: set[str] = set()
    for root in sorted(folders):
        for folder, subfolders, names in os.walk(root):
            if folder in seen:
                subfolders.clear()
                continue
            seen.add(folder)
            subfolders[:] = (name for name in subfolders if not _is_other_folder(name))
            paths = [os.path.join(folder, name) for name in names if name.endswith(_SUFFIXES)]
            stamps.update((path, stamp_of(path)) for path in paths)
            if len(seen) + len(stamps) > _MOST_SNAPSHOT_ENTRIES:
                return stamps
    return stamps


def remove_bytecode(path: str) -> None:
    """Remove the bytecode of a source file that has changed.

    Python would use it if the file still has its size and was saved within the same second.
    """
    with suppress(OSError, NotImplementedError):  # there is none, or Python keeps none
        os.remove(cache_from_source(path))


def _is_installed(path: str) -> bool:
    return path.startswith(_STANDARD_LIBRARY) or not _INSTALLED.isdisjoint(path.split(os.sep))


def _is_other_folder(name: str) -> bool:
    return name.startswith(".") or name in _OTHER_FOLDERS
