"""Routes that no request can reach are reported when an application is constructed."""

from __future__ import annotations

import re
import warnings
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clastic import (
    DELETE,
    GET,
    HEAD,
    POST,
    S_REWRITE,
    S_STRICT,
    Application,
    Middleware,
    NotFound,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
    SubApplication,
    WiringError,
    WiringWarning,
)
from clastic.routing.reachability import find_unreachable


def respond():
    return Response("")


def unreachable(*routes, **options):
    """Return the code and the pattern of each route that is reported."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Application(routes, **options)
    problems = [problem for each in caught for problem in each.message.problems]
    return [(problem.code, problem.where.split("'")[1]) for problem in problems]


def get(*patterns, **options):
    return [GET(pattern, respond, **options) for pattern in patterns]


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param("/<x> | /about", id="a binding before a literal"),
        pytest.param("/<x> | /<n:int>", id="any text before a number"),
        pytest.param("/<x:float> | /<n:int>", id="any number before a whole one"),
        pytest.param("/<x> | /feed-<n>.xml", id="any text before a part of it"),
        pytest.param("/a<x> | /a<x:int>b", id="a shorter prefix"),
        pytest.param("/<x*> | /a/b/c", id="many segments before literals"),
        pytest.param("/<x*> | /<y+>", id="many segments before one or more"),
        pytest.param("/a/<x?> | /a", id="an optional segment before none"),
        pytest.param("/a/<x?> | /a/<y>", id="an optional segment before one"),
        pytest.param("/a | /a/<x> | /a/<x?>", id="none and one before an optional segment"),
        pytest.param("/a | /a/<x+> | /a/<x*>", id="none and more before zero or more"),
        pytest.param("/<x>/b | /a/<x> | /a/b", id="twice, by different routes"),
        pytest.param("/a/ | /a", id="a branch before its leaf"),
        pytest.param("/<x>/ | /a", id="a branch that redirects before a leaf"),
        pytest.param("/<x*>/z | /a/<x*>/z", id="any beginning before one"),
        pytest.param("/<x*>/<y*> | /<x*>/<y*>/<z*>", id="lists that take all"),
    ],
)
def test_a_route_after_routes_that_take_all_its_paths_is_reported(patterns):
    *_, last = patterns = patterns.split(" | ")
    assert ("unreachable-route", last) in unreachable(*get(*patterns))


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param("/about | /<x>", id="a literal before a binding"),
        pytest.param("/<n:int> | /<x>", id="a number before any text"),
        pytest.param("/<n:int> | /<x:float>", id="a whole number before any"),
        pytest.param("/1 | /<n:int>", id="one number before all"),
        pytest.param("/\u03b1 | /<x>", id="one letter before all"),
        pytest.param("/1.5 | /<n:float>", id="one decimal number before all"),
        pytest.param("/<n:int>.5 | /<x:float>", id="some decimal numbers before all"),
        pytest.param("/1<n:int> | /<x:int>", id="numbers that begin with a digit before all"),
        pytest.param("/<x:int> | /1<n:int>", id="a digit before a negative number"),
        pytest.param("/a<x> | /<x>a | /<x>", id="prefixes before any text"),
        pytest.param("/<x+> | /<x*>", id="one or more before zero or more"),
        pytest.param("/a/<x> | /a/<x?>", id="one before an optional segment"),
        pytest.param("/ | /<a> | /<a>/<b> | /<x*>", id="some lengths before all"),
        pytest.param("/<x*>/z | /<x*>", id="an end before any"),
        pytest.param("/a | /a/", id="a leaf before its branch"),
        pytest.param("/<x>/b | /a/<x>", id="patterns that only overlap"),
        pytest.param("/<x:int>/<y> | /<x>/<y:int>", id="types that only overlap"),
    ],
)
def test_a_route_that_some_path_reaches_is_not_reported(patterns):
    assert unreachable(*get(*patterns.split(" | "))) == []


@pytest.mark.parametrize(
    ("routes", "reported"),
    [
        pytest.param([GET("/a", respond), HEAD("/a", respond)], True, id="HEAD after GET"),
        pytest.param([HEAD("/a", respond), GET("/a", respond)], False, id="GET after HEAD"),
        pytest.param([GET("/a", respond), Route("/a", respond)], False, id="any method after one"),
        pytest.param([Route("/a", respond), GET("/a", respond)], True, id="one method after any"),
        pytest.param(
            [
                GET("/a", respond),
                POST("/a", respond),
                Route("/a", respond, methods=["HEAD", "POST"]),
            ],
            True,
            id="two methods after each of them",
        ),
        pytest.param(
            [Route("/a", respond, methods=["GET", "POST"]), DELETE("/a", respond)],
            False,
            id="another method",
        ),
        pytest.param([*get("/a", slash_mode=S_STRICT), *get("/a")], False, id="a strict leaf"),
        pytest.param([*get("/a"), *get("/a", slash_mode=S_STRICT)], True, id="before a strict one"),
        pytest.param(
            [*get("/a/", slash_mode=S_STRICT), *get("/a")], False, id="a strict branch, a leaf"
        ),
        pytest.param(
            [
                *get("/a", falls_through=True),
                *get("/a", "/a/", slash_mode=S_STRICT),
                *get("/a"),
            ],
            False,
            id="only repeated slashes at the end lead to it",
        ),
        pytest.param(
            [*get("/<x>/", slash_mode=S_REWRITE), *get("/a")], True, id="a branch that rewrites"
        ),
        pytest.param(
            [*get("/<x>", falls_through=True), *get("/a")], False, id="a route that falls through"
        ),
        pytest.param(
            [*get("/a/", falls_through=True), *get("/a", slash_mode=S_STRICT)],
            True,
            id="a route that falls through, but redirects first",
        ),
        pytest.param(
            [("/<x*>", RerouteWSGI(respond)), *get("/a")], True, id="another WSGI application"
        ),
        pytest.param(
            [("/", Application(get("/<x*>"))), *get("/a")], True, id="an embedded application"
        ),
        pytest.param(
            [SubApplication("/", Application(get("/<x*>")), falls_through=True), *get("/a")],
            False,
            id="an embedded application that falls through",
        ),
        pytest.param(
            [("/a", Application(get("/<x>"))), *get("/a/b", "/b/c")], True, id="under a prefix"
        ),
        pytest.param(
            [("/<x>", Application(get("/b"))), ("/a", Application(get("/b")))],
            True,
            id="a prefix with a binding",
        ),
        pytest.param(
            [
                SubApplication(
                    "/a", Application(get("/b/"), slash_mode=S_STRICT), inherit_slashes=False
                ),
                *get("/a/b"),
            ],
            False,
            id="an embedded application with its own slash mode",
        ),
        pytest.param(
            [("/a", Application(get("/x"))), *get("/a/y", "/a")], False, id="no null route"
        ),
    ],
)
def test_methods_slash_modes_and_embedding_count(routes, reported):
    assert bool(unreachable(*routes)) is reported


def test_static_files_leave_requests_to_later_routes(tmp_path):
    assert unreachable(("/", StaticApplication(tmp_path)), *get("/about")) == []


def test_the_same_pattern_and_methods_twice_have_a_code_of_their_own():
    assert unreachable(*get("/<a>", "/<b>")) == [("duplicate-route", "/<b>")]
    assert unreachable(*get("/a", "/a/")) == []


def test_the_warning_names_both_routes_and_the_remedy():
    with pytest.warns(WiringWarning) as caught:
        Application(get("/<name>", "/about"))
    message = re.sub(r"\S*test_reachability\.py:\d+", "app.py:9", str(caught[0].message))
    assert message == (
        "Route '/about' (endpoint respond, app.py:9) is unreachable: "
        "route '/<name>' (respond, app.py:9) responds to all of its requests. [unreachable-route]\n"
        "  Declare it before that route, or pass falls_through=True to a route that raises "
        "non-breaking errors.\n"
        "  If it is intended, pass ignore=['unreachable-route'] to the route or the application."
    )
    assert caught[0].filename == __file__


def test_the_warning_names_three_of_many_routes():
    routes = [Route("/a", respond, methods=[method]) for method in ("GET", "PUT", "POST", "DELETE")]
    routes += [Route("/a", respond, methods=["GET", "PUT", "POST", "DELETE"])]
    with pytest.warns(WiringWarning, match=r"routes '/a' .*, '/a' .*, '/a' .* and 1 more respond"):
        Application(routes)


def test_a_mistake_in_an_embedded_application_is_reported_once():
    with pytest.warns(WiringWarning):
        inner = Application(get("/<x>", "/a"))
    assert unreachable(("/b", inner), ("/c", inner)) == []
    # Once more by the outer application only for routes that are reachable inside.
    assert unreachable(*get("/b/<x*>"), ("/b", inner)) == [("unreachable-route", "/b/<x>")]


def test_a_code_can_be_ignored_and_warnings_can_be_errors():
    assert unreachable(*get("/<x>"), *get("/a", ignore=["unreachable-route"])) == []
    assert unreachable(*get("/<x>", "/a"), ignore=["unreachable-route"]) == []
    with pytest.raises(WiringError, match="is unreachable"):
        Application(get("/<x>", "/a"), warnings="raise")


def test_an_added_route_is_checked():
    application = Application(get("/<x>"))
    with pytest.warns(WiringWarning, match="Route '/a'"):
        application.add(GET("/a", respond))
    with pytest.warns(WiringWarning, match="Route '/<x>'") as caught:
        application.add(GET("/<y>", respond), index=0)
    assert len(caught[0].message.problems) == 1
    application.set_error_handler()


def test_the_work_is_in_proportion_to_the_number_of_routes():
    # Each of these has to be compared with all others.
    patterns = [f"/<a*>/<b+>/y<c>z{number}" for number in range(600)]
    application = Application(get(*patterns), warnings="ignore")
    reads = []
    for route in application.routes:
        route.read = lambda segments, read=route.read: reads.append(1) or read(segments)
    routes = application.routes
    assert find_unreachable(routes, routes, application.find_candidates) == {}
    assert len(reads) <= 100_000 + 21 * len(patterns)


# -- all routes on an alphabet ---------------------------------------------------------------------

SEGMENTS = ("a", "1", "<x>", "<x:int>", "<x:float>", "<x?>", "<x*>", "<x+>", "<x?int>")
AFFIXED = ("a<x>", "<x:int>b", "<x:float>b")
UNUSED = ("ü", "7", "7.7")

patterns = st.builds(
    lambda segments, slash: "/" + "/".join(segments) + (slash if segments else ""),
    st.lists(st.sampled_from((*SEGMENTS, *AFFIXED)), max_size=2),
    st.sampled_from(("", "/")),
).map(lambda text: text.replace("x", "y", 1) if text.count("x") == 2 else text)
rows = st.tuples(
    patterns,
    st.sampled_from((None, None, ("GET",), ("POST",), ("HEAD",))),
    st.sampled_from((None, None, S_REWRITE, S_STRICT)),
    st.sampled_from((False, False, False, True)),
)


class Recorder(Middleware):
    """Records the routes that are reached: their endpoints run, or they redirect."""

    def __init__(self):
        self.reached = set()

    def finish(self, response, environ, route):
        if response.status_code in (302, 307):
            self.reached.add(route.route)
        return response


def application_of(table, prefix, recorder):
    """Return an application of a table; its routes are reached when their endpoints run."""

    def row(pattern, methods, slash_mode, falls_through):
        def endpoint():
            recorder.reached.add(route)
            if falls_through:
                raise NotFound(is_breaking=False)
            return Response("")

        route = Route(
            pattern, endpoint, methods=methods, slash_mode=slash_mode, falls_through=falls_through
        )
        return route

    routes = [row(*each) for each in table]
    inner = [SubApplication(prefix, Application(routes[:2], warnings="ignore"))]
    entries = [*inner, *routes[2:]] if prefix else routes
    return Application(entries, middlewares=[recorder], warnings="ignore")


def alphabet_of(table):
    """Return the literals of a table, unused texts, and those inside of prefixes and suffixes."""
    texts = {text for pattern, *_ in table for text in pattern.split("/")[1:] if text}
    literals = {text for text in texts if "<" not in text}
    affixes = {tuple(re.split("<.*>", text)) for text in texts - literals} - {("", "")}
    return [*literals, *UNUSED, *(f"{a}{text}{b}" for a, b in affixes for text in UNUSED)]


def start_response(status, headers, exc_info=None):
    """Ignore the head of a response."""


def reached_routes(application, recorder, alphabet, most):
    """Send a request of each method to each path of the alphabet; return the routes reached."""
    declared = {method for route in application.routes for method in route.methods or ()}
    methods = [*declared, "OTHER"]
    for size in range(most + 1):
        for segments in product(alphabet, repeat=size):
            text = "/" + "/".join(segments)
            for path in (text, f"{text}/", f"/{text}", f"/{text}/", f"{text}//"):
                encoded = path.encode().decode("latin-1")
                for method in methods:
                    environ = {"PATH_INFO": encoded, "REQUEST_METHOD": method}
                    application(environ, start_response)
    return recorder.reached


# Each example sends thousands of requests.
@settings(max_examples=settings.default.max_examples // 3)
@given(st.lists(rows, min_size=2, max_size=4), st.sampled_from(("", "", "/a")))
@example([("/<x*>", None, None, False), ("/a/", None, S_STRICT, False)], "")
def test_exactly_the_routes_that_no_path_of_the_alphabet_reaches_are_found(table, prefix):
    recorder = Recorder()
    application = application_of(table, prefix, recorder)
    routes = application.routes
    found = find_unreachable(routes, routes, application.find_candidates)
    longest = max(len(route.path_pattern.segments) for route in routes)
    longest += any(character in pattern for pattern, *_ in table for character in "*+")
    reached = reached_routes(application, recorder, alphabet_of([*table, (prefix,)]), longest)
    missed = [str(route) for route in routes if route not in found and route.route not in reached]
    assert (missed, [str(route) for route in found if route.route in reached]) == ([], [])
