"""Provide a signed cookie of JSON values as an argument of endpoints."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from itertools import islice
from typing import Any, Final

from werkzeug.http import dump_cookie

from clastic.errors import HTTP_ERRORS, map_response
from clastic.http import Request, with_headers
from clastic.middleware.base import Middleware
from clastic.middleware.json_cookie import EMPTY, CookieSigner, JSONCookie, Unsigned

__all__ = ["NEVER", "SESSION", "CookieTooLarge", "JSONCookie", "SignedCookieMiddleware"]

logger = logging.getLogger("clastic")

# The size in bytes, of name, value and attributes, up to which every browser keeps a cookie.
_MAX_SIZE = 4093
# Browsers keep no cookie for longer than 400 days (RFC 6265bis, section 5.5); in seconds.
_MAX_CLIENT_AGE = 400 * 24 * 3600
# In bytes. A shorter key can be found by trying.
_MIN_KEY_SIZE = 16
# A client sends several cookies of one name if other servers of its domain set them. So many of
# them are verified.
_MAX_TRIED = 10

_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


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


class SignedCookieMiddleware(Middleware):
    """Provide a cookie: a ``dict`` of JSON values that only this application can write.

    It is signed, not encrypted: a client can read it. A cookie that was tampered with, has expired,
    or was not written by this application counts as empty.

    It is sent when it was changed, also with an HTTP error that is raised; not with the 500 for an
    uncaught exception, nor with the response of another WSGI application. A response for which it
    was read has ``Vary: Cookie``. Its age counts from when it was last sent.

    :param arg_name: the name of the argument of endpoints
    :param cookie_name: its name at the client, by default ``clastic_`` and `arg_name`
    :param secret_key: 16 bytes or more of random text or bytes, the same in all processes. In a
        list, the first key signs and all of them verify: to change the key put a new one in front.
        A cookie signed with an older key is sent anew when it is read. By default a random key is
        made
    :param domain: the domain whose subdomains get it too; by default only the host itself
    :param path: the path below which the client sends it
    :param secure: whether the client sends it over HTTPS only
    :param http_only: whether scripts in the page cannot read it
    :param same_site: the requests from other sites that carry it: ``"Strict"``, ``"Lax"`` or
        ``"None"``; ``None`` leaves it to the client
    :param expiry: the seconds after which neither client nor server accept it; or :data:`SESSION`
        or :data:`NEVER`, which the server accepts at any age
    :param clock: returns the seconds since 1970
    :raises TypeError: for a key that is neither text nor bytes
    :raises ValueError: for settings that no client would accept, and an empty key
    """

    def __init__(
        self,
        arg_name: str = "cookie",
        cookie_name: str | None = None,
        secret_key: str | bytes | Sequence[str | bytes] | None = None,
        domain: str | None = None,
        path: str | None = "/",
        secure: bool = False,
        http_only: bool = True,
        same_site: str | None = "Lax",
        expiry: float | Expiry = SESSION,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        name = f"clastic_{arg_name}" if cookie_name is None else cookie_name
        _check_attributes(name, domain, path, secure, same_site)
        keys = None if secret_key is None else _checked_keys(secret_key, name)
        self.provides = (arg_name,)
        self.cookie_name = name
        self._max_age = _server_age(expiry)
        dump = partial(
            dump_cookie,
            name,
            path=path,
            domain=domain,
            secure=secure,
            httponly=http_only,
            samesite=same_site,
            max_size=0,
        )
        # Only the value of the header changes, and a signed text needs no quotes.
        empty = dump(max_age=_client_age(expiry), sync_expires=False)
        self._attributes = empty.removeprefix(f"{name}=")
        self._deletion = dump(max_age=0, expires=0)
        # Werkzeug parses all cookies, which takes more time than all the rest, and only UTF-8.
        cookie = rf'(?:^|;)[ \t]*{re.escape(name)}="?([\w.-]+)"?[ \t]*(?=;|\Z)'
        self._find = re.compile(cookie, re.ASCII).finditer
        self._configuration = (arg_name, keys, self._attributes, name, expiry, clock)
        self._signer = CookieSigner(keys or (_random_key(name),), f"clastic.cookie.{name}", clock)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the cookie, and send it if it was changed."""
        cookie = JSONCookie(self._read, request.environ.get("HTTP_COOKIE"))
        try:
            outcome = next(cookie)
        except HTTP_ERRORS as error:
            outcome = self._finish(cookie, error)
            if outcome is error:
                raise
            # An error that is a constant would keep the tracebacks of all times it was raised.
            error.with_traceback(None)
            raise outcome from None
        return self._finish(cookie, outcome)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._configuration == other._configuration

    __hash__ = Middleware.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({self.provides[0]!r}, {self.cookie_name!r})"

    def _read(self, header: str) -> Unsigned:
        """Return the first cookie with a valid signature in a ``Cookie`` header."""
        for match in islice(self._find(header), _MAX_TRIED):
            unsigned = self._signer.unsign(match[1], self._max_age)
            if unsigned is not None:
                return unsigned
        return Unsigned(EMPTY, is_outdated=False)

    def _finish(self, cookie: JSONCookie, outcome: Any) -> Any:
        """Return the response with the header fields for the cookie."""
        text = cookie.finish()
        if not cookie.is_accessed:
            return outcome
        fields: tuple[tuple[str, str], ...] = (("Vary", "Cookie"),)
        if text is not None:
            fields += (("Set-Cookie", self._field(text, cookie)),)
        return map_response(outcome, partial(with_headers, added=fields))

    def _field(self, text: str, cookie: JSONCookie) -> str:
        """Return the ``Set-Cookie`` header for the JSON text of a cookie.

        :raises CookieTooLarge: browsers would drop it
        """
        if text == EMPTY:
            return self._deletion
        field = f"{self.cookie_name}={self._signer.sign(text)}{self._attributes}"
        if len(field) > _MAX_SIZE:
            largest = max(cookie, key=lambda key: len(repr(cookie[key])))
            raise CookieTooLarge(
                f"The cookie '{self.cookie_name}' is {len(field):,} bytes as it would be sent, and "
                f"browsers drop a cookie over {_MAX_SIZE:,}. Most of it is cookie[{largest!r}]: "
                "keep that on the server, and put only an id for it into the cookie."
            )
        return field


def _check_attributes(
    name: str, domain: str | None, path: str | None, secure: bool, same_site: str | None
) -> None:
    """Check the attributes that Werkzeug does not check."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(
            f"cookie_name is {name!r}. Use ASCII letters, digits, '-' and '_' (RFC 6265)."
        )
    if path is not None and not path.startswith("/"):
        raise ValueError(f"path is {path!r}, and browsers ignore one that does not begin with '/'.")
    if same_site is not None and same_site.lower() == "none" and not secure:
        raise ValueError("Browsers drop a cookie with same_site='None' that is not secure=True.")
    prefix = name[: name.find("-", 2) + 1].lower()
    if prefix in ("__secure-", "__host-") and not secure:
        raise ValueError(f"Browsers drop a cookie '{name}' that is not secure=True.")
    if prefix == "__host-" and (domain is not None or path != "/"):
        raise ValueError(f"Browsers drop a cookie '{name}' with a domain, or a path but '/'.")


def _checked_keys(secret_key: str | bytes | Sequence[str | bytes], name: str) -> tuple[bytes, ...]:
    keys = []
    for key in [secret_key] if isinstance(secret_key, (str, bytes)) else secret_key:
        if not isinstance(key, (str, bytes)):
            raise TypeError(f"secret_key must be text or bytes, not {type(key).__name__}")
        keys.append(key.encode() if isinstance(key, str) else key)
    if not all(keys) or not keys:
        raise ValueError(
            "secret_key is empty, so that anyone could sign. Use random text, such as "
            "secrets.token_hex() makes once, or leave it out for a random key in each process."
        )
    shortest = min(map(len, keys))
    if shortest < _MIN_KEY_SIZE:
        logger.warning(
            "A secret_key of the cookie '%s' has only %d bytes, and can be found by trying. "
            "Use %d or more, such as secrets.token_hex() makes.",
            name,
            shortest,
            _MIN_KEY_SIZE,
        )
    return tuple(keys)


def _random_key(name: str) -> bytes:
    logger.warning(
        "The cookie '%s' has no secret_key, so it is signed with a random one: it does not survive "
        "a restart, and other processes do not know it. Give it a secret_key of your own.",
        name,
    )
    return secrets.token_bytes(32)


def _server_age(expiry: float | Expiry) -> float | None:
    """Return the seconds for which the server accepts a cookie; ``None`` for any age."""
    if isinstance(expiry, Expiry):
        return None
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)) or not 0 < expiry < 1e12:
        raise ValueError(
            f"expiry is {expiry!r}. Use a number of seconds above 0, or SESSION or NEVER."
        )
    return expiry


def _client_age(expiry: float | Expiry) -> int | None:
    """Return the ``Max-Age`` of a cookie, in seconds; ``None`` for none."""
    if expiry is NEVER:
        return _MAX_CLIENT_AGE
    return None if isinstance(expiry, Expiry) else max(1, int(expiry))
