"""The application that answers every request by what is wrong."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from typing import Any

from clastic.application import Application
from clastic.errors import ErrorHandler, HTTPException, InternalServerError, render_by_accept
from clastic.errors.formats import choose_format
from clastic.flaw.page import flaw_page, reload_script, shown_path
from clastic.flaw.report import Failure, read_failures
from clastic.http import BaseRequest, BaseResponse, Response

STATE_PATH = "/_flaw"
"""Where a page asks whether it is out of date: an answer without its ``X-Flaw`` says so."""

_MESSAGE = "The program does not run. A save that mends it brings it back."


def create_app(traceback_text: str, monitored_files: Iterable[str] | None = None) -> Application:
    """Return an application that shows a traceback, whatever it is asked for.

    It answers by the status 500: with a page for browsers, and with the text or the data for other
    clients. Nothing that it says is to be stored.

    :param traceback_text: as Python prints it, or any other text that says why there is no other
        application
    :param monitored_files: absolute paths of the files that can mend it
    """
    return Application(error_handler=_FlawHandler(traceback_text, tuple(monitored_files or ())))


class _FlawHandler(ErrorHandler):
    """Answers all errors by one. Its application has no route, so that each request is an error."""

    def __init__(self, text: str, paths: tuple[str, ...]) -> None:
        super().__init__()
        flaw = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        failures = read_failures(text)
        place = failures[-1].place(paths)
        # Those of the program come first: they are below the working directory.
        files = sorted(map(shown_path, paths), key=os.path.isabs)
        script = reload_script(STATE_PATH, flaw)
        self._headers = {"Cache-Control": "no-store", "X-Flaw": flaw}
        self._page = flaw_page(failures, place, files, script)
        self._page_that_stays = flaw_page(failures, place, files)
        self._error = InternalServerError(
            _summary(text, failures[-1], files), message=_MESSAGE, headers=self._headers
        )

    def render_error(
        self, request: BaseRequest, _error: HTTPException, **kwargs: Any
    ) -> BaseResponse:
        """Return the page, or what else the client accepts, in place of `_error`."""
        accept = request.environ.get("HTTP_ACCEPT")
        if choose_format(accept).mimetype != "text/html":
            return render_by_accept(self._error, accept)
        page = self._page if request.method == "GET" else self._page_that_stays
        headers = {**self._headers, "Vary": "Accept"}
        return Response(page, 500, headers, content_type="text/html; charset=utf-8")


def _summary(text: str, failure: Failure, files: Sequence[str]) -> str:
    """Give what is wrong, the files that are watched, and the text, whose end a terminal shows."""
    wrong = ": ".join(filter(None, (failure.name, failure.message))) if failure.kind else ""
    watched = "\n  ".join(["Watched files:", *files]) if files else ""
    return "\n\n".join(filter(None, (wrong, watched, text.strip("\n"))))
