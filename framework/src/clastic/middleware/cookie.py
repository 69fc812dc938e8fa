"""A signed cookie with JSON values in it, which endpoints get as an argument."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from werkzeug.http import dump_cookie

from clastic.http import Request
from clastic.middleware.answers import HTTP_ERRORS, varied
from clastic.middleware.base import Middleware
from clastic.middleware.cookie_settings import (
    NEVER,
    SESSION,
    Expiry,
    check_name,
    checked_keys,
    checked_same_site,
    client_age,
    random_key,
    server_age,
)
from clastic.middleware.json_cookie import EMPTY, JSONCookie
from clastic.middleware.sealing import Opened, Seal

__all__ = ["NEVER", "SESSION", "CookieTooLarge", "JSONCookie", "SignedCookieMiddleware"]

LARGEST = 4093
"""How many bytes of a cookie, its name and attributes included, every browser keeps."""

# A client sends several cookies of one name if others of its domain set them: a valid one is
# looked for, but not for ever.
_MOST_TRIED = 10


class CookieTooLarge(ValueError):
    """A cookie is larger than browsers keep; they would drop it without a word."""


class SignedCookieMiddleware(Middleware):
    """Gives endpoints a cookie: a ``dict`` of JSON values that only this application can write.

    It is signed, not encrypted: a client can read it. One that was tampered with, has expired, or
    is anything else but a cookie of this application counts as empty.

    It is sent when it has changed, with raised HTTP errors too; not with a 500 for an exception
    that nothing caught, nor with what another WSGI application answers. An answer for which it was
    looked at has ``Vary: Cookie``. Its age counts from when it was last sent.

    :param arg_name: the argument that endpoints take it by
    :param cookie_name: its name at the client; ``clastic_`` and `arg_name` if left out
    :param secret_key: 16 bytes or more of random text or bytes, the same in all processes. In a
        list, the first key signs and all of them are accepted: to change the key put a new one in
        front. A cookie signed with an older key is sent anew when it is looked at. If left out, a
        random key is made
    :param domain: the domain whose subdomains get it too; only the host itself if left out
    :param path: the path below which the client sends it
    :param secure: whether the client sends it over HTTPS only
    :param http_only: whether it is kept from scripts in the page
    :param same_site: ``"Strict"``, ``"Lax"`` or ``"None"``: which requests from other sites get it;
        ``None`` leaves it to the client
    :param expiry: how long it lasts: seconds, after which it is not accepted any more either;
        :data:`SESSION` or :data:`NEVER`, which are accepted at any age
    :param clock: gives the seconds since 1970
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
        same_site = checked_same_site(same_site, secure)
        check_name(name, domain, path, secure)
        keys = None if secret_key is None else checked_keys(secret_key, name)
        self.provides = (arg_name,)
        self.cookie_name = name
        self._max_age = server_age(expiry)
        write = partial(
            dump_cookie,
            name,
            path=path,
            domain=domain,
            secure=secure,
            httponly=http_only,
            samesite=same_site,
            max_size=0,
        )
        # The value is the only thing in the header that changes, and it needs no quoting.
        empty = write(max_age=client_age(expiry), sync_expires=False)
        self._attributes = empty.removeprefix(f"{name}=")
        self._deletion = write(max_age=0, expires=0)
        cookie = rf'(?:^|;)[ \t]*{re.escape(name)}="?([\w.-]+)"?[ \t]*(?=;|\Z)'
        self._find = re.compile(cookie, re.ASCII).finditer
        self._configuration = (arg_name, keys, self._attributes, name, expiry, clock)
        self._seal = Seal(keys or (random_key(name),), f"clastic.cookie.{name}", clock)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the cookie, and send it if it has changed."""
        cookie = JSONCookie(self._read, request.environ.get("HTTP_COOKIE"))
        try:
            answer = next(cookie)
        except HTTP_ERRORS as error:
            answer = self._finish(cookie, error)
            if answer is error:
                raise
            # An error that is a constant would keep the tracebacks of all times it was raised.
            error.with_traceback(None)
            raise answer from None
        return self._finish(cookie, answer)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._configuration == other._configuration

    __hash__ = Middleware.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({self.provides[0]!r}, {self.cookie_name!r})"

    def _read(self, header: str) -> Opened:
        """Return what a ``Cookie`` header says: the first cookie in it that this has sealed."""
        for match in islice(self._find(header), _MOST_TRIED):
            opened = self._seal.open(match[1], self._max_age)
            if opened is not None:
                return opened
        return Opened(EMPTY, is_outdated=False)

    def _finish(self, cookie: JSONCookie, answer: Any) -> Any:
        """Return the answer with what there is to say of the cookie."""
        text = cookie.finish()
        if not cookie.is_accessed:
            return answer
        fields = () if text is None else (("Set-Cookie", self._field(text, cookie)),)
        return varied(answer, "Cookie", fields)

    def _field(self, text: str, cookie: JSONCookie) -> str:
        """Return the ``Set-Cookie`` field for the JSON text of a cookie.

        :raises CookieTooLarge: when browsers would drop it
        """
        if text == EMPTY:
            return self._deletion
        field = f"{self.cookie_name}={self._seal.close(text)}{self._attributes}"
        if len(field) > LARGEST:
            largest = max(cookie, key=lambda key: len(repr(cookie[key])))
            raise CookieTooLarge(
                f"The cookie '{self.cookie_name}' is {len(field):,} bytes as it would be sent, and "
                f"browsers drop a cookie over {LARGEST:,}. Most of it is cookie[{largest!r}]: keep "
                "that on the server, and put only an id for it into the cookie."
            )
        return field
