"""Any value is represented as short text, without its secrets."""

from __future__ import annotations

import enum
import functools
from collections import Counter, OrderedDict, UserDict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from clastic.debug.values import ValueWriter
from clastic.secrets import Secrets

MODULE = __name__


def write(value: Any, name: str = "value", secrets: Secrets | None = None) -> str:
    return ValueWriter(secrets or Secrets()).write(name, value).value


class Plain:
    """An object without a repr of its own."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Color(enum.Enum):
    RED = "r"


Point = namedtuple("Point", "x y")


@dataclass
class User:
    name: str
    password: str
    hidden: str = field(default="x", repr=False)


class OwnList(list):  # type: ignore[type-arg]
    """A list of another type."""


class Text:
    """An object with a repr of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


# Another type with the name of a built-in one.
NoDict = type("dict", (), {"__repr__": lambda self: "no dict"})


looped: list[Any] = [1]
looped.append(looped)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (True, "True"),
        (1.5, "1.5"),
        (7, "7"),
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        ("it's", '"it\'s"'),
        (Markup("<b>"), "Markup('<b>')"),
        (b"a\xff", r"b'a\xff'"),
        ([], "[]"),
        ([1, [2, "x"]], "[1, [2, 'x']]"),
        ((1,), "(1,)"),
        ({1}, "{1}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        (deque([1]), "deque([1])"),
        (OwnList([1]), "[1]"),
        ({"a": {1: None}, "b": {}}, "{'a': {1: None}, 'b': {}}"),
        (OrderedDict(a=1), repr(OrderedDict(a=1))),
        (Counter("a"), "Counter({'a': 1})"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (Color.RED, "<Color.RED: 'r'>"),
        (Plain, f"<class '{MODULE}.Plain'>"),
        (len, "<built-in function len>"),
        (functools.partial(int, base=2), "functools.partial(<class 'int'>, base=2)"),
        (MultiDict({"a": "1"}), "MultiDict([('a', '1')])"),
        (looped, "[1, [1, [1, [...]]]]"),
        ([[[[1]]]], "[[[[...]]]]"),
        (Text("a\x00b\ud800"), "a\ufffdb\ufffd"),
    ],
    ids=repr,
)
def test_a_value_is_represented(value: Any, shown: str) -> None:
    assert write(value) == shown


@pytest.mark.parametrize(
    ("value", "beginning", "end"),
    [
        pytest.param("x" * 5_000_000, "'xxxx", "xxx'...", id="text"),
        pytest.param(b"x" * 5_000_000, "b'xxxx", "xxx...", id="bytes"),
        pytest.param(10**4_000, "1000", "000...", id="a number"),
        pytest.param(list(range(1_000)), "[0, 1,", ", 14, ...] (1,000 items)", id="a list"),
        pytest.param({n: n for n in range(99)}, "{0: 0, ", ", 14: 14, ...} (99 items)", id="dict"),
        pytest.param(set(range(99)), "{0, ", ", 14, ...} (99 items)", id="a set"),
        pytest.param([["x"] * 15] * 20, "[['x'", ", ...] (20 items)", id="items of items"),
        pytest.param(["x" * 390] * 10, "['xxx", "xxx...", id="long items"),
        pytest.param(Text("x" * 9_000), "xxx", "xxx...", id="a long repr"),
    ],
)
def test_only_the_beginning_of_a_value_is_shown(value: Any, beginning: str, end: str) -> None:
    shown = write(value)

    assert shown.startswith(beginning)
    assert shown.endswith(end)
    assert len(shown) <= 1_250


def test_all_values_of_a_page_together_are_bounded() -> None:
    writer = ValueWriter(Secrets())
    shown = [writer.write("value", ["x" * 390] * 3).value for _ in range(300)]

    assert shown[-1] == "<not shown: the page is long enough>"
    assert sum(map(len, shown)) < 250_000


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param({"password": "abc", "n": 1}, "{'n': 1, 'password': [masked]}", id="a dict"),
        pytest.param({b"token": b"abc"}, "{b'token': [masked]}", id="bytes in a dict"),
        pytest.param({"secret": {"a": [1]}}, "{'secret': [masked]}", id="any type"),
        pytest.param([("token", "abc")], "[('token', [masked])]", id="a pair"),
        pytest.param(User("ann", "abc"), "User(name='ann', password=[masked])", id="a dataclass"),
        pytest.param(
            MultiDict([("pin", "12")]), "MultiDict([('pin', [masked])])", id="another repr"
        ),
        pytest.param(UserDict({"pin": 12}), "{'pin': [masked]}", id="the repr of a mapping"),
        pytest.param("postgres://a:b@c", "'postgres://a:[masked]@c'", id="in a text"),
        pytest.param(b"bearer abc-def", "b'bearer [masked]'", id="in bytes"),
        pytest.param({"a": None}, "{'a': None}", id="no secret"),
        pytest.param({"token": None, "pin": ""}, "{'pin': '', 'token': None}", id="no value"),
    ],
)
def test_secrets_in_a_value_are_masked(value: Any, shown: str) -> None:
    assert write(value) == shown


def test_a_variable_with_a_secret_name_is_masked() -> None:
    assert write("abc", "password") == "[masked]"
    assert write(User("ann", "abc"), "session") == "[masked]"
    assert write(1234, "pin") == "[masked]"


@pytest.mark.parametrize("value", [None, False, "", b""], ids=repr)
def test_an_empty_value_with_a_secret_name_is_shown(value: Any) -> None:
    assert write(value, "password") == repr(value)


def test_known_secrets_are_masked() -> None:
    secrets = Secrets()
    secrets.add("swordfish")
    secrets.add(12345678)

    values = ["swordfish", {"swordfish": "a swordfish"}, b"swordfish", 12345678, Text("swordfish")]
    assert [write(value, secrets=secrets) for value in values] == [
        "'[masked]'",
        "{'[masked]': 'a [masked]'}",
        "b'[masked]'",
        "[masked]",
        "[masked]",
    ]


# -- objects that fail -----------------------------------------------------------------------------


class Hostile:
    """An object that fails in every way that it is looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")

    __repr__ = __str__ = __hash__ = __eq__ = __len__ = __iter__ = __bool__ = __getattribute__  # type: ignore


class HostileDict(dict):  # type: ignore[type-arg]
    """A dict that fails when it is read."""

    def items(self) -> NoReturn:
        raise RuntimeError("no items")

    __iter__ = keys = values = __getitem__ = __len__ = items  # type: ignore[assignment]


class NoRepr:
    """An object whose repr is not callable."""

    __repr__: Any = {}  # noqa: RUF012


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Hostile(), f"<{MODULE}.Hostile: repr() raised TypeError>"),
        ([Hostile(), 1], f"[<{MODULE}.Hostile: repr() raised TypeError>, 1]"),
        (HostileDict(a=1), "{'a': 1}"),
        (NoRepr(), f"<{MODULE}.NoRepr: repr() raised TypeError>"),
        (NoDict(), f"<{MODULE}.dict: repr() raised TypeError>"),
    ],
    ids=["hostile", "in a list", "a dict", "no repr", "another dict"],
)
def test_an_object_that_fails_is_shown_as_such(value: Any, shown: str) -> None:
    assert write(value) == shown


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | inner.map(lambda value: Plain(attribute=value))
        | inner.map(lambda value: User("ann", value))
    ),
    max_leaves=30,
)


@given(ANYTHING)
def test_anything_can_be_represented(value: Any) -> None:
    shown = write(value)

    assert shown
    assert "() raised" not in shown or "() raised" in repr(value)
