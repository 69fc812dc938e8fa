"""Routes: as they are written down, and as an application makes them whole."""

from clastic.pattern import S_REDIRECT, S_REWRITE, S_STRICT, InvalidPattern
from clastic.routing.bound import Binding, BoundRoute, NullRoute
from clastic.routing.rendering import RenderFactory, inherit_render
from clastic.routing.route import (
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
