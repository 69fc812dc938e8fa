"""Factories of the WSGI applications that the servers serve."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPS = Path(__file__).resolve().parents[2] / "apps"
BODY = b"Hello, world!\n"


def bare() -> WSGIApplication:
    """Return a bare WSGI callable with the same response as `hello`."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "14")]
        start_response("200 OK", headers)
        return [BODY]

    return application


def hello() -> WSGIApplication:
    """Create the app of the quick start."""
    return created("hello")


def erosion() -> WSGIApplication:
    """Create erosion with the settings of the environment."""
    return created("erosion")


def created(app: str, *arguments: Any) -> Any:
    """Call `create_app` of an app."""
    return module_of(app, app).create_app(*arguments)


def module_of(app: str, name: str) -> Any:
    """Import a module from the folder of an app."""
    folder = str(APPS / app)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)
