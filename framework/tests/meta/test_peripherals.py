"""The data of peripherals: process, host, runtime and those of the application."""

import dataclasses
import datetime
import decimal
import enum
import gc
import importlib.metadata
import logging
import math
import os
import platform
import re
import sys
import threading
import time

import pytest
from markupsafe import Markup

from clastic.application import Application
from clastic.errors import NotFound
from clastic.meta import (
    HostPeripheral,
    MetaApplication,
    MetaPeripheral,
    ProcessPeripheral,
    RuntimePeripheral,
    Unavailable,
    UsagePeripheral,
)

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has it")


class Showing(MetaPeripheral):
    """Show what it is given."""

    def __init__(self, context, title="Shown", group_key="peripherals"):
        self.context = context
        self.title = title
        self.group_key = group_key

    def get_context(self):
        if isinstance(self.context, Exception):
            raise self.context
        return self.context


class Rendering(Showing):
    def __init__(self, context, rendered):
        super().__init__(context)
        self.rendered = rendered

    def render(self, data):
        return self.rendered(data)


class Silent(MetaPeripheral):
    title = "Silent"


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("canary")


class Unwritable:
    def __str__(self):
        return str(1 / 0)


def with_peripherals(*peripherals):
    return Application([("/_meta", MetaApplication(peripherals=peripherals, base_peripherals=()))])


@pytest.fixture
def data_of(report):
    """Return the data of one peripheral."""

    def get_data(peripheral):
        (section,) = report(with_peripherals(peripheral))["sections"]
        assert section["problem"] is None
        return section["data"]

    return get_data


class TestSections:
    def test_a_section_has_a_group_a_title_and_data(self, report):
        assert report(with_peripherals(Showing({"waiting": 3})))["sections"] == [
            {
                "group_key": "peripherals",
                "title": "Shown",
                "data": {"waiting": 3},
                "unavailable": None,
                "problem": None,
            }
        ]

    def test_the_data_is_read_for_each_request(self, report):
        context = {"waiting": 3}
        application = with_peripherals(Showing(context))
        report(application)
        context["waiting"] = 4
        assert report(application)["sections"][0]["data"] == {"waiting": 4}

    def test_sections_follow_those_of_the_server(self, report):
        application = Application([("/_meta", MetaApplication(peripherals=[Showing(1)]))])
        sections = report(application)["sections"]
        titles = [each["title"] for each in sections]
        assert titles == ["Process", "Host", "Resource use", "Runtime", "Shown"]
        assert [each["group_key"] for each in sections] == [
            "proc",
            "host",
            "rusage",
            "pyvm",
            "peripherals",
        ]

    @pytest.mark.parametrize(
        "refused", [{"a": 1}, Showing({}, title="")], ids=["a dict", "no title"]
    )
    def test_an_object_that_is_not_a_peripheral_with_a_title_is_refused(self, refused):
        message = (
            f"{refused!r} is not a MetaPeripheral with a title. Pass an instance of a subclass of "
            "clastic.meta.MetaPeripheral that sets title, the heading of its section."
        )
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            MetaApplication(peripherals=[refused])


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Job:
    name: str
    password: str = "canary"


class Deep:
    def to_dict(self):
        return {"deeper": self}


SELF: list = []
SELF.append(SELF)


class TestPlainData:
    @pytest.mark.parametrize(
        ("context", "data"),
        [
            pytest.param(
                {"a": {"b": [1, 2.5, None, True]}}, {"a": {"b": [1, 2.5, None, True]}}, id="plain"
            ),
            pytest.param(Job("x"), {"name": "x", "password": "[masked]"}, id="a dataclass"),
            pytest.param(
                {1: "a", b"b": "b", Color.RED: "c", (1, 2): "d"},
                {"1": "a", "b": "b", "RED": "c", "<tuple>": "d"},
                id="keys",
            ),
            pytest.param([Color.RED, Level.HIGH], ["red", 3], id="enumerations"),
            pytest.param(datetime.date(2024, 2, 29), "2024-02-29", id="a date"),
            pytest.param(decimal.Decimal("1.50"), "1.50", id="a decimal"),
            pytest.param({3}, [3], id="a set"),
            pytest.param([math.inf, math.nan], ["inf", "nan"], id="no numbers"),
            pytest.param([10**80, 10**9], ["<int>", 10**9], id="large numbers"),
            pytest.param(object(), "<object>", id="an object"),
            pytest.param("x" * 1001, "x" * 1000 + "…", id="a long text"),
            pytest.param("a\0b\ud800", "a\ufffdb\ufffd", id="control characters"),
            pytest.param(Markup("<b>"), "<b>", id="markup"),
            pytest.param(list(range(102)), [*range(100), "and 2 more"], id="a long list"),
            pytest.param(SELF, [[[[[["<list>"]]]]]], id="a list that contains itself"),
            pytest.param(
                Deep(),
                {"deeper": {"deeper": {"deeper": {"deeper": {"deeper": {"deeper": "<Deep>"}}}}}},
                id="deep nesting",
            ),
            pytest.param(None, None, id="nothing"),
        ],
    )
    def test_data_is_made_plain(self, context, data, data_of):
        assert data_of(Showing(context)) == data

    def test_a_large_mapping_is_cut_off(self, data_of):
        data = data_of(Showing({str(number): number for number in range(103)}))
        assert (len(data), data["99"], data["…"]) == (101, 99, "and 3 more")


class TestPage:
    def test_a_mapping_is_shown_as_names_and_values(self, page, read):
        context = {
            "uptime_seconds": 7325,
            "memory_bytes": 1536,
            "parent_pid": 12345,
            "waiting": 12345,
            "is_paused": False,
            "is_ready": True,
            "last_error": None,
            "names": [],
            "load": [0.5, 1234.25],
            "hosts": ["a", "b"],
            "paths": ["a", "b", "c", "d"],
            "mixed": ["a", {"b": 1}],
            "limits": {"open_files": 4},
            "jobs": [{"name": "x", "idle_seconds": 0.25}, {"name": "y"}],
        }
        view = page(with_peripherals(Showing(context)))
        assert view.facts(view.section("Shown")) == {
            "Uptime": "2:02:05",
            "Memory": "1.5K",
            "Parent pid": "12345",
            "Waiting": "12345",
            "Is paused": "no",
            "Is ready": "yes",
            "Last error": "none",
            "Names": "none",
            "Load": "0.5, 1234.25",
            "Hosts": "a, b",
            "Paths": "a, b, c, d",
            "Mixed": "a, B 1",
            "Limits": "Open files 4",
            "Jobs": "Name Idle x 0.25 s y none",
        }
        assert view.rows("Shown") == [
            {"Name": "x", "Idle": "0.25 s"},
            {"Name": "y", "Idle": "none"},
        ]

    @pytest.mark.parametrize(
        ("name", "value", "shown"),
        [
            ("age_seconds", 0, "0 s"),
            ("age_seconds", 0.0125, "0.0125 s"),
            ("age_seconds", 61, "0:01:01"),
            ("age_seconds", 86_400 + 7200, "1 day, 2:00:00"),
            ("age_seconds", 2**255, "5.79e+76 s"),
            ("age_bytes", 0, "0.0B"),
            ("age_bytes", 5 * 2**30, "5.0G"),
        ],
    )
    def test_numbers_are_shown_in_suitable_units(self, name, value, shown, page):
        view = page(with_peripherals(Showing({name: value})))
        assert view.facts(view.section("Shown")) == {"Age": shown}

    @pytest.mark.parametrize(
        ("context", "shown"),
        [("<b>", "Shown <b>"), ({}, "Shown none"), ([1, 2], "Shown 1, 2")],
        ids=["a text", "an empty mapping", "a list"],
    )
    def test_other_data_is_shown_too(self, context, shown, page, read):
        assert read(page(with_peripherals(Showing(context))).section("Shown")) == shown

    def test_a_peripheral_can_render_markup(self, page):
        rendering = Rendering({"n": 3}, lambda data: Markup("<b>%s</b>") % data["n"])
        view = page(with_peripherals(rendering))
        assert view.one("b", view.section("Shown")).text == "3"

    def test_rendered_text_is_escaped(self, page):
        rendering = Rendering({"n": 3}, lambda data: f"<b>{data['n']}</b>")
        view = page(with_peripherals(rendering))
        assert view.all("b", view.section("Shown")) == []
        assert "&lt;b&gt;3&lt;/b&gt;" in view.html


class TestFailures:
    def test_an_unavailable_peripheral_says_why(self, report, page, read):
        application = with_peripherals(Showing(Unavailable("No queue at redis://x:canary@host.")))
        reason = "No queue at redis://x:[masked]@host."
        (section,) = report(application)["sections"]
        assert (section["unavailable"], section["data"], section["problem"]) == (reason, None, None)
        assert read(page(application).section("Shown")) == f"Shown {reason}"

    @pytest.mark.parametrize(
        ("broken", "error"),
        [
            pytest.param(Showing(ValueError("canary")), "ValueError", id="an exception"),
            pytest.param(Showing(NotFound("canary")), "NotFound", id="an HTTP error"),
            pytest.param(Showing(Unprintable()), "Unprintable", id="an error without a text"),
            pytest.param(
                Showing({"a": type("Bad", (), {"to_dict": lambda self: 1 / 0})()}),
                "ZeroDivisionError",
                id="an error in the data",
            ),
            pytest.param(Silent(), "NotImplementedError", id="no get_context"),
        ],
    )
    def test_a_broken_peripheral_shows_the_type_of_the_error_in_its_own_section(
        self, broken, error, report, page, read, caplog
    ):
        application = with_peripherals(Showing(1, "Before"), broken, Showing(2, "After"))
        before, section, after = report(application)["sections"]
        assert (before["data"], after["data"]) == (1, 2)
        assert section["data"] is None
        assert section["problem"] == f"Failed with {error}. See the log."
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("clastic", logging.ERROR)
        assert record.getMessage() == f"Meta peripheral {type(broken).__name__} failed"
        assert record.exc_info[0].__name__ == error
        view = page(application)
        assert f"Failed with {error}." in read(view.section(broken.title))
        assert read(view.section("After")) == "After 2"
        assert "canary" not in view.html

    @pytest.mark.parametrize(
        "rendered",
        [
            pytest.param(lambda data: 1 / 0, id="in render"),
            pytest.param(lambda data: Markup("%s") % Unwritable(), id="in the rendered object"),
        ],
    )
    def test_a_broken_render_leaves_the_json_as_it_is(self, rendered, report, page, read, caplog):
        application = with_peripherals(Rendering({"n": 3}, rendered), Showing(2, "After"))
        assert report(application)["sections"][0]["data"] == {"n": 3}
        view = page(application)
        assert "Failed with ZeroDivisionError. See the log" in read(view.section("Shown"))
        assert read(view.section("After")) == "After 2"
        assert len(caplog.records) == 1


def missing(*arguments, **options):
    raise OSError("not here")


class TestProcess:
    def test_ids_folder_and_threads_are_shown(self, data_of):
        data = data_of(ProcessPeripheral())
        assert (data["pid"], data["parent_pid"]) == (os.getpid(), os.getppid())
        assert data["working_directory"] == os.getcwd()
        assert data["threads"] == threading.active_count()

    @ON_LINUX
    def test_open_files_are_counted(self, data_of, tmp_path):
        before = data_of(ProcessPeripheral())
        with open(tmp_path / "file", "w"):
            assert data_of(ProcessPeripheral())["open_files"] == before["open_files"] + 1

    def test_the_uptime_begins_at_construction(self, data_of, monkeypatch):
        peripheral = ProcessPeripheral()
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 60)
        assert 60 <= data_of(peripheral)["uptime_seconds"] < 120

    @pytest.mark.parametrize(
        ("arguments", "program"),
        [(["serve.py", "--password", "canary"], "serve.py"), ([], None)],
        ids=["a program", "no program"],
    )
    def test_the_program_is_shown_without_its_arguments(
        self, arguments, program, data_of, monkeypatch
    ):
        monkeypatch.setattr(sys, "argv", arguments)
        assert data_of(ProcessPeripheral())["program"] == program

    def test_values_that_the_system_does_not_provide_are_none(self, data_of, monkeypatch):
        for name in ("getcwd", "listdir"):
            monkeypatch.setattr(os, name, missing)
        monkeypatch.delattr(sys, "argv")
        data = data_of(ProcessPeripheral())
        names = ("program", "working_directory", "open_files")
        assert [data[name] for name in names] == [None, None, None]


class TestHost:
    def test_name_system_and_processors_are_shown(self, data_of):
        data = data_of(HostPeripheral())
        assert data["name"] == platform.node()
        assert data["system"].startswith(platform.system())
        assert data["processors"] == os.cpu_count()

    @ON_LINUX
    def test_load_and_memory_are_shown(self, data_of):
        data = data_of(HostPeripheral())
        assert 1 <= data["usable_processors"] <= data["processors"]
        assert len(data["load"]) == 3
        assert data["memory_bytes"] > 2**20

    def test_values_that_the_system_does_not_provide_are_none(self, data_of, monkeypatch):
        monkeypatch.delattr(os, "getloadavg", raising=False)
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        monkeypatch.delattr(os, "sysconf", raising=False)
        data = data_of(HostPeripheral())
        names = ("load", "usable_processors", "memory_bytes")
        assert [data[name] for name in names] == [None] * 3


class TestUsage:
    @pytest.mark.parametrize(("system", "unit"), [("linux", 1024), ("darwin", 1)])
    def test_times_memory_and_counts_are_shown(self, system, unit, data_of, monkeypatch):
        resource = pytest.importorskip("resource")
        monkeypatch.setattr(sys, "platform", system)
        data = data_of(UsagePeripheral())
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert 0 < data["peak_memory_bytes"] <= most * unit
        assert data["user_time_seconds"] > 0
        assert data["system_time_seconds"] >= 0
        counts = ("minor_page_faults", "major_page_faults", "voluntary_switches", "forced_switches")
        assert all(data[name] >= 0 for name in counts)

    def test_systems_without_getrusage_are_unavailable(self, report, monkeypatch):
        monkeypatch.setitem(sys.modules, "resource", None)
        (section,) = report(with_peripherals(UsagePeripheral()))["sections"]
        assert section["data"] is None
        assert section["unavailable"] == "This operating system does not report resource use."


class TestRuntime:
    def test_versions_are_shown(self, data_of):
        data = data_of(RuntimePeripheral())
        assert data["python"] == platform.python_version()
        assert data["implementation"].startswith(platform.python_implementation())
        assert data["executable"] == sys.executable
        assert data["packages"]["werkzeug"] == importlib.metadata.version("werkzeug")

    def test_a_package_that_is_not_installed_has_no_version(self, data_of, monkeypatch):
        def find_none(name):
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata.Distribution, "from_name", find_none)
        assert set(data_of(RuntimePeripheral())["packages"].values()) == {None}

    def test_the_garbage_collector_is_shown(self, data_of):
        collector = data_of(RuntimePeripheral())["garbage_collector"]
        assert collector["is_enabled"] is gc.isenabled()
        assert len(collector["runs"]) == len(gc.get_stats())

    def test_flags_modules_and_path_are_shown(self, data_of, monkeypatch):
        monkeypatch.setattr(sys, "path", [*sys.path, "/somewhere/else"])
        data = data_of(RuntimePeripheral())
        assert all(getattr(sys.flags, name) == value != 0 for name, value in data["flags"].items())
        assert data["path"][-1] == "/somewhere/else"
        assert data["modules"] == len(sys.modules)
