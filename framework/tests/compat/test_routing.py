"""Test the members of routes that apps written for Clastic 26 use."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder

from clastic import GET, Application, Middleware, Request, Route, SubApplication, render_json


class UserMiddleware(Middleware):
    provides = ("user",)

    def request(self, next, request):
        return next("Ann")


def show(id, parts, database, user, size=3):
    return {"id": id, "parts": parts, "database": database, "user": user}


@pytest.fixture
def inner():
    return Application(
        [GET("/links/<id:int>/<parts*>", show, render_json)],
        resources={"database": "db"},
        middlewares=[UserMiddleware()],
    )


@pytest.fixture
def outer(inner):
    return Application([SubApplication("/site", inner)], resources={"unused": 1})


@pytest.fixture
def bound(outer):
    return outer.routes[0]


def request_for(path: str) -> Request:
    return Request(EnvironBuilder(path).get_environ())


def test_a_bound_route_knows_the_route_as_it_was_written_and_its_applications(bound, inner, outer):
    assert bound.unbound_route.pattern == "/links/<id:int>/<parts*>"
    assert bound.render_arg is render_json
    assert bound.bound_apps == (inner, outer)
    assert list(bound.iter_routes()) == [bound]


def test_a_bound_route_lists_its_arguments(bound):
    assert bound.path_args == ("id", "parts")
    assert bound.endpoint_args == ("id", "parts", "database", "user", "size")
    assert bound.get_required_args() == ["database", "id", "parts", "size"]
    assert [bound.is_required_arg(name) for name in ("database", "user")] == [True, False]


def test_a_bound_route_matches_paths_and_methods(bound):
    assert bound.match_path("/site/links/7/a/b") == {"id": 7, "parts": ["a", "b"]}
    assert bound.match_path("/site/links/seven") is None
    assert [bound.match_method(method) for method in ("HEAD", "get", "POST")] == [True, True, False]


def test_converters_convert_the_text_of_a_path_value(bound):
    assert bound.converters["id"]("7") == 7
    assert bound.converters["parts"]("a/b") == ["a", "b"]
    with pytest.raises(ValueError, match="'seven' does not match <id:int>"):
        bound.converters["id"]("seven")


@pytest.mark.parametrize(
    ("pattern", "path", "groups"),
    [
        ("/a.b/<x>/", "/a.b/c", {"x": "c"}),
        ("/a.b/<x>/", "/aXb/c/", None),
        ("/feed-<id:int>.xml", "/feed-12.xml", {"id": "12"}),
        ("/<size:float>", "/1e3", {"size": "1e3"}),
        ("/<size:float>", "/e3", None),
        ("/<more+int>", "/1/2", {"more": "/1/2"}),
        ("/<more+int>", "/", None),
        ("/v/<page?int>", "/v", {"page": ""}),
    ],
)
def test_the_regular_expression_of_a_route_matches_its_paths(pattern, path, groups):
    bound = Application([(pattern, lambda: None, render_json)]).routes[0]
    match = bound.regex.match(path)
    assert (match and match.groupdict()) == groups


@pytest.mark.parametrize("pattern", ["/<a>/<b>", "/<a:int>/<b*>"])
def test_execute_runs_a_route_with_path_values(pattern):
    app = Application([(pattern, lambda a, b, _dispatch_state: [a, b], render_json)])
    response = app.routes[0].execute(request_for("/1/2"), a=1, b="2", other=3)
    assert response.json == [1, "2"]


def test_execute_needs_every_path_value(bound):
    with pytest.raises(TypeError, match=r"needs the path value 'parts'\.$"):
        bound.execute(request_for("/"), id=1)


def test_execute_does_not_replace_a_resource(bound):
    values = {"id": 1, "parts": []}
    assert bound.execute(request_for("/"), database="db", **values).status_code == 200
    with pytest.raises(TypeError, match="cannot replace the resource 'database'"):
        bound.execute(request_for("/"), database="other", **values)


def test_a_route_can_be_bound_to_an_application_that_does_not_serve_it():
    app = Application(resources={"name": "Ann"})
    route = Route("/hello", lambda name: [name], render_json)
    assert route.bind(app).execute(request_for("/hello")).json == ["Ann"]
    assert app.routes == ()
    assert list(route.iter_routes()) == [route]


def test_binding_a_route_reports_its_problems():
    with pytest.raises(NameError, match="needs 'nmae', which nothing provides"):
        Route("/hello", lambda nmae: nmae, render_json).bind(Application())
