"""Define the members of HTTP errors that exist for apps written for Clastic 26."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import unescape
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

from markupsafe import escape

from clastic.text import to_text

# The member that returns the text of an error in a format.
_MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "text/plain": "to_text",
        "text/html": "to_html",
        "application/json": "to_json",
        "application/xml": "to_xml",
    }
)
_OVERRIDABLE = (*_MEMBERS.values(), "to_dict", "to_escaped_dict")


class ErrorMembers:
    """Members of :class:`~clastic.errors.HTTPException`.

    A subclass that overrides one of them sends the texts that its members return. JSON and plain
    text are made of :meth:`to_dict`, HTML and XML of :meth:`to_escaped_dict`.
    """

    code: int
    message: Any
    detail: Any
    error_type: Any
    error_id: str | None
    debug: Any
    response: Any

    #: Whether a class overrides one of the members that return texts.
    overrides_texts: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.overrides_texts = any(
            getattr(cls, name) is not getattr(ErrorMembers, name) for name in _OVERRIDABLE
        )

    def own_text(self, format: Any) -> str:
        """Return the text in a :class:`~clastic.errors.formats.Format`, made by the members."""
        name = _MEMBERS.get(format.mimetype) if self.overrides_texts else None
        text: str = format.write(self) if name is None else getattr(self, name)()
        return text

    def to_dict(self) -> dict[str, Any]:
        """Return the ``code``, ``message``, ``detail`` and ``error_type``.

        There is an ``error_id``, too, if the error was logged.
        """
        from clastic.errors.formats import fields_of

        return fields_of(self)

    def to_escaped_dict(self) -> dict[str, str]:
        """Return the values of :meth:`to_dict` as text that is escaped for HTML and XML."""
        return {
            name: "" if value is None else str(escape(to_text(value)))
            for name, value in self.to_dict().items()
        }

    def to_json(self, indent: int | None = 2, sort_keys: bool = True, skipkeys: bool = True) -> str:
        """Return JSON, by the arguments of :func:`json.dumps`."""
        return json.dumps(
            self.to_dict(), indent=indent, sort_keys=sort_keys, skipkeys=skipkeys, default=to_text
        )

    def to_text(self) -> str:
        """Return plain text."""
        return self._write("text/plain", self.to_dict())

    def to_html(self) -> str:
        """Return an HTML document."""
        return self._write("text/html", self._unescaped())

    def to_xml(self) -> str:
        """Return an XML document."""
        from clastic.errors.formats import xml_document

        return xml_document(self._unescaped())

    def adapt(self, mimetype: str | None = None) -> None:
        """Set the body and the content type to a format of errors.

        :param mimetype: the format; plain text for None and for an unknown one
        """
        from clastic.errors.formats import format_of

        format = format_of(mimetype or "")
        self.content_type = format.content_type
        self.data = body = self.own_text(format).encode()
        # A list that equals the generated body would be generated again, in another format.
        self.response = (body,)

    def _unescaped(self) -> dict[str, str]:
        """Return what an override of `to_escaped_dict` means, to escape it for certain."""
        return {name: unescape(str(value)) for name, value in self.to_escaped_dict().items()}

    def _write(self, mimetype: str, fields: Mapping[str, Any]) -> str:
        from clastic.errors.formats import format_of

        shown = SimpleNamespace(
            code=self.code,
            message=fields.get("message", ""),
            detail=fields.get("detail"),
            error_type=fields.get("error_type"),
            error_id=self.error_id,
            debug=self.debug,
        )
        return format_of(mimetype).write(shown)
