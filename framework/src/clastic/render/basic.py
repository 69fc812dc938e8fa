"""Render any context as text, HTML or JSON, depending on its type and on the request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from boltons import tableutils
from markupsafe import Markup, escape

from clastic.compat.render import BasicRenderMembers
from clastic.development import check_context
from clastic.errors import BadRequest
from clastic.http import NOSNIFF, Request, Response, negotiate, respond_html, response_maker
from clastic.json import BYTES_TYPES, JSONEncoding, NoJSONForm, simplify
from clastic.render.table import MAX_DEPTH, Table, TabularRender

_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"

_CONTENT_TYPES = {"json": "application/json", "html": _HTML, "text": _TEXT}
_FORMATS = {"application/json": "json", "text/html": "html", "text/plain": "text"}

_DOCUMENT_START = re.compile(r"\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_NUMBERS = frozenset((bool, float, int))
_FIRST_OF_DOCUMENT = frozenset("< \t\r\n")

_respond_text = response_maker(200, (NOSNIFF,), _TEXT)
_responders = MappingProxyType(
    {
        _TEXT: _respond_text,
        _HTML: respond_html,
        _BINARY: response_maker(200, (NOSNIFF,), _BINARY),
    }
)


class BasicRender(BasicRenderMembers):
    """A render function that makes a suitable response from any context.

    - Text is ``text/plain``. It is ``text/html`` only if it begins with ``<!doctype html`` or
      ``<html``, in any case and after any white space, or if it is ``Markup``. So a tag in a user's
      text becomes HTML only if that text is the whole context: render such text by a template.
    - Bytes are treated like text if they are UTF-8; else they are ``application/octet-stream``.
    - A date, a UUID and the like are the text that JSON has for them. ``None``, a number and an
      object without a JSON form are their ``str()``.
    - An object with ``__html__()`` is HTML.
    - Everything else is data: JSON, or the same data as an HTML page with a table, or as a table
      in text. The query parameter decides (``?format=json``, ``html`` or ``text``), else the
      ``Accept`` header, else it is JSON. Values inside without a JSON form are their ``repr()``.

    :param qp_name: the query parameter that chooses the format; ``None`` for no such parameter
    :param dev_mode: show the ``repr`` of values that raise an error instead of failing
    :param max_depth: how many tables may be inside each other
    :param table_type: the type of the tables. Tables of another type have the values of the
        context, not their JSON form
    :param json_render: the render for JSON
    :param tabular_render: the render for HTML, in place of one with `max_depth` and `table_type`
    """

    def __init__(
        self,
        qp_name: str | None = "format",
        *,
        dev_mode: bool = False,
        max_depth: int = MAX_DEPTH,
        table_type: type[tableutils.Table] = Table,
        json_render: Callable[[Any], Response] | None = None,
        tabular_render: Callable[[Any, Any], Response] | None = None,
    ) -> None:
        self._qp_name = qp_name
        self._json = JSONEncoding(repr_unknown=True, lenient=dev_mode)
        self._json_render = json_render
        self._tabular_render = tabular_render
        self._tabular = TabularRender(max_depth, table_type=table_type)
        self._tables_show_json = table_type is Table

    def __init_subclass__(cls, **options: Any) -> None:
        """Let a subclass that overrides the call see every context."""
        super().__init_subclass__(**options)
        if "__call__" in vars(cls) and "without_request" not in vars(cls):
            cls.without_request = None  # type: ignore[assignment, method-assign]

    def __call__(self, context: object, request: Request, _route: Any = None) -> Response:
        """Render ``context``.

        :raises BadRequest: if the query parameter has an unknown format
        :raises TypeError: for data that contains itself, and for two keys that are equal in JSON;
            the error names the place
        """
        response = BasicRender.without_request(self, context)
        if response is not None:
            return response
        if hasattr(type(context), "__html__"):
            return respond_html(escape(context).encode())
        if not isinstance(context, (dict, list, tuple)):
            try:
                context = simplify(context)
            except NoJSONForm:
                if context is None:
                    check_context(context)
                if not isinstance(context, Iterable):
                    return _respond_text(str(context).encode())
        if isinstance(context, (str, int, float)):
            return _respond_text(str(context).encode())
        if context.__class__ is tuple:
            check_context(context)
        return self._render_data(context, request, _route)

    def without_request(self, context: object) -> Response | None:
        """Return the response with a string, bytes or a number, ``None`` for any other context.

        The chain of a route calls this first, so that such a context costs no request.
        """
        if type(context) is str and context[:1] not in _FIRST_OF_DOCUMENT:
            return _respond_text(context.encode())
        if isinstance(context, str):
            return _responders[_text_type(context)](context.encode())
        if isinstance(context, BYTES_TYPES):
            body = bytes(context)
            return _responders[_bytes_type(body)](body)
        return _respond_text(str(context).encode()) if type(context) in _NUMBERS else None

    def _render_data(self, context: object, request: Request, route: Any) -> Response:
        chosen = self._chosen_format(request)
        format_name = chosen or _accepted_format(request)
        if format_name == "json" and self._json_render is not None:
            response = self._json_render(context)
        elif format_name == "html" and self._tabular_render is not None:
            response = self._tabular_render(context, route)
        else:
            body = self._body(context, format_name, request, route)
            headers = [NOSNIFF] if chosen else [NOSNIFF, ("Vary", "Accept")]
            return Response(body, headers=headers, content_type=_CONTENT_TYPES[format_name])
        if not chosen:
            response.vary.add("Accept")
        return response

    def _body(self, context: object, format_name: str, request: Request, route: Any) -> str | bytes:
        if format_name == "html" and not self._tables_show_json:
            return self._tabular.page(context, route, self._json_url(request))
        body = self._json.encode(context)
        if format_name == "html":  # a page and a text show what the JSON has
            return self._tabular.page(json.loads(body), route, self._json_url(request))
        return Table.from_data(json.loads(body)).to_text() + "\n" if format_name == "text" else body

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
