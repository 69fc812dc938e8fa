"""The data of routes: functions, sources of arguments, nesting, and which routes are selected."""

import functools

import pytest

from clastic.application import Application, RerouteWSGI
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.middleware import Middleware
from clastic.route import GET, POST, Route


class Session(Middleware):
    """Find the user."""

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
        middlewares=[Session(), Timing(), Innermost()],
    )


@pytest.fixture
def described(report):
    """Return the data of a route that is alone in its application."""

    def describe(route, **options):
        application = Application([route, ("/_meta", MetaApplication())], **options)
        (data,) = report(application)["routes"]["items"]
        return data

    return describe


def sources(function):
    return {argument["name"]: argument["source"] for argument in function["arguments"]}


def nesting(layers):
    """Return pairs of the name of each function and of the functions inside it."""
    return [(layer["function"]["name"], nesting(layer["inner"])) for layer in layers]


class TestRoutes:
    def test_a_route_has_number_pattern_methods_and_slash_mode(self, application, report):
        (route,) = report(application)["routes"]["items"]
        assert route["number"] == 1
        assert route["pattern"] == "/links/<id:int>"
        assert route["methods"] == ["GET", "HEAD", "POST"]
        assert route["slash_mode"] == "redirect"
        assert route["middlewares"] == ["Session", "Timing", "Innermost"]

    def test_a_function_has_name_place_and_summary(self, application, report):
        endpoint = report(application)["routes"]["items"][0]["endpoint"]
        assert endpoint["name"] == "show"
        assert endpoint["file"].endswith("tests/meta/test_routes.py")
        assert endpoint["line"] == show.__code__.co_firstlineno
        assert endpoint["summary"] == "Show a link."

    def test_every_argument_has_its_source(self, application, report):
        route = report(application)["routes"]["items"][0]
        assert sources(route["endpoint"]) == {
            "id": "path",
            "user": "Session",
            "database": "resources",
            "verbose": "default",
            "request": "built-in",
        }
        assert sources(route["render"]) == {
            "context": "built-in",
            "user": "Session",
            "finished": "Timing",
            "_route": "built-in",
        }
        assert sources(route["render_error"]) == {
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
            ("Session.request", [("Innermost.request", [endpoint_side, render_side])])
        ]

    def test_a_layer_has_its_side_arguments_and_provides(self, application, report):
        (outermost,) = report(application)["routes"]["items"][0]["layers"]
        assert outermost["side"] == "request"
        assert sources(outermost["function"]) == {"request": "built-in", "database": "resources"}
        assert outermost["provides"] == ["user"]
        endpoint_side, render_side = outermost["inner"][0]["inner"]
        assert (endpoint_side["side"], endpoint_side["provides"]) == ("endpoint", ["started"])
        assert sources(endpoint_side["function"]) == {"clock": "default"}
        assert sources(endpoint_side["inner"][0]["function"]) == {"started": "Timing"}
        assert (render_side["side"], render_side["provides"]) == ("render", ["finished"])

    def test_without_a_render_its_middlewares_do_not_run(self, described):
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
        assert list(sources(described(route)["endpoint"])) == ["id", "verbose", "request"]

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

    def test_ninety_layers_can_be_described(self, described):
        class Layer(Middleware):
            unique = False

            def request(self, next):
                return next()

        middlewares = [Layer() for _ in range(90)]
        layers = described(("/", lambda: Response("")), middlewares=middlewares)["layers"]
        depth = 0
        while layers:
            (layer,) = layers
            layers, depth = layer["inner"], depth + 1
        assert depth == 91


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
    routes = [GET(f"/r{number}/<id>", find) for number in range(10_000)]
    return Application([*routes, ("/_meta", MetaApplication())])


def numbers(routes):
    return [route["number"] for route in routes["items"]]


class TestSelection:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            pytest.param("", [1, 2, 3], id="no words"),
            pytest.param("/links", [1, 2], id="of the pattern"),
            pytest.param("POST", [2], id="the method"),
            pytest.param("post", [2], id="in any case"),
            pytest.param("save", [2], id="the endpoint"),
            pytest.param("test_routes.py", [1, 2, 3], id="the file"),
            pytest.param(" find   links ", [1], id="several, in any order"),
            pytest.param("nothing", [], id="of no route"),
            pytest.param("_meta", [], id="of the routes of meta itself"),
        ],
    )
    def test_routes_are_found_by_words(self, words, found, links, report):
        routes = report(links, query_string={"find": words})["routes"]
        assert numbers(routes) == found
        assert (routes["total"], routes["matching"]) == (3, len(found))
        assert routes["find"] == " ".join(words.split())

    @pytest.mark.parametrize(
        ("query", "first", "last", "page", "pages"),
        [
            pytest.param({}, 1, 100, 1, 100, id="the first page"),
            pytest.param({"page": 2}, 101, 200, 2, 100, id="another page"),
            pytest.param({"page": 101}, 9_901, 10_000, 100, 100, id="after the last"),
            pytest.param({"page": 0}, 1, 100, 1, 100, id="before the first"),
            pytest.param({"page": "x"}, 1, 100, 1, 100, id="no number"),
            pytest.param({"page": "9" * 5000}, 1, 100, 1, 100, id="a number of too many digits"),
            pytest.param({"size": 3_000}, 1, 1_000, 1, 10, id="larger than a page may be"),
            pytest.param({"size": 0}, 1, 1, 1, 10_000, id="smaller than a page may be"),
            pytest.param({"size": 30, "page": 334}, 9_991, 10_000, 334, 334, id="the last part"),
        ],
    )
    def test_many_routes_are_on_pages(self, query, first, last, page, pages, large, report):
        routes = report(large, query_string=query)["routes"]
        assert numbers(routes) == list(range(first, last + 1))
        assert (routes["page"], routes["pages"]) == (page, pages)
