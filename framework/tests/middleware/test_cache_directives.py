"""Which directives go together, and what they come to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clastic.middleware import HTTPCacheMiddleware


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"max_age": 60}, "max-age=60", id="an age"),
        pytest.param({"max_age": 0}, "max-age=0", id="no age at all"),
        pytest.param({"no_store": True}, "no-store", id="no-store"),
        pytest.param(
            {"no_cache": True, "no_transform": True, "must_revalidate": True},
            "no-cache, no-transform, must-revalidate",
            id="flags",
        ),
        pytest.param(
            {"public": True, "max_age": 60, "s_maxage": 600, "proxy_revalidate": True},
            "public, max-age=60, s-maxage=600, proxy-revalidate",
            id="shared",
        ),
        pytest.param(
            {"private": True, "max_age": 60, "immutable": True},
            "private, max-age=60, immutable",
            id="private",
        ),
        pytest.param(
            {"max_age": 60, "stale_while_revalidate": 30, "stale_if_error": 600},
            "max-age=60, stale-while-revalidate=30, stale-if-error=600",
            id="stale",
        ),
    ],
)
def test_what_they_come_to(options: dict[str, Any], expected: str) -> None:
    middleware = HTTPCacheMiddleware(**options)
    assert middleware.cache_control == expected
    assert repr(middleware) == f"HTTPCacheMiddleware({expected!r})"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no_store", "max_age"),
        ("no_store", "s_maxage"),
        ("no_store", "public"),
        ("no_store", "stale_if_error"),
        ("private", "public"),
        ("private", "s_maxage"),
        ("no_cache", "stale_while_revalidate"),
        ("must_revalidate", "stale_if_error"),
    ],
)
def test_contradictions(one: str, other: str) -> None:
    message = f"{one} and {other} contradict each other. Leave one of them out."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        HTTPCacheMiddleware(**{one: True, other: 1 if other in SECONDS else True})


SECONDS = ("max_age", "s_maxage", "stale_while_revalidate", "stale_if_error")


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", [-1, 1.5, "60", True])
def test_what_is_no_number_of_seconds(name: str, value: Any) -> None:
    message = f"{name} is {value!r}. Give it whole seconds, 0 or more."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        HTTPCacheMiddleware(**{name: value})


@pytest.mark.parametrize("options", [{}, {"max_age": 0}])
def test_immutable_needs_an_age(options: dict[str, Any]) -> None:
    message = "immutable says nothing without a max_age. Give it the seconds it is for."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        HTTPCacheMiddleware(immutable=True, **options)


def test_one_configuration_is_one_middleware() -> None:
    assert HTTPCacheMiddleware(60) == HTTPCacheMiddleware(max_age=60)
    assert HTTPCacheMiddleware(60) != HTTPCacheMiddleware(61)
    assert HTTPCacheMiddleware(60) != HTTPCacheMiddleware(60, use_etags=False)
