"""The locks have an exact version, with hashes, of all that is asked for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
APPS = sorted((ROOT / "apps").glob("*/requirements.txt"))
WANTED = {
    "build.lock": [DOCKER / "build.in"],
    "requirements.lock": [DOCKER / "requirements.in", *APPS],
    "e2e.lock": [ROOT / "e2e" / "requirements.txt", *APPS],
}


def read_requirements(file: Path) -> list[Requirement]:
    lines = [line.partition(" #")[0].strip() for line in file.read_text().splitlines()]
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def read_lock(name: str) -> list[tuple[Requirement, int]]:
    """The pins of a lock, each with the number of its hashes."""
    entries = re.split(r"\n(?=\S)", (DOCKER / name).read_text())
    pins = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    return [
        (Requirement(pin.partition("\n")[0].rstrip("\\ ")), pin.count("--hash=sha256:"))
        for pin in pins
    ]


@pytest.mark.parametrize("lock", WANTED)
def test_every_pin_is_exact_and_has_hashes(lock):
    for requirement, hashes in read_lock(lock):
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]
        assert hashes > 0, requirement


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_has_a_version_that_fits_each_requirement(lock):
    pins = [requirement for requirement, _ in read_lock(lock)]
    for file in WANTED[lock]:
        for wanted in read_requirements(file):
            assert_pinned(wanted, pins)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs the standard library's tomllib")
@pytest.mark.parametrize("lock", ["requirements.lock", "e2e.lock"])
def test_a_lock_has_what_the_framework_needs(lock):
    pins = [requirement for requirement, _ in read_lock(lock)]
    project = tomllib.loads((ROOT / "framework" / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"]:
        assert_pinned(Requirement(line), pins)


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_says_nothing_of_where_packages_come_from(lock):
    assert "://" not in (DOCKER / lock).read_text()


def assert_pinned(wanted: Requirement, pins: list[Requirement]) -> None:
    name = canonicalize_name(wanted.name)
    versions = [
        specifier.version
        for pin in pins
        if canonicalize_name(pin.name) == name
        for specifier in pin.specifier
    ]
    assert versions, f"{wanted} is in no lock: run docker/lock"
    assert all(wanted.specifier.contains(version) for version in versions), (
        f"{wanted} is locked at {versions}: run docker/lock"
    )
