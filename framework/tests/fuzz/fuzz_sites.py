"""The applications that are fuzzed, each with valid requests: one with everything, and the apps."""

from __future__ import annotations

import datetime
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fuzz_requests import Sent, get, post, post_form, post_json, post_multipart

from clastic import (
    GET,
    POST,
    Application,
    BadRequest,
    MetaApplication,
    Request,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
    StaticFileRoute,
    append_slash_redirect,
    redirect,
    render_basic,
    render_json,
    render_json_dev,
)
from clastic.errors import ServiceUnavailable
from clastic.flaw import create_app as create_flaw_app
from clastic.middleware import (
    ContextProcessor,
    GetParamMiddleware,
    GzipMiddleware,
    HTTPCacheMiddleware,
    JSONDataMiddleware,
    PostDataMiddleware,
    ScriptRootMiddleware,
    SignedCookieMiddleware,
    SimpleProfileMiddleware,
    StatsMiddleware,
    create_stats_app,
)
from clastic.render import AshesRenderFactory, JSONPRender, TabularRender
from clastic.render.chameleon_templates import ChameleonRenderFactory
from clastic.render.jinja2_templates import Jinja2RenderFactory
from clastic.render.mako_templates import MakoRenderFactory

APPS = Path(__file__).parents[3] / "apps"
ENGINES = {
    "ashes": (AshesRenderFactory, "<p title='{name}'>{name}</p>"),
    "chameleon": (ChameleonRenderFactory, '<p title="${name}">${name}</p>'),
    "jinja2": (Jinja2RenderFactory, "<p title='{{ name }}'>{{ name }}</p>"),
    "mako": (MakoRenderFactory, "<p title='${name}'>${name}</p>"),
}
TRACEBACK = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: "a"\n'
)
ALIASES = ("tea", "cup", "pot")


class OnPurpose(Exception):
    """The application's own error."""


@dataclass(frozen=True)
class Site:
    """An application to fuzz.

    :ivar valid: requests that it responds to with a 2xx, a 3xx or its own error
    :ivar is_own: whether a 5xx response is the application's own, by its status and headers
    """

    application: Application
    valid: list[Sent]
    is_own: Callable[[int, dict[str, str]], bool] = lambda status, headers: False


def create_site(name: str, folder: Path) -> Site:
    """Create a site by name; it stores its data in a folder."""
    return SITES[name](folder)


def show_request(request: Request) -> dict[str, Any]:
    """Return every public attribute of the request that is a value."""
    # Werkzeug's `if_range` has no repr if its quotes are not balanced.
    skipped = ("application", "environ", "if_range", "input_stream", "json", "stream")
    names = [name for name in dir(request) if name[0] != "_" and name not in skipped]
    values = {name: getattr(request, name) for name in names}
    return {name: repr(value) for name, value in values.items() if not callable(value)}


def go(request: Request) -> Response:
    try:
        return redirect(request.args.get("to", "/"))
    except ValueError as error:
        raise BadRequest(str(error)) from None


def count(cookie: dict[str, Any]) -> dict[str, Any]:
    cookie["count"] = cookie.get("count", 0) + 1
    return {"count": cookie["count"]}


def fail(request: Request) -> None:
    secret_key = dict(request.args)
    raise OnPurpose(secret_key)


def not_now() -> Response:
    raise ServiceUnavailable("on purpose", headers={"X-Own": "1"})


def upload(request: Request) -> dict[str, Any]:
    files = {name: [file.filename, len(file.read())] for name, file in request.files.items()}
    return {**request.form, **files}


def data() -> dict[str, Any]:
    day = datetime.date(2020, 2, 29)
    return {"text": "a<b>\u2028", "list": [1, 2.5, None, True], "day": day, "deep": {"a": {"b": 1}}}


def legacy(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(environ["PATH_INFO"]).encode()]


def create_everything(folder: Path, debug: bool) -> Site:
    """Create an application with every built-in middleware, render and application."""
    for file in ("page.html", "data.bin", "style.css"):
        (folder / file).write_bytes(b"a line\n" * 2000)
    rows = [{"name": "a<b>", "size": 1}, {"name": None, "size": [1, 2]}]
    renders = {
        name: factory(templates={"page.html": text})("page.html")
        for name, (factory, text) in ENGINES.items()
    }
    fields = {"name": str, "size": int, "flag": bool, "ratio": float}

    def echo(
        name: str | None, size: int | None, flag: bool | None, ratio: float | None
    ) -> list[object]:
        return [name, size, flag, ratio]

    application = Application(
        [
            GET("/", lambda: "A page.", render_basic),
            GET("/data", data, render_basic),
            GET("/table", lambda: rows, TabularRender()),
            GET("/json/<id:int>", lambda id: {"id": id}, render_json),
            GET("/json-dev/<x:float>", lambda x: {"x": x, "object": object()}, render_json_dev),
            GET("/jsonp", data, JSONPRender("callback")),
            *(
                GET(
                    f"/{engine}/<name>",
                    lambda name: {},
                    render,
                    middlewares=[ContextProcessor("name", {"size": 1})],
                )
                for engine, render in renders.items()
            ),
            GET("/page/<page?int>", lambda page: Response(repr(page))),
            GET("/parts/<parts*>", lambda parts: parts, render_basic),
            GET("/feed/<ids+int>/end", lambda ids: ids, render_json),
            GET("/branch/", lambda: Response("branch")),
            GET("/go", go),
            GET("/slash/<parts+>", lambda request: append_slash_redirect(request.environ)),
            Route("/request", show_request, render_json),
            Route("/query", echo, render_json, middlewares=[GetParamMiddleware(fields)]),
            POST("/form", echo, render_json, middlewares=[PostDataMiddleware(fields)]),
            POST("/fields", echo, render_json, middlewares=[JSONDataMiddleware(fields)]),
            POST("/echo", lambda request: Response(request.get_data())),
            POST("/stream", lambda request: Response(str(len(request.stream.read())))),
            POST("/value", lambda request: request.get_json(), render_json),
            POST("/upload", upload, render_basic),
            Route("/cookie", count, render_basic),
            Route("/cookies", lambda request: dict(request.cookies), render_basic),
            GET("/cached", data, render_json, middlewares=[HTTPCacheMiddleware(60, public=True)]),
            Route("/fail", fail),
            Route("/not-now", not_now),
            ("/legacy/<path*>", RerouteWSGI(legacy)),
            ("/static", StaticApplication(folder)),
            StaticFileRoute("/file", folder / "page.html"),
            ("/_meta/", MetaApplication()),
            ("/_stats/", create_stats_app()),
        ],
        middlewares=[
            StatsMiddleware(),
            SimpleProfileMiddleware(),
            GzipMiddleware(),
            ScriptRootMiddleware(),
            SignedCookieMiddleware(secret_key="only for these requests"),
        ],
        debug=debug,
    )
    name = quote("a<b>ü")
    valid = [
        *map(get, ("/", "/data", "/data?format=json", "/table", "/json/1", "/json-dev/1.5")),
        *map(get, ("/jsonp?callback=f", "/page/", "/page/2", "/parts/a/b", "/feed/1/2/end")),
        *map(get, ("/branch", "/branch/", "/go?to=https://example.org/a?b%23c", "/slash/a/b")),
        *map(get, ("/request?a=b", "/query?name=a&size=1&flag=true&ratio=0.5", "/cookie")),
        *map(get, ("/cookies", "/cached", "/fail?password=a", "/not-now", "/legacy/a", "/file")),
        *map(get, ("/static/page.html", "/static/style.css", "/static/data.bin")),
        *map(get, ("/_meta/", "/_meta/json/", "/_meta/?find=json&page=1", "/_stats/", "/missing")),
        *map(get, ("/?_prof=true&_prof_sort=tottime", "/_meta/clastic_assets/common.css")),
        *(get(f"/{engine}/{name}") for engine in ENGINES),
        get("/static/data.bin", ("Range", "bytes=0-99")),
        get("/data", ("Accept", "text/html")),
        *(
            post_form(path, name="Ann", size="7", flag="yes", ratio="0.5")
            for path in ("/form", "/upload", "/echo", "/request")
        ),
        *(
            post_multipart(path, name="Ann", file=(BytesIO(b"x" * 900), "a.txt"))
            for path in ("/upload", "/form", "/stream")
        ),
        *(post_json(path, {"name": "Ann", "size": 7}) for path in ("/fields", "/value", "/echo")),
        post("/value", b'{"a": [1, 2.5, null, "\\u00fc"]}', "application/json"),
    ]
    return Site(application, valid, lambda status, headers: "X-Own" in headers)


def create_flaw(folder: Path) -> Site:
    valid = [get("/"), get("/a/b"), get("/", ("Accept", "text/html")), post_form("/", a="b")]
    return Site(create_flaw_app(TRACEBACK), valid, lambda status, headers: status == 500)


def create_app(name: str, *arguments: Any) -> Application:
    sys.path.insert(0, str(APPS / name))
    try:
        application: Application = importlib.import_module(name).create_app(*arguments)
    finally:
        sys.path.pop(0)
    return application


def create_hello(folder: Path) -> Site:
    paths = ("/", "/Ann", "/fancy?a=b", "/return-home", "/redirect-home")
    valid = [*map(get, paths), post_form("/fancy", a="b")]
    return Site(create_app("hello"), valid)


def create_tzconvert(folder: Path) -> Site:
    question = {"dt": "2021-03-14T12:00", "src": "America/New_York", "dst": "Europe/London"}
    valid = [
        *map(get, ("/", "/static/style.css")),
        post_form("/show", **question),
        post_json("/show", question),
    ]
    return Site(create_app("tzconvert"), valid)


def create_erosion(folder: Path) -> Site:
    settings = {"db_path": str(folder / "erosion.db"), "cookie_secret": "only for these requests"}
    fields = {"expiry_time": "0", "max_count": "0", "target_url": "https://straße.example/ü?a#b"}
    valid = [
        post_form("/submit", **fields),
        *(post_form("/submit", new_alias=alias, **fields) for alias in ALIASES),
        *map(get, ("/", "/?before=2", "/static/style.css", *(f"/{alias}" for alias in ALIASES))),
        get("/tea", ("Sec-Purpose", "prefetch")),
    ]
    # Prefetches are refused; an unavailable database, which has a Retry-After, is not expected.
    return Site(
        create_app("erosion", settings),
        valid,
        lambda status, headers: status == 503 and "Retry-After" not in headers,
    )


def create_altdemo(folder: Path) -> Site:
    paths = ("/", "/login?next=/notes", "/request?a=b", "/source", "/static/style.css")
    forms = (post_form("/login", name="Ann", next="/notes"), post_form("/logout"))
    valid = [*map(get, paths), *forms]
    return Site(create_app("altdemo", {"sessions": str(folder / "sessions")}), valid)


SITES: dict[str, Callable[[Path], Site]] = {
    "everything": lambda folder: create_everything(folder, debug=False),
    "everything, debug": lambda folder: create_everything(folder, debug=True),
    "flaw": create_flaw,
    "hello": create_hello,
    "tzconvert": create_tzconvert,
    "erosion": create_erosion,
    "altdemo": create_altdemo,
}
