"""A lazy subclass of Werkzeug's request: attributes are read from the environ on first access."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders, Headers, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.sansio.utils import get_current_url
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wsgi import get_content_length, get_path_info

from clastic.http.hosts import TrustedHosts, read_host

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class _CachedAttribute:
    """A cached property which, unlike Werkzeug's, calls nothing when it is read again."""

    def __init__(self, read: Callable[[Request], object]) -> None:
        self._read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, request: Request | None, owner: type) -> object:
        if request is None:
            return self
        value = request.__dict__[self._name] = self._read(request)
        return value


def _cached(read: Callable[[Request], object]) -> Any:
    return _CachedAttribute(read)


def _args(request: Request) -> object:
    try:
        return super(Request, request).args
    except UnicodeDecodeError as error:
        raise BadRequest("The query string of the URL is not valid UTF-8.") from error


def _host(request: Request) -> object:
    host = read_host(request.environ)
    if host is None:
        raise BadRequest("The Host header is malformed or missing.")
    if request.trusted_hosts and host not in TrustedHosts(request.trusted_hosts):
        raise SecurityError(f"Host {host!r} is not trusted.")
    return host


def _url(request: Request, *parts: Any) -> str:
    """Return the URL of a request; the parts are the root path, the path, and the query."""
    host = request.host
    if "xn--" not in host.lower():
        return get_current_url(request.scheme, host, *parts)
    # Werkzeug decodes Punycode by IDNA 2003, which fails for many names, so another host is used.
    scheme, _, rest = get_current_url(request.scheme, "localhost", *parts).partition("localhost")
    return f"{scheme}{host}{rest}"


class Request(BaseRequest):
    """An HTTP request: Werkzeug's, with the same arguments and attributes.

    Each attribute is read from the environ when it is first used; Werkzeug reads all of them when
    the request is made.
    """

    method: str = _cached(lambda request: request.environ.get("REQUEST_METHOD", "GET").upper())
    scheme: str = _cached(lambda request: request.environ.get("wsgi.url_scheme", "http"))
    server: tuple[str, int | None] | None = _cached(
        lambda request: BaseRequest(request.environ, populate_request=False).server
    )
    root_path: str = _cached(
        lambda request: BaseRequest(request.environ, populate_request=False).root_path
    )
    path: str = _cached(lambda request: "/" + get_path_info(request.environ).lstrip("/"))
    query_string: bytes = _cached(
        lambda request: request.environ.get("QUERY_STRING", "").encode("latin1")
    )
    host: str = _cached(_host)
    """The host name in the ``Host`` header, with the port if the scheme has another one.

    Reading it, or one of the URLs below, raises :exc:`werkzeug.exceptions.BadRequest` if the header
    is malformed, or missing in HTTP/1.1 (RFC 9112, section 3.2)."""
    url: str = _cached(
        lambda request: _url(request, request.root_path, request.path, request.query_string)
    )
    base_url: str = _cached(lambda request: _url(request, request.root_path, request.path))
    root_url: str = _cached(lambda request: _url(request, request.root_path))
    host_url: str = _cached(lambda request: _url(request))
    headers: Headers = _cached(lambda request: EnvironHeaders(request.environ))
    remote_addr: str | None = _cached(lambda request: request.environ.get("REMOTE_ADDR"))
    content_length: int | None = _cached(lambda request: get_content_length(request.environ))
    args: MultiDict[str, str] = _cached(_args)
    """The values of the query string.

    Reading it raises :exc:`werkzeug.exceptions.BadRequest` if its bytes are not UTF-8;
    percent-encoded bytes that are not UTF-8 are replaced."""
    form: ImmutableMultiDict[str, str] = _cached(lambda request: super().form)

    def __init__(
        self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False
    ) -> None:
        self.environ = environ
        self.shallow = shallow
        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body parsed as JSON, by the same arguments as Werkzeug's.

        A body that is nested too deeply is invalid like any other that is not JSON.
        """
        try:
            return super().get_json(force, silent, cache)
        except RecursionError:
            if silent:
                return None
            return self.on_json_loading_failed(ValueError("it is nested too deeply"))
