"""Render functions that write data: JSON, and JSONP for other sites."""

from __future__ import annotations

import re

from clastic.errors import BadRequest
from clastic.http import BaseResponse, Request, Response, response_maker
from clastic.render.json_encoding import JSONEncoding

CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
LONGEST_CALLBACK = 128
DEV_INDENT = 2
JSON_TYPE = "application/json"


class JSONRender:
    """A render function: the context as JSON (RFC 8259).

    Besides what JSON has, it writes mappings, iterables, dataclasses, objects with ``to_dict()`` or
    ``asdict()``, dates, UUIDs, decimals and more: :func:`~clastic.render.json_values.simplify` has
    the list.

    :param streaming: send an array or object member by member as it is iterated over; an error
        in the middle can no longer change the status, it breaks the response off
    :param dev_mode: write the ``repr`` of what has no JSON form instead of failing, and indent
    :param encoding: what bytes in the context are decoded by; the response is always UTF-8
    :param indent: spaces a level; ``None`` is the most compact form, or 2 in ``dev_mode``
    :param sort_keys: order the entries of objects by key
    """

    def __init__(
        self,
        streaming: bool = False,
        dev_mode: bool = False,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
    ) -> None:
        self._json = _json_encoding(dev_mode, encoding, indent, sort_keys)
        self._streaming = streaming
        self._respond = response_maker(200, (), JSON_TYPE)

    def __call__(self, context: object) -> BaseResponse:
        """Render ``context``.

        :raises TypeError: for a type or a key that JSON has nothing for, with its place
        :raises ValueError: for NaN, Infinity, bytes that are no text, and a context that contains
            itself, with the place
        """
        if self._streaming:
            return Response(self._json.iter_encode(context), content_type=JSON_TYPE)
        return self._respond(self._json.encode(context))


class JSONPRender:
    """A render function: JSON, as a script that calls the function which the client names.

    Any site can read what is served like this with the cookies of its visitor: for public data
    only. Without the parameter in the query string the response is plain JSON.

    :param qp_name: the query parameter with the name of the function: identifiers, with dots
        between them
    :param dev_mode: as for :class:`JSONRender`, and so are the others
    """

    def __init__(
        self,
        qp_name: str = "callback",
        dev_mode: bool = False,
        encoding: str = "utf-8",
        indent: int | None = None,
        sort_keys: bool = False,
    ) -> None:
        self._qp_name = qp_name
        self._json = _json_encoding(dev_mode, encoding, indent, sort_keys)

    def __call__(self, request: Request, context: object) -> Response:
        """Render ``context``.

        :raises BadRequest: when the parameter is no name of a function
        :raises TypeError: as :class:`JSONRender` does
        :raises ValueError: likewise
        """
        headers = [("X-Content-Type-Options", "nosniff")]
        callback = request.args.get(self._qp_name)
        body = self._json.encode(context)
        if callback is None:
            return Response(body, headers=headers, content_type=JSON_TYPE)
        if len(callback) > LONGEST_CALLBACK or not CALLBACK.fullmatch(callback):
            raise BadRequest(
                f"{self._qp_name} is the name of a JavaScript function: identifiers with dots "
                f"between them, of at most {LONGEST_CALLBACK} characters in all"
            )
        # The comment keeps the name from being the first bytes, which some plug-ins took for a
        # file of their own kind.
        script = b"/**/%b(%b);" % (callback.encode(), _inside_script(body))
        return Response(script, headers=headers, content_type="text/javascript; charset=utf-8")


def _json_encoding(
    dev_mode: bool, encoding: str, indent: int | None, sort_keys: bool
) -> JSONEncoding:
    if dev_mode and indent is None:
        indent = DEV_INDENT
    return JSONEncoding(encoding=encoding, indent=indent, sort_keys=sort_keys, lenient=dev_mode)


def _inside_script(json: bytes) -> bytes:
    """Escape what ends a line in older JavaScript or means something to HTML; JSON stays JSON."""
    json = json.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return json.replace(b"<", b"\\u003c")


render_json = JSONRender()
render_json_dev = JSONRender(dev_mode=True)
