"""An answer for a client that is still sending: what it sends is read on, so that it can listen.

A server that closes a connection on which there is something left to read resets it, and then many
clients never see the answer that was sent to them. So a refusal of a body goes out at once, and the
body is read to its end, and dropped, before the server may close the connection (the lingering
close of RFC 9112, section 9.6). A WSGI application cannot say ``Connection: close`` (PEP 3333), and
needs not to.

It is not endless: after 64 MiB or 10 seconds a client that goes on sending is left to the server.
One read of a slow connection may take longer; there, the timeouts of the server apply.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator, get_content_length

from clastic.http import BaseRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MOST_BYTES = 64 * 1024 * 1024
_MOST_SECONDS = 10.0
_BYTES_AT_ONCE = 65_536


class ReadingOn:
    """Answers like another WSGI application, and then reads the rest of the request.

    :param answer: that application
    """

    def __init__(self, answer: WSGIApplication) -> None:
        self._answer = answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request; the server closes the iterable when all of it was sent."""
        return ClosingIterator(self._answer(environ, start_response), partial(_read_rest, environ))


def _read_rest(environ: WSGIEnvironment) -> None:
    source = environ["wsgi.input"]
    # Some sources wait for as much as they are asked for, unless they are asked like this.
    read = getattr(source, "read1", source.read)
    left = min(_bytes_left(environ), _MOST_BYTES)
    deadline = time.monotonic() + _MOST_SECONDS
    with suppress(Exception):  # the client may be gone, and it is for its sake alone
        while left > 0 and time.monotonic() < deadline:
            data = read(min(left, _BYTES_AT_ONCE))
            if not data:
                break
            left -= len(data)


def _bytes_left(environ: WSGIEnvironment) -> int:
    """Return how many bytes of a request may still come."""
    if "100-continue" in environ.get("HTTP_EXPECT", "").lower():
        return 0  # the client waits for leave to send, and now it does not get it
    if environ.get("wsgi.input_terminated"):
        return _MOST_BYTES
    length = get_content_length(environ) or 0
    request = environ.get("werkzeug.request")
    stream = vars(request).get("stream") if isinstance(request, BaseRequest) else None
    return length if stream is None else length - stream.tell()
