"""Make the response that carries a found file: its headers, conditions, ranges and body."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import IO, TYPE_CHECKING, cast

from werkzeug.http import http_date
from werkzeug.wsgi import wrap_file

from clastic.http import BaseResponse
from clastic.http.response import NOSNIFF, STATUS_LINES, DeferredResponse, Fields, Response
from clastic.http.sending import check_fields
from clastic.static.conditions import choose_coding, is_not_modified, requested_range
from clastic.static.files import FoundFile, media_type_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The bytes of a block where the server has no faster way to send a file.
BLOCK_SIZE = 64 * 1024
# Archives and images with reproducible contents have times of 1970 to 1980 for all their files.
_FIRST_TIME = 315_532_800  # 1980, in seconds since 1970
# The seconds in which a file can change again without another time: file systems and HTTP round it.
_RECENT = 2
_MOST_HASHES = 1024
_HASH_LENGTH = 32  # hexadecimal digits


class FilePart:
    """`length` bytes of an open file from `start`, for ``wsgi.file_wrapper``.

    It owns the file, and closes it after the last byte was read, at the latest when it is garbage
    collected. It has no ``fileno()``, because a server that sends by descriptor may send the whole
    file.
    """

    def __init__(self, file: io.FileIO, start: int, length: int) -> None:
        self._file = file
        self._remaining = length
        if start:
            file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or all that remain if `size` is negative."""
        if self._remaining == 0:
            return b""
        wanted = self._remaining if size < 0 else min(size, self._remaining)
        block = self._file.read(wanted)
        self._remaining -= len(block)
        if self._remaining == 0:
            self._file.close()
        return block

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        self._file.close()

    __del__ = close


class WholeFile(FilePart):
    """All `length` bytes that an open file has: a server may send it by its descriptor."""

    def fileno(self) -> int:
        """Return the descriptor of the file, which is positioned at its start."""
        return self._file.fileno()


class StaticFileResponse(DeferredResponse):
    """A response that sends a file as the server does it best, by the iterable made by the server.

    :param body: that iterable
    :param status: the status code
    :param fields: all header fields, which Werkzeug sends unchanged
    """

    def __init__(self, body: Iterable[bytes], status: int, fields: Fields) -> None:
        self._file = body, status, fields

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response (PEP 3333)."""
        if "_parts" in self.__dict__ or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        body, status, fields = self._file
        start_response(STATUS_LINES[status], [*fields])
        return body

    def _make(self) -> BaseResponse:
        body, status, fields = self._file
        return BaseResponse(body, status, fields, direct_passthrough=True)


class FileResponder:
    """Make the responses of files, all by one configuration.

    :param cache_timeout: the seconds for which clients may use a file without asking again; with
        ``None`` they ask each time
    :param default_text_mime: the media type of text files of an unknown extension
    :param default_binary_mime: the media type of other files of an unknown extension
    :param precompressed: whether precompressed neighbours of a file are used
    :param media_type: the media type of every file, whatever its name
    :param fields: more header fields to send
    :raises ValueError: `cache_timeout` is negative, or a field cannot be sent
    """

    def __init__(
        self,
        cache_timeout: int | None,
        default_text_mime: str = "text/plain",
        default_binary_mime: str = "application/octet-stream",
        *,
        precompressed: bool,
        media_type: str | None = None,
        fields: Fields = (),
    ) -> None:
        if cache_timeout is not None and cache_timeout < 0:
            raise ValueError(
                f"cache_timeout is {cache_timeout!r}. "
                "Use a number of seconds that is not negative, or None to revalidate each time."
            )
        directives = "no-cache" if cache_timeout is None else f"public, max-age={cache_timeout}"
        self._fixed_fields = ("Cache-Control", directives), NOSNIFF, *fields
        types = (default_text_mime, default_binary_mime, media_type or "")
        check_fields([*fields, *(("Content-Type", each) for each in types)])
        self._validators = Validators()
        self._default_text_mime = default_text_mime
        self._default_binary_mime = default_binary_mime
        self._precompressed = precompressed
        self._media_type = media_type

    def respond(self, found: FoundFile, name: str, environ: WSGIEnvironment) -> Response:
        """Return the response to a GET or HEAD request for the file `found`.

        :param name: the last segment of the requested path, whose extension tells the type
        :raises OSError: the file cannot be read, or was removed meanwhile
        :raises RequestedRangeNotSatisfiable: the requested range is beyond the end of the file
        """
        codings = found.codings() if self._precompressed else []
        coding = choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), codings)
        file, status = found.open(coding)
        try:
            entity_tag, last_modified = self._validators.of(file, status, coding)
            fields: Fields = (("ETag", entity_tag), *self._fixed_fields)
            if codings:
                fields += (("Vary", "Accept-Encoding"),)
            if is_not_modified(environ, entity_tag, last_modified):
                file.close()
                return StaticFileResponse((), 304, fields)
            if last_modified is not None:
                fields += (("Last-Modified", last_modified),)
            fields += (("Accept-Ranges", "bytes"),)
            if coding:
                fields += (("Content-Encoding", coding),)
            part = requested_range(environ, entity_tag, last_modified, status.st_size)
            content_type = self._content_type(found, name)
            return _send(file, status.st_size, part, content_type, fields, environ)
        except BaseException:
            file.close()
            raise

    def _content_type(self, found: FoundFile, name: str) -> str:
        media_type = self._media_type or media_type_of(name)
        if media_type is None:
            media_type = self._default_text_mime if found.is_text() else self._default_binary_mime
        # XML declares its encoding itself, and a charset would override that (RFC 7303, section 3).
        if media_type.startswith("text/") and "charset=" not in media_type:
            return f"{media_type}; charset=utf-8"
        return media_type


def _send(
    file: io.FileIO,
    size: int,
    part: tuple[int, int] | None,
    content_type: str,
    fields: Fields,
    environ: WSGIEnvironment,
) -> Response:
    """Return the response with a file of `size` bytes, or a part of it; HEAD gets no body."""
    start, stop = (0, size) if part is None else part
    code = 200 if part is None else 206
    if part is not None:
        fields += (("Content-Range", f"bytes {start}-{stop - 1}/{size}"),)
    fields += (("Content-Length", str(stop - start)), ("Content-Type", content_type))
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return Response(None, code, fields)
    kind = WholeFile if part is None else FilePart
    content = cast("IO[bytes]", kind(file, start, stop - start))
    return StaticFileResponse(wrap_file(environ, content, BLOCK_SIZE), code, fields)


class Validators:
    """Make the validators of files, which change whenever the contents do (RFC 9110, section 8.8).

    The entity tag is the time and the size of a file, which are the same for all copies of it. If
    the time does not tell one content from another, as it is recent or not a real one, the tag is a
    hash of the content, and there is no ``Last-Modified``.

    :param clock: returns the seconds since 1970
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._hashes: dict[tuple[int, ...], str] = {}

    def of(self, file: io.FileIO, status: os.stat_result, coding: str) -> tuple[str, str | None]:
        """Return the entity tag and the ``Last-Modified`` of an open file, read from its start.

        :param coding: that of a precompressed file
        """
        suffix = f"-{coding}" if coding else ""
        recent = self._clock() - _RECENT
        if _FIRST_TIME <= status.st_mtime <= recent:
            entity_tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{suffix}"'
            return entity_tag, _format_date(int(status.st_mtime))
        key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._hashes.get(key)
        if known is None:
            known = _hash(file)
            # A program can set st_mtime; a change of the content also changes st_ctime.
            if status.st_ctime <= recent:
                if len(self._hashes) >= _MOST_HASHES:
                    self._hashes.clear()
                self._hashes[key] = known
        return f'"{known}{suffix}"', None


def _hash(file: io.FileIO) -> str:
    """Return a hash of a file, and leave it at its start."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK_SIZE):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()[:_HASH_LENGTH]


@lru_cache(maxsize=1024)  # Formatting a date takes a tenth of all steps of a response.
def _format_date(timestamp: int) -> str:
    return http_date(timestamp)
