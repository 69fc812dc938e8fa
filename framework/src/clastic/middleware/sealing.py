"""Texts under a seal: whoever has them can read them; only who has the key can have made them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from itsdangerous import BadData, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode

# In bytes of UTF-8: compression does not make shorter texts any shorter.
_WORTH_COMPRESSING = 200
_COMPRESSED = b"."


class Opened(NamedTuple):
    """A text whose seal was whole.

    - ``text``: the text.
    - ``is_outdated``: whether it was sealed with an older key.
    """

    text: str
    is_outdated: bool


class Seal:
    """Seals texts into ``payload.timestamp.signature``, which fits into a cookie or a URL.

    :param keys: the first one seals, and each of them opens
    :param purpose: what the texts are for; one that was sealed for something else does not open
    :param clock: gives the seconds since 1970
    """

    def __init__(self, keys: Sequence[bytes], purpose: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._signers = [_ClockedSigner(key, purpose, clock) for key in keys]

    def close(self, text: str) -> str:
        """Seal a text."""
        payload = text.encode("utf-8", "surrogatepass")
        encoded = base64_encode(payload)
        if len(payload) > _WORTH_COMPRESSING:
            compressed = _COMPRESSED + base64_encode(zlib.compress(payload, 9))
            encoded = min(encoded, compressed, key=len)
        return self._signers[0].sign(encoded).decode()

    def open(self, sealed: str, max_age: float | None = None) -> Opened | None:
        """Return the text, or ``None`` if the seal is broken, foreign or too old.

        :param max_age: the age up to which it counts, in seconds; ``None`` for any age
        """
        for number, signer in enumerate(self._signers):
            try:
                encoded, signed_at = signer.unsign(sealed, return_timestamp=True)
            except BadData:
                continue
            # A negative age is fine: the clock of the process that signed is ahead of ours.
            if max_age is not None and self._clock() - signed_at.timestamp() > max_age:
                return None
            text = _decode(encoded)
            return None if text is None else Opened(text, is_outdated=number > 0)
        return None


class _ClockedSigner(TimestampSigner):
    """Signs by HMAC and SHA-256, with the time of a given clock."""

    def __init__(self, key: bytes, purpose: str, clock: Callable[[], float]) -> None:
        super().__init__(key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)
        self.clock = clock

    def get_timestamp(self) -> int:
        return int(self.clock())


def _decode(encoded: bytes) -> str | None:
    """Return the text of a payload, ``None`` if it is in another format."""
    try:
        if encoded.startswith(_COMPRESSED):
            payload = zlib.decompress(base64_decode(encoded[len(_COMPRESSED) :]))
        else:
            payload = base64_decode(encoded)
        return payload.decode("utf-8", "surrogatepass")
    except (BadData, ValueError, zlib.error):
        return None
