"""What Python values become in JSON, seen through the renders that write it."""

from __future__ import annotations

import json
import sqlite3
from collections import ChainMap, UserString, deque, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from uuid import UUID

import pytest

from clastic.render import JSONRender, render_json

Point = namedtuple("Point", "x y")


class Colour(Enum):
    RED = "red"
    DAY = date(2024, 2, 29)


class Level(IntEnum):
    LOW = 1


@dataclass
class Link:
    alias: str
    day: date


class WithToDict:
    def to_dict(self):
        return {"kind": "to_dict", "points": (Point(1, 2),)}


class WithAsdict:
    def asdict(self):
        return {"kind": "asdict"}


class WithUnderscoreAsdict:
    def _asdict(self):
        return ChainMap({"kind": "_asdict"})


def rendered(context, render=render_json):
    return json.loads(render(context).get_data())


def database_row():
    connection = sqlite3.connect(":memory:")
    try:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 1 as id, 'x' as name").fetchone()
    finally:
        connection.close()


VALUES = [
    ("a dict", {"a": [1, 2.5, True, None, "x"]}, {"a": [1, 2.5, True, None, "x"]}),
    ("a mapping that is no dict", ChainMap({"a": 1}), {"a": 1}),
    ("a tuple", (1, 2), [1, 2]),
    ("a named tuple, which stays a list", Point(1, 2), [1, 2]),
    ("a set", {7}, [7]),
    ("a deque", deque([1, 2]), [1, 2]),
    ("the values of a dict", {"a": 1}.values(), [1]),
    ("a range", range(3), [0, 1, 2]),
    ("a generator", (number for number in (1, 2)), [1, 2]),
    ("a generator of sets", ({number} for number in (1, 2)), [[1], [2]]),
    ("a generator inside a dict", {"a": (n for n in (1, 2))}, {"a": [1, 2]}),
    ("a generator after a date", [date(2024, 2, 29), iter([1])], ["2024-02-29", [1]]),
    ("an empty generator", iter(()), []),
    ("to_dict()", WithToDict(), {"kind": "to_dict", "points": [[1, 2]]}),
    ("asdict()", WithAsdict(), {"kind": "asdict"}),
    ("_asdict() that gives a mapping", WithUnderscoreAsdict(), {"kind": "_asdict"}),
    ("a dataclass", Link("abc", date(2024, 2, 29)), {"alias": "abc", "day": "2024-02-29"}),
    ("a row of a database", database_row(), {"id": 1, "name": "x"}),
    ("a date", date(2024, 2, 29), "2024-02-29"),
    ("a datetime", datetime(2024, 2, 29, 1, 2, 3), "2024-02-29T01:02:03"),
    (
        "a datetime with a zone",
        datetime(2024, 2, 29, tzinfo=timezone.utc),
        "2024-02-29T00:00:00+00:00",
    ),
    ("a time", time(1, 2, 3), "01:02:03"),
    ("a timedelta in seconds", timedelta(minutes=1, milliseconds=500), 60.5),
    ("a UUID", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("a Decimal, every digit of it", Decimal("0.10"), "0.10"),
    ("a member of an Enum", Colour.RED, "red"),
    ("a member of an Enum of dates", Colour.DAY, "2024-02-29"),
    ("a member of an IntEnum", Level.LOW, 1),
    ("bytes", "é".encode(), "é"),
    ("a bytearray", bytearray(b"a"), "a"),
    ("a memoryview", memoryview(b"a"), "a"),
    ("a path", PurePosixPath("/a/b"), "/a/b"),
    ("a UserString", UserString("abc"), "abc"),
    ("text beyond ASCII", "é\u2028\U0001f600", "é\u2028\U0001f600"),
    ("an unpaired surrogate", "\ud800", "\ud800"),
]


@pytest.mark.parametrize(
    ("context", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_value_becomes(context, expected):
    assert rendered(context) == expected


KEYS = [
    ("an int", 1, "1"),
    ("a float", 1.5, "1.5"),
    ("True", True, "true"),
    ("None", None, "null"),
    ("a date", date(2024, 2, 29), "2024-02-29"),
    ("a UUID", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("a Decimal", Decimal("1.10"), "1.10"),
    ("bytes", b"a", "a"),
    ("a member of an Enum", Colour.RED, "red"),
    ("a member of an Enum of dates", Colour.DAY, "2024-02-29"),
    ("a timedelta", timedelta(seconds=1), "1.0"),
]


@pytest.mark.parametrize("other_key", ["plain", date(1970, 1, 1)], ids=["fast", "by a copy"])
@pytest.mark.parametrize(
    ("key", "expected"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS]
)
def test_key_becomes_text(key, expected, other_key):
    assert rendered({key: 7, other_key: 8})[expected] == 7


def test_encoding_of_bytes_can_be_set():
    assert rendered({b"k\xe9y": b"\xe9"}, JSONRender(encoding="latin-1")) == {"kéy": "é"}


def test_unknown_encoding_is_refused_at_construction():
    with pytest.raises(LookupError, match="unknown encoding: utf-9"):
        JSONRender(encoding="utf-9")
