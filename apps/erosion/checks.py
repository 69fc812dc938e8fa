"""Validate the fields of the form."""

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from werkzeug.urls import iri_to_uri

LONGEST_URL = 2000
LONGEST_ALIAS = 50
LONGEST_EXPIRY_TIME = 10 * 365 * 86400
LARGEST_MAX_COUNT = 1_000_000_000

# The initial values of the fields, which missing fields get too.
DEFAULTS = {"target_url": "", "new_alias": "", "expiry_time": "0", "max_count": "1"}

ALIAS = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_ALIAS - 1}}}")


class Invalid(Exception):
    """The value of a field is invalid. The message is shown to the user."""


def read_form(
    typed: Mapping[str, str], own_hosts: Collection[str], reserved: Collection[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of the valid fields and the errors of the others, each by name."""
    readers: dict[str, Callable[[str], Any]] = {
        "target_url": partial(read_target_url, own_hosts=own_hosts),
        "new_alias": partial(read_alias, reserved=reserved),
        "expiry_time": partial(read_number, largest=LONGEST_EXPIRY_TIME),
        "max_count": partial(read_number, largest=LARGEST_MAX_COUNT),
    }
    values, errors = {}, {}
    for name, read in readers.items():
        try:
            values[name] = read(typed[name])
        except Invalid as error:
            errors[name] = str(error)
    return values, errors


def read_target_url(text: str, own_hosts: Collection[str]) -> str:
    """Read the target: the URL of a web page, but not of this site, to avoid redirect loops."""
    url = text.strip()
    if not url:
        raise Invalid("Enter the address that the link leads to.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise Invalid("An address must not contain spaces, backslashes or control characters.")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise Invalid("An address must begin with https:// or http://.")
        if "@" in parts.netloc:
            raise Invalid("An address must not contain a user name or a password.")
        host = host_of(parts)
    except ValueError:
        raise Invalid("This address has no host, or an invalid host or port.") from None
    if host in own_hosts:
        raise Invalid("This address is on this site: a link cannot lead to other links.")
    if len(iri_to_uri(url)) > LONGEST_URL:
        raise Invalid(f"This address is too long: more than {LONGEST_URL:,} characters.")
    return url


def read_alias(text: str, reserved: Collection[str]) -> str | None:
    """Read the requested alias. Return None for a random one."""
    alias = text.strip()
    if not alias:
        return None
    if len(alias) > LONGEST_ALIAS:
        raise Invalid(f"An alias has at most {LONGEST_ALIAS} characters.")
    if not ALIAS.fullmatch(alias):
        raise Invalid(
            "An alias must consist of letters a to z, digits, - and _, "
            "and begin with a letter or digit."
        )
    if alias in reserved:
        raise Invalid(f"'{alias}' is a page of this site. Choose another alias.")
    return alias


def read_number(text: str, largest: int) -> int:
    """Read a limit: a number from 0 to ``largest``."""
    number = text.strip()
    if not re.fullmatch("[+-]?[0-9]+", number):
        raise Invalid("Enter a whole number, such as 10.")
    if number.startswith("-"):
        raise Invalid("Enter a number that is not negative; 0 means no limit.")
    if len(number) > 18 or int(number) > largest:
        raise Invalid(f"Enter a number up to {largest:,}; 0 means no limit.")
    return int(number)


def host_of(parts: SplitResult) -> str:
    """Return the host of a URL in ASCII, with the port unless it is 80 or 443.

    :raises ValueError: if there is no host, or browsers disagree about it
    """
    name = (parts.hostname or "").rstrip(".")
    if "[" in parts.netloc:
        host = f"[{IPv6Address(name)}]"
    else:
        host = name.encode("idna").decode("ascii")
        is_reversible = name.isascii() or host.encode("ascii").decode("idna") == name
        if not re.fullmatch("[a-z0-9._-]+", host) or not is_reversible:
            raise ValueError(f"{name} is not a valid host")
    if parts.port == 0 or "%" in host:
        raise ValueError(f"{parts.netloc} has port 0 or a zone, which only work on this machine")
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def hosts_of(*urls: str) -> set[str]:
    """Return the hosts of the URLs, without URLs that have no valid host."""
    hosts = set()
    for url in urls:
        with suppress(ValueError):
            hosts.add(host_of(urlsplit(url)))
    return hosts
