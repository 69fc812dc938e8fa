"""The request type: Werkzeug's, made in no time because it reads the environ only when asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, Headers, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.utils import cached_property
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wsgi import get_path_info

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class _FromEnviron:
    """An attribute that is read from the environ when it is first asked for, and then kept."""

    def __init__(self, read: Callable[[WSGIEnvironment], object]) -> None:
        self._read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, request: Request, owner: type) -> object:
        value = request.__dict__[self._name] = self._read(request.environ)
        return value


def _from_environ(read: Callable[[WSGIEnvironment], object]) -> Any:
    return _FromEnviron(read)


class Request(BaseRequest):
    """An HTTP request: Werkzeug's, with the same arguments and the same answers.

    Each attribute tells what the environ says when the attribute is first read; Werkzeug reads them
    all when the request is made.
    """

    method: str = _from_environ(lambda environ: environ.get("REQUEST_METHOD", "GET").upper())
    scheme: str = _from_environ(lambda environ: environ.get("wsgi.url_scheme", "http"))
    server: tuple[str, int | None] | None = _from_environ(
        lambda environ: BaseRequest(environ, populate_request=False).server
    )
    root_path: str = _from_environ(
        lambda environ: BaseRequest(environ, populate_request=False).root_path
    )
    path: str = _from_environ(lambda environ: "/" + get_path_info(environ).lstrip("/"))
    query_string: bytes = _from_environ(
        lambda environ: environ.get("QUERY_STRING", "").encode("latin1")
    )
    headers: Headers = _from_environ(EnvironHeaders)
    remote_addr: str | None = _from_environ(lambda environ: environ.get("REMOTE_ADDR"))

    def __init__(
        self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False
    ) -> None:
        self.environ = environ
        self.shallow = shallow
        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The values of the query string.

        :raises werkzeug.exceptions.BadRequest: if its bytes are not UTF-8; percent-encoded ones
            that are not are replaced
        """
        try:
            return super().args
        except UnicodeDecodeError as error:
            raise BadRequest("The query string of the URL is not valid UTF-8.") from error
