"""The HTTP errors, one class for each status; each takes the arguments of ``HTTPException``.

Each 4xx error is a :class:`BadRequest` and each 5xx error an :class:`InternalServerError`, so that
``except BadRequest`` catches all errors of the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from clastic.errors.base import HTTPException

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


class BadRequest(HTTPException):
    """400: the request is invalid. Every other 4xx error is a subclass."""

    code = 400


class Unauthorized(BadRequest):
    """401: the client is not authenticated. Name the schemes in ``WWW-Authenticate``."""

    code = 401


class PaymentRequired(BadRequest):
    """402: the resource must be paid for."""

    code = 402


class Forbidden(BadRequest):
    """403: the client may not do this."""

    code = 403


class NotFound(BadRequest):
    """404: there is no resource at this URL."""

    code = 404


class MethodNotAllowed(BadRequest):
    """405: the resource does not support this method.

    :param allowed_methods: the methods it supports, as names or as one string with commas; sent as
        ``Allow`` (in place of one in `headers`), sorted, and with HEAD if there is GET. No
        ``Allow`` is added if None. The other parameters are those of ``HTTPException``
    """

    code = 405

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
        )
        if allowed_methods is not None:
            self._give_allow(allowed_methods)

    def _give_allow(self, allowed_methods: Iterable[str]) -> None:
        if isinstance(allowed_methods, str):
            allowed_methods = allowed_methods.replace(",", " ").split()
        methods = set(allowed_methods)
        if "GET" in methods:
            methods.add("HEAD")
        others = [header for header in self._given_headers if header[0].lower() != "allow"]
        self._given_headers = (*others, ("Allow", ", ".join(sorted(methods))))


class NotAcceptable(BadRequest):
    """406: the resource has no representation that the client accepts."""

    code = 406


class ProxyAuthenticationRequired(BadRequest):
    """407: the proxy requires authentication. Name the schemes in ``Proxy-Authenticate``."""

    code = 407


class RequestTimeout(BadRequest):
    """408: the request did not arrive in time."""

    code = 408


class Conflict(BadRequest):
    """409: the request conflicts with the state of the resource."""

    code = 409


class Gone(BadRequest):
    """410: the resource was removed for good."""

    code = 410


class LengthRequired(BadRequest):
    """411: the body must have a ``Content-Length``."""

    code = 411


class PreconditionFailed(BadRequest):
    """412: a condition in the headers of the request is false."""

    code = 412


class RequestEntityTooLarge(BadRequest):
    """413: the body is larger than the server accepts.

    The rest of the body is read and dropped, so that the client can read the response: see
    :class:`clastic.http.limits.DrainRequestBody`.
    """

    code = 413


class RequestURITooLong(BadRequest):
    """414: the URL is longer than the server reads."""

    code = 414


class UnsupportedMediaType(BadRequest):
    """415: the server does not read bodies of this format."""

    code = 415


class RequestedRangeNotSatisfiable(BadRequest):
    """416: the resource does not have this range. Send its length in ``Content-Range``."""

    code = 416


class ExpectationFailed(BadRequest):
    """417: the server cannot meet the ``Expect`` header."""

    code = 417


class ImATeapot(BadRequest):
    """418: a teapot does not brew coffee."""

    code = 418


class MisdirectedRequest(BadRequest):
    """421: this server does not serve that scheme and host."""

    code = 421


class UnprocessableEntity(BadRequest):
    """422: the body is well-formed, but its content is invalid."""

    code = 422


class Locked(BadRequest):
    """423: the resource is locked."""

    code = 423


class FailedDependency(BadRequest):
    """424: an action that this one depends on failed."""

    code = 424


class TooEarly(BadRequest):
    """425: the request may be a replay, and the server does not risk it."""

    code = 425


class UpgradeRequired(BadRequest):
    """426: another protocol is required. Name it in ``Upgrade``."""

    code = 426


class PreconditionRequired(BadRequest):
    """428: the request must be conditional, with ``If-Match`` for example."""

    code = 428


class TooManyRequests(BadRequest):
    """429: the client sends too many requests. Send the time to wait in ``Retry-After``."""

    code = 429


class RequestHeaderFieldsTooLarge(BadRequest):
    """431: the headers are larger than the server reads."""

    code = 431


class UnavailableForLegalReasons(BadRequest):
    """451: the resource is unavailable because of a legal demand."""

    code = 451


class InternalServerError(HTTPException):
    """500: the server failed. Every other 5xx error is a subclass."""

    code = 500


class NotImplemented(InternalServerError):
    """501: the server does not support this method for any resource."""

    code = 501


class BadGateway(InternalServerError):
    """502: an upstream server sent an invalid response."""

    code = 502


class ServiceUnavailable(InternalServerError):
    """503: the server is temporarily unavailable. Send the time to wait in ``Retry-After``."""

    code = 503


class GatewayTimeout(InternalServerError):
    """504: an upstream server did not respond in time."""

    code = 504


class HTTPVersionNotSupported(InternalServerError):
    """505: the server does not support this version of HTTP."""

    code = 505


class VariantAlsoNegotiates(InternalServerError):
    """506: content negotiation ends in a loop."""

    code = 506


class InsufficientStorage(InternalServerError):
    """507: the server has no space to store the request."""

    code = 507


class LoopDetected(InternalServerError):
    """508: processing the request would never end."""

    code = 508


class NotExtended(InternalServerError):
    """510: the request lacks an extension that the server requires."""

    code = 510


class NetworkAuthenticationRequired(InternalServerError):
    """511: the network requires the client to sign in first."""

    code = 511


#: The class of each standard status.
TYPES_BY_CODE: Mapping[int, type[HTTPException]] = MappingProxyType(
    {
        error_type.code: error_type
        for family in (BadRequest, InternalServerError)
        for error_type in (family, *family.__subclasses__())
    }
)
