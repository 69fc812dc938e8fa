"""The response type of files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clastic.http import BaseResponse, Response
from clastic.http.plain import STATUS_LINES, Fields

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class FileResponse(Response):
    """Sends a file as the server does it best, by the iterable that the server gave for it.

    Until somebody looks at it, it is nothing but its parts, which are sent as they are. Then it
    becomes the response that Werkzeug makes of them.

    :param body: what the server is given
    :param status: the status code, of an answer that has a body
    :param fields: all header fields, that need no care
    """

    def __init__(self, body: Iterable[bytes], status: int, fields: Fields) -> None:
        self._parts = body, status, fields

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response (PEP 3333)."""
        if len(self.__dict__) > 1 or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        body, status, fields = self._parts
        start_response(STATUS_LINES[status], [*fields])
        return body

    def __getattr__(self, name: str) -> Any:
        """Become whole when one of the attributes of a response is wanted."""
        if not name.startswith("__") and "_parts" in self.__dict__:
            self._make_whole()
        if name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__[name]

    def _make_whole(self) -> None:
        """Add what Werkzeug's constructor sets, but for what was set since."""
        body, status, fields = self._parts
        whole = BaseResponse(body, status, fields, direct_passthrough=True)
        for name, value in vars(whole).items():
            self.__dict__.setdefault(name, value)
