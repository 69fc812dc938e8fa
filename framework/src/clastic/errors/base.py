"""The base of all HTTP errors: an exception to raise and a response to return, in one object."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard

from werkzeug.datastructures import Headers
from werkzeug.utils import get_content_type

from clastic.compat.errors import ErrorMembers
from clastic.errors.formats import TEXT, Format, choose_format, format_of
from clastic.errors.texts import texts_of
from clastic.http import NOSNIFF, BaseResponse, Response, add_vary, response_maker
from clastic.http.response import DeferredResponse, Fields
from clastic.http.sending import check_fields
from clastic.text import to_text

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_logger = logging.getLogger("clastic")


def is_final_status(code: object) -> TypeGuard[int]:
    """Return whether `code` can be the status of a response: an integer from 200 to 999."""
    return isinstance(code, int) and 200 <= code <= 999


class HTTPException(ErrorMembers, DeferredResponse, Exception):
    """An HTTP error, to be raised or returned.

    Its body is generated when it is sent, in the format of the client's ``Accept`` header, into a
    new response: one error can be sent for any number of requests. Before that, it can be used like
    any response: headers, cookies and ``call_on_close`` functions set on it are kept, and a body or
    a content type set on it replaces the generated one. Reading its body returns text.

    All attributes below can be set on a subclass. A subclass that sets a `code` of its own gets
    the `message` and `detail` of that code unless it sets them too.

    :param detail: what went wrong this time, any object; shown by ``str()``, and unchanged in JSON
        if it can be encoded. If None, that of the class: a sentence about `code`
    :param code: the status, an integer from 200 to 999
    :param message: the kind of error in a few words; if None, that of the class or of `code`
    :param error_type: a URL or another identifier of the kind of error (RFC 9457, section 3.1.1);
        problem+json has the address of the definition of `code` if it is None
    :param is_breaking: False to continue with the next matching route, so that this error is only
        sent if no route succeeds; True, the default, uses the attribute of the class
    :param source_route: the route that the error comes from
    :param mimetype: the format, whatever the client accepts; an unknown one is sent as text
    :param content_type: a complete ``Content-Type`` header, sent unchanged; it overrides `mimetype`
    :param headers: more headers to send: a mapping or pairs; a ``Content-Type`` among them works
        like `content_type`
    :param exc_info: a record of the exception behind this error
    :param dispatch_state: what has happened to the request
    :param request: not used; Clastic 26 passed it, as well as `application`
    :param application: not used
    :raises ValueError: if `code` is not a status, or no server can send a header
    """

    code: int = 500
    message: Any = texts_of(500).message
    detail: Any = texts_of(500).detail
    error_type: Any = None
    is_breaking: bool = True
    source_route: Any = None

    #: The id of the log entry about this error, if it was logged.
    error_id: str | None = None

    #: The record of the exception behind this error. Only debug pages show it.
    exc_info: Any = None

    #: The :class:`~clastic.application.DispatchState` of the request that this error responds to.
    dispatch_state: Any = None

    #: What a debug page adds to this error; see :class:`clastic.errors.formats.ErrorData`.
    debug: Any = None

    _fixed_type: str | None = None
    _given_headers: Fields = (NOSNIFF,)
    _written_body: bytes = b""

    @property
    def given_headers(self) -> Fields:
        """The header fields that are sent besides ``Content-Type`` and ``Content-Length``."""
        return self._given_headers

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
            texts = texts_of(cls.code)
            cls.message = own.get("message", texts.message)
            cls.detail = own.get("detail", texts.detail)
            cls.error_type = own.get("error_type")

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
        exc_info: Any = None,
        dispatch_state: Any = None,
        request: Any = None,
        application: Any = None,
    ) -> None:
        # Every 404 makes an error: set only what was given, the class has the rest.
        if code is not None and code != self.code:
            _check_code(code)
            self.code = code
            texts = texts_of(code)
            self.message, self.detail, self.error_type = texts.message, texts.detail, None
        if detail is not None:
            self.detail = detail
        if message is not None:
            self.message = message
        if error_type is not None:
            self.error_type = error_type
        if not is_breaking:
            self.is_breaking = False
        if source_route is not None:
            self.source_route = source_route
        if exc_info is not None:
            self.exc_info = exc_info
        if dispatch_state is not None:
            self.dispatch_state = dispatch_state
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
        body = _text(self, format_of(content_type)).encode()
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

    def __str__(self) -> str:
        return to_text(self.message if self.detail is None else self.detail)


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
        text = _text(error, format_of(fixed_type))
        return Response(text, error.code, headers, content_type=fixed_type)
    format = choose_format(accept)
    text = _text(error, format) if error.overrides_texts else format.write(error)
    return _maker(error.code, headers, format.content_type)(text.encode())


def _text(error: HTTPException, format: Format) -> str:
    """Return the text of `error`, made by its class if that overrides how."""
    try:
        return error.own_text(format)
    except Exception:
        _logger.exception("%s failed to make its own text", type(error).__name__)
        return format.write(error)


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
