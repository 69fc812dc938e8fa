"""Settings of a cookie: what they come to, and which of them no client would accept."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from enum import Enum
from typing import Final

logger = logging.getLogger("clastic")

# Browsers keep no cookie for longer than 400 days (RFC 6265bis, section 5.5); in seconds.
_LONGEST_AGE = 400 * 24 * 3600
# In bytes. A shorter key can be found by trying.
_SHORTEST_KEY = 16

_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_SAME_SITE = ("Strict", "Lax", "None")


class Expiry(Enum):
    """For how long a cookie lasts, where that is no number of seconds."""

    SESSION = "session"
    NEVER = "never"


SESSION: Final = Expiry.SESSION
"""Until the browser is closed."""
NEVER: Final = Expiry.NEVER
"""For as long as the browser keeps it: 400 days after it was last sent, in most."""


def checked_keys(secret_key: str | bytes | Sequence[str | bytes], name: str) -> tuple[bytes, ...]:
    given = [secret_key] if isinstance(secret_key, (str, bytes)) else list(secret_key)
    keys = []
    for key in given:
        if not isinstance(key, (str, bytes)):
            raise TypeError(f"secret_key has to be text or bytes, not {type(key).__name__}")
        keys.append(key.encode() if isinstance(key, str) else key)
    if not all(keys) or not keys:
        raise ValueError(
            "secret_key is empty, so that anyone could sign. Give it random text, such as "
            "secrets.token_hex() makes once; leave it out for a random key in each process."
        )
    shortest = min(map(len, keys))
    if shortest < _SHORTEST_KEY:
        logger.warning(
            "A secret_key of the cookie '%s' has only %d bytes, and can be found by trying. "
            "Use %d or more, such as secrets.token_hex() makes.",
            name,
            shortest,
            _SHORTEST_KEY,
        )
    return tuple(keys)


def random_key(name: str) -> bytes:
    logger.warning(
        "The cookie '%s' has no secret_key, so it is signed with a random one: it does not survive "
        "a restart, and other processes do not know it. Give it a secret_key of your own.",
        name,
    )
    return secrets.token_bytes(32)


def checked_same_site(same_site: str | None, secure: bool) -> str | None:
    if same_site is None:
        return None
    proper = same_site.capitalize()
    if proper not in _SAME_SITE:
        raise ValueError(
            f"same_site is {same_site!r}. Use {', '.join(map(repr, _SAME_SITE))} or None."
        )
    if proper == "None" and not secure:
        raise ValueError("Browsers drop a cookie with same_site='None' that is not secure=True.")
    return proper


def check_name(name: str, domain: str | None, path: str | None, secure: bool) -> None:
    if not _TOKEN.fullmatch(name):
        raise ValueError(
            f"cookie_name is {name!r}. Use ASCII letters, digits, '-' and '_' (RFC 6265)."
        )
    if path is not None and not path.startswith("/"):
        raise ValueError(f"path is {path!r}, and browsers ignore one that does not begin with '/'.")
    prefix = name[: name.find("-", 2) + 1].lower()
    if prefix in ("__secure-", "__host-") and not secure:
        raise ValueError(f"Browsers drop a cookie '{name}' that is not secure=True.")
    if prefix == "__host-" and (domain is not None or path != "/"):
        raise ValueError(f"Browsers drop a cookie '{name}' with a domain, or a path but '/'.")


def server_age(expiry: float | Expiry) -> float | None:
    """Return the seconds that a cookie counts for; ``None`` for any number of them."""
    if isinstance(expiry, Expiry):
        return None
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)) or not 0 < expiry < 1e12:
        raise ValueError(
            f"expiry is {expiry!r}. Give it seconds, more than 0, or SESSION or NEVER."
        )
    return expiry


def client_age(expiry: float | Expiry) -> int | None:
    """Return the ``Max-Age`` of a cookie, in seconds; ``None`` for one without."""
    if expiry is NEVER:
        return _LONGEST_AGE
    return None if isinstance(expiry, Expiry) else max(1, int(expiry))
