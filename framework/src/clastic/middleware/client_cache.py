"""What clients and proxies may keep, and how they ask whether it still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_date, parse_etags, unquote_etag

from clastic.errors import HTTP_ERRORS, map_response
from clastic.http import BaseResponse, Request, copy_response
from clastic.middleware.base import Middleware
from clastic.middleware.cache_directives import cache_control, checked_directives, kept_private

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_READING = ("GET", "HEAD")
# What a freshness is said of: errors are not to stay when they are mended.
_KEPT = (200, 203, 206, 304)
# In hexadecimal digits: half of the digest is more than enough.
_TAG_LENGTH = 32


class HTTPCacheMiddleware(Middleware):
    """Tells clients how long to keep answers, and answers 304 to those whose copy still holds.

    The directives go into the ``Cache-Control`` of answers to GET and HEAD that have a body to
    keep; one that is there already stays. An answer that sets a cookie is made ``private``, if this
    is around the middleware that sets it. ``no_store`` goes into every answer, errors included.

    A 200 whose body is known gets a strong entity tag made of it, unless it has one; a stream
    gets none. By that tag or by ``Last-Modified``, who has the answer already gets a 304.

    :param max_age: for how many seconds an answer may be used without asking again
    :param s_maxage: the same for caches that many clients share
    :param public: shared caches may keep it even if the request was authenticated
    :param private: shared caches may not keep it
    :param no_cache: each use needs asking first
    :param no_store: nobody may keep it
    :param no_transform: nobody may change it on its way, by compression for one
    :param must_revalidate: it may never be used once it is too old
    :param proxy_revalidate: the same for shared caches
    :param immutable: it does not change while it is fresh, so reloading need not ask
    :param stale_while_revalidate: for how many seconds it may be used too old, while asking
    :param stale_if_error: for how many seconds it may be used too old, if asking fails
    :param use_etags: make entity tags, and answer 304
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
        directives = checked_directives(
            {
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
        )
        self.cache_control = cache_control(directives)
        self._private_cache_control = cache_control(kept_private(directives))
        self._is_storable = "no_store" not in directives
        self._use_etags = use_etags and self._is_storable

    def request(self, next: Callable[..., Any], request: Request) -> Any:
        """Add to the answer what it lacks, or answer that nothing has changed."""
        if self._is_storable:
            environ = request.environ
            answer = next()
            return self._for_keeping(answer, environ) if _is_read(answer, environ) else answer
        try:
            return map_response(next(), self._with_directives)
        except HTTP_ERRORS as error:
            error.with_traceback(None)
            raise map_response(error, self._with_directives) from None

    def __repr__(self) -> str:
        return f"{self.name}({self.cache_control!r})"

    def _with_directives(self, response: BaseResponse) -> BaseResponse:
        """Return a copy with ``Cache-Control``, unless the response has one."""
        own = copy_response(response)
        if "Cache-Control" not in own.headers and self.cache_control:
            is_private = "Set-Cookie" in own.headers
            own.headers["Cache-Control"] = (
                self._private_cache_control if is_private else self.cache_control
            )
        return own

    def _for_keeping(self, answer: BaseResponse, environ: WSGIEnvironment) -> BaseResponse:
        own = self._with_directives(answer)
        if not self._use_etags or own.status_code != 200:
            return own
        if "ETag" not in own.headers and own.is_sequence and not own.direct_passthrough:
            own.headers["ETag"] = _entity_tag(own)
        if _is_held(environ, own.headers):
            own.status_code = 304
        return own


def _is_read(answer: Any, environ: WSGIEnvironment) -> bool:
    """Tell whether this is an answer to a reader, which may be kept."""
    if environ["REQUEST_METHOD"] not in _READING or not isinstance(answer, BaseResponse):
        return False
    return answer.status_code in _KEPT


def _entity_tag(answer: BaseResponse) -> str:
    """Return a strong entity tag (RFC 9110, section 8.8.1): it changes with body and type."""
    digest = hashlib.sha256(f"{answer.content_type}\n".encode())
    digest.update(answer.get_data())
    return f'"{digest.hexdigest()[:_TAG_LENGTH]}"'


def _is_held(environ: WSGIEnvironment, headers: Headers) -> bool:
    """Tell whether the client has this answer already (RFC 9110, sections 13.1.2 and 13.1.3)."""
    if_none_match = environ.get("HTTP_IF_NONE_MATCH")
    if if_none_match is not None:
        known = parse_etags(if_none_match)
        tag, _ = unquote_etag(headers.get("ETag"))
        return known.star_tag or (tag is not None and known.contains_weak(tag))
    modified = _date(headers.get("Last-Modified"))
    since = _date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return modified is not None and since is not None and modified <= since


def _date(header: str | None) -> datetime | None:
    try:
        return parse_date(header)
    except (OverflowError, ValueError):
        return None
