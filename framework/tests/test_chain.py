"""Test the compiled chain of a route: order, provided values, early responses and tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import Forbidden as WerkzeugForbidden

from clastic import Application, BaseResponse, HTTPException, Middleware, NotFound, Response, Route


def get(application: Application, path: str = "/") -> str:
    return application.get_local_client().get(path).get_data(as_text=True)


class Logged(Middleware):
    """Log the begin and end of each function."""

    unique = False

    def __init__(self, name: str, log: list[str]) -> None:
        self.label, self.log = name, log

    def around(self, side: str, next: Callable[[], Any]) -> Any:
        self.log.append(f"{self.label} {side} begins")
        try:
            return next()
        finally:
            self.log.append(f"{self.label} {side} ends")

    def request(self, next: Any) -> Any:
        return self.around("request", next)

    def endpoint(self, next: Any) -> Any:
        return self.around("endpoint", next)

    def render(self, next: Any) -> Any:
        return self.around("render", next)


class TestOrder:
    def test_the_functions_of_two_middlewares_are_nested(self) -> None:
        log: list[str] = []

        def endpoint() -> str:
            log.append("endpoint")
            return "context"

        def render(context: str) -> Response:
            log.append(f"render {context}")
            return Response(context)

        middlewares = [Logged("outer", log), Logged("inner", log)]
        assert get(Application([("/", endpoint, render)], middlewares=middlewares)) == "context"
        assert log == [
            "outer request begins",
            "inner request begins",
            "outer endpoint begins",
            "inner endpoint begins",
            "endpoint",
            "inner endpoint ends",
            "outer endpoint ends",
            "outer render begins",
            "inner render begins",
            "render context",
            "inner render ends",
            "outer render ends",
            "inner request ends",
            "outer request ends",
        ]

    def test_a_response_of_the_endpoint_is_not_rendered(self) -> None:
        log: list[str] = []
        route = ("/", lambda: Response("done"), lambda context: log.append("render"))
        assert get(Application([route], middlewares=[Logged("one", log)])) == "done"
        assert log == [
            "one request begins",
            "one endpoint begins",
            "one endpoint ends",
            "one request ends",
        ]

    def test_without_a_render_its_middlewares_do_not_run(self) -> None:
        log: list[str] = []
        application = Application(
            [("/", lambda: Response("done"))], middlewares=[Logged("one", log)]
        )
        assert get(application) == "done"
        assert not any("render" in line for line in log)

    def test_the_middlewares_of_a_route_are_inside_those_of_the_application(self) -> None:
        log: list[str] = []
        route = Route("/", lambda: Response("done"), middlewares=[Logged("route", log)])
        get(Application([route], middlewares=[Logged("application", log)]))
        assert log[:2] == ["application request begins", "route request begins"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Response("early"), id="a response"),
        pytest.param(lambda: BaseResponse("early"), id="a response of Werkzeug"),
        pytest.param(lambda: HTTPException("early", code=200), id="an HTTP error"),
    ],
)
@pytest.mark.parametrize("side", ["request", "endpoint", "render"])
def test_a_middleware_can_respond_without_calling_next(side: str, make: Callable[[], Any]) -> None:
    log: list[str] = []

    class Early(Middleware):
        def respond(self, next: Any) -> Any:
            return make()

    early = Early()
    setattr(early, side, early.respond)
    application = Application(
        [("/", lambda: "context", lambda context: Response("rendered"))],
        middlewares=[Logged("outer", log), early, Logged("inner", log)],
    )
    assert "early" in get(application)
    assert f"inner {side} begins" not in log
    assert log[-1] == "outer request ends"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(lambda: NotFound("gone astray"), id="a returned error of the framework"),
        pytest.param(lambda: WerkzeugForbidden("gone astray"), id="a returned error of Werkzeug"),
    ],
)
def test_an_error_that_the_endpoint_returns_is_not_rendered(error: Callable[[], Any]) -> None:
    application = Application([("/", error, lambda context: Response("rendered"))])
    assert "gone astray" in get(application)


class TestExceptions:
    def test_an_exception_of_the_endpoint_passes_through_the_middlewares(self) -> None:
        log: list[str] = []

        class Observer(Middleware):
            unique = False

            def __init__(self, name: str) -> None:
                self.label = name

            def request(self, next: Any) -> Any:
                try:
                    return next()
                except NotFound as error:
                    log.append(f"{self.label} saw {error.detail}")
                    raise

        def endpoint() -> None:
            raise NotFound("nothing here")

        application = Application(
            [("/", endpoint)], middlewares=[Observer("outer"), Observer("inner")]
        )
        assert application.get_local_client().get("/").status_code == 404
        assert log == ["inner saw nothing here", "outer saw nothing here"]

    @pytest.mark.parametrize("side", ["request", "endpoint", "render"])
    def test_a_middleware_can_catch_an_exception_and_respond(self, side: str) -> None:
        class Rescue(Middleware):
            def rescue(self, next: Any) -> Any:
                try:
                    return next()
                except ZeroDivisionError:
                    return Response("rescued")

        rescue = Rescue()
        setattr(rescue, side, rescue.rescue)
        render = (lambda context: 1 / 0) if side == "render" else lambda context: Response("fine")
        endpoint = (lambda: 0) if side == "render" else lambda: 1 / 0
        assert get(Application([("/", endpoint, render)], middlewares=[rescue])) == "rescued"

    def test_an_exception_of_a_middleware_is_sent_like_one_of_the_endpoint(self) -> None:
        class Guard(Middleware):
            def request(self, next: Any) -> Any:
                raise WerkzeugForbidden("not you")

        application = Application([("/", lambda: Response("in"))], middlewares=[Guard()])
        response = application.get_local_client().get("/")
        assert response.status_code == 403
        assert "not you" in response.get_data(as_text=True)


def tag(next: Any, label: str, mark: str = "!") -> Any:
    """A function of a middleware outside of a class."""
    return Response(f"{label}{mark} {next(label).get_data(as_text=True)}")


class Tag:
    """The same as a callable object."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __call__(self, next: Any, label: str) -> Any:
        return tag(next, label, self.mark)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        pytest.param(tag, "a! a", id="a function"),
        pytest.param(partial(tag, mark="?"), "a? a", id="a partial"),
        pytest.param(Tag("."), "a. a", id="a callable object"),
        pytest.param(Tag(",").__call__, "a, a", id="a method of another object"),
    ],
)
def test_the_function_of_a_middleware_can_be_any_callable(
    function: Callable[..., Any], text: str
) -> None:
    class Tagging(Middleware):
        provides = ("tagged",)

    tagging = Tagging()
    tagging.request = function
    application = Application([("/", lambda tagged: Response(tagged))], {"label": "a"}, [tagging])
    assert get(application) == text


class TestProvides:
    @pytest.mark.parametrize(
        "call",
        [
            pytest.param(lambda next: next(a=1, b=2), id="by keyword"),
            pytest.param(lambda next: next(b=2, a=1), id="by keyword in another order"),
            pytest.param(lambda next: next(1, 2), id="by position"),
            pytest.param(lambda next: next(1, b=2), id="by position and keyword"),
        ],
    )
    @pytest.mark.parametrize("side", ["request", "endpoint", "render"])
    def test_provided_values_are_passed_on(self, side: str, call: Callable[..., Any]) -> None:
        class Pair(Middleware):
            def pass_on(self, next: Any) -> Any:
                return call(next)

        pair = Pair()
        setattr(pair, "provides" if side == "request" else f"{side}_provides", ["a", "b"])
        setattr(pair, side, pair.pass_on)

        def render(context: Any, a: int = 0, b: int = 0) -> Response:
            return Response(str((a, b)) if side == "render" else str(context))

        route = ("/", lambda a=0, b=0: (a, b), render)
        assert get(Application([route], middlewares=[pair])) == "(1, 2)"

    def test_a_provided_value_may_be_none(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user=None)

        route = ("/", lambda user="default": Response(repr(user)))
        assert get(Application([route], middlewares=[Session()])) == "None"

    def test_provided_values_are_available_to_inner_middlewares(self) -> None:
        class First(Middleware):
            provides = ("a",)

            def request(self, next: Any) -> Any:
                return next(1)

        class Second(Middleware):
            provides = ("b",)

            def request(self, next: Any, a: int) -> Any:
                return next(b=a + 1)

        route = ("/", lambda a, b: Response(f"{a} {b}"))
        assert get(Application([route], middlewares=[First(), Second()])) == "1 2"

    def test_next_can_be_called_again_with_other_values(self) -> None:
        class Retry(Middleware):
            provides = ("attempt",)

            def request(self, next: Any) -> Any:
                first, second = next(1), next(attempt=2)
                return Response(first.data + second.data)

        route = ("/", lambda attempt: attempt, lambda context: Response(f"<{context}>"))
        assert get(Application([route], middlewares=[Retry()])) == "<1><2>"

    @pytest.mark.parametrize("side", ["request", "endpoint", "render"])
    @pytest.mark.parametrize("arguments", ["()", "('ann',)"], ids=["all", "the second"])
    def test_the_error_names_a_value_that_is_missing_at_run_time(
        self, side: str, arguments: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        attribute = "provides" if side == "request" else f"{side}_provides"
        namespace: dict[str, Any] = {"Middleware": Middleware}
        exec(
            f"class Hidden(Middleware):\n"
            f"    {attribute} = ('user', 'token')\n"
            f"    def {side}(self, next):\n"
            f"        return next(*{arguments})\n",
            namespace,
        )
        application = Application(
            [("/", lambda: 1, lambda context: Response("in"))], middlewares=[namespace["Hidden"]()]
        )
        assert application.get_local_client().get("/").status_code == 500
        missing = "token" if "ann" in arguments else "user"
        assert (
            f"TypeError: Middleware Hidden.{side} (<string>:3) called next() without '{missing}', "
            f"which it declares to provide. Call next({missing}=...)."
        ) in caplog.text

    def test_the_source_behind_a_decorator_is_not_checked(self) -> None:
        def with_user(function: Any) -> Any:
            from functools import wraps

            @wraps(function)
            def wrapper(self: Any, next: Any) -> Any:
                return function(self, lambda **provided: next(user="ann", **provided))

            return wrapper

        class Session(Middleware):
            provides = ("user", "token")

            @with_user
            def request(self, next: Any) -> Any:
                return next(token=7)

        route = ("/", lambda user, token: Response(f"{user} {token}"))
        assert get(Application([route], middlewares=[Session()])) == "ann 7"

    def test_starred_arguments_of_next_are_not_checked(self) -> None:
        class Session(Middleware):
            provides = ("user", "token")

            def request(self, next: Any) -> Any:
                row, mapping = ("ann", 7), {"user": "bob", "token": 8}
                return Response(next(*row).data + next(**mapping).data)

        route = ("/", lambda user, token: Response(f"{user} {token}."))
        assert get(Application([route], middlewares=[Session()])) == "ann 7.bob 8."

    def test_the_source_is_not_checked_if_next_is_assigned(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                go_on, next = next, max
                return go_on(user=next("ann", "bob"))

        route = ("/", lambda user: Response(user))
        assert get(Application([route], middlewares=[Session()])) == "bob"


class TestTracebacks:
    @pytest.fixture
    def traceback_of(self, caplog: pytest.LogCaptureFixture) -> Callable[[Application], str]:
        def run(application: Application) -> str:
            with caplog.at_level(logging.ERROR, logger="clastic"):
                response = application.get_local_client().get("/links/7")
            assert response.status_code == 500
            return caplog.text

        return run

    def test_the_traceback_shows_the_route_and_the_call(self, traceback_of: Any) -> None:
        def show(id: int, db: Any) -> Response:
            return Response(str(id / db))

        text = traceback_of(Application([("/links/<id:int>", show)], {"db": 0}))
        assert "in route /links/<id:int>\n    return endpoint(path_values['id'], db)\n" in text

    def test_the_traceback_shows_the_calls_between_middlewares(self, traceback_of: Any) -> None:
        log: list[str] = []
        application = Application(
            [("/links/<id>", lambda id: 1, lambda context: 1 / 0)], middlewares=[Logged("m", log)]
        )
        text = traceback_of(application)
        assert "in route /links/<id>\n    return request_0(request_next_0)\n" in text
        assert "in request_next_0\n" in text
        assert "    return render_0(render_next_0)\n" in text
        assert "in render_next_0\n    return render(context)\n" in text

    def test_routes_of_the_same_shape_have_their_own_names(self, traceback_of: Any) -> None:
        application = Application(
            [("/other/<id>", lambda id: 1 / 0), ("/links/<id>", lambda id: 1 / 0)]
        )
        text = traceback_of(application)
        assert "in route /links/<id>\n" in text
        assert "in route /other/<id>" not in text

    def test_the_traceback_shows_the_call_of_render_error(
        self, caplog: pytest.LogCaptureFixture, traceback_of: Any
    ) -> None:
        def page(_error: Any, request: Any) -> Response:
            raise OSError("no paper")

        traceback_of(Application([Route("/links/<id>", lambda id: 1 / 0, None, page)]))
        assert (
            "in render_error of /links/<id>\n    return render_error(_error, request)\n"
            in caplog.text
        )


def test_ninety_middlewares_can_be_nested() -> None:
    class Counting(Middleware):
        unique = False

        def request(self, next: Any) -> Any:
            response = next()
            response.data += b"."
            return response

    application = Application(
        [("/", lambda: Response(""))], middlewares=[Counting() for _ in range(90)]
    )
    assert get(application) == "." * 90


# A simple interpreter of the same rules, for comparison with the compiled chain.


@dataclass(frozen=True)
class Plan:
    """The functions of a middleware, with the names that each provides and takes.

    :param provides: the names provided, by side
    :param needs: the names taken, by side; they are absent if nothing provides them
    :param by_position: True if it provides by position
    :param ends: the side on which it responds without calling next, or None
    """

    sides: tuple[str, ...]
    provides: dict[str, tuple[str, ...]]
    needs: dict[str, tuple[str, ...]]
    by_position: bool
    ends: str | None


SIDES = {"request": "provides", "endpoint": "endpoint_provides", "render": "render_provides"}
NAMES = ["a", "b", "c", "endpoint", "next_0", "isinstance", "context_"]


@st.composite
def stacks(draw: st.DrawFn) -> list[Plan]:
    """Return middlewares in which no name has two sources."""
    free = {side: list(NAMES) for side in SIDES}
    plans = []
    for _ in range(draw(st.integers(0, 5))):
        sides = tuple(draw(st.lists(st.sampled_from(list(SIDES)), unique=True)))
        provides = {}
        declared: tuple[str, ...] = ()
        for side in sides:
            possible = [name for name in free[side] if name not in declared]
            chosen = st.lists(st.sampled_from(possible), max_size=2, unique=True)
            provides[side] = tuple(draw(chosen)) if possible else ()
            declared += provides[side]
            for other in SIDES:
                if {side, other} != {"endpoint", "render"}:
                    free[other] = [name for name in free[other] if name not in provides[side]]
        needs = {
            side: tuple(draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)))
            for side in sides
        }
        ends = draw(st.sampled_from([None, None, None, *sides]))
        plans.append(Plan(sides, provides, needs, draw(st.booleans()), ends))
    return plans


def middleware_of(number: int, plan: Plan, log: list[Any]) -> Middleware:
    """Return a middleware with the functions of a plan."""
    namespace: dict[str, Any] = {"unique": False}
    for side in plan.sides:
        taken = "".join(f", {name}='absent'" for name in plan.needs[side])
        names = plan.provides[side]
        values = [f"'{number} {side} {name}'" for name in names]
        passed = ", ".join(
            values
            if plan.by_position
            else [f"{name}={value}" for name, value in zip(names, values, strict=True)]
        )
        result = "Response('ended')" if plan.ends == side else f"next({passed})"
        exec(
            f"def {side}(self, next{taken}):\n"
            f"    log.append(({number}, '{side}', {{{entries(plan.needs[side])}}}))\n"
            f"    result = {result}\n"
            f"    log.append(({number}, '{side}', type(result).__name__))\n"
            f"    return result\n",
            {"log": log, "Response": Response},
            namespace,
        )
        namespace[SIDES[side]] = names
    return type(f"Middleware{number}", (Middleware,), namespace)()


def entries(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}': {name}" for name in names)


class Ended(Exception):
    """A middleware has responded without calling next."""


def interpret(plans: list[Plan], needs: tuple[str, ...], returns_response: bool) -> list[Any]:
    """Return the expected log."""
    log: list[Any] = []
    numbered = list(enumerate(plans))

    def taken(names: tuple[str, ...], scope: dict[str, str]) -> dict[str, str]:
        return {name: scope.get(name, "absent") for name in names}

    def run(side: str, rest: list[tuple[int, Plan]], scope: dict[str, str], inner: Any) -> str:
        if not rest:
            result: str = inner(scope)
            return result
        (number, plan), *others = rest
        if side not in plan.sides:
            return run(side, others, scope, inner)
        log.append((number, side, taken(plan.needs[side], scope)))
        if plan.ends == side:
            result = "Response"
        else:
            provided = {name: f"{number} {side} {name}" for name in plan.provides[side]}
            result = run(side, others, {**scope, **provided}, inner)
        log.append((number, side, result))
        return result

    def endpoint(scope: dict[str, str]) -> str:
        log.append(("endpoint", taken(needs, scope)))
        return "Response" if returns_response else "str"

    def render(scope: dict[str, str]) -> str:
        log.append(("render", taken(needs, scope)))
        return "Response"

    def inside(scope: dict[str, str]) -> str:
        result = run("endpoint", numbered, scope, endpoint)
        return result if result == "Response" else run("render", numbered, scope, render)

    run("request", numbered, {}, inside)
    return log


@given(
    plans=stacks(),
    needs=st.lists(st.sampled_from(NAMES), unique=True).map(tuple),
    returns_response=st.booleans(),
    split=st.integers(0, 5),
)
def test_a_compiled_chain_does_the_same_as_a_simple_interpreter(
    plans: list[Plan], needs: tuple[str, ...], returns_response: bool, split: int
) -> None:
    log: list[Any] = []
    middlewares = [middleware_of(number, plan, log) for number, plan in enumerate(plans)]
    namespace: dict[str, Any] = {"log": log, "Response": Response}
    taken = "".join(f", {name}='absent'" for name in needs)
    result = "Response('x')" if returns_response else "'context'"
    exec(
        f"def run_endpoint({taken.removeprefix(', ')}):\n"
        f"    log.append(('endpoint', {{{entries(needs)}}}))\n"
        f"    return {result}\n"
        f"def run_render(context{taken}):\n"
        f"    log.append(('render', {{{entries(needs)}}}))\n"
        f"    return Response(context)\n",
        namespace,
    )
    # Some belong to the application and the others to the route, which makes no difference.
    route = Route(
        "/", namespace["run_endpoint"], namespace["run_render"], middlewares=middlewares[split:]
    )
    application = Application([route], middlewares=middlewares[:split], ignore=["near-miss"])
    assert application.get_local_client().get("/").status_code == 200
    assert log == interpret(plans, needs, returns_response)
