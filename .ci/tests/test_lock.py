"""Test the locks, which ``.ci/lock`` writes: they have an exact version of each requirement."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib

ROOT = Path(__file__).parents[2]
APPS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("apps/*/requirements.txt"))
BUILD = "docker/build.in"
SERVE = ["docker/requirements.in", *APPS]
BROWSE = "e2e/requirements.txt"
REQUIREMENTS = {
    "requirements.lock": [BUILD, *SERVE, BROWSE, "docker/tests/requirements.txt"],
    "framework/compatibility/requirements.lock": ["framework/compatibility/requirements.in"],
    "docker/build.lock": [BUILD],
    "docker/requirements.lock": SERVE,
    "docker/e2e.lock": [*SERVE, BROWSE],
}
VERSIONS = ("3.10", "3.11", "3.12", "3.13")


def read_requirements(file: str) -> list[Requirement]:
    lines = [line.partition(" #")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def read_project() -> tuple[list[Requirement], list[Requirement]]:
    """Return the dependencies of the framework, and those of its extras and dependency groups."""
    data = tomllib.loads((ROOT / "framework/pyproject.toml").read_text())
    lists = [
        *data["project"]["optional-dependencies"].values(),
        *data["dependency-groups"].values(),
    ]
    others = [line for lines in lists for line in lines if isinstance(line, str)]
    return [Requirement(line) for line in data["project"]["dependencies"]], [
        *map(Requirement, others)
    ]


def read_lock(lock: str) -> list[tuple[Requirement, int]]:
    """Return the pinned requirements of a lock, each with the number of its hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    pins = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    return [
        (Requirement(pin.partition("\n")[0].rstrip("\\ ")), pin.count("--hash=sha256:"))
        for pin in pins
    ]


def versions_for(lock: str, python: str) -> dict[str, str]:
    """Return the version of each package that a lock installs with a Python version on Linux."""
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.9",
        "python_version": python,
        "sys_platform": "linux",
    }
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin, _ in read_lock(lock)
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def find_unlocked(requirements: list[Requirement], lock: str) -> list[str]:
    """Return the requirements that the versions in a lock do not satisfy."""
    locked = {python: versions_for(lock, python) for python in VERSIONS}
    return [
        f"{requirement} with Python {python}: {version}"
        for requirement in requirements
        for python in VERSIONS
        for version in [locked[python].get(canonicalize_name(requirement.name))]
        if version is None or version not in requirement.specifier
    ]


@pytest.mark.parametrize("lock", REQUIREMENTS)
def test_every_version_is_exact_and_has_hashes(lock):
    for requirement, hashes in read_lock(lock):
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]
        assert hashes > 0, requirement


@pytest.mark.parametrize("lock", REQUIREMENTS)
def test_a_lock_satisfies_the_requirement_files(lock):
    requirements = [line for file in REQUIREMENTS[lock] for line in read_requirements(file)]
    assert find_unlocked(requirements, lock) == [], "run make lock"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs the standard library's tomllib")
def test_the_locks_satisfy_the_dependencies_of_the_framework():
    dependencies, others = read_project()
    for lock in ("requirements.lock", "docker/requirements.lock", "docker/e2e.lock"):
        assert find_unlocked(dependencies, lock) == [], "run make lock"
    assert find_unlocked(others, "requirements.lock") == [], "run make lock"


@pytest.mark.parametrize("python", VERSIONS)
@pytest.mark.parametrize("lock", [lock for lock in REQUIREMENTS if lock.startswith("docker/")])
def test_an_image_has_the_versions_of_the_development_environment(lock, python):
    development = versions_for("requirements.lock", python)
    image = versions_for(lock, python)
    assert {name: development.get(name) for name in image} == image, "run make lock"


@pytest.mark.parametrize("lock", REQUIREMENTS)
def test_a_lock_does_not_name_an_index(lock):
    assert "://" not in (ROOT / lock).read_text()
