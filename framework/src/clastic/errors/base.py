"""What every HTTP error is: an exception to raise and a response to return, in one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_set_header
from werkzeug.utils import get_content_type

from clastic.errors.formats import TEXT, choose_format, format_of
from clastic.errors.status import is_final_status, phrase_of, type_of
from clastic.http import BaseResponse, Response, response_maker
from clastic.text import to_text

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_VARY = (("Vary", "Accept"),)


class HTTPException(Response, Exception):
    """An HTTP error, to be raised or returned.

    It costs next to nothing to make: its body is written when it is answered with, in the format
    that the client's ``Accept`` header asks for, into a response of its own, so that one error can
    answer any number of requests. Until then it can be used like any response: headers, cookies and
    ``call_on_close`` functions set on it are kept, and a body or a content type set on it is what
    it is answered with. Looked at as a response, it is its plain text.

    All attributes below can be set on a subclass. A subclass that sets a `code` of its own gets
    the `message` and `error_type` of that code unless it sets them too.

    :param detail: what went wrong this time, any object; shown by ``str()``, in JSON as it is if
        it can be
    :param code: the status, an integer from 200 to 999
    :param message: what kind of error it is, in a few words; the standard phrase of `code` if None
    :param error_type: a URL or another identifier of the kind of error (RFC 9457, section 3.1.1);
        the address of the definition of `code` if None
    :param is_breaking: False to let dispatch go on with the next matching route, so that this is
        the answer only if none succeeds; True leaves that to the class
    :param source_route: the route that the error comes from
    :param mimetype: answer in this format whatever the client accepts; text for an unknown one
    :param content_type: the same as a whole ``Content-Type``, which is sent as given
    :param headers: more headers to send: a mapping or pairs; a ``Content-Type`` among them works
        like `content_type`
    :raises ValueError: if `code` is no status, or a header contains a line break
    """

    code: int = 500
    message: Any = phrase_of(500)
    detail: Any = None
    error_type: Any = type_of(500)
    is_breaking: bool = True
    source_route: Any = None

    #: What the log calls this very error, if it was logged.
    error_id: str | None = None

    #: The record of the exception behind this error, for the developer: pages never show it.
    exc_info: Any = None

    #: A complete response that is the answer instead of a written one.
    ready_response: BaseResponse | None = None

    _fixed_type: str | None = None
    _given_headers: tuple[tuple[str, str], ...] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Complete a class that has a `code` of its own.

        :raises ValueError: if the code is no status
        """
        super().__init_subclass__(**options)
        base = next(base for base in cls.__mro__[1:] if issubclass(base, HTTPException))
        if cls.code != base.code:
            _check_code(cls.code)
            own = vars(cls)
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
        # An error is made for each miss: only what was given is set, the rest is the class's.
        # What Response.__init__ would set, __getattr__ adds when it is wanted.
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
            self._give_headers(headers)
        if content_type is not None:
            self._fixed_type = content_type
        elif mimetype is not None:
            self._fixed_type = get_content_type(mimetype, "utf-8")

    def _give_headers(
        self, headers: Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]
    ) -> None:
        given = Headers(headers)  # checks them
        self._fixed_type = given.get("Content-Type")
        self._given_headers = tuple(_without_body_headers(given))

    def __getattr__(self, name: str) -> Any:
        """Become whole as a response when one of the attributes of a response is wanted."""
        is_special = name.startswith("__")
        if not is_special and "_written_body" not in self.__dict__:
            self._become_whole()
        if is_special or name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__[name]

    def _become_whole(self) -> None:
        """Add what Werkzeug's constructor would set, for a response with the text of this error."""
        content_type = self._fixed_type or TEXT.content_type
        whole = BaseResponse(
            format_of(content_type).write(self).encode(),
            self.code,
            list(self._given_headers),
            content_type=content_type,
        )
        # Nothing that is there already is replaced, so that two threads may do this at once.
        for name, value in vars(whole).items():
            self.__dict__.setdefault(name, value)
        self.__dict__.setdefault("_written_body", list(whole.iter_encoded()))

    @property
    def status_code(self) -> int:
        """The same as `code`."""
        return self.code

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.code = code

    @property
    def status(self) -> str:
        """The status line of `code`. A phrase set with it is not kept."""
        return BaseResponse(status=self.code).status

    @status.setter
    def status(self, status: str | int) -> None:
        self.code = BaseResponse(status=status).status_code

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request, in the format that it accepts."""
        response = render_by_accept(self, environ.get("HTTP_ACCEPT"))
        return response(environ, start_response)

    def __repr__(self) -> str:
        explanation = self.message if self.detail is None else self.detail
        return f"{type(self).__name__}({self.code}): {to_text(explanation)}"

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        return _remake, (type(self), self.args), self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        self.__dict__.update(state or {})


def render_by_accept(error: HTTPException, accept: str | None) -> BaseResponse:
    """Return the response that answers with `error`, which stays as it is.

    :param accept: the ``Accept`` header of the request, None if it has none
    """
    if error.ready_response is not None:
        return error.ready_response
    attributes = error.__dict__
    if "headers" in attributes or "response" in attributes:
        return _render_touched(error, accept)
    return _write(error, accept, error._fixed_type, error._given_headers)


def _write(
    error: HTTPException,
    accept: str | None,
    fixed_type: str | None,
    headers: tuple[tuple[str, str], ...],
) -> BaseResponse:
    """Return a new response with the text of `error`: in the fixed format, or by `accept`."""
    if fixed_type is not None:
        text = format_of(fixed_type).write(error)
        return Response(text, error.code, headers, content_type=fixed_type)
    format = choose_format(accept)
    make = _maker(error.code, headers, format.content_type)
    return make(format.write(error).encode())


@lru_cache(128)  # of a pure function: most errors of an application differ in their bodies alone
def _maker(
    code: int, headers: tuple[tuple[str, str], ...], content_type: str
) -> Callable[[bytes], BaseResponse]:
    return response_maker(code, _with_vary(headers) if headers else _VARY, content_type)


def _render_touched(error: HTTPException, accept: str | None) -> BaseResponse:
    """Return what `_write` does for an error whose attributes as a response may have changed."""
    content_type = error.headers.get("Content-Type")
    headers = tuple(_without_body_headers(error.headers))
    if error.response != error._written_body:
        response: BaseResponse = Response(
            error.response,
            error.code,
            headers,
            content_type=content_type,
            direct_passthrough=error.direct_passthrough,
        )
    else:
        is_changed = content_type != TEXT.content_type
        fixed_type = content_type if is_changed else error._fixed_type
        response = _write(error, accept, fixed_type, headers)
    response.call_on_close(error.close)
    return response


def _without_body_headers(headers: Headers) -> Iterator[tuple[str, str]]:
    """Yield `headers` without those that are made anew for each body."""
    for name, value in headers:
        if name.lower() not in ("content-type", "content-length"):
            yield name, value


def _with_vary(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return `headers` with ``Accept`` in their ``Vary``."""
    given = [value for name, value in headers if name.lower() == "vary"]
    if not given:
        return headers + _VARY
    vary = parse_set_header(", ".join(given))
    if "*" in vary:
        return headers
    vary.add("Accept")
    others = (header for header in headers if header[0].lower() != "vary")
    return (*others, ("Vary", vary.to_header()))


def _check_code(code: object) -> None:
    if not is_final_status(code):
        raise ValueError(f"code must be a status from 200 to 999, not {code!r}")


def _remake(error_type: type[HTTPException], args: tuple[Any, ...]) -> HTTPException:
    """Return an error as pickle and copy want it: with its arguments, before its state is set."""
    return error_type.__new__(error_type, *args)
