"""The HTTP errors, a class a status; each takes the arguments of ``HTTPException``.

Each 4xx error is a :class:`BadRequest` and each 5xx error an :class:`InternalServerError`, so that
``except BadRequest`` catches whatever is the client's doing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from clastic.errors.base import HTTPException


class BadRequest(HTTPException):
    """400: the request cannot be understood. Every 4xx error is one."""

    code = 400


class Unauthorized(BadRequest):
    """401: who asks is not known. Name the schemes in a ``WWW-Authenticate`` header."""

    code = 401


class PaymentRequired(BadRequest):
    """402: the answer has its price."""

    code = 402


class Forbidden(BadRequest):
    """403: whoever asks, it is not for them."""

    code = 403


class NotFound(BadRequest):
    """404: nothing is at this address."""

    code = 404


class MethodNotAllowed(BadRequest):
    """405: the resource is there, but not for this method.

    :param allowed_methods: what it is there for, as names or as one string with commas; sent as
        ``Allow`` (in place of one in `headers`), sorted, and with HEAD wherever there is GET. No
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
    """406: there is no form of the answer that the client accepts."""

    code = 406


class ProxyAuthenticationRequired(BadRequest):
    """407: the proxy does not know who asks. It names its schemes in ``Proxy-Authenticate``."""

    code = 407


class RequestTimeout(BadRequest):
    """408: the request did not arrive in time."""

    code = 408


class Conflict(BadRequest):
    """409: the request contradicts the state that things are in."""

    code = 409


class Gone(BadRequest):
    """410: what was at this address is not coming back."""

    code = 410


class LengthRequired(BadRequest):
    """411: the body must come with a ``Content-Length``."""

    code = 411


class PreconditionFailed(BadRequest):
    """412: a condition in the request's headers does not hold."""

    code = 412


class RequestEntityTooLarge(BadRequest):
    """413: the body is larger than the server takes.

    What the client goes on sending is read for a while, so that it gets to read this: see
    :mod:`clastic.http.limits`.
    """

    code = 413


class RequestURITooLong(BadRequest):
    """414: the address is longer than the server reads."""

    code = 414


class UnsupportedMediaType(BadRequest):
    """415: the body is in a format that is not understood here."""

    code = 415


class RequestedRangeNotSatisfiable(BadRequest):
    """416: no such range is in the resource. Give its length in a ``Content-Range`` header."""

    code = 416


class ExpectationFailed(BadRequest):
    """417: what the ``Expect`` header expects cannot be met."""

    code = 417


class ImATeapot(BadRequest):
    """418: coffee was asked of a teapot."""

    code = 418


class MisdirectedRequest(BadRequest):
    """421: this server does not answer for that scheme and host."""

    code = 421


class UnprocessableEntity(BadRequest):
    """422: the body is well formed, but what it says cannot be done."""

    code = 422


class Locked(BadRequest):
    """423: the resource is locked."""

    code = 423


class FailedDependency(BadRequest):
    """424: an action that this one depends on failed."""

    code = 424


class TooEarly(BadRequest):
    """425: the request could be a replay, and is not risked."""

    code = 425


class UpgradeRequired(BadRequest):
    """426: another protocol is needed. Name it in an ``Upgrade`` header."""

    code = 426


class PreconditionRequired(BadRequest):
    """428: the request must be conditional, with ``If-Match`` for example."""

    code = 428


class TooManyRequests(BadRequest):
    """429: the client asks too often. Say when to ask again in ``Retry-After``."""

    code = 429


class RequestHeaderFieldsTooLarge(BadRequest):
    """431: the headers are larger than the server takes."""

    code = 431


class UnavailableForLegalReasons(BadRequest):
    """451: a legal demand forbids the answer."""

    code = 451


class InternalServerError(HTTPException):
    """500: the server failed. Every 5xx error is one."""

    code = 500


class NotImplemented(InternalServerError):
    """501: the server cannot do that for any resource."""

    code = 501


class BadGateway(InternalServerError):
    """502: a server further up gave no valid answer."""

    code = 502


class ServiceUnavailable(InternalServerError):
    """503: not now. Say when to ask again in a ``Retry-After`` header."""

    code = 503


class GatewayTimeout(InternalServerError):
    """504: a server further up did not answer in time."""

    code = 504


class HTTPVersionNotSupported(InternalServerError):
    """505: this version of HTTP is not spoken here."""

    code = 505


class VariantAlsoNegotiates(InternalServerError):
    """506: the negotiation of content goes in circles."""

    code = 506


class InsufficientStorage(InternalServerError):
    """507: there is no room to store what the request brings."""

    code = 507


class LoopDetected(InternalServerError):
    """508: the request would go on for ever."""

    code = 508


class NotExtended(InternalServerError):
    """510: the request lacks an extension that it needs."""

    code = 510


class NetworkAuthenticationRequired(InternalServerError):
    """511: the network wants the client to sign in first."""

    code = 511


#: The class of each standard status.
TYPES_BY_CODE = MappingProxyType(
    {
        error_type.code: error_type
        for error_type in (
            BadRequest,
            Unauthorized,
            PaymentRequired,
            Forbidden,
            NotFound,
            MethodNotAllowed,
            NotAcceptable,
            ProxyAuthenticationRequired,
            RequestTimeout,
            Conflict,
            Gone,
            LengthRequired,
            PreconditionFailed,
            RequestEntityTooLarge,
            RequestURITooLong,
            UnsupportedMediaType,
            RequestedRangeNotSatisfiable,
            ExpectationFailed,
            ImATeapot,
            MisdirectedRequest,
            UnprocessableEntity,
            Locked,
            FailedDependency,
            TooEarly,
            UpgradeRequired,
            PreconditionRequired,
            TooManyRequests,
            RequestHeaderFieldsTooLarge,
            UnavailableForLegalReasons,
            InternalServerError,
            NotImplemented,
            BadGateway,
            ServiceUnavailable,
            GatewayTimeout,
            HTTPVersionNotSupported,
            VariantAlsoNegotiates,
            InsufficientStorage,
            LoopDetected,
            NotExtended,
            NetworkAuthenticationRequired,
        )
    }
)
