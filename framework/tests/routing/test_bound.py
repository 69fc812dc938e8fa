"""What a route gets from the applications around it, however deep it is embedded."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    """Embed an application under each prefix in turn, the last one outermost."""
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
    def test_go_in_front_of_the_pattern(self, pattern: str, prefix: str, whole: str) -> None:
        application = Application([(prefix, Application([(pattern, lambda: ok())]))])
        assert [route.pattern for route in application.routes] == [whole]

    @pytest.mark.parametrize("outer", ["/", "/a", "/a/"])
    @pytest.mark.parametrize("middle", ["/", "/b", "/b/"])
    @pytest.mark.parametrize("inner", ["/", "/c", "/c/"])
    @pytest.mark.parametrize("pattern", ["/leaf", "/branch/", "/"])
    def test_three_deep(self, outer: str, middle: str, inner: str, pattern: str) -> None:
        application = nested(Application([(pattern, ok)]), inner, middle, outer)
        whole = outer.rstrip("/") + middle.rstrip("/") + inner.rstrip("/") + pattern
        assert [route.pattern for route in application.routes] == [whole]
        assert get(application, whole) == "ok"

    def test_may_bind_values_on_each_level(self) -> None:
        def show(d: list[str], a: str = "-", b: int = 0, c: str = "-") -> Response:
            return Response(f"{a} {b} {c} {d}")

        application = nested(Application([("/<d*>", show)]), "/<c>", "/<b:int>", "/<a>/of")
        assert get(application, "/x/of/7/y/z/z") == "x 7 y ['z', 'z']"

    def test_with_a_name_of_the_pattern_are_refused(self) -> None:
        inner = Application([("/<name>", lambda name: ok())])
        with pytest.raises(InvalidPattern, match="the name 'name' is used twice"):
            Application([("/<name>", inner)])

    def test_outside_of_the_language_are_refused(self) -> None:
        with pytest.raises(InvalidPattern, match="does not start with '/'"):
            Application([("a", Application([("/", ok)]))])

    def test_keep_the_declared_order(self) -> None:
        inner = Application([("/b", ok), ("/a", ok)])
        application = Application([("/z", ok), ("/m", inner), ("/a", ok)])
        assert [route.pattern for route in application.routes] == ["/z", "/m/b", "/m/a", "/a"]


def show_name(name: str) -> Response:
    return Response(name)


class TestResources:
    @pytest.mark.parametrize(
        ("own", "inner", "middle", "outer", "name"),
        [
            pytest.param({"name": "own"}, "inner", "middle", "outer", "own", id="the route's own"),
            pytest.param({}, "inner", "middle", "outer", "outer", id="then the outermost"),
            pytest.param({}, "inner", "middle", None, "middle", id="then the next one inward"),
            pytest.param({}, "inner", None, None, "inner", id="then the innermost"),
            pytest.param({"name": "own"}, None, None, "outer", "own", id="own before outermost"),
            pytest.param({"name": "own"}, "inner", None, None, "own", id="own before innermost"),
        ],
    )
    def test_of_equal_names(
        self,
        own: Mapping[str, Any],
        inner: str | None,
        middle: str | None,
        outer: str | None,
        name: str,
    ) -> None:
        # What an application has under the name that is asked for, and something of its own.
        def resources(value: str | None, level: str) -> dict[str, str]:
            return {level: level} | ({} if value is None else {"name": value})

        application = Application([Route("/", show_name, resources=own)], resources(inner, "first"))
        application = Application([("/", application)], resources(middle, "second"))
        application = Application([("/", application)], resources(outer, "third"))
        assert get(application, "/") == name
        bound = application.routes[0]
        assert {"first", "second", "third", "name"} == set(bound.resources)

    def test_of_all_levels_are_there(self) -> None:
        def show(a: str, b: str, c: str) -> Response:
            return Response(a + b + c)

        route = Route("/", show, resources={"a": "1"})
        application = Application([("/", Application([route], {"b": "2", "c": "3"}))], {"c": "4"})
        assert get(application, "/") == "124"

    def test_of_an_embedded_application_stay_its_own(self) -> None:
        inner = Application([("/", show_name)], {"name": "inner"})
        outer = Application([("/in", inner), ("/", lambda name=None: Response(str(name)))])
        assert get(outer, "/") == "None"
        assert get(Application([("/", inner)], {"name": "outer"}), "/") == "outer"
        assert get(inner, "/") == "inner"

    def test_of_a_route_are_not_there_for_others(self) -> None:
        with pytest.raises(WiringError, match="needs 'name', which nothing provides"):
            Application([Route("/a", show_name, resources={"name": 1}), ("/b", show_name)])


class Tag(Middleware):
    """Writes its label in front of the answer."""

    def __init__(self, label: str) -> None:
        self.label = label

    def request(self, next: Any) -> Any:
        response = next()
        response.data = f"{self.label}{response.get_data(as_text=True)}"
        return response


class TestMiddlewares:
    def test_of_outer_applications_come_first(self) -> None:
        route = Route("/", lambda: Response("x"), middlewares=[Tag("r")])
        application = Application([route], middlewares=[Tag("1")])
        for label in "23":
            application = Application([("/", application)], middlewares=[Tag(label)])
        assert get(application, "/") == "321rx"

    def test_equal_ones_are_included_once_at_the_outermost_place(self) -> None:
        route = Route("/", lambda: Response("x"), middlewares=[Tag("r"), Tag("2")])
        application = Application([route], middlewares=[Tag("1"), Tag("2")])
        application = Application([("/", application)], middlewares=[Tag("2"), Tag("3")])
        assert get(application, "/") == "231rx"

    def test_of_an_embedded_application_stay_its_own(self) -> None:
        inner = Application([("/", lambda: Response("x"))], middlewares=[Tag("i")])
        outer = Application([("/in", inner), ("/", lambda: Response("y"))], middlewares=[Tag("o")])
        assert get(outer, "/in/") == "oix"
        assert get(outer, "/") == "oy"
        assert get(inner, "/") == "ix"

    def test_of_outer_applications_provide_for_inner_routes(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="ann")

        inner = Application([("/", lambda user="nobody": Response(user))])
        outer = Application([("/in", inner)], middlewares=[Session()])
        assert get(inner, "/") == "nobody"
        assert get(outer, "/in/") == "ann"


def factory(mark: str) -> Any:
    """A render factory that marks what it has rendered."""

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
            pytest.param(factory("inner"), True, "outer:page:1", id="unless it is bound again"),
            pytest.param(inherit_render, False, "outer:page:1", id="or has left it to the outer"),
        ],
    )
    def test_the_factory_of_an_embedded_application(
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

    def test_binding_again_reaches_through_three_levels(self) -> None:
        inner = Application(routes_with_renders(), render_factory=factory("inner"))
        middle = Application([SubApplication("/", inner)], render_factory=factory("middle"))
        outer = Application(
            [SubApplication("/", middle, rebind_render=True)], render_factory=factory("outer")
        )
        assert get(middle, "/named") == "inner:page:1"
        assert get(outer, "/named") == "outer:page:1"

    def test_binding_again_needs_a_factory(self) -> None:
        inner = Application(routes_with_renders(), render_factory=factory("inner"))
        with pytest.raises(WiringError, match="has the render 'page', but no render factory"):
            Application([SubApplication("/", inner, rebind_render=True)])

    def test_a_factory_is_asked_once_for_each_route(self) -> None:
        asked = []

        def counting(name: str) -> Any:
            asked.append(name)
            return lambda context: Response("x")

        inner = Application([("/", lambda: 1, "page")], render_factory=counting)
        nested(inner, "/a", "/b")
        assert asked == ["page"]

    def test_a_render_left_to_an_outer_application_fails_with_what_to_do(
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
            pytest.param(None, S_STRICT, True, 302, id="the outer application's is used"),
            pytest.param(None, S_STRICT, False, 404, id="unless it is not to be inherited"),
            pytest.param(S_REWRITE, S_STRICT, True, 200, id="a route's own is used"),
            pytest.param(S_REWRITE, S_STRICT, False, 200, id="a route's own is used either way"),
        ],
    )
    def test_of_an_embedded_route(
        self, route_mode: str | None, inner_mode: str, inherit: bool, status: int
    ) -> None:
        inner = Application([Route("/a/", ok, slash_mode=route_mode)], slash_mode=inner_mode)
        outer = Application([SubApplication("/in", inner, inherit_slashes=inherit)])
        assert outer.get_local_client().get("/in/a").status_code == status
        assert (
            outer.routes[0].slash_mode == {302: S_REDIRECT, 404: S_STRICT, 200: S_REWRITE}[status]
        )

    def test_not_inherited_through_three_levels(self) -> None:
        inner = Application([("/a/", ok)], slash_mode=S_REWRITE)
        middle = Application([SubApplication("/", inner, inherit_slashes=False)])
        outer = Application([SubApplication("/", middle, inherit_slashes=False)])
        assert get(outer, "/a") == "ok"
        assert Application([SubApplication("/", middle)]).routes[0].slash_mode == S_REDIRECT


class TestRenderErrors:
    def test_of_a_route_go_with_it(self) -> None:
        def page(_error: Any, site: str) -> Response:
            return Response(f"{_error.code} on {site}", 200)

        inner = Application([Route("/", lambda: 1 / 0, None, page)], {"site": "inner"})
        outer = Application([("/in", inner)], {"site": "outer"})
        assert get(inner, "/") == "500 on inner"
        assert get(outer, "/in/") == "500 on outer"


class TestEmbedding:
    def test_what_is_embedded_can_be_used_by_itself(self) -> None:
        inner = Application([("/a", lambda _application: Response(repr(_application)))])
        outer = Application([("/in", inner), ("/again", inner)])
        assert get(inner, "/a") == repr(inner)
        assert get(outer, "/in/a") == get(outer, "/again/a") == repr(outer)

    def test_routes_that_come_later_are_not_there(self) -> None:
        inner = Application([("/a", ok)])
        outer = Application([("/in", inner)])
        inner.add(("/b", ok))
        assert [route.pattern for route in outer.routes] == ["/in/a"]

    def test_an_application_that_embeds_its_embedder_takes_what_it_has_so_far(self) -> None:
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

    def test_how_it_reads(self) -> None:
        inner = Application([("/a", ok)])
        assert repr(SubApplication("/in", inner)) == f"SubApplication('/in', {inner!r})"


class TestBoundRoutes:
    def test_tell_what_they_are_made_of(self) -> None:
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

    def test_read_with_their_whole_pattern(self) -> None:
        application = Application([("/in", Application([GET("/a", ok)]))])
        place = f"{os.path.relpath(__file__)}:{ok.__code__.co_firstlineno}"
        assert repr(application.routes[0]) == f"<BoundRoute GET,HEAD /in/a -> ok, {place}>"


class TestNullRoute:
    def test_can_be_put_at_the_end_of_an_embedded_application(self) -> None:
        # So that its misses are its own: routes of the outer application behind it are not tried.
        inner = Application([GET("/a", ok), NullRoute()])
        application = Application([("/in", inner), ("/in/b", ok)])
        client = application.get_local_client()
        assert client.get("/in/a").status_code == 200
        assert client.get("/in/b").status_code == 404
        assert client.post("/in/a").status_code == 405
