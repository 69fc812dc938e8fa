"""Validate the fields of the form."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from socket import inet_aton, inet_ntoa
from typing import Any
from urllib.parse import SplitResult, urlsplit

from werkzeug.datastructures import Headers

from clastic.http.hosts import encode_host, encode_url, split_host

LONGEST_URL = 2000
LONGEST_ALIAS = 50
LONGEST_EXPIRY_TIME = 10 * 365 * 86400
LARGEST_MAX_COUNT = 1_000_000_000

# The initial values of the fields, which missing fields get too.
DEFAULTS = {"target_url": "", "new_alias": "", "expiry_time": "0", "max_count": "1"}

ALIAS = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_ALIAS - 1}}}")

# The values of Sec-Fetch-Dest for a link that is opened. Others are for a part of a page.
OPENED = ("document", "frame", "iframe", "empty")
# The headers with which browsers mark a prefetch.
PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")

# The first words of the Unicode names of letters that are used together in one language.
EAST_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}


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
        location = encode_url(url)
    except ValueError:
        raise Invalid("This address has no host, or an invalid host or port.") from None
    if host in own_hosts:
        raise Invalid("This address is on this site: a link cannot lead to other links.")
    if len(location) > LONGEST_URL:
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
    """Return the host of a URL as browsers read it, with the port unless it is 80 or 443.

    :raises ValueError: if it has no valid host or port
    """
    name = encode_host(parts.hostname or "")
    split = split_host(f"[{name}]" if "[" in parts.netloc else name)
    if split is None or parts.port == 0:
        raise ValueError(f"{parts.netloc!r} has no valid host or port")
    host = ipv4_of(split[0])
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def ipv4_of(host: str) -> str:
    """Return an IPv4 address in its usual form, and any other host as it is.

    Browsers read every host that ends in a number as an address (WHATWG URL): ``127.1``,
    ``0x7f.0.0.1`` and ``2130706433`` are ``127.0.0.1``.
    """
    if not re.fullmatch("[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
        return host
    try:
        return inet_ntoa(inet_aton(host))
    except OSError:
        raise ValueError(f"{host!r} is not an IPv4 address") from None


def hosts_of(*urls: str) -> set[str]:
    """Return the hosts of the URLs, without URLs that have no valid host."""
    hosts = set()
    for url in urls:
        with suppress(ValueError):
            hosts.add(host_of(urlsplit(url)))
    return hosts


def shown_url(url: str) -> str:
    """Return a URL to show: if its host mixes scripts, in ASCII.

    A host with Latin and Cyrillic letters, for example, can look like the host of another site.
    """
    host = urlsplit(url).netloc
    return encode_url(url) if any(map(mixes_scripts, host.split("."))) else url


def mixes_scripts(label: str) -> bool:
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in label if letter.isalpha()}
    return len(names) > 1 and not names <= EAST_ASIAN


def is_click(headers: Headers) -> bool:
    """Return whether a request opens a link, and does not prefetch or embed it."""
    is_prefetch = any("prefetch" in headers.get(name, "").lower() for name in PURPOSES)
    return not is_prefetch and headers.get("Sec-Fetch-Dest", "document") in OPENED
