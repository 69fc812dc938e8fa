"""Code that runs around endpoints and renders."""

from typing import TYPE_CHECKING

from clastic.exports import lazy_exports
from clastic.middleware.base import RESERVED_ARGS, DummyMiddleware, Middleware

if TYPE_CHECKING:
    from clastic.middleware.auth import (
        AuthMiddleware,
        Basic,
        Bearer,
        SessionUser,
        safe_next,
        verify_password,
    )
    from clastic.middleware.client_cache import HTTPCacheMiddleware
    from clastic.middleware.compress import GzipMiddleware
    from clastic.middleware.context import ContextProcessor, SimpleContextProcessor
    from clastic.middleware.cookie import SignedCookieMiddleware
    from clastic.middleware.cors import CORSMiddleware
    from clastic.middleware.csrf import CSRFMiddleware
    from clastic.middleware.form import JSONDataMiddleware, PostDataMiddleware
    from clastic.middleware.profile import SimpleProfileMiddleware
    from clastic.middleware.proxy import ProxyMiddleware
    from clastic.middleware.security_headers import SecurityHeadersMiddleware
    from clastic.middleware.session import SessionMiddleware
    from clastic.middleware.stats import StatsMiddleware, create_stats_app
    from clastic.middleware.url import GetParamMiddleware, ScriptRootMiddleware
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.compat.names": ("check_middlewares", "merge_middlewares"),
            "clastic.middleware.auth": (
                "AuthMiddleware",
                "Basic",
                "Bearer",
                "SessionUser",
                "safe_next",
                "verify_password",
            ),
            "clastic.middleware.client_cache": ("HTTPCacheMiddleware",),
            "clastic.middleware.compress": ("GzipMiddleware",),
            "clastic.middleware.context": ("ContextProcessor", "SimpleContextProcessor"),
            "clastic.middleware.cookie": ("SignedCookieMiddleware",),
            "clastic.middleware.cors": ("CORSMiddleware",),
            "clastic.middleware.csrf": ("CSRFMiddleware",),
            "clastic.middleware.form": ("JSONDataMiddleware", "PostDataMiddleware"),
            "clastic.middleware.profile": ("SimpleProfileMiddleware",),
            "clastic.middleware.proxy": ("ProxyMiddleware",),
            "clastic.middleware.security_headers": ("SecurityHeadersMiddleware",),
            "clastic.middleware.session": ("SessionMiddleware",),
            "clastic.middleware.stats": ("StatsMiddleware", "create_stats_app"),
            "clastic.middleware.url": ("GetParamMiddleware", "ScriptRootMiddleware"),
        },
    )

__all__ = [
    "RESERVED_ARGS",
    "AuthMiddleware",
    "Basic",
    "Bearer",
    "CORSMiddleware",
    "CSRFMiddleware",
    "ContextProcessor",
    "DummyMiddleware",
    "GetParamMiddleware",
    "GzipMiddleware",
    "HTTPCacheMiddleware",
    "JSONDataMiddleware",
    "Middleware",
    "PostDataMiddleware",
    "ProxyMiddleware",
    "ScriptRootMiddleware",
    "SecurityHeadersMiddleware",
    "SessionMiddleware",
    "SessionUser",
    "SignedCookieMiddleware",
    "SimpleContextProcessor",
    "SimpleProfileMiddleware",
    "StatsMiddleware",
    "create_stats_app",
    "safe_next",
    "verify_password",
]
