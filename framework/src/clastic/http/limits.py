"""Limit request bodies, and refuse larger ones so that a client which is still sending sees it.

:class:`Limits` belongs to an application or a route. :class:`BodyStream` applies the limit on the
whole body, :mod:`clastic.http.forms` those on forms.

A server that closes a connection with unread input resets it, and many clients then never see the
response. So :func:`drain_request_body` sends the response at once, then reads and drops the rest of
the body before the server may close the connection (the lingering close of RFC 9112, section 9.6).
A WSGI application cannot send ``Connection: close`` (PEP 3333), and does not have to.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.wsgi import ClosingIterator, get_content_length

from clastic.http.sending import send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BODY_STREAM = "clastic.body_stream"
"""The key of the environ with the :class:`BodyStream` of a request that is reading its body."""
_MAX_BYTES = 64 * 1024 * 1024
_MAX_SECONDS = 10.0
_CHUNK_SIZE = 65_536


def _checked_limit(name: str, value: object) -> int | None:
    remedy = "Pass a number, or None for no limit."
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"Limits({name}={value!r}) is not a whole number. {remedy}")
    if value < 0:
        raise ValueError(f"Limits({name}={value!r}) is negative. {remedy}")
    return value


class Limits:
    """Limits on request bodies, for an application or a route.

    ``None`` is no limit. A limit that is left out is inherited: a route has that of the request (an
    attribute of its type, or of the request itself), then that of the nearest application around
    it, then the default.

    :param body: bytes of the whole body, with files; 4 MiB by default
    :param form: bytes of a form without its files; 500,000 by default
    :param fields: the number of values in a form, without its files; 1,000 by default
    :param files: the number of files in a form; 100 by default
    :raises TypeError: if one is neither a number nor ``None``
    :raises ValueError: if one is negative
    """

    def __init__(
        self,
        *,
        body: int | EllipsisType | None = ...,
        form: int | EllipsisType | None = ...,
        fields: int | EllipsisType | None = ...,
        files: int | EllipsisType | None = ...,
    ) -> None:
        passed = {"body": body, "form": form, "fields": fields, "files": files}
        self.values: Mapping[str, int | None] = MappingProxyType(
            {
                name: _checked_limit(name, value)
                for name, value in passed.items()
                if not isinstance(value, EllipsisType)
            }
        )

    def within(self, outer: Limits) -> Limits:
        """Return these limits, with those of `outer` for what is left out."""
        return Limits(**{**outer.values, **self.values}) if self.values else outer

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self.values == other.values

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.values.items(), key=str)))

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value!r}' for name, value in self.values.items())})"


_LEFT_OUT = Limits()  # shared by thousands of routes
DEFAULT_LIMITS = Limits(body=4 * 1024 * 1024, form=500_000, fields=1_000, files=100)


class BoundLimits(NamedTuple):
    """The limits of a bound route.

    :param route: those of the route as it was written
    :param application: those of the applications around it; the inner ones win
    """

    route: Limits = _LEFT_OUT
    application: Limits = _LEFT_OUT


def checked_limits(where: str, limits: object) -> Limits:
    """Return `limits`, or limits that are all left out for ``None``.

    :param where: what has them, for the message
    :raises TypeError: if they are anything else
    """
    if limits is None:
        return _LEFT_OUT
    if not isinstance(limits, Limits):
        remedy = "Write limits=Limits(body=...), with Limits from clastic."
        raise TypeError(f"{where} has limits={limits!r}. {remedy}")
    return limits


class BodyStream(io.RawIOBase):
    """A request body, read from the input of the server within its length and a limit.

    After an error, every further read raises it again, so that a part of a body is never taken for
    the whole.

    :param source: ``wsgi.input``
    :param length: the number of bytes that the client has announced; ``None`` if the source ends
        where the body ends
    :param limit: the largest number of bytes; ``None`` for no limit
    :raises RequestEntityTooLarge: also from reading: if the body is larger than the limit
    """

    def __init__(self, source: Any, length: int | None, limit: int | None) -> None:
        if length is not None and limit is not None and length > limit:
            raise _too_large(limit)
        self._source = source
        self._length = length
        self._limit = limit
        self._count = 0
        self.error: WerkzeugHTTPException | None = None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def tell(self) -> int:
        """Return the number of bytes read so far."""
        return self._count

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, or the rest of the body.

        :raises ClientDisconnected: if the body ends early, or the server cannot read it
        """
        return self.readall() if size is None or size < 0 else self._take(size)

    def readall(self) -> bytes:
        """Return the rest of the body; raise as :meth:`read` does."""
        if self.error is not None:
            raise self.error.with_traceback(None)
        parts = []
        while self._count != self._length and (data := self._take(_CHUNK_SIZE)):
            parts.append(data)
        return b"".join(parts)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer; raise as :meth:`read` does."""
        data = self._take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def fail(self, error: WerkzeugHTTPException) -> WerkzeugHTTPException:
        """Return `error`, which every further read raises."""
        self.error = error
        return error

    def _take(self, size: int) -> bytes:
        if self.error is not None:
            raise self.error.with_traceback(None)
        count = self._count
        length = self._length
        limit = self._limit
        if length is not None:
            size = min(size, length - count)
        elif limit is not None:
            size = min(size, limit + 1 - count)  # one byte more shows that the body is too large
        if not size:
            return b""
        try:
            data: bytes = self._source.read(size)
        except Exception as error:  # servers raise exceptions of their own
            raise self.fail(ClientDisconnected("The request body cannot be read.")) from error
        if not data and length is not None:
            message = f"The request body ends after {count:,} of {length:,} bytes."
            raise self.fail(ClientDisconnected(message))
        self._count = count = count + len(data)
        if limit is not None and count > limit:
            raise self.fail(_too_large(limit))
        return data


def _too_large(limit: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(f"The request body is larger than {limit:,} bytes.")


def drain_request_body(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that reads the rest of the request body after the response.

    It stops after 64 MiB or 10 seconds. A source without ``read1`` is not read, as it may block
    until all bytes are there. One call of ``read1`` may wait as long as the client sends nothing;
    there the timeouts of the server apply.

    :param wsgi_app: an application, or a response
    """

    def draining(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The server closes what it was given when all of it was sent.
        return ClosingIterator(send(wsgi_app, environ, start_response), partial(_drain, environ))

    return draining


def _drain(environ: WSGIEnvironment) -> None:
    read1 = getattr(environ["wsgi.input"], "read1", None)
    if read1 is None:
        return
    left = min(_unread_bytes(environ), _MAX_BYTES)
    deadline = time.monotonic() + _MAX_SECONDS
    with suppress(Exception):  # the client may be gone, and only it has a use for this
        while left > 0 and time.monotonic() < deadline:
            data = read1(min(left, _CHUNK_SIZE))
            if not data:
                break
            left -= len(data)


def _unread_bytes(environ: WSGIEnvironment) -> int:
    """Return how many bytes of the body may still come."""
    if "100-continue" in environ.get("HTTP_EXPECT", "").lower():
        return 0  # the client waits for permission to send, which it does not get
    length = get_content_length(environ)
    if length is None:
        return _MAX_BYTES if environ.get("wsgi.input_terminated") else 0
    stream = environ.get(BODY_STREAM)
    return length if stream is None else length - stream.tell()
