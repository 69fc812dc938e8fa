"""The routes of meta itself, which its page folds away, and the files that the page needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clastic.application import Application
from clastic.routing import GET, S_REDIRECT, BoundRoute
from clastic.static import StaticFileRoute

ASSETS = Path(__file__).parent / "assets"


class MetaRoute(GET):
    """A page of meta. Its links are relative: in every slash mode it redirects to its slash."""

    def __init__(self, pattern: str, endpoint: Callable[..., Any]) -> None:
        super().__init__(pattern, endpoint, slash_mode=S_REDIRECT)


class AssetRoute(StaticFileRoute):
    """A file that a page of meta needs, by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"/{name}", ASSETS / name, check_file=False)


META_ASSETS_APP = Application([AssetRoute("meta.css")])
"""The files that the page of a ``MetaApplication`` needs; that has them below ``assets/``."""


def is_own(route: BoundRoute) -> bool:
    """Tell whether a route is one of meta itself."""
    return isinstance(route.route, (MetaRoute, AssetRoute))
