"""How values read: shortly, without secrets, and whatever they do when they are looked at."""

from __future__ import annotations

import enum
import functools
import threading
import types
from collections import Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from clastic.debug.guarded import Guard
from clastic.debug.values import ValueWriter
from clastic.secrets import Secrets

LONG = 30.0
MODULE = __name__


def write(value: Any, name: str = "value", secrets: Secrets | None = None) -> str:
    with Guard(LONG, LONG) as guard:
        return ValueWriter(Secrets() if secrets is None else secrets, guard).write(name, value)


class Plain:
    """An object without a repr of its own."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Slotted:
    """An object with slots, one of which is empty."""

    __slots__ = ("__dict__", "empty", "full")

    def __init__(self) -> None:
        self.full = 1
        self.other = 2


class Color(enum.Enum):
    RED = "r"


Point = namedtuple("Point", "x y")


@dataclass
class User:
    name: str
    password: str
    hidden: str = field(default="x", repr=False)


class Reticent(str):
    """A text that does not show itself."""

    def __repr__(self) -> str:
        return "Reticent()"


class OwnList(list):  # type: ignore[type-arg]
    """A list of another type."""


def some_function() -> None:
    """A function."""


looped: list[Any] = [1]
looped.append(looped)


# -- what it looks like ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        (True, "True"),
        (1.5, "1.5"),
        (2j, "2j"),
        (7, "7"),
        (Ellipsis, "Ellipsis"),
        (date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        ("it's", '"it\'s"'),
        (Markup("<b>"), "Markup('<b>')"),
        (b"a\xff", r"b'a\xff'"),
        (bytearray(b"a"), "bytearray(b'a')"),
        ([], "[]"),
        ([1, [2, "x"]], "[1, [2, 'x']]"),
        ((1,), "(1,)"),
        ((1, 2), "(1, 2)"),
        ({1}, "{1}"),
        (frozenset({1}), "frozenset({1})"),
        (deque([1]), "deque([1])"),
        (OwnList([1]), f"{MODULE}.OwnList([1])"),
        ({"a": {1: None}}, "{'a': {1: None}}"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (defaultdict(int, a=1), "defaultdict({'a': 1})"),
        (types.MappingProxyType({"a": 1}), "mappingproxy({'a': 1})"),
        (Counter("a"), "Counter({'a': 1})"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (Color.RED, "<Color.RED: 'r'>"),
        (Plain, f"<class '{MODULE}.Plain'>"),
        (Plain(), f"<{MODULE}.Plain>"),
        (Plain(a=1, b="x"), f"<{MODULE}.Plain a=1 b='x'>"),
        (Slotted(), f"<{MODULE}.Slotted other=2 full=1>"),
        (types.SimpleNamespace(a=1), "<SimpleNamespace a=1>"),
        (object(), "<object>"),
        (threading, "<module threading>"),
        (len, "<built-in function len>"),
        (functools.partial(int, base=2), "functools.partial(<class 'int'>, base=2)"),
        (MultiDict({"a": "1"}), "MultiDict([('a', '1')])"),
        (Reticent("text"), "Reticent()"),
        (looped, "[1, […]]"),
        ([[[[[1]]]]], "[[[[[…]]]]]"),
    ],
    ids=repr,
)
def test_how_a_value_reads(value: Any, shown: str) -> None:
    assert write(value) == shown


def test_functions_read_with_the_place_they_are_at() -> None:
    assert write(some_function).startswith("<function some_function, ")
    assert f"test_values.py:{some_function.__code__.co_firstlineno}>" in write(some_function)
    assert write(Plain().__init__).startswith("<method Plain.__init__, ")  # type: ignore[misc]


def test_characters_that_no_page_can_show_are_replaced() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "a\x00b\ud800"

    assert write(Odd()) == "a\ufffdb\ufffd"


# -- how much of it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "beginning", "end"),
    [
        pytest.param("x" * 50_000_000, "'xxxx", "xxx'… (50,000,000 characters)", id="text"),
        pytest.param(b"x" * 50_000_000, "b'xxxx", "xxx'… (50,000,000 bytes)", id="bytes"),
        pytest.param(bytearray(1_000), "bytearray(b'", "')… (1,000 bytes)", id="other bytes"),
        pytest.param(10**1_000_000, "<int of ", " bits>", id="a number"),
        pytest.param(list(range(1_000)), "[0, 1,", ", 19, …] (1,000 items)", id="a list"),
        pytest.param(
            {n: n for n in range(1_000)}, "{0: 0, ", ", 19: 19, …} (1,000 items)", id="a dict"
        ),
        pytest.param([["x"] * 15] * 15, "[['x'", ", …]", id="items of items"),
        pytest.param(["x" * 390] * 20, "['xxx", "xxx…", id="long items"),
        pytest.param(
            Plain(**{f"n{n}": n for n in range(100)}),
            f"<{MODULE}.Plain n0=0",
            " …>",
            id="an object",
        ),
    ],
)
def test_only_the_beginning_of_a_value_is_shown(value: Any, beginning: str, end: str) -> None:
    shown = write(value)

    assert shown.startswith(beginning)
    assert shown.endswith(end)
    assert len(shown) <= 1_250


def test_a_long_repr_is_cut_off() -> None:
    class Long:
        def __repr__(self) -> str:
            return "x" * 10_000_000

    assert write(Long()) == "x" * 1_200 + "…"


def test_all_values_of_a_page_together_are_bounded() -> None:
    with Guard(LONG, LONG) as guard:
        writer = ValueWriter(Secrets(), guard)
        shown = [writer.write("value", ["x" * 390] * 3) for _ in range(300)]

    assert shown[-1] == "<not shown: enough is shown already>"
    assert sum(map(len, shown)) < 250_000


# -- without its secrets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param({"password": "abc", "n": 1}, "{'password': [masked], 'n': 1}", id="a dict"),
        pytest.param({b"token": b"abc"}, "{b'token': [masked]}", id="bytes in a dict"),
        pytest.param({"secret": {"a": [1]}}, "{'secret': [masked]}", id="whatever it is"),
        pytest.param([("token", "abc")], "[('token', [masked])]", id="a pair"),
        pytest.param(["token", "abc"], "['token', [masked]]", id="a list of two"),
        pytest.param(("token", "a", "b"), "('token', 'a', 'b')", id="three are no pair"),
        pytest.param(Plain(token="abc"), f"<{MODULE}.Plain token=[masked]>", id="an attribute"),
        pytest.param(User("ann", "abc"), "User(name='ann', password=[masked])", id="a dataclass"),
        pytest.param(
            MultiDict([("pin", "12")]), "MultiDict([('pin', [masked])])", id="the repr of another"
        ),
        pytest.param(UserDict({"pin": 12}), "{'pin': [masked]}", id="the repr of a mapping"),
        pytest.param("postgres://a:b@c", "'postgres://a:[masked]@c'", id="a text with one in it"),
        pytest.param(b"bearer abc-def", "b'bearer [masked]'", id="bytes with one in them"),
        pytest.param({"a": None}, "{'a': None}", id="no secret"),
        pytest.param({"token": None, "auth": True}, "{'token': None, 'auth': True}", id="nothing"),
        pytest.param({"token": "", "pin": b""}, "{'token': '', 'pin': b''}", id="nothing in it"),
        pytest.param({"token": threading}, "{'token': <module threading>}", id="a module"),
        pytest.param({"token": User}, f"{{'token': <class '{MODULE}.User'>}}", id="a class"),
    ],
)
def test_secrets_are_masked(value: Any, shown: str) -> None:
    assert write(value) == shown


def test_a_variable_with_a_secret_name_is_masked() -> None:
    assert write("abc", "password") == "[masked]"
    assert write(User("ann", "abc"), "session") == "[masked]"
    assert write(None, "password") == "None"


def test_known_secrets_are_masked() -> None:
    secrets = Secrets()
    secrets.add("swordfish")
    secrets.add(12345678)

    values = [
        "swordfish",
        {"swordfish": "a swordfish"},
        b"swordfish",
        12345678,
        User("swordfish", ""),
    ]
    assert [write(value, secrets=secrets) for value in values] == [
        "'[masked]'",
        "{'[masked]': 'a [masked]'}",
        "b'[masked]'",
        "[masked]",
        "User(name='[masked]', password='')",
    ]


# -- whatever it does ------------------------------------------------------------------------------


class Hostile:
    """An object that fails in every way that it is looked at."""

    def __getattribute__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")

    __repr__ = __str__ = __hash__ = __eq__ = __len__ = __iter__ = __bool__ = __getattribute__  # type: ignore


class Liar:
    """An object that claims to be a dict, and to be attributes."""

    __class__ = dict  # type: ignore[assignment]

    @property
    def __dict__(self) -> NoReturn:  # type: ignore[override]
        raise RuntimeError("no attributes")


class HostileDict(dict):  # type: ignore[type-arg]
    """A dict that fails when it is read."""

    def items(self) -> NoReturn:
        raise RuntimeError("no items")

    __iter__ = keys = values = __getitem__ = __len__ = items  # type: ignore[assignment]


class HostileList(list):  # type: ignore[type-arg]
    """A list that fails when it is read."""

    def __iter__(self) -> NoReturn:
        raise RuntimeError("no items")

    __len__ = __getitem__ = __iter__  # type: ignore[assignment]


class HostileText(str):
    """A text that fails when it is read."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no text")

    __len__ = __getitem__ = __contains__ = encode = __str__  # type: ignore[assignment]


class Unhashable:
    """An object with a repr that is none."""

    __repr__: Any = {}  # noqa: RUF012


class HostileName:
    """An object whose attributes' names are not names."""

    def __init__(self) -> None:
        vars(self)[HostileText("name")] = 1
        vars(self)["other"] = 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(Hostile(), "<not shown: it raises TypeError>", id="hostile"),
        pytest.param([Hostile(), 1], "[<not shown: it raises TypeError>, 1]", id="in a list"),
        pytest.param(Liar(), f"<{MODULE}.Liar>", id="a liar"),
        pytest.param(HostileDict(a=1), f"{MODULE}.HostileDict({{'a': 1}})", id="a dict"),
        pytest.param(HostileList([1]), f"{MODULE}.HostileList([1])", id="a list"),
        pytest.param(HostileText("text"), "'text'", id="a text"),
        pytest.param(Unhashable(), "<not shown: reading it raises TypeError>", id="no repr"),
        pytest.param(HostileName(), f"<{MODULE}.HostileName other=2>", id="no name"),
    ],
)
def test_a_value_that_cannot_be_read_does_no_harm(value: Any, shown: str) -> None:
    assert write(value) == shown


@pytest.fixture
def may_end() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_value_that_takes_too_long_is_left(may_end: threading.Event) -> None:
    class Slow:
        def __repr__(self) -> str:
            may_end.wait(LONG)
            return "slow"

    with Guard(0.05, LONG) as guard:
        shown = ValueWriter(Secrets(), guard).write("value", [Slow(), Color.RED])

    assert shown == "[<not shown: it takes too long>, <Color.RED: 'r'>]"


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
def test_anything_can_be_written(value: Any) -> None:
    shown = write(value)

    assert shown
    assert "not shown" not in shown or "not shown" in repr(value)
