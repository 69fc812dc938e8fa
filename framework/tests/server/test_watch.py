"""Watched files, snapshots of folders, and events of the operating system."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from clastic.server.watch import DirectorySnapshot, FolderEvents, WatchedFiles, remove_bytecode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text("one")
    os.utime(path, ns=(0, 1_000))
    return path


@pytest.fixture
def files(path: Path) -> WatchedFiles:
    files = WatchedFiles()
    files.add([str(path)])
    return files


def replace_by_equal(path: Path) -> None:
    """Put another file of the same size and time in place, as ``cp --preserve`` and ``mv`` do."""
    other = path.with_name("other")
    other.write_text(path.read_text())
    os.utime(other, ns=(0, path.stat().st_mtime_ns))
    other.replace(path)


class TestWatchedFiles:
    @pytest.mark.parametrize(
        ("change", "is_change"),
        [
            pytest.param(lambda path: path.write_text("two"), True, id="saved"),
            pytest.param(lambda path: os.utime(path, ns=(0, 1_001)), True, id="touched"),
            pytest.param(replace_by_equal, True, id="replaced"),
            pytest.param(lambda path: path.unlink(), True, id="deleted"),
            pytest.param(lambda path: path.read_text(), False, id="read"),
            pytest.param(lambda path: path.chmod(0o600), False, id="made private"),
        ],
    )
    def test_what_counts_as_a_change(
        self, files: WatchedFiles, path: Path, change: Callable[[Path], object], is_change: bool
    ) -> None:
        change(path)
        assert files.changed() == ([str(path)] if is_change else [])

    def test_a_deleted_file_that_comes_back_is_a_change(
        self, files: WatchedFiles, path: Path
    ) -> None:
        path.unlink()
        files.renew()
        assert files.changed() == []
        path.write_text("one")
        assert files.changed() == [str(path)]

    def test_a_file_that_is_read_again_is_unchanged(self, files: WatchedFiles, path: Path) -> None:
        path.write_text("two")
        files.renew()
        assert files.changed() == []

    @pytest.mark.parametrize(("since", "is_change"), [(1_001, False), (1_000, True)])
    def test_a_file_saved_since_the_program_may_have_read_it_is_changed(
        self, path: Path, since: int, is_change: bool
    ) -> None:
        files = WatchedFiles()
        files.add([str(path)], since)
        assert bool(files.changed()) is is_change

    def test_a_watched_file_is_not_added_again(self, files: WatchedFiles, path: Path) -> None:
        path.write_text("two")
        files.add([str(path)])
        assert files.changed() == [str(path)]

    def test_paths_and_folders_are_those_of_all_files(
        self, files: WatchedFiles, path: Path
    ) -> None:
        other = path.with_name("a_first.py")
        files.add([str(other)])
        assert files.paths == [str(other), str(path)]
        assert files.folders() == {str(path.parent)}

    @pytest.mark.parametrize(
        "folder",
        [
            pytest.param(sysconfig.get_path("stdlib"), id="the standard library"),
            pytest.param(sysconfig.get_path("purelib"), id="site-packages"),
            pytest.param(site.getusersitepackages(), id="site-packages of the user"),
            pytest.param(os.path.dirname(os.__file__), id="the folder of Python"),
        ],
    )
    def test_installed_files_are_left_out(self, folder: str) -> None:
        files = WatchedFiles()
        files.add([os.path.join(folder, "package", "module.py")])
        assert files.paths == []

    def test_a_folder_whose_name_only_begins_alike_is_watched(self) -> None:
        files = WatchedFiles()
        path = sysconfig.get_path("stdlib") + "-of-mine/module.py"
        files.add([path])
        assert files.paths == [path]

    def test_an_impossible_name_is_a_missing_file(self) -> None:
        files = WatchedFiles()
        files.add(["/app\0.py"])
        assert files.changed() == []


class TestDirectorySnapshot:
    @pytest.mark.parametrize(
        ("name", "is_seen"),
        [
            pytest.param("new.py", True, id="a module"),
            pytest.param("app.ini", True, id="settings"),
            pytest.param("home.html", True, id="a template"),
            pytest.param("deep/down/new.py", True, id="in folders below"),
            pytest.param("app.log", False, id="a log"),
            pytest.param("app.db", False, id="a database"),
            pytest.param("nohup.out", False, id="output"),
            pytest.param("__pycache__/app.pyc", False, id="bytecode"),
            pytest.param(".venv/new.py", False, id="in a hidden folder"),
            pytest.param("node_modules/new.py", False, id="in packages of another language"),
        ],
    )
    def test_which_new_files_are_seen(self, tmp_path: Path, name: str, is_seen: bool) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        snapshot = DirectorySnapshot([str(tmp_path)])
        path.write_text("new")
        assert snapshot.changed() == ([str(path)] if is_seen else [])

    def test_changed_files_deleted_files_and_new_folders_are_seen(
        self, tmp_path: Path, path: Path
    ) -> None:
        snapshot = DirectorySnapshot([str(tmp_path)])
        path.write_text("two")
        assert snapshot.changed() == [str(path)]
        path.unlink()
        assert snapshot.changed() == [str(path)]
        (tmp_path / "new").mkdir()
        assert snapshot.changed() == [str(path), str(tmp_path / "new")]

    def test_a_folder_inside_another_is_searched_once(self, tmp_path: Path) -> None:
        (tmp_path / "inner").mkdir()
        snapshot = DirectorySnapshot([str(tmp_path), str(tmp_path / "inner")])
        assert snapshot.folders() == {str(tmp_path), str(tmp_path / "inner")}
        (tmp_path / "inner" / "new.py").write_text("")
        assert snapshot.changed() == [str(tmp_path / "inner" / "new.py")]

    def test_a_symlink_to_a_folder_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "circle").symlink_to(tmp_path)
        assert DirectorySnapshot([str(tmp_path)]).folders() == {str(tmp_path)}

    def test_a_folder_may_be_missing(self, tmp_path: Path) -> None:
        assert DirectorySnapshot([str(tmp_path / "none")]).changed() == []

    def test_the_number_of_entries_is_limited(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("clastic.server.watch._MOST_SNAPSHOT_ENTRIES", 3)
        for name in ("one", "two", "three", "three/four", "three/four/five"):
            (tmp_path / name).mkdir()
        snapshot = DirectorySnapshot([str(tmp_path)])
        (tmp_path / "three" / "four" / "new.py").write_text("")
        assert snapshot.changed() == []


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderEvents]:
    """Events, without the look every second that would hide that one is missing."""
    monkeypatch.setattr("clastic.server.watch._POLL_SECONDS_WITH_WATCHDOG", 3600.0)
    events = FolderEvents()
    yield events
    events.close()


class TestEventsWithWatchdog:
    @pytest.fixture(autouse=True)
    def watchdog(self) -> None:
        pytest.importorskip("watchdog")

    def test_files_are_worth_a_look_after_an_event_only(
        self, events: FolderEvents, tmp_path: Path, wait_for: Callable[..., Any]
    ) -> None:
        folders = {str(tmp_path)}
        assert events.may_have_changed(folders)
        assert not events.may_have_changed(folders)
        (tmp_path / "app.py").write_text("new")
        wait_for("the event", lambda: events.may_have_changed(folders))

    def test_the_folders_can_change(
        self, events: FolderEvents, tmp_path: Path, wait_for: Callable[..., Any]
    ) -> None:
        one, two = tmp_path / "one", tmp_path / "two"
        one.mkdir()
        two.mkdir()
        events.may_have_changed({str(one)})
        one.rmdir()
        assert events.may_have_changed({str(two)})
        wait_for("the last event of the first", lambda: not events.may_have_changed({str(two)}))
        (two / "app.py").write_text("new")
        wait_for("the event", lambda: events.may_have_changed({str(two)}))

    def test_a_missing_folder_or_too_many_of_them_are_polled(
        self, events: FolderEvents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        missing = {str(tmp_path / "none")}
        assert events.may_have_changed(missing)
        assert events.may_have_changed(missing)
        monkeypatch.setattr("clastic.server.watch._MOST_WATCHED_FOLDERS", 1)
        (tmp_path / "inner").mkdir()
        folders = {str(tmp_path), str(tmp_path / "inner")}
        assert events.may_have_changed(folders)
        assert events.may_have_changed(folders)

    @pytest.mark.parametrize(
        ("kind", "is_change"),
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
    def test_which_events_count(
        self, events: FolderEvents, tmp_path: Path, kind: str, is_change: bool
    ) -> None:
        events.may_have_changed({str(tmp_path)})
        events.dispatch(SimpleNamespace(event_type=kind))
        assert events.may_have_changed({str(tmp_path)}) is is_change


class TestEventsWithoutWatchdog:
    def test_watchdog_may_not_be_installed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "watchdog.observers", None)
        self.check_polling(tmp_path)

    def test_the_system_may_allow_no_more_watches(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Observer:
            def start(self) -> None:
                raise OSError("too many of them")

        module: Any = ModuleType("watchdog.observers")
        module.Observer = Observer
        monkeypatch.setitem(sys.modules, "watchdog", ModuleType("watchdog"))
        monkeypatch.setitem(sys.modules, "watchdog.observers", module)
        self.check_polling(tmp_path)

    def check_polling(self, folder: Path) -> None:
        events = FolderEvents()
        assert events.may_have_changed({str(folder)})
        assert events.may_have_changed({str(folder)})
        events.close()


class TestBytecode:
    def test_it_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "module.py"
        path.write_text("")
        cached = Path(importlib.util.cache_from_source(str(path)))
        cached.parent.mkdir()
        cached.write_bytes(b"bytecode")
        remove_bytecode(str(path))
        assert not cached.exists()
        remove_bytecode(str(path))

    def test_python_may_keep_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.implementation, "cache_tag", None)
        remove_bytecode("module.py")
