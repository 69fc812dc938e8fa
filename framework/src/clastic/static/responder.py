"""The response that carries a found file: its headers, its conditions, its parts."""

from __future__ import annotations

import io
import os
import time
from functools import lru_cache
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from werkzeug.wsgi import wrap_file

from clastic.errors import PreconditionFailed, RequestedRangeNotSatisfiable
from clastic.http import Response
from clastic.static.codings import IDENTITY, Coding, choose_coding, usable_neighbours
from clastic.static.file_response import FileResponse
from clastic.static.files import FoundFile
from clastic.static.media_types import (
    TELLTALE_LENGTH,
    looks_like_text,
    media_type_of,
    with_charset,
)
from clastic.static.validators import (
    NANOSECONDS,
    PRECONDITION_FAILED,
    Validators,
    evaluate_conditions,
    is_range_wanted,
    is_settled,
    select_range,
    validators_of,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = tuple[tuple[str, str], ...]

# Bytes per block where the server has no faster way to send a file.
_BLOCK_SIZE = 64 * 1024

# States of files whose headers are remembered, in each responder.
_REMEMBERED_STATES = 1024


class FilePart:
    """`length` bytes of an open file from `start`, for ``wsgi.file_wrapper``. Owns the file.

    The file is closed as soon as the last byte is read, and at the latest when nothing refers to
    this any more. It has no descriptor to show, because a server that sends by descriptor may send
    the whole file.
    """

    def __init__(self, file: io.FileIO, start: int, length: int) -> None:
        self._file = file
        self._remaining = length
        if start:
            file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or all that remain when `size` is negative."""
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


class _State(NamedTuple):
    """All that is said of one state of one representation, but for its length and type."""

    validators: Validators
    headers: Headers
    not_modified_headers: Headers


class FileResponder:
    """Makes the responses of files, all by one configuration.

    :param cache_timeout: seconds for which clients may use a file without asking again; ``None``
        has them ask each time
    :param default_text_mime: the media type of text whose name does not tell its type
    :param default_binary_mime: the media type of other files whose name does not tell their type
    :param precompressed: whether neighbours that end in ``.br`` and ``.gz`` are used
    :param media_type: the media type of every file, whatever its name
    :raises ValueError: `cache_timeout` is negative
    """

    def __init__(
        self,
        cache_timeout: int | None,
        default_text_mime: str,
        default_binary_mime: str,
        *,
        precompressed: bool,
        media_type: str | None = None,
    ) -> None:
        if cache_timeout is not None and cache_timeout < 0:
            raise ValueError(
                f"cache_timeout is {cache_timeout!r}, and time does not run backwards. "
                "Give seconds, or None to have clients ask each time."
            )
        self._cache_control = (
            "no-cache" if cache_timeout is None else f"public, max-age={cache_timeout}"
        )
        self._default_text_mime = default_text_mime
        self._default_binary_mime = default_binary_mime
        self._precompressed = precompressed
        self._media_type = media_type
        self._state_of = lru_cache(maxsize=_REMEMBERED_STATES)(self._make_state)
        self._known_type_of = lru_cache(maxsize=_REMEMBERED_STATES)(self._find_known_type)

    def respond(self, found: FoundFile, name: str, environ: WSGIEnvironment) -> Response:
        """Return the response to a GET or HEAD request for the file `found`.

        :param name: the last part of the path asked for, which tells the type
        :raises OSError: the file cannot be read, or has just gone
        :raises PreconditionFailed: a condition of the request does not hold
        :raises RequestedRangeNotSatisfiable: the part asked for is beyond the end of the file
        """
        neighbours = usable_neighbours(found, name) if self._precompressed else {}
        coding, status = IDENTITY, found.status
        if neighbours:
            coding = choose_coding(environ.get("HTTP_ACCEPT_ENCODING"), tuple(neighbours))
            status = neighbours.get(coding, status)
        is_varying = bool(neighbours)
        state = self._describe(status, coding, is_varying)
        outcome = evaluate_conditions(environ, state.validators)
        if outcome == PRECONDITION_FAILED:
            raise PreconditionFailed()
        if outcome is not None:
            return Response(status=outcome, headers=state.not_modified_headers)
        content_type = self._known_type_of(name) or self._telltale_type(found)
        file, status = found.open(coding.suffix)
        state = self._describe(status, coding, is_varying)
        try:
            return _send(file, status.st_size, content_type, state, environ)
        except BaseException:
            file.close()
            raise

    def _describe(self, status: os.stat_result, coding: Coding, is_varying: bool) -> _State:
        now = time.time()
        modified_ns = status.st_mtime_ns
        modified = max(0, min(modified_ns // NANOSECONDS, int(now)))
        settled = is_settled(modified_ns, now)
        return self._state_of(modified_ns, modified, status.st_size, coding, is_varying, settled)

    def _make_state(
        self,
        modified_ns: int,
        modified: int,
        size: int,
        coding: Coding,
        is_varying: bool,
        settled: bool,
    ) -> _State:
        validators = validators_of(modified_ns, modified, size, coding.name, settled)
        caching: Headers = (
            ("ETag", validators.entity_tag),
            ("Cache-Control", self._cache_control),
        )
        if is_varying:
            caching = (*caching, ("Vary", "Accept-Encoding"))
        headers: Headers = (
            *caching,
            ("Last-Modified", validators.last_modified),
            ("Accept-Ranges", "bytes"),
        )
        if coding.name:
            headers = (*headers, ("Content-Encoding", coding.name))
        return _State(validators, headers, caching)

    def _find_known_type(self, name: str) -> str | None:
        media_type = self._media_type or media_type_of(name)
        return None if media_type is None else with_charset(media_type)

    def _telltale_type(self, found: FoundFile) -> str:
        """Return the Content-Type of a file whose name does not tell it, by its first bytes."""
        file, _ = found.open()
        with file:
            head = file.read(TELLTALE_LENGTH)
        return with_charset(
            self._default_text_mime if looks_like_text(head) else self._default_binary_mime
        )


def _send(
    file: io.FileIO, size: int, content_type: str, state: _State, environ: WSGIEnvironment
) -> Response:
    """Return the response with the body of `size` bytes, a part of it, or none for HEAD."""
    fields = state.headers
    kind: type[FilePart]
    part = _part_of(size, state.validators, environ)
    if part is None:
        status, kind, start, stop = 200, WholeFile, 0, size
    else:
        status, kind, (start, stop) = 206, FilePart, part
        fields = (*fields, ("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    fields = (*fields, ("Content-Length", str(stop - start)), ("Content-Type", content_type))
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return Response(None, status, fields)
    content = cast("IO[bytes]", kind(file, start, stop - start))
    body = wrap_file(environ, content, _BLOCK_SIZE)
    return FileResponse(body, status, fields)


def _part_of(size: int, validators: Validators, environ: WSGIEnvironment) -> tuple[int, int] | None:
    """Return the start and stop of the part of `size` bytes to send; ``None`` for the whole."""
    if not is_range_wanted(environ, validators):
        return None
    part = select_range(environ["HTTP_RANGE"], size)
    if part is not None and part[0] >= part[1]:
        raise RequestedRangeNotSatisfiable(headers=[("Content-Range", f"bytes */{size}")])
    return part
