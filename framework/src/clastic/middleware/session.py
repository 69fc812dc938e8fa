"""Provide a session: values that the server keeps for each client, by an id in a cookie."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter, Signature
from itertools import islice
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from clastic.http import BaseResponse, Request, with_headers
from clastic.http.cookies import CookieSettings
from clastic.middleware.base import Middleware
from clastic.sessions.session import Session, Timeouts
from clastic.sessions.store import Cache, Store, as_store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DAY = 24 * 3600
# An id is 32 random bytes in Base64 for URLs.
_is_id = re.compile(r"[\w-]{43}", re.ASCII).fullmatch
# A client sends several cookies of one name if other servers of its domain set them. At most this
# number of them is looked up.
_MAX_TRIED = 3
# In seconds: how often a process removes expired sessions.
_CLEANUP_INTERVAL = 3600


class SessionMiddleware(Middleware):
    """Provide a :class:`~clastic.sessions.Session`, a mapping whose values the server keeps.

    The client has only a random id of 256 bits, in a cookie; the store has the values, by the hash
    of the id. The session is read when it is first used, and saved before the response is sent if
    it was changed. A client gets the cookie when something is first saved. Nothing is saved with
    the status 500. A response for which the session was used has ``Vary: Cookie``.

    While the store is not available, requests that use the session get a 503 with ``Retry-After``.

    :param store: one of :mod:`clastic.sessions`; a cache with the interface of cachelib; or the
        name of a resource that is one, which may be :func:`~clastic.managed`
    :param arg_name: the name of the argument of endpoints
    :param cookie_name: its name at the client, by default ``clastic_`` and `arg_name`
    :param idle_timeout: the seconds after its last use for which a session lasts; it may end a
        tenth earlier
    :param absolute_timeout: the seconds for which it lasts at most, since it began or was renewed
    :param persistent: whether the client keeps the cookie when the browser is closed
    :param domain: the domain whose subdomains get it too; by default only the host itself
    :param path: the path below which the client sends it; by default the script root of the
        request, the prefix of the whole application
    :param secure: whether the client sends it over HTTPS only; by default if it was set over HTTPS
    :param same_site: the requests from other sites that carry it: ``"Strict"``, ``"Lax"`` or
        ``"None"``
    :param clock: returns the seconds since 1970
    :ivar store: the store, or the name of the resource
    :raises ValueError: for settings that no client would accept, and timeouts of 0 or less
    :raises TypeError: if `store` is nothing of that
    """

    replaced_by_outer = True

    def __init__(
        self,
        store: Store | Cache | str,
        arg_name: str = "session",
        cookie_name: str | None = None,
        *,
        idle_timeout: float = 14 * _DAY,
        absolute_timeout: float = 90 * _DAY,
        persistent: bool = False,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        same_site: str | None = "Lax",
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not idle_timeout > 0 or not absolute_timeout > 0:
            raise ValueError("A session timeout must be a positive number of seconds.")
        name = f"clastic_{arg_name}" if cookie_name is None else cookie_name
        self._cookie = CookieSettings(
            name, domain=domain, path=path, secure=secure, same_site=same_site
        )
        self.provides = (arg_name,)
        self._timeouts = Timeouts(idle_timeout, absolute_timeout, clock)
        max_age = int(absolute_timeout) if persistent else None
        self._attributes = self._cookie.dump(max_age=max_age).removeprefix(f"{name}=")
        self._deletion = self._cookie.dump(max_age=0, expires=0)
        self._name = name
        self._environ_key = f"clastic.session.{id(self)}"
        self._cleanup_at = 0.0
        self._has_warned = False
        self._configuration = (
            store if isinstance(store, str) else id(store),
            arg_name,
            self._cookie.key,
            self._timeouts,
            persistent,
        )
        self.store: Store | str
        if isinstance(store, str):
            self.store = store
            self.request = self._taking(store)  # type: ignore[method-assign]
        else:
            self.store = as_store(store, clock)

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Provide the session."""
        return next(self._open(self.store, request.environ))

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Save the session, and return the response with the header fields for it."""
        session: Session | None = environ.pop(self._environ_key, None)
        if session is None:
            return response
        session.close()
        if not session.is_accessed:
            return response
        fields: tuple[tuple[str, str], ...] = (("Vary", "Cookie"),)
        sent = None if response.status_code == 500 else self._save(session)
        if sent is None:
            return with_headers(response, fields)
        header = f"{self._name}={sent}{self._attributes}" if sent else self._deletion
        fields += (("Set-Cookie", self._cookie.scoped(header, environ)),)
        return _without_sharing(with_headers(response, fields))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._configuration == other._configuration

    __hash__ = Middleware.__hash__

    def __repr__(self) -> str:
        return f"{self.name}({self.provides[0]!r}, {self._name!r})"

    def _taking(self, store: str) -> Callable[..., Any]:
        """Return a ``request`` function that takes the resource of this name.

        :raises ValueError: if it cannot be the name of an argument
        """
        if not store.isidentifier() or iskeyword(store) or store in ("next", "request"):
            raise ValueError(
                f"store is {store!r}, which cannot be the name of a resource. Use such a name, or "
                "a store of clastic.sessions."
            )

        def request(next: Callable[..., Any], request: Request, **resources: Any) -> Any:
            given = as_store(resources[store], self._timeouts.clock, warn=not self._has_warned)
            self._has_warned = True
            return next(self._open(given, request.environ))

        names = ("next", "request", store)
        parameters = [Parameter(each, Parameter.POSITIONAL_OR_KEYWORD) for each in names[:2]]
        parameters.append(Parameter(store, Parameter.KEYWORD_ONLY))
        request.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        request.__qualname__ = f"{self.name}.request"
        return request

    def _open(self, store: Any, environ: WSGIEnvironment) -> Session:
        if store.one_process and environ.get("wsgi.multiprocess"):
            raise RuntimeError(
                f"{store!r} keeps sessions in the memory of one process, and this server has "
                "several. Use another store, such as FileStore or SQLStore, or one process."
            )
        session: Session | None = environ.get(self._environ_key)
        if session is None:  # else an earlier route raised a non-breaking error
            read_ids = partial(self._read_ids, environ.get("HTTP_COOKIE", ""))
            session = environ[self._environ_key] = Session(store, read_ids, self._timeouts)
        return session

    def _save(self, session: Session) -> str | None:
        """Save a session; now and then, remove the expired ones of all clients."""
        sent = session.save()
        now = self._timeouts.clock()
        if now >= self._cleanup_at:
            self._cleanup_at = now + _CLEANUP_INTERVAL
            session.remove_expired()
        return sent

    def _read_ids(self, header: str) -> Iterator[str]:
        for match in islice(self._cookie.find(header), _MAX_TRIED):
            if _is_id(match[1]):
                yield match[1]


def _without_sharing(response: BaseResponse) -> BaseResponse:
    """Keep shared caches from storing a response that sets a cookie (RFC 9111, section 7.3)."""
    control = response.headers.get("Cache-Control", "").lower()
    if "public" in control or "s-maxage" in control:
        directives = response.cache_control
        directives.public, directives.s_maxage, directives.private = False, None, True
    return response
