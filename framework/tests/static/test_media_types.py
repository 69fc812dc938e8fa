"""Which Content-Type a file is served with."""

import mimetypes

import pytest

from clastic.static.media_types import looks_like_text, media_type_of, with_charset


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        pytest.param("site.css", "text/css", id="style sheets are text/css"),
        pytest.param("app.js", "text/javascript", id="scripts are text/javascript (RFC 9239)"),
        pytest.param("app.mjs", "text/javascript", id="modules are scripts"),
        pytest.param("INDEX.HTML", "text/html", id="the case of the ending does not count"),
        pytest.param("data.json", "application/json", id="JSON is application/json"),
        pytest.param("app.js.map", "application/json", id="source maps are JSON"),
        pytest.param("logo.svg", "image/svg+xml", id="SVG is image/svg+xml"),
        pytest.param("photo.avif", "image/avif", id="AVIF is an image"),
        pytest.param("photo.webp", "image/webp", id="WebP is an image"),
        pytest.param("favicon.ico", "image/vnd.microsoft.icon", id="icons have their IANA type"),
        pytest.param("font.woff2", "font/woff2", id="web fonts are font/woff2"),
        pytest.param("code.wasm", "application/wasm", id="WebAssembly has its own type"),
        pytest.param("feed.xml", "application/xml", id="XML is application/xml"),
        pytest.param("notes.txt", "text/plain", id="text is text/plain"),
        pytest.param("logs.txt.gz", "application/gzip", id="what is compressed is named so"),
        pytest.param("site.css.br", "application/octet-stream", id="brotli has no type"),
        pytest.param("a.tar.bz2", "application/x-bzip2", id="the machine's codings are types too"),
        pytest.param("paper.rtf", "application/rtf", id="the rest is left to the machine"),
        pytest.param("data:,x.css", "text/css", id="a name that looks like a URL is a name"),
        pytest.param("x.surely-unknown", None, id="an unknown ending has no type"),
        pytest.param("README", None, id="no ending has no type"),
        pytest.param(".htaccess", None, id="a leading dot makes no ending"),
    ],
)
def test_media_type_of_a_name(name: str, media_type: str | None) -> None:
    assert media_type_of(name) == media_type


def test_the_machine_cannot_change_the_types_of_the_web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda name: ("text/plain", None))
    assert media_type_of("app.js") == "text/javascript"


@pytest.mark.parametrize(
    ("media_type", "content_type"),
    [
        pytest.param("text/css", "text/css; charset=utf-8", id="text is declared to be UTF-8"),
        pytest.param("text/x; charset=a", "text/x; charset=a", id="a charset is not given twice"),
        pytest.param("image/png", "image/png", id="what is no text has no charset"),
        pytest.param("application/xml", "application/xml", id="XML declares itself"),
    ],
)
def test_with_charset(media_type: str, content_type: str) -> None:
    assert with_charset(media_type) == content_type


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        pytest.param(b"", True, id="nothing is text"),
        pytest.param(b"one\r\n\ttwo\f\x1b[0m", True, id="white space and escape are text"),
        pytest.param("grün €".encode(), True, id="UTF-8 is text"),
        pytest.param("€".encode()[:-1], True, id="a character cut off at the end is text"),
        pytest.param(b"\x7fELF\x02\x01", False, id="delete is no text"),
        pytest.param(b"a\x00b", False, id="a NUL is no text"),
        pytest.param(b"\xff\xfe", False, id="what is not UTF-8 is no text"),
        pytest.param("grün".encode("latin-1"), False, id="Latin-1 would be declared wrongly"),
    ],
)
def test_looks_like_text(head: bytes, is_text: bool) -> None:
    assert looks_like_text(head) is is_text
