"""Tell browsers to restrict what pages may load, and who may embed them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from clastic.http import NOSNIFF, BaseResponse
from clastic.middleware.base import Middleware
from clastic.wiring import did_you_mean

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Content Security Policy Level 3, and what other standards add to it.
_DIRECTIVES = (
    *("default-src", "script-src", "script-src-elem", "script-src-attr", "style-src"),
    *("style-src-elem", "style-src-attr", "img-src", "font-src", "connect-src", "media-src"),
    *("object-src", "frame-src", "child-src", "worker-src", "manifest-src", "base-uri", "sandbox"),
    *("form-action", "frame-ancestors", "report-to", "report-uri", "upgrade-insecure-requests"),
    *("require-trusted-types-for", "trusted-types"),
)
# Written without quotes, these would be the names of hosts.
_QUOTED = re.compile(
    "self|none|unsafe-.*|strict-dynamic|report-sample|wasm-.*|(nonce|sha256|sha384|sha512)-.*"
)
_SOURCE = re.compile(r"[!-+\--:<-~]+")  # visible ASCII without comma and semicolon
_REFERRER_POLICIES = (
    *("no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin"),
    *("same-origin", "strict-origin", "strict-origin-when-cross-origin", "unsafe-url"),
)
_YEAR = 31_536_000  # seconds


class SecurityHeadersMiddleware(Middleware):
    """Add security headers to every response of an application, also to errors.

    - ``Content-Security-Policy`` (CSP Level 3) from `policy`, with ``frame-ancestors``
    - ``Referrer-Policy``
    - ``Strict-Transport-Security`` (RFC 6797) over HTTPS
    - ``X-Content-Type-Options: nosniff``

    A header that a response has already is not changed. So in an embedded application or a route,
    another one can send a different policy.

    :param policy: directives with their sources: a string, or several, such as
        ``{"default-src": "'self'", "img-src": ["'self'", "data:"]}``
    :param frame_ancestors: the sources of pages that may embed a page, unless `policy` has them
    :param referrer_policy: the value of ``Referrer-Policy``; ``None`` sends none
    :param hsts: for how many seconds browsers use only HTTPS for this host; ``None`` sends no
        ``Strict-Transport-Security``, and 0 withdraws an earlier one
    :param include_subdomains: whether that also holds for all subdomains of the host
    :raises ValueError: for an unknown directive or a value that a browser would not understand
    """

    def __init__(
        self,
        policy: Mapping[str, str | Iterable[str]] | None = None,
        *,
        frame_ancestors: str | Iterable[str] = "'none'",
        referrer_policy: str | None = "same-origin",
        hsts: int | None = _YEAR,
        include_subdomains: bool = False,
    ) -> None:
        directives = {"frame-ancestors": frame_ancestors, **(policy or {})}
        self.policy = "; ".join(_directive(*each) for each in directives.items())
        if referrer_policy not in (*_REFERRER_POLICIES, None):
            raise ValueError(
                f"referrer_policy={referrer_policy!r} is not one of "
                f"{', '.join(_REFERRER_POLICIES)}."
            )
        self.referrer_policy = referrer_policy
        if hsts is not None and (not isinstance(hsts, int) or hsts < 0):
            raise ValueError(f"hsts={hsts!r} is not a number of seconds.")
        self.hsts = hsts
        self.include_subdomains = include_subdomains

    def finish(self, response: BaseResponse, environ: WSGIEnvironment, route: Any) -> BaseResponse:
        """Return the response with the headers that it does not have yet."""
        headers = response.headers
        headers.setdefault("Content-Security-Policy", self.policy)
        headers.setdefault(*NOSNIFF)
        if self.referrer_policy is not None:
            headers.setdefault("Referrer-Policy", self.referrer_policy)
        if self.hsts is not None and environ["wsgi.url_scheme"] == "https":
            value = f"max-age={self.hsts}"
            value += "; includeSubDomains" if self.include_subdomains else ""
            headers.setdefault("Strict-Transport-Security", value)
        return response


def _directive(name: str, sources: str | Iterable[str]) -> str:
    """Return a directive as it is sent.

    :raises ValueError: if its name is unknown, or one of its sources is malformed
    """
    if name not in _DIRECTIVES:
        hint = did_you_mean(name.lower().replace("_", "-"), _DIRECTIVES)
        raise ValueError(f"{name!r} is not a directive of Content-Security-Policy. {hint}".rstrip())
    values = sources.split() if isinstance(sources, str) else list(sources)
    for value in values:
        if name != "sandbox" and _QUOTED.fullmatch(value):
            raise ValueError(
                f"{name} has {value!r}, which browsers read as a host. Write \"'{value}'\"."
            )
        if not _SOURCE.fullmatch(value):
            raise ValueError(f"{name} has {value!r}, which is not one source.")
    if "'none'" in values and len(values) > 1:
        raise ValueError(f"{name} has 'none' beside other sources, so browsers ignore it.")
    return " ".join([name, *values])
