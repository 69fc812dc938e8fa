"""Who tells that something in a folder changes, so that changed files are seen at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

# Each takes a thread, and some of what the system has for all programs of a user.
_MOST_FOLDERS = 32

# What watchdog calls events that may mean a change. It also tells of files that are only looked at.
_CHANGES = {"created", "modified", "moved", "deleted", "closed"}


class FolderEvents:
    """Calls back as soon as something in some folders changes: where the extra ``dev`` is there.

    A hint, no more: it may call without a reason, and may miss a change (on a network drive, for
    one). Who uses it has a look from time to time all the same.

    :param call: takes no arguments; called in another thread
    :ivar is_complete: whether it calls for all folders that it was told
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._watches: dict[str, Any] = {}
        self._observer = _start_observer()
        self.is_complete = False

    def watch(self, folders: Collection[str]) -> None:
        """Change the folders that it calls for to these, as far as there is room for them."""
        if self._observer is None:
            return
        wanted = set(sorted(folders)[:_MOST_FOLDERS])
        for folder in self._watches.keys() - wanted:
            with suppress(KeyError, OSError):  # the folder itself has gone
                self._observer.unschedule(self._watches[folder])
            del self._watches[folder]
        for folder in wanted - self._watches.keys():
            with suppress(OSError):
                self._watches[folder] = self._observer.schedule(self, folder)
        self.is_complete = self._watches.keys() >= set(folders)

    def dispatch(self, event: Any) -> None:
        """Take an event from watchdog."""
        if event.event_type in _CHANGES:
            self._call()

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()


def _start_observer() -> Any:
    """Start what watches folders; ``None`` where watchdog is not installed or cannot work."""
    try:
        from watchdog.observers import Observer  # type: ignore[import-not-found, unused-ignore]

        observer = Observer()
        observer.start()
    except (ImportError, OSError):
        return None
    return observer
