"""Re-export the middleware base classes under the import path that apps use."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports
from clastic.middleware.base import RESERVED_ARGS, DummyMiddleware, Middleware

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__, {"clastic.compat.names": ("check_middlewares", "merge_middlewares")}
    )

__all__ = ["RESERVED_ARGS", "DummyMiddleware", "Middleware"]
