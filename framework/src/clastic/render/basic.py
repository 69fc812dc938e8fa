"""A render function that fits any context: text, HTML or JSON, by what it is and who asks."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from clastic.errors import BadRequest
from clastic.http import Request, Response
from clastic.json import BYTES_TYPES, PATH, UUID, JSONEncoding, imported_types, simplify
from clastic.render.table import Table, TabularRender

HTML = "text/html; charset=utf-8"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"

CONTENT_TYPES = {"json": JSON, "html": HTML, "text": TEXT}
MIMETYPES = {"application/json": "json", "text/html": "html", "text/plain": "text"}

DOCUMENT_START = re.compile(r"\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
FIRST_OF_DOCUMENT = frozenset("< \t\r\n")

SCALARS = (date, time, timedelta, Enum)
NUMBERS = (int, float, complex)
NUMBER = ("numbers", "Number")


class BasicRender:
    """A render function that makes the response that fits the context.

    - Text is ``text/plain``. It is ``text/html`` only if it begins with ``<!doctype html`` or
      ``<html``, in any case and after any white space, or is ``Markup``. So a tag in the text of
      a user becomes HTML only where that text is the whole context: render such text by a template.
    - Bytes are the same when they are UTF-8, else ``application/octet-stream``.
    - ``None`` is an empty text, a number its ``str()``; a date, UUID or the like is the text that
      JSON has for it.
    - An object with ``__html__()`` is HTML.
    - Everything else is data: JSON, or the same data as an HTML page with a table, or as a table
      in text. The query parameter decides (``?format=json``, ``html`` or ``text``), else what
      ``Accept`` prefers, else it is JSON.

    :param qp_name: the query parameter that decides; ``None`` for no such parameter
    :param dev_mode: show the ``repr`` of what has no JSON form instead of failing
    :param max_depth: how many tables may be inside each other
    """

    def __init__(
        self, qp_name: str | None = "format", *, dev_mode: bool = False, max_depth: int = 4
    ) -> None:
        self._qp_name = qp_name
        self._json = JSONEncoding(lenient=dev_mode)
        self._table = TabularRender(max_depth)
        self._max_depth = max_depth

    def __call__(self, context: object, request: Request, _route: Any = None) -> Response:
        """Render ``context``.

        :raises BadRequest: when the query parameter names no format
        :raises TypeError: for data of a type that JSON has nothing for, with its place
        :raises ValueError: for NaN, Infinity, bytes that are no text, and data that contains
            itself, with the place
        """
        if type(context) is str and context[:1] not in FIRST_OF_DOCUMENT:
            return Response(context)  # Plain text is what a response is if nothing else is said.
        if isinstance(context, str):
            return Response(context, content_type=_text_type(context))
        if context is None:
            return Response("", content_type=TEXT)
        if isinstance(context, BYTES_TYPES):
            body = bytes(context)
            return Response(body, content_type=_bytes_type(body))
        if hasattr(type(context), "__html__"):
            return Response(str(escape(context)), content_type=HTML)
        if isinstance(context, (*SCALARS, *imported_types(UUID, PATH))):
            return Response(str(simplify(context)), content_type=TEXT)
        if isinstance(context, (*NUMBERS, *imported_types(NUMBER))):
            return Response(str(context), content_type=TEXT)
        return self._data_response(context, request, _route)

    def _data_response(self, context: object, request: Request, route: Any) -> Response:
        chosen = self._chosen_format(request)
        headers = None if chosen else [("Vary", "Accept")]
        format_name = chosen or _accepted_format(request)
        if format_name == "json":
            body: str | bytes = self._json.encode(context)
        elif format_name == "html":
            body = self._table.page(self._json.plain(context), route, self._json_url(request))
        else:
            table = Table.from_data(self._json.plain(context), max_depth=self._max_depth)
            body = table.to_text() + "\n"
        return Response(body, headers=headers, content_type=CONTENT_TYPES[format_name])

    def _chosen_format(self, request: Request) -> str | None:
        if self._qp_name is None or not request.environ.get("QUERY_STRING"):
            return None
        chosen = request.args.get(self._qp_name)
        if chosen and chosen not in CONTENT_TYPES:
            raise BadRequest(f"{self._qp_name} can be {', '.join(CONTENT_TYPES)}, and nothing else")
        return chosen or None

    def _json_url(self, request: Request) -> str | None:
        if self._qp_name is None:
            return None
        others = [pair for pair in request.args.items(multi=True) if pair[0] != self._qp_name]
        return "?" + urlencode([*others, (self._qp_name, "json")])


def _accepted_format(request: Request) -> str:
    # Most clients that are no browsers name no text type; they need no parsing.
    if "text/" not in request.environ.get("HTTP_ACCEPT", "").lower():
        return "json"
    mimetype = request.accept_mimetypes.best_match(MIMETYPES)
    return "json" if mimetype is None else MIMETYPES[mimetype]


def _text_type(text: str) -> str:
    if text[:1] in FIRST_OF_DOCUMENT and DOCUMENT_START.match(text):
        return HTML
    return HTML if isinstance(text, Markup) else TEXT


def _bytes_type(body: bytes) -> str:
    try:
        return _text_type(body.decode())
    except UnicodeDecodeError:
        return "application/octet-stream"


render_basic = BasicRender()
