"""Test routes: their methods, their arguments and their repr."""

from __future__ import annotations

import os
from typing import Any

import pytest

from clastic import (
    CONNECT,
    DELETE,
    GET,
    HEAD,
    OPTIONS,
    PATCH,
    POST,
    PUT,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    TRACE,
    Application,
    Middleware,
    Response,
    Route,
)
from clastic.route import InvalidEndpoint, InvalidMethod, InvalidPattern


def ok() -> Response:
    return Response("ok")


PLACE = f"{os.path.relpath(__file__)}:{ok.__code__.co_firstlineno}"


@pytest.mark.parametrize(
    ("route_type", "methods"),
    [
        (Route, None),
        (GET, {"GET", "HEAD"}),
        (POST, {"POST"}),
        (PUT, {"PUT"}),
        (DELETE, {"DELETE"}),
        (PATCH, {"PATCH"}),
        (HEAD, {"HEAD"}),
        (OPTIONS, {"OPTIONS"}),
        (TRACE, {"TRACE"}),
        (CONNECT, {"CONNECT"}),
    ],
    ids=lambda value: getattr(value, "__name__", "its methods"),
)
def test_each_kind_of_route_has_its_methods(
    route_type: type[Route], methods: set[str] | None
) -> None:
    assert route_type("/", ok).methods == methods


@pytest.mark.parametrize(
    ("given", "methods"),
    [
        pytest.param(["POST", "PUT"], {"POST", "PUT"}, id="several"),
        pytest.param(["post", "Put"], {"POST", "PUT"}, id="in any case"),
        pytest.param(("GET", "POST"), {"GET", "HEAD", "POST"}, id="GET brings HEAD"),
        pytest.param("POST", {"POST"}, id="one method"),
        pytest.param((name for name in ["PATCH"]), {"PATCH"}, id="any iterable"),
        pytest.param(None, None, id="all"),
        pytest.param([], None, id="none given"),
    ],
)
def test_a_route_has_the_given_methods(given: Any, methods: set[str] | None) -> None:
    assert Route("/", ok, methods=given).methods == methods


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(["GTE"], "'GTE' is not an HTTP method. Did you mean 'GET'?", id="misspelled"),
        pytest.param(
            ["QUUX"],
            "'QUUX' is not an HTTP method. Methods are GET, HEAD, POST, PUT, DELETE, CONNECT, "
            "OPTIONS, TRACE, PATCH.",
            id="without a similar method",
        ),
        pytest.param([7], "'7' is not an HTTP method. Methods are", id="not a string"),
    ],
)
def test_invalid_methods_are_refused(given: Any, message: str) -> None:
    with pytest.raises(InvalidMethod) as caught:
        Route("/", ok, methods=given)
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, ValueError)


def test_a_route_of_one_method_takes_no_others() -> None:
    with pytest.raises(InvalidMethod) as caught:
        GET("/a", ok, methods=["POST"])
    assert str(caught.value) == (
        "GET('/a', ...) has its method already. Use Route('/a', ..., methods=[...]) to choose "
        "several."
    )


ENDPOINT_REMEDY = "Pass a function. Its result is passed to the render, if there is one."
ORDER_REMEDY = (
    "The order is pattern, endpoint, render, render_error. For methods write GET('/', ...), "
    "for middlewares Route('/', ..., middlewares=[...])."
)


@pytest.mark.parametrize(
    ("options", "role", "remedy"),
    [
        pytest.param({"endpoint": "show"}, "endpoint", ENDPOINT_REMEDY, id="an endpoint"),
        pytest.param({"endpoint": None}, "endpoint", ENDPOINT_REMEDY, id="not an endpoint"),
        pytest.param(
            {"endpoint": ok, "render_error": ["GET"]},
            "render_error",
            ORDER_REMEDY,
            id="a list of methods in the place of render_error",
        ),
        pytest.param(
            {"endpoint": ok, "render": ok, "render_error": "home.html"},
            "render_error",
            ORDER_REMEDY,
            id="a render in the place of render_error",
        ),
    ],
)
def test_arguments_that_are_not_callable_are_refused(
    options: dict[str, Any], role: str, remedy: str
) -> None:
    with pytest.raises(InvalidEndpoint) as caught:
        Route("/a", **options)
    assert str(caught.value) == (
        f"{role} of route '/a' is {options[role]!r}, which is not callable. {remedy}"
    )
    assert isinstance(caught.value, TypeError)


def test_an_invalid_pattern_is_refused() -> None:
    with pytest.raises(InvalidPattern, match="it does not start with '/'"):
        Route("a", ok)


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("POST", "is a method. Write POST('/path', endpoint, ...)"),
        ("GET /a/<id>", "begins with a method. Write GET('/a/<id>', endpoint, ...)"),
        ("put /a", "begins with a method. Write PUT('/a', endpoint, ...)"),
        (
            "GET, POST /a",
            "begins with a method. Write Route('/a', endpoint, ..., methods=['GET', 'POST'])",
        ),
    ],
)
def test_a_method_in_the_place_of_the_pattern_is_refused(pattern: str, remedy: str) -> None:
    with pytest.raises(InvalidPattern) as caught:
        Route(pattern, ok)
    assert str(caught.value) == f"Invalid pattern {pattern!r}: it {remedy}, from clastic."


@pytest.mark.parametrize("slash_mode", [S_REDIRECT, S_REWRITE, S_STRICT, None])
def test_the_slash_modes_are_accepted(slash_mode: str | None) -> None:
    assert Route("/", ok, slash_mode=slash_mode).slash_mode == slash_mode


@pytest.mark.parametrize("make", [lambda mode: Route("/", ok, slash_mode=mode),
                                  lambda mode: Application(slash_mode=mode)],
                         ids=["of a route", "of an application"])  # fmt: skip
def test_an_unknown_slash_mode_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="unknown slash_mode") as caught:
        make("lenient")
    assert str(caught.value) == (
        "unknown slash_mode 'lenient'. Use S_REDIRECT, S_REWRITE or S_STRICT "
        "('redirect', 'rewrite', 'strict')."
    )


def test_a_route_has_attributes() -> None:
    middleware = Middleware()
    resources = {"db": 1}
    route = Route("/a/<b>/", ok, "page.html", ok, middlewares=[middleware], resources=resources)
    resources["late"] = 2
    assert (route.pattern, route.is_branch, route.path_pattern.names) == ("/a/<b>/", True, ("b",))
    assert (route.endpoint, route.render, route.render_error) == (ok, "page.html", ok)
    assert (route.middlewares, route.resources) == ((middleware,), {"db": 1})


@pytest.mark.parametrize(
    ("route", "text"),
    [
        pytest.param(Route("/a", ok), f"<Route * /a -> ok, {PLACE}>", id="all methods"),
        pytest.param(GET("/a", ok), f"<GET GET,HEAD /a -> ok, {PLACE}>", id="one kind"),
        pytest.param(
            Route("/a", abs, methods=["PUT"]),
            "<Route PUT /a -> abs>",
            id="an endpoint without a location",
        ),
    ],
)
def test_the_repr_has_methods_pattern_and_endpoint(route: Route, text: str) -> None:
    assert repr(route) == text


def test_a_route_may_belong_to_several_applications() -> None:
    route = Route("/", lambda name: Response(name))
    for name in ("ann", "bob"):
        application = Application([route], {"name": name})
        assert application.get_local_client().get("/").get_data(as_text=True) == name
