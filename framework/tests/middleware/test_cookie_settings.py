"""The settings of a cookie that are refused, since clients would drop it without a word."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clastic.middleware.cookie import SignedCookieMiddleware

KEY = "correct horse battery staple"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"cookie_name": "a;b"},
            "cookie_name is 'a;b'. Use ASCII letters, digits, '-' and '_' (RFC 6265).",
            id="a name that is no token",
        ),
        pytest.param(
            {"cookie_name": ""},
            "cookie_name is ''. Use ASCII letters, digits, '-' and '_' (RFC 6265).",
            id="an empty name",
        ),
        pytest.param(
            {"path": "app"},
            "path is 'app', and browsers ignore one that does not begin with '/'.",
            id="a relative path",
        ),
        pytest.param(
            {"same_site": "Sometimes"},
            "same_site is 'Sometimes'. Use 'Strict', 'Lax', 'None' or None.",
            id="an unknown same_site",
        ),
        pytest.param(
            {"same_site": "none"},
            "Browsers drop a cookie with same_site='None' that is not secure=True.",
            id="same_site None that is not secure",
        ),
        pytest.param(
            {"cookie_name": "__Secure-id"},
            "Browsers drop a cookie '__Secure-id' that is not secure=True.",
            id="a secure name that is not secure",
        ),
        pytest.param(
            {"cookie_name": "__Host-id", "secure": True, "path": "/app"},
            "Browsers drop a cookie '__Host-id' with a domain, or a path but '/'.",
            id="a host's name with a path",
        ),
        pytest.param(
            {"cookie_name": "__host-id", "secure": True, "domain": "example.com"},
            "Browsers drop a cookie '__host-id' with a domain, or a path but '/'.",
            id="a host's name with a domain",
        ),
        *(
            pytest.param(
                {"expiry": expiry},
                f"expiry is {expiry!r}. Give it seconds, more than 0, or SESSION or NEVER.",
                id=f"expiry {expiry!r}",
            )
            for expiry in (0, -1, True, "60", float("inf"), float("nan"), None)
        ),
        *(
            pytest.param(
                {"secret_key": key},
                "secret_key is empty, so that anyone could sign. Give it random text, such as "
                "secrets.token_hex() makes once; leave it out for a random key in each process.",
                id=f"secret_key {key!r}",
            )
            for key in ("", b"", [], [KEY, ""])
        ),
    ],
)
def test_what_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SignedCookieMiddleware(**{"secret_key": KEY, **settings})


def test_a_key_of_another_type() -> None:
    with pytest.raises(TypeError, match=r"^secret_key has to be text or bytes, not int$"):
        SignedCookieMiddleware(secret_key=[KEY, 1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"cookie_name": "__Host-id", "secure": True}, id="a host's name"),
        pytest.param({"cookie_name": "__Secure-id", "secure": True, "path": None}, id="secure"),
        pytest.param({"cookie_name": "__Hostess"}, id="a name without a prefix"),
        pytest.param({"same_site": "none", "secure": True}, id="same_site None that is secure"),
        pytest.param({"path": None}, id="the path left to the client"),
    ],
)
def test_what_is_accepted(settings: dict[str, Any]) -> None:
    SignedCookieMiddleware(**{"secret_key": KEY, **settings})


@pytest.mark.parametrize("key", ["fifteen bytes..", [KEY, b"fifteen bytes.."]])
def test_a_short_key_is_logged(key: Any, caplog: pytest.LogCaptureFixture) -> None:
    SignedCookieMiddleware(secret_key=key)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("clastic", "WARNING")
    assert record.getMessage() == (
        "A secret_key of the cookie 'clastic_cookie' has only 15 bytes, and can be found by "
        "trying. Use 16 or more, such as secrets.token_hex() makes."
    )


def test_a_key_that_is_long_enough_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    SignedCookieMiddleware(secret_key="sixteen bytes...")
    assert caplog.messages == []
