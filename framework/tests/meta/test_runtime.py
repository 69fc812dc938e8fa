"""What is told of Python."""

import gc
import importlib.metadata
import platform
import sys

import pytest

from clastic.application import Application
from clastic.meta import MetaApplication, RuntimePeripheral


@pytest.fixture
def told(report):
    """Get what is told."""

    def get_data():
        meta = MetaApplication(base_peripherals=[RuntimePeripheral()])
        (section,) = report(Application([("/_meta", meta)]))["sections"]
        assert (section["title"], section["problem"]) == ("Runtime", None)
        return section["data"]

    return get_data


def test_versions_are_told(told):
    data = told()
    assert data["python"] == platform.python_version()
    assert data["implementation"].startswith(platform.python_implementation())
    assert data["executable"] == sys.executable
    assert data["packages"]["werkzeug"] == importlib.metadata.version("werkzeug")


def test_a_package_that_is_not_installed_has_no_version(told, monkeypatch):
    def find_none(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata.Distribution, "from_name", find_none)
    assert set(told()["packages"].values()) == {None}


def test_the_garbage_collector_is_told(told):
    collector = told()["garbage_collector"]
    assert collector["is_enabled"] is gc.isenabled()
    assert len(collector["counts"]) == len(gc.get_count())
    assert len(collector["runs"]) == len(gc.get_stats())
    assert collector["uncollectable"] >= 0


def test_flags_modules_and_path_are_told(told, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, "/somewhere/else"])
    data = told()
    assert all(getattr(sys.flags, name) == value != 0 for name, value in data["flags"].items())
    assert data["path"][-1] == "/somewhere/else"
    assert data["modules"] == len(sys.modules)
