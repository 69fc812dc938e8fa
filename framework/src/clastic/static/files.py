"""Where a regular file below a folder is: found and opened without ever leaving the folder.

Directories are walked one descriptor at a time and no symbolic link is followed on the way, so
that nothing can be swapped between a check and its use. Where a link is in the way, the path is
resolved, refused if it leaves the folder, and walked again as what it resolved to.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Sequence
from types import TracebackType

from werkzeug.security import safe_join

_REACH = (
    getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_PATH", os.O_RDONLY)
)
# Without O_NONBLOCK, a fifo put in place of the file at the wrong moment would hang the thread.
_READ = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

# What opening a directory without following links says when it is a link, or no directory.
_LINK_IN_THE_WAY = frozenset({errno.ELOOP, errno.EMLINK, errno.ENOTDIR})

# What the operating system says of a name that is not there, cannot be there, or is no file.
_ABSENT = _LINK_IN_THE_WAY | {errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO}


def is_absent(error: OSError) -> bool:
    """Tell whether `error` means that there is no such file (and not that reading it failed)."""
    return error.errno in _ABSENT


class FoundFile:
    """A regular file as it was when it was found. Leave its ``with`` block to release it.

    - ``status``: what the operating system said of it.

    Its neighbours, and the file when it is opened, are those of the very directory in which it was
    found, whatever has happened to the path since.
    """

    __slots__ = ("_descriptor", "_name", "_prefix", "status")

    def __init__(
        self, descriptor: int | None, prefix: str, name: str, status: os.stat_result
    ) -> None:
        self._descriptor = descriptor
        self._prefix = prefix
        self._name = name
        self.status = status

    def __enter__(self) -> FoundFile:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def neighbour(self, suffix: str) -> os.stat_result | None:
        """Return the status of the regular file named like this one plus `suffix`, if any."""
        try:
            status = os.stat(
                f"{self._prefix}{self._name}{suffix}",
                dir_fd=self._descriptor,
                follow_symlinks=False,
            )
        except OSError:
            return None
        return status if stat.S_ISREG(status.st_mode) else None

    def open(self, suffix: str = "") -> tuple[io.FileIO, os.stat_result]:
        """Open the file, or its neighbour by `suffix`, and return it with its present status.

        :raises OSError: it cannot be read, or is no regular file any more
        """
        path = f"{self._prefix}{self._name}{suffix}"
        descriptor = os.open(path, _READ, dir_fd=self._descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise _absent(path)
        return io.FileIO(descriptor), status


def find(root: str, names: Sequence[str], *, is_confined: bool = True) -> FoundFile:
    """Find the regular file that the path `names` leads to from the directory `root`.

    :param root: an absolute path; it may itself be a symbolic link
    :param names: one or more names, decoded; nothing is assumed about what they contain
    :param is_confined: refuse symbolic links that resolve to outside of `root`
    :raises PermissionError: the path leads out of `root`, or may not be searched
    :raises OSError: any other failure; see :func:`is_absent`
    """
    try:
        found = _look_up(root, names)
        if found is None:
            found = _look_up(*_resolve(root, names, is_confined))
    except UnicodeEncodeError as error:
        raise _absent("/".join(names)) from error
    if found is None:
        raise _absent("/".join(names))
    return found


def _absent(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _refused(path: str) -> PermissionError:
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _look_up(root: str, names: Sequence[str]) -> FoundFile | None:
    """Find the file without following a link, or return ``None`` where there may be one."""
    try:
        descriptor, prefix = _reach(root, names)
    except OSError as error:
        if error.errno in _LINK_IN_THE_WAY:
            return None
        raise
    name = names[-1]
    found = None
    try:
        status = os.stat(f"{prefix}{name}", dir_fd=descriptor, follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            found = FoundFile(descriptor, prefix, name, status)
        elif not stat.S_ISLNK(status.st_mode):
            raise _absent(name)
    finally:
        if found is None and descriptor is not None:
            os.close(descriptor)
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


def _reach_by_descriptor(root: str, names: Sequence[str]) -> tuple[int | None, str]:
    """Reach the directory of the last name: a descriptor of it, and what to prefix names with.

    Directly below the root, the root's path in front of a name does as well.
    """
    for name in names:
        if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise _refused(name)
    if len(names) == 1:
        return None, os.path.join(root, "")
    descriptor = os.open(os.path.join(root, names[0]), _REACH)
    for name in names[1:-1]:
        parent = descriptor
        try:
            descriptor = os.open(name, _REACH, dir_fd=parent)
        finally:
            os.close(parent)
    return descriptor, ""


def _reach_by_path(root: str, names: Sequence[str]) -> tuple[int | None, str]:
    """Do the same by path alone, for Windows, which has neither descriptors nor plain names.

    A name may be a drive, a device or a stream there: Werkzeug knows the rules.
    """
    path = safe_join(root, *names)
    if path is None or "\0" in path:
        raise _refused("/".join(names))
    directory = os.path.join(root, *names[:-1])
    if os.path.realpath(directory) != os.path.join(os.path.realpath(root), *names[:-1]):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), directory)
    return None, os.path.join(directory, "")


_reach = (
    _reach_by_descriptor
    if os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
    else _reach_by_path
)
