"""Test conventions of the whole repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_package_carries_the_licence_of_the_repository():
    assert (ROOT / "framework/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_top_level_folders_are_the_agreed_ones():
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    assert folders <= {"framework", "apps", "e2e", "docker"}


def test_every_app_has_tests_and_a_page():
    scripts = [path / f"{path.name}.py" for path in (ROOT / "apps").iterdir()]
    apps = [script.parent for script in scripts if script.exists()]
    assert [app.name for app in apps if not list(app.glob("tests/test_*.py"))] == []
    assert [app.name for app in apps if not list(app.glob("*.md"))] == []
