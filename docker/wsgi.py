"""The WSGI application of a container: an app that trusts the proxies in front of it.

The environment variable ``APP`` is the name of the app, ``TRUSTED_PROXIES`` the number of proxies
between the app and the clients (default: 0). Each proxy must set the ``X-Forwarded-*`` headers
itself, because clients can send them too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from clastic.middleware import ProxyMiddleware

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(environment: Mapping[str, str] = os.environ) -> WSGIApplication:
    """Create the app with the proxies of the environment.

    :raises ValueError: if APP is not set or TRUSTED_PROXIES is not a number
    """
    name = environment.get("APP", "")
    if not name:
        raise ValueError("APP is not set. Set it to the name of an app, for example APP=hello.")
    app: WSGIApplication = import_module(name).create_app()
    count = count_proxies(environment.get("TRUSTED_PROXIES", ""))
    return ProxyMiddleware(count).wsgi_wrapper(app) if count else app


def count_proxies(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal():
        raise ValueError(f"TRUSTED_PROXIES must be a number, for example 1, not {text!r}.")
    return int(text)
