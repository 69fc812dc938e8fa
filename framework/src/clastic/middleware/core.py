"""Re-export the middleware base classes under the import path that apps use."""

from clastic.middleware.base import RESERVED_ARGS, DummyMiddleware, Middleware

__all__ = ["RESERVED_ARGS", "DummyMiddleware", "Middleware"]
