"""Define the members of the signed cookie that exist for apps written for Clastic 26."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class CookieMembers:
    """Members of :class:`~clastic.middleware.cookie.JSONCookie`."""

    cookie_name: str = "clastic_cookie"
    secret_key: str | bytes | None = None
    changed_text: Callable[[], str | None]

    #: Whether the client sent no valid cookie.
    new: bool

    #: When the cookie expires, in seconds since 1970; None for the lifetime of the middleware.
    expires: float | None = None

    @property
    def modified(self) -> bool:
        """Whether the values differ from those that the client has."""
        return self.changed_text() is not None

    @property
    def should_save(self) -> bool:
        """Whether the cookie is sent with the response."""
        return self.modified

    def set_expires(self, epoch_time: Any = "now") -> None:
        """Set the time at which the cookie expires, at the client and at the server.

        :param epoch_time: seconds since 1970; ``NOW`` to delete the cookie, ``NEVER`` to keep the
            lifetime of the middleware
        :raises TypeError: if it is neither of these
        """
        from clastic.middleware.cookie import NEVER, NOW

        if epoch_time in (NOW, NOW.value):
            self.expires = 0
        elif epoch_time in (NEVER, NEVER.value):
            self.expires = None
        elif isinstance(epoch_time, (int, float)):
            self.expires = epoch_time
        else:
            raise TypeError(f"epoch_time is {epoch_time!r}. Use seconds since 1970, NOW or NEVER.")

    def serialize(self) -> str:
        """Return the value of the cookie at the client, signed with the ``secret_key``.

        :raises ValueError: without a ``secret_key``
        """
        if self.secret_key is None:
            raise ValueError("This JSONCookie has no secret_key. Pass one to JSONCookie(...).")
        text: str = _signing(self.cookie_name, self.secret_key).sign_cookie(self)
        return text

    @classmethod
    def unserialize(
        cls, string: str, secret_key: str | bytes, *, cookie_name: str = "clastic_cookie"
    ) -> Any:
        """Return the cookie with a value, which is empty if the value is not valid.

        :param string: the value, signed with the `secret_key`
        :param cookie_name: that of the middleware
        """
        cookie = _signing(cookie_name, secret_key).read_cookie(f"{cookie_name}={string}")
        cookie.secret_key, cookie.cookie_name = secret_key, cookie_name
        return cookie


def _signing(cookie_name: str, secret_key: str | bytes) -> Any:
    from clastic.middleware.cookie import SignedCookieMiddleware

    return SignedCookieMiddleware(cookie_name=cookie_name, secret_key=secret_key)
