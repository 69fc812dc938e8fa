"""What is told of routes: their functions, their arguments with sources, how they nest."""

import functools

import pytest

from clastic.application import Application, RerouteWSGI
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.middleware import Middleware
from clastic.render import render_basic
from clastic.route import GET, Route

HERE = __file__.rpartition("/")[2]


class Session(Middleware):
    """Finds out who is asking."""

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


def told_of(route, report):
    """What the JSON tells of a route that is alone in its application."""
    application = Application([route, ("/_meta", MetaApplication())])
    (told,) = report(application)["routes"]["items"]
    return told


def sources(function):
    return {argument["name"]: argument["source"] for argument in function["arguments"]}


def test_a_route_is_told_by_number_pattern_methods_and_slashes(application, report):
    (route,) = report(application)["routes"]["items"]
    assert route["number"] == 1
    assert route["pattern"] == "/links/<id:int>"
    assert route["methods"] == ["GET", "HEAD", "POST"]
    assert route["slash_mode"] == "redirect"
    assert route["middlewares"] == ["Session", "Timing", "Innermost"]


def test_its_endpoint_is_told_with_place_and_docstring(application, report):
    endpoint = report(application)["routes"]["items"][0]["endpoint"]
    assert endpoint["name"] == "show"
    assert endpoint["file"].endswith(HERE)
    assert endpoint["line"] == show.__code__.co_firstlineno
    assert endpoint["summary"] == "Show a link."


def test_every_argument_is_told_with_its_source(application, report):
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


def nesting(layers):
    """Pairs of the name of each function and of what runs inside of it."""
    return [(layer["function"]["name"], nesting(layer["inner"])) for layer in layers]


def test_what_runs_is_told_as_the_nesting_that_it_is(application, report):
    layers = report(application)["routes"]["items"][0]["layers"]
    endpoint_side = ("Timing.endpoint", [("Innermost.endpoint", [("show", [])])])
    render_side = ("Timing.render", [("Innermost.render", [("show_page", [])])])
    assert nesting(layers) == [
        ("Session.request", [("Innermost.request", [endpoint_side, render_side])])
    ]


def test_each_layer_is_told_with_its_side_arguments_and_provides(application, report):
    (outermost,) = report(application)["routes"]["items"][0]["layers"]
    assert outermost["side"] == "request"
    assert sources(outermost["function"]) == {"request": "built-in", "database": "resources"}
    assert outermost["provides"] == ["user"]
    endpoint_side, render_side = outermost["inner"][0]["inner"]
    assert (endpoint_side["side"], endpoint_side["provides"]) == ("endpoint", ["started"])
    assert sources(endpoint_side["function"]) == {"clock": "default"}
    assert sources(endpoint_side["inner"][0]["function"]) == {"started": "Timing"}
    assert (render_side["side"], render_side["provides"]) == ("render", ["finished"])


def test_without_a_render_its_middlewares_do_not_run(report):
    application = Application(
        [("/", lambda: Response("")), ("/_meta", MetaApplication())], middlewares=[Timing()]
    )
    (route,) = report(application)["routes"]["items"]
    assert nesting(route["layers"]) == [("Timing.endpoint", [("<lambda>", [])])]
    assert route["render"] is None
    assert route["render_error"] is None


def test_the_page_draws_the_nesting_in_lists(application, page, read):
    view = page(application)
    nesting = view.one("figure", view.route("/links/<id:int>"))
    (outermost,) = nesting.find("ol")
    assert outermost.attrib["class"] == "request"
    assert read(outermost.find("p")).startswith("request middleware Session.request ")
    endpoint_side, render_side = outermost.find("ol/li/ol")
    assert endpoint_side.attrib["class"] == "endpoint"
    assert render_side.attrib["class"] == "render"
    assert read(endpoint_side.find("ol/li/ol/li/p")).startswith("endpoint show ")
    assert [read(argument) for argument in endpoint_side.find("ol/li/ol/li/ul")] == [
        "id from the path",
        "user from Session",
        "database from resources",
        "verbose its default",
        "request built-in",
    ]


def test_the_page_tells_the_facts_of_a_route(application, page):
    view = page(application)
    facts = view.facts(view.route("/links/<id:int>"))
    assert facts["Purpose"] == "Show a link."
    assert facts["Render"].startswith("show_page ")
    assert facts["Error render"].startswith("show_error ")
    assert "database from resources" in facts["Error render"]
    assert "Address" not in facts


@pytest.mark.parametrize(
    ("route", "address"),
    [
        pytest.param(GET("/a b/ü", show_page), "../a%20b/%C3%BC", id="GET"),
        pytest.param(Route("/", show_page), "../", id="any method, at the root"),
        pytest.param(Route("/a", show_page, methods=["POST"]), None, id="no GET"),
        pytest.param(GET("/<finished>", show_page), None, id="with a binding"),
    ],
)
def test_what_can_be_visited_has_an_address(route, address, page):
    route.endpoint = lambda finished=None: Response("")
    view = page(Application([route, ("/_meta", MetaApplication())]))
    links = view.all("a", view.route(route.pattern))
    assert [link.attrib["href"] for link in links] == ([] if address is None else [address])


@pytest.mark.parametrize(
    ("endpoint", "name", "summary"),
    [
        pytest.param(functools.partial(show, user=1, database=2), "partial(show)", "Show a link."),
        pytest.param(Shout(), "Shout()", "Say it loud."),
        pytest.param(Shout().__call__, "Shout.__call__", None),
        pytest.param(RerouteWSGI(print), "RerouteWSGI()", None),
    ],
    ids=["a partial", "a callable object", "a method", "another application"],
)
def test_endpoints_of_every_kind_are_told(endpoint, name, summary, report):
    told = told_of(Route("/<id>/<word>", endpoint), report)["endpoint"]
    assert told["name"] == name
    if summary is not None:
        assert told["summary"] == summary


def test_a_bound_argument_of_a_partial_is_no_argument(report):
    route = Route("/<id>", functools.partial(show, user=1, database=2))
    assert list(sources(told_of(route, report)["endpoint"])) == ["id", "verbose", "request"]


def test_a_builtin_has_no_place(page, read):
    application = Application([("/<x:int>", abs, render_basic), ("/_meta", MetaApplication())])
    view = page(application)
    endpoint = view.one("span", view.route("/<x:int>")[0], class_="endpoint")
    assert read(endpoint) == "abs"


@pytest.mark.parametrize("docstring", [None, "", "  \n "])
def test_a_docstring_that_says_nothing_is_none(docstring, report):
    def endpoint():
        return Response("")

    endpoint.__doc__ = docstring
    assert told_of(Route("/", endpoint), report)["endpoint"]["summary"] is None


def test_a_docstring_that_is_no_text_is_none(report):
    class Odd:
        def __call__(self):
            return Response("")

    odd = Odd()
    odd.__doc__ = 7
    assert told_of(Route("/", odd), report)["endpoint"]["summary"] is None


def factory(template):
    return lambda context: Response(str(template))


def nothing():
    return {}


@pytest.mark.parametrize(
    ("render", "shown"),
    [
        pytest.param("links/home.html", "links/home.html", id="the name of a file"),
        pytest.param("<p>{text}</p>", None, id="a template itself"),
        pytest.param({"file": "home.html"}, None, id="something else"),
    ],
)
def test_the_name_of_a_template_is_told(render, shown, report, page):
    application = Application(
        [("/", nothing, render), ("/_meta", MetaApplication())], render_factory=factory
    )
    (route,) = report(application)["routes"]["items"]
    assert route["template"] == shown
    view = page(application)
    beginning = "<lambda> " if shown is None else f"{shown} by <lambda> "
    assert view.facts(view.route("/"))["Render"].startswith(beginning)


def test_ninety_layers_can_be_told(report, page):
    class Layer(Middleware):
        unique = False

        def request(self, next):
            return next()

    application = Application(
        [("/", lambda: Response("")), ("/_meta", MetaApplication())],
        middlewares=[Layer() for _ in range(90)],
    )
    (layers,) = [report(application)["routes"]["items"][0]["layers"]]
    depth = 0
    while layers:
        (layer,) = layers
        layers, depth = layer["inner"], depth + 1
    assert depth == 91
    assert page(application).html.count("Layer.request") >= 90
