"""The base of all HTTP errors: an exception to raise and a response to return, in one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeGuard

from werkzeug.datastructures import Headers
from werkzeug.utils import get_content_type

from clastic.errors.formats import TEXT, choose_format, format_of, phrase_of
from clastic.http import NOSNIFF, BaseResponse, Response, add_vary, response_maker
from clastic.http.response import DeferredResponse, Fields
from clastic.http.sending import check_fields
from clastic.text import to_text

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The sections of the RFCs that define the status codes.
_DEFINITIONS = MappingProxyType(
    {
        **{code: f"rfc9110#section-15.5.{code - 399}" for code in range(400, 418)},
        418: "rfc2324#section-2.3.2",
        421: "rfc9110#section-15.5.20",
        422: "rfc9110#section-15.5.21",
        423: "rfc4918#section-11.3",
        424: "rfc4918#section-11.4",
        425: "rfc8470#section-5.2",
        426: "rfc9110#section-15.5.22",
        428: "rfc6585#section-3",
        429: "rfc6585#section-4",
        431: "rfc6585#section-5",
        451: "rfc7725#section-3",
        **{code: f"rfc9110#section-15.6.{code - 499}" for code in range(500, 506)},
        506: "rfc2295#section-8.1",
        507: "rfc4918#section-11.5",
        508: "rfc5842#section-7.2",
        510: "rfc2774#section-7",
        511: "rfc6585#section-6",
    }
)


def is_final_status(code: object) -> TypeGuard[int]:
    """Return whether `code` can be the status of a response: an integer from 200 to 999."""
    return isinstance(code, int) and 200 <= code <= 999


def type_of(code: int) -> str:
    """Return the address of the section of the RFC that defines the status `code`.

    For a code that no RFC defines it is ``about:blank``, which RFC 9457 (section 4.2.1) defines as
    "no more than the status".
    """
    definition = _DEFINITIONS.get(code)
    return "about:blank" if definition is None else f"https://www.rfc-editor.org/rfc/{definition}"


class HTTPException(DeferredResponse, Exception):
    """An HTTP error, to be raised or returned.

    Its body is generated when it is sent, in the format of the client's ``Accept`` header, into a
    new response: one error can be sent for any number of requests. Before that, it can be used like
    any response: headers, cookies and ``call_on_close`` functions set on it are kept, and a body or
    a content type set on it replaces the generated one. Reading its body returns text.

    All attributes below can be set on a subclass. A subclass that sets a `code` of its own gets
    the `message` and `error_type` of that code unless it sets them too.

    :param detail: what went wrong this time, any object; shown by ``str()``, and unchanged in JSON
        if it can be encoded
    :param code: the status, an integer from 200 to 999
    :param message: the kind of error in a few words; the standard phrase of `code` if None
    :param error_type: a URL or another identifier of the kind of error (RFC 9457, section 3.1.1);
        the address of the definition of `code` if None
    :param is_breaking: False to continue with the next matching route, so that this error is only
        sent if no route succeeds; True, the default, uses the attribute of the class
    :param source_route: the route that the error comes from
    :param mimetype: the format, whatever the client accepts; an unknown one is sent as text
    :param content_type: a complete ``Content-Type`` header, sent unchanged; it overrides `mimetype`
    :param headers: more headers to send: a mapping or pairs; a ``Content-Type`` among them works
        like `content_type`
    :raises ValueError: if `code` is not a status, or no server can send a header
    """

    code: int = 500
    message: Any = phrase_of(500)
    detail: Any = None
    error_type: Any = type_of(500)
    is_breaking: bool = True
    source_route: Any = None

    #: The id of the log entry about this error, if it was logged.
    error_id: str | None = None

    #: The record of the exception behind this error. Only debug pages show it.
    exc_info: Any = None

    #: What a debug page adds to this error; see :class:`clastic.errors.formats.ErrorData`.
    debug: Any = None

    _fixed_type: str | None = None
    _given_headers: Fields = (NOSNIFF,)
    _written_body: bytes = b""

    def __init_subclass__(cls, code: int | None = None, **options: Any) -> None:
        """Complete a class that has a `code` of its own.

        :param code: that code; the same as ``code = ...`` in the body of the class
        :raises ValueError: if it is not a status
        """
        super().__init_subclass__(**options)
        if code is not None:
            cls.code = code
        own = vars(cls)
        if "code" in own:
            _check_code(cls.code)
            cls.message = own.get("message", phrase_of(cls.code))
            cls.error_type = own.get("error_type", type_of(cls.code))

    def __init__(
        self,
        detail: Any = None,
        *,
        code: int | None = None,
        message: Any = None,
        error_type: Any = None,
        is_breaking: bool = True,
        source_route: Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]] | None = None,
    ) -> None:
        # Every 404 makes an error: set only what was given, the class has the rest.
        if detail is not None:
            self.detail = detail
        if code is not None and code != self.code:
            _check_code(code)
            self.code = code
            self.message = phrase_of(code)
            self.error_type = type_of(code)
        if message is not None:
            self.message = message
        if error_type is not None:
            self.error_type = error_type
        if not is_breaking:
            self.is_breaking = False
        if source_route is not None:
            self.source_route = source_route
        if headers is not None:
            given = Headers(headers)
            check_fields(given, with_locations=False)
            self._fixed_type = given.get("Content-Type")
            given.setdefault(*NOSNIFF)
            self._given_headers = _without_body_headers(given)
        if content_type is None and mimetype is not None:
            content_type = get_content_type(mimetype, "utf-8")
        if content_type is not None:
            check_fields([("Content-Type", content_type)])
            self._fixed_type = content_type

    def _make(self) -> BaseResponse:
        """Return the response to use when an attribute is read: text, or the fixed format."""
        content_type = self._fixed_type or TEXT.content_type
        body = format_of(content_type).write(self).encode()
        response = Response(body, self.code, self._given_headers, content_type=content_type)
        vars(response)["_written_body"] = body  # becomes an attribute of the error, like the rest
        return response

    @property
    def status_code(self) -> int:
        """The same as `code`."""
        return self.code

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.status = code

    @property
    def status(self) -> str:
        """The status line of `code`. A phrase set with it is not kept."""
        return BaseResponse(status=self.code).status

    @status.setter
    def status(self, status: str | int) -> None:
        self.code = Response(status=status).status_code

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send the error (PEP 3333), in the format that the request accepts."""
        response = render_by_accept(self, environ.get("HTTP_ACCEPT"))
        return response(environ, start_response)

    def __repr__(self) -> str:
        explanation = self.message if self.detail is None else self.detail
        return f"{type(self).__name__}({self.code}): {to_text(explanation)}"

    __str__ = __repr__


def render_by_accept(error: HTTPException, accept: str | None) -> BaseResponse:
    """Return a response with the text of `error`, which stays as it is.

    :param accept: the ``Accept`` header of the request, None if it has none
    """
    if "_parts" in error.__dict__:
        return _render_changed(error, accept)
    return _write(error, accept, error._fixed_type, error._given_headers)


def _write(
    error: HTTPException, accept: str | None, fixed_type: str | None, headers: Fields
) -> BaseResponse:
    """Return a new response with the text of `error`: in the fixed format, or by `accept`."""
    if fixed_type is not None:
        text = format_of(fixed_type).write(error)
        return Response(text, error.code, headers, content_type=fixed_type)
    _, content_type, write = choose_format(accept)
    return _maker(error.code, headers, content_type)(write(error).encode())


@lru_cache(128)  # of a pure function: most errors of an application differ only in their bodies
def _maker(code: int, headers: Fields, content_type: str) -> Callable[[bytes], BaseResponse]:
    varying = Headers(headers)
    add_vary(varying, "Accept")
    return response_maker(code, tuple(varying), content_type)


def _render_changed(error: HTTPException, accept: str | None) -> BaseResponse:
    """Return the same as `_write`, for an error whose headers or body may have changed."""
    content_type = error.headers.get("Content-Type")
    headers = _without_body_headers(error.headers)
    has_own_body = error._parts is None and error.response != [error._written_body]
    response: BaseResponse
    if has_own_body:
        response = Response(
            error.response,
            error.code,
            headers,
            content_type=content_type,
            direct_passthrough=error.direct_passthrough,
        )
    else:
        is_changed = content_type != (error._fixed_type or TEXT.content_type)
        response = _write(error, accept, content_type if is_changed else error._fixed_type, headers)
    if error._parts is None:
        response.call_on_close(error.close)
    return response


def _without_body_headers(headers: Headers) -> Fields:
    """Return `headers` without those that are made anew for each body."""
    return tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in ("content-type", "content-length")
    )


def _check_code(code: object) -> None:
    if not is_final_status(code):
        raise ValueError(f"code must be a status from 200 to 999, not {code!r}")
