"""Parse forms within limits; a form that cannot be parsed is a 400."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO, Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from clastic.http.limits import BodyStream

_CHUNK_SIZE = 65_536
_URL_ENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


class FormLimits(NamedTuple):
    """The limits on one form; ``None`` is no limit.

    :param form: bytes without files
    :param fields: the number of values, without files
    :param files: the number of files
    :param parts: the number of values and files together
    """

    form: int | None
    fields: int | None
    files: int | None
    parts: int | None = None


class FormParser(FormDataParser):
    """Werkzeug's parser, with a limit on every part of a form.

    :ivar limits: the limits; those of the constructor apply to other parsers only
    """

    limits = FormLimits(None, None, None)

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Return the stream, the values and the files of a form.

        :raises BadRequest: if it cannot be parsed
        :raises RequestEntityTooLarge: if it is over a limit
        """
        try:
            if mimetype == _URL_ENCODED:
                values = parse_qsl(
                    self._read_url_encoded(stream, content_length).decode(),
                    keep_blank_values=True,
                    errors="werkzeug.url_quote",
                )
                return stream, self.cls(values), self.cls()
            if mimetype == _MULTIPART:
                return stream, *self._read_multipart(stream, content_length, options or {})
        except WerkzeugHTTPException as error:
            _fail(stream, error)
        except ValueError as error:
            _fail(stream, BadRequest(f"The form cannot be parsed: {_reason(error)}."))
        return stream, self.cls(), self.cls()

    def _read_url_encoded(self, stream: IO[bytes], content_length: int | None) -> bytes:
        limit, max_fields, _, _ = self.limits
        if limit is None or (content_length is not None and content_length <= limit):
            data = stream.read()
        else:
            _check("The form is larger than {:,} bytes.", content_length or 0, limit)
            data = b"".join(_chunks(stream, limit + 1))
            _check("The form is larger than {:,} bytes.", len(data), limit)
        if max_fields is not None and data.count(b"&") >= max_fields:
            # An empty part between two separators has no value.
            count = sum(1 for part in data.split(b"&") if part)
            _check("The form has more values than the limit of {:,}.", count, max_fields)
        return data

    def _read_multipart(
        self, stream: IO[bytes], content_length: int | None, options: dict[str, str]
    ) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise BadRequest("The form cannot be parsed: its Content-Type has no boundary.")
        parts = _Parts(self, content_length)
        try:
            for event in _events(stream, boundary, self.limits.form):
                parts.receive(event)
        except BaseException:
            parts.close()
            raise
        return self.cls(parts.values), self.cls(parts.files)


class _Parts:
    """The parts of a multipart form read so far, and the one that is being read.

    :param parser: has the limits, and makes the files
    :param content_length: that of the body
    """

    def __init__(self, parser: FormParser, content_length: int | None) -> None:
        self.limits = parser.limits
        self.values: list[tuple[str, str]] = []
        self.files: list[tuple[str, FileStorage]] = []
        self._make_file = parser.stream_factory
        self._multipart = MultiPartParser()
        self._content_length = content_length
        self._size = 0
        self._part: Field | File | None = None
        self._content: Any = None

    def receive(self, event: Event) -> None:
        if isinstance(event, (Field, File)):
            self._begin(event)
        elif isinstance(event, Data):
            if isinstance(self._part, Field):
                self._grow(len(event.data))
            self._content.write(event.data)
            if not event.more_data:
                self._end()

    def close(self) -> None:
        """Close the files, which nobody is going to."""
        for file in (self._content, *(file for _, file in self.files)):
            with suppress(Exception):
                file.close()

    def _begin(self, part: Field | File) -> None:
        if part.name is None:
            raise BadRequest("The form cannot be parsed: a part of it has no name.")
        limits = self.limits
        values, files = len(self.values), len(self.files)
        _check("The form has more parts than the limit of {:,}.", values + files + 1, limits.parts)
        if isinstance(part, File):
            _check("The form has more files than the limit of {:,}.", files + 1, limits.files)
            self._content = self._make_file(
                self._content_length, part.headers.get("content-type"), part.filename
            )
        else:
            _check("The form has more values than the limit of {:,}.", values + 1, limits.fields)
            self._grow(len(part.name))
            self._content = BytesIO()
        self._part = part

    def _grow(self, size: int) -> None:
        self._size += size
        _check("The form is larger than {:,} bytes.", self._size, self.limits.form)

    def _end(self) -> None:
        part, content = self._part, self._content
        if isinstance(part, File):
            content.seek(0)
            file = FileStorage(content, part.filename, part.name, headers=part.headers)
            self.files.append((part.name, file))
        elif part is not None:
            charset = self._multipart.get_part_charset(part.headers)
            self.values.append((part.name, content.getvalue().decode(charset, "replace")))


def _events(stream: IO[bytes], boundary: bytes, limit: int | None) -> Iterator[Event]:
    """Yield the events of a multipart form; a body of no bytes has none.

    :param limit: bytes of the form without files
    :raises ValueError: if it is malformed or has no end
    """
    # A chunk of a file may be in the buffer as well.
    decoder = MultipartDecoder(boundary, None if limit is None else limit + 2 * _CHUNK_SIZE)
    is_empty = True
    for data in _chunks(stream):
        is_empty = False
        decoder.receive_data(data)
        while not isinstance(event := decoder.next_event(), NeedData):
            yield event
    if not is_empty:
        decoder.receive_data(None)
        while not isinstance(decoder.next_event(), Epilogue):
            pass  # without the epilogue this raises ValueError


def _chunks(stream: IO[bytes], size: int | None = None) -> Iterator[bytes]:
    """Yield the content of a stream, or its first `size` bytes."""
    while data := stream.read(_CHUNK_SIZE if size is None else min(size, _CHUNK_SIZE)):
        yield data
        if size is not None:
            size -= len(data)


def _check(message: str, count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        raise RequestEntityTooLarge(message.format(limit))


def _fail(stream: object, error: WerkzeugHTTPException) -> NoReturn:
    """Raise an error, and let every further read of the body raise it, too."""
    raise stream.fail(error) if isinstance(stream, BodyStream) else error


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeError):
        return "it is not valid UTF-8"
    return "a part of it is malformed, or its end is missing"
