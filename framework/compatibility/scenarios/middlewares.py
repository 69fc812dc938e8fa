"""The middlewares that come with the framework, and those of applications."""

from __future__ import annotations

import gzip
import json
from importlib import import_module

from asking import Answer, Answers, ask, ask_once, attempt, client_with_cookie, describe

from clastic import (
    POST,
    Application,
    GetParamMiddleware,
    Middleware,
    Response,
    render_basic,
    render_json,
)
from clastic.middleware import (
    ContextProcessor,
    DummyMiddleware,
    GzipMiddleware,
    HTTPCacheMiddleware,
    SimpleContextProcessor,
    SimpleProfileMiddleware,
)
from clastic.middleware.cookie import NEVER, SESSION, JSONCookie, SignedCookieMiddleware
from clastic.middleware.form import PostDataMiddleware
from clastic.middleware.stats import StatsMiddleware, create_stats_app
from clastic.middleware.url import ScriptRootMiddleware

KEY = "a secret key of the tests"


def echo(**names):
    return names


def fields() -> Answers:
    app = Application(
        [
            ("/", lambda a, n: [a, n], render_json),
            POST("/form", lambda f: [f], render_json),
            ("/flag", lambda flag: [flag], render_json),
        ],
        middlewares=[
            GetParamMiddleware({"a": str, "n": int}),
            GetParamMiddleware({"flag": bool}),
            PostDataMiddleware({"f": int}),
        ],
    )
    yield from ask(app, "GET /", "GET /?a=x&n=5", "GET /?n=x", "GET /?a=1&a=2", "GET /flag?flag=1")
    yield from ask(app, "GET /flag?flag=false")
    yield "form", ask_once(app, "POST /form", data={"f": "5"})
    yield "form text", ask_once(app, "POST /form", data={"f": "x"})
    for label, make in {
        "list": lambda: GetParamMiddleware(["a", "b"]),
        "name": lambda: GetParamMiddleware("a"),
        "keyword": lambda: GetParamMiddleware(params={"a": int}),
        "post keyword": lambda: PostDataMiddleware(params={"a": int}),
        "empty": lambda: GetParamMiddleware({}),
        "nothing": lambda: GetParamMiddleware(),
    }.items():
        yield label, attempt(lambda make=make: sorted(make().provides))


def bodies() -> Answers:
    app = Application([POST("/", lambda request: [len(request.form)], render_json)])
    yield "many fields", ask_once(app, "POST /", data={f"f{n}": "x" for n in range(2000)})


def cookies() -> Answers:
    def login(cookie):
        cookie["user"] = "Ann"
        return "in"

    def show(cookie):
        return [cookie.get("user"), isinstance(cookie, dict)]

    def logout(cookie):
        cookie.set_expires()
        return "out"

    def forever(cookie):
        cookie["a"] = 1
        cookie.set_expires(4102444800)
        return "later"

    def pop(cookie):
        cookie.pop("user", None)
        return "popped"

    middleware = SignedCookieMiddleware(secret_key=KEY)
    app = Application(
        [
            ("/login", login, render_basic),
            ("/show", show, render_json),
            ("/logout", logout, render_basic),
            ("/pop", pop, render_basic),
            ("/forever", forever, render_basic),
        ],
        middlewares=[middleware],
    )
    client = app.get_local_client()
    paths = "/show", "/login", "/show", "/pop", "/show", "/login", "/logout", "/show"
    for number, path in enumerate(paths, 1):
        yield f"{number} {path}", describe(client.get(path))
    yield "forever", ask_once(app, "GET /forever")
    client = client_with_cookie(app, "clastic_cookie", "abc.def")
    yield "tampered", describe(client.get("/show"))
    text = attempt(lambda: _logged_in(app))
    yield "serialized", text
    for label, read in {
        "unserialize": lambda: dict(JSONCookie.unserialize(_serialized({"a": 1}), KEY)),
        "modified": lambda: JSONCookie({"a": 1}, KEY).modified,
        "new": lambda: JSONCookie({"a": 1}, KEY).new,
        "should_save": lambda: JSONCookie({"a": 1}, KEY).should_save,
        "path": lambda: middleware.path,
        "domain": lambda: middleware.domain,
        "secure": lambda: middleware.secure,
        "cookie_name": lambda: middleware.cookie_name,
        "arg_name": lambda: middleware.arg_name,
        "session": lambda: SignedCookieMiddleware(secret_key=KEY, expiry=0).expiry == SESSION,
        "never": lambda: SignedCookieMiddleware(secret_key=KEY, expiry="never").expiry == NEVER,
        "now": lambda: import_module("clastic.middleware.cookie").NOW is not None,
        "positional": lambda: (
            SignedCookieMiddleware("user", "user_cookie", KEY, None, "/x", False, True, 5).expiry
        ),
        "data_expiry": lambda: SignedCookieMiddleware(secret_key=KEY, data_expiry=9).data_expiry,
    }.items():
        yield label, attempt(read)


def _serialized(values):
    text = JSONCookie(values, secret_key=KEY).serialize()
    return text.decode() if isinstance(text, bytes) else text


def _logged_in(app):
    client = client_with_cookie(app, "clastic_cookie", _serialized({"user": "Ann"}))
    return json.loads(client.get("/show").get_data(as_text=True))


def context_processors() -> Answers:
    def context():
        return {"mine": "endpoint", "style": "endpoint"}

    app = Application(
        [("/", context, render_json)],
        resources={"style": "resource", "site": "resource"},
        middlewares=[SimpleContextProcessor("site", style="default", other="default")],
    )
    yield from ask(app, "GET /")
    for overwrite in (None, True):
        options = {} if overwrite is None else {"overwrite": overwrite}
        processor = ContextProcessor(["site"], {"style": "default", "none": 0}, **options)
        app = Application(
            [("/", context, render_json)],
            resources={"style": "resource", "site": "resource"},
            middlewares=[processor],
        )
        yield f"overwrite {overwrite}", ask_once(app, "GET /")
    app = Application([("/", context, render_json)], {}, [SimpleContextProcessor("none")])
    yield "missing", ask_once(app, "GET /")
    yield (
        "not a dict",
        ask_once(
            Application(
                [("/", lambda: [1], render_json)], {"site": 1}, [SimpleContextProcessor("site")]
            ),
            "GET /",
        ),
    )


def caching() -> Answers:
    app = Application(
        [("/", lambda: Response("text"))],
        middlewares=[HTTPCacheMiddleware(max_age=60, public=True)],
    )
    yield from ask(app, "GET /", "POST /", "GET /none")
    middleware = HTTPCacheMiddleware(60, 30, no_store=False, must_revalidate=True, use_etags=False)
    for name in (
        "max_age", "s_maxage", "no_cache", "no_store", "no_transform", "must_revalidate",
        "proxy_revalidate", "public", "private", "use_etags",
    ):  # fmt: skip
        yield name, attempt(lambda name=name: getattr(middleware, name) or None)
    yield (
        "positional",
        attempt(
            lambda: (
                HTTPCacheMiddleware(1, 2, None, None, None, True, None, None, True, False).private
            )
        ),
    )


def compression() -> Answers:
    app = Application([("/", lambda: Response("text " * 500))], middlewares=[GzipMiddleware()])
    response = app.get_local_client().get("/", headers={"Accept-Encoding": "gzip"})
    answer: Answer = {
        "status": response.status_code,
        "coding": response.headers.get("Content-Encoding"),
        "body": gzip.decompress(response.data).decode() == "text " * 500,
    }
    yield "gzip", answer
    yield from ask(app, "GET /")
    yield "level", attempt(lambda: GzipMiddleware(3).compress_level)


def others() -> Answers:
    app = Application(
        [("/", lambda script_root: [script_root], render_json)],
        middlewares=[ScriptRootMiddleware(), DummyMiddleware()],
    )
    yield from ask(app, "GET /")
    yield from ask(app, "GET /", base_url="http://localhost/prefix/")
    for label, make in {
        "script root": lambda: list(ScriptRootMiddleware("root").provides),
        "provided_name": lambda: list(ScriptRootMiddleware(provided_name="root").provides),
        "dummy": lambda: DummyMiddleware(verbose=True).verbose,
        "profile": lambda: SimpleProfileMiddleware("_sort", "_profile").get_param_name,
        "profile keywords": lambda: (
            SimpleProfileMiddleware(
                sort_param_name="_sort", get_param_name="_profile"
            ).sort_param_name
        ),
    }.items():
        yield label, attempt(make)
    profiled = Application(
        [("/", lambda: "text", render_basic)], middlewares=[SimpleProfileMiddleware()]
    )
    yield from ask(profiled, "GET /")
    answer = ask_once(profiled, "GET /?_prof=true")
    yield (
        "profile page",
        {
            "status": answer.get("status"),
            "shows": "function calls" in str(answer.get("body")),
        },
    )


def stats() -> Answers:
    app = Application(
        [("/a", lambda: "a", render_basic), ("/stats", create_stats_app())],
        middlewares=[StatsMiddleware()],
    )
    client = app.get_local_client()
    client.get("/a")
    client.get("/none")
    for accept in ("*/*", "application/json", "text/html"):
        response = client.get("/stats/", headers={"Accept": accept})
        yield (
            f"type {accept}",
            {
                "status": response.status_code,
                "type": response.headers.get("Content-Type", "").partition(";")[0],
            },
        )
    response = client.get("/stats/")
    yield "keys", attempt(lambda: _stats_keys(response.get_data(as_text=True)))
    yield "reset", attempt(lambda: client.post("/stats/reset").status_code)
    yield "reset by GET", attempt(lambda: client.get("/stats/reset").status_code)
    bare = Application([("/stats", create_stats_app())])
    yield "without the middleware", {"status": ask_once(bare, "GET /stats/").get("status")}
    yield (
        "members",
        attempt(lambda: [callable(StatsMiddleware().reset), len(StatsMiddleware().route_hits)]),
    )


def _stats_keys(text):
    data = json.loads(text)
    statuses = data["route_stats"]["/a"]
    return [sorted(data), sorted(statuses), sorted(statuses["200"])]


class Outer(Middleware):
    def request(self, next):
        response = next()
        response.headers["X-Order"] = response.headers.get("X-Order", "") + "outer"
        return response

    def endpoint(self, next):
        return f"[{next()}]"

    def render(self, next, context):
        response = next()
        response.headers["X-Order"] = "render "
        return response


def custom() -> Answers:
    app = Application(
        [
            ("/", lambda: "text", render_basic),
            ("/response", lambda: Response("done"), render_basic),
        ],
        middlewares=[Outer()],
    )
    for path in ("/", "/response"):
        response = app.get_local_client().get(path)
        yield (
            path,
            {"order": response.headers.get("X-Order"), "body": response.get_data(as_text=True)},
        )

    class Wrapped(Middleware):
        @staticmethod
        def wsgi_wrapper(app):
            def wrapped(environ, start_response):
                environ["wrapped"] = "yes"
                return app(environ, start_response)

            return wrapped

    app = Application(
        [("/", lambda request: request.environ.get("wrapped"), render_basic)],
        middlewares=[Wrapped()],
    )
    yield from ask(app, "GET /")
