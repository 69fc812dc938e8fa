"""Generate requests that are mostly valid and sometimes broken, from a list of valid ones."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode
from wsgiref.util import FileWrapper

from werkzeug.test import encode_multipart

HOST = ("Host", "localhost")
FORM = "application/x-www-form-urlencoded"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "BREW")
SCRIPT_ROOTS = ("", "", "", "/go", "/a%20b", "//evil.example", "/\xff")

# Fragments of paths, queries, header values and bodies.
FRAGMENTS = [
    *(b"", b"/", b"//", b"..", b".", b"\\", b"%", b"%zz", b"%00", b"%2F", b"%2e%2e%2f", b"%ff"),
    *(b"%c0%af", b"%ed%a0%80", b"%F0%9F%98%80", b"%0d%0a", b"&", b"=", b";", b",", b"+", b" "),
    *(b"\x00", b"\t", b"\x7f", b"\xff\xfe", b"\xc3", "ü\u202e😀".encode(), b"\r\nX: y", b"\n"),
    *(b"0", b"-1", b"007", b"1e999", b"nan", b"1_0", b"9" * 30, b"9" * 5000, b"0x10", b"true"),
    *(b"a" * 300, b"<b>&\"'", b"{{7*7}}", b"${7*7}", b"{x}", b"?", b"#", b"*", b"[", b'"', b":"),
    *(b"null", b"[" * 2000, b'{"a":' * 500, b"\\ud800", b"--limit", b"k=&" * 400),
]
DATES = [
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sun, 06 Nov 1994 08:49:37 +9959",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Mon, 32 Foo 10000 25:61:61 GMT",
    "0",
]
ETAGS = ["*", '"a"', 'W/"a"', '"a", W/"b", "c"', '"a', "a", '""', '"\xff"', ",,", '"a" "b"']
HEADERS = {
    "Accept": [
        *("text/html", "application/json", "application/xml", "text/plain", "*/*", "image/png"),
        *(
            "application/problem+json",
            "text/*;q=0.5, */*;q=0",
            "text/html;q=nan",
            "text/html;q=1e9",
        ),
        *("text/html;charset=utf-8;level=1", ";", "text", 'a/b;c="d\\"e', "text/html,"),
    ],
    "Accept-Encoding": ["gzip", "gzip;q=0", "*;q=0.1", "br, gzip;q=0.001", "gzip;q=x", "identity"],
    "Accept-Language": ["en, de;q=0.5", "*", "-", "en-"],
    "Authorization": ["Basic YTpi", "Basic !", "Basic /w==", "Bearer", "Digest a=b, c", "\xff"],
    "Cache-Control": ["no-cache", "max-age=x", "max-age=99999999999999999999", ",=,"],
    "Content-Encoding": ["gzip", "identity", "\xff"],
    "Content-Type": [
        *(FORM, "application/json", "multipart/form-data", "text/plain", "", "a", "a/b;c"),
        *("multipart/form-data; boundary=limit", 'multipart/form-data; boundary="', FORM + ";"),
        *("application/json; charset=utf-16", FORM + "; charset=nothing", "application/a+json"),
        *("multipart/form-data; boundary=" + "b" * 300, "multipart/form-data; boundary=\xff"),
    ],
    "Cookie": ["a=b", "a", "=b", 'a="b\\073"; c=d', "clastic_cookie=a.b.c", ";;", "a=\xff; a=c"],
    "Expect": ["100-continue", "nothing"],
    "Host": [
        *("localhost", "localhost:80", "127.0.0.1:5000", "[::1]:5000", "a.example.", "my_app:8000"),
        *("", "bad host", "a:99999", "user@host", "xn--a.com", "[::1", "a..b", "\xff", "a/b"),
    ],
    "If-Match": ETAGS,
    "If-Modified-Since": DATES,
    "If-None-Match": ETAGS,
    "If-Range": [*ETAGS, *DATES],
    "If-Unmodified-Since": DATES,
    "Origin": ["http://localhost", "null", "http://[", "https://evil.example", "http://a:99999"],
    "Range": [
        *("bytes=0-", "bytes=-5", "bytes=2-4", "bytes=5-2", "bytes=0-0,2-3", "items=0-1", "bytes="),
        *("bytes=99999999999999999999-", "bytes=a-b", "bytes=-0", "bytes=0-0" + ",1-2" * 200, "-"),
    ],
    "Referer": ["http://localhost/", "\xff"],
    "Sec-Fetch-Dest": ["document", "image"],
    "Sec-Fetch-Site": ["same-origin", "cross-site", "none"],
    "Sec-Purpose": ["prefetch"],
    "Transfer-Encoding": ["chunked", "gzip, chunked", "identity"],
    "User-Agent": ["curl/8", "Mozilla/5.0 (X11)", "\xff" * 50],
    "X-Forwarded-For": ["192.0.2.1, 192.0.2.2", "\xff"],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Prefix": ["/go", "//evil.example"],
    "X-Forwarded-Proto": ["https", "javascript"],
}
LENGTHS = ["", "0", "-1", "+5", "5 ", "abc", "1e3", "\xb2", "9" * 30, "9" * 5000, "4194305"]
ERRORS: dict[str, Callable[[], Exception]] = {
    "a chunk size that is not a number": lambda: OSError("invalid chunk size"),
    "a client that resets the connection": ConnectionResetError,
    "a client that is too slow": TimeoutError,
    "an exception of the server": lambda: RuntimeError("of the server"),
}


@dataclass(frozen=True)
class Sent:
    """A request as a client sends it.

    :ivar target: the path and query, percent-encoded
    :ivar length: the Content-Length, or None for a chunked body
    :ivar error: the key in ERRORS of the error with which reading the body ends
    """

    method: str = "GET"
    target: bytes = b"/"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: str | None = "0"
    error: str | None = None
    script_root: str = ""
    protocol: str = "HTTP/1.1"
    has_read1: bool = True

    def environ(self) -> dict[str, Any]:
        """Return the environ that a server makes of it (PEP 3333)."""
        path, _, query = self.target.partition(b"?")
        environ = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": unquote_to_bytes(self.script_root.encode("latin-1")).decode("latin-1"),
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": self.protocol,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": (Read1Input if self.has_read1 else Input)(self.body, self.error),
            "wsgi.errors": io.StringIO(),
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            # A server refuses these characters.
            value = value.translate({0: " ", 10: " ", 13: " "})
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        if self.length is None:
            environ["wsgi.input_terminated"] = True
        else:
            environ["CONTENT_LENGTH"] = self.length
        return environ


class Input:
    """The input of a server: bytes, and then the end or an error."""

    def __init__(self, body: bytes, error: str | None) -> None:
        self._body, self._error = io.BytesIO(body), error

    def _checked(self, data: bytes, size: int) -> bytes:
        if self._error and (not data or size < 0 or len(data) < size):
            raise ERRORS[self._error]()
        return data

    def read(self, size: int = -1) -> bytes:
        return self._checked(self._body.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        return self._checked(self._body.readline(size), 0)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Any:
        return iter(self.readline, b"")


class Read1Input(Input):
    """An input that can return what has arrived."""

    def read1(self, size: int = -1) -> bytes:
        return self._checked(self._body.read(min(size, 1000) if size >= 0 else 1000), 0)


def get(target: str, *headers: tuple[str, str]) -> Sent:
    return Sent(target=target.encode(), headers=(HOST, *headers))


def post(target: str, body: bytes, content_type: str) -> Sent:
    headers = (HOST, ("Content-Type", content_type))
    return Sent("POST", target.encode(), headers, body, str(len(body)))


def post_form(target: str, **fields: str) -> Sent:
    return post(target, urlencode(fields).encode(), FORM)


def post_json(target: str, value: object) -> Sent:
    return post(target, json.dumps(value).encode(), "application/json")


def post_multipart(target: str, **fields: Any) -> Sent:
    boundary, body = encode_multipart(fields, boundary="limit")
    return post(target, body, f"multipart/form-data; boundary={boundary}")


class Fuzzer:
    """Changes valid requests at random.

    :param valid: the requests
    :param seed: the same seed gives the same requests
    """

    def __init__(self, valid: Iterable[Sent], seed: object) -> None:
        self._valid = list(valid)
        self._random = random.Random(repr(seed))
        self._changes = [
            *(self._header, self._header, self._learned, self._target, self._target),
            *(self._body, self._body, self._framing, self._method, self._splice),
        ]
        # The values of earlier responses, by the name of the header that sends them back.
        self.learned: dict[str, list[str]] = {}

    def request(self) -> Sent:
        """Return the next request."""
        choose = self._random.choice
        sent = choose(self._valid)
        for _ in range(choose((0, 1, 1, 1, 2, 2, 3, 6))):
            sent = choose(self._changes)(sent)
        return sent

    def _header(self, sent: Sent) -> Sent:
        name = self._random.choice(list(HEADERS))
        value = self._random.choice(HEADERS[name])
        if self._random.random() < 0.1:
            value = self._changed(value.encode("latin-1")).decode("latin-1")
        others = tuple(pair for pair in sent.headers if pair[0] != name)
        return replace(sent, headers=(*others, (name, value)))

    def _learned(self, sent: Sent) -> Sent:
        if not self.learned:
            return sent
        name = self._random.choice(list(self.learned))
        value = self._random.choice(self.learned[name])
        if self._random.random() < 0.3:
            value = self._changed(value.encode("latin-1")).decode("latin-1")
        return replace(sent, headers=(*sent.headers, (name, value)))

    def _target(self, sent: Sent) -> Sent:
        parts = sent.target.replace(b"?", b"\n?", 1).replace(b"/", b"\n/").split(b"\n")
        place = self._random.randrange(len(parts))
        parts[place] = self._changed(parts[place])
        root = self._random.choice(SCRIPT_ROOTS)
        # Browsers and servers end the target at a space or a line break.
        target = b"".join(parts).translate(None, b" \r\n")
        return replace(sent, target=target, script_root=root)

    def _body(self, sent: Sent) -> Sent:
        body = self._changed(sent.body)
        length = None if sent.length is None else str(len(body))
        return replace(sent, body=body, length=length)

    def _framing(self, sent: Sent) -> Sent:
        length = self._random.choice(
            (None, None, str(len(sent.body) + 10), str(max(0, len(sent.body) - 3)), *LENGTHS)
        )
        error = self._random.choice((None, None, *ERRORS))
        return replace(sent, length=length, error=error, has_read1=self._random.random() < 0.5)

    def _method(self, sent: Sent) -> Sent:
        protocol = self._random.choice(("HTTP/1.0", "HTTP/1.1", "HTTP/2"))
        return replace(sent, method=self._random.choice(METHODS), protocol=protocol)

    def _splice(self, sent: Sent) -> Sent:
        """Combine the target of one request with the body and headers of another."""
        return replace(sent, target=self._random.choice(self._valid).target)

    def _changed(self, data: bytes) -> bytes:
        choose, place = self._random.choice, self._random.randrange(len(data) + 1)
        end = min(len(data), place + choose((0, 1, 1, 5, 1000)))
        fragment = choose((*FRAGMENTS, data[place:end] * 2, bytes([self._random.randrange(256)])))
        return data[:place] + fragment + data[end:]
