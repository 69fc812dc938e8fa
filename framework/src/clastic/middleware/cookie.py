"""Provide a signed cookie of JSON values as an argument of endpoints."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_encode, bytes_to_int, int_to_bytes, want_bytes

from clastic.errors import HTTP_ERRORS, map_response
from clastic.http import Request, with_headers
from clastic.http.cookies import CookieSettings
from clastic.middleware.base import Middleware
from clastic.middleware.json_cookie import EXPIRES, UnreadCookie
from clastic.middleware.json_cookie import JSONCookie as JSONCookie

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("clastic")

# The size in bytes, of name, value and attributes, up to which every browser keeps a cookie.
_MAX_SIZE = 4093
# Browsers keep no cookie for longer than 400 days (RFC 6265bis, section 5.5); in seconds.
_MAX_CLIENT_AGE = 400 * 24 * 3600
# The server accepts a cookie without an expiry for as long after it was last sent; in seconds.
_MAX_SESSION_AGE = 14 * 24 * 3600
# In bytes. A shorter key can be guessed.
_MIN_KEY_SIZE = 16
# A client sends several cookies of one name if other servers of its domain set them. At most this
# number of them is verified.
_MAX_TRIED = 10
# In characters. Compression does not make shorter texts any shorter.
_WORTH_COMPRESSING = 200
_COMPRESSED = b"."
# Sent without it; more of it than needed is ignored.
_PADDING = b"=="
# The JSON text of a cookie without keys.
_EMPTY = "{}"
_decode_json = json.JSONDecoder().raw_decode


class Expiry(Enum):
    """The lifetimes of a cookie that are not a number of seconds."""

    SESSION = "session"
    NEVER = "never"
    NOW = "now"


SESSION: Final = Expiry.SESSION
"""Until the browser is closed, and for 14 days after it was last sent at most."""
NEVER: Final = Expiry.NEVER
"""For as long as the browser keeps it: 400 days after it was last sent, in most."""
NOW: Final = Expiry.NOW
"""Expire at once: see ``JSONCookie.set_expires``."""


class CookieTooLarge(ValueError):
    """A cookie is larger than browsers keep; they would drop it silently."""


class SignedCookieMiddleware(Middleware):
    """Provide a cookie: a ``dict`` of JSON values that only this application can write.

    It is signed, not encrypted: a client can read it. A cookie that was tampered with, has expired,
    or was not written by this application counts as empty.

    A changed cookie is sent with the response, including HTTP errors, but not with the 500 for an
    uncaught exception or the response of another WSGI application. A response for which it was
    read has ``Vary: Cookie``. Its age counts from when it was last sent; it is sent again if it is
    read after half of its lifetime.

    :param arg_name: the name of the argument of endpoints
    :param cookie_name: its name at the client, by default ``clastic_`` and `arg_name`
    :param secret_key: 16 bytes or more of random text or bytes, the same in all processes. In a
        list, the first key signs and all of them verify: to change the key put a new one in front.
        A cookie signed with an older key is sent anew when it is read. By default a random key is
        made
    :param domain: the domain whose subdomains get it too; by default only the host itself
    :param path: the path below which the client sends it; by default the script root of the
        request, the prefix of the whole application
    :param secure: whether the client sends it over HTTPS only; by default if it was set over HTTPS
    :param http_only: whether scripts in the page cannot read it
    :param same_site: the requests from other sites that carry it: ``"Strict"``, ``"Lax"`` or
        ``"None"``; ``None`` leaves it to the client
    :param expiry: the lifetime in seconds, enforced by client and server; :data:`SESSION` (the
        default), which the server accepts for 14 days, or :data:`NEVER`, which it accepts at any
        age. Clastic 26 wrote these as 0 and ``"never"``
    :param data_expiry: the same as `expiry`; Clastic 26 had both
    :param clock: returns the seconds since 1970
    :raises ValueError: for settings that no client would accept, and an empty key
    """

    replaced_by_outer = True

    def __init__(
        self,
        arg_name: str = "cookie",
        cookie_name: str | None = None,
        secret_key: str | bytes | Sequence[str | bytes] | None = None,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        http_only: bool = True,
        expiry: float | str | Expiry = SESSION,
        data_expiry: float | str | Expiry | None = None,
        *,
        same_site: str | None = "Lax",
        clock: Callable[[], float] = time.time,
    ) -> None:
        name = f"clastic_{arg_name}" if cookie_name is None else cookie_name
        expiry = _read_expiry(expiry if data_expiry is None else data_expiry)
        settings = CookieSettings(
            name,
            domain=domain,
            path=path,
            secure=secure,
            http_only=http_only,
            same_site=same_site,
        )
        keys = None if secret_key is None else _checked_keys(secret_key, name)
        self.has_random_key = keys is None
        self.provides = (arg_name,)
        self.arg_name = arg_name
        self.cookie_name = name
        self.domain = domain
        self.path = path
        self.secure = secure
        self.http_only = http_only
        self.expiry = expiry
        self._clock = clock
        self._max_age = _server_age(expiry)
        self._signers = [_make_signer(key, name) for key in keys or (_random_key(name),)]
        self._dump = dump = settings.dump
        self._scoped, self._find = settings.scoped, settings.find
        # Only the value of the header changes, and a signed text needs no quotes.
        empty = dump(max_age=_client_age(expiry), sync_expires=False)
        self._attributes = empty.removeprefix(f"{name}=")
        self._deletion = dump(max_age=0, expires=0)
        self._configuration = (arg_name, keys, settings.key, expiry, clock)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the cookie, and send it if it was changed."""
        cookie = UnreadCookie(partial(self._read, request.environ.get("HTTP_COOKIE", "")))
        try:
            outcome = next(cookie)
        except HTTP_ERRORS as error:
            if not cookie.is_accessed:
                raise
            # An error that is a constant would keep the tracebacks of all times it was raised.
            error.with_traceback(None)
            raise self._send(cookie, error, request.environ) from None
        return self._send(cookie, outcome, request.environ) if cookie.is_accessed else outcome

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._configuration == other._configuration

    __hash__ = Middleware.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({self.provides[0]!r}, {self.cookie_name!r})"

    def read_cookie(self, header: str) -> JSONCookie:
        """Return the cookie in a ``Cookie`` header, which is empty if none there is valid."""
        cookie = UnreadCookie(partial(self._read, header))
        cookie.load()
        return cookie

    def sign_cookie(self, cookie: JSONCookie) -> str:
        """Return a cookie as its value at the client."""
        return self._sign(cookie.text())

    def _read(self, header: str) -> tuple[dict[str, Any], str | None, bool]:
        """Return the values of the first valid cookie, their text, and whether no cookie is valid.

        The text is None if the first key has not signed it, or half of its lifetime is over.
        """
        for match in islice(self._find(header), _MAX_TRIED):
            for signer in self._signers:
                read = self._unsign(signer, match[1])
                if read is not None:
                    values, text, is_fresh = read
                    may_stay = is_fresh and signer is self._signers[0]
                    return values, text if may_stay else None, False
        return {}, _EMPTY, True

    def _unsign(self, signer: Signer, value: str) -> tuple[dict[str, Any], str, bool] | None:
        """Return the values, their text, and whether it is in the first half of its lifetime."""
        try:
            payload, _, timestamp = signer.unsign(value).rpartition(b".")
            age = 0.0
            if self._max_age is not None:
                age = self._clock() - bytes_to_int(urlsafe_b64decode(timestamp + _PADDING))
                if age > self._max_age:
                    return None
            if payload.startswith(_COMPRESSED):
                text = zlib.decompress(urlsafe_b64decode(payload[1:] + _PADDING)).decode()
            else:
                text = urlsafe_b64decode(payload + _PADDING).decode()
        except (BadData, ValueError, zlib.error):
            return None
        values: dict[str, Any] = _decode_json(text)[0]
        if EXPIRES in values and self._is_over(values[EXPIRES]):
            return None
        return values, text, self._max_age is None or age <= self._max_age / 2

    def _is_over(self, expires: object) -> bool:
        return isinstance(expires, (int, float)) and expires <= self._clock()

    def _sign(self, text: str) -> str:
        """Return ``payload.timestamp.signature``, in characters that a cookie can contain."""
        if len(text) > _WORTH_COMPRESSING:
            payload = _COMPRESSED + base64_encode(zlib.compress(text.encode()))
        else:
            payload = base64_encode(text)
        timestamp = base64_encode(int_to_bytes(int(self._clock())))
        return self._signers[0].sign(payload + b"." + timestamp).decode()

    def _send(self, cookie: JSONCookie, outcome: Any, environ: WSGIEnvironment) -> Any:
        """Return the response with the header fields for the cookie."""
        text = cookie.changed_text()
        fields: tuple[tuple[str, str], ...] = (("Vary", "Cookie"),)
        if text is not None:
            fields += (("Set-Cookie", self._header(text, cookie, environ)),)
        return map_response(outcome, partial(with_headers, added=fields))

    def _header(self, text: str, cookie: JSONCookie, environ: WSGIEnvironment) -> str:
        """Return the ``Set-Cookie`` header for the JSON text of a cookie.

        :raises CookieTooLarge: browsers would drop it
        """
        if not cookie or (self._is_over(cookie.expires)):
            return self._scoped(self._deletion, environ)
        attributes = self._attributes
        if cookie.expires is not None:
            attributes = self._dump("", expires=cookie.expires).removeprefix(f"{self.cookie_name}=")
        header = self._scoped(f"{self.cookie_name}={self._sign(text)}{attributes}", environ)
        if len(header) > _MAX_SIZE:
            largest = max(cookie, key=lambda key: len(repr(cookie[key])))
            raise CookieTooLarge(
                f"The cookie '{self.cookie_name}' is {len(header):,} bytes as it would be sent, "
                f"and browsers drop a cookie over {_MAX_SIZE:,}. Most of it is "
                f"cookie[{largest!r}]: keep that on the server, and put only an id for it into "
                "the cookie."
            )
        return header


def _read_expiry(expiry: float | str | Expiry) -> float | Expiry:
    if expiry == 0 and not isinstance(expiry, str):
        return SESSION
    if expiry in (SESSION, NEVER, SESSION.value, NEVER.value):
        return Expiry(expiry)
    if isinstance(expiry, (str, Expiry)) or not expiry > 0:
        raise ValueError(
            f"expiry is {expiry!r}. Use a number of seconds above 0, or SESSION or NEVER."
        )
    return expiry


def _server_age(expiry: float | Expiry) -> float | None:
    """Return the age in seconds up to which the server accepts a cookie; ``None`` for any."""
    if expiry is NEVER:
        return None
    return _MAX_SESSION_AGE if isinstance(expiry, Expiry) else expiry


def _checked_keys(secret_key: str | bytes | Sequence[str | bytes], name: str) -> tuple[bytes, ...]:
    given = [secret_key] if isinstance(secret_key, (str, bytes)) else secret_key
    keys = tuple(map(want_bytes, given))
    if not keys or not all(keys):
        raise ValueError(
            "secret_key is empty, so anyone could sign a cookie. Use random text from "
            "secrets.token_hex(), or leave it out for a random key in each process."
        )
    shortest = min(map(len, keys))
    if shortest < _MIN_KEY_SIZE:
        logger.warning(
            "A secret_key of the cookie '%s' has only %d bytes, so it can be guessed. "
            "Use %d bytes or more, for example from secrets.token_hex().",
            name,
            shortest,
            _MIN_KEY_SIZE,
        )
    return keys


def _random_key(name: str) -> bytes:
    logger.warning(
        "The cookie '%s' has no secret_key, so it is signed with a random one: it does not survive "
        "a restart, and other processes do not know it. Set a secret_key.",
        name,
    )
    return secrets.token_bytes(32)


def _make_signer(key: bytes, name: str) -> Signer:
    """Return a signer whose key is derived now, and not for each text anew."""
    salt, sha256 = f"clastic.cookie.{name}", hashlib.sha256
    deriving = Signer(key, salt, key_derivation="hmac", digest_method=sha256)
    return Signer(deriving.derive_key(), key_derivation="none", digest_method=sha256)


def _client_age(expiry: float | Expiry) -> int | None:
    """Return the ``Max-Age`` of a cookie, in seconds; ``None`` for none."""
    if expiry is NEVER:
        return _MAX_CLIENT_AGE
    return None if isinstance(expiry, Expiry) else max(1, int(expiry))
