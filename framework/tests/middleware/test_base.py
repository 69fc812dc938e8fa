"""When two middlewares are one, what a list of them comes to, and their WSGI wrappers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from clastic import Application, GetParamMiddleware, Middleware, Response, Route
from clastic.middleware import PostDataMiddleware, SignedCookieMiddleware
from clastic.middleware.base import DummyMiddleware, merge_middlewares
from clastic.wiring import Problems, WiringError, WiringWarning


class Named(Middleware):
    """Writes its name into the answer."""

    def __init__(self, name: str) -> None:
        self.label = name

    def request(self, next: Any) -> Any:
        response = next()
        response.data = f"{self.label} {response.get_data(as_text=True)}"
        return response


class OtherNamed(Named):
    """The same of another type."""


class Repeated(Named):
    """May be there more than once."""

    unique = False


class Fixed(Named):
    """May not be left out for another one."""

    reorderable = False


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param(Named("a"), Named("a"), True, id="one type and one configuration"),
        pytest.param(Named("a"), Named("b"), False, id="different configurations"),
        pytest.param(Named("a"), OtherNamed("a"), False, id="different types"),
        pytest.param(Middleware(), Middleware(), True, id="no configuration"),
        pytest.param(Named("a"), "a", False, id="something else"),
    ],
)
def test_middlewares_of_one_type_and_configuration_are_equal(
    one: Middleware, other: object, equal: bool
) -> None:
    assert (one == other) is equal
    assert (one != other) is not equal
    if equal:
        assert hash(one) == hash(other)


def test_a_middleware_of_any_configuration_can_be_hashed() -> None:
    class Listed(Middleware):
        def __init__(self) -> None:
            self.names = ["a"]

    assert len({Listed(), Listed()}) == 1


def test_a_middleware_has_a_name() -> None:
    assert Named("a").name == "Named"
    assert repr(Named("a")) == "Named()"


@pytest.mark.parametrize(
    ("outer", "inner", "answer"),
    [
        pytest.param([], [], "x", id="none"),
        pytest.param([Named("a")], [], "a x", id="one around the application"),
        pytest.param([], [Named("b")], "b x", id="one around the route"),
        pytest.param([Named("a")], [Named("b")], "a b x", id="different ones are both included"),
        pytest.param(
            [Named("a"), Named("b")], [Named("b"), Named("a")], "a b x", id="equal ones once"
        ),
        pytest.param([Named("a"), Named("a")], [], "a x", id="equal ones in one list once"),
        pytest.param(
            [Named("a")],
            [OtherNamed("a")],
            "a a x",
            id="equal but for their type are both included",
        ),
        pytest.param(
            [Repeated("a"), Repeated("a")],
            [Repeated("a")],
            "a a a x",
            id="those that are not unique as often as they are listed",
        ),
        pytest.param([Fixed("a")], [Fixed("b")], "a b x", id="immovable but different"),
    ],
)
def test_unique_middlewares_are_merged_if_they_are_equal(
    outer: Sequence[Middleware], inner: Sequence[Middleware], answer: str
) -> None:
    route = Route("/", lambda: Response("x"), middlewares=inner)
    application = Application([route], middlewares=outer)
    assert application.get_local_client().get("/").get_data(as_text=True) == answer


def test_of_equal_middlewares_the_outermost_is_kept() -> None:
    outer, inner = Named("a"), Named("a")
    assert merge_middlewares([outer], [inner])[0] is outer


@pytest.mark.parametrize(
    ("outer", "inner", "count"),
    [
        pytest.param([Fixed("a")], [Fixed("a")], 1, id="one further out"),
        pytest.param([Fixed("a"), Fixed("a")], [], 1, id="one in the same list"),
        pytest.param([Fixed("a")], [Fixed("b")], 0, id="another configuration"),
        pytest.param([Named("a")], [Named("a")], 0, id="one that may be left out"),
        pytest.param([Repeated("a")], [Repeated("a")], 0, id="one that may be there twice"),
    ],
)
def test_merging_reports_duplicates_that_must_not_be_moved(
    outer: Sequence[Middleware], inner: Sequence[Middleware], count: int
) -> None:
    problems = Problems()
    merge_middlewares(outer, inner, problems)
    assert len(problems) == count


def test_the_dummy_logs_its_calls_and_changes_nothing() -> None:
    events: list[str] = []
    application = Application(
        [("/", lambda: "context", lambda context: Response(context))],
        middlewares=[DummyMiddleware("a", events.append), DummyMiddleware(), DummyMiddleware()],
    )
    assert application.get_local_client().get("/").get_data(as_text=True) == "context"
    assert events == [
        *("a: request", "a: endpoint", "a: endpoint done"),
        *("a: render", "a: render done", "a: request done"),
    ]
    assert [repr(middleware) for middleware in application.middlewares] == [
        "DummyMiddleware('a')",
        "DummyMiddleware('dummy')",
    ]


class Wrapping(Middleware):
    """Adds its name to a header around everything, and counts how often it is set up."""

    def __init__(self, name: str) -> None:
        self.label = name

    def wsgi_wrapper(self, wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(environ: Any, start_response: Any) -> Any:
            def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                return start_response(status, [*headers, ("Wrapped-By", self.label)], exc_info)

            return wsgi_app(environ, start)

        return wrapped


def wrapped_by(application: Application, path: str = "/") -> list[str]:
    """Who has wrapped the application, innermost first."""
    return application.get_local_client().get(path).headers.getlist("Wrapped-By")


def ok() -> Response:
    return Response("ok")


class TestWSGIWrappers:
    def test_wrappers_are_around_everything_even_misses(self) -> None:
        application = Application([("/", ok)], middlewares=[Wrapping("a")])
        assert wrapped_by(application) == ["a"]
        assert wrapped_by(application, "/nowhere") == ["a"]

    def test_the_outermost_wrapper_is_around_the_others(self) -> None:
        route = Route("/", ok, middlewares=[Wrapping("route")])
        application = Application([route], middlewares=[Wrapping("outer"), Wrapping("inner")])
        assert wrapped_by(application) == ["route", "inner", "outer"]

    def test_the_wrapper_of_a_route_is_around_the_whole_application(self) -> None:
        application = Application([Route("/a", ok, middlewares=[Wrapping("a")]), ("/", ok)])
        assert wrapped_by(application, "/") == ["a"]

    @pytest.mark.parametrize(
        "routes",
        [
            pytest.param(
                [Route(path, ok, middlewares=[Wrapping("a")]) for path in ("/", "/b", "/c")],
                id="equal ones of several routes",
            ),
            pytest.param(
                [("/", Application([("/", ok)], middlewares=[Wrapping("a")]))],
                id="one of an embedded application",
            ),
        ],
    )
    def test_each_distinct_middleware_wraps_once(self, routes: list[Any]) -> None:
        application = Application(routes, middlewares=[Wrapping("a"), Wrapping("b")])
        assert wrapped_by(application) == ["b", "a"]

    def test_each_wrapper_is_applied_once_also_when_routes_are_added(self) -> None:
        application = Application([("/", ok)], middlewares=[Wrapping("a")])
        application.add(Route("/b", ok, middlewares=[Wrapping("a")]))
        application.add(Route("/c", ok, middlewares=[Wrapping("c")]))
        application.add(Route("/d", ok, middlewares=[Wrapping("c")]))
        application.add(("/e", Application([("/", ok)], middlewares=[Wrapping("a")])))
        assert wrapped_by(application) == ["c", "a"]

    def test_adding_a_route_without_a_wrapper_keeps_the_wrappers(self) -> None:
        made = []

        class Counted(Middleware):
            def wsgi_wrapper(self, wsgi_app: Any) -> Any:
                made.append(wsgi_app)
                return wsgi_app

        application = Application([("/", ok)], middlewares=[Counted()])
        application.add(("/a", ok))
        application.add(Route("/b", ok, middlewares=[Counted()]))
        assert len(made) == 1

    def test_adding_a_route_that_fails_keeps_the_wrappers(self) -> None:
        application = Application([("/", ok)], middlewares=[Wrapping("a")])
        with pytest.raises(NameError, match="needs 'x'"):
            application.add(Route("/b", lambda x: x, middlewares=[Wrapping("b")]))
        assert wrapped_by(application) == ["a"]

    def test_a_wrapper_may_be_a_class_or_a_builtin_without_a_signature(self) -> None:
        class Upper:
            def __init__(self, wsgi_app: Any) -> None:
                self.wsgi_app = wsgi_app

            def __call__(self, environ: Any, start_response: Any) -> Any:
                return [part.upper() for part in self.wsgi_app(environ, start_response)]

        class Shout(Middleware):
            wsgi_wrapper = Upper

        class Silent(Middleware):
            @staticmethod
            def wsgi_wrapper(wsgi_app: Any) -> Any:
                return dict  # takes anything, and says nothing about it

        application = Application([("/", ok)], middlewares=[Shout()])
        assert application.get_local_client().get("/").data == b"OK"
        Application([("/", ok)], middlewares=[Silent()])


# -- an outer middleware of the same type ----------------------------------------------------------


class Audit(Middleware):
    provides = ("user",)
    replaced_by_outer = True

    def __init__(self, user: str, *more: str) -> None:
        self.user = user
        self.provides = ("user", *more)

    def request(self, next: Callable[..., Any]) -> Any:
        return next(*[self.user] * len(self.provides))

    def __repr__(self) -> str:
        return f"Audit({self.user!r})"


def user_of(*applications: Middleware, ignore: Sequence[str] = ()) -> Any:
    """Return the value that an endpoint gets below these middlewares, outermost first."""
    outer, inner = applications
    application = Application(
        [("/", Application([("/", lambda user: Response(user))], middlewares=[inner]))],
        middlewares=[outer],
        ignore=ignore,
    )
    return application.get_local_client().get("/").text


def test_an_outer_middleware_replaces_an_inner_one_that_says_so() -> None:
    with pytest.warns(WiringWarning) as caught:
        assert user_of(Audit("outer", "realm"), Audit("inner")) == "outer"
    assert str(caught[0].message) == (
        "Middleware Audit('inner') is left out, because Audit('outer') further out provides "
        "'user', too. [replaced-middleware]\n"
        "  Found on route '/'.\n"
        "  Remove one of the two, or let them provide different names.\n"
        "  If it is intended, pass ignore=['replaced-middleware'] to the route or the application."
    )


def test_the_warning_of_a_replaced_middleware_can_be_ignored() -> None:
    assert user_of(Audit("outer"), Audit("inner"), ignore=["replaced-middleware"]) == "outer"


def test_the_middleware_of_a_route_is_replaced_too() -> None:
    route = Route("/", lambda user: Response(user), middlewares=[Audit("inner")])
    with pytest.warns(WiringWarning, match="is left out"):
        application = Application([route], middlewares=[Audit("outer")])
    assert application.get_local_client().get("/").text == "outer"


def test_an_inner_middleware_that_provides_more_is_not_replaced() -> None:
    with pytest.raises(WiringError, match="has two sources for 'user'"):
        user_of(Audit("outer"), Audit("inner", "realm"))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        pytest.param(
            SignedCookieMiddleware(cookie_name="a", secret_key="a" * 16),
            SignedCookieMiddleware(cookie_name="b", secret_key="b" * 16),
            id="the signed cookie",
        ),
        pytest.param(
            GetParamMiddleware("cookie"), GetParamMiddleware({"cookie": int}), id="query parameters"
        ),
        pytest.param(
            PostDataMiddleware("cookie"), PostDataMiddleware({"cookie": int}), id="a form"
        ),
    ],
)
def test_a_cookie_and_fields_are_replaced(outer: Middleware, inner: Middleware) -> None:
    nested = Application([("/", lambda cookie: Response("ok"))], middlewares=[inner])
    with pytest.warns(WiringWarning, match="is left out"):
        application = Application([("/", nested)], middlewares=[outer])
    assert application.routes[0].middlewares == (outer,)


def test_equal_middlewares_that_are_not_unique_all_run() -> None:
    calls = []

    class Note(Middleware):
        unique = False

        def request(self, next: Callable[..., Any]) -> Any:
            calls.append("note")
            return next()

    application = Application([("/", lambda: Response("ok"))], middlewares=[Note(), Note()])
    application.get_local_client().get("/")
    assert calls == ["note", "note"]
