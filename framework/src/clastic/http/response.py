"""The response type: Werkzeug's, without its price for the usual response.

A response of text or bytes, with a status that has a standard phrase and headers that need no care,
is *plain*: its parts are noted down, and sent as they are. Whoever looks at its headers gets a
``Headers`` object, and the rest stays plain. Werkzeug's constructor makes it *whole* when somebody
wants more. What goes over the wire is byte for byte what Werkzeug's response would send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, overload

from werkzeug.datastructures import Headers
from werkzeug.http import remove_entity_headers
from werkzeug.wrappers import Response as BaseResponse

from clastic.http.plain import BODILESS, LOCATIONS, Fields, Head, are_settled, plain_head

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The head, the body, and the header fields after Content-Length. The fields of the head are None
# once a Headers object has them; it has all of them then.
_Plain = tuple[tuple[int, str, Fields | None], bytes | None, Fields]

_DEFAULT_HEAD: Head = (200, "200 OK", (("Content-Type", "text/plain; charset=utf-8"),))
# The header fields of short bodies: to look one up takes a third of making it.
_KNOWN_LENGTHS = 1024
_LENGTHS = tuple(("Content-Length", str(size)) for size in range(_KNOWN_LENGTHS))
# What a subclass can define without changing how it is sent.
_HARMLESS = frozenset(
    {"_default_head", "default_mimetype", "default_status", "json_module", "max_cookie_size"}
)
# Held while a response becomes less plain, so that threads which share it get the same objects.
_CHANGING = RLock()


def _attribute(name: str, prepare: Callable[[Response], None]) -> Any:
    """Return a property for an attribute that Werkzeug's constructor sets.

    :param prepare: called with a plain response before the attribute is read
    """

    def read(response: Response) -> object:
        if response._plain is not None:
            prepare(response)
        try:
            return response.__dict__[name]
        except KeyError:
            raise AttributeError(f"{type(response).__name__!r} object has no {name!r}") from None

    def write(response: Response, value: object) -> None:
        if response._plain is not None:
            response._make_whole()
        response.__dict__[name] = value

    return property(read, write)


class Response(BaseResponse):
    """An HTTP response: Werkzeug's, with the same arguments and the same bytes on the wire.

    One response can answer many requests, also in many threads at once. A subclass can override
    whatever it likes, in its class body: what is put into a class later may go unnoticed.
    """

    # None for a whole response.
    _plain: _Plain | None = None
    # The head of a response that is given nothing but a body; None if the class cannot be plain.
    _default_head: Head | None = _DEFAULT_HEAD
    _werkzeug_status: Any = BaseResponse.status
    _werkzeug_status_code: Any = BaseResponse.status_code

    def __init_subclass__(cls, **options: Any) -> None:
        """Find out whether a response of this class can be plain: if it is sent as any other."""
        super().__init_subclass__(**options)
        if cls._default_head is None:
            return  # What is unusual about a class is so about what is made of it.
        others = set(cls.__mro__).difference(Response.__mro__)
        defined = {name for other in others for name in vars(other) if not name.startswith("__")}
        is_usual = defined.intersection(dir(Response)) <= _HARMLESS
        cls._default_head = None
        if is_usual and cls.default_status is not None and cls.default_mimetype is not None:
            cls._default_head = plain_head(
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
                body = response  # for Werkzeug to refuse, unless it refuses something else first
            if type(body) is bytes or body is None:
                if status is None and headers is None and mimetype is None and content_type is None:
                    self._plain = (head, body, ())
                    return
                has_body = body is not None
                head = plain_head(head, has_body, status, headers, mimetype, content_type)
                if head is not None:
                    self._plain = (head, body, ())
                    return
        super().__init__(response, status, headers, mimetype, content_type, direct_passthrough)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the response (PEP 3333)."""
        plain = self._plain
        if plain is None:
            return super().__call__(environ, start_response)
        (_, line, fields), body, added = plain
        if fields is None or body is None:
            return self._send_with_care(plain, environ, start_response)
        size = len(body)
        length = _LENGTHS[size] if size < _KNOWN_LENGTHS else ("Content-Length", str(size))
        start_response(line, [*fields, length, *added])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _send_with_care(
        self,
        plain: _Plain,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Send a plain response without a body, or with headers that somebody has looked at."""
        (code, line, fields), body, added = plain
        sent = list(self.__dict__["headers"] if fields is None else fields)
        if code == HTTPStatus.NOT_MODIFIED:
            remove_entity_headers(sent)
        names = [name.lower() for name, _ in sent]
        if "location" in names or "content-location" in names:
            locations = [field for field in sent if field[0].lower() in LOCATIONS]
            if not are_settled(locations):
                self._make_whole()
                return super().__call__(environ, start_response)
        if code not in BODILESS and "content-length" not in names:
            sent.append(("Content-Length", str(len(body or b""))))
        start_response(line, [*sent, *added])
        return [] if body is None or environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _show_headers(self) -> None:
        """Put the header fields of a plain response into a Headers object, unless they are in one.

        A response without a body is made whole: Werkzeug removes what is put into its headers.
        """
        plain = self._plain
        if plain is None or (fields := plain[0][2]) is None:
            return
        (code, line, _), body, added = plain
        if code in BODILESS:
            self._make_whole()
            return
        with _CHANGING:
            if self._plain is not plain:
                return
            headers = self.__dict__["headers"] = Headers()
            for name, value in fields:
                headers.add(name, value)
            if body is not None:
                headers.add("Content-Length", str(len(body)))
            for name, value in added:
                headers.add(name, value)
            self._plain = (code, line, None), body, ()

    def _make_whole(self) -> None:
        """Run Werkzeug's constructor, unless it has run; headers that were shown stay."""
        with _CHANGING:
            if self._plain is None:
                return
            (code, _, fields), body, added = self._plain
            attributes = vars(BaseResponse(body, code, fields))
            attributes["headers"].extend(added)
            if fields is None:
                del attributes["headers"]
            self.__dict__.update(attributes)
            # Last, so that no other thread takes a response for whole that is not.
            self._plain = None

    headers: Headers = _attribute("headers", _show_headers)
    response: Iterable[str] | Iterable[bytes] = _attribute("response", _make_whole)
    direct_passthrough: bool = _attribute("direct_passthrough", _make_whole)

    @property
    def status(self) -> str:
        """The status code and its phrase, as in ``200 OK``."""
        plain = self._plain
        return self._werkzeug_status if plain is None else plain[0][1]

    @status.setter
    def status(self, status: str | int | HTTPStatus) -> None:
        if self._plain is not None:
            self._make_whole()
        self._werkzeug_status = status

    @property
    def status_code(self) -> int:
        """The status code."""
        plain = self._plain
        return self._werkzeug_status_code if plain is None else plain[0][0]

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.status = code

    @overload
    def get_data(self, as_text: Literal[False] = ...) -> bytes: ...

    @overload
    def get_data(self, as_text: Literal[True]) -> str: ...

    def get_data(self, as_text: bool = False) -> bytes | str:
        """Return the body, as text if `as_text`."""
        plain = self._plain
        data = super().get_data() if plain is None else plain[1] or b""
        return data.decode() if as_text else data

    data = property(get_data, BaseResponse.set_data)

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        """Have a function called when the response is closed, after it was sent; return it."""
        self._make_whole()
        return super().call_on_close(func)

    @property
    def __class__(self) -> type[Any]:
        return type(self)

    @__class__.setter
    def __class__(self, response_type: type[Any]) -> None:
        """Change the type, as Werkzeug's ``force_type`` does: it takes responses for whole."""
        self._make_whole()
        vars(object)["__class__"].__set__(self, response_type)


def plain_response(head: Head, body: bytes, added: Fields = ()) -> Response:
    """Return a response of parts that are known to need no care.

    :param added: the header fields after Content-Length
    """
    response = Response.__new__(Response)
    response._plain = (head, body, added)
    return response


def extended(response: BaseResponse, added: Fields) -> Response | None:
    """Return a copy of a plain response that is sent with more header fields.

    :param added: the fields to add at the end, that need no care
    :return: None if it is not plain, has no body, has a field of such a name already, or if its
        headers have been looked at
    """
    if type(response) is not Response or (plain := response._plain) is None:
        return None
    (code, line, fields), body, already_added = plain
    if fields is None or body is None:
        return None
    others = fields[:-1] + already_added  # but for Content-Type
    if others:
        names = {name.lower() for name, _ in others}
        if not names.isdisjoint([name.lower() for name, _ in added]):
            return None
    copy = Response.__new__(Response)
    copy.__dict__.update(response.__dict__)
    copy._plain = (code, line, fields), body, already_added + added
    return copy


def response_maker(status: int, headers: Fields, content_type: str) -> Callable[[bytes], Response]:
    """Return the function that makes responses of bodies, for many that differ in nothing else.

    :param status: the status code
    :param headers: the header fields besides Content-Type
    :param content_type: the whole Content-Type
    """
    head = plain_head(_DEFAULT_HEAD, True, status, headers, None, content_type)
    if head is None:
        return lambda body: Response(body, status, headers, content_type=content_type)

    return partial(plain_response, head)
