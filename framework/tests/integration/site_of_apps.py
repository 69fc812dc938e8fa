"""All apps of this repository in one application, for test_apps.py and its servers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from clastic import (
    S_REWRITE,
    Application,
    MetaApplication,
    RerouteWSGI,
    Route,
    SubApplication,
)
from clastic.middleware import GzipMiddleware
from clastic.middleware.stats import StatsMiddleware, create_stats_app

APPS = Path(__file__).parents[3] / "apps"
NAMES = ("hello", "tzconvert", "erosion", "altdemo")


def create_app(name: str, folder: Path) -> Application:
    """Create an app; it stores its data in a folder."""
    sys.path.insert(0, str(APPS / name))
    try:
        module: Any = importlib.import_module(name)
    finally:
        sys.path.pop(0)
    if name == "erosion":
        database = str(folder / "erosion.db")
        return module.create_app({"db_path": database, "cookie_secret": "only for the tests"})
    if name == "altdemo":
        return module.create_app({"sessions": str(folder / "sessions")})
    return module.create_app()


def create_site(apps: Mapping[str, Application] | None = None) -> Application:
    """Create the application that has each app twice: embedded, and mounted as a WSGI application.

    :param apps: the apps by name; by default new ones, with their data in the current folder
    """
    if apps is None:
        apps = {name: create_app(name, Path.cwd()) for name in NAMES}
    mounted = DispatcherMiddleware(NotFound(), {f"/mounted/{name}": apps[name] for name in NAMES})
    return Application(
        [
            *(SubApplication(f"/{name}", app) for name, app in apps.items()),
            Route("/mounted/<path*>/", RerouteWSGI(mounted), slash_mode=S_REWRITE),
            ("/_meta/", MetaApplication()),
            ("/_stats/", create_stats_app()),
        ],
        middlewares=[StatsMiddleware(), GzipMiddleware()],
        trusted_hosts=["localhost", "127.0.0.1"],
    )
