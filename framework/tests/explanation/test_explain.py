"""Test that an explanation agrees with what a request does, as data, text, JSON and picture."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic import (
    GET,
    POST,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    Application,
    Middleware,
    Response,
    Route,
    explain,
    render_json,
)

SVG = "{http://www.w3.org/2000/svg}"


class Session(Middleware):
    provides = ("user",)

    def request(self, next, request):
        return next(user="ann")


class Timing(Middleware):
    endpoint_provides = ("started",)

    def endpoint(self, next, user):
        return next(started=0)

    def render(self, next, context):
        return next()


def show(id, people, user, verbose=False):
    """Return a person."""
    return {}


def show_page(context):
    return Response("page")


def listing():
    return Response("people")


def show_error(_error):
    return Response("error")


@pytest.fixture
def people():
    return Application(
        [
            GET("/people/", listing),
            POST("/people/<id:int>", show, show_page),
            GET("/people/<id:int>", show, show_page, show_error),
            GET("/<path*>", lambda path: Response("other")),
        ],
        {"people": {}},
        [Session(), Timing()],
    )


def results(explanation):
    return [(each.pattern, each.result) for each in explanation.attempts]


def test_a_request_is_followed_to_the_route_that_responds(people):
    explanation = explain(people, "/people/7")
    assert explanation.outcome == "Route 3 responds."
    assert results(explanation) == [
        ("/people/", "path"),
        ("/people/<id:int>", "method"),
        ("/people/<id:int>", "responds"),
        ("/<path*>", "not tried"),
    ]
    assert [each.reason for each in explanation.attempts] == [
        "segment 2 is unexpected",
        "serves only POST",
        "responds",
        "not tried, because route 3 ends the search",
    ]
    assert explanation.attempts[2].values == {"id": 7}
    assert [route.number for route in explanation.routes] == [3]


@pytest.mark.parametrize(
    ("pattern", "slash_mode", "path", "reason"),
    [
        pytest.param("/a/b", S_REDIRECT, "/a/c", "segment 2 is not 'b'", id="another literal"),
        pytest.param("/a/b", S_REDIRECT, "/a", "segment 2 is missing", id="too few segments"),
        pytest.param("/a", S_REDIRECT, "/a/b", "segment 2 is unexpected", id="too many segments"),
        pytest.param("/", S_REDIRECT, "/a", "segment 1 is unexpected", id="not the root"),
        pytest.param(
            "/<n:int>", S_REDIRECT, "/x", "segment 1 does not match '<n:int>'", id="another type"
        ),
        pytest.param(
            "/a/<n>.xml", S_REDIRECT, "/a/x", "segment 2 does not match '<n>.xml'", id="no suffix"
        ),
        pytest.param(
            "/a/<n+int>/z",
            S_REDIRECT,
            "/a/1/x/z",
            "the path from segment 2 on does not match '<n+int>/z'",
            id="many segments",
        ),
        pytest.param(
            "/a/", S_STRICT, "/a", "the path does not end with a slash, and the slash mode is"
            " strict", id="a strict branch"
        ),
        pytest.param(
            "/<a*>", S_STRICT, "/a/", "the path ends with a slash, and the slash mode is strict",
            id="a strict leaf",
        ),
        pytest.param(
            "/a", S_STRICT, "//a", "the path repeats slashes, and the slash mode is strict",
            id="repeated slashes",
        ),
    ],
)  # fmt: skip
def test_the_reason_names_the_part_that_does_not_match(pattern, slash_mode, path, reason):
    application = Application(
        [Route(pattern, lambda n=None, a=None: Response(""), slash_mode=slash_mode)]
    )
    (attempt,) = explain(application, path).attempts
    assert (attempt.result, attempt.reason) == ("path", reason)
    assert application.get_local_client().get(path).status_code == 404


def test_a_slash_redirect_is_explained(people):
    explanation = explain(people, "/people")
    assert explanation.outcome == "Route 1 redirects to '/people/'."
    assert explanation.routes == ()


def test_a_miss_is_explained_with_the_nearest_route():
    routes = [POST("/people/<id:int>", lambda id: 0, show_page)]
    routes += [GET("/people/<id:int>", lambda id: 0, show_page)]
    application = Application(routes)
    explanation = explain(application, "/poeple/7")
    assert explanation.outcome == "404 Not Found: no route matches the path."
    assert explanation.suggestion.pattern == "/people/<id:int>"
    assert explanation.suggestion.path == "/people/7"
    assert "Did you mean /people/7, for /people/<id:int>?" in explanation.to_text()


def test_a_method_that_is_not_allowed_is_explained(people):
    explanation = explain(Application([GET("/a", listing), POST("/a", listing)]), "/a", "PUT")
    assert explanation.outcome == "405 Method Not Allowed: the path allows GET, HEAD, POST."
    assert explanation.suggestion is None


@pytest.mark.parametrize(
    ("wanted", "method", "number"),
    [
        pytest.param("/people/", "GET", 1, id="by its pattern"),
        pytest.param("/people/<id:int>", "GET", 3, id="by its pattern and the method"),
        pytest.param("/people/<id:int>", "PUT", 2, id="the first, if none serves the method"),
        pytest.param(show, "POST", 2, id="by its endpoint"),
    ],
)
def test_a_route_is_explained(people, wanted, method, number):
    explanation = explain(people, method=method, route=wanted)
    (route,) = explanation.routes
    assert route.number == number
    assert route.source == people.routes[number - 1].source
    assert explanation.path is None
    assert explain(people, route=people.routes[number - 1]).routes == (route,)
    assert explain(people, route=people.routes[number - 1].route).routes == (route,)


def test_only_some_of_many_routes_that_do_not_match_are_described():
    routes = [GET(f"/r{number}", listing) for number in range(2_000)]
    explanation = explain(Application(routes), "/r1999")
    assert len(explanation.attempts) == 501
    assert explanation.left_out == 1_499
    assert explanation.attempts[-1].result == "responds"
    assert "1,499 more routes, whose paths do not match" in explanation.to_text()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param({}, TypeError, "either a path or a route", id="neither"),
        pytest.param({"path": "/", "route": "/"}, TypeError, "either a path", id="both"),
        pytest.param({"path": "people"}, ValueError, "Write '/people'.", id="no slash"),
        pytest.param({"route": "/poeple/"}, LookupError, "mean '/people/'", id="no such route"),
    ],
)
def test_a_wrong_question_is_refused(people, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        explain(people, **arguments)


TEXT = """\
GET /people/7
Route 3 responds.

Routes, in the order tried:
  1. GET,HEAD /people/ -> listing, PLACE: segment 2 is unexpected
  2. POST /people/<id:int> -> show, PLACE: serves only POST (id=7)
  3. GET,HEAD /people/<id:int> -> show, PLACE: responds (id=7)
  4. GET,HEAD /<path*> -> <lambda>, PLACE: not tried, because route 3 ends the search \
(path=['people', '7'])

Functions of route 3, /people/<id:int>, the outermost first:
  request middleware: Session.request, PLACE
    request: built-in
    provides user
    endpoint middleware: Timing.endpoint, PLACE
      user: from Session
      provides started
      endpoint: show, PLACE
        id: from the path
        people: from resources
        user: from Session
        verbose: default
    render middleware: Timing.render, PLACE
      context: built-in
      render: show_page, PLACE
        context: built-in

Compiled function:
"""


def test_the_text_shows_the_attempts_the_nesting_and_the_source(people):
    text = explain(people, "/people/7").to_text()
    text = re.sub(r"\S*test_explain\.py:\d+", "PLACE", text)
    assert text.startswith(TEXT)
    source = people.routes[2].source.rstrip()
    assert text.removeprefix(TEXT) == "".join(f"  {line}\n" for line in source.splitlines())


def drawn(svg):
    """Return the words of a picture, without the breaks of lines."""
    root = ElementTree.fromstring(svg)
    return "".join("".join(each.itertext()) for each in root.iter(f"{SVG}text")).replace(" ", "")


@pytest.mark.parametrize("path", ["/people/7", "/people", "/a/b", "/people/x"])
def test_text_json_and_picture_say_the_same(people, path):
    explanation = explain(people, path)
    data = json.loads(explanation.to_json())
    text, picture = explanation.to_text(), drawn(explanation.to_svg())
    facts = [data["outcome"]]
    for attempt in data["attempts"]:
        facts += [attempt["pattern"], attempt["endpoint"], attempt["reason"]]
    pending = [layer for route in data["routes"] for layer in route["layers"]]
    for layer in pending:
        pending += layer["inner"]
        facts += [layer["function"]["name"], *layer["function"]["arguments"], *layer["provides"]]
    for fact in facts:
        assert fact in text
        assert fact.replace(" ", "") in picture
    # The text has nothing else: the picture has each of its lines but the compiled source.
    shown, *_ = text.partition("Compiled function:")
    for line in shown.splitlines():
        if line != "Routes, in the order tried:":
            assert line.replace(" ", "") in picture


def test_an_endpoint_can_return_an_explanation(people):
    application = Application([("/", lambda: explain(people, "/people/7"), render_json)])
    data = application.get_local_client().get("/").json
    assert data == json.loads(explain(people, "/people/7").to_json())


def test_a_picture_fits_a_small_screen_and_escapes_text(people):
    root = ElementTree.fromstring(explain(people, "/people/<script>&").to_svg())
    assert float(root.attrib["width"]) <= 360
    right = [
        float(each.attrib["x"]) + 0.605 * 13 * len("".join(each.itertext()))
        for each in root.iter(f"{SVG}text")
    ]
    assert max(right) <= float(root.attrib["width"])
    assert all(element.tag.startswith(SVG) for element in root.iter())
    assert root.find(f"{SVG}title").text.startswith("GET /people/<script>& ")


def test_a_picture_has_the_light_and_the_dark_background_of_pages(people):
    # tests/pages/test_styles.py checks the contrast of all colours on these.
    assert re.findall("--page: (#[0-9a-f]+)", explain(people, "/").to_svg()) == ["#fff", "#121212"]


def test_a_picture_of_many_layers_stays_readable():
    class Around(Middleware):
        unique = False

        def request(self, next):
            return next()

    application = Application([GET("/", listing)], middlewares=[Around() for _ in range(60)])
    root = ElementTree.fromstring(explain(application, "/").to_svg())
    widths = [float(each.attrib["width"]) for each in root.iter(f"{SVG}rect")]
    assert min(width for width in widths if width != 4) >= 150


# -- every request -----------------------------------------------------------------------------

SEGMENTS = ("a", "b", "1", "1.5", "<x>", "<x:int>", "<x:float>", "a<x>", "<x?>", "<x*>", "<x+int>")
METHODS = (None, ("GET",), ("POST",), ("GET", "PUT"))


def number_names(segments):
    return [segment.replace("x", f"x{at}") for at, segment in enumerate(segments)]


patterns = st.builds(
    lambda segments, slash: "/" + "/".join(number_names(segments)) + (slash if segments else ""),
    st.lists(st.sampled_from(SEGMENTS), max_size=3),
    st.sampled_from(("", "/")),
)
tables = st.lists(
    st.tuples(
        patterns,
        st.sampled_from(METHODS),
        st.sampled_from((None, S_REDIRECT, S_REWRITE, S_STRICT)),
    ),
    min_size=1,
    max_size=5,
)
paths = st.builds(
    lambda segments, slash: "/" + "/".join(segments) + slash,
    st.lists(st.sampled_from(("a", "b", "c", "1", "1.5", "ax", "")), max_size=4),
    st.sampled_from(("", "/", "//")),
)


@given(tables, paths, st.sampled_from(("GET", "HEAD", "POST", "DELETE")))
def test_every_request_does_what_its_explanation_says(table, path, method):
    application = Application(
        [
            Route(
                pattern,
                lambda number=number: Response(f"Route {number} responds."),
                methods=methods,
                slash_mode=slash_mode,
            )
            for number, (pattern, methods, slash_mode) in enumerate(table, 1)
        ],
        warnings="ignore",
    )
    explanation = explain(application, path, method)
    environ = {"PATH_INFO": path}
    response = application.get_local_client().open(
        method=method, environ_overrides=environ, base_url="http://localhost"
    )
    if response.status_code == 200:
        assert method == "HEAD" or explanation.outcome == response.text
        assert explanation.outcome.endswith(" responds.")
    elif response.status_code in (302, 307):
        assert explanation.outcome.endswith(f" redirects to {response.location!r}.")
    elif response.status_code == 405:
        allowed = ", ".join(sorted(map(str.upper, response.allow)))
        assert explanation.outcome == f"405 Method Not Allowed: the path allows {allowed}."
    else:
        assert response.status_code == 404
        assert explanation.outcome.startswith("404 ")
    assert all(attempt.reason for attempt in explanation.attempts)
    assert len(explanation.attempts) == len(table)
