"""The data of the application, its middlewares, resources and routes."""

import dataclasses
import functools

import pytest

from clastic.application import Application, RerouteWSGI
from clastic.describe import callable_location
from clastic.errors import ErrorHandler
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.middleware import Middleware
from clastic.route import GET, POST, Route


def hello():
    return Response("hello")


class Session(Middleware):
    provides = ("user", "session")

    def request(self, next, request, database, clock=None):
        return next(user="ann", session={})


class Everything(Middleware):
    endpoint_provides = ("started",)

    def request(self, next):
        return next()

    def endpoint(self, next, user):
        return next(started=0)

    def render(self, next, context):
        return next()


class Limited(Middleware):
    def __init__(self, limit):
        self.limit = limit

    def request(self, next):
        return next()


class Wrapping(Middleware):
    @staticmethod
    def wsgi_wrapper(application):
        return lambda environ, start_response: application(environ, start_response)


class Named(Middleware):
    def __init__(self, *names):
        self.provides = names

    def request(self, next):
        return next(**dict.fromkeys(self.provides))


class Handler(ErrorHandler):
    pass


class Finishing(Middleware):
    def finish(self, response, environ, route):
        return response


class TestApplication:
    def test_the_usual_settings_are_named(self, report):
        assert report(Application([("/_meta", MetaApplication())]))["application"] == {
            "type": "clastic.application.Application",
            "debug": False,
            "slash_mode": "redirect",
            "render_factory": None,
            "error_handler": "clastic.errors.handler.ErrorHandler",
        }

    def test_own_types_and_functions_are_named(self, report):
        def factory(argument):
            return argument

        application = Application([("/_meta", MetaApplication())], None, None, factory, Handler())
        data = report(application)["application"]
        assert data["error_handler"].endswith("test_report.Handler")
        assert data["render_factory"]["name"] == "factory"
        assert data["render_factory"]["location"] == callable_location(factory)

    def test_the_report_has_time_and_parts(self, report):
        data = report(Application([("/_meta", MetaApplication())]))
        assert set(data) == {
            *("title", "gathered_at", "application", "routes"),
            *("middlewares", "resources", "sections"),
            *("app", "basic", "proc", "host", "rusage", "pyvm"),  # for readers of Clastic 26
        }
        assert data["gathered_at"].endswith("+00:00")


class TestMiddlewares:
    @pytest.fixture
    def application(self):
        routes = [
            GET("/", hello),
            GET("/a", hello, middlewares=[Limited(1), Limited(2)]),
            GET("/b", hello, middlewares=[Limited(3), Named("x")]),
            GET("/c", hello, middlewares=[Named("y"), Named("x")]),
            ("/_meta", MetaApplication()),
        ]
        middlewares = [Session(), Wrapping(), Everything(), Finishing()]
        return Application(routes, {"database": 1}, middlewares)

    def test_each_function_has_its_side_and_number_of_routes(self, application, report):
        data = [
            (each["name"], each["side"], each["routes"])
            for each in report(application)["middlewares"]
        ]
        assert data == [
            ("Session", "request", 7),
            ("Wrapping", "wsgi_wrapper", 7),
            ("Everything", "request", 7),
            ("Everything", "endpoint", 7),
            ("Everything", "render", 7),
            ("Finishing", "finish", 7),
            ("Limited", "request", 2),
            ("Named", "request", 2),
            ("Named", "request", 1),
            ("LocalOnly", "request", 3),
        ]

    def test_each_function_has_what_it_requires_uses_and_provides(self, application, report):
        session, *others = report(application)["middlewares"]
        assert session["function"]["name"] == "Session.request"
        assert session["function"]["location"] == callable_location(Session.request)
        assert session["requires"] == ["request", "database"]
        assert session["uses"] == ["clock"]
        assert session["provides"] == ["user", "session"]
        assert [(each["requires"], each["provides"]) for each in others] == [
            ([], []),
            ([], []),
            (["user"], ["started"]),
            (["context"], []),
            ([], []),
            ([], []),
            ([], ["x"]),
            ([], ["y"]),
            (["request"], []),
        ]

    def test_the_page_has_a_row_for_each_function(self, application, page):
        first, *rows = page(application).rows("Middlewares")
        assert first.pop("Function").startswith("Session.request ")
        assert first == {
            "Name": "Session",
            "Routes": "7",
            "Side": "request",
            "Requires": "request, database",
            "Uses": "clock",
            "Provides": "user, session",
        }
        assert len(rows) == 9

    def test_a_report_without_middlewares_has_an_empty_list(self, page, read):
        view = page(Application([("/_meta", MetaApplication(application=Application()))]))
        assert read(view.section("Middlewares")) == "Middlewares none"
        assert read(view.section("Resources")) == "Resources none"


class Database:
    def __repr__(self):
        return "Database('canary')"


@dataclasses.dataclass
class Settings:
    name: str
    license: str = dataclasses.field(repr=False)


class Unreadable:
    def to_dict(self):
        raise ValueError("canary")


def with_resources(resources, *shown, routes=()):
    meta = MetaApplication(shown_resources=shown)
    return Application([*routes, ("/_meta", meta)], resources)


class TestResources:
    def test_resources_have_names_and_types_but_no_values(self, report):
        application = with_resources({"database": Database(), "size": 50, "mail": print})
        resources = report(application)["resources"]
        assert [each["name"] for each in resources] == ["database", "size", "mail"]
        types = [each["type"].rpartition("test_report.")[2] for each in resources]
        assert types == ["Database", "int", "builtin_function_or_method"]
        assert [each["value"] for each in resources] == ["<not shown>"] * 3

    def test_routes_are_counted_by_type_or_shown_value(self, report, page):
        inner = Application([("/one", hello), ("/two", hello)], {"size": 1, "mail": "x"})
        routes = [
            GET("/a", hello, resources={"size": 2}),
            GET("/b", hello, resources={"size": "large"}),
            GET("/c", hello, resources={"mail": "y"}),
            ("/in", inner),
        ]
        application = with_resources({"version": "1", "size": 4}, "size", routes=routes)
        expected = [
            {"name": "version", "type": "str", "routes": 8, "value": "<not shown>"},
            {"name": "size", "type": "int", "routes": 1, "value": 2},
            {"name": "size", "type": "str", "routes": 1, "value": "large"},
            {"name": "size", "type": "int", "routes": 6, "value": 4},
            {"name": "mail", "type": "str", "routes": 3, "value": "<not shown>"},
        ]
        assert report(application)["resources"] == expected
        rows = page(application).rows("Resources")
        assert [list(row.values()) for row in rows] == [
            [str(value) for value in each.values()] for each in expected
        ]

    @pytest.mark.parametrize(
        "shown",
        [["version"], ("version", "absent"), {"version"}, "version"],
        ids=["in a list", "in a tuple", "in a set", "as a text"],
    )
    def test_values_of_shown_resources_are_shown(self, shown, report):
        meta = MetaApplication(shown_resources=shown)
        resources = report(Application([("/_meta", meta)], {"version": "2.4", "v": "canary"}))
        assert [each["value"] for each in resources["resources"]] == ["2.4", "<not shown>"]

    @pytest.mark.parametrize(
        ("name", "value", "shown"),
        [
            pytest.param("api_key", "canary", "[masked]", id="by name"),
            pytest.param("password", 1234, "[masked]", id="a number by name"),
            pytest.param("cookie_secret", ["canary"], "[masked]", id="a list by name"),
            pytest.param(
                "settings",
                {"host": "db", "token": "canary", b"pwd": "canary"},
                {"host": "db", "token": "[masked]", "pwd": "[masked]"},
                id="inside, by name",
            ),
            pytest.param(
                "pairs",
                [("host", "db"), ("password", "canary")],
                [["host", "db"], ["password", "[masked]"]],
                id="in pairs, by name",
            ),
            pytest.param(
                "url",
                "postgres://links:canary@db/links",
                "postgres://links:[masked]@db/links",
                id="in a URL",
            ),
            pytest.param("header", "Bearer canary1234", "Bearer [masked]", id="a bearer token"),
            pytest.param(
                "settings",
                Settings("a", "canary"),
                {"name": "a", "license": "[masked]"},
                id="left out of the repr",
            ),
        ],
    )
    def test_secrets_in_shown_values_are_masked(self, name, value, shown, report, page):
        application = with_resources({name: value}, name)
        (resource,) = report(application)["resources"]
        assert resource["value"] == shown
        assert "canary" not in page(application).html

    def test_values_without_a_form_in_json_are_shown_by_type(self, report):
        iterator = iter(["canary"])
        for value in (Database(), b"canary", iterator, Database):
            (resource,) = report(with_resources({"it": value}, "it"))["resources"]
            assert resource["value"] == f"<{type(value).__name__}>"
        assert next(iterator) == "canary"

    def test_a_value_that_cannot_be_read_is_shown_as_the_error(self, report):
        (resource,) = report(with_resources({"it": Unreadable()}, "it"))["resources"]
        assert resource["value"] == "<ValueError>"


class Finding(Middleware):
    provides = ("user",)

    def request(self, next, request, database):
        return next(user="ann")


class Timing(Middleware):
    endpoint_provides = ("started",)
    render_provides = ("finished",)

    def endpoint(self, next, clock=None):
        return next(started=0)

    def render(self, next, context):
        return next(finished=1)


class Innermost(Middleware):
    def request(self, next):
        return next()

    def endpoint(self, next, started):
        return next()

    def render(self, next):
        return next()


def show(id, user, database, verbose=False, *, request):
    """Show a link.

    With its clicks.
    """
    return {}


def show_page(context, user, finished, _route):
    return Response("page")


def show_error(_error, request, database, title="Oops", **others):
    """Say what went wrong."""
    return Response("error", status=_error.code)


class Shout:
    """Say it loud."""

    def __call__(self, word):
        return Response(word.upper())


ROUTE = Route("/links/<id:int>", show, show_page, show_error, methods=["GET", "POST"])


@pytest.fixture
def application():
    return Application(
        [ROUTE, ("/_meta", MetaApplication())],
        resources={"database": object()},
        middlewares=[Finding(), Timing(), Innermost()],
    )


@pytest.fixture
def described(report):
    """Return the data of a route that is alone in its application."""

    def describe(route, **options):
        application = Application([("/_meta", MetaApplication()), route], **options)
        return report(application)["routes"]["items"][-1]

    return describe


def nesting(layers):
    """Return pairs of the name of each function and of the functions inside it."""
    return [(layer["function"]["name"], nesting(layer["inner"])) for layer in layers]


class TestRoutes:
    def test_a_route_has_number_pattern_methods_and_slash_mode(self, application, report):
        route = report(application)["routes"]["items"][0]
        assert route["number"] == 1
        assert route["pattern"] == "/links/<id:int>"
        assert route["methods"] == ["GET", "HEAD", "POST"]
        assert route["slash_mode"] == "redirect"

    def test_a_function_has_name_place_and_summary(self, application, report):
        endpoint = report(application)["routes"]["items"][0]["endpoint"]
        assert endpoint["name"] == "show"
        assert endpoint["location"] == callable_location(show)
        assert endpoint["summary"] == "Show a link."

    def test_every_argument_has_its_source(self, application, report):
        route = report(application)["routes"]["items"][0]
        assert route["endpoint"]["arguments"] == {
            "id": "path",
            "user": "Finding",
            "database": "resources",
            "verbose": "default",
            "request": "built-in",
        }
        assert route["render"]["arguments"] == {
            "context": "built-in",
            "user": "Finding",
            "finished": "Timing",
            "_route": "built-in",
        }
        assert route["render_error"]["arguments"] == {
            "_error": "built-in",
            "request": "built-in",
            "database": "resources",
            "title": "default",
        }
        assert route["render_error"]["summary"] == "Say what went wrong."

    def test_functions_are_nested_as_they_run(self, application, report):
        layers = report(application)["routes"]["items"][0]["layers"]
        endpoint_side = ("Timing.endpoint", [("Innermost.endpoint", [("show", [])])])
        render_side = ("Timing.render", [("Innermost.render", [("show_page", [])])])
        assert nesting(layers) == [
            ("Finding.request", [("Innermost.request", [endpoint_side, render_side])])
        ]

    def test_a_layer_has_its_side_arguments_and_provides(self, application, report):
        (outermost,) = report(application)["routes"]["items"][0]["layers"]
        assert outermost["side"] == "request"
        assert outermost["function"]["arguments"] == {
            "request": "built-in",
            "database": "resources",
        }
        assert outermost["provides"] == ["user"]
        endpoint_side, render_side = outermost["inner"][0]["inner"]
        assert (endpoint_side["side"], endpoint_side["provides"]) == ("endpoint", ["started"])
        assert endpoint_side["function"]["arguments"] == {"clock": "default"}
        assert endpoint_side["inner"][0]["function"]["arguments"] == {"started": "Timing"}
        assert (render_side["side"], render_side["provides"]) == ("render", ["finished"])

    def test_without_a_render_render_middlewares_are_left_out(self, described):
        route = described(("/", lambda: Response("")), middlewares=[Timing()])
        assert nesting(route["layers"]) == [("Timing.endpoint", [("<lambda>", [])])]
        assert route["render"] is None
        assert route["render_error"] is None

    @pytest.mark.parametrize(
        ("endpoint", "name", "summary"),
        [
            pytest.param(
                functools.partial(show, user=1, database=2),
                "partial(show)",
                "Show a link.",
                id="a partial",
            ),
            pytest.param(Shout(), "Shout()", "Say it loud.", id="a callable object"),
            pytest.param(Shout().__call__, "Shout.__call__", None, id="a method"),
            pytest.param(RerouteWSGI(print), "RerouteWSGI()", None, id="another application"),
        ],
    )
    def test_endpoints_of_every_kind_are_described(self, endpoint, name, summary, described):
        data = described(Route("/<id>/<word>", endpoint))["endpoint"]
        assert data["name"] == name
        assert summary in (None, data["summary"])

    def test_a_bound_argument_of_a_partial_is_left_out(self, described):
        route = Route("/<id>", functools.partial(show, user=1, database=2))
        assert list(described(route)["endpoint"]["arguments"]) == ["id", "verbose", "request"]

    @pytest.mark.parametrize("docstring", ["", "  \n ", 7])
    def test_an_empty_or_odd_docstring_is_no_summary(self, docstring, described):
        shout = Shout()
        shout.__doc__ = docstring
        assert described(Route("/<word>", shout))["endpoint"]["summary"] is None

    @pytest.mark.parametrize(
        ("render", "template"),
        [
            pytest.param("links/home.html", "links/home.html", id="the name of a file"),
            pytest.param("<p>{text}</p>", None, id="the text of a template"),
            pytest.param({"file": "home.html"}, None, id="something else"),
        ],
    )
    def test_the_name_of_a_template_is_shown(self, render, template, described):
        def factory(source):
            return lambda context: Response(str(source))

        route = described(("/", find, render), render_factory=factory)
        assert route["template"] == template
        assert route["render"]["name"].endswith("<lambda>")

    def test_the_deepest_nesting_can_be_described(self, described):
        class Layer(Middleware):
            unique = False

            def request(self, next):
                return next()

        middlewares = [Layer() for _ in range(89)]  # and the guard of the meta application
        layers = described(("/", lambda: Response("")), middlewares=middlewares)["layers"]
        depth = 0
        while layers:
            (layer,) = layers
            layers, depth = layer["inner"], depth + 1
        assert depth == 90


def find(id=None):
    return Response("found")


def save(id=None):
    return Response("saved")


@pytest.fixture
def links():
    routes = [GET("/links/<id>", find), POST("/links/<id>", save), GET("/users/<id>", find)]
    return Application([*routes, ("/_meta", MetaApplication())])


@pytest.fixture(scope="module")
def large():
    routes = [GET(f"/r{number}/<id>", find) for number in range(997)]
    return Application([*routes, ("/_meta", MetaApplication())])


def numbers(routes):
    return [route["number"] for route in routes["items"]]


class TestSelection:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            pytest.param("", [1, 2, 3, 4, 5, 6], id="no words"),
            pytest.param("/links", [1, 2], id="of the pattern"),
            pytest.param("POST", [2], id="the method"),
            pytest.param("post", [2], id="in any case"),
            pytest.param("save", [2], id="the endpoint"),
            pytest.param("test_report.py", [1, 2, 3], id="the file"),
            pytest.param(" find   links ", [1], id="several, in any order"),
            pytest.param("nothing", [], id="of no route"),
        ],
    )
    def test_routes_are_found_by_words(self, words, found, links, report):
        routes = report(links, query_string={"find": words})["routes"]
        assert numbers(routes) == found
        assert (routes["total"], routes["matching"]) == (6, len(found))
        assert routes["find"] == " ".join(words.split())

    @pytest.mark.parametrize(
        ("query", "first", "last", "page", "pages"),
        [
            pytest.param({}, 1, 100, 1, 10, id="the first page"),
            pytest.param({"page": 2}, 101, 200, 2, 10, id="another page"),
            pytest.param({"page": 11}, 901, 1_000, 10, 10, id="after the last"),
            pytest.param({"page": 0}, 1, 100, 1, 10, id="before the first"),
            pytest.param({"page": "x"}, 1, 100, 1, 10, id="no number"),
            pytest.param({"page": "9" * 5000}, 1, 100, 1, 10, id="a number of too many digits"),
        ],
    )
    def test_many_routes_are_on_pages(self, query, first, last, page, pages, large, report):
        routes = report(large, query_string=query)["routes"]
        assert numbers(routes) == list(range(first, last + 1))
        assert (routes["page"], routes["pages"]) == (page, pages)
