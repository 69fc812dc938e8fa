"""The response type: Werkzeug's, but lazy, because most responses need little of Werkzeug.

A response passes through these states, each only when something needs it:

1. *Lazy*: its status, header fields and body are a tuple, ``_parts``, and are sent from there.
2. Lazy, with headers: somebody read ``headers``, and a ``Headers`` object holds the fields.
3. *Materialized*: Werkzeug's constructor has run, and ``_parts`` is None.

Only what Werkzeug would send unchanged becomes parts (see `_lazy_head`), any other response is
materialized from the start. So the bytes on the wire are always those that Werkzeug sends. A
:class:`DeferredResponse` has a state before these: it makes its parts when it is first looked at.

One response may be sent to many clients. To change the headers for one of them, change a copy:
see :func:`copy_response` and :func:`with_headers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, overload

from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES, parse_set_header, remove_entity_headers
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Response as BaseResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Fields = tuple[tuple[str, str], ...]
Head = tuple[int, str, Fields]
"""The status code, the status line, and the header fields before Content-Length."""

# The head, the body, and the header fields after Content-Length. The fields of the head are None
# when a Headers object holds all fields.
_Parts = tuple[tuple[int, str, Fields | None], bytes | None, Fields]

STATUS_LINES = {code: f"{code} {name.upper()}" for code, name in HTTP_STATUS_CODES.items()}
_DEFAULT_HEAD: Head = (200, "200 OK", (("Content-Type", "text/plain; charset=utf-8"),))
_WITHOUT_BODY = frozenset({204, 304, *range(100, 200)})
_LOCATIONS = frozenset({"content-location", "location"})
# The fields that Werkzeug changes, or that depend on others.
_SPECIAL_FIELDS = _LOCATIONS | {"content-length", "content-type"}
# The header fields of short bodies: a look-up takes a third of the time of making one.
_KNOWN_LENGTHS = 1024
_LENGTHS = tuple(("Content-Length", str(size)) for size in range(_KNOWN_LENGTHS))
# What a subclass can define and still be sent like a plain Response.
_HARMLESS = frozenset(
    {"_default_head", "default_mimetype", "default_status", "json_module", "max_cookie_size"}
)
# Held during changes of state, so that threads which share a response get the same objects.
_CHANGING_STATE = RLock()

# Match a location that Werkzeug sends unchanged. It quotes, lowers or shortens any other.
is_final_location = re.compile(
    r"(?:https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)?/(?!/)"
    r"[\w.~%!$&'()*+,/:;=@-]*(?:\?[\w.~%!$&'()*+,/:;=?@-]+)?",
    re.ASCII,
).fullmatch


def _lazy_attribute(name: str, prepare: Callable[[Response], None]) -> Any:
    """Return a property for an attribute that Werkzeug's constructor sets.

    :param prepare: called with a lazy response before the attribute is read
    """

    def read(response: Response) -> object:
        if response._parts is not None:
            prepare(response)
        try:
            return response.__dict__[name]
        except KeyError:
            raise AttributeError(f"{type(response).__name__!r} object has no {name!r}") from None

    def write(response: Response, value: object) -> None:
        if response._parts is not None:
            response._materialize()
        response.__dict__[name] = value

    return property(read, write)


class Response(BaseResponse):
    """An HTTP response: Werkzeug's, with the same arguments and the same bytes on the wire.

    One response can be sent for many requests, also in many threads at once. A subclass can
    override anything in its class body; attributes set on the class later may have no effect.
    """

    # None in a materialized response.
    _parts: _Parts | None = None
    # The head of a response of which only the body is given; None if the class cannot be lazy.
    _default_head: Head | None = _DEFAULT_HEAD
    _werkzeug_status: Any = BaseResponse.status
    _werkzeug_status_code: Any = BaseResponse.status_code

    def __init_subclass__(cls, **options: Any) -> None:
        """Let the class be lazy if its responses are sent like those of the base class."""
        super().__init_subclass__(**options)
        if cls._default_head is None:
            return
        others = set(cls.__mro__).difference(Response.__mro__)
        defined = {name for other in others for name in vars(other) if not name.startswith("__")}
        is_usual = defined.intersection(dir(Response)) <= _HARMLESS
        cls._default_head = None
        if is_usual and cls.default_status is not None and cls.default_mimetype is not None:
            cls._default_head = _lazy_head(
                _DEFAULT_HEAD, True, cls.default_status, None, cls.default_mimetype, None
            )

    def __init__(
        self,
        response: Iterable[bytes] | bytes | Iterable[str] | str | None = None,
        status: int | str | HTTPStatus | None = None,
        headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]] | None = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        head = self._default_head
        if head is not None and not direct_passthrough:
            try:
                body = response.encode() if isinstance(response, str) else response
            except UnicodeEncodeError:
                body = response  # Werkzeug raises this error, or one that comes first.
            if type(body) is bytes or body is None:
                if status is None and headers is None and mimetype is None and content_type is None:
                    self._parts = (head, body, ())
                    return
                has_body = body is not None
                head = _lazy_head(head, has_body, status, headers, mimetype, content_type)
                if head is not None:
                    self._parts = (head, body, ())
                    return
        super().__init__(response, status, headers, mimetype, content_type, direct_passthrough)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response (PEP 3333)."""
        parts = self._parts
        if parts is None:
            return super().__call__(environ, start_response)
        (_, line, fields), body, added = parts
        if fields is None or body is None:
            return self._send_checked(parts, environ, start_response)
        size = len(body)
        length = _LENGTHS[size] if size < _KNOWN_LENGTHS else ("Content-Length", str(size))
        start_response(line, [*fields, length, *added])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _send_checked(
        self, parts: _Parts, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send a lazy response without a body, or with headers that may have been changed."""
        (code, line, fields), body, added = parts
        sent = list(self.__dict__["headers"] if fields is None else fields)
        if code == HTTPStatus.NOT_MODIFIED:
            remove_entity_headers(sent)
        names = [name.lower() for name, _ in sent]
        if "location" in names or "content-location" in names:
            locations = [field for field in sent if field[0].lower() in _LOCATIONS]
            if not _is_final(locations):
                self._materialize()
                return super().__call__(environ, start_response)
        if code not in _WITHOUT_BODY and "content-length" not in names:
            sent.append(("Content-Length", str(len(body or b""))))
        start_response(line, [*sent, *added])
        return [] if body is None or environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _make_headers(self) -> None:
        """Put the header fields into a Headers object, unless they are in one.

        A status without a body materializes: Werkzeug drops some of its header fields.
        """
        parts = self._parts
        if parts is None or (fields := parts[0][2]) is None:
            return
        (code, line, _), body, added = parts
        if code in _WITHOUT_BODY:
            self._materialize()
            return
        with _CHANGING_STATE:
            if self._parts is not parts:
                return
            length = [] if body is None else [("Content-Length", str(len(body)))]
            headers = self.__dict__["headers"] = Headers()
            for name, value in [*fields, *length, *added]:
                headers.add(name, value)
            self._parts = (code, line, None), body, ()

    def _materialize(self) -> None:
        """Run Werkzeug's constructor, unless it has run; an existing Headers object stays."""
        if self._parts is None:
            return
        with _CHANGING_STATE:
            if self._parts is None:
                return
            (code, _, fields), body, added = self._parts
            attributes = vars(BaseResponse(body, code, fields))
            attributes["headers"].extend(added)
            if fields is None:
                del attributes["headers"]
            self.__dict__.update(attributes)
            # Last: from here on other threads take the response for materialized.
            self._parts = None

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

    @property
    def status_code(self) -> int:
        """The status code."""
        parts = self._parts
        return self._werkzeug_status_code if parts is None else parts[0][0]

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.status = code

    @overload
    def get_data(self, as_text: Literal[False] = ...) -> bytes: ...

    @overload
    def get_data(self, as_text: Literal[True]) -> str: ...

    def get_data(self, as_text: bool = False) -> bytes | str:
        """Return the body, as text if `as_text`."""
        parts = self._parts
        data = super().get_data() if parts is None else parts[1] or b""
        return data.decode() if as_text else data

    data = property(get_data, BaseResponse.set_data)

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function when the response is closed, after it was sent; return the function."""
        self._materialize()
        return super().call_on_close(func)

    @property
    def __class__(self) -> type[Any]:
        return type(self)

    @__class__.setter
    def __class__(self, response_type: type[Any]) -> None:
        """Change the type, as Werkzeug's ``force_type`` does; other types know no lazy parts."""
        self._materialize()
        vars(object)["__class__"].__set__(self, response_type)


class DeferredResponse(Response):
    """A response that is only made when somebody looks at it, for types that are sent otherwise.

    A subclass overrides `_make`, and `__call__` to send what nobody has looked at: until then the
    instance's dictionary has no ``_parts``.
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
                    state.update(made)
                    state.setdefault("_parts", None)  # what Werkzeug made has none
        parts: _Parts | None = state["_parts"]
        return parts

    @_parts.setter
    def _parts(self, parts: _Parts | None) -> None:
        self.__dict__["_parts"] = parts


def _lazy_head(
    default: Head,
    has_body: bool,
    status: object,
    headers: object,
    mimetype: object,
    content_type: object,
) -> Head | None:
    """Return the head of a response with these arguments, None if Werkzeug would change it.

    :param default: the head of a response for which all of the rest are None
    :param has_body: whether it has a body, which may be empty
    """
    code, line, fields = default
    if status is not None:
        if type(status) is not int and type(status) is not HTTPStatus:
            return None
        if status not in STATUS_LINES or (has_body and status in _WITHOUT_BODY):
            return None
        code, line = int(status), STATUS_LINES[status]
    if content_type is not None or mimetype is not None:
        if content_type is None and type(mimetype) is str:
            content_type = get_content_type(mimetype, "utf-8")
        if type(content_type) is not str or "\n" in content_type or "\r" in content_type:
            return None
        fields = (("Content-Type", content_type),)
    if headers is not None:
        given = _lazy_fields(headers)
        if given is None:
            return None
        fields = (*given, *fields)
    return code, line, fields


def _lazy_fields(headers: object) -> Fields | None:
    """Return the given headers as they are sent, None if Werkzeug would change them.

    :raises ValueError: if one of them is not a pair
    """
    if type(headers) is dict:
        fields = tuple(headers.items())
    elif type(headers) is list or type(headers) is tuple:
        fields = tuple(headers)
    else:
        return None
    special = []
    for field in fields:
        if type(field) is not tuple:
            return None
        name, value = field
        if type(value) is not str or "\n" in value or "\r" in value:
            return None
        if name.lower() in _SPECIAL_FIELDS:
            special.append(field)
    return fields if not special or _is_final(special) else None


def _is_final(fields: Sequence[tuple[str, str]]) -> bool:
    """Return whether Werkzeug sends these fields unchanged: all special ones of a response."""
    (name, value), *others = fields
    return not others and name == "Location" and is_final_location(value) is not None


def lazy_response(head: Head, body: bytes, added: Fields = ()) -> Response:
    """Return a response of parts that Werkzeug is known to send unchanged.

    :param added: the header fields after Content-Length
    """
    response = Response.__new__(Response)
    response._parts = (head, body, added)
    return response


def response_maker(status: int, headers: Fields, content_type: str) -> Callable[[bytes], Response]:
    """Return a function that makes responses which differ only in their bodies.

    :param status: the status code
    :param headers: the header fields besides Content-Type
    :param content_type: the whole Content-Type
    """
    head = _lazy_head(_DEFAULT_HEAD, True, status, headers, None, content_type)
    if head is None:
        return lambda body: Response(body, status, headers, content_type=content_type)
    return partial(lazy_response, head)


def copy_response(response: BaseResponse) -> BaseResponse:
    """Return a copy of a response, with headers and a status of its own."""
    twin: BaseResponse
    if type(response) is Response:  # a fifth of the time of copy()
        twin = Response.__new__(Response)
        twin.__dict__.update(response.__dict__)
    else:
        twin = copy(response)
    if "headers" in vars(twin):
        vars(twin)["headers"] = Headers(response.headers)
    return twin


def with_headers(response: BaseResponse, added: Fields) -> BaseResponse:
    """Return a copy of a response with more header fields; the names in ``Vary`` are merged.

    :param added: fields that Werkzeug sends unchanged
    """
    if type(response) is Response and (parts := response._parts) is not None:
        head, body, already_added = parts
        fields = head[2]
        if fields is not None and body is not None:
            others = fields[:-1] + already_added  # without Content-Type
            if not others or _names(others).isdisjoint(_names(added)):
                twin = Response.__new__(Response)
                twin.__dict__.update(response.__dict__)
                twin._parts = head, body, already_added + added
                return twin
    changed = copy_response(response)
    for name, value in added:
        if name == "Vary":
            add_vary(changed.headers, value)
        else:
            changed.headers.add(name, value)
    return changed


def _names(fields: Fields) -> set[str]:
    return {name.lower() for name, _ in fields}


def add_vary(headers: Headers, name: str) -> None:
    """Add the name of a request header to ``Vary`` (RFC 9110, section 12.5.5)."""
    if "Vary" not in headers:
        headers["Vary"] = name
        return
    names = parse_set_header(", ".join(headers.getlist("Vary")))
    if "*" not in names and name not in names:
        names.add(name)
        headers["Vary"] = names.to_header()
