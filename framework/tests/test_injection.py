"""Test injection: each argument has one source, found by name, for every kind of callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial, wraps
from typing import Any

import pytest

from clastic import Application, Middleware, Response, Route
from clastic.route import InvalidPattern
from clastic.wiring import WiringError


def show(context: Any) -> Response:
    """Respond with the repr of the context, as a render."""
    return Response(repr(context))


def get(application: Application, path: str = "/") -> str:
    response = application.get_local_client().get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


class Provider(Middleware):
    """Provide one name on one side."""

    def __init__(self, name: str, side: str = "request", value: Any = "provided") -> None:
        attribute = {"request": "provides"}.get(side, f"{side}_provides")
        setattr(self, attribute, (name,))
        setattr(self, side, self.pass_on)
        self.value = value

    def pass_on(self, next: Any) -> Any:
        return next(self.value)


class Shop:
    """A class with every kind of endpoint."""

    def __init__(self, name: str = "unnamed", size: int = 0) -> None:
        self.name, self.size = name, size

    def __repr__(self) -> str:
        return f"Shop({self.name!r}, {self.size})"

    def __call__(self, name: str, size: int = 1) -> Any:
        return (self.name, name, size)

    def method(self, name: str, size: int = 2) -> Any:
        return (self.name, name, size)

    @classmethod
    def from_class(cls, name: str, size: int = 3) -> Any:
        return (cls.__name__, name, size)

    @staticmethod
    def without(name: str, size: int = 4) -> Any:
        return (name, size)


def function(name: str, size: int = 5) -> Any:
    return (name, size)


def keyword_only(*, name: str, size: int = 6) -> Any:
    return (name, size)


def positional_only(name: str, size: int = 7, /) -> Any:
    return (name, size)


def swapped(size: int = 8, *, name: str) -> Any:
    return (name, size)


def three(name: str, left_out: str = "default", size: int = 9) -> Any:
    return (name, left_out, size)


@lru_cache
def cached(name: str, size: int = 10) -> Any:
    return (name, size)


@wraps(function)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return ("wrapped", *function(*args, **kwargs))


@wraps(function)
def wrapped_by_keyword(**kwargs: Any) -> Any:
    return ("wrapped", *function(**kwargs))


CALLABLES = [
    pytest.param(function, "('bob', 5)", "('bob', 3)", id="a function"),
    pytest.param(lambda name, size=5: (name, size), "('bob', 5)", "('bob', 3)", id="a lambda"),
    pytest.param(keyword_only, "('bob', 6)", "('bob', 3)", id="keyword-only arguments"),
    pytest.param(positional_only, "('bob', 7)", "('bob', 3)", id="positional-only arguments"),
    pytest.param(
        swapped, "('bob', 8)", "('bob', 3)", id="an optional argument before a required one"
    ),
    pytest.param(
        three,
        "('bob', 'default', 9)",
        "('bob', 'default', 3)",
        id="an optional argument without a source in the middle",
    ),
    pytest.param(Shop("s").method, "('s', 'bob', 2)", "('s', 'bob', 3)", id="a method"),
    pytest.param(Shop.from_class, "('Shop', 'bob', 3)", "('Shop', 'bob', 3)", id="a class method"),
    pytest.param(Shop.without, "('bob', 4)", "('bob', 3)", id="a static method"),
    pytest.param(Shop("s"), "('s', 'bob', 1)", "('s', 'bob', 3)", id="a callable object"),
    pytest.param(Shop, "Shop('bob', 0)", "Shop('bob', 3)", id="a class"),
    pytest.param(cached, "('bob', 10)", "('bob', 3)", id="a cached function"),
    pytest.param(wrapped, "('wrapped', 'bob', 5)", "('wrapped', 'bob', 3)", id="a wrapper"),
    pytest.param(
        wrapped_by_keyword,
        "('wrapped', 'bob', 5)",
        "('wrapped', 'bob', 3)",
        id="a wrapper that takes only keywords",
    ),
    pytest.param(partial(function), "('bob', 5)", "('bob', 3)", id="a partial that binds nothing"),
    pytest.param(
        partial(three, left_out="-"),
        "('bob', '-', 9)",
        "('bob', '-', 3)",
        id="a partial that binds another argument",
    ),
    pytest.param(
        partial(function, "ann"), "('ann', 5)", "('ann', 3)", id="a partial that binds by position"
    ),
    pytest.param(
        partial(function, name="ann"), "('ann', 5)", "('ann', 3)", id="a partial that binds by name"
    ),
]


@pytest.mark.parametrize(("endpoint", "alone", "with_size"), CALLABLES)
class TestCallables:
    def test_an_endpoint_gets_its_arguments_and_defaults(
        self, endpoint: Callable[..., Any], alone: str, with_size: str
    ) -> None:
        assert get(Application([("/<name>", endpoint, show)]), "/bob") == alone

    def test_a_source_overrides_a_default(
        self, endpoint: Callable[..., Any], alone: str, with_size: str
    ) -> None:
        assert get(Application([("/<name>/<size:int>", endpoint, show)]), "/bob/3") == with_size

    def test_resources_and_middlewares_are_sources_too(
        self, endpoint: Callable[..., Any], alone: str, with_size: str
    ) -> None:
        provider = Provider("name", value="bob")
        application = Application([("/", endpoint, show)], {"size": 3}, [provider])
        assert get(application) == with_size

    def test_every_kind_of_callable_can_be_a_render(
        self, endpoint: Callable[..., Any], alone: str, with_size: str
    ) -> None:
        # A middleware converts the result of the render to a response.
        class AsResponse(Middleware):
            def render(self, next: Any) -> Any:
                return Response(repr(next()))

        route = Route("/<name>", lambda: None, endpoint, middlewares=[AsResponse()])
        assert get(Application([route]), "/bob") == alone


@pytest.mark.parametrize(
    ("pattern", "endpoint", "path", "answer"),
    [
        pytest.param("/<x:int>", abs, "/-4", "4", id="abs"),
        pytest.param("/<iterable+int>", sum, "/1/2/3", "6", id="sum without start"),
        pytest.param("/<iterable+int>/to/<start:int>", sum, "/1/2/to/9", "12", id="sum with start"),
        pytest.param(
            "/<x:float>/<y:float>", pow, "/2/3", None, id="pow, whose arguments have other names"
        ),
    ],
)
def test_builtins_are_passed_by_position(
    pattern: str, endpoint: Callable[..., Any], path: str, answer: str | None
) -> None:
    if answer is None:
        with pytest.raises(WiringError, match="needs 'base', which nothing provides"):
            Application([(pattern, endpoint, show)])
    else:
        assert get(Application([(pattern, endpoint, show)]), path) == answer


class TestSources:
    def test_path_values_are_passed(self) -> None:
        application = Application(
            [("/<a>/<b:int>/<c?float>/<d*>", lambda d, c, b, a: (a, b, c, d), show)]
        )
        assert get(application, "/x/2/1.5/y/z") == "('x', 2, 1.5, ['y', 'z'])"
        assert get(application, "/x/2") == "('x', 2, None, [])"

    def test_resources_are_passed_unchanged(self) -> None:
        database = object()
        application = Application(
            [("/", lambda db, nothing: (db is database, nothing), show)],
            {"db": database, "nothing": None},
        )
        assert get(application) == "(True, None)"

    def test_built_in_arguments_are_passed(self) -> None:
        def endpoint(request: Any, _application: Any, _route: Any, _dispatch_state: Any) -> Any:
            return (
                request.path,
                _application is application,
                _route is application.routes[0],
                _dispatch_state.attempted_routes == [_route],
            )

        application = Application([("/here", endpoint, show)])
        assert get(application, "/here") == "('/here', True, True, True)"

    def test_a_render_gets_the_context_and_other_arguments(self) -> None:
        def render(size: int, context: Any, name: str, request: Any, rate: int) -> Response:
            return Response(f"{size} {context} {name} {request.method} {rate}")

        application = Application(
            [("/<name>", lambda: "context", render)], {"size": 3}, [Provider("rate", "render", 2)]
        )
        assert get(application, "/bob") == "3 context bob GET 2"

    @pytest.mark.parametrize("side", ["request", "endpoint"])
    def test_a_middleware_provides_an_argument_of_the_endpoint(self, side: str) -> None:
        application = Application(
            [("/", lambda user: user, show)], middlewares=[Provider("user", side, "ann")]
        )
        assert get(application) == "'ann'"

    @pytest.mark.parametrize(
        ("side", "seen"),
        [
            pytest.param("request", "(1, 1)", id="provides is for both sides"),
            pytest.param("endpoint", "(1, 0)", id="endpoint_provides is not for the render"),
            pytest.param("render", "(0, 1)", id="render_provides is not for the endpoint"),
        ],
    )
    def test_the_side_of_a_provided_value_limits_its_use(self, side: str, seen: str) -> None:
        def render(context: int, user: int = 0) -> Response:
            return Response(f"({context}, {user})")

        application = Application(
            [("/", lambda user=0: user, render)], middlewares=[Provider("user", side, 1)]
        )
        assert get(application) == seen

    def test_both_sides_may_provide_the_same_name(self) -> None:
        def render(context: Any, user: Any) -> Response:
            return Response(f"{context} {user}")

        application = Application(
            [("/", lambda user: user, render)],
            middlewares=[Provider("user", "endpoint", "ann"), Provider("user", "render", "bob")],
        )
        assert get(application) == "ann bob"

    def test_a_render_error_gets_resources_and_built_ins(self) -> None:
        def render_error(
            _error: Any, site: str, _route: Any, _application: Any, request: Any, size: int = 2
        ) -> Response:
            values = (_error.code, site, _route.pattern, _application is application, request.path)
            return Response(f"{values} {size}")

        application = Application(
            [Route("/boom", lambda: 1 / 0, None, render_error)], {"site": "here"}
        )
        assert get(application, "/boom") == "(500, 'here', '/boom', True, '/boom') 2"

    def test_the_plan_of_a_route_has_the_sources(self) -> None:
        def endpoint(id: str, db: Any, user: str, request: Any, unknown: int = 0) -> Any:
            return (id, db, user, request, unknown)

        route = Route("/<id>", endpoint, show, middlewares=[Provider("user")])
        plan = Application([route], {"db": 1}).routes[0].plan()
        assert [
            (step.function, dict(zip((p.name for p in step.arguments), step.sources, strict=True)))
            for step in plan.steps
        ] == [
            (route.middlewares[0].request, {}),
            (
                endpoint,
                {"id": "path", "db": "resources", "user": "Provider", "request": "built-in"},
            ),
            (show, {"context": "built-in"}),
        ]


HOSTILE = (
    # names in the generated code
    *("make", "route", "route_", "chain", "chain_", "finish", "finish_", "path_values"),
    *("path_values_", "FINISHED", "MISSING", "MISSING_"),
    *("endpoint", "endpoint_", "endpoint_side", "endpoint_0", "endpoint_next_0", "render"),
    *("request_0", "request_next_0", "request_next_1", "render_0", "render_next_0", "render_error"),
    *("unprovided_request_0", "unprovided_endpoint_0", "unprovided_render_0", "context_"),
    # builtins, one of which it uses
    *("isinstance", "None_", "print", "exec", "id", "type", "__builtins__", "__name__"),
    # soft keywords, and other unusual names
    *("match", "case", "_", "__", "self", "cls", "args", "kwargs", "naïve", "имя", "名前"),
)


def endpoint_of(name: str, wrap: str = "{}") -> Callable[..., Any]:
    """Return an endpoint that returns its only argument, which has this name."""
    namespace: dict[str, Any] = {}
    exec(f"def endpoint_taking({name}): return {wrap.format(name)}", namespace)
    taking: Callable[..., Any] = namespace["endpoint_taking"]
    return taking


class Around(Middleware):
    """Have functions and provide names on all sides, so that all of the code is generated."""

    provides = ("outer_value",)
    endpoint_provides = ("endpoint_value",)
    render_provides = ("render_value",)
    unique = False

    def request(self, next: Any) -> Any:
        return next(outer_value=1)

    def endpoint(self, next: Any, outer_value: int) -> Any:
        return next(endpoint_value=outer_value + 1)

    def render(self, next: Any, context: Any) -> Any:
        return next(render_value=context)

    def finish(self, response: Any, environ: Any, route: Any) -> Any:
        return response


def show_value(render_value: Any) -> Response:
    return Response(repr(render_value))


def with_each_name(make: Callable[[str], Application], path: str = "/") -> dict[str, str]:
    """Return the response of an application with each name, or the error that it raised."""

    def respond(name: str) -> str:
        try:
            return get(make(name), path)
        except Exception as error:
            return repr(error)

    return {name: respond(name) for name in HOSTILE}


class TestHostileNames:
    def test_a_path_value_may_have_any_name(self) -> None:
        responses = with_each_name(
            lambda name: Application(
                [(f"/<{name}>", endpoint_of(name), show_value)], middlewares=[Around()]
            ),
            "/value",
        )
        assert responses == dict.fromkeys(HOSTILE, "'value'")

    def test_a_resource_may_have_any_name(self) -> None:
        responses = with_each_name(
            lambda name: Application(
                [("/", endpoint_of(name), show_value)], {name: "value"}, [Around()]
            )
        )
        assert responses == dict.fromkeys(HOSTILE, "'value'")

    @pytest.mark.parametrize("side", ["request", "endpoint"])
    def test_a_provided_value_may_have_any_name(self, side: str) -> None:
        responses = with_each_name(
            lambda name: Application(
                [("/", endpoint_of(name), show_value)],
                middlewares=[Around(), Provider(name, side)],
            )
        )
        assert responses == dict.fromkeys(HOSTILE, "'provided'")

    @pytest.mark.parametrize("source", ["resource", "path value", "provided"])
    def test_an_argument_of_a_render_may_have_any_name(self, source: str) -> None:
        def make(name: str) -> Application:
            render = endpoint_of(name, "__import__('clastic').Response({})")
            resources = {name: "value"} if source == "resource" else {}
            middlewares = [Around(), *([Provider(name, "render")] if source == "provided" else ())]
            pattern = f"/<{name}>" if source == "path value" else "/<other>"
            return Application([(pattern, lambda: None, render)], resources, middlewares)

        expected = "provided" if source == "provided" else "value"
        assert with_each_name(make, "/value") == dict.fromkeys(HOSTILE, expected)

    def test_an_argument_of_render_error_may_have_any_name(self) -> None:
        def make(name: str) -> Application:
            render_error = endpoint_of(name, "__import__('clastic').Response({})")
            return Application([Route("/", lambda: 1 / 0, None, render_error)], {name: "value"})

        assert with_each_name(make) == dict.fromkeys(HOSTILE, "value")

    def test_an_unused_resource_may_have_any_name(self) -> None:
        responses = with_each_name(
            lambda name: Application([("/", lambda: 1, show_value)], {name: 1}, [Around()])
        )
        assert responses == dict.fromkeys(HOSTILE, "1")


KEYWORDS = ["class", "None", "lambda", "async"]


@pytest.mark.parametrize("name", KEYWORDS)
class TestKeywords:
    def test_a_keyword_is_refused_in_a_pattern(self, name: str) -> None:
        with pytest.raises(InvalidPattern, match=f"'{name}' is not a valid name"):
            Application([(f"/<{name}>", lambda: 1, show)])

    def test_a_keyword_is_refused_in_provides(self, name: str) -> None:
        with pytest.raises(WiringError, match="which cannot be an argument's name"):
            Application([("/", lambda: 1, show)], middlewares=[Provider(name)])

    def test_a_keyword_is_accepted_as_the_name_of_a_resource(self, name: str) -> None:
        assert get(Application([("/", lambda: 1, show)], {name: 2})) == "1"


def test_debug_of_python_is_refused_in_provides() -> None:
    with pytest.raises(WiringError, match="which cannot be an argument's name"):
        Application([("/", lambda: 1, show)], middlewares=[Provider("__debug__")])


def test_a_name_that_python_normalizes_is_refused_in_provides() -> None:
    ligature = "\N{LATIN SMALL LIGATURE FI}le"
    assert get(Application([("/", endpoint_of(ligature), show)], {"file": 1})) == "1"
    with pytest.raises(WiringError, match="a name that Python reads as 'file'"):
        Application([("/", endpoint_of(ligature), show)], middlewares=[Provider(ligature)])


@pytest.mark.parametrize(
    ("resources", "middlewares", "pattern"),
    [
        pytest.param({"_path": 1}, [Provider("user")], "/", id="a resource"),
        pytest.param({}, [Provider("_path")], "/", id="a provided name"),
        pytest.param({}, [Provider("user")], "/<_path>", id="a path value"),
    ],
)
def test_the_name_in_the_pattern_of_the_null_route_may_be_used(
    resources: Mapping[str, Any], middlewares: list[Middleware], pattern: str
) -> None:
    class Seen(Middleware):
        def request(self, next: Any) -> Any:
            response = next()
            response.headers["Seen"] = "yes"
            return response

    application = Application([(pattern, lambda: 1, show)], resources, [Seen(), *middlewares])
    response = application.get_local_client().get("/a/b/c")
    assert (response.status_code, response.headers.get("Seen")) == (404, "yes")


def test_a_middleware_with_the_name_of_the_null_routes_pattern_skips_misses() -> None:
    class Logged(Middleware):
        def request(self, next: Any, _path: str) -> Any:
            return Response(f"logged {_path}")

    application = Application([("/<_path>", lambda: 1, show)], middlewares=[Logged()])
    assert get(application, "/a") == "logged a"
    assert application.get_local_client().get("/a/b").status_code == 404
