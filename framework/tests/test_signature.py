"""What each kind of callable takes, and by which name a developer finds it again."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, partial, partialmethod, wraps
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from clastic.describe import (
    callable_location,
    callable_name,
    describe_callable,
    describe_role,
    format_location,
)
from clastic.signature import Parameter, Signature, UnreadableSignature, read_signature


def plain(a: int, b: int = 2, *, c: int, d: int = 4) -> None:
    """Takes something of each kind but the one that goes by position only."""


def positional_only(a: int, b: int = 2, /, c: int = 3) -> None:
    """Takes two arguments by position only."""


def passing_on(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as most are written."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@passing_on
def decorated(a: int, b: int = 2) -> None:
    """Takes what it takes although its wrapper takes anything."""


@lru_cache
def cached(a: int, b: int = 2) -> None:
    """Is an object of a C type."""


class Shop:
    """Has a method of each kind."""

    def __init__(self, a: int = 1) -> None:
        self.a = a

    def __call__(self, a: int, b: int = 2) -> None:
        """Makes its objects callable."""

    def show(self, a: int, b: int = 2) -> None:
        """Is a method."""

    @passing_on
    def decorated(self, a: int) -> None:
        """Is a method behind a wrapper."""

    @classmethod
    def make(cls, a: int) -> None:
        """Is a method of the class."""

    @staticmethod
    def tell(a: int) -> None:
        """Takes no object."""

    def forgetful() -> None:  # type: ignore[misc]
        """Takes no object although it gets one."""

    first = partialmethod(show, 1)
    with_b = partialmethod(show, b=1)


class Late(Shop):
    async def __call__(self, a: int) -> None:  # type: ignore[override]
        """Makes its objects coroutine functions."""


async def coroutine_function() -> None:
    """Gives a coroutine."""


async def async_generator_function() -> Any:
    yield 1


def generator_function() -> Any:
    yield 1


def stars(a: int, *rest: int) -> None:
    """Takes any number of arguments."""


def keywords(a: int, **rest: int) -> None:
    """Takes arguments of any name."""


@pytest.mark.parametrize(
    ("function", "names", "required"),
    [
        pytest.param(plain, "a b c d", "a c", id="a function tells all of its arguments"),
        pytest.param(lambda: None, "", "", id="a function may take nothing"),
        pytest.param(lambda a, b=1: None, "a b", "a", id="a lambda is a function"),
        pytest.param(positional_only, "a b c", "a", id="position only counts too"),
        pytest.param(Shop().show, "a b", "a", id="a method is passed its object"),
        pytest.param(Shop.show, "self a b", "self a", id="the function in a class is not"),
        pytest.param(Shop.make, "a", "a", id="a class method is passed its class"),
        pytest.param(Shop.tell, "a", "a", id="a static method is a function"),
        pytest.param(staticmethod(plain), "a b c d", "a c", id="so is the object that makes it"),
        pytest.param(Shop, "a", "", id="a class takes what its objects are made of"),
        pytest.param(Shop(), "a b", "a", id="a callable object takes what its __call__ takes"),
        pytest.param(decorated, "a b", "a", id="a wrapper takes what it wraps"),
        pytest.param(Shop().decorated, "a", "a", id="a wrapped method is passed its object"),
        pytest.param(cached, "a b", "a", id="a cache takes what it caches"),
        pytest.param(abs, "x", "x", id="a builtin tells its argument"),
        pytest.param(sum, "iterable start", "iterable", id="a builtin tells its default"),
        pytest.param("x".upper, "", "", id="a builtin method is passed its object"),
        pytest.param(partial(plain, c=1), "a b d", "a", id="what a partial binds stays bound"),
        pytest.param(partial(plain, 1), "b c d", "c", id="by position too"),
        pytest.param(partial(partial(plain, 1), c=3), "b d", "", id="a partial in a partial"),
        pytest.param(partial(abs), "x", "x", id="a partial of a builtin"),
        pytest.param(partial(Shop().show, b=1), "a", "a", id="a partial of a method"),
        pytest.param(partial(Shop(), b=1), "a", "a", id="a partial of a callable object"),
        pytest.param(Shop().first, "b", "", id="a partial method"),
        pytest.param(Shop().with_b, "a", "a", id="a partial method that binds a keyword"),
    ],
)
def test_what_it_takes(function: Callable[..., Any], names: str, required: str) -> None:
    signature = read_signature(function)
    assert signature.names == tuple(names.split())
    assert signature.required == tuple(required.split())


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        pytest.param(
            plain,
            [("a", True, True), ("b", True, True), ("c", False, True), ("d", False, True)],
            id="a bare star ends what goes by position",
        ),
        pytest.param(
            positional_only,
            [("a", True, False), ("b", True, False), ("c", True, True)],
            id="a slash ends what goes by position only",
        ),
        pytest.param(
            decorated,
            [("a", False, True), ("b", False, True)],
            id="a wrapper may take keywords alone",
        ),
        pytest.param(
            passing_on(positional_only),
            [("a", True, False), ("b", True, False), ("c", False, True)],
            id="a wrapper passes by position what cannot go otherwise",
        ),
        pytest.param(abs, [("x", True, False)], id="a builtin takes positions"),
        pytest.param(
            partial(plain, a=1),
            [("b", False, True), ("c", False, True), ("d", False, True)],
            id="behind what a partial binds by name all goes by name",
        ),
    ],
)
def test_how_it_is_passed(
    function: Callable[..., Any], parameters: list[tuple[str, bool, bool]]
) -> None:
    assert [
        (parameter.name, parameter.by_position, parameter.by_keyword)
        for parameter in read_signature(function).parameters
    ] == parameters


@pytest.mark.parametrize(
    ("function", "reason", "remedy"),
    [
        pytest.param(stars, "takes *rest", "Name each argument", id="any number of arguments"),
        pytest.param(keywords, "takes **rest", "Name each argument", id="any names of arguments"),
        pytest.param(
            passing_on(keywords), "takes **rest", "Name each argument", id="a wrapper of stars"
        ),
        pytest.param(coroutine_function, "is an async function", "asyncio.run()", id="async def"),
        pytest.param(
            async_generator_function, "is an async function", "asyncio.run()", id="async generator"
        ),
        pytest.param(
            partial(coroutine_function), "is an async function", "asyncio.run()", id="in a partial"
        ),
        pytest.param(Late(), "is an async function", "asyncio.run()", id="an async __call__"),
        pytest.param(
            generator_function, "is a generator function", "Response(generator())", id="generator"
        ),
        pytest.param(dict, "does not tell", "Wrap it in a function", id="a silent builtin"),
        pytest.param(
            Shop().forgetful, "does not take self", "make it a staticmethod", id="a lost self"
        ),
    ],
)
def test_what_is_refused(function: Callable[..., Any], reason: str, remedy: str) -> None:
    with pytest.raises(UnreadableSignature) as caught:
        read_signature(function)
    assert reason in caught.value.reason
    assert remedy in caught.value.remedy
    assert str(caught.value) == f"{caught.value.reason}: {caught.value.remedy}"


def test_keyword_stars_can_be_passed_over() -> None:
    assert read_signature(keywords, pass_over_kwargs=True).names == ("a",)


def test_a_wrapper_may_make_an_async_function_one_that_returns() -> None:
    assert read_signature(passing_on(coroutine_function)).names == ()


def test_a_signature_without_its_first_argument() -> None:
    signature = Signature((Parameter("a", True), Parameter("b", False)))
    assert signature.without_first() == Signature((Parameter("b", False),))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        pytest.param(plain, "plain", id="a function by its name"),
        pytest.param(lambda: None, "<lambda>", id="a lambda, which has none"),
        pytest.param(Shop().show, "Shop.show", id="a method with its class"),
        pytest.param(Late().show, "Late.show", id="an inherited method with the class it is on"),
        pytest.param(Shop.make, "Shop.make", id="a class method with its class"),
        pytest.param(Shop, "Shop", id="a class by its name"),
        pytest.param(Shop(), "Shop()", id="an object by its class"),
        pytest.param(partial(plain, 1), "partial(plain)", id="a partial by what it calls"),
        pytest.param(abs, "abs", id="a builtin by its name"),
        pytest.param(decorated, "decorated", id="a wrapper by what it wraps"),
    ],
)
def test_its_name(function: object, name: str) -> None:
    assert callable_name(function) == name


HERE = os.path.relpath(__file__)
PLAIN_LINE = plain.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("function", "code"),
    [
        pytest.param(plain, plain.__code__, id="a function"),
        pytest.param(Shop().show, Shop.show.__code__, id="a method"),
        pytest.param(Shop(), Shop.__call__.__code__, id="a callable object"),
        pytest.param(partial(plain, 1), plain.__code__, id="the function in a partial"),
        pytest.param(decorated, decorated.__wrapped__.__code__, id="what is behind a wrapper"),
        pytest.param(cached, cached.__wrapped__.__code__, id="what is behind a cache"),
    ],
)
def test_its_place(function: object, code: Any) -> None:
    assert callable_location(function) == f"{HERE}:{code.co_firstlineno}"


@pytest.mark.parametrize("function", [abs, hypot, dict, 7], ids=repr)
def test_what_is_not_python_has_no_place(function: object) -> None:
    assert callable_location(function) is None


def test_the_texts_for_messages() -> None:
    assert describe_callable(plain) == f"plain, {HERE}:{PLAIN_LINE}"
    assert describe_callable(abs) == "abs"
    assert describe_role("Middleware", plain) == f"Middleware plain ({HERE}:{PLAIN_LINE})"
    assert describe_role("Middleware", abs) == "Middleware abs"


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        pytest.param(os.path.abspath("app.py"), "app.py", id="below the working directory"),
        pytest.param(os.path.abspath("../app.py"), os.path.abspath("../app.py"), id="beside it"),
        pytest.param("<string>", "<string>", id="no file"),
    ],
)
def test_where_a_file_is_shown(filename: str, shown: str) -> None:
    assert format_location(filename, 12) == f"{shown}:12"


def test_where_a_file_is_shown_without_a_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert format_location("/apps/app.py", 12) == "/apps/app.py:12"
