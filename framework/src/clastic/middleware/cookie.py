"""Provide a signed cookie of JSON values as an argument of endpoints."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from enum import Enum
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from itsdangerous import BadData, Signer
from itsdangerous.encoding import (
    base64_decode,
    base64_encode,
    bytes_to_int,
    int_to_bytes,
    want_bytes,
)
from werkzeug.http import dump_cookie

from clastic.errors import HTTP_ERRORS, map_response
from clastic.http import Request, with_headers
from clastic.http.hosts import encode_host
from clastic.http.sending import check_cookie
from clastic.middleware.base import Middleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("clastic")

# The size in bytes, of name, value and attributes, up to which every browser keeps a cookie.
_MAX_SIZE = 4093
# Browsers keep no cookie for longer than 400 days (RFC 6265bis, section 5.5); in seconds.
_MAX_CLIENT_AGE = 400 * 24 * 3600
# In bytes. A shorter key can be guessed.
_MIN_KEY_SIZE = 16
# A client sends several cookies of one name if other servers of its domain set them. At most this
# number of them is verified.
_MAX_TRIED = 10
# In characters. Compression does not make shorter texts any shorter.
_WORTH_COMPRESSING = 200
_COMPRESSED = b"."
# The characters of a path that need not be quoted (RFC 3986, section 3.3), but for the semicolon.
_SAFE_IN_PATH = "/!$&'()*+,=:@~"

_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
# The JSON text of a cookie without keys.
_EMPTY = "{}"
_encode_json = json.JSONEncoder(separators=(",", ":")).encode


class Expiry(Enum):
    """The lifetimes of a cookie that are not a number of seconds."""

    SESSION = "session"
    NEVER = "never"


SESSION: Final = Expiry.SESSION
"""Until the browser is closed."""
NEVER: Final = Expiry.NEVER
"""For as long as the browser keeps it: 400 days after it was last sent, in most."""


class CookieTooLarge(ValueError):
    """A cookie is larger than browsers keep; they would drop it silently."""


class JSONCookie(MutableMapping[str, Any]):
    """The values that a client keeps for the application, as a ``dict`` of JSON values.

    Change it like any ``dict``; changes inside of its values are noticed as well. Tuples come back
    as lists, and all keys as strings. A cookie without keys is deleted at the client. A change by a
    streaming body is lost: the headers are already sent then.

    :param read: returns the JSON text of the cookie, and whether the client may keep it as it is
    """

    def __init__(self, read: Callable[[], tuple[str, bool]]) -> None:
        self._read = read
        self._received: str | None = None

    @cached_property
    def _values(self) -> dict[str, Any]:
        text, may_stay = self._read()
        if may_stay:
            self._received = text
        values: dict[str, Any] = json.loads(text)
        return values

    @property
    def is_accessed(self) -> bool:
        """Whether it was read or changed."""
        return "_values" in self.__dict__

    def changed_text(self) -> str | None:
        """Return the JSON text of the values; ``None`` if it need not be sent.

        :raises TypeError: a value inside is not a JSON value
        """
        try:
            text = _encode_json(self._values)
        except (RecursionError, TypeError, ValueError) as error:
            raise TypeError(
                f"The cookie cannot be sent as JSON: {error}. Put only str, int, float, bool, "
                "None, and lists and dicts of them into it."
            ) from error
        return None if text == self._received else text

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """Show the keys only: the values are not for logs and error pages."""
        keys = ", ".join(map(repr, self)) if self.is_accessed else "not read yet"
        return f"<{type(self).__name__}: {keys}>"


class SignedCookieMiddleware(Middleware):
    """Provide a cookie: a ``dict`` of JSON values that only this application can write.

    It is signed, not encrypted: a client can read it. A cookie that was tampered with, has expired,
    or was not written by this application counts as empty.

    A changed cookie is sent with the response, including HTTP errors, but not with the 500 for an
    uncaught exception or the response of another WSGI application. A response for which it was
    read has ``Vary: Cookie``. Its age counts from when it was last sent.

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
        default) or :data:`NEVER`, which the server accepts at any age
    :param clock: returns the seconds since 1970
    :raises ValueError: for settings that no client would accept, and an empty key
    """

    def __init__(
        self,
        arg_name: str = "cookie",
        cookie_name: str | None = None,
        secret_key: str | bytes | Sequence[str | bytes] | None = None,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        http_only: bool = True,
        same_site: str | None = "Lax",
        expiry: float | Expiry = SESSION,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        name = f"clastic_{arg_name}" if cookie_name is None else cookie_name
        _check_settings(name, secure, same_site, expiry)
        check_cookie(name, path, domain)
        keys = None if secret_key is None else _checked_keys(secret_key, name)
        self.provides = (arg_name,)
        self.cookie_name = name
        # A name with the prefix requires the path / (RFC 6265bis, section 4.1.3.2).
        self._is_at_root = path is None and not name.lower().startswith("__host-")
        self._follows_scheme = secure is None
        self._clock = clock
        self._max_age = None if isinstance(expiry, Expiry) else expiry
        self._signers = [_make_signer(key, name) for key in keys or (_random_key(name),)]
        dump = partial(
            dump_cookie,
            name,
            path=path or "/",
            domain=domain and encode_host(domain),
            secure=bool(secure),
            httponly=http_only,
            samesite=same_site,
            max_size=0,
        )
        # Only the value of the header changes, and a signed text needs no quotes.
        empty = dump(max_age=_client_age(expiry), sync_expires=False)
        self._attributes = empty.removeprefix(f"{name}=")
        self._deletion = dump(max_age=0, expires=0)
        # Werkzeug parses all cookies, which takes more time than all the rest.
        cookie = rf'(?:^|;)[ \t]*{re.escape(name)}="?([\w.-]+)"?[ \t]*(?=;|\Z)'
        self._find = re.compile(cookie, re.ASCII).finditer
        scope = (self._is_at_root, self._follows_scheme)
        self._configuration = (arg_name, keys, self._attributes, scope, name, expiry, clock)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the cookie, and send it if it was changed."""
        cookie = JSONCookie(partial(self._read, request.environ.get("HTTP_COOKIE", "")))
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

    def _read(self, header: str) -> tuple[str, bool]:
        """Return the text of the first valid cookie, and whether the first key has signed it."""
        for match in islice(self._find(header), _MAX_TRIED):
            for signer in self._signers:
                text = self._unsign(signer, match[1])
                if text is not None:
                    return text, signer is self._signers[0]
        return _EMPTY, True

    def _unsign(self, signer: Signer, value: str) -> str | None:
        try:
            payload, _, timestamp = signer.unsign(value).rpartition(b".")
            if self._max_age is not None:
                age = self._clock() - bytes_to_int(base64_decode(timestamp))
                if age > self._max_age:
                    return None
            if payload.startswith(_COMPRESSED):
                return zlib.decompress(base64_decode(payload[1:])).decode()
            return base64_decode(payload).decode()
        except (BadData, ValueError, zlib.error):
            return None

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
        if text == _EMPTY:
            return self._scoped(self._deletion, environ)
        header = self._scoped(f"{self.cookie_name}={self._sign(text)}{self._attributes}", environ)
        if len(header) > _MAX_SIZE:
            largest = max(cookie, key=lambda key: len(repr(cookie[key])))
            raise CookieTooLarge(
                f"The cookie '{self.cookie_name}' is {len(header):,} bytes as it would be sent, "
                f"and browsers drop a cookie over {_MAX_SIZE:,}. Most of it is "
                f"cookie[{largest!r}]: keep that on the server, and put only an id for it into "
                "the cookie."
            )
        return header

    def _scoped(self, header: str, environ: WSGIEnvironment) -> str:
        """Return the header with the path and the scheme of a request, where they are not set."""
        if self._follows_scheme and environ.get("wsgi.url_scheme") == "https":
            header += "; Secure"
        root = self._is_at_root and environ.get("SCRIPT_NAME")
        if not root:
            return header
        path = quote(root, _SAFE_IN_PATH, "latin-1", "replace")
        return header.replace("; Path=/", f"; Path={path}", 1)


def _check_settings(
    name: str, secure: bool | None, same_site: str | None, expiry: float | Expiry
) -> None:
    """Check the settings that Werkzeug does not check."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(
            f"cookie_name is {name!r}. Use ASCII letters, digits, '-' and '_' (RFC 6265)."
        )
    has_prefix = name.lower().startswith(("__secure-", "__host-"))
    if not secure and (has_prefix or (same_site or "").lower() == "none"):
        raise ValueError(
            f"Browsers drop the cookie '{name}': one with same_site='None', or whose name begins "
            "with '__Secure-' or '__Host-', must be secure=True."
        )
    if not isinstance(expiry, Expiry) and not expiry > 0:
        raise ValueError(
            f"expiry is {expiry!r}. Use a number of seconds above 0, or SESSION or NEVER."
        )


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
