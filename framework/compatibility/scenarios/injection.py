"""The sources of arguments, and applications that cannot be constructed."""

from __future__ import annotations

import functools

from asking import Answers, ask, ask_once, attempt

from clastic import (
    Application,
    GetParamMiddleware,
    Middleware,
    Response,
    Route,
    render_basic,
    render_json,
)


class Provider(Middleware):
    provides = ("user",)

    def __init__(self, user="Ann"):
        self.user = user

    def request(self, next, request):
        return next(user=self.user)


class Endpoints(Middleware):
    endpoint_provides = ("inner",)

    def endpoint(self, next):
        return next(inner="inner")


class Renders(Middleware):
    render_provides = ("style",)

    def render(self, next, context):
        return next(style="bold")


class Callable:
    def __call__(self, name):
        return f"called {name}"

    def method(self, name):
        return f"method {name}"


def sources() -> Answers:
    def everything(a, db, user, inner, request, _application, _route, _dispatch_state, opt=5):
        kinds = [type(_application).__name__, _route.pattern, type(_dispatch_state).__name__]
        return {"values": [a, db, user, inner, request.path, opt], "kinds": kinds}

    app = Application(
        [
            ("/all/<a>", everything, render_json),
            Route("/own", lambda db: [db], render_json, resources={"db": "route"}),
            ("/render", lambda: 1, lambda context, style: Response(f"{context} {style}")),
            ("/callable/<name>", Callable(), render_basic),
            ("/method/<name>", Callable().method, render_basic),
        ],
        resources={"db": "app", "opt": 6},
        middlewares=[Provider(), Endpoints(), Renders()],
    )
    yield from ask(
        app, "GET /all/x", "GET /own", "GET /render", "GET /partial/x", "GET /callable/x",
        "GET /method/x",
    )  # fmt: skip
    for label, endpoint in {
        "partial": functools.partial(lambda a, name: [a, name], 1),
        "keyword only": lambda *, name: [name],
    }.items():
        made = attempt(lambda e=endpoint: Application([("/<name>", e, render_json)]))
        yield label, ask_once(made["value"], "GET /x") if "value" in made else made


def positional() -> Answers:
    class Positional(Middleware):
        provides = ("one", "two")

        def request(self, next):
            return next(1, 2)

    app = Application([("/", lambda one, two: [one, two], render_json)], middlewares=[Positional()])
    yield from ask(app, "GET /")


class Counter(Middleware):
    def request(self, next, request):
        request.environ["count"] = request.environ.get("count", 0) + 1
        return next()


def repeated() -> Answers:
    def show(request):
        return [request.environ["count"]]

    inner = Application([("/", show, render_json)], middlewares=[Counter()])
    yield from ask(Application([("/in", inner)], middlewares=[Counter()]), "GET /in/")
    yield from ask(Application([("/", show, render_json)], {}, [Counter(), Counter()]), "GET /")


def construction() -> Answers:
    class Hungry(Middleware):
        def request(self, next, nothing):
            return next()

    class NoNext(Middleware):
        def request(self, request):
            return None

    def context_endpoint(context):
        return context

    def variadic(*args, **kwargs):
        return 1

    async def coroutine():
        return 1

    def generator():
        yield 1

    for label, make in {
        "missing argument": lambda: Application([("/", lambda nothing: 1, render_basic)]),
        "missing middleware argument": lambda: Application(middlewares=[Hungry()]),
        "missing in a route": lambda: Application(
            [("/", lambda: 1, render_basic)], middlewares=[Hungry()]
        ),
        "no next": lambda: Application([("/", lambda: 1, render_basic)], middlewares=[NoNext()]),
        "context": lambda: Application([("/", context_endpoint, render_basic)]),
        "next": lambda: Application([("/", lambda next: 1, render_basic)]),
        "reserved resource": lambda: Application(resources={"request": 1}),
        "two sources": lambda: Application(
            [("/<db>", lambda db: 1, render_basic)], resources={"db": 1}
        ),
        "resource and middleware": lambda: Application(
            [("/", lambda user: [user], render_json)], {"user": 1}, [Provider()]
        ),
        "variadic": lambda: Application([("/", variadic, render_basic)]),
        "async": lambda: Application([("/", coroutine, render_basic)]),
        "generator": lambda: Application([("/", generator, render_basic)]),
        "no factory": lambda: Application([("/", lambda: 1, "template.html")]),
        "not a route": lambda: Application(["/"]),
        "not a middleware": lambda: Application(middlewares=[object()]),
        "render_error": lambda: Application(
            [Route("/", lambda: 1, render_basic, lambda nothing: 1)]
        ),
        "two of a type": lambda: Application(
            [("/", lambda user: user, render_basic)], middlewares=[Provider(), Provider("Bob")]
        ),
        "empty fields": lambda: Application(middlewares=[GetParamMiddleware({})]),
        "keyword": lambda: Application(routes=[], bogus=1),
    }.items():
        yield label, attempt(lambda make=make: type(make()).__name__)


def replaced_by_outer() -> Answers:
    fields = GetParamMiddleware({"a": int})
    inner = Application([("/", lambda a: [a], render_json)], middlewares=[fields])
    outer = Application([("/in", inner)], middlewares=[GetParamMiddleware({"a": str})])
    yield from ask(outer, "GET /in/?a=1")
