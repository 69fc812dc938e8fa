"""Encode values as JSON: their forms, what is refused and how, and streaming."""

from __future__ import annotations

import json
import sqlite3
from collections import ChainMap, OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.json import JSONEncoding, NoJSONForm

STRICT = JSONEncoding()
LENIENT = JSONEncoding(lenient=True)

Point = namedtuple("Point", "x y")


class Colour(Enum):
    RED = "red"
    DAY = date(2024, 2, 29)


class Corner(Enum):
    ORIGIN = (0, 0)


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


class IterableWithToDict(WithToDict):
    def __iter__(self):
        return iter(("kind", {1: object()}))


class ToDictReturnsList:
    def to_dict(self):
        return ["a"]


class Endless:
    def to_dict(self):
        return {"next": Endless()}


class BrokenToDict:
    def to_dict(self):
        raise RuntimeError("the database is gone")


class DecodingToDict:
    def to_dict(self):
        return {"name": b"\xff".decode()}


class Opaque:
    def __repr__(self):
        return "<Opaque>"


class Unrepresentable:
    def __repr__(self):
        raise RuntimeError("no repr either")


def encoded(value, encoding=STRICT):
    return json.loads(encoding.encode(value))


def database_row():
    connection = sqlite3.connect(":memory:")
    try:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 1 as id, 'x' as name").fetchone()
    finally:
        connection.close()


def circle():
    links = {"links": []}
    links["links"].append(links)
    return links


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


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
    (
        "to_dict() of an iterable",
        IterableWithToDict(),
        {"kind": "to_dict", "points": [[1, 2]]},
    ),
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
    ("text beyond ASCII", "é\u2028\U0001f600", "é\u2028\U0001f600"),
    ("an unpaired surrogate", "\ud800", "\ud800"),
]


@pytest.mark.parametrize(
    ("value", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_a_value_has_its_form_in_json(value, expected):
    assert encoded(value) == expected


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
def test_a_key_becomes_text(key, expected, other_key):
    assert encoded({key: 7, other_key: 8})[expected] == 7


def test_the_encoding_of_bytes_can_be_set():
    assert encoded({b"k\xe9y": b"\xe9"}, JSONEncoding(encoding="latin-1")) == {"kéy": "é"}


def test_an_unknown_encoding_is_refused_at_construction():
    with pytest.raises(LookupError, match="unknown encoding: utf-9"):
        JSONEncoding(encoding="utf-9")


FAILURES = [
    (
        "an object that JSON has nothing for",
        {"links": [1, (Opaque(),)]},
        "context['links'][1][0] is of type Opaque, which has no JSON form and no to_dict() method",
    ),
    (
        "such an object as the context",
        Opaque(),
        "context is of type Opaque, which has no JSON form and no to_dict() method",
    ),
    (
        "such an object from a generator",
        (item for item in (1, Opaque())),
        "context[1] is of type Opaque, which has no JSON form and no to_dict() method",
    ),
    (
        "a tuple as a key",
        {"a": {(1, 2): 3}},
        "context['a'] has the key (1, 2), but the keys of JSON are text",
    ),
    (
        "a member of an Enum of tuples as a key",
        {Corner.ORIGIN: 3},
        "context has the key <Corner.ORIGIN: (0, 0)>, but the keys of JSON are text",
    ),
    (
        "bytes that are no text as a key",
        {b"\xff": 3},
        r"context[b'\xff'] is bytes that are not utf-8 text",
    ),
    (
        "an object as a key",
        {Opaque(): 3},
        "context[<Opaque>] is of type Opaque, which has no JSON form and no to_dict() method",
    ),
    (
        "NaN",
        {"ratio": float("nan")},
        "context['ratio'] is nan, which JSON cannot represent",
    ),
    ("infinity", [float("-inf")], "context[0] is -inf, which JSON cannot represent"),
    ("NaN as a key", {float("nan"): 1}, "context[nan] is nan, which JSON cannot represent"),
    (
        "bytes that are no text",
        {"body": b"\xff"},
        "context['body'] is bytes that are not utf-8 text",
    ),
    ("a circle", circle(), "context['links'][0] is a dict that contains itself"),
]


@pytest.mark.parametrize(
    ("context", "message"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
def test_a_failure_names_the_place_and_the_remedy(context, message):
    with pytest.raises(NoJSONForm) as caught:
        STRICT.encode(context)
    assert str(caught.value) == (
        f"{message}.\n"
        "  Convert it in the endpoint, or use render_json_dev, which falls back to repr."
    )


def test_a_to_dict_that_returns_a_list_is_refused():
    with pytest.raises(TypeError) as caught:
        STRICT.encode([ToDictReturnsList()])
    assert str(caught.value) == (
        "ToDictReturnsList.to_dict() returned a list.\n  Return a dict from it."
    )


@pytest.mark.parametrize("context", [nested(100_000), Endless()], ids=["lists", "a to_dict()"])
def test_a_value_that_is_nested_too_deeply_is_a_recursion_error(context):
    with pytest.raises(RecursionError):
        STRICT.encode(context)


def test_an_error_of_a_to_dict_is_not_changed():
    with pytest.raises(RuntimeError, match=r"^the database is gone$"):
        STRICT.encode({"links": [BrokenToDict()]})


def test_a_decoding_error_of_a_to_dict_is_not_changed():
    with pytest.raises(UnicodeDecodeError):
        STRICT.encode([DecodingToDict()])


def test_a_value_that_occurs_twice_is_not_a_circle():
    shared = [1]
    assert encoded([shared, {date(2024, 2, 29): shared}, iter([shared])]) == [
        [1],
        {"2024-02-29": [1]},
        [[1]],
    ]


def test_an_iterator_is_read_once():
    used = []

    def numbers():
        for number in range(3):
            used.append(number)
            yield number

    assert encoded({date(2024, 2, 29): numbers(), "after": {1}}) == {
        "2024-02-29": [0, 1, 2],
        "after": [1],
    }
    assert used == [0, 1, 2]


def test_a_value_is_not_changed():
    context = {date(2024, 2, 29): [{1}], "more": (1, iter(()))}
    before = dict(context)
    STRICT.encode(context)
    assert context == before


LENIENT_VALUES = [
    ("an object", [Opaque()], ["<Opaque>"]),
    (
        "an object whose repr fails",
        [Unrepresentable()],
        ["<Unrepresentable whose repr failed: RuntimeError>"],
    ),
    ("a class", [Opaque], [repr(Opaque)]),
    ("NaN", [float("nan")], ["nan"]),
    ("NaN as a key", {float("nan"): 1}, {"nan": 1}),
    ("bytes that are no text", [b"\xff"], [r"b'\xff'"]),
    ("a tuple as a key", {(1, 2): 3}, {"(1, 2)": 3}),
    ("a circle", circle(), {"links": ["<dict that contains itself>"]}),
    ("what follows a failure", [Opaque(), {"a": 1}], ["<Opaque>", {"a": 1}]),
    ("a generator", (n for n in (1, {2})), [1, [2]]),
    ("an unpaired surrogate", ["\ud800"], ["\ud800"]),
]


@pytest.mark.parametrize(
    ("context", "expected"),
    [row[1:] for row in LENIENT_VALUES],
    ids=[row[0] for row in LENIENT_VALUES],
)
def test_lenient_encoding_shows_every_value(context, expected):
    assert encoded(context, LENIENT) == expected


def test_lenient_encoding_shows_the_error_of_a_to_dict():
    (shown,) = encoded([BrokenToDict()], LENIENT)
    assert shown.startswith("<")
    assert shown.endswith("(RuntimeError: the database is gone)")


def test_lenient_encoding_continues_after_a_broken_member():
    def rows():
        yield 1
        raise RuntimeError("connection lost")

    first, second = encoded([{"rows": rows()}, {"name": "x"}], LENIENT)
    assert "RuntimeError: connection lost" in first["rows"]
    assert second == {"name": "x"}


@pytest.mark.parametrize("context", [nested(100_000), Endless()], ids=["lists", "a to_dict()"])
@pytest.mark.parametrize("indent", [None, 2])
def test_lenient_encoding_cuts_values_that_are_nested_too_deep(context, indent):
    assert b"RecursionError" in JSONEncoding(lenient=True, indent=indent).encode(context)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_json_is_read_back_unchanged(value):
    assert encoded(value) == value


@given(JSON_VALUES)
def test_a_copy_is_encoded_like_the_value(value):
    assert encoded({"a": value, "b": iter((value,))}) == {"a": value, "b": [value]}


@given(JSON_VALUES)
def test_lenient_encoding_writes_the_same_json(value):
    assert encoded(value, LENIENT) == value


@pytest.fixture(params=["C", "Python"])
def make_encoding(request, monkeypatch):
    """JSONEncoding on an interpreter with and on one without the C encoder."""
    if request.param == "Python":
        monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    return JSONEncoding


CONTEXT = {"b": [1, "é", {"x": None}], "a": date(2024, 2, 29)}

WAYS = [
    ("compact", {}, '{"b":[1,"é",{"x":null}],"a":"2024-02-29"}'),
    ("sorted", {"sort_keys": True}, '{"a":"2024-02-29","b":[1,"é",{"x":null}]}'),
    (
        "indented",
        {"indent": 1},
        '{\n "b": [\n  1,\n  "é",\n  {\n   "x": null\n  }\n ],\n "a": "2024-02-29"\n}',
    ),
]


@pytest.mark.parametrize(
    ("options", "expected"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS]
)
def test_json_is_written_with_the_given_options(make_encoding, options, expected):
    assert make_encoding(**options).encode(CONTEXT).decode() == expected


def test_keys_of_several_types_are_sorted_by_their_text(make_encoding):
    encoding = make_encoding(sort_keys=True)
    assert encoding.encode({2: 1, "10": 2, None: 3}) == b'{"10":2,"2":1,"null":3}'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([float("nan")], r"context\[0\] is nan"),
        ([object()], r"context\[0\] is of type object"),
        (circle(), r"context\['links'\]\[0\] is a dict that contains itself"),
    ],
    ids=["NaN", "an object", "a circle"],
)
def test_a_value_without_a_form_in_json_is_refused(make_encoding, value, message):
    with pytest.raises(NoJSONForm, match=message):
        make_encoding().encode(value)


def test_a_given_trail_is_part_of_the_place(make_encoding):
    with pytest.raises(NoJSONForm, match=r"context\['rows'\]\[7\]\['x'\] is nan"):
        make_encoding().encode({"x": float("nan")}, ("rows", 7))


STREAMS = [
    ("an iterator", iter([1, {"a": 2}]), [b"[1", b',{"a":2}', b"]"]),
    ("an empty iterator", iter(()), [b"[]"]),
    ("a list", [1, 2], [b"[1,2]"]),
    ("text", "abc", [b'"abc"']),
    ("a number", 7, [b"7"]),
    (
        "an iterable with to_dict()",
        IterableWithToDict(),
        [b'{"kind":"to_dict","points":[[1,2]]}'],
    ),
]


@pytest.mark.parametrize(
    ("context", "chunks"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS]
)
def test_a_stream_has_a_chunk_for_each_member(context, chunks):
    assert list(STRICT.iter_encode(context)) == chunks


def test_an_indented_stream_is_json():
    chunks = JSONEncoding(indent=2).iter_encode(iter([1, {"a": [2]}]))
    assert json.loads(b"".join(chunks)) == [1, {"a": [2]}]


def test_a_stream_reads_a_member_only_when_it_is_needed():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield number

    chunks = STRICT.iter_encode(rows())
    next(chunks)
    assert taken == [0]


def test_an_error_in_a_stream_names_the_place():
    chunks = STRICT.iter_encode(iter([1, {"x": float("nan")}]))
    assert next(chunks) == b"[1"
    with pytest.raises(NoJSONForm, match=r"context\[1\]\['x'\] is nan"):
        next(chunks)


class TestEqualKeys:
    """Two keys that are one in JSON: readers would keep either value."""

    VALUES = (
        ({1: "a", "1": "b"}, "context", "1"),
        ([{"x": {True: 1, "true": 2}}], "context[0]['x']", "true"),
        ({None: 1, "null": 2}, "context", "null"),
        ({"1.5": 1, 1.5: 2}, "context", "1.5"),
        ({date(2024, 2, 29): 1, "2024-02-29": 2}, "context", "2024-02-29"),
        ((1, {"a": [{-1: 1, "-1": 2}]}), "context[1]['a'][0]", "-1"),
        ({"a": OrderedDict({1: "a", "1": "b"})}, "context['a']", "1"),
        ({"a": MappingProxyType({"b": {1: "a", "1": "b"}})}, "context['a']['b']", "1"),
    )

    @pytest.mark.parametrize(("value", "place", "key"), VALUES, ids=repr)
    @pytest.mark.parametrize("options", [{}, {"indent": 2}, {"sort_keys": True}], ids=str)
    def test_equal_keys_are_an_error_with_their_place(
        self, make_encoding, options, value, place, key
    ):
        with pytest.raises(NoJSONForm) as caught:
            make_encoding(**options).encode(value)
        assert str(caught.value).startswith(f"{place} has two keys that are both {key!r} in JSON.")

    def test_equal_keys_are_allowed_in_lenient_encoding(self):
        assert encoded({1: "a", "1": "b"}, LENIENT) == {"1": "b"}

    @pytest.mark.parametrize(
        "value",
        [{1: "a", "2": "b"}, {None: 1, True: 2, 0: 3}, {"1": 1}, [{1: 1}, {"1": 2}]],
        ids=repr,
    )
    def test_other_keys_of_several_types_are_written(self, make_encoding, value):
        assert json.loads(make_encoding().encode(value)) == json.loads(json.dumps(value))
