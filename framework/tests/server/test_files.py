"""The files that a program is made of, and what makes them another version."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from clastic.server.files import Neighbours, ProgramFiles, remove_bytecode

LATER = sys.maxsize


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text("one")
    os.utime(path, ns=(0, 1_000))
    return path


@pytest.fixture
def files(path: Path) -> ProgramFiles:
    files = ProgramFiles()
    files.add([str(path)], LATER)
    return files


def replace_by_equal(path: Path) -> None:
    """Another file of the same size and time, as ``cp --preserve`` and ``mv`` bring it."""
    other = path.with_name("other")
    other.write_text(path.read_text())
    os.utime(other, ns=(0, path.stat().st_mtime_ns))
    other.replace(path)


class TestProgramFiles:
    @pytest.mark.parametrize(
        ("change", "is_change"),
        [
            pytest.param(lambda path: path.write_text("two"), True, id="saved"),
            pytest.param(lambda path: os.utime(path, ns=(0, 1_001)), True, id="touched"),
            pytest.param(replace_by_equal, True, id="replaced"),
            pytest.param(lambda path: path.unlink(), True, id="deleted"),
            pytest.param(lambda path: path.read_text(), False, id="read"),
            pytest.param(lambda path: path.chmod(0o600), False, id="of another mode"),
        ],
    )
    def test_what_is_a_change(
        self, files: ProgramFiles, path: Path, change: Callable[[Path], object], is_change: bool
    ) -> None:
        change(path)
        assert files.changed() == ([str(path)] if is_change else [])

    def test_a_file_that_comes_back(self, files: ProgramFiles, path: Path) -> None:
        path.unlink()
        files.renew()
        assert files.changed() == []
        path.write_text("one")
        assert files.changed() == [str(path)]

    def test_what_is_read_again_is_unchanged(self, files: ProgramFiles, path: Path) -> None:
        path.write_text("two")
        files.renew()
        assert files.changed() == []

    def test_a_file_that_was_saved_before_it_can_have_been_read(self, path: Path) -> None:
        files = ProgramFiles()
        files.add([str(path)], since=1_001)
        assert files.changed() == []

    def test_a_file_that_was_saved_while_it_may_have_been_read(self, path: Path) -> None:
        files = ProgramFiles()
        files.add([str(path)], since=1_000)
        assert files.changed() == [str(path)]

    def test_what_is_known_stays_as_it_is_known(self, files: ProgramFiles, path: Path) -> None:
        path.write_text("two")
        files.add([str(path)], LATER)
        assert files.changed() == [str(path)]

    def test_only_what_is_wanted_is_kept(self, files: ProgramFiles, path: Path) -> None:
        files.add([str(path.with_name("other.py"))], LATER)
        files.keep([str(path), "/unknown.py"])
        assert files.paths == [str(path)]
        assert files.folders() == {str(path.parent)}

    @pytest.mark.parametrize(
        "folder",
        [
            pytest.param(sysconfig.get_path("stdlib"), id="the standard library"),
            pytest.param(sysconfig.get_path("purelib"), id="installed packages"),
            pytest.param(site.getusersitepackages(), id="packages of the user"),
            pytest.param(os.path.dirname(os.__file__), id="where Python is"),
        ],
    )
    def test_what_was_installed_is_left_out(self, folder: str) -> None:
        files = ProgramFiles()
        files.add([os.path.join(folder, "package", "module.py")], LATER)
        assert files.paths == []

    def test_what_has_a_like_name_is_not(self) -> None:
        files = ProgramFiles()
        path = sysconfig.get_path("stdlib") + "-of-mine/module.py"
        files.add([path], LATER)
        assert files.paths == [path]

    def test_a_name_that_no_file_can_have(self) -> None:
        files = ProgramFiles()
        files.add(["/app\0.py"], LATER)
        assert files.changed() == []


class TestNeighbours:
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
    def test_which_files_are_seen(self, tmp_path: Path, name: str, is_seen: bool) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        neighbours = Neighbours([str(tmp_path)])
        path.write_text("new")
        assert neighbours.changed() == ([str(path)] if is_seen else [])

    def test_a_new_folder_is_seen(self, tmp_path: Path) -> None:
        neighbours = Neighbours([str(tmp_path)])
        (tmp_path / "new").mkdir()
        assert neighbours.changed() == [str(tmp_path / "new")]

    @pytest.mark.parametrize(
        "change", [lambda path: path.write_text("two"), lambda path: path.unlink()]
    )
    def test_changed_and_deleted_ones_are_seen(
        self, path: Path, change: Callable[[Path], object]
    ) -> None:
        neighbours = Neighbours([str(path.parent)])
        change(path)
        assert neighbours.changed() == [str(path)]

    def test_a_folder_in_another_is_looked_through_once(self, tmp_path: Path) -> None:
        (tmp_path / "inner").mkdir()
        neighbours = Neighbours([str(tmp_path), str(tmp_path / "inner")])
        assert neighbours.folders() == {str(tmp_path), str(tmp_path / "inner")}
        (tmp_path / "inner" / "new.py").write_text("")
        assert neighbours.changed() == [str(tmp_path / "inner" / "new.py")]

    def test_a_circle_of_folders_has_an_end(self, tmp_path: Path) -> None:
        (tmp_path / "circle").symlink_to(tmp_path)
        assert Neighbours([str(tmp_path)]).folders() == {str(tmp_path)}

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert Neighbours([str(tmp_path / "none")]).changed() == []

    def test_it_does_not_look_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("clastic.server.files._MOST_NEIGHBOURS", 3)
        for name in ("one", "two", "three", "three/four", "three/four/five"):
            (tmp_path / name).mkdir()
        neighbours = Neighbours([str(tmp_path)])
        (tmp_path / "three" / "four" / "new.py").write_text("")
        assert neighbours.changed() == []


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
