"""Define the texts of each status, which its error has unless it sets its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from werkzeug.http import HTTP_STATUS_CODES


class StatusTexts(NamedTuple):
    """The default texts of the error with a status.

    - ``phrase``: the standard phrase of the status, such as ``Not Found``.
    - ``heading``: the code and its phrase, such as ``404 Not Found``.
    - ``message``: the kind of error in a few words.
    - ``detail``: the same in a sentence or two, for an error that says nothing about itself.
    """

    phrase: str
    heading: str
    message: str
    detail: str | None


# The sections of the RFCs that define the status codes.
_DEFINITIONS = MappingProxyType(
    {
        **{code: f"rfc9110#section-15.5.{code - 399}" for code in range(400, 418)},
        418: "rfc2324#section-2.3.2",
        421: "rfc9110#section-15.5.20",
        422: "rfc9110#section-15.5.21",
        423: "rfc4918#section-11.3",
        424: "rfc4918#section-11.4",
        425: "rfc8470#section-5.2",
        426: "rfc9110#section-15.5.22",
        428: "rfc6585#section-3",
        429: "rfc6585#section-4",
        431: "rfc6585#section-5",
        451: "rfc7725#section-3",
        **{code: f"rfc9110#section-15.6.{code - 499}" for code in range(500, 506)},
        506: "rfc2295#section-8.1",
        507: "rfc4918#section-11.5",
        508: "rfc5842#section-7.2",
        510: "rfc2774#section-7",
        511: "rfc6585#section-6",
    }
)

# The texts that Clastic 26 documents: apps and their tests compare with them.
_TEXTS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: (
            "Bad Request",
            "Your web client or proxy sent a request that this endpoint could not understand.",
        ),
        401: (
            "Authentication required",
            "The endpoint could not verify that your client is authorized to access this resource. "
            "Check that your client is capable of authenticating and that the proper credentials "
            "were provided.",
        ),
        402: (
            "Payment required",
            "This endpoint requires payment. Money doesn't grow on HTTPs, you know.",
        ),
        403: ("Access forbidden", "You don't have permission to access the requested resource."),
        404: ("Not found", "The requested URL was not found on this server."),
        405: ("Method not allowed", "The method used is not allowed for the requested URL."),
        406: (
            "Available content not acceptable",
            "The endpoint cannot generate a response acceptable by your client (as specified by "
            "your client's Accept header values).",
        ),
        407: (
            "Proxy authentication required",
            "A proxy between your server and the client requires authentication to access this "
            "resource.",
        ),
        408: (
            "Request timed out",
            "The server cancelled the request because the client did not complete the request "
            "within the allotted time.",
        ),
        409: (
            "A conflict occurred",
            "The endpoint cancelled the request due to a potential conflict with existing server "
            "state, such as a duplicate filename.",
        ),
        410: (
            "Gone",
            "The requested resource is no longer available on this server and there is no "
            "forwarding address.",
        ),
        411: (
            "Length required",
            "A request for this resource is required to have a valid Content-Length header.",
        ),
        412: (
            "Precondition failed",
            "A required precondition on the request for this resource failed positive evaluation.",
        ),
        413: (
            "Request entity too large",
            "The method/resource combination requested does not allow data to be transmitted, or "
            "the data volume exceeds the capacity limit.",
        ),
        414: (
            "Request URL too long",
            "The length of the requested URL exceeds the limit for this endpoint/server.",
        ),
        415: (
            "Unsupported media type",
            "The server does not support the media type transmitted in the request. Try a "
            "different media type or check your Content-Type header and try again.",
        ),
        416: (
            "Requested range not satisfiable",
            "The client sent a ranged request not fulfillable by this endpoint.",
        ),
        417: (
            "Expectation failed",
            "The server could not meet the requirements indicated in the request's Expect "
            "header(s).",
        ),
        418: (
            "I'm a teapot: short, stout.",
            "This server is a teapot, not a coffee machine, and would like to apologize in advance "
            "if it is a Java machine.",
        ),
        422: (
            "Unprocessable entity",
            "The client sent a well-formed request, but the endpoint encountered other semantic "
            "errors within the data.",
        ),
        426: (
            "Upgrade required",
            "The server requires an upgraded connection to continue. This is expected behavior "
            "when establishing certain secure connections or WebSockets.",
        ),
        428: (
            "Precondition required",
            "This endpoint requires a request with a conditional clause. Try resubmitting the "
            "request with an 'If-Match' or 'If-Unmodified-Since' HTTP header.",
        ),
        429: (
            "Too many requests",
            "The client has exceeded the allowed rate of requests for this resource. Please wait "
            "and try again later.",
        ),
        431: (
            "Request header fields too large",
            "One or more HTTP header fields exceeded the maximum allowed size.",
        ),
        451: (
            "Unavailable for legal reasons",
            "The resource requested is unavailable for legal reasons. For instance, this could be "
            "due to intellectual property claims related to copyright or trademark, or "
            "government-mandated censorship.",
        ),
        500: (
            "Internal server error",
            "The server encountered an internal error and was unable to complete your request.",
        ),
        501: (
            "Response behavior not implemented",
            "The resource requested has either not been implemented or does not yet support the "
            "action requested by the client.",
        ),
        502: (
            "Bad gateway",
            "The endpoint received an invalid response from an upstream server while processing "
            "your request. Check that all upstream dependencies are properly configured and "
            "running.",
        ),
        503: (
            "Service or resource unavailable",
            "The service or resource requested is temporarily unavailable due to maintenance "
            "downtime or capacity issues. Please try again later.",
        ),
        504: (
            "Gateway timeout",
            "The endpoint timed out while waiting for a response from an upstream server. Check "
            "that all upstream dependencies are properly configured and running.",
        ),
        505: (
            "HTTP version not supported",
            "The endpoint does not support the version of HTTP specified by the request.",
        ),
    }
)


@lru_cache(128)  # of a pure function: each error that is sent needs them
def texts_of(code: int) -> StatusTexts:
    """Return the default texts of the status `code`."""
    phrase = HTTP_STATUS_CODES.get(code, "Unknown Error")
    message, detail = _TEXTS.get(code, (phrase, None))
    return StatusTexts(phrase, f"{int(code)} {phrase}", message, detail)


def type_of(code: int) -> str:
    """Return the address of the section of the RFC that defines the status `code`.

    For a code that no RFC defines it is ``about:blank``, which RFC 9457 (section 4.2.1) defines as
    "no more than the status".
    """
    definition = _DEFINITIONS.get(code)
    return "about:blank" if definition is None else f"https://www.rfc-editor.org/rfc/{definition}"
