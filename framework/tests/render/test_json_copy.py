"""What is said of a value that has no JSON form, and what is shown of it in dev mode."""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import date
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.render import render_json, render_json_dev

Point = namedtuple("Point", "x y")


class ToDictGivesList:
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


class Corner(Enum):
    ORIGIN = (0, 0)


class Opaque:
    def __repr__(self):
        return "<Opaque>"


class Unrepresentable:
    def __repr__(self):
        raise RuntimeError("no repr either")


def rendered(context, render=render_json):
    return json.loads(render(context).get_data())


def circle():
    links = {"links": []}
    links["links"].append(links)
    return links


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


PLAIN_KEY_ADVICE = "\n  Make it text in the endpoint, or return a list of pairs."
OPAQUE_ADVICE = (
    "\n  Convert it in the endpoint, give Opaque a to_dict() method, or use render_json_dev, which "
    "falls back to repr."
)

FAILURES = [
    (
        "an object that JSON has nothing for",
        {"links": [1, (Opaque(),)]},
        TypeError,
        "context['links'][1][0] is of type Opaque, which JSON has no form for." + OPAQUE_ADVICE,
    ),
    (
        "such an object as the context",
        Opaque(),
        TypeError,
        "context is of type Opaque, which JSON has no form for." + OPAQUE_ADVICE,
    ),
    (
        "such an object from a generator",
        (item for item in (1, Opaque())),
        TypeError,
        "context[1] is of type Opaque, which JSON has no form for." + OPAQUE_ADVICE,
    ),
    (
        "a to_dict() that gives a list",
        [ToDictGivesList()],
        TypeError,
        "ToDictGivesList.to_dict() gave a value of type list.\n  Return a dict from it.",
    ),
    (
        "a tuple as a key",
        {"a": {(1, 2): 3}},
        TypeError,
        "context['a'] has the key (1, 2), of type tuple; the keys of a JSON object are text."
        + PLAIN_KEY_ADVICE,
    ),
    (
        "a named tuple as a key",
        {Point(1, 2): 3},
        TypeError,
        "context has the key Point(x=1, y=2), of type Point; the keys of a JSON object are text."
        + PLAIN_KEY_ADVICE,
    ),
    (
        "bytes that are no text as a key",
        {b"\xff": 3},
        TypeError,
        r"context has the key b'\xff', of type bytes; the keys of a JSON object are text."
        + PLAIN_KEY_ADVICE,
    ),
    (
        "an object as a key",
        {Opaque(): 3},
        TypeError,
        "context has the key <Opaque>, of type Opaque; the keys of a JSON object are text."
        + PLAIN_KEY_ADVICE,
    ),
    (
        "a member of an Enum of tuples as a key",
        {Corner.ORIGIN: 3},
        TypeError,
        "context has the key <Corner.ORIGIN: (0, 0)>, of type Corner; the keys of a JSON object "
        "are text." + PLAIN_KEY_ADVICE,
    ),
    (
        "two keys of one text",
        {date(2024, 2, 29): 1, "2024-02-29": 2},
        ValueError,
        "context has two keys that are both '2024-02-29' in JSON.\n"
        "  Remove one of them, or make both text in the endpoint.",
    ),
    (
        "NaN",
        {"ratio": float("nan")},
        ValueError,
        "context['ratio'] is nan, which JSON has no number for.\n"
        "  Return None or text in its place.",
    ),
    (
        "infinity",
        [float("-inf")],
        ValueError,
        "context[0] is -inf, which JSON has no number for.\n  Return None or text in its place.",
    ),
    (
        "NaN as a key",
        {float("nan"): 1},
        ValueError,
        "context[nan] is nan, which JSON has no number for.\n  Return None or text in its place.",
    ),
    (
        "bytes that are no text",
        {"body": b"\xff"},
        ValueError,
        "context['body'] is bytes that are not utf-8 text (invalid start byte).\n"
        "  Decode it in the endpoint, or write it in base64.",
    ),
    (
        "a circle",
        circle(),
        ValueError,
        "context['links'][0] is a dict that contains itself.\n"
        "  Return its id or name there, or use render_json_dev, which cuts the circle.",
    ),
    (
        "lists nested too deep",
        nested(100_000),
        ValueError,
        "context[0][0][0] is nested deeper than Python's recursion limit.\n"
        "  Return something flatter.",
    ),
    (
        "a to_dict() without end",
        Endless(),
        ValueError,
        "context['next']['next']['next'] is nested deeper than Python's recursion limit.\n"
        "  Return something flatter.",
    ),
    (
        "an int that Python does not write out",
        [10**5000],
        ValueError,
        "context[0] is an int of more digits than Python writes out.\n"
        "  Make it text in the endpoint, for instance by hex().",
    ),
]


@pytest.mark.parametrize(
    ("context", "error_type", "message"),
    [row[1:] for row in FAILURES],
    ids=[row[0] for row in FAILURES],
)
def test_failure_names_the_place_and_the_remedy(context, error_type, message):
    with pytest.raises(error_type) as caught:
        render_json(context)
    assert str(caught.value) == message


def test_error_of_a_to_dict_comes_through_as_it_is():
    with pytest.raises(RuntimeError, match=r"^the database is gone$"):
        render_json({"links": [BrokenToDict()]})


def test_error_of_decoding_in_a_to_dict_comes_through_as_it_is():
    with pytest.raises(UnicodeDecodeError):
        render_json([DecodingToDict()])


def test_value_that_occurs_twice_is_no_circle():
    shared = [1]
    assert rendered([shared, {date(2024, 2, 29): shared}, iter([shared])]) == [
        [1],
        {"2024-02-29": [1]},
        [[1]],
    ]


def test_iterator_is_used_once():
    used = []

    def numbers():
        for number in range(3):
            used.append(number)
            yield number

    assert rendered({date(2024, 2, 29): numbers(), "after": {1}}) == {
        "2024-02-29": [0, 1, 2],
        "after": [1],
    }
    assert used == [0, 1, 2]


def test_context_stays_as_it_was():
    context = {date(2024, 2, 29): [{1}], "more": (1, iter(()))}
    before = dict(context)
    render_json(context)
    assert context == before


DEV_VALUES = [
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
    ("two keys of one text", {1: "a", "1": "b"}, {"1": "a", "'1'": "b"}),
    ("a circle", circle(), {"links": ["<dict that contains itself>"]}),
    ("an int that Python does not write out", [16**5000], ["0x1" + "0" * 5000]),
    ("what follows a failure", [Opaque(), {"a": 1}], ["<Opaque>", {"a": 1}]),
    ("a generator", (n for n in (1, {2})), [1, [2]]),
    ("an unpaired surrogate", ["\ud800"], ["\ud800"]),
]


@pytest.mark.parametrize(
    ("context", "expected"), [row[1:] for row in DEV_VALUES], ids=[row[0] for row in DEV_VALUES]
)
def test_dev_mode_shows(context, expected):
    assert rendered(context, render_json_dev) == expected


def test_dev_mode_tells_the_error_of_a_to_dict():
    (shown,) = rendered([BrokenToDict()], render_json_dev)
    assert shown.startswith("<")
    assert shown.endswith("(RuntimeError: the database is gone)")


def test_dev_mode_goes_on_after_a_broken_member():
    def rows():
        yield 1
        raise RuntimeError("connection lost")

    first, second = rendered([{"rows": rows()}, {"name": "x"}], render_json_dev)
    assert "RuntimeError: connection lost" in first["rows"]
    assert second == {"name": "x"}


@pytest.mark.parametrize("context", [nested(100_000), Endless()], ids=["lists", "a to_dict()"])
def test_dev_mode_ends_what_is_nested_too_deep(context):
    assert b"nested deeper than 100>" in render_json_dev(context).get_data()


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
def test_json_comes_back_as_it_was(value):
    assert rendered(value) == value


@given(JSON_VALUES)
def test_copy_is_written_as_the_value_is(value):
    assert rendered({"a": value, "b": iter((value,))}) == {"a": value, "b": [value]}


@given(JSON_VALUES)
def test_dev_mode_writes_json_as_it_is(value):
    assert rendered(value, render_json_dev) == value
