"""The response type: Werkzeug's, but lazy, because most responses need little of Werkzeug.

A response passes through these states, each only when something needs it:

1. *Lazy*: its status, header fields and body are a tuple, ``_parts``, and are sent from there.
2. Lazy, with headers: somebody read ``headers``, and a ``Headers`` object holds the fields.
3. *Materialized*: Werkzeug's constructor has run, and ``_parts`` is None.

Only a :class:`Response` with a body of text or bytes, and with arguments that Werkzeug would send
unchanged (see `_lazy_head`), is lazy. Any other is materialized from the start. A
:class:`DeferredResponse` has a state before these: it is built when an attribute is first read.

One response may be sent to many clients. To change the headers for one of them, change a copy:
see :func:`copy_response` and :func:`with_headers`.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.http import HTTP_STATUS_CODES, parse_cache_control_header, parse_set_header
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Response as BaseResponse

from clastic.describe import describe_type
from clastic.http.hosts import encode_host, encode_url
from clastic.http.sending import (
    LOCATIONS,
    WITHOUT_BODY,
    check_cookie,
    check_fields,
    check_status,
    is_field,
    send_by_werkzeug,
)

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Fields = tuple[tuple[str, str], ...]
Head = tuple[int, str, Fields]
"""The status code, the status line, and the header fields without Content-Length."""

# The head and the body. The fields of the head are None if a Headers object holds them.
_Parts = tuple[tuple[int, str, Fields | None], bytes]

NOSNIFF = ("X-Content-Type-Options", "nosniff")
"""The header field that keeps browsers from guessing another type than the one sent."""
STATUS_LINES = {code: f"{code} {name.upper()}" for code, name in HTTP_STATUS_CODES.items()}
_DEFAULT_HEAD: Head = (200, "200 OK", (("Content-Type", "text/plain; charset=utf-8"),))
# The fields that Werkzeug changes, or that depend on others.
_SPECIAL_FIELDS = LOCATIONS | {"content-length", "content-type"}
# Held during changes of state, so that threads which share a response get the same objects.
_CHANGING_STATE = RLock()

# Match a location that Werkzeug sends unchanged. It quotes, lowercases or shortens all others.
is_final_location = re.compile(
    r"(?:https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)?/(?!/)"
    r"[\w.~%!$&'()*+,/:;=@-]*(?:\?[\w.~%!$&'()*+,/:;=?@-]+)?",
    re.ASCII,
).fullmatch


class _LengthFields(dict[int, tuple[str, str]]):
    """The Content-Length fields of short bodies; those of others are made."""

    def __missing__(self, size: int) -> tuple[str, str]:
        return "Content-Length", str(size)


# A look-up takes a third of the time of making one.
_LENGTH_FIELDS = _LengthFields((size, ("Content-Length", str(size))) for size in range(1024))


def _lazy_attribute(name: str, prepare: Callable[[Response], None]) -> Any:
    """Return a property for an attribute that Werkzeug's constructor sets.

    :param prepare: sets the attribute of a lazy response
    """

    def read(response: Response) -> object:
        attributes = response.__dict__
        if name not in attributes:
            prepare(response)
        return attributes[name]

    def write(response: Response, value: object) -> None:
        if response._parts is not None:
            response._materialize()
        response.__dict__[name] = value

    return property(read, write)


class Response(BaseResponse):
    """An HTTP response: Werkzeug's, with the same arguments, and sent in the same way.

    One response can be sent for many requests, also in many threads at once. A subclass can
    override anything that Werkzeug's can.
    """

    # None in a materialized response.
    _parts: _Parts | None = None
    _werkzeug_status: Any = BaseResponse.status

    def __init__(
        self,
        response: Iterable[bytes] | bytes | Iterable[str] | str | None = None,
        status: int | str | HTTPStatus | None = None,
        headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]] | None = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        if type(self) is Response and isinstance(response, (str, bytes)) and not direct_passthrough:
            head: Head | None
            if status is None and headers is None and mimetype is None and content_type is None:
                head = _DEFAULT_HEAD
            else:
                head = _lazy_head(status, headers, mimetype, content_type)
            if head is not None:
                self._parts = head, response.encode() if isinstance(response, str) else response
                return
        if isinstance(response, Mapping) or not (
            response is None or isinstance(response, (str, bytes)) or hasattr(response, "__iter__")
        ):
            raise _body_error(response)
        super().__init__(response, status, headers, mimetype, content_type, direct_passthrough)
        check_fields(Headers(self.headers), with_locations=False)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response (PEP 3333).

        :raises UnsendableError: if no server can send what was set since it was made
        """
        parts = self._parts
        if parts is None:
            return send_by_werkzeug(self, environ, start_response)
        (_, line, fields), body = parts
        if fields is None:
            return self._send_changed(line, body, environ, start_response)
        start_response(line, [*fields, _LENGTH_FIELDS[len(body)]])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _send_changed(
        self, line: str, body: bytes, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send a lazy response with headers that may have been changed."""
        sent = check_fields(self.headers, with_locations=False)
        if not _are_final([field for field in sent if field[0].lower() in LOCATIONS]):
            self._materialize()
            return send_by_werkzeug(self, environ, start_response)
        if "content-length" not in [name.lower() for name, _ in sent]:
            sent.append(("Content-Length", str(len(body))))
        start_response(line, sent)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _make_headers(self) -> None:
        """Put the header fields into a Headers object, unless they are in one."""
        parts = self._parts
        if parts is None or (fields := parts[0][2]) is None:
            return
        (code, line, _), body = parts
        headers = Headers()
        for name, value in (*fields, ("Content-Length", str(len(body)))):
            headers.add(name, value)
        with _CHANGING_STATE:
            if self._parts is parts:
                self.__dict__.update(headers=headers, _parts=((code, line, None), body))

    def _materialize(self) -> None:
        """Run Werkzeug's constructor, unless it has run; an existing Headers object stays."""
        if self._parts is None:
            return
        with _CHANGING_STATE:
            if self._parts is None:
                return
            (code, _, fields), body = self._parts
            attributes = vars(BaseResponse(body, code, fields))
            if fields is None:
                del attributes["headers"]
            self.__dict__.update(attributes, _parts=None)

    @property
    def __class__(self) -> type[Response]:
        """Its type. Setting it, as ``force_type()`` of another type does, makes all attributes."""
        return type(self)

    @__class__.setter
    def __class__(self, kind: type[Response]) -> None:
        self._materialize()
        vars(object)["__class__"].__set__(self, kind)

    headers: Headers = _lazy_attribute("headers", _make_headers)
    response: Iterable[str] | Iterable[bytes] = _lazy_attribute("response", _materialize)
    direct_passthrough: bool = _lazy_attribute("direct_passthrough", _materialize)

    @property
    def status(self) -> str:
        """The status code and its phrase, as in ``200 OK``."""
        parts = self._parts
        return self._werkzeug_status if parts is None else parts[0][1]

    @status.setter
    def status(self, status: str | int | HTTPStatus) -> None:
        self._materialize()
        self._werkzeug_status = status
        check_status(self._werkzeug_status)

    @property
    def status_code(self) -> int:
        """The status code."""
        parts = self._parts
        return super().status_code if parts is None else parts[0][0]

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.status = code

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers to send.

        Locations are as given but for what must be encoded.
        """
        sent = super().get_wsgi_headers(environ)
        for name in ("Location", "Content-Location"):
            given = Headers(self.headers).getlist(name)
            if given and not (name == "Location" and self.autocorrect_location_header):
                sent[name] = encode_url(given[-1])
        return sent

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: timedelta | int | None = None,
        expires: str | datetime | int | float | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie, by the same arguments as Werkzeug's.

        Shared caches must then not keep the response, see :func:`make_private`.

        :raises ValueError: if its name, its path or its domain could be read as another attribute
        """
        check_cookie(key, path, domain)
        make_private(self.headers)
        super().set_cookie(
            key,
            value,
            max_age,
            expires,
            path,
            domain and encode_host(domain),
            secure,
            httponly,
            samesite,
            partitioned,
        )

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function when the response is closed, after it was sent; return the function."""
        self._materialize()
        return super().call_on_close(func)


def _body_error(body: object) -> TypeError:
    """Return the error for a body that is not iterable, or is a mapping."""
    if isinstance(body, Mapping):
        what = f"{describe_type(body)}, and only its keys would be sent"
    else:
        what = f"{reprlib.repr(body)}, which is neither text nor bytes, and not iterable"
    return TypeError(
        f"The body of a Response is {what}.\n  For JSON, return JSONResponse(data). "
        "For text, return Response(str(value))."
    )


class DeferredResponse(Response):
    """A response that is built when an attribute is first read.

    A subclass overrides `_make` to build it, and `__call__` to send it unbuilt. The instance's
    dictionary has no ``_parts`` until it is built.
    """

    def _make(self) -> BaseResponse:
        """Return the response whose attributes this one gets; two threads may call this at once."""
        raise NotImplementedError

    @property
    def _parts(self) -> _Parts | None:
        state = self.__dict__
        if "_parts" not in state:
            made = vars(self._make())
            with _CHANGING_STATE:
                if "_parts" not in state:
                    state.update({"_parts": None, **made})
        parts: _Parts | None = state["_parts"]
        return parts

    @_parts.setter
    def _parts(self, parts: _Parts | None) -> None:
        self.__dict__["_parts"] = parts


def _lazy_head(
    status: object, headers: object, mimetype: object, content_type: object
) -> Head | None:
    """Return the head of a response with these arguments, None if Werkzeug would change it."""
    code, line, fields = _DEFAULT_HEAD
    if status is not None:
        if type(status) is not int and type(status) is not HTTPStatus:
            return None
        if status not in STATUS_LINES or status in WITHOUT_BODY or status < 200:
            return None
        code, line = int(status), STATUS_LINES[status]
    if content_type is not None or mimetype is not None:
        if content_type is None and type(mimetype) is str:
            content_type = get_content_type(mimetype, "utf-8")
        if type(content_type) is not str:
            return None
        if not (content_type.isascii() and content_type.isprintable()):
            return None
        fields = (("Content-Type", content_type),)
    if headers is not None:
        given = _lazy_fields(headers)
        if given is None:
            return None
        fields = (*given, *fields)
    return code, line, fields


def _lazy_fields(headers: object) -> Fields | None:
    """Return the given headers as they are sent, None if Werkzeug would change them."""
    if type(headers) is dict:
        fields = tuple(headers.items())
    elif type(headers) is list or type(headers) is tuple:
        fields = tuple(headers)
    else:
        return None
    special = []
    for field in fields:
        if type(field) is not tuple or len(field) != 2:
            return None
        name, value = field
        if type(name) is not str or type(value) is not str or not is_field(f"{name}\n{value}"):
            return None
        if name.lower() in _SPECIAL_FIELDS:
            special.append(field)
    return fields if _are_final(special) else None


def _are_final(special_fields: Sequence[tuple[str, str]]) -> bool:
    """Return whether Werkzeug sends these fields, all special ones of a response, unchanged."""
    if not special_fields:
        return True
    (name, value), *others = special_fields
    return not others and name == "Location" and is_final_location(value) is not None


def lazy_response(head: Head, body: bytes) -> Response:
    """Return a response of parts that Werkzeug is known to send unchanged."""
    response = Response.__new__(Response)
    response._parts = (head, body)
    return response


def response_maker(status: int, headers: Fields, content_type: str) -> Callable[[bytes], Response]:
    """Return a function that makes responses which differ only in their bodies.

    :param status: the status code
    :param headers: the header fields besides Content-Type
    :param content_type: the whole Content-Type
    """
    head = _lazy_head(status, headers, None, content_type)
    if head is None:
        return lambda body: Response(body, status, headers, content_type=content_type)
    return partial(lazy_response, head)


respond_html = response_maker(200, (NOSNIFF,), "text/html; charset=utf-8")
"""Return the response with an HTML page, encoded as UTF-8."""


def copy_response(response: BaseResponse) -> BaseResponse:
    """Return a copy of a response, with headers and a status of its own."""
    twin = type(response).__new__(type(response))
    attributes = twin.__dict__
    attributes.update(response.__dict__)
    if "headers" in attributes:
        attributes["headers"] = Headers(attributes["headers"])
    return twin


def with_headers(response: BaseResponse, added: Fields) -> BaseResponse:
    """Return a copy of a response with more header fields, private if these set a cookie.

    The names in ``Vary`` are merged.

    :param added: fields that Werkzeug sends unchanged
    """
    if type(response) is Response:
        twin = Response.__new__(Response)
        twin.__dict__.update(response.__dict__)
        parts = twin._parts
        if parts is not None:
            (code, line, fields), body = parts
            # A single field is Content-Type, so there is no Vary to merge.
            if fields is not None and len(fields) == 1:
                twin._parts = (code, line, fields + added), body
                return twin
    changed = copy_response(response)
    for name, value in added:
        if name == "Vary":
            add_vary(changed.headers, value)
        else:
            if name == "Set-Cookie":
                make_private(changed.headers)
            changed.headers.add(name, value)
    return changed


def is_streamed(response: BaseResponse) -> bool:
    """Return whether the body of a response may still be generated while it is sent."""
    if type(response) is Response and response._parts is not None:
        return False
    return not response.is_sequence


def add_vary(headers: Headers, name: str) -> None:
    """Add the name of a request header to ``Vary`` (RFC 9110, section 12.5.5)."""
    if "Vary" not in headers:
        headers["Vary"] = name
        return
    names = parse_set_header(", ".join(headers.getlist("Vary")))
    if "*" not in names and name not in names:
        names.add(name)
        headers["Vary"] = names.to_header()


def make_private(headers: Headers) -> None:
    """Forbid shared caches to keep a response, because it sets a cookie (RFC 9111, section 7.3).

    Without ``Cache-Control``, and with ``no-store``, there is nothing to forbid.
    """
    control = parse_cache_control_header(headers.get("Cache-Control"), cls=ResponseCacheControl)
    if control and not control.no_store:
        for directive in ("public", "s-maxage", "proxy-revalidate"):
            control.pop(directive, None)
        control.private = True
        headers["Cache-Control"] = control.to_header()
