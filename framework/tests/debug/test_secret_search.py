"""Secrets are found wherever an application keeps them, without running its code."""

from __future__ import annotations

import enum
import sys
import types
from collections import OrderedDict, UserDict, deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from clastic.debug.secret_search import SecretSearch
from clastic.secrets import MASK, Secrets

SECRET = "swordfish-17"


def finds(*values: Any, secret: str = SECRET) -> bool:
    secrets = Secrets()
    SecretSearch(secrets).look_into(*values)
    return secrets.mask(f"It is {secret}!") == f"It is {MASK}!"


class Bare:
    """An object that keeps something, and does not show it."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def __repr__(self) -> NoReturn:
        raise RuntimeError("no repr")

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError("no attribute")


class Keeper(Bare):
    """Such an object, whose class has a secret."""

    class_token = SECRET


class Slotted:
    """An object with slots."""

    __slots__ = ("_token",)

    def __init__(self) -> None:
        self._token = SECRET


class Keys(enum.Enum):
    SIGNING_KEY = SECRET


@dataclass
class User:
    password: str


module = types.ModuleType("settings")
module.SECRET_KEY = SECRET  # type: ignore[attr-defined]
library = types.ModuleType("json.decoder")
library.SECRET_KEY = SECRET  # type: ignore[attr-defined]
nameless = types.ModuleType("nameless")
nameless.SECRET_KEY = SECRET  # type: ignore[attr-defined]
del nameless.__name__


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"password": SECRET}, id="a dict"),
        pytest.param({b"password": SECRET.encode()}, id="bytes in a dict"),
        pytest.param({"a": [({"b": {"password": SECRET}},)]}, id="deep"),
        pytest.param({"secret": {"a": [SECRET]}}, id="all that is in a secret"),
        pytest.param([("password", SECRET)], id="a pair"),
        pytest.param(["password", SECRET], id="a list of two"),
        pytest.param({"tokens": {SECRET}}, id="a set"),
        pytest.param({"tokens": frozenset([SECRET])}, id="a frozen set"),
        pytest.param({"tokens": deque([SECRET])}, id="a deque"),
        pytest.param(OrderedDict(password=SECRET), id="another dict"),
        pytest.param(MultiDict({"password": SECRET}), id="a dict of lists"),
        pytest.param(UserDict(password=SECRET), id="a mapping"),
        pytest.param(types.MappingProxyType({"password": SECRET}), id="a proxy of a dict"),
        pytest.param(types.SimpleNamespace(password=SECRET), id="a namespace"),
        pytest.param(partial(print, password=SECRET), id="a bound argument"),
        pytest.param(Bare(password=SECRET), id="an attribute"),
        pytest.param({"credentials": Bare(key=SECRET)}, id="an attribute of a secret object"),
        pytest.param(Slotted(), id="a slot"),
        pytest.param(User(SECRET), id="a dataclass"),
        pytest.param(Keeper(), id="an attribute of a class"),
        pytest.param(Keeper, id="a class"),
        pytest.param(type("Child", (Keeper,), {}), id="a class of a class"),
        pytest.param(module, id="a module"),
        pytest.param({"settings": module}, id="a module in a dict"),
        pytest.param(nameless, id="a module without a name"),
        pytest.param(Keys, id="an enumeration"),
        pytest.param("postgres://ann:swordfish-17@db/x", id="a URL"),
        pytest.param(["x", {"url": "postgres://ann:swordfish-17@db/x"}], id="a URL in a dict"),
    ],
)
def test_a_secret_is_found(value: Any) -> None:
    assert finds(value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"name": SECRET}, id="another name"),
        pytest.param([("name", SECRET)], id="a pair of another name"),
        pytest.param(["password", SECRET, "x"], id="three are no pair"),
        pytest.param({"session": Bare(headers={"Accept": SECRET})}, id="deep in a secret object"),
        pytest.param(types.ModuleType("token"), id="a module of that name"),
        pytest.param(library, id="a module of the standard library"),
        pytest.param(type("Own", (), {"token": SECRET, "__module__": "json"}), id="its class"),
        pytest.param({"make_token": lambda: SECRET}, id="a function"),
    ],
)
def test_what_is_no_secret_is_not_found(value: Any) -> None:
    assert not finds(value)


def test_a_number_is_found() -> None:
    assert finds({"pin": 12345678}, secret="12345678")
    assert not finds({"auth": True, "pin": 1.5, "token": None}, secret="True 1.5 None")


def test_the_path_of_a_file_is_not_what_is_in_the_file(tmp_path: Path) -> None:
    there = tmp_path / "key.pem"
    there.touch()

    assert not finds({"private_key": str(there)}, secret=str(there))
    assert finds({"private_key": str(there) + "2"}, secret=str(there) + "2")


def test_what_contains_itself_is_searched_once() -> None:
    looped: dict[str, Any] = {"password": SECRET}
    looped["self"] = looped

    assert finds(looped)


def test_what_has_a_harmless_name_too_is_found() -> None:
    values = [SECRET]

    assert finds({"values": values, "tokens": values})


def test_the_search_is_bounded_and_goes_by_depth() -> None:
    deep: Any = {"password": SECRET}
    for _ in range(20):
        deep = [deep]

    assert not finds(deep)
    assert not finds([{"a": number} for number in range(30_000)], {"a": deep})
    assert finds([[number] for number in range(900)] * 20, {"password": SECRET})


def test_what_was_searched_is_not_kept() -> None:
    keeper = Bare(password=SECRET)
    references = sys.getrefcount(keeper)
    search = SecretSearch(Secrets())
    search.look_into(keeper, *([[1]] * 30_000))

    assert sys.getrefcount(keeper) == references


def test_the_environment_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_API_KEY", "swordfish")
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    monkeypatch.setenv("BOOKS_DATABASE", "postgres://ann:albatross@db/books")
    secrets = Secrets()
    SecretSearch(secrets).look_into_environment()

    shown = secrets.mask("swordfish, albatross and books on wayland for ann")
    assert shown == "[masked], [masked] and books on wayland for ann"


NAMES = st.sampled_from(["password", "apiKey", "X-Token", "db_secret", "session", "auth"])


@given(
    secret=st.text(min_size=8, max_size=50).filter(lambda text: len(text.strip()) >= 8),
    name=NAMES,
    ways=st.lists(st.sampled_from(["dict", "list", "tuple", "object", "dataclass"]), max_size=5),
)
def test_a_secret_is_found_in_any_nesting(secret: str, name: str, ways: list[str]) -> None:
    secret = " ".join(secret.split())
    if len(secret) < 6:
        return
    value: Any = {name: secret}
    for way in ways:
        value = {
            "dict": lambda value=value: {"a": 1, "value": value},
            "list": lambda value=value: [1, value, 2],
            "tuple": lambda value=value: (value,),
            "object": lambda value=value: Bare(value=value),
            "dataclass": lambda value=value: User(value),
        }[way]()
    secrets = Secrets()
    SecretSearch(secrets).look_into(value)

    assert secret not in secrets.mask(f"It is {secret}!")
