"""Which Content-Type a file is served with."""

from __future__ import annotations

import codecs
import mimetypes
import os.path
from collections.abc import Mapping
from types import MappingProxyType

# The types of the web, fixed here so that no registry of the machine changes an answer: some
# Windows registries say text/plain for .js, and few systems know .wasm or .avif.
_WEB_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".avif": "image/avif",
        ".bmp": "image/bmp",
        ".br": "application/octet-stream",
        ".cjs": "text/javascript",
        ".css": "text/css",
        ".csv": "text/csv",
        ".gif": "image/gif",
        ".gz": "application/gzip",
        ".htm": "text/html",
        ".html": "text/html",
        ".ico": "image/vnd.microsoft.icon",
        ".ics": "text/calendar",
        ".jpeg": "image/jpeg",
        ".jpg": "image/jpeg",
        ".js": "text/javascript",
        ".json": "application/json",
        ".m4a": "audio/mp4",
        ".map": "application/json",
        ".md": "text/markdown",
        ".mjs": "text/javascript",
        ".mp3": "audio/mpeg",
        ".mp4": "video/mp4",
        ".ogg": "audio/ogg",
        ".otf": "font/otf",
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".ttf": "font/ttf",
        ".txt": "text/plain",
        ".vtt": "text/vtt",
        ".wasm": "application/wasm",
        ".wav": "audio/wav",
        ".webm": "video/webm",
        ".webmanifest": "application/manifest+json",
        ".webp": "image/webp",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
        ".xml": "application/xml",
        ".zip": "application/zip",
        ".zst": "application/zstd",
    }
)

# Every control character that no text file has: all but the white space ones and escape.
_BINARY_CHARACTERS = bytes(set(range(0x20)) - set(b"\b\t\n\f\r\x1b")) + b"\x7f"

# How much of a file, in bytes, tells whether it is text.
TELLTALE_LENGTH = 1024


def media_type_of(name: str) -> str | None:
    """Return the media type that the ending of the file name `name` stands for, if any.

    The type is that of the bytes as they lie on disk: ``logs.txt.gz`` is ``application/gzip``.
    """
    ending = os.path.splitext(name)[1].lower()
    known = _WEB_TYPES.get(ending)
    if known is not None or not ending:
        return known
    guessed, encoding = mimetypes.guess_type(f"file{ending}")
    return guessed if encoding is None else f"application/x-{encoding}"


def with_charset(media_type: str) -> str:
    """Return the Content-Type of `media_type`: text is declared to be UTF-8.

    XML says its encoding itself, and a charset here would override it (RFC 7303, section 3).
    """
    if media_type.startswith("text/") and "charset=" not in media_type:
        return f"{media_type}; charset=utf-8"
    return media_type


def looks_like_text(head: bytes) -> bool:
    """Tell whether `head`, the first bytes of a file, can be those of a text in UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return len(head.translate(None, _BINARY_CHARACTERS)) == len(head)
