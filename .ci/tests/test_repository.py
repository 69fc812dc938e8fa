"""Test conventions of the whole repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib

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


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs the standard library's tomllib")
def test_every_dependency_of_the_package_has_a_lower_bound():
    project = tomllib.loads((ROOT / "framework/pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for line in [*project["dependencies"], *(line for lines in extras for line in lines)]:
        operators = [specifier.operator for specifier in Requirement(line).specifier]
        assert ">=" in operators, line
