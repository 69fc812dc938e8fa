"""Test embedded routes: what they get from each application around them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from clastic import (
    GET,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    Application,
    Middleware,
    Response,
    Route,
    SubApplication,
)
from clastic.route import BoundRoute, InvalidPattern, NullRoute, inherit_render
from clastic.wiring import WiringError


def ok() -> Response:
    return Response("ok")


def get(application: Application, path: str) -> str:
    return application.get_local_client().get(path).get_data(as_text=True)


def nested(inner: Application, *prefixes: str, **options: Any) -> Application:
    """Embed an application under each prefix; the last one is the outermost."""
    for prefix in prefixes:
        inner = Application([SubApplication(prefix, inner, **options)])
    return inner


class TestPrefixes:
    @pytest.mark.parametrize(
        ("pattern", "prefix", "whole"),
        [
            ("/", "/", "/"),
            ("/", "/a", "/a/"),
            ("/", "/a/", "/a/"),
            ("/b", "/", "/b"),
            ("/b", "/a", "/a/b"),
            ("/b", "/a/", "/a/b"),
            ("/b/", "/a", "/a/b/"),
            ("/b/", "/a/", "/a/b/"),
            ("/<b>", "/<a:int>/", "/<a:int>/<b>"),
        ],
    )
    def test_the_prefix_precedes_the_pattern(self, pattern: str, prefix: str, whole: str) -> None:
        application = Application([(prefix, Application([(pattern, lambda: ok())]))])
        assert [route.pattern for route in application.routes] == [whole]

    def test_three_prefixes_precede_the_pattern(self) -> None:
        prefixes = [("/", "/a", "/a/"), ("/", "/b", "/b/"), ("/", "/c", "/c/")]
        for outer, middle, inner, pattern in product(*prefixes, ("/leaf", "/branch/", "/")):
            application = nested(Application([(pattern, ok)]), inner, middle, outer)
            whole = outer.rstrip("/") + middle.rstrip("/") + inner.rstrip("/") + pattern
            found = [route.pattern for route in application.routes]
            assert found == [whole], (outer, middle, inner, pattern)
            assert get(application, whole) == "ok", whole

    def test_the_prefix_of_each_level_may_bind_values(self) -> None:
        def show(d: list[str], a: str = "-", b: int = 0, c: str = "-") -> Response:
            return Response(f"{a} {b} {c} {d}")

        application = nested(Application([("/<d*>", show)]), "/<c>", "/<b:int>", "/<a>/of")
        assert get(application, "/x/of/7/y/z/z") == "x 7 y ['z', 'z']"

    def test_a_prefix_with_a_name_of_the_pattern_is_refused(self) -> None:
        inner = Application([("/<name>", lambda name: ok())])
        with pytest.raises(InvalidPattern, match="the name 'name' is used twice"):
            Application([("/<name>", inner)])

    def test_an_invalid_prefix_is_refused(self) -> None:
        with pytest.raises(InvalidPattern, match="does not start with '/'"):
            Application([("a", Application([("/", ok)]))])

    def test_embedded_routes_keep_the_declared_order(self) -> None:
        inner = Application([("/b", ok), ("/a", ok)])
        application = Application([("/z", ok), ("/m", inner), ("/a", ok)])
        assert [route.pattern for route in application.routes] == ["/z", "/m/b", "/m/a", "/a"]


def show_name(name: str) -> Response:
    return Response(name)


class TestResources:
    @pytest.mark.parametrize(
        ("own", "inner", "middle", "outer", "name"),
        [
            pytest.param(
                {"name": "own"}, "inner", "middle", "outer", "own", id="those of the route first"
            ),
            pytest.param({}, "inner", "middle", "outer", "outer", id="then the outermost"),
            pytest.param({}, "inner", "middle", None, "middle", id="then the next inner one"),
            pytest.param({}, "inner", None, None, "inner", id="then the innermost"),
            pytest.param(
                {"name": "own"},
                None,
                None,
                "outer",
                "own",
                id="those of the route before the outermost",
            ),
            pytest.param(
                {"name": "own"},
                "inner",
                None,
                None,
                "own",
                id="those of the route before the innermost",
            ),
        ],
    )
    def test_resources_of_equal_names_have_a_precedence(
        self,
        own: Mapping[str, Any],
        inner: str | None,
        middle: str | None,
        outer: str | None,
        name: str,
    ) -> None:
        # The resource that is asked for, and another one of this level.
        def resources(value: str | None, level: str) -> dict[str, str]:
            return {level: level} | ({} if value is None else {"name": value})

        application = Application([Route("/", show_name, resources=own)], resources(inner, "first"))
        application = Application([("/", application)], resources(middle, "second"))
        application = Application([("/", application)], resources(outer, "third"))
        assert get(application, "/") == name
        bound = application.routes[0]
        assert {"first", "second", "third", "name"} == set(bound.resources)

    def test_a_route_has_the_resources_of_all_levels(self) -> None:
        def show(a: str, b: str, c: str) -> Response:
            return Response(a + b + c)

        route = Route("/", show, resources={"a": "1"})
        application = Application([("/", Application([route], {"b": "2", "c": "3"}))], {"c": "4"})
        assert get(application, "/") == "124"

    def test_resources_of_an_embedded_application_are_not_for_other_routes(self) -> None:
        inner = Application([("/", show_name)], {"name": "inner"})
        outer = Application([("/in", inner), ("/", lambda name=None: Response(str(name)))])
        assert get(outer, "/") == "None"
        assert get(Application([("/", inner)], {"name": "outer"}), "/") == "outer"
        assert get(inner, "/") == "inner"

    def test_resources_of_a_route_are_not_for_other_routes(self) -> None:
        with pytest.raises(WiringError, match="needs 'name', which nothing provides"):
            Application([Route("/a", show_name, resources={"name": 1}), ("/b", show_name)])


class Tag(Middleware):
    """Prepend a label to the body of the response."""

    def __init__(self, label: str) -> None:
        self.label = label

    def request(self, next: Any) -> Any:
        response = next()
        response.data = f"{self.label}{response.get_data(as_text=True)}"
        return response


class TestMiddlewares:
    def test_middlewares_of_outer_applications_are_outermost(self) -> None:
        route = Route("/", lambda: Response("x"), middlewares=[Tag("r")])
        application = Application([route], middlewares=[Tag("1")])
        for label in "23":
            application = Application([("/", application)], middlewares=[Tag(label)])
        assert get(application, "/") == "321rx"

    def test_equal_middlewares_are_included_once_at_the_outermost_place(self) -> None:
        route = Route("/", lambda: Response("x"), middlewares=[Tag("r"), Tag("2")])
        application = Application([route], middlewares=[Tag("1"), Tag("2")])
        application = Application([("/", application)], middlewares=[Tag("2"), Tag("3")])
        assert get(application, "/") == "231rx"

    def test_middlewares_of_an_embedded_application_are_not_for_other_routes(self) -> None:
        inner = Application([("/", lambda: Response("x"))], middlewares=[Tag("i")])
        outer = Application([("/in", inner), ("/", lambda: Response("y"))], middlewares=[Tag("o")])
        assert get(outer, "/in/") == "oix"
        assert get(outer, "/") == "oy"
        assert get(inner, "/") == "ix"

    def test_middlewares_of_outer_applications_provide_values_for_inner_routes(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="ann")

        inner = Application([("/", lambda user="nobody": Response(user))])
        outer = Application([("/in", inner)], middlewares=[Session()])
        assert get(inner, "/") == "nobody"
        assert get(outer, "/in/") == "ann"


def factory(mark: str) -> Any:
    """Return a render factory that marks its output."""

    def make(name: str) -> Any:
        return lambda context: Response(f"{mark}:{name}:{context}")

    return make


def routes_with_renders() -> list[Any]:
    return [
        ("/named", lambda: 1, "page"),
        ("/function", lambda: 2, lambda context: Response(f"function:{context}")),
    ]


class TestRenders:
    @pytest.mark.parametrize(
        ("inner", "rebind_render", "answer"),
        [
            pytest.param(
                factory("inner"), False, "inner:page:1", id="an application keeps its own"
            ),
            pytest.param(factory("inner"), True, "outer:page:1", id="unless rebind_render is set"),
            pytest.param(inherit_render, False, "outer:page:1", id="or it inherits the render"),
        ],
    )
    def test_an_embedded_application_keeps_its_factory(
        self, inner: Any, rebind_render: bool, answer: str
    ) -> None:
        application = Application(routes_with_renders(), render_factory=inner)
        outer = Application(
            [SubApplication("/in", application, rebind_render)], render_factory=factory("outer")
        )
        assert get(outer, "/in/named") == answer
        assert get(outer, "/in/function") == "function:2"

    def test_a_factory_is_inherited_through_three_levels(self) -> None:
        inner = Application(routes_with_renders(), render_factory=inherit_render)
        middle = Application([("/", inner)], render_factory=inherit_render)
        outer = Application([("/", middle)], render_factory=factory("outer"))
        assert get(outer, "/named") == "outer:page:1"
        assert outer.routes[0].render_factory is outer.render_factory

    def test_rebind_render_applies_through_three_levels(self) -> None:
        inner = Application(routes_with_renders(), render_factory=factory("inner"))
        middle = Application([SubApplication("/", inner)], render_factory=factory("middle"))
        outer = Application(
            [SubApplication("/", middle, rebind_render=True)], render_factory=factory("outer")
        )
        assert get(middle, "/named") == "inner:page:1"
        assert get(outer, "/named") == "outer:page:1"

    def test_rebind_render_requires_a_factory(self) -> None:
        inner = Application(routes_with_renders(), render_factory=factory("inner"))
        with pytest.raises(WiringError, match="has the render 'page', but no render factory"):
            Application([SubApplication("/", inner, rebind_render=True)])

    def test_a_factory_is_called_once_for_each_route(self) -> None:
        names = []

        def counting(name: str) -> Any:
            names.append(name)
            return lambda context: Response("x")

        inner = Application([("/", lambda: 1, "page")], render_factory=counting)
        nested(inner, "/a", "/b")
        assert names == ["page"]

    def test_an_inherited_render_without_an_outer_application_is_an_error(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        inner = Application(routes_with_renders(), render_factory=inherit_render)
        assert inner.get_local_client().get("/named").status_code == 500
        assert (
            "RuntimeError: render 'page' is left to the render factory of an outer application, "
            "and this application is served by itself. Embed it, or give it a render_factory."
        ) in caplog.text


class TestSlashModes:
    @pytest.mark.parametrize(
        ("route_mode", "inner_mode", "inherit", "status"),
        [
            pytest.param(None, S_STRICT, True, 302, id="the mode of the outer application"),
            pytest.param(None, S_STRICT, False, 404, id="unless inherit_slashes is False"),
            pytest.param(S_REWRITE, S_STRICT, True, 200, id="the mode of the route"),
            pytest.param(
                S_REWRITE, S_STRICT, False, 200, id="the mode of the route in either case"
            ),
        ],
    )
    def test_an_embedded_route_inherits_the_slash_mode(
        self, route_mode: str | None, inner_mode: str, inherit: bool, status: int
    ) -> None:
        inner = Application([Route("/a/", ok, slash_mode=route_mode)], slash_mode=inner_mode)
        outer = Application([SubApplication("/in", inner, inherit_slashes=inherit)])
        assert outer.get_local_client().get("/in/a").status_code == status
        assert (
            outer.routes[0].slash_mode == {302: S_REDIRECT, 404: S_STRICT, 200: S_REWRITE}[status]
        )

    def test_a_slash_mode_is_not_inherited_through_three_levels(self) -> None:
        inner = Application([("/a/", ok)], slash_mode=S_REWRITE)
        middle = Application([SubApplication("/", inner, inherit_slashes=False)])
        outer = Application([SubApplication("/", middle, inherit_slashes=False)])
        assert get(outer, "/a") == "ok"
        assert Application([SubApplication("/", middle)]).routes[0].slash_mode == S_REDIRECT


class TestRenderErrors:
    def test_the_render_error_of_a_route_is_embedded_with_it(self) -> None:
        def page(_error: Any, site: str) -> Response:
            return Response(f"{_error.code} on {site}", 200)

        inner = Application([Route("/", lambda: 1 / 0, None, page)], {"site": "inner"})
        outer = Application([("/in", inner)], {"site": "outer"})
        assert get(inner, "/") == "500 on inner"
        assert get(outer, "/in/") == "500 on outer"


class TestEmbedding:
    def test_an_embedded_application_still_works_alone(self) -> None:
        inner = Application([("/a", lambda _application: Response(repr(_application)))])
        outer = Application([("/in", inner), ("/again", inner)])
        assert get(inner, "/a") == repr(inner)
        assert get(outer, "/in/a") == get(outer, "/again/a") == repr(outer)

    def test_routes_added_after_embedding_are_not_embedded(self) -> None:
        inner = Application([("/a", ok)])
        outer = Application([("/in", inner)])
        inner.add(("/b", ok))
        assert [route.pattern for route in outer.routes] == ["/in/a"]

    def test_two_applications_may_embed_each_other(self) -> None:
        inner = Application([("/a", ok)])
        outer = Application([("/in", inner)])
        inner.add(("/out", outer))
        assert [route.pattern for route in inner.routes] == ["/a", "/out/in/a"]
        assert get(inner, "/out/in/a") == "ok"

    @pytest.mark.parametrize("value", [ok, None, Application], ids=["function", "none", "class"])
    def test_only_applications_can_be_embedded(self, value: Any) -> None:
        with pytest.raises(TypeError) as caught:
            SubApplication("/in", value)
        assert str(caught.value) == (
            f"SubApplication('/in', ...) takes an Application, not {value!r}. "
            "To hand over to another WSGI application use RerouteWSGI."
        )

    def test_the_repr_has_prefix_and_application(self) -> None:
        inner = Application([("/a", ok)])
        assert repr(SubApplication("/in", inner)) == f"SubApplication('/in', {inner!r})"


class TestBoundRoutes:
    def test_a_bound_route_has_the_attributes_of_its_route(self) -> None:
        def page(_error: Any) -> Response:
            return Response(str(_error))

        route = GET("/<a>/", show_name, lambda context: ok(), page, resources={"name": "ann"})
        application = Application([route])
        bound = application.routes[0]
        assert isinstance(bound, BoundRoute)
        assert (bound.route, bound.application) == (route, application)
        assert (bound.pattern, bound.methods, bound.is_branch) == ("/<a>/", {"GET", "HEAD"}, True)
        assert (bound.endpoint, bound.render, bound.render_error) == (
            show_name,
            route.render,
            page,
        )
        assert (dict(bound.resources), bound.middlewares) == ({"name": "ann"}, ())

    def test_the_repr_has_the_whole_pattern(self) -> None:
        application = Application([("/in", Application([GET("/a", ok)]))])
        place = f"{os.path.relpath(__file__)}:{ok.__code__.co_firstlineno}"
        assert repr(application.routes[0]) == f"<BoundRoute GET,HEAD /in/a -> ok, {place}>"


class TestNullRoute:
    def test_a_null_route_can_end_an_embedded_application(self) -> None:
        # Then later routes of the outer application are not tried.
        inner = Application([GET("/a", ok), NullRoute()])
        application = Application([("/in", inner), ("/in/b", ok)], warnings="ignore")
        client = application.get_local_client()
        assert client.get("/in/a").status_code == 200
        assert client.get("/in/b").status_code == 404
        assert client.post("/in/a").status_code == 405
