"""Respond to every request with the reason why the program failed to start."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from clastic.application import Application
from clastic.errors import ErrorHandler, HTTPException, InternalServerError, render_by_accept
from clastic.errors.formats import choose_format
from clastic.flaw.page import flaw_page
from clastic.flaw.report import FlawReport, create_report
from clastic.http import NOSNIFF, BaseRequest, BaseResponse, Response

_MESSAGE = "The application failed to start. It restarts when a watched file changes."


def create_app(traceback_text: str, monitored_files: Iterable[str] | None = None) -> Application:
    """Return an application that shows a traceback in response to every request.

    The status is 500. Browsers get a page, other clients get text, JSON or XML. Secrets are masked
    and no response may be stored.

    :param traceback_text: the output of Python, or any other text that explains the failure
    :param monitored_files: absolute paths of the watched files
    """
    return Application(error_handler=_FlawHandler(traceback_text, tuple(monitored_files or ())))


class _FlawHandler(ErrorHandler):
    """Render every error as the failure. The application has no routes, so each request is one."""

    def __init__(self, text: str, paths: tuple[str, ...]) -> None:
        super().__init__()
        self._report = create_report(text, paths)
        self._flaw = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        self._headers = {"Cache-Control": "no-store", "X-Flaw": self._flaw}

    def render_error(
        self, request: BaseRequest, _error: HTTPException, **kwargs: Any
    ) -> BaseResponse:
        """Return the failure in the format that the client accepts, in place of `_error`."""
        accept = request.environ.get("HTTP_ACCEPT")
        if choose_format(accept).mimetype != "text/html":
            error = InternalServerError(
                _as_text(self._report), message=_MESSAGE, headers=self._headers
            )
            return render_by_accept(error, accept)
        page = flaw_page(self._report, self._flaw if request.method == "GET" else None)
        headers = [*self._headers.items(), NOSNIFF, ("Vary", "Accept")]
        return Response(page, 500, headers, content_type="text/html; charset=utf-8")


def _as_text(report: FlawReport) -> str:
    """Return the error, the watched files, and the traceback, which ends as in a terminal."""
    headline = ": ".join(filter(None, (report.type, report.message))) if report.type else ""
    files = "\n  ".join(["Watched files:", *report.files]) if report.files else ""
    return "\n\n".join(filter(None, (headline, files, report.text)))
