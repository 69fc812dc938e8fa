"""Sign texts for cookies, and read a cookie as a mapping of JSON values."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any, NamedTuple

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode, int_to_bytes

EMPTY = "{}"
"""The JSON text of a cookie without keys."""

# In bytes of UTF-8. Compression does not make shorter texts any shorter.
_WORTH_COMPRESSING = 200
_COMPRESSED = b"."
_MAX_DEPTH = 100

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Unsigned(NamedTuple):
    """A text whose signature is valid.

    - ``text``: the text.
    - ``is_outdated``: whether it was signed with an older key.
    """

    text: str
    is_outdated: bool


class CookieSigner:
    """Sign texts as ``payload.timestamp.signature``, of characters that a cookie can contain.

    The format is that of itsdangerous's ``URLSafeTimedSerializer`` with HMAC and SHA-256.

    :param keys: the first one signs, all of them verify
    :param salt: what the texts are for: a text that was signed for something else is not valid
    :param clock: returns the seconds since 1970
    """

    def __init__(self, keys: Sequence[bytes], salt: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._signers = [_make_signer(key, salt) for key in keys]

    def sign(self, text: str) -> str:
        """Return the text with the time and a signature."""
        payload = text.encode("utf-8", "surrogatepass")
        encoded = base64_encode(payload)
        if len(payload) > _WORTH_COMPRESSING:
            compressed = _COMPRESSED + base64_encode(zlib.compress(payload, 9))
            encoded = min(encoded, compressed, key=len)
        timestamp = base64_encode(int_to_bytes(int(self._clock())))
        return self._signers[0].sign(encoded + b"." + timestamp).decode()

    def unsign(self, signed: str, max_age: float | None = None) -> Unsigned | None:
        """Return the text; ``None`` if its signature or format is not valid, or if it is too old.

        :param max_age: the age up to which it is valid, in seconds; ``None`` for any age
        """
        content, _, signature = signed.encode("utf-8", "replace").rpartition(b".")
        for number, signer in enumerate(self._signers):
            if signer.verify_signature(content, signature):
                encoded, dot, timestamp = content.rpartition(b".")
                try:
                    if not dot or (max_age is not None and self._age(timestamp) > max_age):
                        return None
                    return Unsigned(_decode_payload(encoded), is_outdated=number > 0)
                except (BadData, ValueError, zlib.error):
                    return None
        return None

    def _age(self, timestamp: bytes) -> float:
        """Return an age in seconds; it is negative if the clock of another process is ahead."""
        return self._clock() - int.from_bytes(base64_decode(timestamp), "big")


def _make_signer(key: bytes, salt: str) -> Signer:
    """Return a signer whose key is derived now, and not for each text anew."""
    sha256 = hashlib.sha256
    deriving = Signer(key, salt=salt, key_derivation="hmac", digest_method=sha256)
    return Signer(deriving.derive_key(), key_derivation="none", digest_method=sha256)


def _decode_payload(encoded: bytes) -> str:
    if encoded.startswith(_COMPRESSED):
        payload = zlib.decompress(base64_decode(encoded.removeprefix(_COMPRESSED)))
    else:
        payload = base64_decode(encoded)
    return payload.decode("utf-8", "surrogatepass")


class JSONCookie(MutableMapping[str, Any]):
    """The values that a client keeps for the application, as a ``dict`` of JSON values.

    Change it like any ``dict``; changes inside of its values are noticed as well. Tuples come back
    as lists. A cookie without keys is deleted at the client.

    It is read when it is first used. It cannot be changed after the response was returned: a
    streaming body runs when the headers are already sent.

    :param read: returns the JSON text of the cookie in a ``Cookie`` header
    :param header: that header; ``None`` if the request has none
    """

    __slots__ = ("_header", "_is_finished", "_read", "_unsigned", "_values")

    def __init__(self, read: Callable[[str], Unsigned], header: str | None) -> None:
        self._read = read
        self._header = header
        self._unsigned: Unsigned | None = None
        self._values: dict[str, Any] = {}
        self._is_finished = False

    @property
    def is_accessed(self) -> bool:
        """Whether it was read or changed."""
        return self._unsigned is not None

    def finish(self) -> str | None:
        """Refuse further changes; return the JSON text if it has to be sent.

        It has to be sent if it was changed, or signed with an older key.

        :raises TypeError: a value inside is not a JSON value
        """
        self._is_finished = True
        if self._unsigned is None or (not self._values and self._unsigned.text == EMPTY):
            return None
        for key, value in self._values.items():
            _check_value(value, f"cookie[{key!r}]")
        text = _encode(self._values)
        return text if text != self._unsigned.text or self._unsigned.is_outdated else None

    def __getitem__(self, key: str) -> Any:
        return self._loaded()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"cookie[{key!r}]: the keys of a cookie are strings")
        _check_value(value, f"cookie[{key!r}]")
        self._changeable()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._changeable()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def __repr__(self) -> str:
        """Show the keys only: the values are not for logs and error pages."""
        if self._unsigned is None:
            return f"<{type(self).__name__}, not read yet>"
        return f"<{type(self).__name__} of {', '.join(map(repr, self._values)) or 'nothing'}>"

    def _loaded(self) -> dict[str, Any]:
        if self._unsigned is None:
            unsigned = Unsigned(EMPTY, False) if self._header is None else self._read(self._header)
            if unsigned.text != EMPTY:
                self._values = _decode(unsigned.text)
            self._unsigned = unsigned
        return self._values

    def _changeable(self) -> dict[str, Any]:
        if self._is_finished:
            raise RuntimeError(
                "The cookie was changed after the response was returned, so the change cannot be "
                "sent. Change it before, not in a streaming body."
            )
        return self._loaded()


def _decode(text: str) -> dict[str, Any]:
    """Return the mapping in a JSON text; an empty one if it contains anything else."""
    try:
        values = json.loads(text)
    except (RecursionError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _check_value(value: object, place: str, depth: int = 0) -> None:
    """Check that a value comes back from JSON unchanged, but for tuples.

    :param place: the expression for the value, for the message
    :raises TypeError: it does not
    """
    if depth > _MAX_DEPTH:
        place = place.partition("]")[0] + "]"
        raise TypeError(f"{place} is nested more than {_MAX_DEPTH} deep, or contains itself")
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{place} is {value!r}, for which JSON has no value")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_value(item, f"{place}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{place} has the key {key!r}, and keys in JSON are strings")
            _check_value(item, f"{place}[{key!r}]", depth + 1)
    else:
        raise TypeError(
            f"{place} is a {type(value).__name__}, and a cookie holds JSON values only: "
            "str, int, float, bool, None, and lists and dicts of them"
        )
