"""Log hints about likely mistakes in requests, and refuse results that are certainly mistakes.

Hints go to the logger ``clastic.development`` at level INFO. The development server enables it.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from types import NoneType

from werkzeug.http import HTTP_STATUS_CODES

from clastic.describe import describe_type

logger = logging.getLogger("clastic.development")

SUSPICIOUS = frozenset((NoneType, tuple))
"""The types of contexts to call :func:`check_context` for."""

STATUS_REMEDY = "To set the status, return a Response, such as JSONResponse(data, status=201)."


def hint(text: str) -> None:
    """Log a hint, with the route that runs, if hints are enabled."""
    if logger.isEnabledFor(logging.INFO):
        logger.info("Hint: %s%s", text, f" (in {route})" if (route := running_route()) else "")


def check_context(context: object) -> None:
    """Check a context of a render that accepts any: whether it is probably not meant.

    :raises TypeError: for a tuple of data and a status, which would be sent as data
    """
    if context is None:
        hint("the endpoint returned None, which is sent as it is. Is its return missing?")
    elif isinstance(context, tuple) and (status := status_in(context)) is not None:
        where = f"The endpoint of {running_route() or 'a route'}"
        raise TypeError(
            f"{where} returned {describe_type(context[0])} and {status} in a tuple, which is not a "
            f"Response.\n  {STATUS_REMEDY}"
        )


def status_in(result: Sequence[object]) -> int | None:
    """Return the status of a tuple ``(data, status[, headers])``, ``None`` for other tuples."""
    if len(result) not in (2, 3) or isinstance(result[0], (int, float)):
        return None
    status = result[1]
    if not isinstance(status, int) or status not in HTTP_STATUS_CODES:
        return None
    has_headers = len(result) == 2 or isinstance(result[2], (dict, list))
    return int(status) if has_headers else None


def running_route() -> str:
    """Return the name of the route whose chain runs: ``route /links``, empty outside of one."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith("<clastic chain") and "/" in frame.f_code.co_name:
            return frame.f_code.co_name
        frame = frame.f_back
    return ""
