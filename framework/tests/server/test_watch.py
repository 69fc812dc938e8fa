"""Watched files, and snapshots of folders."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from clastic.server.watch import WatchedFiles, remove_bytecode, snapshot


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
    def test_saving_and_deleting_files_are_changes(
        self, files: WatchedFiles, path: Path, change: Callable[[Path], object], is_change: bool
    ) -> None:
        change(path)
        assert files.changed() == ([str(path)] if is_change else [])
        files.add([str(path)])
        assert files.changed() == ([str(path)] if is_change else [])
        files.renew()
        assert files.changed() == []

    def test_a_deleted_file_that_is_restored_is_a_change(
        self, files: WatchedFiles, path: Path
    ) -> None:
        path.unlink()
        files.renew()
        path.write_text("one")
        assert files.changed() == [str(path)]

    @pytest.mark.parametrize(("since", "is_change"), [(1_001, False), (1_000, True)])
    def test_a_file_saved_since_the_program_may_have_read_it_is_changed(
        self, path: Path, since: int, is_change: bool
    ) -> None:
        files = WatchedFiles()
        files.add([str(path)], since)
        assert bool(files.changed()) is is_change

    def test_paths_and_folders_are_those_of_all_files(
        self, files: WatchedFiles, path: Path
    ) -> None:
        other = path.with_name("a_first.py")
        files.add([str(other)])
        assert files.paths == [str(other), str(path)]
        assert files.folders() == {str(path.parent)}

    def test_installed_files_are_left_out(self) -> None:
        files = WatchedFiles()
        folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
        for folder in (*folders, site.getusersitepackages(), os.path.dirname(os.__file__)):
            files.add([os.path.join(folder, "package", "module.py")])
        assert files.paths == []
        similar = sysconfig.get_path("stdlib") + "-of-mine/module.py"
        files.add([similar])
        assert files.paths == [similar]

    def test_an_impossible_name_is_a_missing_file(self) -> None:
        files = WatchedFiles()
        files.add(["/app\0.py"])
        assert files.changed() == []


class TestSnapshot:
    def test_a_snapshot_has_the_files_that_a_program_may_consist_of(self, tmp_path: Path) -> None:
        seen = ["new.py", "app.ini", "home.html", "deep/down/new.py"]
        others = ["app.log", "app.db", "nohup.out", "__pycache__/app.py", ".venv/new.py"]
        for name in (*seen, *others, "node_modules/new.py"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("new")
        (tmp_path / "circle").symlink_to(tmp_path)
        folders = [str(tmp_path), str(tmp_path / "deep"), str(tmp_path / "none")]
        assert set(snapshot(folders)) == {str(tmp_path / name) for name in seen}

    def test_a_snapshot_changes_with_a_file(self, path: Path) -> None:
        before = snapshot([str(path.parent)])
        assert snapshot([str(path.parent)]) == before
        path.write_text("two")
        assert snapshot([str(path.parent)]) != before

    def test_the_size_of_a_snapshot_is_limited(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("clastic.server.watch._MOST_SNAPSHOT_ENTRIES", 3)
        (tmp_path / "one/two/three/four").mkdir(parents=True)
        (tmp_path / "one/new.py").write_text("")
        (tmp_path / "one/two/three/four/new.py").write_text("")
        assert set(snapshot([str(tmp_path)])) == {str(tmp_path / "one/new.py")}


class TestBytecode:
    def test_bytecode_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "module.py"
        path.write_text("")
        cached = Path(importlib.util.cache_from_source(str(path)))
        cached.parent.mkdir()
        cached.write_bytes(b"bytecode")
        remove_bytecode(str(path))
        assert not cached.exists()
        remove_bytecode(str(path))

    def test_python_may_write_no_bytecode(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.implementation, "cache_tag", None)
        remove_bytecode("module.py")
