"""Find a file below a folder without ever leaving the folder, and tell its type and codings.

Folders are opened one by one without following symbolic links, so that nothing can be swapped
between a check and its use. If a link is in the way, the path is resolved, refused if it leaves the
folder, and opened again as what it resolved to.
"""

from __future__ import annotations

import errno
import io
import mimetypes
import os
import stat
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType, TracebackType

from werkzeug.security import safe_join

CODINGS: Mapping[str, str] = MappingProxyType({"br": ".br", "gzip": ".gz"})
"""The content codings of precompressed files with their suffixes, best compression first."""
_SUFFIXES = tuple(CODINGS.values())

# The types that pages are made of, which no registry of the machine can change (some Windows
# registries say text/plain for .js), and those that some versions of mimetypes do not know.
_WEB_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".avif": "image/avif",
        ".css": "text/css",
        ".gz": "application/gzip",
        ".html": "text/html",
        ".ico": "image/vnd.microsoft.icon",
        ".js": "text/javascript",
        ".json": "application/json",
        ".map": "application/json",
        ".md": "text/markdown",
        ".mjs": "text/javascript",
        ".otf": "font/otf",
        ".svg": "image/svg+xml",
        ".ttf": "font/ttf",
        ".txt": "text/plain",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".webp": "image/webp",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
        ".xml": "application/xml",
    }
)

_OPEN_FOLDER = (
    getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_PATH", os.O_RDONLY)
)
# Without O_NONBLOCK, a fifo put in place of the file at the wrong moment would hang the thread.
_OPEN_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
# The errors for a link, or a file, in place of a folder that is opened without following links.
_NO_FOLDER = frozenset({errno.ELOOP, errno.EMLINK, errno.ENOTDIR})
# The errors for a name that does not exist, cannot exist, or is not that of a file.
_ABSENT = _NO_FOLDER | {errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO}


def is_absent(error: OSError) -> bool:
    """Return whether `error` means that there is no such file, and not that reading it failed."""
    return error.errno in _ABSENT


class FoundFile:
    """A regular file as it was when it was found. Leave its ``with`` block to release it.

    The file and its precompressed neighbours are opened in the very folder in which it was found,
    whatever has happened to the path since.

    :ivar status: its status when it was found
    """

    __slots__ = ("_folder", "_path", "status")

    def __init__(self, folder: int | None, path: str, status: os.stat_result) -> None:
        self._folder = folder
        self._path = path
        self.status = status

    def __enter__(self) -> FoundFile:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            os.close(self._folder)

    def codings(self) -> list[str]:
        """Return the codings for which a precompressed file exists, best compression first.

        A precompressed file that is empty, or older than this one, in whole seconds, is ignored: a
        compression has failed or has not run yet. (Tools that keep the time of the original may
        round it, so fractions of a second do not count.)
        """
        if self._path.endswith(_SUFFIXES):
            return []
        oldest = int(self.status.st_mtime)
        found = []
        for coding, suffix in CODINGS.items():
            try:
                status = os.stat(self._path + suffix, dir_fd=self._folder, follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_size and int(status.st_mtime) >= oldest:
                found.append(coding)
        return found

    def open(self, coding: str = "") -> tuple[io.FileIO, os.stat_result]:
        """Open the file, or the precompressed one of a coding; return it with its current status.

        :raises OSError: it cannot be read, or is not a regular file any more
        """
        path = self._path + CODINGS[coding] if coding else self._path
        descriptor = os.open(path, _OPEN_FILE, dir_fd=self._folder)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise _absent(path)
        return io.FileIO(descriptor), status

    def is_text(self) -> bool:
        """Return whether the file looks like text: no NUL is among its first bytes."""
        file, _ = self.open()
        with file:
            return b"\0" not in file.read(1024)


def find(root: str, names: Sequence[str], *, is_confined: bool = True) -> FoundFile:
    """Find the regular file that the path `names` leads to from the folder `root`.

    :param root: an absolute path; it may itself be a symbolic link
    :param names: one or more names, decoded; nothing is assumed about what they contain
    :param is_confined: refuse symbolic links that resolve to outside of `root`
    :raises PermissionError: the path leads out of `root`, or may not be searched
    :raises OSError: any other failure; see :func:`is_absent`
    """
    try:
        found = _find_without_links(root, names)
        if found is None:
            found = _find_without_links(*_resolve(root, names, is_confined))
    except UnicodeEncodeError as error:
        raise _absent("/".join(names)) from error
    if found is None:
        raise _absent("/".join(names))
    return found


def _absent(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _refused(path: str) -> PermissionError:
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _find_without_links(root: str, names: Sequence[str]) -> FoundFile | None:
    """Find the file without following a link; return ``None`` if there may be one in the way."""
    try:
        folder, path = _open_folder(root, names)
    except OSError as error:
        if error.errno in _NO_FOLDER:
            return None
        raise
    found = None
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            found = FoundFile(folder, path, status)
        elif not stat.S_ISLNK(status.st_mode):
            raise _absent(path)
    finally:
        if found is None and folder is not None:
            os.close(folder)
    return found


def _resolve(root: str, names: Sequence[str], is_confined: bool) -> tuple[str, Sequence[str]]:
    """Return the root and the names that the path resolves to, free of links at this moment."""
    target = os.path.realpath(os.sep.join((root, *names)))
    if not is_confined:
        return os.path.dirname(target), [os.path.basename(target)]
    real_root = os.path.join(os.path.realpath(root), "")
    if not target.startswith(real_root):
        raise _refused(target)
    return real_root, target[len(real_root) :].split(os.sep)


def _open_folder_by_descriptor(root: str, names: Sequence[str]) -> tuple[int | None, str]:
    """Open the folder of the last name; return its descriptor and the path of the file from there.

    No descriptor is needed for a file in the root itself: its absolute path does as well.
    """
    for name in names:
        if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise _refused(name)
    if len(names) == 1:
        return None, os.path.join(root, names[0])
    descriptor = os.open(os.path.join(root, names[0]), _OPEN_FOLDER)
    for name in names[1:-1]:
        parent = descriptor
        try:
            descriptor = os.open(name, _OPEN_FOLDER, dir_fd=parent)
        finally:
            os.close(parent)
    return descriptor, names[-1]


def _open_folder_by_path(root: str, names: Sequence[str]) -> tuple[int | None, str]:
    """Open a folder without descriptors, on Windows.

    A name may be a drive, a device or a stream there: Werkzeug knows the rules.
    """
    path = safe_join(root, *names)
    if path is None or "\0" in path:
        raise _refused("/".join(names))
    folder = os.path.join(root, *names[:-1])
    if os.path.realpath(folder) != os.path.join(os.path.realpath(root), *names[:-1]):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), folder)
    return None, os.path.join(folder, names[-1])


_open_folder = (
    _open_folder_by_descriptor
    if os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
    else _open_folder_by_path
)


@lru_cache(maxsize=1024)
def media_type_of(name: str) -> str | None:
    """Return the media type that the extension of a file name stands for, if any.

    It is that of the bytes as they are on disk: ``logs.txt.gz`` is ``application/gzip``.
    """
    extension = os.path.splitext(name)[1].lower()
    known = _WEB_TYPES.get(extension)
    if known is not None or not extension:
        return known
    guessed, encoding = mimetypes.guess_type(f"file{extension}")
    return guessed if encoding is None else f"application/x-{encoding}"
