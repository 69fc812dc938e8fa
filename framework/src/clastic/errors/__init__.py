"""The HTTP errors, their conversion to responses, and the error handlers."""

from typing import TYPE_CHECKING

from clastic.errors import types
from clastic.errors.base import HTTPException, render_by_accept
from clastic.errors.from_werkzeug import HTTP_ERRORS, from_werkzeug, map_response
from clastic.errors.handler import ErrorHandler, REPLErrorHandler
from clastic.errors.types import *  # noqa: F403 (a class for each status)
from clastic.exports import lazy_exports

if TYPE_CHECKING:
    from clastic.debug.handler import ContextualErrorHandler
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.compat.names": (
                "DEFAULT_MIME",
                "ERROR_CODE_MAP",
                "MIME_SUPPORT_MAP",
                "ContextualInternalServerError",
                "ContextualNotFound",
            ),
            "clastic.debug.handler": ("ContextualErrorHandler",),
        },
    )

__all__ = [
    "HTTP_ERRORS",
    "ContextualErrorHandler",
    "ErrorHandler",
    "HTTPException",
    "REPLErrorHandler",
    "from_werkzeug",
    "map_response",
    "render_by_accept",
]
__all__ += types.__all__
