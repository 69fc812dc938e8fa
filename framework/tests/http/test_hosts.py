"""Hosts of requests: which are malformed, and which an application trusts."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.test import create_environ, run_wsgi_app

from clastic import Application, Request, Response, SubApplication
from clastic.debug.handler import ContextualErrorHandler
from clastic.http import TrustedHosts, read_host
from clastic.http.hosts import encode_host, split_host
from clastic.wiring import WiringError

VALID = (
    *("example.org", "EXAMPLE.org", "example.org:8000", "example.org.", "a", "a-b.c", "1.2.3.4"),
    *("my_app:8000", "_dmarc.example.org", "localhost:1", "localhost:65535", "a" * 63),
    *("[::1]", "[::1]:5000", "[2001:DB8::a]", "[::ffff:1.2.3.4]:80"),
    *("xn--strae-oqa.de", "XN--STRAE-OQA.DE", "xn--n3h.net", ".".join(["a" * 49] * 5)),
)
MALFORMED = (
    *("", " ", "bad host", " example.org", "example.org ", "a:99999", "a:65536", "a:0", "a:-1"),
    *(
        "a:",
        "a:b",
        "a:80:80",
        ":80",
        "a:٣",
        "user@host",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "a%41",
        "a,b",
    ),
    *(
        "example.org,evil.example",
        "a..b",
        ".a",
        ".",
        "a..",
        "a" * 64,
        "<a>",
        "a'b",
        'a"',
        "é",
        "a\n",
    ),
    *("::1", "[", "[]", "[::1", "[:::1]", "[1.2.3.4]", "[::1]a", "[::1%25eth0]", "[v1.a]", "*"),
    *("xn--a.com", "xn--", "www.xn--99999.de", "xn--a-.x", ".".join(["a" * 60] * 5)),
)
URLS = ("host", "host_url", "root_url", "url_root", "base_url", "url")


def send(app, host, path="/"):
    """Send a request; Werkzeug's client refuses some hosts itself."""
    environ = {**create_environ(path), "HTTP_HOST": host}
    chunks, status, _ = run_wsgi_app(app, environ, buffered=True)
    return int(status[:3]), b"".join(chunks).decode()


def environ_of(host, **others):
    return {**create_environ("/a?b=c"), "HTTP_HOST": host, **others}


@pytest.mark.parametrize("host", VALID)
def test_a_valid_host_is_read(host):
    request = Request(environ_of(host))
    assert read_host(request.environ) == request.host == host.removesuffix(":80")
    assert request.url.lower() == f"http://{request.host}/a?b=c".lower()
    assert request.host_url.lower() == f"http://{request.host}/".lower()
    assert request.root_url == request.host_url


@pytest.mark.parametrize("host", MALFORMED)
@pytest.mark.parametrize("read", URLS)
def test_a_malformed_host_is_a_bad_request_wherever_it_is_read(host, read):
    app = Application([("/a", lambda request: Response(getattr(request, read)))])
    text = "400 Bad Request\nThe Host header is malformed or missing.\n"
    assert send(app, host, "/a") == (400, text)
    with pytest.raises(BadRequest):
        getattr(Request(environ_of(host)), read)


@pytest.mark.parametrize("host", ["bad host", "xn--a.com"])
def test_a_malformed_host_that_is_not_read_changes_nothing(host):
    app = Application([("/", lambda: Response("fine"))], error_handler=ContextualErrorHandler())
    assert send(app, host) == (200, "fine")
    assert send(app, host, "/missing")[0] == 404


@given(st.text("aB9-_.:[]@/ x\u00e9", max_size=12))
def test_any_host_is_either_malformed_or_in_the_url(host):
    request = Request(environ_of(host))
    if split_host(host) is None:
        with pytest.raises(BadRequest):
            _ = request.url
    else:
        assert request.url.lower() == f"http://{host.removesuffix(':80')}/a?b=c".lower()


@pytest.mark.parametrize(
    ("name", "port", "host"),
    [
        ("::1", "8080", "[::1]:8080"),
        ("::1", "80", "[::1]"),
        ("a", "80", "a"),
        ("unix:/run/app", "", ""),
        ("", "", ""),
    ],
)
def test_without_a_host_header_it_is_the_address_of_the_server(name, port, host):
    environ = {"SERVER_NAME": name, "SERVER_PORT": port}
    assert read_host(environ) == host
    assert read_host({**environ, "SERVER_PROTOCOL": "HTTP/1.0"}) == host


def test_a_request_of_http_1_1_must_have_a_host_header():
    environ = create_environ()
    del environ["HTTP_HOST"]
    assert read_host(environ) is None


@pytest.mark.parametrize(
    ("scheme", "host", "shown"),
    [
        ("http", "a:80", "a"),
        ("https", "a:443", "a"),
        ("http", "a:443", "a:443"),
        ("https", "a:80", "a:80"),
    ],
)
def test_the_default_port_of_the_scheme_is_left_out(scheme, host, shown):
    assert read_host(environ_of(host, **{"wsgi.url_scheme": scheme})) == shown


class TestTrustedHosts:
    NAMES = ("example.org", ".example.com", "straße.de", "127.0.0.1", "[::1]", "my_app:8000")

    @pytest.mark.parametrize(
        "host",
        [
            *("example.org", "EXAMPLE.ORG", "example.org.", "example.org:8000", "my_app"),
            *("example.com", "a.example.com", "a.b.example.com:1", "xn--strae-oqa.de"),
            *("127.0.0.1:5000", "[::1]:5000", "[0:0::1]", "my_app:8000"),
        ],
    )
    def test_has_the_names_with_any_port(self, host):
        assert host in TrustedHosts(self.NAMES)
        assert self.get(host) == 200

    @pytest.mark.parametrize(
        "host",
        [
            *("evil.example", "a.example.org", "example.orgs", "badexample.com", ".example.com"),
            *("example.org@evil.example", "example.org:99999", "", "strasse.de", "127.0.0.2"),
            *("example.org,evil.example", "[::2]", "2130706433"),
        ],
    )
    def test_has_no_other_names(self, host):
        assert host not in TrustedHosts(self.NAMES)
        assert self.get(host) == 400

    def get(self, host):
        app = Application([("/", lambda: Response("fine"))], trusted_hosts=self.NAMES)
        return send(app, host)[0]

    @pytest.mark.parametrize("name", ["", "*", "a b", "http://a", ".", "a..b", "é..x", "*.a.org"])
    def test_refuses_what_is_not_a_name(self, name):
        with pytest.raises(ValueError, match="is not a"):
            Application(trusted_hosts=[name])

    def test_refuses_a_string_and_an_empty_list(self):
        with pytest.raises(TypeError, match=r"The host names are a string. Write \['a.org'\]."):
            Application(trusted_hosts="a.org")
        with pytest.raises(ValueError, match="There are no host names"):
            Application(trusted_hosts=[])

    def test_are_checked_before_routing_and_finished_like_any_error(self):
        calls = []
        app = Application([("/", lambda: calls.append(1))], trusted_hosts=["a.org"])
        for path in ("/", "/missing", "//"):
            text = "400 Bad Request\nThe host 'b.org:1' is not served here.\n"
            assert send(app, "b.org:1", path) == (400, text)
        assert not calls

    def test_of_an_embedded_application_must_be_those_of_the_outer_one(self):
        inner = Application(trusted_hosts=["a.org"])
        with pytest.raises(WiringError) as caught:
            Application([SubApplication("/inner", inner)])
        assert str(caught.value) == (
            "SubApplication '/inner' embeds an application with trusted_hosts, which only the "
            "application that is served checks.\n"
            "  Pass trusted_hosts= to the outer application, too."
        )
        Application([("/inner", inner)], trusted_hosts=["a.org"])

    def test_those_of_a_request_type_hold_where_the_host_is_read(self):
        request_type = type("Own", (Request,), {"trusted_hosts": ["a.org"]})
        assert request_type(environ_of("a.org:1")).host == "a.org:1"
        with pytest.raises(SecurityError):
            _ = request_type(environ_of("b.org")).host


class TestEncodeHost:
    @pytest.mark.parametrize(
        ("host", "encoded"),
        [
            ("example.org", "example.org"),
            ("straße.de", "xn--strae-oqa.de"),
            ("ελλάς.gr", "xn--hxarsa0b.gr"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("a。é", "a.xn--9ca"),
        ],
    )
    def test_encodes_by_idna_2008(self, host, encoded):
        assert encode_host(host) == encoded

    @pytest.mark.parametrize("host", ["☃.net", "é..x", "é.-a", "\u202eé.org", "é/a", "é@b.org"])
    def test_refuses_what_is_no_name(self, host):
        with pytest.raises(ValueError, match="is not a valid domain name"):
            encode_host(host)

    def test_names_the_extra_if_the_package_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "idna", None)
        with pytest.raises(ValueError, match=r"is not ASCII\. Install clastic\[idna\]"):
            encode_host("straße.de")
        assert encode_host("example.org") == "example.org"
