"""Serve an application with any WSGI server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from .base import Adapter, AdapterError, ServerOptions
    from .registry import adapters, get_adapter

__all__ = ["Adapter", "AdapterError", "ServerOptions", "adapters", "get_adapter"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "clastic.adapters.base": ("Adapter", "AdapterError", "ServerOptions"),
        "clastic.adapters.registry": ("adapters", "get_adapter"),
    },
)
