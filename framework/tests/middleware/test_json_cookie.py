"""Test the signing of cookies, and signed texts that are not cookies."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer, TimestampSigner
from itsdangerous.encoding import base64_encode

from clastic.middleware.json_cookie import CookieSigner, JSONCookie, Unsigned

KEY = b"correct horse battery staple"
SIGNER = CookieSigner([KEY], "test", lambda: 1_700_000_000)


def signed(payload: bytes) -> str:
    """A payload signed with the key, whatever its format."""
    signer = TimestampSigner(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    return signer.sign(payload).decode()


@given(st.text(st.characters(), max_size=1000))
def test_any_text_comes_back(text: str) -> None:
    assert SIGNER.unsign(SIGNER.sign(text)) == Unsigned(text, is_outdated=False)


@given(st.text())
def test_any_unsigned_text_is_invalid(text: str) -> None:
    assert SIGNER.unsign(text) is None


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(base64_encode(b"\xff"), id="not UTF-8"),
        pytest.param(b"a", id="not Base64"),
        pytest.param(b"." + base64_encode(b"{}"), id="not compressed"),
        pytest.param(b".a", id="neither compressed nor Base64"),
    ],
)
def test_a_signed_payload_of_another_format_is_invalid(payload: bytes) -> None:
    assert SIGNER.unsign(signed(payload)) is None


def resigned(content: bytes) -> str:
    """Content signed with the key, whatever its format."""
    signer = Signer(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    return signer.sign(content).decode()


@pytest.mark.parametrize("max_age", [None, 60])
def test_a_signed_text_without_a_time_is_invalid(max_age: float | None) -> None:
    assert SIGNER.unsign(resigned(base64_encode(b"text")), max_age) is None


@pytest.mark.parametrize("timestamp", [b"a", b"-"])
def test_a_signed_text_with_an_invalid_time_is_invalid(timestamp: bytes) -> None:
    assert SIGNER.unsign(resigned(base64_encode(b"text") + b"." + timestamp), 60) is None


def test_the_format_is_that_of_itsdangerous() -> None:
    class Clocked(TimestampSigner):
        def get_timestamp(self) -> int:
            return 1_700_000_000

    signer = Clocked(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    assert signer.sign(base64_encode(b"text")).decode() == SIGNER.sign("text")


def test_a_long_text_is_compressed() -> None:
    assert len(SIGNER.sign("abc " * 1000)) < 200


def test_the_same_text_with_another_salt_is_invalid() -> None:
    other = CookieSigner([KEY], "other", lambda: 1_700_000_000)
    assert other.unsign(SIGNER.sign("text")) is None


@pytest.mark.parametrize("text", ["[1]", "null", "nonsense", "[" * 100_000])
def test_a_signed_text_that_is_not_a_json_object_is_an_empty_cookie(text: str) -> None:
    cookie = JSONCookie(lambda header: Unsigned(text, False), "")
    assert dict(cookie) == {}
