"""Send a file as the server does it best: by the iterable that the server made for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clastic.http import BaseResponse
from clastic.http.response import STATUS_LINES, DeferredResponse, Fields

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class FileResponse(DeferredResponse):
    """A response with a file as its body, which is sent as it is.

    :param body: the iterable for the server
    :param status: the status code, of a response that has a body
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
