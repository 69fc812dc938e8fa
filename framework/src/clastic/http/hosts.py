"""Read and check the hosts of requests (RFC 9112, section 3.2), and encode hosts and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MALFORMED_HOST = "The Host header is malformed or missing."

_LABEL = r"[a-z0-9_-]{1,63}"
# Underscores are allowed: Docker Compose and others use them in names.
_HOST = re.compile(
    rf"({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{{0,4}}))?",
    re.ASCII | re.IGNORECASE,
)
# The parts of any URL (RFC 3986, appendix B), with their delimiters, and those of an authority.
_URL = re.compile(r"([a-z][a-z0-9+.-]*:)?(?:(//)([^/?#]*))?([^?#]*)([^#]*)(.*)", re.I | re.DOTALL)
_AUTHORITY = re.compile(r"(.*@)?(.*?)(:[0-9]*)?", re.ASCII | re.DOTALL)
_URL_HOST = re.compile(r"[a-z0-9._~!$&'()*+,;=%-]*|\[[0-9a-f:.]+\]", re.IGNORECASE)
# The characters that are not quoted; percent signs are of escapes.
_SAFE = "!$&'()*+,-./:;=@_~%"
_FORWARDING = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_", "HTTP_X_REAL_IP")
_MAX_NAME_LENGTH = 254  # characters, with a final dot
_MAX_PORT = 65_535
_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(.+)", re.ASCII | re.IGNORECASE)

Origin = tuple[str, str, str]
"""A scheme, a normalized host, and a port, which is empty if it is the default (RFC 6454)."""


def split_host(host: str) -> tuple[str, int | None] | None:
    """Return the normalized name and the port of a ``Host`` header, ``None`` if it is malformed.

    The name is in lower case, without a final dot; an IPv6 address has brackets, in its short form.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    name, port = match[1].lower(), int(match[2]) if match[2] else None
    if port is not None and port > _MAX_PORT:
        return None
    if name[0] == "[":
        try:
            return f"[{IPv6Address(name[1:-1])}]", port
        except AddressValueError:
            return None
    labels = name.removesuffix(".").split(".")
    if len(name) > _MAX_NAME_LENGTH or not all(map(_is_label, labels)):
        return None
    return ".".join(labels), port


def _is_label(label: str) -> bool:
    """Return whether a label is plain, or Punycode of text that is not ASCII (RFC 5890)."""
    if not label.startswith("xn--"):
        return True
    try:
        text = label[4:].encode().decode("punycode")
    except UnicodeError:
        return False
    return text.isprintable() and not text.isascii()


def read_host(environ: WSGIEnvironment) -> str | None:
    """Return the host of a request, with its port unless that is the default of the scheme.

    Without a ``Host`` header it is the address of the server.

    :return: ``None`` if the header is malformed, or missing in a request of HTTP/1.1
    """
    host: str | None = environ.get("HTTP_HOST")
    if host is None:
        return None if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" else _server_address(environ)
    if split_host(host) is None:
        return None
    return host.removesuffix(_default_port(environ))


def _server_address(environ: WSGIEnvironment) -> str:
    """Return the name and port of the server, empty if it listens on a socket file."""
    host = environ.get("SERVER_NAME", "")
    if ":" in host and host[0] != "[":
        host = f"[{host}]"
    host = f"{host}:{environ.get('SERVER_PORT', '')}"
    return "" if split_host(host) is None else host.removesuffix(_default_port(environ))


def _default_port(environ: WSGIEnvironment) -> str:
    return _DEFAULT_PORTS.get(environ.get("wsgi.url_scheme", "http"), "")


def split_origin(text: str) -> Origin | None:
    """Return the normalized parts of an ``Origin`` header (RFC 6454, section 7).

    :return: ``None`` if it is not one origin: ``null``, several origins, or malformed text
    """
    match = _ORIGIN.fullmatch(text)
    split = match and split_host(match[2])
    if not match or not split:
        return None
    scheme, (name, port) = match[1].lower(), split
    shown = "" if port is None else f":{port}"
    return scheme, name, "" if shown == _DEFAULT_PORTS.get(scheme) else shown


def read_origin(environ: WSGIEnvironment) -> Origin | None:
    """Return the origin that a request was sent to, ``None`` if its host is malformed."""
    host = read_host(environ)
    return None if host is None else split_origin(f"{environ['wsgi.url_scheme']}://{host}")


def checked_origins(where: str, origins: Iterable[str]) -> frozenset[Origin]:
    """Return the parts of origins that an application was given.

    :param where: what takes them, for messages
    :raises TypeError: if `origins` is a string
    :raises ValueError: if one of them is not an origin
    """
    if isinstance(origins, str):
        raise TypeError(f"{where} is a string. Write [{origins!r}].")
    parts = set()
    for given in origins:
        origin = split_origin(encode_url(given))
        if origin is None:
            raise ValueError(
                f"{where} has {given!r}, which is not an origin. Write a scheme, a host and, "
                "unless it is the default, a port, such as 'https://www.example.org'."
            )
        parts.add(origin)
    return frozenset(parts)


def is_loopback_name(name: str) -> bool:
    """Return whether a normalized name of a host is one of the loopback interface."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_loopback_address(name.strip("[]"))


def is_from_this_machine(environ: WSGIEnvironment) -> bool:
    """Return whether a request was sent from this machine, and not for a client of a proxy."""
    if any(name.startswith(_FORWARDING) for name in environ):
        return False
    return _is_loopback_address(environ.get("REMOTE_ADDR", ""))


def _is_loopback_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


class TrustedHosts:
    """A set of host names, to check requests against. Ports are ignored.

    :param names: names and IP addresses; ``.example.org`` is the domain and all its subdomains
    :raises TypeError: if `names` is a string
    :raises ValueError: if it is empty, or one of the names is not a host name
    """

    def __init__(self, names: Iterable[str]) -> None:
        if isinstance(names, str):
            raise TypeError(f"The host names are a string. Write [{names!r}].")
        self._names: set[str] = set()
        suffixes = []
        for given in names:
            split = split_host(encode_host(given.removeprefix(".")))
            if split is None:
                raise ValueError(
                    f"{given!r} is not a host name. Write a name such as 'www.example.org', or "
                    "'.example.org' for a domain and all its subdomains."
                )
            self._names.add(split[0])
            if given.startswith("."):
                suffixes.append(f".{split[0]}")
        if not self._names:
            raise ValueError("There are no host names. Name one, or pass None for no check.")
        self._suffixes = tuple(suffixes)

    def __contains__(self, host: object) -> bool:
        """Return whether the value of a ``Host`` header has one of the names."""
        split = split_host(host) if isinstance(host, str) else None
        return split is not None and (split[0] in self._names or split[0].endswith(self._suffixes))


def encode_host(host: str) -> str:
    """Return a host name in its ASCII form (IDNA 2008 with UTS 46).

    :raises ValueError: if it has none, or the package ``idna`` that knows it is not installed
    """
    if host.isascii():
        return host
    try:
        import idna
    except ImportError:
        raise ValueError(
            f"the host {host!r} is not ASCII. Install clastic[idna], or write its Punycode form."
        ) from None
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"the host {host!r} is not a valid domain name: {error}") from error


def encode_url(url: str) -> str:
    """Return a URL, or a relative one, as given but for what must be encoded.

    A host that is not ASCII is encoded by :func:`encode_host`, other characters without a place in
    a URL are percent-encoded as UTF-8. Everything else stays, such as a final ``?``.

    :raises ValueError: if its host is not one
    """
    parts = _URL.fullmatch(url)
    scheme, slashes, authority, path, query, fragment = parts.groups("") if parts else ()
    return "".join(
        (
            scheme,
            slashes,
            _encode_authority(authority, url),
            quote(path, safe=_SAFE),
            quote(query, safe=_SAFE + "?"),
            quote(fragment, safe=_SAFE + "?#"),
        )
    )


def _encode_authority(authority: str, url: str) -> str:
    parts = _AUTHORITY.fullmatch(authority)
    user, host, port = parts.groups("") if parts else ("", authority, "")
    try:
        host = encode_host(host)
        host.encode("idna")  # Werkzeug does this to every location, and fails for empty labels
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL: {error}") from error
    # Browsers read a backslash as a slash, which would end the host.
    if "\\" in user or not _URL_HOST.fullmatch(host):
        raise ValueError(f"{url!r} is not a URL: {user + host!r} is not a host.")
    return quote(user, safe=_SAFE) + host + port
