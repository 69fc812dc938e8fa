"""Code that runs around endpoints and renders."""

from clastic.middleware.core import RESERVED_ARGS, Middleware

__all__ = ["RESERVED_ARGS", "Middleware"]
