"""Peripherals: what they tell, each in a box of its own, and that none breaks another."""

import dataclasses
import datetime
import decimal
import enum
import logging
import math
import re

import pytest
from markupsafe import Markup

from clastic.application import Application
from clastic.errors import NotFound
from clastic.meta import MetaApplication, MetaPeripheral, Unavailable


class Telling(MetaPeripheral):
    """Tells what it is given."""

    title = "Told"

    def __init__(self, context, title="Told", group_key="peripherals"):
        self.context = context
        self.title = title
        self.group_key = group_key

    def get_context(self):
        if isinstance(self.context, Exception):
            raise self.context
        return self.context


class Rendering(Telling):
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


def with_peripherals(*peripherals):
    return Application([("/_meta", MetaApplication(peripherals=peripherals, base_peripherals=()))])


def data_of(context, report):
    (section,) = report(with_peripherals(Telling(context)))["sections"]
    return section["data"]


def test_one_is_told_by_group_title_and_data(report):
    assert report(with_peripherals(Telling({"waiting": 3})))["sections"] == [
        {
            "group_key": "peripherals",
            "title": "Told",
            "data": {"waiting": 3},
            "unavailable": None,
            "problem": None,
        }
    ]


def test_it_is_asked_anew_each_time(report):
    context = {"waiting": 3}
    application = with_peripherals(Telling(context))
    report(application)
    context["waiting"] = 4
    assert report(application)["sections"][0]["data"] == {"waiting": 4}


def test_those_of_one_group_stand_together(report, page, read):
    application = with_peripherals(
        Telling(1, "A", "one"), Telling(2, "B", "other_group"), Telling(3, "C", "one")
    )
    assert [each["title"] for each in report(application)["sections"]] == ["A", "C", "B"]
    navigation = page(application).one("nav")
    assert [read(item) for item in navigation.find("ul")[1:]] == ["One A C", "Other group B"]


def test_they_come_after_what_is_told_about_the_server(report):
    application = Application([("/_meta", MetaApplication(peripherals=[Telling(1)]))])
    titles = [each["title"] for each in report(application)["sections"]]
    assert titles == ["Process", "Host", "Resource use", "Runtime", "Told"]


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


@pytest.mark.parametrize(
    ("context", "data"),
    [
        pytest.param(
            {"a": {"b": [1, 2.5, None, True]}}, {"a": {"b": [1, 2.5, None, True]}}, id="plain"
        ),
        pytest.param(Job("x"), {"name": "x", "password": "[masked]"}, id="a dataclass"),
        pytest.param(
            {1: "a", None: "b", Color.RED: "c", (1, 2): "d"},
            {"1": "a", "None": "b", "RED": "c", "<tuple>": "d"},
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
        pytest.param("a\0b\ud800", "a\ufffdb\ufffd", id="text that cannot be shown"),
        pytest.param(Markup("<b>"), "<b>", id="markup"),
        pytest.param(list(range(102)), [*range(100), "and 2 more"], id="a long list"),
        pytest.param(SELF, [[[[[["<list>"]]]]]], id="a list of itself"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_its_data_is_made_plain(context, data, report):
    assert data_of(context, report) == data


def test_of_a_large_mapping_the_beginning_is_told(report):
    data = data_of({str(number): number for number in range(103)}, report)
    assert (len(data), data["99"], data["…"]) == (101, 99, "and 3 more")


def test_what_is_nested_deep_is_cut_off(report):
    assert data_of(Deep(), report) == {
        "deeper": {"deeper": {"deeper": {"deeper": {"deeper": {"deeper": "<Deep>"}}}}}
    }


def test_a_mapping_is_shown_as_a_table_with_a_caption(page, read):
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
        "limits": {"open_files": 4},
        "jobs": [{"name": "x", "idle_seconds": 0.25}, {"name": "y"}],
    }
    view = page(with_peripherals(Telling(context)))
    section = view.section("Told")
    assert read(view.one("caption", section)) == "Told"
    table = view.one("table", section, class_="record")
    rows = {read(row[0]): row[1] for row in table.findall("tr")}
    assert {name: read(cell) for name, cell in rows.items()} == {
        "Uptime": "2 h 2 min",
        "Memory": "1.5 KiB",
        "Parent PID": "12345",
        "Waiting": "12,345",
        "Is paused": "no",
        "Is ready": "yes",
        "Last error": "none",
        "Names": "empty",
        "Load": "0.5, 1,234.25",
        "Hosts": "a b",
        "Paths": "4 entries a b c d",
        "Limits": "open files 4",
        "Jobs": "name idle x 250 ms y none",
    }
    assert [read(cell) for cell in view.one("table", rows["Jobs"]).iter("th")] == ["name", "idle"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0125, "12.5 ms"),
        (1.5, "1.5 s"),
        (59.96, "60 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (86_400 + 7200, "1 d 2 h"),
    ],
)
def test_seconds_are_shown_in_fitting_units(seconds, shown, page):
    view = page(with_peripherals(Telling({"age_seconds": seconds})))
    assert view.rows("Told") == [["Age", shown]]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (5 * 2**30, "5.0 GiB"), (2**51, "2,048.0 TiB")],
)
def test_bytes_are_shown_in_fitting_units(count, shown, page):
    view = page(with_peripherals(Telling({"free_bytes": count})))
    assert view.rows("Told") == [["Free", shown]]


@pytest.mark.parametrize(
    ("context", "shown"), [("<b>", "Told <b>"), ({}, "Told empty"), ([1, 2], "Told 1, 2")]
)
def test_other_data_is_shown_as_it_is(context, shown, page, read):
    assert read(page(with_peripherals(Telling(context))).section("Told")) == shown


def test_one_can_make_markup_of_its_own(page):
    rendered = Rendering({"n": 3}, lambda data: Markup("<b>%s</b>") % data["n"])
    view = page(with_peripherals(rendered))
    assert view.one("b", view.section("Told")).text == "3"


def test_text_that_is_no_markup_is_escaped(page):
    rendered = Rendering({"n": 3}, lambda data: f"<b>{data['n']}</b>")
    view = page(with_peripherals(rendered))
    assert view.all("b", view.section("Told")) == []
    assert "&lt;b&gt;3&lt;/b&gt;" in view.html


def test_one_that_has_nothing_to_tell_here_says_why(report, page, read):
    application = with_peripherals(Telling(Unavailable("No queue at redis://x:canary@host.")))
    reason = "No queue at redis://x:[masked]@host."
    (section,) = report(application)["sections"]
    assert (section["unavailable"], section["data"], section["problem"]) == (reason, None, None)
    assert read(page(application).section("Told")) == f"Told {reason}"


BROKEN = [
    pytest.param(Telling(ValueError("canary")), "ValueError", id="in telling"),
    pytest.param(Telling(NotFound("canary")), "NotFound", id="by an HTTP error"),
    pytest.param(Telling(Unprintable()), "Unprintable", id="by an error without a text"),
    pytest.param(
        Telling({"a": type("Bad", (), {"to_dict": lambda self: 1 / 0})()}),
        "ZeroDivisionError",
        id="in its data",
    ),
    pytest.param(Silent(), "NotImplementedError", id="without anything to tell"),
]


@pytest.mark.parametrize(("broken", "error"), BROKEN)
def test_a_broken_one_shows_the_type_of_the_error_in_its_own_box(
    broken, error, report, page, read, caplog
):
    application = with_peripherals(Telling(1, "Before"), broken, Telling(2, "After"))
    before, section, after = report(application)["sections"]
    assert (before["data"], after["data"]) == (1, 2)
    assert section["data"] is None
    said = re.fullmatch(
        rf"It failed with {error}\. The log has the rest: error id ([0-9a-f]{{8}})\.",
        section["problem"],
    )
    assert said
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("clastic", logging.ERROR)
    assert record.error_id == said[1]
    assert record.exc_info[0].__name__ == error
    view = page(application)
    assert f"It failed with {error}." in read(view.section(broken.title))
    assert read(view.section("After")) == "After 2"
    assert "canary" not in view.html


@pytest.mark.parametrize(
    "rendered",
    [
        pytest.param(lambda data: 1 / 0, id="in rendering"),
        pytest.param(lambda data: Markup("%s") % Unwritable(), id="in the text of what it renders"),
    ],
)
def test_one_whose_rendering_is_broken_is_told_in_json_all_the_same(
    rendered, report, page, read, caplog
):
    application = with_peripherals(Rendering({"n": 3}, rendered), Telling(2, "After"))
    assert report(application)["sections"][0]["data"] == {"n": 3}
    view = page(application)
    assert "It failed with ZeroDivisionError. The log" in read(view.section("Told"))
    assert read(view.section("After")) == "After 2"
    assert len(caplog.records) == 1


class Unwritable:
    def __str__(self):
        return str(1 / 0)
