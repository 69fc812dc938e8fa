"""Test conventions of the whole repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
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


def read_yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_a_page_for_contributors_names_only_files_and_commands_that_exist(page):
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
    # A name in capitals is a part to fill in.
    paths = [path for path in re.findall(r"`([\w.]+/[\w./]*)`", text) if "NAME" not in path]
    assert [path for path in paths if not list(ROOT.glob(path))] == []
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z][a-z0-9-]*)`", text)) <= set(targets)


def test_the_workflow_runs_all_checks_under_every_python_of_the_classifiers():
    (job,) = read_yaml(".github/workflows/checks.yml")["jobs"].values()
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]
    (versions,) = [
        step["with"]["python-version"]
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/setup-python@")
    ]
    classifiers = re.findall(r"Python :: (3\.\d+)", (ROOT / "framework/pyproject.toml").read_text())
    assert versions.split() == classifiers


def test_a_release_is_checked_and_published_without_a_token():
    text = (ROOT / ".github/workflows/release.yml").read_text()
    jobs = read_yaml(".github/workflows/release.yml")["jobs"]
    assert "secrets." not in text
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert set(jobs["publish"]["needs"]) == {"checks", "build"} == set(jobs) - {"publish"}


@pytest.mark.parametrize(
    "form", sorted(path.name for path in ROOT.glob(".github/ISSUE_TEMPLATE/*")), ids=str
)
def test_an_issue_form_has_a_name_and_fields(form):
    content = read_yaml(f".github/ISSUE_TEMPLATE/{form}")
    assert {"name", "description", "body"} <= content.keys()
    assert any(field["type"] == "textarea" for field in content["body"])


def test_the_documentation_is_built_from_files_that_exist():
    settings = read_yaml(".readthedocs.yaml")
    requirements, package = settings["python"]["install"]
    assert (ROOT / requirements["requirements"]).is_file()
    assert (ROOT / package["path"] / "pyproject.toml").is_file()
    assert (ROOT / settings["sphinx"]["configuration"]).is_file()


def test_the_hooks_are_valid():
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=ROOT,
        check=True,
        timeout=60,
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs the standard library's tomllib")
def test_every_dependency_of_the_package_has_a_lower_bound():
    project = tomllib.loads((ROOT / "framework/pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for line in [*project["dependencies"], *(line for lines in extras for line in lines)]:
        operators = [specifier.operator for specifier in Requirement(line).specifier]
        assert ">=" in operators, line
