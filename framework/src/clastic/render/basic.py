"""Render any context as text, HTML or JSON, depending on its type and on the request."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from clastic.errors import BadRequest
from clastic.http import NOSNIFF, Request, Response, negotiate, respond_html, response_maker
from clastic.json import BYTES_TYPES, JSONEncoding, NoJSONForm, simplify
from clastic.render.table import Table, TabularRender

_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"

_CONTENT_TYPES = {"json": "application/json", "html": _HTML, "text": _TEXT}
_FORMATS = {"application/json": "json", "text/html": "html", "text/plain": "text"}

_DOCUMENT_START = re.compile(r"\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_FIRST_OF_DOCUMENT = frozenset("< \t\r\n")

_respond_text = response_maker(200, (NOSNIFF,), _TEXT)
_responders = MappingProxyType(
    {
        _TEXT: _respond_text,
        _HTML: respond_html,
        _BINARY: response_maker(200, (NOSNIFF,), _BINARY),
    }
)


class BasicRender:
    """A render function that makes a suitable response from any context.

    - Text is ``text/plain``. It is ``text/html`` only if it begins with ``<!doctype html`` or
      ``<html``, in any case and after any white space, or if it is ``Markup``. So a tag in a user's
      text becomes HTML only if that text is the whole context: render such text by a template.
    - Bytes are treated like text if they are UTF-8; else they are ``application/octet-stream``.
    - ``None`` is an empty text, a number its ``str()``; a date, a UUID and the like are the text
      that JSON has for them.
    - An object with ``__html__()`` is HTML.
    - Everything else is data: JSON, or the same data as an HTML page with a table, or as a table
      in text. The query parameter decides (``?format=json``, ``html`` or ``text``), else the
      ``Accept`` header, else it is JSON.

    :param qp_name: the query parameter that chooses the format; ``None`` for no such parameter
    :param dev_mode: show the ``repr`` of values without a JSON form instead of failing
    :param max_depth: how many tables may be inside each other
    :param table_type: the type of the tables
    """

    def __init__(
        self,
        qp_name: str | None = "format",
        *,
        dev_mode: bool = False,
        max_depth: int = 4,
        table_type: type[Table] = Table,
    ) -> None:
        self._qp_name = qp_name
        self._json = JSONEncoding(lenient=dev_mode)
        self._tabular = TabularRender(max_depth, table_type=table_type)

    def __call__(self, context: object, request: Request, _route: Any = None) -> Response:
        """Render ``context``.

        :raises BadRequest: if the query parameter has an unknown format
        :raises TypeError: for data without a JSON form; the error names the place
        """
        if type(context) is str and context[:1] not in _FIRST_OF_DOCUMENT:
            return _respond_text(context.encode())
        if isinstance(context, str):
            return _responders[_text_type(context)](context.encode())
        if context is None:
            return _respond_text(b"")
        if isinstance(context, BYTES_TYPES):
            body = bytes(context)
            return _responders[_bytes_type(body)](body)
        if hasattr(type(context), "__html__"):
            return respond_html(escape(context).encode())
        if not isinstance(context, (dict, list, tuple)):
            with suppress(NoJSONForm):
                context = simplify(context)
        if isinstance(context, (str, int, float)):
            return _respond_text(str(context).encode())
        return self._render_data(context, request, _route)

    def _render_data(self, context: object, request: Request, route: Any) -> Response:
        chosen = self._chosen_format(request)
        headers = [NOSNIFF] if chosen else [NOSNIFF, ("Vary", "Accept")]
        format_name = chosen or _accepted_format(request)
        body: str | bytes = self._json.encode(context)
        if format_name == "html":  # a page and a text show what the JSON has
            body = self._tabular.page(json.loads(body), route, self._json_url(request))
        elif format_name == "text":
            body = Table.from_data(json.loads(body)).to_text() + "\n"
        return Response(body, headers=headers, content_type=_CONTENT_TYPES[format_name])

    def _chosen_format(self, request: Request) -> str | None:
        if self._qp_name is None or not request.environ.get("QUERY_STRING"):
            return None
        chosen = request.args.get(self._qp_name)
        if chosen and chosen not in _CONTENT_TYPES:
            raise BadRequest(f"{self._qp_name} must be one of {', '.join(_CONTENT_TYPES)}")
        return chosen or None

    def _json_url(self, request: Request) -> str | None:
        if self._qp_name is None:
            return None
        others = [pair for pair in request.args.items(multi=True) if pair[0] != self._qp_name]
        return "?" + urlencode([*others, (self._qp_name, "json")])


def _accepted_format(request: Request) -> str:
    # Most clients that are not browsers name no text type; their header needs no parsing.
    accept = request.environ.get("HTTP_ACCEPT", "")
    if "text/" not in accept.lower():
        return "json"
    mimetype = negotiate(accept, tuple(_FORMATS))
    return "json" if mimetype is None else _FORMATS[mimetype]


def _text_type(text: str) -> str:
    is_document = text[:1] in _FIRST_OF_DOCUMENT and _DOCUMENT_START.match(text)
    return _HTML if is_document or isinstance(text, Markup) else _TEXT


def _bytes_type(body: bytes) -> str:
    try:
        return _text_type(body.decode())
    except UnicodeDecodeError:
        return _BINARY


render_basic = BasicRender()
