"""Refuse request bodies so that a client which is still sending can read the response.

A server that closes a connection with unread input resets it, and many clients then never see the
response. So the response is sent at once, and the rest of the body is read and dropped before the
server may close the connection (the lingering close of RFC 9112, section 9.6). A WSGI application
cannot send ``Connection: close`` (PEP 3333), and does not have to.
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

_MAX_BYTES = 64 * 1024 * 1024
_MAX_SECONDS = 10.0
_CHUNK_SIZE = 65_536


def drain_request_body(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that reads the rest of the request body after the response.

    It stops after 64 MiB or 10 seconds. A single read of a slow connection may take longer; there
    the timeouts of the server apply.

    :param wsgi_app: an application, or a response
    """

    def draining(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The server closes what it was given when all of it was sent.
        return ClosingIterator(wsgi_app(environ, start_response), partial(_drain, environ))

    return draining


def _drain(environ: WSGIEnvironment) -> None:
    source = environ["wsgi.input"]
    # Some sources block until all that read() asks for is there, but read1() never does.
    read = getattr(source, "read1", source.read)
    left = min(_unread_bytes(environ), _MAX_BYTES)
    deadline = time.monotonic() + _MAX_SECONDS
    with suppress(Exception):  # the client may be gone, and only it has a use for this
        while left > 0 and time.monotonic() < deadline:
            data = read(min(left, _CHUNK_SIZE))
            if not data:
                break
            left -= len(data)


def _unread_bytes(environ: WSGIEnvironment) -> int:
    """Return how many bytes of the body may still come."""
    if "100-continue" in environ.get("HTTP_EXPECT", "").lower():
        return 0  # the client waits for permission to send, which it does not get
    if environ.get("wsgi.input_terminated"):
        return _MAX_BYTES
    length = get_content_length(environ) or 0
    request = environ.get("werkzeug.request")
    stream = vars(request).get("stream") if isinstance(request, BaseRequest) else None
    return length if stream is None else length - stream.tell()
