"""A lazy subclass of Werkzeug's request: attributes are read from the environ on first access."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NoReturn
from weakref import finalize

from werkzeug.datastructures import (
    EnvironHeaders,
    FileStorage,
    Headers,
    ImmutableMultiDict,
    MIMEAccept,
    MultiDict,
)
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_accept_header
from werkzeug.sansio.utils import get_current_url
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wsgi import get_content_length, get_path_info

from clastic.http.forms import FormLimits, FormParser
from clastic.http.hosts import MALFORMED_HOST, TrustedHosts, read_host
from clastic.http.limits import BODY_STREAM, DEFAULT_LIMITS, BodyStream, BoundLimits, Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


# The longest Accept header, in characters, that is negotiated. Real clients send far less, and it
# bounds both the time for a hostile one and the memory of cached choices.
_MAX_ACCEPT_LENGTH = 1024
# Match a parameter of a media range, unless it is the quality.
_PARAMETER = re.compile(
    r';[ \t]*(?!q[ \t]*=)[^;,="]*(?:=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^;,"]*))?', re.I
)


def negotiate(accept: str, offered: tuple[str, ...]) -> str | None:
    """Return the media type that an ``Accept`` header prefers (RFC 9110, section 12.5.1).

    Parameters of media types, such as ``charset``, are ignored. Ties are won by the first type.

    :param offered: media types without parameters
    :return: ``None`` if the header accepts none of them, or is too long
    """
    return None if len(accept) > _MAX_ACCEPT_LENGTH else _negotiate(accept, offered)


# A browser always sends the same header, and negotiating takes longer than most responses.
@lru_cache(maxsize=128)
def _negotiate(accept: str, offered: tuple[str, ...]) -> str | None:
    ranges = _PARAMETER.sub("", accept.lower())
    return parse_accept_header(ranges, MIMEAccept).best_match(offered)


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
        raise BadRequest(MALFORMED_HOST)
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


def _stream(request: Request) -> object:
    if request.shallow:
        return super(Request, request).stream  # raises
    length = request.content_length
    environ = request.environ
    if length is None and not environ.get("wsgi.input_terminated"):
        # Neither the client nor the server marks the end: reading could wait forever.
        return BytesIO()
    stream = BodyStream(environ["wsgi.input"], length, request.limits.values["body"])
    environ[BODY_STREAM] = stream
    return stream


class _StrictJSON:
    """Python's ``json`` without the numbers that JSON cannot have (RFC 8259, section 6)."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str | bytes) -> Any:
        """Return the value of JSON text.

        :raises ValueError: if it is invalid, or a number is not finite
        """
        return json.loads(text, parse_float=_finite_float, parse_constant=_refuse_constant)


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isfinite(number):
        return number
    raise ValueError(f"the number {text[:40]} is too large")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


_LIMIT_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "max_content_length": ("body",),
        "max_form_memory_size": ("form",),
        "max_form_parts": ("fields", "files"),
    }
)
"""The limits that each attribute of a request sets."""
_UNLIMITED = BoundLimits()


def _is_overridden(kind: type, attribute: str) -> bool:
    """Return whether a subclass of :class:`Request` sets an attribute."""
    owner = next(each for each in kind.__mro__ if attribute in vars(each))
    return not issubclass(Request, owner)


class Request(BaseRequest):
    """An HTTP request: Werkzeug's, with the same arguments and attributes.

    Each attribute is read from the environ when it is first used; Werkzeug reads all of them when
    the request is made. The body is read within the :attr:`limits`.
    """

    json_module: Any = _StrictJSON
    form_data_parser_class: type[FormDataParser] = FormParser
    max_content_length: int | None = DEFAULT_LIMITS.values["body"]
    bound_limits = _UNLIMITED
    """The limits of the route that serves the request, and of its applications."""
    path_params: dict[str, Any]
    """The path values by name, for apps written for Clastic 26; set if the source of a function of
    the route reads it."""

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
    content_length: int | None = _cached(
        # An empty length is none (PEP 3333), which Werkzeug takes for 0.
        lambda request: (
            get_content_length(request.environ) if request.environ.get("CONTENT_LENGTH") else None
        )
    )
    args: MultiDict[str, str] = _cached(_args)
    """The values of the query string.

    Reading it raises :exc:`werkzeug.exceptions.BadRequest` if its bytes are not UTF-8;
    percent-encoded bytes that are not UTF-8 are replaced."""
    form: ImmutableMultiDict[str, str] = _cached(lambda request: super().form)
    files: ImmutableMultiDict[str, FileStorage] = _cached(lambda request: super().files)
    stream: IO[bytes] = _cached(_stream)

    def __init__(
        self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False
    ) -> None:
        self.environ = environ
        self.shallow = shallow
        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    @property
    def limits(self) -> Limits:
        """The limits on the body: none of them is left out."""
        if type(self) is Request and self.__dict__.keys().isdisjoint(_LIMIT_NAMES):
            if self.bound_limits is _UNLIMITED:
                return DEFAULT_LIMITS
            limits = self.bound_limits.route
        else:
            limits = self.bound_limits.route.within(self._own_limits())
        return limits.within(self.bound_limits.application).within(DEFAULT_LIMITS)

    def _own_limits(self) -> Limits:
        """Return the limits that a subclass, or the request itself, sets as Werkzeug's do."""
        values: dict[str, Any] = {
            name: getattr(self, attribute)
            for attribute, names in _LIMIT_NAMES.items()
            if attribute in self.__dict__ or _is_overridden(type(self), attribute)
            for name in names
        }
        return Limits(**values)

    def make_form_data_parser(self) -> FormDataParser:
        """Return the parser of forms, with the limits on them."""
        limits = self.limits.values
        form = limits["form"]
        fields = limits["fields"]
        files = limits["files"]
        parser = self.form_data_parser_class(
            self._get_file_stream,
            form,
            limits["body"],
            self.parameter_storage_class,
            False,
            max_form_parts=fields,
        )
        if isinstance(parser, FormParser):
            # Werkzeug's limit is on values and files together.
            parser.limits = FormLimits(form, fields, files)
            if fields == files == self._own_limits().values.get("fields", -1):
                parser.limits = FormLimits(form, fields, files, parts=fields)
        return parser

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Return the file for an upload, as Werkzeug's does; it is closed with the request."""
        # While the environ refers to the request, only the garbage collector frees both, and large
        # uploads stay in the folder for temporary files.
        if self.environ.get("werkzeug.request") is self:
            del self.environ["werkzeug.request"]
        file = super()._get_file_stream(
            total_content_length, content_type, filename, content_length
        )
        finalize(self, file.close)
        return file

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
