"""Who tells that something in a folder changes, so that changed files are seen at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

# What watchdog calls events that may mean a change. It also tells of files that are only looked at.
_CHANGES = {"created", "modified", "moved", "deleted", "closed"}


class FolderEvents:
    """Calls back as soon as something in some folders changes: where the extra ``dev`` is there.

    A hint, no more: it may call without a reason, and may miss a change (on a network drive, or
    beyond the limits of the system). Who uses it has a look from time to time all the same.

    :param call: takes no arguments; called in another thread
    :ivar is_active: whether it calls at all
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._watches: dict[str, Any] = {}
        self._observer = _start_observer()

    @property
    def is_active(self) -> bool:
        return self._observer is not None

    def watch(self, folders: Iterable[str]) -> None:
        """Change the folders that it calls for to these."""
        if self._observer is None:
            return
        wanted = set(folders)
        for folder in self._watches.keys() - wanted:
            with suppress(KeyError, OSError):  # the folder itself has gone
                self._observer.unschedule(self._watches[folder])
            del self._watches[folder]
        for folder in wanted - self._watches.keys():
            with suppress(OSError):
                self._watches[folder] = self._observer.schedule(self, folder)

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
        from watchdog.observers import Observer

        observer = Observer()
        observer.start()
    except (ImportError, OSError):
        return None
    return observer
