"""Seals by themselves: what was signed properly, and is not what is expected all the same."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer, TimestampSigner
from itsdangerous.encoding import base64_encode

from clastic.middleware.json_cookie import JSONCookie
from clastic.middleware.sealing import Opened, Seal

KEY = b"correct horse battery staple"
SEAL = Seal([KEY], "test", lambda: 1_700_000_000)


def signed(payload: bytes) -> str:
    """A payload signed as a seal does it."""
    signer = TimestampSigner(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    return signer.sign(payload).decode()


@given(st.text(st.characters(), max_size=1000))
def test_any_text_comes_back(text: str) -> None:
    assert SEAL.open(SEAL.close(text)) == Opened(text, is_outdated=False)


@given(st.text())
def test_any_other_text_does_not_open(text: str) -> None:
    assert SEAL.open(text) is None


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(base64_encode(b"\xff"), id="no UTF-8"),
        pytest.param(b"a", id="no Base64"),
        pytest.param(b"." + base64_encode(b"{}"), id="nothing compressed"),
        pytest.param(b".a", id="nothing compressed, and no Base64"),
    ],
)
def test_a_signed_payload_of_another_format_does_not_open(payload: bytes) -> None:
    assert SEAL.open(signed(payload)) is None


def resigned(content: bytes) -> str:
    """Content signed with the key of the seal, whatever its format."""
    signer = Signer(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    return signer.sign(content).decode()


@pytest.mark.parametrize("max_age", [None, 60])
def test_a_signed_text_without_a_time_does_not_open(max_age: float | None) -> None:
    assert SEAL.open(resigned(base64_encode(b"text")), max_age) is None


@pytest.mark.parametrize("timestamp", [b"a", b"-", base64_encode(b"nine byte")])
def test_a_signed_text_with_no_proper_time_is_too_old(timestamp: bytes) -> None:
    assert SEAL.open(resigned(base64_encode(b"text") + b"." + timestamp), 60) is None


def test_what_a_timestamp_signer_signs_is_what_a_seal_closes() -> None:
    class Clocked(TimestampSigner):
        def get_timestamp(self) -> int:
            return 1_700_000_000

    signer = Clocked(KEY, "test", key_derivation="hmac", digest_method=hashlib.sha256)
    assert signer.sign(base64_encode(b"text")).decode() == SEAL.close("text")


def test_a_long_text_is_shorter_under_its_seal() -> None:
    assert len(SEAL.close("abc " * 1000)) < 200


def test_the_same_text_for_another_purpose_does_not_open() -> None:
    other = Seal([KEY], "other", lambda: 1_700_000_000)
    assert other.open(SEAL.close("text")) is None


@pytest.mark.parametrize("text", ["[1]", "null", "nonsense", "[" * 100_000])
def test_a_signed_cookie_of_another_kind_is_empty(text: str) -> None:
    cookie = JSONCookie(lambda header: Opened(text, False), "")
    assert dict(cookie) == {}
