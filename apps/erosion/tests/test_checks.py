"""Test the validation of the form's fields."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from checks import (
    Invalid,
    host_of,
    hosts_of,
    is_click,
    read_alias,
    read_number,
    read_target_url,
    shown_url,
)
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from clastic.http.hosts import encode_url

NO_HOST = "This address has no host, or an invalid host or port."
CHARACTERS = "An address must not contain spaces, backslashes or control characters."
SCHEME = "An address must begin with https:// or http://."
CREDENTIALS = "An address must not contain a user name or a password."
OWN = "This address is on this site: a link cannot lead to other links."


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        pytest.param("http://example.org", "example.org", id="no path"),
        pytest.param("https://example.org/a?b=c&d#e", "example.org", id="all parts"),
        pytest.param("HTTP://Example.ORG/A", "example.org", id="capitals"),
        pytest.param("https://example.org./", "example.org", id="the dot of the root"),
        pytest.param("http://localhost:8000/", "localhost:8000", id="a port"),
        pytest.param("http://example.org:80/", "example.org", id="the usual port"),
        pytest.param("https://example.org:443/", "example.org", id="the usual port of https"),
        pytest.param("http://example.org:/", "example.org", id="a colon without a port"),
        pytest.param("http://my_site.example/", "my_site.example", id="an underscore"),
        pytest.param("http://192.0.2.1/", "192.0.2.1", id="IPv4"),
        pytest.param("http://[2001:DB8::1]:81/", "[2001:db8::1]:81", id="IPv6"),
        pytest.param("http://bücher.example/", "xn--bcher-kva.example", id="IDN"),
        pytest.param("http://xn--bcher-kva.example/", "xn--bcher-kva.example", id="IDN, in ASCII"),
        pytest.param("http://例え.テスト/道?名=値", "xn--r8jz45g.xn--zckzah", id="IDN and path"),
        pytest.param(
            "https://straße.de/", "xn--strae-oqa.de", id="an IDN that is new in IDNA 2008"
        ),
        pytest.param("https://ελλάς.gr/", "xn--hxarsa0b.gr", id="an IDN with a final sigma"),
        pytest.param("http://1.example/", "1.example", id="a label that is a number"),
        pytest.param("http://0x7f.example:8000/", "0x7f.example:8000", id="a hexadecimal label"),
        pytest.param("http://example.org/a@b", "example.org", id="an @ in the path"),
        pytest.param("http://example.org?a@b", "example.org", id="an @ in the query"),
        pytest.param("http://example.org/%20", "example.org", id="an encoded space"),
    ],
)
def test_the_url_of_a_web_page_is_valid(typed, host):
    assert read_target_url(typed, []) == typed
    assert host_of(urlsplit(typed)) == host


def test_spaces_around_an_address_are_removed():
    assert read_target_url("  https://example.org/\r\n", []) == "https://example.org/"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("", "Enter the address that the link leads to.", id="nothing"),
        pytest.param(" \t", "Enter the address that the link leads to.", id="only spaces"),
        pytest.param("example.org", SCHEME, id="no scheme"),
        pytest.param("//example.org/", SCHEME, id="no scheme, but slashes"),
        pytest.param("/path", SCHEME, id="only a path"),
        pytest.param("javascript:alert(1)", SCHEME, id="javascript"),
        pytest.param("JavaScript:alert(1)", SCHEME, id="javascript in capitals"),
        pytest.param("data:text/html,hello", SCHEME, id="data"),
        pytest.param("file:///etc/passwd", SCHEME, id="file"),
        pytest.param("ftp://example.org/", SCHEME, id="ftp"),
        pytest.param("java\nscript:alert(1)", CHARACTERS, id="a line break in the scheme"),
        pytest.param("http://example.org/a b", CHARACTERS, id="a space"),
        pytest.param("http://exa\tmple.org/", CHARACTERS, id="a tab in the host"),
        pytest.param("http://example.org/\r\nX: y", CHARACTERS, id="a line break"),
        pytest.param("http://example.org/\0", CHARACTERS, id="NUL"),
        pytest.param("http://example.org/\u00a0a", CHARACTERS, id="a no-break space"),
        pytest.param("http://example.org/\u202ea", CHARACTERS, id="a right-to-left override"),
        pytest.param("http://example.org/\u200da", CHARACTERS, id="a zero-width joiner"),
        pytest.param("http://example.org/\ud800", CHARACTERS, id="a lone surrogate"),
        pytest.param("http://evil.example\\@example.org/", CHARACTERS, id="a backslash"),
        pytest.param("http://ann:secret@example.org/", CREDENTIALS, id="name and password"),
        pytest.param("http://ann@example.org/", CREDENTIALS, id="a name"),
        pytest.param("http://@example.org/", CREDENTIALS, id="an empty name"),
        pytest.param("http://", NO_HOST, id="no host"),
        pytest.param("http:///path", NO_HOST, id="no host before the path"),
        pytest.param("http:example.org", NO_HOST, id="no slashes"),
        pytest.param("http://:80/", NO_HOST, id="only a port"),
        pytest.param("http://example.org:port/", NO_HOST, id="a port that is not a number"),
        pytest.param("http://example.org:65536/", NO_HOST, id="a port that is too high"),
        pytest.param("http://example.org:-1/", NO_HOST, id="a negative port"),
        pytest.param("http://example.org:0/", NO_HOST, id="port 0"),
        pytest.param("http://[::1/", NO_HOST, id="a bracket that is not closed"),
        pytest.param("http://[::g]/", NO_HOST, id="an invalid IPv6 address"),
        pytest.param("http://[192.0.2.1]/", NO_HOST, id="an IPv4 address in brackets"),
        pytest.param("http://[fe80::1%25eth0]/", NO_HOST, id="an IPv6 zone"),
        pytest.param("http://a..example/", NO_HOST, id="an empty label"),
        pytest.param(f"http://{'a' * 64}.example/", NO_HOST, id="a label that is too long"),
        pytest.param("http://%65xample.org/", NO_HOST, id="a percent-encoded host"),
        pytest.param("http://<b>.example/", NO_HOST, id="markup for a host"),
        pytest.param("http://☃.example/", NO_HOST, id="a symbol that IDNA 2008 does not allow"),
        pytest.param("http://xn--a.example/", NO_HOST, id="invalid Punycode"),
        pytest.param("http://256.0.0.1/", NO_HOST, id="an IPv4 address with a part too large"),
        pytest.param("http://1.2.3.4.5/", NO_HOST, id="an IPv4 address with five parts"),
        pytest.param("http://127.0.0.08/", NO_HOST, id="an octal number with an 8"),
        pytest.param("http://4294967296/", NO_HOST, id="a number too large for IPv4"),
        pytest.param("http://example.1/", NO_HOST, id="a name that ends in a number"),
        pytest.param("http://example.org\uff0fa/", NO_HOST, id="a full-width slash in the host"),
    ],
)
def test_an_invalid_address_is_refused_with_a_reason(typed, reason):
    with pytest.raises(Invalid) as refused:
        read_target_url(typed, [])
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("http://links.example/", id="the host itself"),
        pytest.param("https://links.example/abc", id="by another scheme"),
        pytest.param("http://LINKS.example:80/", id="written differently"),
        pytest.param("http://links.example./", id="with the dot of the root"),
        pytest.param("http://xn--bcher-kva.example:8000/", id="in ASCII"),
        pytest.param("http://bücher.example:8000/", id="in Unicode"),
    ],
)
def test_a_link_to_this_site_is_refused(typed):
    own_hosts = hosts_of("http://links.example/", "http://bücher.example:8000/")
    with pytest.raises(Invalid) as refused:
        read_target_url(typed, own_hosts)
    assert str(refused.value) == OWN


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f.0.0.1",
        "0x7F000001",
        "0177.1",
        "00000177.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "\uff11\uff12\uff17\u30021",
        "\uff10\uff58\uff17f.1",
        "²130706433",
    ],
)
def test_an_ipv4_address_of_this_site_is_refused_however_it_is_written(host):
    with pytest.raises(Invalid) as refused:
        read_target_url(f"http://{host}:5000/", hosts_of("http://127.0.0.1:5000/"))
    assert str(refused.value) == OWN


def test_an_ipv6_address_of_this_site_is_refused_however_it_is_written():
    with pytest.raises(Invalid) as refused:
        read_target_url("http://[0:0:0:0:0:0:0:1]/", hosts_of("http://[::1]/"))
    assert str(refused.value) == OWN


def test_another_port_of_the_host_is_another_site():
    target_url = "http://127.0.0.1:5000/"
    assert read_target_url(target_url, hosts_of("http://127.0.0.1:5002/")) == target_url


@pytest.mark.parametrize(
    ("path", "length"),
    [
        pytest.param("a" * 1981, 2000, id="the maximum length"),
        pytest.param("ü" * 330, 19 + 6 * 330, id="nearly the maximum length when encoded"),
    ],
)
def test_a_long_address_is_accepted(path, length):
    typed = f"http://example.org/{path}"
    assert len(encode_url(read_target_url(typed, []))) == length


@pytest.mark.parametrize(
    "path",
    [pytest.param("a" * 1982, id="by one"), pytest.param("ü" * 331, id="when encoded")],
)
def test_an_address_that_is_too_long_is_refused(path):
    with pytest.raises(Invalid) as refused:
        read_target_url(f"http://example.org/{path}", [])
    assert str(refused.value) == "This address is too long: more than 2,000 characters."


@given(st.text() | st.text().map(lambda text: f"http://{text}"))
def test_any_text_is_refused_or_is_a_valid_location_header(typed):
    try:
        target_url = read_target_url(typed, [])
    except Invalid:
        return
    location = encode_url(target_url)
    assert location.isascii()
    assert location.isprintable()
    assert urlsplit(location).scheme in ("http", "https")
    assert host_of(urlsplit(location)) == host_of(urlsplit(target_url))


@pytest.mark.parametrize(
    ("typed", "alias"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("  ", None, id="only spaces"),
        pytest.param(" tea ", "tea", id="spaces around it"),
        pytest.param("Tea-for_2", "Tea-for_2", id="every kind of character"),
        pytest.param("7", "7", id="one character"),
        pytest.param("a" * 50, "a" * 50, id="the maximum length"),
        pytest.param("Submit", "Submit", id="a page in another case"),
    ],
)
def test_a_valid_alias_is_accepted(typed, alias):
    assert read_alias(typed, {"submit"}) == alias


BAD_ALIAS = (
    "An alias must consist of letters a to z, digits, - and _, and begin with a letter or digit."
)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("a" * 51, "An alias has at most 50 characters.", id="too long"),
        pytest.param("a b", BAD_ALIAS, id="a space"),
        pytest.param("a/b", BAD_ALIAS, id="a slash"),
        pytest.param("a.b", BAD_ALIAS, id="a dot"),
        pytest.param("..", BAD_ALIAS, id="the folder above"),
        pytest.param("-a", BAD_ALIAS, id="a hyphen at the beginning"),
        pytest.param("_meta", BAD_ALIAS, id="an underscore at the beginning, like /_meta"),
        pytest.param("tée", BAD_ALIAS, id="a letter that is not ASCII"),
        pytest.param("٣", BAD_ALIAS, id="a digit that is not ASCII"),
        pytest.param("a\nb", BAD_ALIAS, id="a line break"),
        pytest.param("<b>", BAD_ALIAS, id="markup"),
        pytest.param(
            "submit", "'submit' is a page of this site. Choose another alias.", id="a page"
        ),
    ],
)
def test_an_invalid_alias_is_refused_with_a_reason(typed, reason):
    with pytest.raises(Invalid) as refused:
        read_alias(typed, {"submit"})
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        pytest.param("0", 0, id="no limit"),
        pytest.param(" 10 ", 10, id="spaces around it"),
        pytest.param("+10", 10, id="a plus"),
        pytest.param("007", 7, id="leading zeros"),
        pytest.param("1000", 1000, id="the maximum"),
    ],
)
def test_a_valid_number_is_accepted(typed, number):
    assert read_number(typed, 1000) == number


NO_NUMBER = "Enter a whole number, such as 10."
TOO_LARGE = "Enter a number up to 1,000; 0 means no limit."


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("", NO_NUMBER, id="nothing"),
        pytest.param("ten", NO_NUMBER, id="a word"),
        pytest.param("1.5", NO_NUMBER, id="a fraction"),
        pytest.param("1e3", NO_NUMBER, id="an exponent"),
        pytest.param("1_000", NO_NUMBER, id="an underscore"),
        pytest.param("٣", NO_NUMBER, id="a digit that is not ASCII"),
        pytest.param("-1", "Enter a number that is not negative; 0 means no limit.", id="negative"),
        pytest.param("1001", TOO_LARGE, id="too large by one"),
        pytest.param("9" * 10_000, TOO_LARGE, id="more digits than Python converts"),
    ],
)
def test_an_invalid_number_is_refused_with_a_reason(typed, reason):
    with pytest.raises(Invalid) as refused:
        read_number(typed, 1000)
    assert str(refused.value) == reason


def test_invalid_urls_have_no_host():
    assert hosts_of("", "null", "http://", "http://[", "http://a:x", "https://b/") == {"b"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("https://bücher.example/ü", None, id="one script"),
        pytest.param("https://ελλάς.example/", None, id="another script for each label"),
        pytest.param("https://東京タワー.example/", None, id="scripts of one language"),
        pytest.param("https://example.org/\u0430-a", None, id="two scripts in the path"),
        pytest.param("https://123-ü.example/", None, id="digits"),
        pytest.param(
            "https://p\u0430ypal.example/", "https://xn--pypal-4ve.example/", id="Cyrillic in Latin"
        ),
        pytest.param(
            "https://a.\u03bf\u0430.example/ü",
            "https://a.xn--0xa0u.example/%C3%BC",
            id="Greek, Cyrillic",
        ),
    ],
)
def test_a_host_that_mixes_scripts_is_shown_in_ascii(url, shown):
    assert shown_url(url) == (shown or url)


@pytest.mark.parametrize(
    ("headers", "is_counted"),
    [
        pytest.param({}, True, id="a program"),
        pytest.param({"Sec-Fetch-Dest": "document"}, True, id="a browser"),
        pytest.param({"Sec-Fetch-Dest": "iframe"}, True, id="a frame"),
        pytest.param({"Sec-Fetch-Dest": "empty"}, True, id="a script"),
        pytest.param({"Sec-Fetch-Dest": "image"}, False, id="an image tag"),
        pytest.param({"Sec-Fetch-Dest": "style"}, False, id="a style sheet"),
        pytest.param({"Sec-Purpose": "prefetch"}, False, id="a prefetch"),
        pytest.param({"Sec-Purpose": "prefetch;prerender"}, False, id="a prerendered page"),
        pytest.param({"Purpose": "prefetch"}, False, id="a prefetch of an older browser"),
        pytest.param({"X-Moz": "prefetch"}, False, id="a prefetch of an older Firefox"),
        pytest.param(
            {"Sec-Purpose": "prefetch", "Sec-Fetch-Dest": "document"}, False, id="a prefetched page"
        ),
        pytest.param({"Sec-Purpose": "", "Sec-Fetch-Dest": "document"}, True, id="no purpose"),
    ],
)
def test_a_prefetch_and_a_part_of_a_page_are_not_clicks(headers, is_counted):
    assert is_click(Headers(headers)) is is_counted
