"""Test the values that context processors add to contexts."""

from __future__ import annotations

from collections import ChainMap, OrderedDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from clastic import Application, Middleware, Response, Route, render_json
from clastic.middleware import ContextProcessor, SimpleContextProcessor
from clastic.wiring import WiringError


def rendered(
    processors: list[Middleware],
    context: Any = None,
    *,
    resources: dict[str, Any] | None = None,
    pattern: str = "/",
) -> Any:
    """The JSON of what an endpoint with that context is rendered as."""
    given = {} if context is None else context
    application = Application(
        [(pattern, lambda: given, render_json)], resources=resources, middlewares=processors
    )
    return application.get_local_client().get("/").json


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        pytest.param(ContextProcessor(), {}, id="nothing"),
        pytest.param(ContextProcessor(["user"]), {"user": "ann"}, id="a resource"),
        pytest.param(ContextProcessor("user"), {"user": "ann"}, id="one name"),
        pytest.param(ContextProcessor(["user", "user"]), {"user": "ann"}, id="the same name twice"),
        pytest.param(ContextProcessor(defaults={"a": 1}), {"a": 1}, id="a default"),
        pytest.param(
            ContextProcessor(defaults={"user": "nobody"}),
            {"user": "ann"},
            id="a resource rather than a default",
        ),
        pytest.param(
            ContextProcessor(["user"], {"a": 1}), {"user": "ann", "a": 1}, id="one of each"
        ),
        pytest.param(SimpleContextProcessor("user", a=1), {"user": "ann", "a": 1}, id="simple"),
    ],
)
def test_values_are_added_by_name(processor: Middleware, expected: dict[str, Any]) -> None:
    assert rendered([processor], resources={"user": "ann"}) == expected


def test_values_of_every_source_are_added() -> None:
    class Providing(Middleware):
        provides = ("provided",)
        render_provides = ("rendered",)

        def request(self, next: Callable[..., Any]) -> Any:
            return next(1)

        def render(self, next: Callable[..., Any]) -> Any:
            return next(2)

    processor = ContextProcessor(["provided", "rendered", "value"])
    route = Route(
        "/<value:int>", lambda: OrderedDict(), render_json, middlewares=[Providing(), processor]
    )
    response = Application([route]).get_local_client().get("/3")
    assert response.json == {"provided": 1, "rendered": 2, "value": 3}


@pytest.mark.parametrize(
    ("overwrite", "expected"),
    [
        pytest.param(True, {"user": "ann", "own": 1}, id="the processor wins"),
        pytest.param(False, {"user": "endpoint", "own": 1}, id="the endpoint wins"),
    ],
)
def test_a_value_overwrites_that_of_the_context_if_allowed(
    overwrite: bool, expected: dict[str, Any]
) -> None:
    processor = ContextProcessor(["user"], overwrite=overwrite)
    context = {"user": "endpoint", "own": 1}
    assert rendered([processor], context, resources={"user": "ann"}) == expected


def test_the_value_of_the_endpoint_stays_by_default() -> None:
    processors = [ContextProcessor(["user"]), SimpleContextProcessor("user", title="site")]
    context = {"user": "endpoint", "title": "page"}
    assert rendered(processors, context, resources={"user": "ann"}) == context


@pytest.mark.parametrize(("overwrite", "title"), [(False, "site"), (True, "page")])
def test_the_outermost_processor_wins_unless_they_overwrite(overwrite: bool, title: str) -> None:
    processors = [
        ContextProcessor(defaults={"title": value}, overwrite=overwrite)
        for value in ("site", "page")
    ]
    assert rendered(processors) == {"title": title}


def test_a_name_that_nothing_provides_is_none_for_a_simple_processor() -> None:
    assert rendered([SimpleContextProcessor("user", a=1)]) == {"user": None, "a": 1}


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"own": 1}, id="dict"),
        pytest.param(OrderedDict(own=1), id="OrderedDict"),
        pytest.param(ChainMap({"own": 1}), id="another mutable mapping"),
        pytest.param(MappingProxyType({"own": 1}), id="an immutable mapping"),
    ],
)
def test_the_context_of_the_endpoint_is_not_changed(context: Any) -> None:
    assert rendered([SimpleContextProcessor(a=1)], context) == {"own": 1, "a": 1}
    assert dict(context) == {"own": 1}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, dict),
        (OrderedDict(), OrderedDict),
        (ChainMap(), ChainMap),
        (MappingProxyType({}), dict),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_the_context_keeps_its_type_if_it_can_be_changed(context: Any, expected: type) -> None:
    application = Application(
        [("/", lambda: context, lambda context: Response(type(context).__name__))],
        middlewares=[SimpleContextProcessor(a=1)],
    )
    assert application.get_local_client().get("/").text == expected.__name__


@pytest.mark.parametrize("context", [[1], "text", 5, None], ids=repr)
def test_contexts_that_are_not_mappings_are_not_changed(context: Any) -> None:
    application = Application(
        [("/", lambda: context, lambda context: Response(repr(context)))],
        middlewares=[SimpleContextProcessor(a=1)],
    )
    assert application.get_local_client().get("/").text == repr(context)


def test_responses_are_not_changed() -> None:
    assert rendered([SimpleContextProcessor(a=1)], Response('"own"', mimetype="application/json"))


def test_a_name_that_nothing_provides_is_refused() -> None:
    with pytest.raises(WiringError) as caught:
        rendered([ContextProcessor(["user"])], resources={"users": []})
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("Middleware ContextProcessor.render (")
    assert lines[0].endswith(") needs 'user', which nothing provides.")
    assert lines[1] == "  Found on route '/'."
    assert "Did you mean 'users'?" in lines[2]


def test_a_default_makes_a_name_optional() -> None:
    assert rendered([ContextProcessor(["a"], {"a": 1})]) == {"a": 1}


@pytest.mark.parametrize("name", ["not-a-name", "class", "next", "context"])
def test_names_that_cannot_be_injected_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ContextProcessor([name])


def test_middlewares_of_one_configuration_are_equal() -> None:
    assert SimpleContextProcessor("a", b=[]) == SimpleContextProcessor("a", b=[])
    assert SimpleContextProcessor("a") != SimpleContextProcessor("b")
    assert ContextProcessor("a") != ContextProcessor("a", overwrite=True)
    assert repr(SimpleContextProcessor("a", b=1)) == "SimpleContextProcessor('a', 'b')"
