"""Names and import paths, and the helpers behind them."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

from asking import Answers, ask, attempt

from clastic import Application, Redirector, append_slash_redirect, redirect

NAMES = {
    "clastic": (
        "Application SubApplication RerouteWSGI Route GET POST PUT DELETE RESERVED_ARGS S_REDIRECT "
        "S_REWRITE S_STRICT Middleware GetParamMiddleware render_json render_json_dev render_basic "
        "MetaApplication META_ASSETS_APP StaticApplication StaticFileRoute HTTPException "
        "BadRequest "
        "InternalServerError MethodNotAllowed NotFound Redirector Request Response redirect "
        "append_slash_redirect BaseRequest BaseResponse __version__ errors middleware render "
        "static "
        "meta route application utils"
    ),
    "clastic.application": "Application SubApplication DispatchState RerouteWSGI",
    "clastic.route": (
        "Route BoundRoute NullRoute GET POST PUT DELETE PATCH HEAD OPTIONS TRACE CONNECT "
        "InvalidPattern InvalidMethod InvalidEndpoint S_REDIRECT S_REWRITE S_STRICT RESERVED_ARGS"
    ),
    "clastic.errors": (
        "ErrorHandler ContextualErrorHandler REPLErrorHandler HTTPException ERROR_CODE_MAP "
        "MIME_SUPPORT_MAP DEFAULT_MIME ContextualNotFound ContextualInternalServerError"
    ),
    "clastic.middleware": (
        "Middleware GetParamMiddleware ContextProcessor SimpleContextProcessor GzipMiddleware "
        "HTTPCacheMiddleware SimpleProfileMiddleware DummyMiddleware check_middlewares "
        "merge_middlewares"
    ),
    "clastic.middleware.core": "Middleware DummyMiddleware check_middlewares merge_middlewares",
    "clastic.middleware.url": "GetParamMiddleware ScriptRootMiddleware",
    "clastic.middleware.form": "PostDataMiddleware",
    "clastic.middleware.cookie": "SignedCookieMiddleware JSONCookie SESSION NEVER NOW",
    "clastic.middleware.context": "ContextProcessor SimpleContextProcessor",
    "clastic.middleware.compress": "GzipMiddleware",
    "clastic.middleware.client_cache": "HTTPCacheMiddleware",
    "clastic.middleware.profile": "SimpleProfileMiddleware",
    "clastic.middleware.stats": "StatsMiddleware create_stats_app",
    "clastic.render": (
        "render_json render_json_dev render_basic JSONRender JSONPRender BasicRender Table "
        "TabularRender AshesRenderFactory ashes"
    ),
    "clastic.render.simple": "BasicRender render_basic ClasticJSONEncoder JSONRender JSONPRender",
    "clastic.render.ashes_templates": "AshesRenderFactory ashes",
    "clastic.render.mako_templates": "MakoRenderFactory mako",
    "clastic.static": "StaticApplication StaticFileRoute",
    "clastic.meta": "MetaApplication META_ASSETS_APP MetaPeripheral",
    "clastic.decorators": "clastic_decorator",
    "clastic.flaw": "create_app",
    "clastic.cline": "Cline route get post put delete patch head run DEFAULT_APP",
    "clastic.utils": "Redirector int2hexguid bytes2human rel_datetime",
    "clastic.contrib": "",
}


def imports() -> Answers:
    for module, names in NAMES.items():
        yield module, attempt(lambda module=module: bool(import_module(module)))
        for name in names.split():
            yield (
                f"{module} {name}",
                attempt(lambda module=module, name=name: hasattr(import_module(module), name)),
            )
    clastic = import_module("clastic")
    yield "version", attempt(lambda: isinstance(clastic.__version__, str))
    yield "reserved", attempt(lambda: "request" in clastic.route.RESERVED_ARGS)


def redirects() -> Answers:
    app = Application(
        [
            ("/old", lambda: redirect("/new")),
            ("/code", lambda: redirect("/new", 303)),
            ("/redirector", Redirector("/new")),
            ("/found", Redirector("/new", 302)),
            ("/absolute", lambda: redirect("http://example.org/x")),
            ("/slash", lambda request: append_slash_redirect(request.environ)),
        ]
    )
    yield from ask(
        app, "GET /old", "GET /code", "GET /redirector", "GET /found", "GET /absolute",
        "GET /slash", "GET /slash?a=1",
    )  # fmt: skip


def helpers() -> Answers:
    utils = attempt(lambda: bool(import_module("clastic.utils")))
    yield "module", utils
    module = import_module("clastic.utils")
    now = datetime.now()
    for label, read in {
        "bytes": lambda: [module.bytes2human(n) for n in (0, 5, 2048, 5_000_000)],
        "bytes places": lambda: module.bytes2human(2048, 2),
        "guid": lambda: [len(module.int2hexguid(n)) for n in (1, 2**64)],
        "guid differs": lambda: module.int2hexguid(1) != module.int2hexguid(2),
        "past": lambda: module.rel_datetime(now - timedelta(days=3)),
        "hours": lambda: module.rel_datetime(now - timedelta(hours=5, minutes=1)),
        "old": lambda: module.rel_datetime(datetime(2001, 2, 3)),
        "redirector": lambda: module.Redirector is Redirector,
    }.items():
        yield label, attempt(read)
    yield "serve", attempt(_serve_options)


def _serve_options():
    import inspect

    server = import_module("clastic.server")
    return "address" in inspect.signature(Application.serve).parameters and bool(server)


def cline() -> Answers:
    module = import_module("clastic.cline")
    app = module.Cline()

    @app.get("/get")
    def get():
        return "get"

    @app.post("/post")
    def post():
        return "post"

    @app.route("/route/<name>")
    def route(name):
        return {"name": name}

    for method in ("put", "delete", "patch", "head"):
        getattr(app, method)(f"/{method}")(lambda method=method: method)
    lines = "GET /get", "POST /get", "POST /post", "GET /route/x", "PUT /put", "DELETE /delete"
    yield from ask(app, *lines, "PATCH /patch", "HEAD /head", "GET /none")
    yield "returns the function", {"value": get() == "get"}

    @module.get("/default")
    def default():
        return "default"

    yield from ask(module.DEFAULT_APP, "GET /default")
    yield "application", {"value": isinstance(app, Application)}
    yield "run", attempt(lambda: callable(app.run) and callable(module.run))
