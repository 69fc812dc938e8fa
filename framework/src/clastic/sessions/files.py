"""Keep sessions in files: one for each session, or a DBM database."""

from __future__ import annotations

import dbm
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from boltons.fileutils import atomic_save

from clastic.sessions.store import Store

# Only the user of the server may read sessions.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
# Two digits of the key: 256 locks, so that sessions seldom wait for each other.
_LOCK_DIGITS = 2


class FileStore(Store):
    """Keep each session in a file of its own.

    A file is replaced in one step, under a lock between processes, and written to the disk before
    the response is sent. The folder must be on a local file system: locks on network file systems
    are not reliable.

    :param folder: the folder; it is created if it does not exist. Nobody else may write there
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        try:
            text = self._path(key).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        return _without_expiry(text)

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was."""
        with self._locked(key):
            if self.load(key) != old:
                return False
            options: Any = {"file_perms": _FILE_MODE, "overwrite_part": True}
            with atomic_save(self._path(key), **options) as file:
                file.write(_with_expiry(new, expires))
            return True

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        with self._locked(key), suppress(FileNotFoundError):
            self._path(key).unlink()

    def remove_expired(self, now: float) -> int:
        """Delete the files of expired sessions, and return their number."""
        removed = 0
        for path in self._folder.glob("*.session*"):
            with self._locked(path.name), suppress(FileNotFoundError):
                with path.open("rb") as file:
                    is_over = _expiry(file.readline()) <= now
                # Under the lock, the unfinished file is that of a process that was killed.
                if is_over or path.suffix != ".session":
                    path.unlink()
                    removed += path.suffix == ".session"
        return removed

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.session"

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        self._folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        with _lock(self._folder / f"{key[:_LOCK_DIGITS]}.lock"):
            yield


class DBMStore(Store):
    """Keep sessions in a DBM database of the standard library, for small sites.

    It is opened for each access, under a lock between processes. Most kinds of DBM databases are
    damaged if a process is killed while it writes; then delete the files.

    :param path: the file, without the extension that some kinds of databases add
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self, key: str) -> str | None:
        """Return the text of a key, ``None`` if there is none."""
        with self._opened() as database:
            return _value(database, key)

    def swap(self, key: str, old: str | None, new: str, expires: float) -> bool:
        """Replace the text of a key only if it is `old`, and return whether it was."""
        with self._opened() as database:
            if _value(database, key) != old:
                return False
            database[key.encode()] = _with_expiry(new, expires)
            return True

    def delete(self, key: str) -> None:
        """Delete a key if it exists."""
        with self._opened() as database, suppress(KeyError):
            del database[key.encode()]

    def remove_expired(self, now: float) -> int:
        """Delete the expired keys, and return their number."""
        with self._opened() as database:
            keys = list(database.keys())
            expired = [key for key in keys if _expiry(database[key].partition(b"\n")[0]) <= now]
            for key in expired:
                del database[key]
        return len(expired)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        self._path.parent.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        lock = _lock(self._path.with_name(f"{self._path.name}.lock"))
        with lock, dbm.open(os.fspath(self._path), "c", _FILE_MODE) as database:
            yield database


def _value(database: Any, key: str) -> str | None:
    text = database.get(key.encode())
    return None if text is None else _without_expiry(text.decode("utf-8", "replace"))


def _with_expiry(text: str, expires: float) -> bytes:
    return f"{int(expires)}\n{text}".encode()


def _without_expiry(text: str) -> str:
    return text.partition("\n")[2]


def _expiry(line: bytes) -> float:
    """Return the time in a first line; 0 if it is damaged, which nobody can use any more."""
    try:
        return float(line)
    except ValueError:
        return 0.0


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file between threads and processes; it ends with the process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), _FILE_MODE)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
