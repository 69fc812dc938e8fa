"""The HTTP errors, one class for each status; each takes the arguments of ``HTTPException``.

Each 4xx error is a :class:`BadRequest` and each 5xx error an :class:`InternalServerError`, so that
``except BadRequest`` catches all errors of the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from clastic.errors.base import HTTPException
from clastic.http.response import Fields

__all__ = [
    "TYPES_BY_CODE",
    "BadGateway",
    "BadRequest",
    "Conflict",
    "ExpectationFailed",
    "FailedDependency",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "HTTPVersionNotSupported",
    "ImATeapot",
    "InsufficientStorage",
    "InternalServerError",
    "LengthRequired",
    "Locked",
    "LoopDetected",
    "MethodNotAllowed",
    "MisdirectedRequest",
    "NetworkAuthenticationRequired",
    "NotAcceptable",
    "NotExtended",
    "NotFound",
    "NotImplemented",
    "PaymentRequired",
    "PreconditionFailed",
    "PreconditionRequired",
    "ProxyAuthenticationRequired",
    "RequestEntityTooLarge",
    "RequestHeaderFieldsTooLarge",
    "RequestTimeout",
    "RequestURITooLong",
    "RequestedRangeNotSatisfiable",
    "ServiceUnavailable",
    "TooEarly",
    "TooManyRequests",
    "Unauthorized",
    "UnavailableForLegalReasons",
    "UnprocessableEntity",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "VariantAlsoNegotiates",
]


class BadRequest(HTTPException, code=400):
    """400: the request is invalid. Every other 4xx error is a subclass."""


class Unauthorized(BadRequest, code=401):
    """401: the client is not authenticated. Name the schemes in ``WWW-Authenticate``."""


class PaymentRequired(BadRequest, code=402):
    """402: the resource must be paid for."""


class Forbidden(BadRequest, code=403):
    """403: the client may not do this."""


class NotFound(BadRequest, code=404):
    """404: there is no resource at this URL."""


class MethodNotAllowed(BadRequest, code=405):
    """405: the resource does not support this method.

    :param allowed_methods: the methods it supports, as names or as one string with commas; sent as
        ``Allow``, with HEAD if there is GET. The other parameters are those of ``HTTPException``
    """

    #: The methods it supports, None if they are not known.
    allowed_methods: set[str] | None = None

    def __init__(
        self,
        allowed_methods: Iterable[str] | None = None,
        detail: Any = None,
        *,
        code: int | None = None,
        message: Any = None,
        error_type: Any = None,
        is_breaking: bool = True,
        source_route: Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]] | None = None,
        exc_info: Any = None,
        dispatch_state: Any = None,
        request: Any = None,
        application: Any = None,
    ) -> None:
        super().__init__(
            detail,
            code=code,
            message=message,
            error_type=error_type,
            is_breaking=is_breaking,
            source_route=source_route,
            mimetype=mimetype,
            content_type=content_type,
            headers=headers,
            exc_info=exc_info,
            dispatch_state=dispatch_state,
        )
        if allowed_methods is None:
            return
        if isinstance(allowed_methods, str):
            allowed_methods = allowed_methods.replace(",", " ").split()
        self.allowed_methods = {*allowed_methods}
        allow, allowed = _list_methods(frozenset(self.allowed_methods))
        self._given_headers += allow
        if self.detail is MethodNotAllowed.detail:
            self.detail += allowed


@lru_cache(128)  # of a pure function: there are few sets of methods, and many requests
def _list_methods(methods: frozenset[str]) -> tuple[Fields, str]:
    """Return the ``Allow`` header of a 405, and what its detail adds."""
    allow = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return (("Allow", allow),), f" Allowed methods: {allow}." if allow else ""


class NotAcceptable(BadRequest, code=406):
    """406: the resource has no representation that the client accepts."""


class ProxyAuthenticationRequired(BadRequest, code=407):
    """407: the proxy requires authentication. Name the schemes in ``Proxy-Authenticate``."""


class RequestTimeout(BadRequest, code=408):
    """408: the request did not arrive in time."""


class Conflict(BadRequest, code=409):
    """409: the request conflicts with the state of the resource."""


class Gone(BadRequest, code=410):
    """410: the resource was removed for good."""


class LengthRequired(BadRequest, code=411):
    """411: the body must have a ``Content-Length``."""


class PreconditionFailed(BadRequest, code=412):
    """412: a condition in the headers of the request is false."""


class RequestEntityTooLarge(BadRequest, code=413):
    """413: the body is larger than the server accepts."""


class RequestURITooLong(BadRequest, code=414):
    """414: the URL is longer than the server reads."""


class UnsupportedMediaType(BadRequest, code=415):
    """415: the server does not read bodies of this format."""


class RequestedRangeNotSatisfiable(BadRequest, code=416):
    """416: the resource does not have this range. Send its length in ``Content-Range``."""


class ExpectationFailed(BadRequest, code=417):
    """417: the server cannot meet the ``Expect`` header."""


class ImATeapot(BadRequest, code=418):
    """418: a teapot does not brew coffee."""


class MisdirectedRequest(BadRequest, code=421):
    """421: this server does not serve that scheme and host."""


class UnprocessableEntity(BadRequest, code=422):
    """422: the body is well-formed, but its content is invalid."""


class Locked(BadRequest, code=423):
    """423: the resource is locked."""


class FailedDependency(BadRequest, code=424):
    """424: an action that this one depends on failed."""


class TooEarly(BadRequest, code=425):
    """425: the request may be a replay, and the server does not risk it."""


class UpgradeRequired(BadRequest, code=426):
    """426: another protocol is required. Name it in ``Upgrade``."""


class PreconditionRequired(BadRequest, code=428):
    """428: the request must be conditional, with ``If-Match`` for example."""


class TooManyRequests(BadRequest, code=429):
    """429: the client sends too many requests. Send the time to wait in ``Retry-After``."""


class RequestHeaderFieldsTooLarge(BadRequest, code=431):
    """431: the headers are larger than the server reads."""


class UnavailableForLegalReasons(BadRequest, code=451):
    """451: the resource is unavailable because of a legal demand."""


class InternalServerError(HTTPException, code=500):
    """500: the server failed. Every other 5xx error is a subclass."""


class NotImplemented(InternalServerError, code=501):
    """501: the server does not support this method for any resource."""


class BadGateway(InternalServerError, code=502):
    """502: an upstream server sent an invalid response."""


class ServiceUnavailable(InternalServerError, code=503):
    """503: the server is temporarily unavailable. Send the time to wait in ``Retry-After``."""


class GatewayTimeout(InternalServerError, code=504):
    """504: an upstream server did not respond in time."""


class HTTPVersionNotSupported(InternalServerError, code=505):
    """505: the server does not support this version of HTTP."""


class VariantAlsoNegotiates(InternalServerError, code=506):
    """506: content negotiation ends in a loop."""


class InsufficientStorage(InternalServerError, code=507):
    """507: the server has no space to store the request."""


class LoopDetected(InternalServerError, code=508):
    """508: processing the request would never end."""


class NotExtended(InternalServerError, code=510):
    """510: the request lacks an extension that the server requires."""


class NetworkAuthenticationRequired(InternalServerError, code=511):
    """511: the network requires the client to sign in first."""


#: The class of each standard status.
TYPES_BY_CODE: Mapping[int, type[HTTPException]] = MappingProxyType(
    {
        error_type.code: error_type
        for family in (BadRequest, InternalServerError)
        for error_type in (family, *family.__subclasses__())
    }
)
