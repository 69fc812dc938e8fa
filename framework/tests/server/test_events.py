"""Events of the system: a hint that files may have changed."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from clastic.server.events import FolderEvents

PATIENCE = 20


class TestWithWatchdog:
    @pytest.fixture(autouse=True)
    def watchdog(self) -> None:
        pytest.importorskip("watchdog")

    def test_it_calls_for_what_changes_in_its_folders(self, tmp_path: Path) -> None:
        called = threading.Event()
        events = FolderEvents(called.set)
        events.watch([str(tmp_path)])
        assert events.is_complete
        (tmp_path / "app.py").write_text("new")
        assert called.wait(PATIENCE)
        events.close()

    def test_its_folders_can_be_changed(self, tmp_path: Path) -> None:
        called = threading.Event()
        events = FolderEvents(called.set)
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        events.watch([str(tmp_path / "one"), str(tmp_path / "gone")])
        assert not events.is_complete
        events.watch([str(tmp_path / "two")])
        (tmp_path / "two" / "app.py").write_text("new")
        assert called.wait(PATIENCE)
        events.close()

    def test_it_does_not_watch_any_number_of_folders(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("clastic.server.events._MOST_FOLDERS", 1)
        (tmp_path / "inner").mkdir()
        events = FolderEvents(lambda: None)
        events.watch([str(tmp_path)])
        assert events.is_complete
        events.watch([str(tmp_path), str(tmp_path / "inner")])
        assert not events.is_complete
        events.close()

    def test_a_folder_can_go(self, tmp_path: Path) -> None:
        called = threading.Event()
        events = FolderEvents(called.set)
        (tmp_path / "one").mkdir()
        events.watch([str(tmp_path / "one")])
        (tmp_path / "one").rmdir()
        assert called.wait(PATIENCE)
        events.watch([])
        events.close()


@pytest.mark.parametrize(
    ("kind", "is_call"),
    [
        ("created", True),
        ("modified", True),
        ("moved", True),
        ("deleted", True),
        ("closed", True),
        ("opened", False),
        ("closed_no_write", False),
    ],
)
def test_which_events_count(kind: str, is_call: bool) -> None:
    calls: list[str] = []
    events = FolderEvents(lambda: calls.append(kind))
    events.dispatch(SimpleNamespace(event_type=kind))
    events.close()
    assert bool(calls) is is_call


class TestWithout:
    def check(self, tmp_path: Path) -> None:
        events = FolderEvents(lambda: None)
        events.watch([str(tmp_path)])
        assert not events.is_complete
        events.close()

    def test_watchdog_may_not_be_installed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "watchdog.observers", None)
        self.check(tmp_path)

    def test_the_system_may_allow_no_more(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Observer:
            def start(self) -> None:
                raise OSError("too many of them")

        module: Any = ModuleType("watchdog.observers")
        module.Observer = Observer
        monkeypatch.setitem(sys.modules, "watchdog", ModuleType("watchdog"))
        monkeypatch.setitem(sys.modules, "watchdog.observers", module)
        self.check(tmp_path)
