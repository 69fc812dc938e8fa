"""Tell clients and proxies how long to keep responses, and respond 304 if theirs is current."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import ResponseCacheControl

from clastic.errors import HTTP_ERRORS, map_response
from clastic.http import BaseResponse, Request, copy_response
from clastic.middleware.base import Middleware
from clastic.static.conditions import is_not_modified

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SAFE_METHODS = ("GET", "HEAD")
# The responses that get the directives: clients must not keep errors after they are fixed.
_CACHEABLE = (200, 203, 206, 304)
# In hexadecimal digits. Half of the digest is more than enough.
_TAG_LENGTH = 32

_SECONDS = ("max_age", "s_maxage", "stale_while_revalidate", "stale_if_error")
_STALE = ("stale_while_revalidate", "stale_if_error")
_CONTRADICTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "no_store": ("max_age", "s_maxage", "public", "immutable", *_STALE),
        "private": ("public", "s_maxage"),
        "no_cache": ("immutable", *_STALE),
        "must_revalidate": _STALE,
    }
)
_FOR_SHARED_CACHES = frozenset({"public", "s_maxage", "proxy_revalidate", "private"})


class HTTPCacheMiddleware(Middleware):
    """Add ``Cache-Control`` and ``ETag`` to responses, and respond 304 to clients that are current.

    The directives go into ``Cache-Control`` of the successful responses to GET and HEAD; a header
    that is there already stays. A response that sets a cookie is made ``private``, if this is
    around the middleware that sets it. ``no_store`` goes into every response, errors included.

    A response with the status 200 whose body is known gets a strong entity tag made of it, unless
    it has one; a stream gets none. By that tag or by ``Last-Modified``, a client that has the
    response already gets a 304.

    :param max_age: the seconds for which a response may be used without asking again
    :param s_maxage: the same for caches that many clients share
    :param public: shared caches may keep it even if the request was authenticated
    :param private: shared caches must not keep it
    :param no_cache: it must be revalidated before each use
    :param no_store: nobody may keep it
    :param no_transform: nobody may change it on its way, for example by compression
    :param must_revalidate: it must not be used when it is stale
    :param proxy_revalidate: the same for shared caches
    :param immutable: it does not change while it is fresh, so a reload need not revalidate it
    :param stale_while_revalidate: the seconds for which it may be used stale during revalidation
    :param stale_if_error: the seconds for which it may be used stale if revalidation fails
    :param use_etags: make entity tags, and respond 304
    :raises ValueError: for directives that contradict each other, and negative seconds
    """

    def __init__(
        self,
        max_age: int | None = None,
        s_maxage: int | None = None,
        *,
        public: bool = False,
        private: bool = False,
        no_cache: bool = False,
        no_store: bool = False,
        no_transform: bool = False,
        must_revalidate: bool = False,
        proxy_revalidate: bool = False,
        immutable: bool = False,
        stale_while_revalidate: int | None = None,
        stale_if_error: int | None = None,
        use_etags: bool = True,
    ) -> None:
        given = {
            "public": public,
            "private": private,
            "no_cache": no_cache,
            "no_store": no_store,
            "no_transform": no_transform,
            "max_age": max_age,
            "s_maxage": s_maxage,
            "must_revalidate": must_revalidate,
            "proxy_revalidate": proxy_revalidate,
            "immutable": immutable,
            "stale_while_revalidate": stale_while_revalidate,
            "stale_if_error": stale_if_error,
        }
        directives = {
            name: value for name, value in given.items() if value is not None and value is not False
        }
        _check_directives(directives)
        self.cache_control = _to_header(directives)
        self._private_cache_control = _to_header(_for_one_client(directives))
        self._is_storable = not no_store
        self._use_etags = use_etags and self._is_storable

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Return the response with the headers that it lacks, or a 304."""
        if self._is_storable:
            outcome = next()
            is_cacheable = (
                request.environ["REQUEST_METHOD"] in _SAFE_METHODS
                and isinstance(outcome, BaseResponse)
                and outcome.status_code in _CACHEABLE
            )
            return self._cacheable(outcome, request.environ) if is_cacheable else outcome
        try:
            return map_response(next(), self._with_directives)
        except HTTP_ERRORS as error:
            error.with_traceback(None)
            raise map_response(error, self._with_directives) from None

    def __repr__(self) -> str:
        return f"{self.name}({self.cache_control!r})"

    def _with_directives(self, response: BaseResponse) -> BaseResponse:
        """Return a copy with ``Cache-Control``, unless the response has that header."""
        own = copy_response(response)
        if "Cache-Control" not in own.headers and self.cache_control:
            is_private = "Set-Cookie" in own.headers
            own.headers["Cache-Control"] = (
                self._private_cache_control if is_private else self.cache_control
            )
        return own

    def _cacheable(self, response: BaseResponse, environ: WSGIEnvironment) -> BaseResponse:
        own = self._with_directives(response)
        if not self._use_etags or own.status_code != 200:
            return own
        if "ETag" not in own.headers and own.is_sequence and not own.direct_passthrough:
            own.headers["ETag"] = _entity_tag(own)
        if is_not_modified(environ, own.headers.get("ETag"), own.headers.get("Last-Modified")):
            own.status_code = 304
        return own


def _check_directives(directives: Mapping[str, bool | int]) -> None:
    for name in _SECONDS:
        value = directives.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} is {value!r}. Use a whole number of seconds, 0 or more.")
    for name, others in _CONTRADICTIONS.items():
        for other in others:
            if name in directives and other in directives:
                raise ValueError(f"{name} and {other} contradict each other. Leave one out.")
    if "immutable" in directives and not directives.get("max_age"):
        raise ValueError("immutable has no effect without a max_age above 0. Add one.")


def _for_one_client(directives: Mapping[str, bool | int]) -> dict[str, bool | int]:
    """Return the directives for a response that only the client itself may keep."""
    own = {name: value for name, value in directives.items() if name not in _FOR_SHARED_CACHES}
    return own if "no_store" in own or not directives else {"private": True, **own}


def _to_header(directives: Mapping[str, bool | int]) -> str:
    return ResponseCacheControl(
        {
            name.replace("_", "-"): None if value is True else value
            for name, value in directives.items()
        }
    ).to_header()


def _entity_tag(response: BaseResponse) -> str:
    """Return a strong entity tag (RFC 9110, section 8.8.1): it changes with body and type."""
    digest = hashlib.sha256(f"{response.content_type}\n".encode())
    digest.update(response.get_data())
    return f'"{digest.hexdigest()[:_TAG_LENGTH]}"'
