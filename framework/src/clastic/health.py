"""Respond to health checks, apart from the routes of an application."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Final

from clastic.http import Response
from clastic.lifecycle import BoundResource, Lifecycle

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("clastic")

CHECK_SECONDS: Final = 2.0
"""The seconds that a request waits for the checks of resources; longer ones are overdue."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Health:
    """Respond to ``PREFIX/live`` and ``PREFIX/ready`` before anything else of an application.

    ``live`` is always 200: the process can respond. ``ready`` is 200 if every managed resource is
    open and passes its check, and 503 if not, or if the resources are being closed. It opens those
    that are not open yet. The bodies are JSON::

        {"status": "unavailable", "resources": {"cache": "ok", "database": "failed"}}

    The state of a resource is ``ok``, ``failed``, or ``overdue`` if its check takes longer than
    :data:`CHECK_SECONDS`. Each check runs in a thread of its own, never twice at once.

    :param prefix: a path that begins with a slash and does not end with one
    :param lifecycle: the resources
    :raises ValueError: if the prefix is not such a path
    """

    def __init__(self, prefix: str, lifecycle: Lifecycle) -> None:
        if not isinstance(prefix, str) or prefix[:1] != "/" or prefix[-1] == "/":
            raise ValueError(f"health= is {prefix!r}. Write a path such as '/_health'.")
        self.prefix = prefix
        self._lifecycle = lifecycle
        self._checks: dict[BoundResource, _Check] = {}

    def wsgi_wrapper(self, wsgi_app: WSGIApplication) -> WSGIApplication:
        """Return a WSGI application that responds to health checks before `wsgi_app`."""
        live, ready = f"{self.prefix}/live", f"{self.prefix}/ready"

        def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            path = environ.get("PATH_INFO")
            if path != live and path != ready:
                return wsgi_app(environ, start_response)
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                response = Response(status=405, headers={"Allow": "GET, HEAD"})
            elif path == live:
                response = _json_response({"status": "ok"})
            else:
                response = self.respond_ready()
            return response(environ, start_response)

        return respond

    def respond_ready(self) -> Response:
        """Check every managed resource and return the response to ``PREFIX/ready``."""
        if self._lifecycle.is_closing:
            return _json_response({"status": "stopping"}, 503)
        checks = [
            self._checks.setdefault(resource, _Check(resource))
            for resource in self._lifecycle.resources
        ]
        running = [check.start() for check in checks]
        wait(running, CHECK_SECONDS)
        states = {
            check.resource.name: future.result() if future.done() else "overdue"
            for check, future in zip(checks, running, strict=True)
        }
        is_ready = all(state == "ok" for state in states.values())
        status = "ok" if is_ready else "unavailable"
        return _json_response({"status": status, "resources": states}, 200 if is_ready else 503)


class _Check:
    """Check one resource, in one thread at a time."""

    def __init__(self, resource: BoundResource) -> None:
        self.resource = resource
        self._lock = threading.Lock()
        self._future: Future[str] | None = None

    def start(self) -> Future[str]:
        """Start the check if it is not running; return its future state."""
        with self._lock:
            if self._future is None or self._future.done():
                self._future = Future()
                name = f"check of {self.resource.name}"
                run = threading.Thread(
                    target=self._run, args=(self._future,), name=name, daemon=True
                )
                run.start()
            return self._future

    def _run(self, future: Future[str]) -> None:
        try:
            state = "ok" if self._passes() else "failed"
        except Exception:
            logger.warning("The check of '%s' failed.", self.resource.name, exc_info=True)
            state = "failed"
        future.set_result(state)

    def _passes(self) -> bool:
        lifecycle = self.resource.lifecycle
        request = lifecycle.begin_request()
        try:
            value = self.resource.open()
            check = self.resource.managed.check
            return check is None or check(value) is not False
        finally:
            lifecycle.end_request(request)


def _json_response(data: object, status: int = 200) -> Response:
    return Response(json.dumps(data), status, _HEADERS, content_type="application/json")
