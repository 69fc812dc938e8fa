"""A decorator made with ``clastic_decorator`` keeps the names of injected arguments."""

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
    """Take the request as an argument of the wrapper."""

    def wrapper(request: Any, **kwargs: Any) -> Any:
        return function(**kwargs) if request.host == "localhost" else Response("elsewhere")

    return wrapper


@clastic_decorator
def shouting(function: Function) -> Function:
    """Pass all arguments on, and change the response."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return Response(function(*args, **kwargs).get_data(as_text=True).upper())

    return wrapper


@clastic_decorator
def closed(function: Function) -> Function:
    """Pass nothing on."""

    def wrapper(name: str) -> Any:
        return Response(f"closed, {name}")

    return wrapper


@clastic_decorator
def starred(function: Function) -> Function:
    """Take ``*args`` only, which injection by name cannot fill."""

    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


@clastic_decorator
def timed(function: Function) -> Function:
    """Take positional-only arguments."""

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
            local_only,
            ["request", "name", "greeting"],
            id="the arguments of the wrapper come first",
        ),
        pytest.param(closed, ["name"], id="a wrapper without **kwargs takes only what it names"),
        pytest.param(timed, ["name", "greeting"], id="an argument that both take appears once"),
    ],
)
def test_the_signature_of_a_decorated_function_is_known(
    decorator: Function, names: list[str]
) -> None:
    assert list(inspect.signature(decorator(greet)).parameters) == names


@pytest.mark.parametrize(
    ("decorator", "answer"),
    [
        pytest.param(shouting, "HELLO BOB", id="a wrapper that passes all on"),
        pytest.param(local_only, "hello bob", id="a wrapper with an argument of its own"),
        pytest.param(closed, "closed, bob", id="a wrapper without **kwargs"),
        pytest.param(timed, "hi bob", id="a wrapper with positional-only arguments"),
    ],
)
def test_a_decorated_endpoint_receives_its_arguments(decorator: Function, answer: str) -> None:
    assert get(Application([("/<name>", decorator(greet))]), "/bob") == answer


def test_positional_only_arguments_keep_their_order() -> None:
    application = Application([("/<greeting>/<name>", timed(greet))])
    assert get(application, "/ahoy/bob") == "ahoy bob"


def test_a_wrapper_can_pass_on_its_own_arguments() -> None:
    @clastic_decorator
    def numbered(function: Function) -> Function:
        def wrapper(request: Any, number: int = 7, **kwargs: Any) -> Any:
            return function(request=request, number=number + 1, **kwargs)

        return wrapper

    @numbered
    def show(request: Any, number: int, name: str) -> Response:
        return Response(f"{request.path} {number} {name}")

    assert get(Application([("/<name>", show)]), "/bob") == "/bob 8 bob"


def test_decorators_can_be_nested() -> None:
    assert get(Application([("/<name>", shouting(timed(shouting(greet))))]), "/bob") == "HI BOB"


def test_a_decorated_method_receives_self() -> None:
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


def test_a_decorated_middleware_function_receives_next_and_its_arguments() -> None:
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
        pytest.param(starred(greet), "takes *args", id="a wrapper with only *args"),
        pytest.param(shouting(lambda *names: names), "takes *names", id="a function with *args"),
        pytest.param(
            shouting(lambda **values: values), "takes **values", id="a function with **kwargs"
        ),
        pytest.param(shouting(greet), "needs 'name'", id="an argument that is not provided"),
    ],
)
def test_arguments_that_injection_cannot_fill_are_errors(endpoint: Function, message: str) -> None:
    with pytest.raises(WiringError, match=message.replace("*", r"\*")):
        Application([("/", endpoint)])


def test_a_decorated_function_keeps_its_name_and_docstring() -> None:
    def show() -> None:
        """Show something."""

    decorated = shouting(show)
    assert (decorated.__name__, decorated.__doc__) == ("show", "Show something.")
    assert shouting.__name__ == "shouting"
    assert shouting.__doc__ == "Pass all arguments on, and change the response."


def test_a_decorator_that_returns_the_function_itself_changes_nothing() -> None:
    def show() -> None:
        """Show something."""

    assert clastic_decorator(lambda function: function)(show) is show
    assert not hasattr(show, "__signature__")


def test_a_decorator_that_returns_none_is_an_error() -> None:
    def forgetful(function: Function) -> None:
        function.seen = True  # type: ignore[attr-defined]

    with pytest.raises(TypeError) as caught:
        clastic_decorator(forgetful)(greet)
    assert str(caught.value) == (
        "decorator forgetful returned None for greet, which is not callable. "
        "Return the wrapper function at its end."
    )
