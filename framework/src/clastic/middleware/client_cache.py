"""Tell clients and proxies how long to keep responses, and respond 304 if theirs is current."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import ResponseCacheControl

from clastic.http import BaseResponse, make_private
from clastic.middleware.base import Middleware
from clastic.static.conditions import is_not_modified

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The responses that get the directives: clients must not keep errors after they are fixed.
_CACHEABLE = (200, 203, 206, 304)
# In hexadecimal digits. Half of the digest is more than enough.
_TAG_LENGTH = 32


class HTTPCacheMiddleware(Middleware):
    """Add ``Cache-Control`` and ``ETag`` to responses, and respond 304 to clients that are current.

    The directives go into ``Cache-Control`` of the successful responses to GET and HEAD; a header
    that is there already stays. A response that sets a cookie is made ``private``. ``no_store``
    goes into every response, errors included.

    A response with the status 200 whose body is known gets a strong entity tag made of it, unless
    it has one; a stream gets none. By that tag or by ``Last-Modified``, a client that has the
    response already gets a 304.

    :param max_age: the seconds for which a response may be used without asking again
    :param s_maxage: the same for caches that many clients share
    :param no_cache: it must be revalidated before each use
    :param no_store: nobody may keep it
    :param no_transform: nobody may change it on its way, for example by compression
    :param must_revalidate: it must not be used when it is stale
    :param proxy_revalidate: the same for shared caches
    :param public: shared caches may keep it even if the request was authenticated
    :param private: shared caches must not keep it
    :param use_etags: make entity tags, and respond 304
    :param immutable: it does not change while it is fresh, so a reload need not revalidate it
    :param stale_while_revalidate: the seconds for which it may be used stale during revalidation
    :param stale_if_error: the seconds for which it may be used stale if revalidation fails
    :raises ValueError: for negative seconds
    """

    def __init__(
        self,
        max_age: int | None = None,
        s_maxage: int | None = None,
        no_cache: bool = False,
        no_store: bool = False,
        no_transform: bool = False,
        must_revalidate: bool = False,
        proxy_revalidate: bool = False,
        public: bool = False,
        private: bool = False,
        use_etags: bool = True,
        *,
        immutable: bool = False,
        stale_while_revalidate: int | None = None,
        stale_if_error: int | None = None,
    ) -> None:
        given = (max_age, s_maxage, stale_while_revalidate, stale_if_error)
        if any(seconds is not None and seconds < 0 for seconds in given):
            raise ValueError("A number of seconds is negative. Use 0 or more.")
        self.max_age = max_age
        self.s_maxage = s_maxage
        self.no_cache = no_cache
        self.no_store = no_store
        self.no_transform = no_transform
        self.must_revalidate = must_revalidate
        self.proxy_revalidate = proxy_revalidate
        self.public = public
        self.private = private
        self.use_etags = use_etags
        directives = ResponseCacheControl()
        directives.public = public
        directives.private = private or None
        directives.no_cache = no_cache or None
        directives.no_store = no_store
        directives.no_transform = no_transform
        directives.max_age = max_age
        directives.s_maxage = s_maxage
        directives.must_revalidate = must_revalidate
        directives.proxy_revalidate = proxy_revalidate
        directives.immutable = immutable
        directives.stale_while_revalidate = stale_while_revalidate
        directives.stale_if_error = stale_if_error
        self.cache_control = directives.to_header()

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the response with the headers that it lacks, or a 304."""
        is_cacheable = (
            environ["REQUEST_METHOD"] in ("GET", "HEAD") and response.status_code in _CACHEABLE
        )
        if not is_cacheable and not self.no_store:
            return response
        headers = response.headers
        if "Cache-Control" not in headers and self.cache_control:
            headers["Cache-Control"] = self.cache_control
            if "Set-Cookie" in headers:
                make_private(headers)
        if self.use_etags and not self.no_store and response.status_code == 200:
            if "ETag" not in headers and response.is_sequence and not response.direct_passthrough:
                headers["ETag"] = _entity_tag(response)
            if is_not_modified(environ, headers.get("ETag"), headers.get("Last-Modified")):
                response.status_code = 304
        return response

    def __repr__(self) -> str:
        return f"{self.name}({self.cache_control!r})"


def _entity_tag(response: BaseResponse) -> str:
    """Return a strong entity tag (RFC 9110, section 8.8.1): it changes with body and type."""
    digest = hashlib.sha256(f"{response.content_type}\n".encode())
    digest.update(response.get_data())
    return f'"{digest.hexdigest()[:_TAG_LENGTH]}"'
