"""How JSON is written: with and without the encoder in C, and a member at a time."""

from __future__ import annotations

import json
from datetime import date

import pytest

from clastic.render.json_encoding import JSONEncoding


@pytest.fixture(params=["C", "Python"])
def make_encoding(request, monkeypatch):
    """JSONEncoding, on an interpreter with and on one without the encoder in C."""
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
def test_writes(make_encoding, options, expected):
    assert make_encoding(**options).encode(CONTEXT).decode() == expected


def test_sorts_keys_of_several_types_by_their_text(make_encoding):
    encoding = make_encoding(sort_keys=True)
    assert encoding.encode({2: 1, "10": 2, None: 3}) == b'{"10":2,"2":1,"null":3}'


@pytest.mark.parametrize(
    ("context", "message"),
    [([float("nan")], r"context\[0\] is nan"), ([object()], r"context\[0\] is of type object")],
    ids=["NaN", "an object"],
)
def test_refuses(make_encoding, context, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make_encoding().encode(context)


def test_ends_a_circle(make_encoding):
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match=r"context\[0\] is a list that contains itself"):
        make_encoding().encode(circle)


def test_trail_leads_to_the_place(make_encoding):
    with pytest.raises(ValueError, match=r"context\['rows'\]\[7\]\['x'\] is nan"):
        make_encoding().encode({"x": float("nan")}, ("rows", 7))


STREAMS = [
    ("a list", [1, {"a": 2}], [b"[1", b',{"a":2}', b"]"]),
    ("an iterator", iter([1, 2]), [b"[1", b",2", b"]"]),
    ("a dict", {"a": 1, 2: iter("x")}, [b'{"a":1', b',"2":["x"]', b"}"]),
    ("an empty list", [], [b"[]"]),
    ("an empty iterator", iter(()), [b"[]"]),
    ("an empty dict", {}, [b"{}"]),
    ("a set", {1}, [b"[1]"]),
    ("text", "abc", [b'"abc"']),
]


@pytest.mark.parametrize(
    ("context", "chunks"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS]
)
def test_streams(context, chunks):
    assert list(JSONEncoding().iter_encode(context)) == chunks


@pytest.mark.parametrize("context", [[1, {"a": [2]}], {"a": [1], "b": {}}], ids=["list", "dict"])
def test_streams_json_when_indented(context):
    assert json.loads(b"".join(JSONEncoding(indent=2).iter_encode(context))) == context


def test_stream_takes_a_member_only_when_it_is_wanted():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield number

    chunks = JSONEncoding().iter_encode(rows())
    next(chunks)
    assert taken == [0]


def test_stream_names_the_place_of_what_it_cannot_write():
    chunks = JSONEncoding().iter_encode(iter([1, {"x": float("nan")}]))
    assert next(chunks) == b"[1"
    with pytest.raises(ValueError, match=r"context\[1\]\['x'\] is nan"):
        next(chunks)
