"""Texts under a seal: whoever has them can read them; only who has the key can have made them."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode, bytes_to_int, int_to_bytes

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

    It is the format of itsdangerous's ``TimestampSigner`` with HMAC and SHA-256.

    :param keys: the first one seals, and each of them opens
    :param purpose: what the texts are for; one that was sealed for something else does not open
    :param clock: gives the seconds since 1970
    """

    def __init__(self, keys: Sequence[bytes], purpose: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._signers = [_signer(key, purpose) for key in keys]

    def close(self, text: str) -> str:
        """Seal a text."""
        payload = text.encode("utf-8", "surrogatepass")
        encoded = base64_encode(payload)
        if len(payload) > _WORTH_COMPRESSING:
            compressed = _COMPRESSED + base64_encode(zlib.compress(payload, 9))
            encoded = min(encoded, compressed, key=len)
        timestamp = base64_encode(int_to_bytes(int(self._clock())))
        return self._signers[0].sign(encoded + b"." + timestamp).decode()

    def open(self, sealed: str, max_age: float | None = None) -> Opened | None:
        """Return the text, or ``None`` if the seal is broken, foreign or too old.

        :param max_age: the age up to which it counts, in seconds; ``None`` for any age
        """
        content, _, signature = sealed.encode("utf-8", "replace").rpartition(b".")
        for number, signer in enumerate(self._signers):
            if signer.verify_signature(content, signature):
                encoded, dot, timestamp = content.rpartition(b".")
                if not dot or (max_age is not None and self._age(timestamp) > max_age):
                    return None
                text = _decode(encoded)
                return None if text is None else Opened(text, is_outdated=number > 0)
        return None

    def _age(self, timestamp: bytes) -> float:
        """Return the age in seconds of what has a timestamp; infinity if that is none.

        It can be negative: the clock of the process that signed may be ahead of ours.
        """
        try:
            return self._clock() - bytes_to_int(base64_decode(timestamp))
        except (BadData, struct.error):
            return math.inf


def _signer(key: bytes, purpose: str) -> Signer:
    """Make a signer that derives its key for the purpose now, and not for each text anew."""
    sha256 = hashlib.sha256
    deriving = Signer(key, salt=purpose, key_derivation="hmac", digest_method=sha256)
    return Signer(deriving.derive_key(), key_derivation="none", digest_method=sha256)


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
