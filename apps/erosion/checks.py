"""What may be typed into the form, and what is said about the rest."""

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

# What the fields have in them at first, and when they are left out.
DEFAULTS = {"target_url": "", "new_alias": "", "expiry_time": "0", "max_count": "1"}

ALIAS = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_ALIAS - 1}}}")


class Invalid(Exception):
    """Why a field is refused, worded for whoever filled it in."""


def read_form(
    typed: Mapping[str, str], own_hosts: Collection[str], reserved: Collection[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the values of the fields, and what is wrong with the others, each by name."""
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
    """Read where a link leads: to a web page, but not back here, where it could go in circles."""
    url = text.strip()
    if not url:
        raise Invalid("Write the address that the link leads to.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise Invalid("An address has no spaces, backslashes or control characters in it.")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise Invalid("An address begins with https:// or http://.")
        if "@" in parts.netloc:
            raise Invalid("An address with a user name or a password in it is not recorded.")
        host = host_of(parts)
    except ValueError:
        raise Invalid("This address has no host, or a host or port that cannot be read.") from None
    if host in own_hosts:
        raise Invalid("This address is on this site: a link cannot lead to other links.")
    if len(iri_to_uri(url)) > LONGEST_URL:
        raise Invalid(f"This address is too long: more than {LONGEST_URL:,} characters.")
    return url


def read_alias(text: str, reserved: Collection[str]) -> str | None:
    """Read the alias that somebody wants, which is None for any."""
    alias = text.strip()
    if not alias:
        return None
    if len(alias) > LONGEST_ALIAS:
        raise Invalid(f"An alias has at most {LONGEST_ALIAS} characters.")
    if not ALIAS.fullmatch(alias):
        raise Invalid(
            "An alias has letters a to z, digits, - and _ in it, and begins with a letter or digit."
        )
    if alias in reserved:
        raise Invalid(f"'{alias}' is a page of this site. Choose another alias.")
    return alias


def read_number(text: str, largest: int) -> int:
    """Read a number that limits something."""
    number = text.strip()
    if not re.fullmatch("[+-]?[0-9]+", number):
        raise Invalid("Write a whole number, such as 10.")
    if number.startswith("-"):
        raise Invalid("Write a number that is not negative; 0 is for no limit.")
    if len(number) > 18 or int(number) > largest:
        raise Invalid(f"Write a number up to {largest:,}; 0 is for no limit.")
    return int(number)


def host_of(parts: SplitResult) -> str:
    """The host of a URL in its ASCII form, with the port if it is not the usual one.

    Raises ValueError if it has none, or none that every browser would read like this.
    """
    name = (parts.hostname or "").rstrip(".")
    if "[" in parts.netloc:
        host = f"[{IPv6Address(name)}]"
    else:
        host = name.encode("idna").decode("ascii")
        is_reversible = name.isascii() or host.encode("ascii").decode("idna") == name
        if not re.fullmatch("[a-z0-9._-]+", host) or not is_reversible:
            raise ValueError(f"{name} is not the name of a host")
    if parts.port == 0 or "%" in host:
        raise ValueError(f"{parts.netloc} has a port or zone that does not exist elsewhere")
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def hosts_of(*urls: str) -> set[str]:
    """The hosts of those URLs that have one."""
    hosts = set()
    for url in urls:
        with suppress(ValueError):
            hosts.add(host_of(urlsplit(url)))
    return hosts
