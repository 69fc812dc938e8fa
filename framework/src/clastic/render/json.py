"""Render data as JSON, or as JSONP for other sites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from clastic.compat.render import JSONRenderMembers
from clastic.development import SUSPICIOUS, check_context
from clastic.errors import BadRequest
from clastic.http import NOSNIFF, Request, Response, response_maker
from clastic.json import JSONEncoding

_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_LONGEST_CALLBACK = 128
_DEV_INDENT = 2
_JSON_TYPE = "application/json"


class JSONRender(JSONRenderMembers):
    """A render function that writes the context as JSON (RFC 8259).

    Besides what JSON has, it accepts mappings, iterables, dataclasses, objects with ``to_dict()``
    or ``asdict()``, dates, UUIDs, decimals and more; :func:`clastic.json.simplify` lists them.

    :param streaming: send the members of a generator while it is iterated over; an error then cuts
        off the response, because its status is sent already
    :param dev_mode: write the ``repr`` of values without a JSON form instead of failing, and indent
    :param encoding: how bytes in the context are decoded; the response is always UTF-8
    :param indent: spaces per level; ``None`` is the most compact form, or 2 in ``dev_mode``
    :param sort_keys: sort the keys of objects
    """

    def __init__(
        self,
        streaming: bool = False,
        dev_mode: bool = False,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
    ) -> None:
        if dev_mode and indent is None:
            indent = _DEV_INDENT
        self._json = JSONEncoding(
            encoding=encoding, indent=indent, sort_keys=sort_keys, lenient=dev_mode
        )
        self.streaming = streaming
        self.dev_mode = dev_mode
        self.encoding = encoding
        self._respond = response_maker(200, (NOSNIFF,), _JSON_TYPE)

    def __call__(self, context: object) -> Response:
        """Render ``context``.

        :raises TypeError: for what has no JSON form, such as NaN, a key that is not text, or a
            value that contains itself; the error names the place
        """
        if context.__class__ in SUSPICIOUS:
            check_context(context)
        if self.streaming:
            chunks = self._json.iter_encode(context)
            return Response(chunks, headers=[NOSNIFF], content_type=_JSON_TYPE)
        return self._respond(self._json.encode(context))


class JSONPRender(JSONRender):
    """A render function for JSONP: a script that calls the function named by the client.

    Use it for public data only: any site can read it with the cookies of its visitor. Without the
    query parameter the response is plain JSON.

    :param qp_name: the query parameter with the name of the function, which is one or more
        identifiers separated by dots
    :param streaming: as for :class:`JSONRender`, like the other parameters
    """

    def __init__(
        self,
        qp_name: str = "callback",
        streaming: bool = False,
        dev_mode: bool = False,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
    ) -> None:
        super().__init__(streaming, dev_mode, encoding, indent, sort_keys)
        self._qp_name = qp_name

    def __call__(self, request: Request, context: object) -> Response:  # type: ignore[override]
        """Render ``context``.

        :raises BadRequest: if the parameter is not the name of a function
        :raises TypeError: as :class:`JSONRender`
        """
        if context.__class__ in SUSPICIOUS:
            check_context(context)
        callback, content_type = request.args.get(self._qp_name), _JSON_TYPE
        parts: Iterable[bytes]
        parts = self._json.iter_encode(context) if self.streaming else [self._json.encode(context)]
        if callback:
            self._check_callback(callback)
            content_type = "text/javascript; charset=utf-8"
            parts = _script(callback, parts)
        body = parts if self.streaming else b"".join(parts)
        return Response(body, headers=[NOSNIFF], content_type=content_type)

    def _check_callback(self, callback: str) -> None:
        if len(callback) > _LONGEST_CALLBACK or not _CALLBACK.fullmatch(callback):
            raise BadRequest(
                f"{self._qp_name} must be the name of a JavaScript function: identifiers separated "
                f"by dots, of at most {_LONGEST_CALLBACK} characters in all"
            )


def _script(callback: str, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the script that calls a function with the JSON."""
    # The comment keeps the name from being the first bytes of the file, where some plug-ins would
    # read it as a file format of their own.
    yield f"/**/{callback}(".encode()
    for json in parts:
        # Escape line ends of older JavaScript and "<"; the JSON means the same.
        json = json.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
        yield json.replace(b"<", b"\\u003c")
    yield b");"


_encoding = JSONEncoding()
render_json = JSONRender()
render_json_dev = JSONRender(dev_mode=True)


def JSONResponse(  # noqa: N802 (it stands for a class)
    data: object,
    status: int = 200,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
) -> Response:
    """Return a response with JSON, for an endpoint that sets the status or headers.

    :param data: as for ``render_json``
    :param status: the status code
    :param headers: more header fields
    :raises TypeError: as :class:`JSONRender`
    :raises ValueError: for a header that no server can send
    """
    if status == 200 and headers is None:
        return render_json(data)
    fields = headers.items() if isinstance(headers, Mapping) else headers or ()
    body = _encoding.encode(data)
    return Response(body, status, [*fields, NOSNIFF], content_type=_JSON_TYPE)
