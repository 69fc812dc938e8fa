"""Define the members of renders that exist for apps written for Clastic 26."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class JSONRenderMembers:
    """Members of :class:`~clastic.render.JSONRender`."""

    _json: Any

    @property
    def json_encoder(self) -> Any:
        """The encoder, with ``encode()`` and ``iterencode()`` like those of :mod:`json`.

        Assign another one to encode the responses with it.
        """
        return self._json.encoder if isinstance(self._json, _BytesEncoder) else _TextEncoder(self)

    @json_encoder.setter
    def json_encoder(self, encoder: Any) -> None:
        self._json = _BytesEncoder(encoder)


class BasicRenderMembers:
    """Members of :class:`~clastic.render.BasicRender`."""

    @classmethod
    def factory(cls, *arguments: Any, **options: Any) -> Callable[[object], Any]:
        """Return a render factory that uses one render, with these arguments, for every route."""
        render = cls(*arguments, **options)
        return lambda render_arg: render

    def render_response(self, context: object, request: Any, _route: Any) -> Any:
        """Return the response, as calling the render does."""
        return self(context, request, _route)  # type: ignore[operator]


class AshesRenderFactoryMembers:
    """Members of :class:`~clastic.render.AshesRenderFactory`."""

    env: Any

    def register(self, template: Any, name: str | None = None) -> None:
        """Register a template object of Ashes, for use by its name or by another one."""
        self.env.register(template, name)

    def register_source(self, name: str, source: str, **options: Any) -> Any:
        """Register the text of a template, and return the template object of Ashes."""
        return self.env.register_source(name, source, **options)


class _TextEncoder:
    """Encode values as text with the :class:`~clastic.json.JSONEncoding` of a render."""

    def __init__(self, render: JSONRenderMembers) -> None:
        self._json = render._json

    def encode(self, value: object) -> str:
        return str(self._json.encode(value), "utf-8")

    def iterencode(self, value: object) -> Iterator[str]:
        return (str(part, "utf-8") for part in self._json.iter_encode(value))


class _BytesEncoder:
    """Encode values as UTF-8 with an encoder like those of :mod:`json`."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def encode(self, value: object) -> bytes:
        return b"".join(self.iter_encode(value))

    def iter_encode(self, value: object) -> Iterator[bytes]:
        return (part.encode() for part in self.encoder.iterencode(value))
