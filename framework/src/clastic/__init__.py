"""Clastic: a functional Python web framework.

Routes are constructed objects, arguments are injected by name, and all that can be checked is
checked while the :class:`Application` is constructed.
"""

from typing import TYPE_CHECKING

from clastic.application import Application, RerouteWSGI, SubApplication
from clastic.errors import (
    BadRequest,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
)
from clastic.exports import lazy_exports
from clastic.http import (
    BaseRequest,
    BaseResponse,
    Limits,
    Redirector,
    Request,
    Response,
    append_slash_redirect,
    redirect,
)
from clastic.lifecycle import managed
from clastic.middleware import RESERVED_ARGS, Middleware
from clastic.routing import (
    CONNECT,
    DELETE,
    GET,
    HEAD,
    OPTIONS,
    PATCH,
    POST,
    PUT,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    TRACE,
    Route,
)
from clastic.wiring import WiringError, WiringWarning

if TYPE_CHECKING:
    from clastic.explanation import explain
    from clastic.meta import META_ASSETS_APP, MetaApplication
    from clastic.middleware import GetParamMiddleware
    from clastic.render import render_basic, render_json, render_json_dev
    from clastic.render.json import JSONResponse
    from clastic.static import FileResponse, StaticApplication, StaticFileRoute
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "clastic.explanation": ("explain",),
            "clastic.compat.names": ("__version__",),
            "clastic.meta": ("META_ASSETS_APP", "MetaApplication"),
            "clastic.middleware.url": ("GetParamMiddleware",),
            "clastic.render": (),
            "clastic.route": (),
            "clastic.utils": (),
            "clastic.render.basic": ("render_basic",),
            "clastic.render.json": ("JSONResponse", "render_json", "render_json_dev"),
            "clastic.static": ("FileResponse", "StaticApplication", "StaticFileRoute"),
        },
    )

__all__ = [
    "CONNECT",
    "DELETE",
    "GET",
    "HEAD",
    "META_ASSETS_APP",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "RESERVED_ARGS",
    "S_REDIRECT",
    "S_REWRITE",
    "S_STRICT",
    "TRACE",
    "Application",
    "BadRequest",
    "BaseRequest",
    "BaseResponse",
    "FileResponse",
    "GetParamMiddleware",
    "HTTPException",
    "InternalServerError",
    "JSONResponse",
    "Limits",
    "MetaApplication",
    "MethodNotAllowed",
    "Middleware",
    "NotFound",
    "Redirector",
    "Request",
    "RerouteWSGI",
    "Response",
    "Route",
    "StaticApplication",
    "StaticFileRoute",
    "SubApplication",
    "WiringError",
    "WiringWarning",
    "append_slash_redirect",
    "explain",
    "managed",
    "redirect",
    "render_basic",
    "render_json",
    "render_json_dev",
]
