"""The door of an app in a container: builds the app, and lets it believe the proxies in front.

The environment variable ``APP`` names the app, ``TRUSTED_PROXIES`` how many proxies stand between
it and the clients (default: 0). Each of them must set the ``X-Forwarded-*`` headers itself: a
client can send them as well.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(environment: Mapping[str, str] = os.environ) -> WSGIApplication:
    """The app to serve, behind as many proxies as the environment says.

    Raises ValueError when TRUSTED_PROXIES is no number or APP is not set.
    """
    name = environment.get("APP", "")
    if not name:
        raise ValueError("APP is not set. It names the app to serve, for example APP=hello.")
    app: WSGIApplication = import_module(name).create_app()
    count = count_proxies(environment.get("TRUSTED_PROXIES", ""))
    if not count:
        return app
    return ProxyFix(app, x_for=count, x_proto=count, x_host=count, x_prefix=count)


def count_proxies(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise ValueError(f"TRUSTED_PROXIES must be a number, for example 1, not {text!r}.")
    return int(text)
