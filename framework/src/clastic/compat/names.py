"""Define the names that only apps written for Clastic 26 import; the packages re-export them."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from clastic.errors import HTTPException, InternalServerError, NotFound
from clastic.errors.types import TYPES_BY_CODE
from clastic.json import NoJSONForm, simplify
from clastic.middleware.base import SIDES, Middleware
from clastic.middleware.base import merge_middlewares as merge_outer_and_inner
from clastic.middleware.checks import check_middleware
from clastic.wiring import Problems

__version__ = version("clastic")
"""The version of the installed package."""

DEFAULT_MIME = "text/plain"
"""The media type of errors for clients that accept none of :data:`MIME_SUPPORT_MAP`."""

MIME_SUPPORT_MAP = MappingProxyType(
    {
        "text/html": "html",
        "application/json": "json",
        "text/plain": "text",
        "application/xml": "xml",
    }
)
"""The media types of errors, each with the format that a method such as ``to_json`` has."""

ERROR_CODE_MAP: Mapping[int | None, type[HTTPException]] = MappingProxyType(
    dict([(None, HTTPException), *TYPES_BY_CODE.items()])
)
"""The HTTP errors by status code."""

_HEX_DIGITS = 24


class ContextualNotFound(NotFound):
    """A 404; the error handler of ``debug=True`` makes the page that lists the routes."""


class ContextualInternalServerError(InternalServerError):
    """A 500; the error handler of ``debug=True`` makes the page with the traceback."""


class ClasticJSONEncoder(json.JSONEncoder):
    """An encoder for :func:`json.dumps` that knows the values that renders accept.

    :param dev_mode: write the ``repr`` of values without a JSON form
    :param options: the arguments of :class:`json.JSONEncoder`
    """

    def __init__(self, dev_mode: bool = False, encoding: str = "utf-8", **options: Any) -> None:
        super().__init__(**options)
        self.dev_mode = dev_mode
        self.encoding = encoding

    def default(self, o: Any) -> Any:
        """Return a value in a form that JSON has.

        :raises TypeError: if it has none, without ``dev_mode``
        """
        try:
            return simplify(o, self.encoding)
        except NoJSONForm:
            if self.dev_mode:
                return repr(o)
            raise


def merge_middlewares(old: Iterable[Middleware], new: Iterable[Middleware]) -> list[Middleware]:
    """Return the middlewares of an outer application, ``new``, followed by those of an inner one.

    A ``unique`` middleware that equals one already there is left out.
    """
    return list(merge_outer_and_inner(new, old))


def check_middlewares(
    middlewares: Iterable[Middleware], args_dict: Mapping[str, Iterable[str]] | None = None
) -> bool:
    """Return ``True`` if middlewares are valid and provide each name once.

    :param args_dict: the names from other sources, by source
    :raises WiringError: if they are not, or do not
    """
    problems = Problems()
    sources: dict[str, object] = {
        name: source for source, names in (args_dict or {}).items() for name in names
    }
    for middleware in middlewares:
        if not check_middleware(middleware, problems):
            continue
        for name in [name for _, provides in SIDES for name in getattr(middleware, provides)]:
            if name in sources:
                problems.add(
                    f"Middleware {middleware!r}",
                    f"provides '{name}', which {sources[name]!r} provides, too",
                    "Rename one of them.",
                )
            sources[name] = middleware
    problems.raise_if_any()
    return True


def int2hexguid(id_int: int) -> str:
    """Return 24 hexadecimal digits that stand for a number in this process."""
    text = f"{uuid.getnode()} {os.getpid()} {id_int}"
    return hashlib.sha256(text.encode()).hexdigest()[:_HEX_DIGITS]
