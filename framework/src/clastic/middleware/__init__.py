"""Code that runs around endpoints and renders."""

from clastic.middleware.client_cache import HTTPCacheMiddleware
from clastic.middleware.compress import GzipMiddleware
from clastic.middleware.context import ContextProcessor, SimpleContextProcessor
from clastic.middleware.core import RESERVED_ARGS, DummyMiddleware, Middleware
from clastic.middleware.profile import SimpleProfileMiddleware
from clastic.middleware.url import GetParamMiddleware

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
