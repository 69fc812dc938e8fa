"""Read the signature of each kind of callable, and describe callables in messages."""

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
    describe_type,
    format_location,
)
from clastic.errors import HTTPException, NotFound, Unauthorized
from clastic.signature import Parameter, UnreadableSignature, read_signature, required_names


def plain(a: int, b: int = 2, *, c: int, d: int = 4) -> None:
    """Take arguments of every kind except positional-only."""


def positional_only(a: int, b: int = 2, /, c: int = 3) -> None:
    """Take two positional-only arguments."""


def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function as most decorators do."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@decorate
def decorated(a: int, b: int = 2) -> None:
    """Keep the signature although the wrapper takes anything."""


@lru_cache
def cached(a: int, b: int = 2) -> None:
    """Become an object of a C type."""


class Shop:
    """A class with a method of each kind."""

    def __init__(self, a: int = 1) -> None:
        self.a = a

    def __call__(self, a: int, b: int = 2) -> None:
        """Make instances callable."""

    def show(self, a: int, b: int = 2) -> None:
        """Show something."""

    @decorate
    def decorated(self, a: int) -> None:
        """Show something, within a wrapper."""

    @classmethod
    def make(cls, a: int) -> None:
        """Return an instance."""

    @staticmethod
    def tell(a: int) -> None:
        """Take no self."""

    def forgetful() -> None:  # type: ignore[misc]
        """Lack self by mistake."""

    first = partialmethod(show, 1)
    with_b = partialmethod(show, b=1)


class Late(Shop):
    async def __call__(self, a: int) -> None:  # type: ignore[override]
        """Make instances coroutine functions."""


async def coroutine_function() -> None:
    """Return a coroutine."""


async def async_generator_function() -> Any:
    yield 1


def generator_function() -> Any:
    yield 1


def stars(a: int, *rest: int) -> None:
    """Take any number of arguments."""


def keywords(a: int, **rest: int) -> None:
    """Take arguments of any name."""


@pytest.mark.parametrize(
    ("function", "names", "required"),
    [
        pytest.param(plain, "a b c d", "a c", id="a function"),
        pytest.param(lambda: None, "", "", id="a function without arguments"),
        pytest.param(lambda a, b=1: None, "a b", "a", id="a lambda"),
        pytest.param(positional_only, "a b c", "a", id="positional-only arguments"),
        pytest.param(Shop().show, "a b", "a", id="a bound method"),
        pytest.param(Shop.show, "self a b", "self a", id="a method taken from the class"),
        pytest.param(Shop.make, "a", "a", id="a class method"),
        pytest.param(Shop.tell, "a", "a", id="a static method"),
        pytest.param(staticmethod(plain), "a b c d", "a c", id="a staticmethod object"),
        pytest.param(Shop, "a", "", id="a class"),
        pytest.param(Shop(), "a b", "a", id="a callable object"),
        pytest.param(decorated, "a b", "a", id="a wrapper"),
        pytest.param(Shop().decorated, "a", "a", id="a wrapped method"),
        pytest.param(cached, "a b", "a", id="a cached function"),
        pytest.param(abs, "x", "x", id="a builtin"),
        pytest.param(sum, "iterable start", "iterable", id="a builtin with a default"),
        pytest.param("x".upper, "", "", id="a builtin method"),
        pytest.param(partial(plain, c=1), "a b d", "a", id="a partial with a keyword"),
        pytest.param(partial(plain, 1), "b c d", "c", id="a partial with a position"),
        pytest.param(partial(partial(plain, 1), c=3), "b d", "", id="a partial of a partial"),
        pytest.param(partial(abs), "x", "x", id="a partial of a builtin"),
        pytest.param(partial(Shop().show, b=1), "a", "a", id="a partial of a method"),
        pytest.param(partial(Shop(), b=1), "a", "a", id="a partial of a callable object"),
        pytest.param(Shop().first, "b", "", id="a partial method"),
        pytest.param(Shop().with_b, "a", "a", id="a partial method that binds a keyword"),
    ],
)
def test_the_names_of_the_arguments_are_read(
    function: Callable[..., Any], names: str, required: str
) -> None:
    signature = read_signature(function)
    assert [parameter.name for parameter in signature] == names.split()
    assert required_names(signature) == tuple(required.split())


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        pytest.param(
            plain,
            [("a", True, True), ("b", True, True), ("c", False, True), ("d", False, True)],
            id="keyword-only arguments",
        ),
        pytest.param(
            positional_only,
            [("a", True, False), ("b", True, False), ("c", True, True)],
            id="positional-only arguments",
        ),
        pytest.param(
            decorated,
            [("a", False, True), ("b", False, True)],
            id="a wrapper, which may take only keywords",
        ),
        pytest.param(
            decorate(positional_only),
            [("a", True, False), ("b", True, False), ("c", False, True)],
            id="a wrapper of positional-only arguments",
        ),
        pytest.param(abs, [("x", True, False)], id="a builtin"),
        pytest.param(
            partial(plain, a=1),
            [("b", False, True), ("c", False, True), ("d", False, True)],
            id="a partial with a keyword",
        ),
    ],
)
def test_how_the_arguments_are_passed(
    function: Callable[..., Any], parameters: list[tuple[str, bool, bool]]
) -> None:
    assert [
        (parameter.name, parameter.by_position, parameter.by_keyword)
        for parameter in read_signature(function)
    ] == parameters


@pytest.mark.parametrize(
    ("function", "reason", "remedy"),
    [
        pytest.param(stars, "takes *rest", "Name each argument", id="*args"),
        pytest.param(keywords, "takes **rest", "Name each argument", id="**kwargs"),
        pytest.param(
            decorate(keywords), "takes **rest", "Name each argument", id="a wrapper of **kwargs"
        ),
        pytest.param(coroutine_function, "is an async function", "asyncio.run()", id="async def"),
        pytest.param(
            async_generator_function, "is an async function", "asyncio.run()", id="async generator"
        ),
        pytest.param(
            partial(coroutine_function),
            "is an async function",
            "asyncio.run()",
            id="a partial of an async function",
        ),
        pytest.param(Late(), "is an async function", "asyncio.run()", id="an async __call__"),
        pytest.param(
            generator_function, "is a generator function", "Response(generator())", id="generator"
        ),
        pytest.param(
            dict,
            "has no readable signature",
            "Wrap it in a function",
            id="a builtin without a signature",
        ),
        pytest.param(
            Shop().forgetful,
            "does not take self",
            "make it a staticmethod",
            id="a method without self",
        ),
    ],
)
def test_callables_that_injection_cannot_call_are_refused(
    function: Callable[..., Any], reason: str, remedy: str
) -> None:
    with pytest.raises(UnreadableSignature) as caught:
        read_signature(function)
    assert reason in caught.value.reason
    assert remedy in caught.value.remedy
    assert str(caught.value) == f"{caught.value.reason}: {caught.value.remedy}"


def test_kwargs_can_be_ignored() -> None:
    assert read_signature(keywords, ignore_kwargs=True) == (Parameter("a", True),)


def test_a_wrapper_of_an_async_function_is_accepted() -> None:
    assert read_signature(decorate(coroutine_function)) == ()


@pytest.mark.parametrize(
    ("function", "name"),
    [
        pytest.param(plain, "plain", id="a function"),
        pytest.param(lambda: None, "<lambda>", id="a lambda"),
        pytest.param(Shop().show, "Shop.show", id="a method"),
        pytest.param(Late().show, "Late.show", id="an inherited method"),
        pytest.param(Shop.make, "Shop.make", id="a class method"),
        pytest.param(Shop, "Shop", id="a class"),
        pytest.param(Shop(), "Shop()", id="a callable object"),
        pytest.param(partial(plain, 1), "partial(plain)", id="a partial"),
        pytest.param(abs, "abs", id="a builtin"),
        pytest.param(decorated, "decorated", id="a wrapper"),
    ],
)
def test_a_callable_has_a_name(function: object, name: str) -> None:
    assert callable_name(function) == name


HERE = os.path.relpath(__file__)
PLAIN_LINE = plain.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("function", "code"),
    [
        pytest.param(plain, plain.__code__, id="a function"),
        pytest.param(Shop().show, Shop.show.__code__, id="a method"),
        pytest.param(Shop(), Shop.__call__.__code__, id="a callable object"),
        pytest.param(partial(plain, 1), plain.__code__, id="a partial"),
        pytest.param(decorated, decorated.__wrapped__.__code__, id="a wrapper"),
        pytest.param(cached, cached.__wrapped__.__code__, id="a cached function"),
    ],
)
def test_a_callable_has_a_location(function: object, code: Any) -> None:
    assert callable_location(function) == f"{HERE}:{code.co_firstlineno}"


@pytest.mark.parametrize("function", [abs, hypot, dict, 7], ids=repr)
def test_callables_not_written_in_python_have_no_location(function: object) -> None:
    assert callable_location(function) is None


def test_callables_are_described_for_messages() -> None:
    assert describe_callable(plain) == f"plain, {HERE}:{PLAIN_LINE}"
    assert describe_callable(abs) == "abs"
    assert describe_role("Middleware", plain) == f"Middleware plain ({HERE}:{PLAIN_LINE})"
    assert describe_role("Middleware", abs) == "Middleware abs"


def test_a_type_is_described_without_the_value() -> None:
    values = (None, Shop, {"a": 1}, 7, NotFound(), HTTPException(), Unauthorized())
    assert [describe_type(value) for value in values] == [
        "None",
        "the class Shop",
        "a dict",
        "an int",
        "a NotFound",
        "an HTTPException",
        "an Unauthorized",
    ]


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        pytest.param(os.path.abspath("app.py"), "app.py", id="below the working directory"),
        pytest.param(os.path.abspath("../app.py"), os.path.abspath("../app.py"), id="beside it"),
        pytest.param("<string>", "<string>", id="no file"),
    ],
)
def test_a_location_is_written_with_its_line(filename: str, shown: str) -> None:
    assert format_location(filename, 12) == f"{shown}:12"


def test_a_location_is_written_without_a_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert format_location("/apps/app.py", 12) == "/apps/app.py:12"
