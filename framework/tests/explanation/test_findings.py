"""Find values and resources without a use, and folders without a route."""

from __future__ import annotations

import pytest

from clastic import (
    GET,
    Application,
    Middleware,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
    managed,
    render_basic,
)
from clastic.errors import ErrorHandler
from clastic.explanation.findings import find_unserved_folder, find_unused, format_finding


def respond():
    return Response("")


def found(*routes, resources=None, **options):
    """Return the text of each finding, without its place."""
    findings = find_unused(Application(routes, resources, **options))
    return [f"{each.code}: {each.where.partition(' (')[0]} {each.what}" for each in findings]


def test_a_value_that_no_function_takes_is_found():
    assert found(("/<a>/<b>", lambda a: a, render_basic)) == [
        "unused-value: Route '/<a>/<b>' binds 'b' in its pattern, which none of its functions takes"
    ]


class Checking(Middleware):
    def endpoint(self, next, a):
        return next()


class Handler(ErrorHandler):
    def render_error(self, request, _error, size):
        return Response("")


def open_database(size):
    yield size


@pytest.mark.parametrize(
    ("routes", "options"),
    [
        pytest.param([("/<a>", lambda a: Response(a))], {}, id="by an endpoint"),
        pytest.param([("/<a>", respond)], {"middlewares": [Checking()]}, id="by a middleware"),
        pytest.param(
            [("/<a>", lambda: 1, lambda context, a: Response(a))], {}, id="by a render"
        ),
        pytest.param([("/<_a>", respond)], {}, id="a name with an underscore"),
        pytest.param([("/<a*>", RerouteWSGI(respond))], {}, id="another application sees the path"),
        pytest.param(
            [GET("/<a>", respond, ignore=["unused-value"])], {}, id="the route ignores the code"
        ),
        pytest.param(
            [("/<a>", Application([("/x", lambda a="": Response(a)), ("/y", respond)]))],
            {},
            id="one route of an embedded application takes the value of the prefix",
        ),
        pytest.param(
            [("/", lambda size: Response(size))], {"resources": {"size": 1}}, id="a resource"
        ),
        pytest.param(
            [("/", Application([("/", lambda size=2: Response(size))]))],
            {"resources": {"size": 1}},
            id="a resource, by an embedded application",
        ),
        pytest.param(
            [("/", respond)],
            {"resources": {"size": 1}, "error_handler": Handler()},
            id="a resource, by the error handler",
        ),
        pytest.param(
            [("/", lambda database: Response(database))],
            {"resources": {"size": 1, "database": managed(open_database)}},
            id="a resource, by the opener of another",
        ),
        pytest.param(
            [Route("/", respond, None, lambda _error, size: Response(size))],
            {"resources": {"size": 1}},
            id="a resource, by a render_error",
        ),
        pytest.param(
            [("/", lambda _application: Response(_application.resources["size"]))],
            {"resources": {"size": 1}},
            id="any resource, by way of the application",
        ),
        pytest.param(
            [("/", respond)],
            {"resources": {"size": 1}, "ignore": ["unused-resource"]},
            id="the application ignores the code",
        ),
    ],
)  # fmt: skip
def test_a_value_or_resource_that_a_function_takes_is_not_found(routes, options):
    assert found(*routes, **options) == []


def test_a_value_of_a_prefix_is_found_once():
    inner = Application([("/x", respond), ("/y", respond)])
    assert found(("/<lang>", inner)) == [
        "unused-value: The prefix '/<lang>' binds 'lang', "
        "which no function of the routes below it takes"
    ]


def test_resources_that_no_function_takes_are_found_at_each_level():
    inner = Application([Route("/", respond, resources={"own": 1})], {"inner": 1})
    application = "unused-resource: The application with the route"
    assert found(("/a", inner), resources={"outer": 1}, debug=True) == [
        "unused-resource: Route '/a/' has the resource 'own', which none of its functions takes",
        f"{application} '/' has the resource 'inner', which no function takes",
        f"{application} '/a/' has the resource 'outer', which no function takes",
    ]


@pytest.fixture
def folder(tmp_path):
    static = tmp_path / "static"
    (static / "css").mkdir(parents=True)
    (static / "css" / "a.css").write_text("")
    return static


def test_a_folder_of_files_without_a_route_is_found(folder):
    (finding,) = find_unserved_folder(Application([GET("/", respond)]), str(folder), "static")
    assert format_finding(finding) == (
        "The folder 'static' has no route: only the development server serves /static/css/a.css. "
        "Add ('/static', StaticApplication(...)) to the routes. [static-without-route]"
    )


def test_a_folder_with_a_route_or_without_files_is_not_found(folder, tmp_path):
    served = Application([("/static", StaticApplication(folder))])
    assert find_unserved_folder(served, str(folder), "static") == []
    silent = Application(ignore=["static-without-route"])
    assert find_unserved_folder(silent, str(folder), "static") == []
    (tmp_path / "empty").mkdir()
    assert find_unserved_folder(Application(), str(tmp_path / "empty"), "static") == []
