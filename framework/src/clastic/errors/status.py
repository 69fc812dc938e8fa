"""What a status code is called, and where it is defined."""

from __future__ import annotations

from types import MappingProxyType

from werkzeug.http import HTTP_STATUS_CODES

_DEFINITIONS = MappingProxyType(
    {
        400: "rfc9110#section-15.5.1",
        401: "rfc9110#section-15.5.2",
        402: "rfc9110#section-15.5.3",
        403: "rfc9110#section-15.5.4",
        404: "rfc9110#section-15.5.5",
        405: "rfc9110#section-15.5.6",
        406: "rfc9110#section-15.5.7",
        407: "rfc9110#section-15.5.8",
        408: "rfc9110#section-15.5.9",
        409: "rfc9110#section-15.5.10",
        410: "rfc9110#section-15.5.11",
        411: "rfc9110#section-15.5.12",
        412: "rfc9110#section-15.5.13",
        413: "rfc9110#section-15.5.14",
        414: "rfc9110#section-15.5.15",
        415: "rfc9110#section-15.5.16",
        416: "rfc9110#section-15.5.17",
        417: "rfc9110#section-15.5.18",
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
        500: "rfc9110#section-15.6.1",
        501: "rfc9110#section-15.6.2",
        502: "rfc9110#section-15.6.3",
        503: "rfc9110#section-15.6.4",
        504: "rfc9110#section-15.6.5",
        505: "rfc9110#section-15.6.6",
        506: "rfc2295#section-8.1",
        507: "rfc4918#section-11.5",
        508: "rfc5842#section-7.2",
        510: "rfc2774#section-7",
        511: "rfc6585#section-6",
    }
)


def is_final_status(code: object) -> bool:
    """Tell whether `code` can be the status of an answer: an integer of three digits, not 1xx."""
    return isinstance(code, int) and 200 <= code <= 999


def phrase_of(code: int) -> str:
    """Return the standard phrase of the status `code`, such as ``Not Found``."""
    return HTTP_STATUS_CODES.get(code, "Unknown Error")


def type_of(code: int) -> str:
    """Return the address of the section of the RFC that defines the status `code`.

    For a code that no RFC defines it is ``about:blank``, by which RFC 9457 (section 4.2.1) means
    that there is nothing to say beyond the status.
    """
    definition = _DEFINITIONS.get(code)
    return "about:blank" if definition is None else f"https://www.rfc-editor.org/rfc/{definition}"
