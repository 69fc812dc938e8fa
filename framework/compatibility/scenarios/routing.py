"""Routes, slashes, patterns, embedding, and the members of routes."""

from __future__ import annotations

import json

from asking import Answers, ask, ask_once, attempt
from werkzeug.test import EnvironBuilder

from clastic import (
    GET,
    POST,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    Application,
    Request,
    RerouteWSGI,
    Response,
    Route,
    SubApplication,
    render_basic,
    render_json,
)
from clastic.errors import NotFound


def values(**names):
    return names


def text():
    return "text"


def number(n):
    return {"n": n}


def many(p):
    return {"p": p}


def slashes() -> Answers:
    for mode in (S_REDIRECT, S_REWRITE, S_STRICT):
        app = Application(
            [
                ("/leaf", text, render_basic),
                ("/branch/", text, render_basic),
                ("/v/<n:int>", number, render_json),
                ("/o/<n?>", number, render_json),
                ("/a/<p+>", many, render_json),
                ("/s/<p*>", many, render_json),
                ("/m/<p*>/end", many, render_json),
            ],
            slash_mode=mode,
        )
        paths = "/leaf /leaf/ /leaf// //leaf /branch /branch/ /branch// /v/1/ /v//1 /o/ /o /o/x/ "
        paths += "/a/x/ /a/ /a/x/y// /s/ /s /s/x/ /m/end/ /m/x/end/ /none /none/"
        for path in paths.split():
            for method in ("GET", "POST", "HEAD"):
                yield f"{mode} {method} {path}", ask_once(app, f"{method} {path}?q=1")


def methods() -> Answers:
    app = Application(
        [
            GET("/get", text, render_basic),
            POST("/post", text, render_basic),
            Route("/both", text, render_basic, methods=["GET", "put"]),
            Route("/any", text, render_basic, methods=[]),
            ("/all", text, render_basic),
        ]
    )
    for path in ("/get", "/post", "/both", "/any", "/all"):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            yield from ask(app, f"{method} {path}")


def types() -> Answers:
    app = Application(
        [
            ("/i/<n:int>", number, render_json),
            ("/f/<n:float>", number, render_json),
            ("/u/<n:unicode>", number, render_json),
            ("/m/<p+int>", many, render_json),
            ("/p/<a:int>/thing/<b+int>", lambda a, b: [a, b], render_json),
        ]
    )
    paths = "/i/7 /i/-3 /i/007 /i/x /i/1.5 /f/1 /f/1.5 /f/.5 /f/1e3 /f/x /u/a /u/%C3%A9 /u/a%20b"
    paths += " /m/1/2 /m/1/x /p/1/thing/2/3"
    yield from ask(app, *(f"GET {path}" for path in paths.split()))


def patterns() -> Answers:
    for pattern in (
        "leaf", "", "/a//b", "/<a>/<a>", "/<a:date>", "/<a!int>", "/<class>", "/<a", "/a<b>c",
        "/<x>.xml", "/(one|two)", r"/p\d+", "/(?P<id>[0-9]+)", "/a*", "/[ab]", "/<lambda>",
    ):  # fmt: skip
        yield pattern, attempt(lambda p=pattern: Route(p, text).pattern)
    yield "a method", attempt(lambda: Route("/", text, methods=["FETCH"]).methods)
    yield "an endpoint", attempt(lambda: Route("/", "text").endpoint)


def order() -> Answers:
    def fall_through(name):
        if name == "a":
            raise NotFound(is_breaking=False)
        return f"first {name}"

    app = Application(
        [
            ("/<name>", fall_through, render_basic),
            GET("/a", lambda: "second", render_basic),
            POST("/<name>/x", lambda name: name, render_basic),
            ("/<name>/x", lambda name: f"later {name}", render_basic),
        ]
    )
    yield from ask(app, "GET /a", "GET /b", "POST /a", "GET /a/x", "POST /a/x")


def suffixes() -> Answers:
    app = Application([("/feed/<n:int>.xml", number, render_json)])
    yield from ask(app, "GET /feed/7.xml", "GET /feed/7", "GET /feed/7.json")


def twins() -> Answers:
    app = Application(
        [("/a", lambda: "leaf", render_basic), ("/a/", lambda: "branch", render_basic)]
    )
    yield from ask(app, "GET /a", "GET /a/")


def hosts() -> Answers:
    def show(request):
        return request.url

    app = Application([("/", show, render_basic), ("/none", text, render_basic)])
    yield from ask(app, "GET /", headers={"Host": "a b"})
    yield from ask(app, "GET /none", headers={"Host": "a b"})


def embedding() -> Answers:
    inner = Application(
        [("/", text, render_basic), ("/<name>", lambda name, db: [name, db], render_json)],
        resources={"db": "inner"},
        slash_mode=S_STRICT,
    )
    for prefix in ("/in", "/in/", "/"):
        app = Application([(prefix, inner)], resources={"db": "outer"})
        for path in ("/in", "/in/", "/in/x", "/in/x/", "/x"):
            yield f"{prefix} {path}", ask_once(app, f"GET {path}")
    app = Application([SubApplication("/in", inner, inherit_slashes=False)])
    yield from ask(app, "GET /in", "GET /in/", "GET /in/x/")
    yield "named", attempt(lambda: SubApplication("/in/", app=inner).app is inner)
    yield "prefix", attempt(lambda: SubApplication("/in", app=inner).prefix)
    routes = SubApplication("/in", inner)
    yield "routes", attempt(lambda: [route.pattern for route in routes.iter_routes()])


def adding() -> Answers:
    def rendered(by):
        return lambda arg: lambda context: Response(f"{by} {arg} {context}")

    inner = Application(
        [("/a", text, "x"), ("/b/", text, "x")],
        render_factory=rendered("inner"),
        slash_mode=S_STRICT,
    )
    for label, options in {
        "plain": {},
        "rebind": {"rebind_render": True},
        "slashes": {"inherit_slashes": False},
        "all": {"rebind_render": True, "inherit_slashes": False},
    }.items():
        app = Application([], render_factory=rendered("outer"))
        added = attempt(lambda app=app, o=options: app.add(("/in", inner), **o))
        yield f"{label} add", added
        for path in ("/in/a", "/in/b", "/in/b/"):
            yield f"{label} {path}", ask_once(app, f"GET {path}")
    app = Application([("/last", text, render_basic)])
    yield "prefix", attempt(lambda: app.add(("/one", text, render_basic), prefix="/pre"))
    yield "index", attempt(lambda: app.add(("/first", text, render_basic), 0))
    yield "order", attempt(lambda: [route.pattern for route in app.iter_routes()])
    yield from ask(app, "GET /pre/one", "GET /one", "GET /first")
    yield "unknown", attempt(lambda: app.add(("/x", text), bogus=1))


def rerouting() -> Answers:
    def legacy(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    def raising():
        raise RerouteWSGI(legacy)

    app = Application([("/legacy/<x*>", RerouteWSGI(legacy)), ("/raise", raising)])
    yield from ask(
        app, "GET /legacy", "GET /legacy/", "GET /legacy/a/b", "GET /legacy/a/", "GET /raise"
    )


def members() -> Answers:
    def show(a, b, db, opt=3):
        return [a, b, db, opt]

    inner = Application([GET("/x/<a:int>/<b*>", show, render_json)], resources={"db": 1})
    app = Application([SubApplication("/pre", inner)], resources={"other": 1})
    route = next(iter(app.iter_routes()))
    request = Request(EnvironBuilder("/pre/x/1/2").get_environ())
    for label, read in {
        "pattern": lambda: route.pattern,
        "methods": lambda: sorted(route.methods),
        "render_arg": lambda: route.render_arg is render_json,
        "bound_apps": lambda: [each is inner for each in route.bound_apps],
        "unbound_route": lambda: route.unbound_route.pattern,
        "path_args": lambda: list(route.path_args),
        "endpoint_args": lambda: list(route.endpoint_args),
        "converters": lambda: [route.converters["a"]("5"), route.converters["b"]("/5/6")],
        "regex": lambda: [bool(route.regex.match(path)) for path in ("/pre/x/1", "/pre/x/a")],
        "match_path": lambda: [route.match_path(path) for path in ("/pre/x/1/2", "/pre", "/x")],
        "match_method": lambda: [route.match_method(m) for m in ("GET", "HEAD", "POST")],
        "get_required_args": lambda: route.get_required_args(),
        "is_required_arg": lambda: [route.is_required_arg(name) for name in ("a", "db", "z")],
        "iter_routes": lambda: list(route.iter_routes()) == [route],
        "is_branch": lambda: route.is_branch,
        "resources": lambda: dict(route.resources),
        "execute": lambda: json.loads(route.execute(request, a=1, b=["2"]).get_data()),
        "execute without a value": lambda: route.execute(request, a=1),
        "bind": lambda: Route("/q", text, render_basic).bind(app).pattern,
        "bind does not add": lambda: len(list(app.iter_routes())),
    }.items():
        yield label, attempt(read)
    params = Application([("/z/<q:int>", lambda request: request.path_params, render_json)])
    yield from ask(params, "GET /z/5")


class OwnDispatch(Application):
    def dispatch(self, request):
        if request.path == "/mine":
            return Response("own")
        return super().dispatch(request)


def own_dispatch() -> Answers:
    app = OwnDispatch([("/", text, render_basic)])
    yield from ask(app, "GET /mine", "GET /", "GET /none")
    yield from ask(Application([("/in", app)]), "GET /in/")
