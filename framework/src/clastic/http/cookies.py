"""Format the ``Set-Cookie`` header of one cookie, and find its values in a ``Cookie`` header."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.http import dump_cookie

from clastic.http.hosts import encode_host
from clastic.http.sending import check_cookie

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The characters of a path that need not be quoted (RFC 3986, section 3.3), but for the semicolon.
_SAFE_IN_PATH = "/!$&'()*+,=:@~"
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


class CookieSettings:
    """The name and the attributes of a cookie whose values need no quotes (RFC 6265).

    :param name: its name at the client
    :param domain: the domain whose subdomains get it too; ``None`` for the host itself
    :param path: the path below which the client sends it; ``None`` for the script root of the
        request
    :param secure: whether the client sends it over HTTPS only; ``None`` if it is set over HTTPS
    :param http_only: whether scripts in the page cannot read it
    :param same_site: ``"Strict"``, ``"Lax"``, ``"None"``, or ``None`` to leave it to the client
    :raises ValueError: for settings that no client would accept
    :ivar find: takes a ``Cookie`` header and yields the matches of this cookie; group 1 is a value
    :ivar dump: formats a header as :func:`werkzeug.http.dump_cookie` does, without the name
    :ivar key: what two equal settings have in common
    """

    def __init__(
        self,
        name: str,
        *,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        http_only: bool = True,
        same_site: str | None = "Lax",
    ) -> None:
        _check_settings(name, secure, same_site)
        check_cookie(name, path, domain)
        # A name with the prefix requires the path / (RFC 6265bis, section 4.1.3.2).
        self._is_at_root = path is None and not name.lower().startswith("__host-")
        self._follows_scheme = secure is None
        self.dump = partial(
            dump_cookie,
            name,
            path=path or "/",
            domain=domain and encode_host(domain),
            secure=bool(secure),
            httponly=http_only,
            samesite=same_site,
            max_size=0,
        )
        # Werkzeug parses all cookies, which takes more time than all the rest.
        cookie = rf'(?:^|;)[ \t]*{re.escape(name)}="?([\w.-]+)"?[ \t]*(?=;|\Z)'
        self.find = re.compile(cookie, re.ASCII).finditer
        self.key = (name, self._is_at_root, self._follows_scheme, self.dump())

    def scoped(self, header: str, environ: WSGIEnvironment) -> str:
        """Return a dumped header with the path and the scheme of a request, if they are not set."""
        if self._follows_scheme and environ.get("wsgi.url_scheme") == "https":
            header += "; Secure"
        root = self._is_at_root and environ.get("SCRIPT_NAME")
        if not root:
            return header
        path = quote(root, _SAFE_IN_PATH, "latin-1", "replace")
        return header.replace("; Path=/", f"; Path={path}", 1)


def _check_settings(name: str, secure: bool | None, same_site: str | None) -> None:
    """Check the settings that Werkzeug does not check."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(
            f"cookie_name is {name!r}. Use ASCII letters, digits, '-' and '_' (RFC 6265)."
        )
    has_prefix = name.lower().startswith(("__secure-", "__host-"))
    if not secure and (has_prefix or (same_site or "").lower() == "none"):
        raise ValueError(
            f"Browsers drop the cookie '{name}': one with same_site='None', or whose name begins "
            "with '__Secure-' or '__Host-', must be secure=True."
        )
