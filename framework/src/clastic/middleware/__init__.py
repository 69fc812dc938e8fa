"""Code that runs around endpoints and renders."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports
from clastic.middleware.base import RESERVED_ARGS, DummyMiddleware, Middleware

if TYPE_CHECKING:
    from clastic.middleware.client_cache import HTTPCacheMiddleware
    from clastic.middleware.compress import GzipMiddleware
    from clastic.middleware.context import ContextProcessor, SimpleContextProcessor
    from clastic.middleware.profile import SimpleProfileMiddleware
    from clastic.middleware.url import GetParamMiddleware
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.middleware.client_cache": ("HTTPCacheMiddleware",),
            "clastic.middleware.compress": ("GzipMiddleware",),
            "clastic.middleware.context": ("ContextProcessor", "SimpleContextProcessor"),
            "clastic.middleware.profile": ("SimpleProfileMiddleware",),
            "clastic.middleware.url": ("GetParamMiddleware",),
        },
    )

__all__ = [
    "RESERVED_ARGS",
    "ContextProcessor",
    "DummyMiddleware",
    "GetParamMiddleware",
    "GzipMiddleware",
    "HTTPCacheMiddleware",
    "Middleware",
    "SimpleContextProcessor",
    "SimpleProfileMiddleware",
]
