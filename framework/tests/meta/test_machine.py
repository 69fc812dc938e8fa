"""What is told of process, host and resource use, also where the system does not tell it."""

import os
import platform
import sys
import threading
import time

import pytest

from clastic.application import Application
from clastic.meta import HostPeripheral, MetaApplication, ProcessPeripheral, UsagePeripheral

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells this")


@pytest.fixture
def told(report):
    """Get the section of a peripheral."""

    def get_section(peripheral):
        meta = MetaApplication(base_peripherals=[peripheral])
        (section,) = report(Application([("/_meta", meta)]))["sections"]
        assert section["problem"] is None
        assert section["group_key"] == "server"
        return section

    return get_section


def absent(*arguments, **options):
    raise OSError("not here")


def test_the_process_is_told(told):
    section = told(ProcessPeripheral())
    data = section["data"]
    assert section["title"] == "Process"
    assert (data["pid"], data["parent_pid"]) == (os.getpid(), os.getppid())
    assert data["working_directory"] == os.getcwd()
    assert data["threads"] == threading.active_count()


@ON_LINUX
def test_its_uptime_and_open_files_are_told(told, tmp_path):
    before = told(ProcessPeripheral())["data"]
    # What Linux counts from may be a tick of the clock away from what Python has seen.
    assert 0 <= before["uptime_seconds"] <= time.clock_gettime(time.CLOCK_BOOTTIME)
    with open(tmp_path / "file", "w"):
        assert told(ProcessPeripheral())["data"]["open_files"] == before["open_files"] + 1


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        pytest.param(["serve.py"], "serve.py", id="no flags"),
        pytest.param(["serve.py", "--port", "80"], "serve.py --port …", id="a value apart"),
        pytest.param(["serve.py", "--port=80"], "serve.py --port=…", id="a value joined"),
        pytest.param(["serve.py", "-v", "-pcanary"], "serve.py -v -p…", id="short flags"),
        pytest.param(["serve.py", "canary", "--a1b2"], "serve.py … …", id="no names of flags"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_its_command_is_told_without_values(arguments, command, told, monkeypatch):
    monkeypatch.setattr(sys, "argv", arguments)
    assert told(ProcessPeripheral())["data"]["command"] == command


def test_a_program_that_embeds_python_may_have_no_command(told, monkeypatch):
    monkeypatch.delattr(sys, "argv")
    assert told(ProcessPeripheral())["data"]["command"] == ""


def test_what_the_system_does_not_tell_of_a_process_is_none(told, monkeypatch):
    monkeypatch.setattr(os, "getcwd", absent)
    monkeypatch.setattr(os, "sysconf", absent)
    monkeypatch.setattr(os, "listdir", absent)
    data = told(ProcessPeripheral())["data"]
    names = ("working_directory", "uptime_seconds", "open_files")
    assert [data[name] for name in names] == [None, None, None]


def test_the_host_is_told(told):
    section = told(HostPeripheral())
    data = section["data"]
    assert section["title"] == "Host"
    assert data["name"] == platform.node()
    assert data["system"].startswith(platform.system())
    assert data["processors"] == os.cpu_count()


@ON_LINUX
def test_its_load_and_memory_are_told(told):
    data = told(HostPeripheral())["data"]
    assert 1 <= data["usable_processors"] <= data["processors"]
    assert len(data["load"]) == 3
    assert 0 < data["available_memory_bytes"] < data["memory_bytes"]


def test_what_the_system_does_not_tell_of_the_host_is_none(told, monkeypatch):
    monkeypatch.delattr(os, "getloadavg", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr("builtins.open", absent)
    data = told(HostPeripheral())["data"]
    names = ("load", "usable_processors", "memory_bytes", "available_memory_bytes")
    assert [data[name] for name in names] == [None] * 4


@pytest.mark.parametrize(("system", "unit"), [("linux", 1024), ("darwin", 1)])
def test_what_the_process_has_used_is_told(system, unit, told, monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "platform", system)
    section = told(UsagePeripheral())
    data = section["data"]
    assert section["title"] == "Resource use"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 0 < data["peak_memory_bytes"] <= most * unit
    assert data["user_time_seconds"] > 0
    assert data["system_time_seconds"] >= 0
    counts = ("minor_page_faults", "major_page_faults", "voluntary_switches", "forced_switches")
    assert all(data[name] >= 0 for name in counts)


def test_that_a_system_does_not_tell_it_is_said(told, monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    section = told(UsagePeripheral())
    assert section["data"] is None
    assert section["unavailable"] == "This operating system does not tell what a process uses."
