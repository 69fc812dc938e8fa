"""Routes: as they are written down, and as an application makes them whole."""

from clastic.pattern import S_REDIRECT, S_REWRITE, S_STRICT, InvalidPattern
from clastic.route.bound import Binding, BoundRoute, NullRoute
from clastic.route.declared import (
    CONNECT,
    DELETE,
    GET,
    HEAD,
    HTTP_METHODS,
    OPTIONS,
    PATCH,
    POST,
    PUT,
    SLASH_MODES,
    TRACE,
    InvalidEndpoint,
    InvalidMethod,
    Route,
    checked_slash_mode,
)
from clastic.route.rendering import RenderFactory, inherit_render

__all__ = [
    "CONNECT",
    "DELETE",
    "GET",
    "HEAD",
    "HTTP_METHODS",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "SLASH_MODES",
    "S_REDIRECT",
    "S_REWRITE",
    "S_STRICT",
    "TRACE",
    "Binding",
    "BoundRoute",
    "InvalidEndpoint",
    "InvalidMethod",
    "InvalidPattern",
    "NullRoute",
    "RenderFactory",
    "Route",
    "checked_slash_mode",
    "inherit_render",
]
