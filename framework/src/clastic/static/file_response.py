"""Send one file from an endpoint, under a name for the browser to save it as."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

from clastic.errors import RequestedRangeNotSatisfiable
from clastic.http import BaseResponse, Response
from clastic.http.response import DeferredResponse, Fields
from clastic.http.sending import UnsendableError
from clastic.static.files import find
from clastic.static.responses import BLOCK_SIZE, FileResponder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The characters that separate folders or that text cannot have, and those that browsers read in
# different ways in a quoted name (RFC 6266, appendix D).
_NOT_IN_NAMES = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_QUOTES = re.compile(r'[^\x20-\x7e]|["%]')
# The characters besides letters, digits and "_.-~" that need no encoding (RFC 8187, section 3.2.1).
_SAFE = "!#$&+^`|"
# The fields that depend on the part of the file that is sent.
_FIELDS_OF_PART = ("Content-Length", "Content-Range")


class FileResponse(DeferredResponse):
    """A response that sends a file: ``FileResponse("reports/7.pdf", "Report for Zoë.pdf")``.

    The file is opened when the response is sent, which can be any number of times. It is sent with
    its type, length and validators, and by ``wsgi.file_wrapper``; conditional requests and ranges
    are handled as for :class:`~clastic.StaticFileRoute` (RFC 9110, sections 13 and 14). Headers and
    cookies can be set as on any response. Its `status_code` is 200 until it is sent.

    It sends any file that the program can read: do not make `path` of text from a client. For files
    that clients choose by name, use :class:`~clastic.StaticApplication`.

    :param path: the file, which may be a symbolic link; a relative path is relative to the current
        working directory
    :param download_name: the name under which browsers save it (RFC 6266 and RFC 8187); slashes,
        backslashes and control characters become underscores. ``None`` to show it in the browser
    :param inline: show the file in the browser, and save it as `download_name` only on request
    :param media_type: the media type; by default that of the extension of `download_name`, else of
        `path`, else text or binary by the content of the file
    :raises FileNotFoundError: if there is no file; :exc:`IsADirectoryError` for a folder
    :raises PermissionError: if it cannot be read
    :raises ValueError: if `download_name` is empty, or `media_type` cannot be sent
    """

    _whole: object = None
    _has_functions = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        download_name: str | None = None,
        *,
        inline: bool = False,
        media_type: str | None = None,
    ) -> None:
        self._path = os.path.abspath(os.fspath(path))
        _check_file(self._path)
        fields: Fields = ()
        if download_name is not None:
            fields = (("Content-Disposition", content_disposition(download_name, inline)),)
        self._name = download_name or os.path.basename(self._path)
        self._responder = FileResponder(
            None, precompressed=False, media_type=media_type, fields=fields
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the file, or the part that the request asks for (PEP 3333).

        :raises UnsendableError: if the file cannot be read any more
        """
        is_changed = "_parts" in self.__dict__
        if is_changed and (self.response is not self._whole or self.status_code != 200):
            return super().__call__(environ, start_response)
        try:
            response = self._respond(environ)
        except RequestedRangeNotSatisfiable as error:
            response = error
        except OSError as error:
            raise UnsendableError(f"The file cannot be sent: {error}") from error
        if is_changed and not isinstance(response, RequestedRangeNotSatisfiable):
            response.headers = _merge(self.headers, response.headers)
        body = response(environ, start_response)
        return ClosingIterator(body, self.close) if self._has_functions else body

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function when the response is closed, after it was sent; return the function."""
        self._has_functions = True
        return super().call_on_close(func)

    def _make(self) -> BaseResponse:
        headers = self._respond({"REQUEST_METHOD": "HEAD"}).headers
        whole = _Content(self._path)
        response = BaseResponse(whole, 200, headers)
        vars(response)["_whole"] = whole  # tells whether the body was replaced
        return response

    def _respond(self, environ: WSGIEnvironment) -> Response:
        folder, name = os.path.split(self._path)
        with find(folder, [name], is_confined=False) as found:
            return self._responder.respond(found, self._name, environ)


class _Content:
    """The content of a file, which is opened when it is read."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with open(self._path, "rb", buffering=0) as file:
            while block := file.read(BLOCK_SIZE):
                yield block


def _merge(changed: Headers, made: Headers) -> Headers:
    """Return headers that may have been changed, with those of the part that is sent."""
    merged = Headers(changed)
    for name in _FIELDS_OF_PART:
        if name in made:
            merged[name] = made[name]
    return merged


def _check_file(path: str) -> None:
    """Check that there is a regular file that can be read.

    :raises OSError: if not
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):  # to open a fifo would wait for its other end
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENOENT
        raise OSError(code, os.strerror(code), path)
    os.close(os.open(path, os.O_RDONLY))


def content_disposition(name: str, inline: bool = False) -> str:
    """Return the value of ``Content-Disposition`` for the name of a file (RFC 6266, RFC 8187).

    A name that is not plain ASCII is sent twice: similar in ASCII, for old clients, and encoded.

    :raises ValueError: if the name is empty
    """
    if not name.strip():
        raise ValueError("download_name is empty. Pass the name of a file, or None for no name.")
    name = _NOT_IN_NAMES.sub("_", name)
    without_accents = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", name))
    plain = _NOT_IN_QUOTES.sub("_", without_accents)
    kind = "inline" if inline else "attachment"
    if plain == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_SAFE)}"
