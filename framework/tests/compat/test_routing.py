"""Test the members of routes that apps written for Clastic 26 use."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder

from clastic import (
    GET,
    S_STRICT,
    Application,
    Middleware,
    NotFound,
    Request,
    Response,
    Route,
    StaticFileRoute,
    SubApplication,
    render_basic,
    render_json,
)


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


def text():
    return "text"


class TestAdd:
    """The options of ``Application.add``."""

    @pytest.fixture
    def strict(self):
        def factory(name):
            return lambda context: Response(f"inner {name}")

        routes = [("/page", text, "page"), ("/folder/", text, "folder")]
        return Application(routes, render_factory=factory, slash_mode=S_STRICT)

    @pytest.fixture
    def app(self):
        return Application(
            render_factory=lambda name: lambda context: Response(f"outer {name}"),
        )

    @pytest.mark.parametrize(
        ("options", "page", "status"),
        [
            pytest.param({}, "inner page", 302, id="as embedded by default"),
            pytest.param({"rebind_render": True}, "outer page", 302, id="with its factory"),
            pytest.param({"inherit_slashes": False}, "inner page", 404, id="with own slash mode"),
        ],
    )
    def test_an_application_is_embedded_as_the_options_say(
        self, app, strict, options, page, status
    ):
        app.add(("/in", strict), **options)
        client = app.get_local_client()
        assert client.get("/in/page").text == page
        assert client.get("/in/folder").status_code == status

    @pytest.mark.parametrize(
        ("entry", "path"),
        [
            pytest.param(("/page", text, render_basic), "/pre/page", id="a tuple"),
            pytest.param(GET("/page", text, render_basic), "/pre/page", id="a route"),
            pytest.param(
                ("/in", Application([("/page", text, render_basic)])),
                "/pre/in/page",
                id="an application",
            ),
            pytest.param(
                SubApplication("/in/", Application([("/page", text, render_basic)])),
                "/pre/in/page",
                id="a SubApplication",
            ),
        ],
    )
    @pytest.mark.parametrize("prefix", ["/pre", "/pre/"])
    def test_a_prefix_is_put_in_front(self, app, entry, path, prefix):
        app.add(entry, prefix=prefix)
        client = app.get_local_client()
        assert [client.get(path).text, client.get("/page").status_code] == ["text", 404]


def test_a_sub_application_knows_its_application_and_the_routes_without_the_prefix(inner):
    embedded = SubApplication("/site/", app=inner)
    assert embedded.app is inner
    assert embedded.prefix == "/site/"
    assert [route.pattern for route in embedded.iter_routes()] == ["/links/<id:int>/<parts*>"]


def test_a_route_without_methods_in_its_list_serves_all_methods():
    client = Application([Route("/", text, render_basic, methods=[])]).get_local_client()
    statuses = [client.open("/", method=method).status_code for method in ("GET", "PUT", "DELETE")]
    assert statuses == [200, 200, 200]


def test_a_static_file_route_takes_the_names_of_its_arguments(tmp_path):
    (tmp_path / "data").write_text("data")
    route = StaticFileRoute("/data", file_path=tmp_path / "data", mimetype="text/x-own")
    response = Application([route]).get_local_client().get("/data")
    assert [response.text, response.mimetype] == ["data", "text/x-own"]


class OwnDispatch(Application):
    """An application with its own ``dispatch``."""

    def dispatch(self, request):
        if request.path == "/mine":
            return Response("mine")
        if request.path == "/raised":
            raise NotFound("raised")
        if request.path == "/returned":
            return NotFound("returned")
        if request.path == "/broken":
            raise ZeroDivisionError
        if request.path == "/nothing":
            return None
        return super().dispatch(request)


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/mine", 200, "mine"),
        ("/", 200, "text"),
        ("/none", 404, "404"),
        ("/raised", 404, "raised"),
        ("/returned", 404, "returned"),
        ("/broken", 500, "500"),
        ("/nothing", 500, "500"),
    ],
)
def test_the_dispatch_method_of_a_subclass_responds_to_requests(path, status, part):
    app = OwnDispatch([("/", text, render_basic)])
    response = app.get_local_client().get(path)
    assert response.status_code == status
    assert part in response.text


def test_an_own_dispatch_stays_after_routes_are_added_and_runs_inside_wsgi_wrappers():
    class Marking(Middleware):
        def wsgi_wrapper(self, wsgi_app):
            def wrapped(environ, start_response):
                environ["PATH_INFO"] = "/mine"
                return wsgi_app(environ, start_response)

            return wrapped

    app = OwnDispatch()
    app.add(Route("/late", text, render_basic, middlewares=[Marking()]))
    assert app.get_local_client().get("/late").text == "mine"


def test_untrusted_hosts_do_not_reach_an_own_dispatch():
    client = OwnDispatch(trusted_hosts=["example.org"]).get_local_client()
    statuses = [
        client.get("/mine", headers={"Host": host}).status_code
        for host in ("example.org", "evil.example", "a b")
    ]
    assert statuses == [200, 400, 400]


class TestPathParams:
    """``request.path_params``, which is set for routes whose functions read it."""

    @staticmethod
    def show(request):
        return request.path_params

    @pytest.mark.parametrize(
        ("pattern", "path", "values"),
        [
            ("/<name>", "/a", {"name": "a"}),
            ("/<id:int>/<parts*>", "/7/a/b", {"id": 7, "parts": ["a", "b"]}),
            ("/plain", "/plain", {}),
        ],
    )
    def test_an_endpoint_reads_the_path_values(self, pattern, path, values):
        client = Application([(pattern, self.show, render_json)]).get_local_client()
        assert client.get(path).json == values

    def test_a_middleware_reads_the_path_values_of_every_route_and_of_misses(self):
        seen = []

        class Reading(Middleware):
            def request(self, next, request):
                seen.append([getattr(request, "path_params", None)])
                return next()

        client = Application([("/<name>", text, render_basic)], {}, [Reading()]).get_local_client()
        for path in ("/a", "/a/b"):
            client.get(path)
        assert seen == [[{"name": "a"}], [{}]]

    def test_an_inner_function_reads_the_path_values(self):
        def show(request):
            return list((lambda: request.path_params)())

        client = Application([("/<name>", show, render_json)]).get_local_client()
        assert client.get("/a").json == ["name"]

    def test_the_chain_of_another_route_does_not_set_path_values(self):
        route = Application([("/<name>", lambda request: [], render_json)]).routes[0]
        assert "path_params" not in route.source
