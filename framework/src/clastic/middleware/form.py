"""What endpoints get of a posted form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clastic.http import Request
from clastic.middleware.fields import FieldsMiddleware, is_miss


class PostDataMiddleware(FieldsMiddleware):
    """Gives endpoints fields of a posted form as arguments.

    Like :class:`~clastic.middleware.url.GetParamMiddleware`, for forms that are URL-encoded or
    multipart. Uploaded files and other bodies are to be had from the request.

    The arguments are those of :class:`~clastic.middleware.fields.FieldsMiddleware`.
    """

    kind = "form field"

    def request(self, next: Callable[..., Any], request: Request, _route: Any) -> Any:
        """Provide the values."""
        has_body = request.environ.get("CONTENT_TYPE")
        if not (has_body or self._required) or is_miss(_route):
            return next(*self._absent)
        return next(*self.values(request.form.get))
