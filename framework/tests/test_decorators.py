"""A decorator under ``clastic_decorator`` keeps the names by which arguments are injected."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from clastic import Application, Middleware, Response
from clastic.decorators import clastic_decorator
from clastic.wiring import WiringError

Function = Callable[..., Any]


def get(application: Application, path: str) -> str:
    return application.get_local_client().get(path).get_data(as_text=True)


@clastic_decorator
def local_only(function: Function) -> Function:
    """Takes the request for itself."""

    def wrapper(request: Any, **kwargs: Any) -> Any:
        return function(**kwargs) if request.host == "localhost" else Response("elsewhere")

    return wrapper


@clastic_decorator
def shouting(function: Function) -> Function:
    """Takes whatever comes, and changes the answer."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return Response(function(*args, **kwargs).get_data(as_text=True).upper())

    return wrapper


@clastic_decorator
def closed(function: Function) -> Function:
    """Passes nothing on."""

    def wrapper(name: str) -> Any:
        return Response(f"closed, {name}")

    return wrapper


@clastic_decorator
def starred(function: Function) -> Function:
    """Takes positions only, which injection by name cannot fill."""

    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


@clastic_decorator
def timed(function: Function) -> Function:
    """Has arguments that nothing can pass by name."""

    def wrapper(name: str, greeting: str = "hi", /, **kwargs: Any) -> Any:
        return function(name=name, greeting=greeting, **kwargs)

    return wrapper


def greet(name: str, greeting: str = "hello") -> Response:
    return Response(f"{greeting} {name}")


@pytest.mark.parametrize(
    ("decorator", "names"),
    [
        pytest.param(shouting, ["name", "greeting"], id="a wrapper that passes all on"),
        pytest.param(
            local_only, ["request", "name", "greeting"], id="its own arguments come before"
        ),
        pytest.param(closed, ["name"], id="a wrapper without keywords takes what it names"),
        pytest.param(timed, ["name", "greeting"], id="what both take comes once"),
    ],
)
def test_the_arguments_that_are_seen(decorator: Function, names: list[str]) -> None:
    assert list(inspect.signature(decorator(greet)).parameters) == names


@pytest.mark.parametrize(
    ("decorator", "answer"),
    [
        pytest.param(shouting, "HELLO BOB", id="a wrapper that passes all on"),
        pytest.param(local_only, "hello bob", id="a wrapper that takes something for itself"),
        pytest.param(closed, "closed, bob", id="a wrapper without keywords"),
        pytest.param(timed, "hi bob", id="a wrapper with arguments by position only"),
    ],
)
def test_a_decorated_endpoint_gets_its_arguments(decorator: Function, answer: str) -> None:
    assert get(Application([("/<name>", decorator(greet))]), "/bob") == answer


def test_arguments_that_go_by_position_only_keep_their_order() -> None:
    application = Application([("/<greeting>/<name>", timed(greet))])
    assert get(application, "/ahoy/bob") == "ahoy bob"


def test_a_wrapper_passes_on_what_it_takes_itself() -> None:
    @clastic_decorator
    def numbered(function: Function) -> Function:
        def wrapper(request: Any, number: int = 7, **kwargs: Any) -> Any:
            return function(request=request, number=number + 1, **kwargs)

        return wrapper

    @numbered
    def show(request: Any, number: int, name: str) -> Response:
        return Response(f"{request.path} {number} {name}")

    assert get(Application([("/<name>", show)]), "/bob") == "/bob 8 bob"


def test_decorators_nest() -> None:
    assert get(Application([("/<name>", shouting(timed(shouting(greet))))]), "/bob") == "HI BOB"


def test_a_decorated_method_is_passed_its_object() -> None:
    @clastic_decorator
    def doubled(function: Function) -> Function:
        def wrapper(self: Any, **kwargs: Any) -> Any:
            return Response(function(self, **kwargs).data * 2)

        return wrapper

    class Greeter:
        greeting = "good day"

        @shouting
        def show(self, name: str, *, mark: str = "!") -> Response:
            return Response(f"{self.greeting} {name}{mark}")

        @doubled
        def short(self, name: str) -> Response:
            return Response(f"{self.greeting[0]} {name} ")

    application = Application([("/<name>", Greeter().show), ("/short/<name>", Greeter().short)])
    assert get(application, "/bob") == "GOOD DAY BOB!"
    assert get(application, "/short/bob") == "g bob g bob "


def test_a_decorated_middleware_function_gets_next_and_its_arguments() -> None:
    class Greeting(Middleware):
        provides = ("greeting",)

        @shouting
        def request(self, next: Any, name: str) -> Any:
            return next(greeting=f"ahoy {len(name)}")

    application = Application([("/<name>", greet)], middlewares=[Greeting()])
    assert get(application, "/bob") == "AHOY 3 BOB"


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        pytest.param(starred(greet), "takes *args", id="a wrapper that takes positions only"),
        pytest.param(
            shouting(lambda *names: names), "takes *names", id="a function that takes positions"
        ),
        pytest.param(
            shouting(lambda **values: values), "takes **values", id="a function of any names"
        ),
        pytest.param(shouting(greet), "needs 'name'", id="an argument that nothing provides"),
    ],
)
def test_what_injection_cannot_fill_is_refused(endpoint: Function, message: str) -> None:
    with pytest.raises(WiringError, match=message.replace("*", r"\*")):
        Application([("/", endpoint)])


def test_the_decorated_function_keeps_its_name_and_docstring() -> None:
    def show() -> None:
        """Tell what it does."""

    decorated = shouting(show)
    assert (decorated.__name__, decorated.__doc__) == ("show", "Tell what it does.")
    assert shouting.__name__ == "shouting"
    assert shouting.__doc__ == "Takes whatever comes, and changes the answer."


def test_a_decorator_that_gives_the_function_itself_changes_nothing() -> None:
    def show() -> None:
        """Is left alone."""

    assert clastic_decorator(lambda function: function)(show) is show
    assert not hasattr(show, "__signature__")


def test_a_decorator_that_gives_nothing_is_refused() -> None:
    def forgetful(function: Function) -> None:
        function.seen = True  # type: ignore[attr-defined]

    with pytest.raises(TypeError) as caught:
        clastic_decorator(forgetful)(greet)
    assert str(caught.value) == (
        "decorator forgetful gave None for greet, which is not callable. "
        "Return the wrapper function at its end."
    )
