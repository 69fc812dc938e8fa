"""Build the URLs of routes with url_for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic import Application, Middleware, NotFound, Response, Route, SubApplication
from clastic.errors import ErrorHandler
from clastic.render import render_basic
from clastic.routing.urls import URLError
from clastic.wiring import WiringError


def show() -> str:
    return "show"


def edit() -> str:
    return "edit"


def page() -> str:
    return "page"


def application_of(*patterns: str, **options: Any) -> Application:
    return Application([(pattern, show, render_basic) for pattern in patterns], **options)


BUILT: dict[str, tuple[str, dict[str, Any], str]] = {
    "the root": ("/", {}, "/"),
    "a leaf": ("/about", {}, "/about"),
    "a branch": ("/links/", {}, "/links/"),
    "a text": ("/<name>", {"name": "ann"}, "/ann"),
    "a text of digits from an int": ("/<name>", {"name": 7}, "/7"),
    "a UUID": ("/<id>", {"id": UUID(int=1)}, "/00000000-0000-0000-0000-000000000001"),
    "an int": ("/<id:int>", {"id": 7}, "/7"),
    "an int from a text": ("/<id:int>", {"id": "-7"}, "/-7"),
    "a float": ("/<size:float>", {"size": 1.5}, "/1.5"),
    "a float from an int": ("/<size:float>", {"size": 2}, "/2.0"),
    "a float from a Decimal": ("/<size:float>", {"size": Decimal("0.25")}, "/0.25"),
    "a prefix and a suffix": ("/v<id:int>.xml", {"id": 7}, "/v7.xml"),
    "an optional value": ("/a/<page?int>", {"page": 2}, "/a/2"),
    "no optional value": ("/a/<page?int>", {}, "/a"),
    "None for an optional value": ("/a/<page?int>", {"page": None}, "/a"),
    "a list": ("/<parts*>", {"parts": ["a", "b"]}, "/a/b"),
    "an empty list": ("/<parts*>", {"parts": []}, "/"),
    "a list of ints": ("/sum/<parts+int>/", {"parts": (1, 2)}, "/sum/1/2/"),
    "a list and what follows": ("/<parts+>/end", {"parts": ["a", "end"]}, "/a/end/end"),
    "text that is not ASCII": ("/<name>", {"name": "Köln"}, "/K%C3%B6ln"),
    "characters with a meaning": ("/<name>", {"name": "a?b#c%d e"}, "/a%3Fb%23c%25d%20e"),
    "a colon and an at sign": ("/<name>", {"name": "a:b@c"}, "/a:b@c"),
    "a literal that is not ASCII": ("/stra\u00dfe/<n>", {"n": "1"}, "/stra%C3%9Fe/1"),
    "a query": ("/<id>", {"id": "1", "q": "a b&c", "n": 2}, "/1?q=a+b%26c&n=2"),
    "several fields of one name": ("/", {"tag": ["a", "b"]}, "/?tag=a&tag=b"),
    "a query field that is None": ("/", {"q": None}, "/"),
}


@pytest.mark.parametrize(("pattern", "values", "url"), BUILT.values(), ids=BUILT)
def test_the_url_of_a_route_with(pattern: str, values: dict[str, Any], url: str) -> None:
    assert application_of(pattern).url_for(show, **values) == url


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing for a binding": ("/<id:int>", {}, "'id' is missing"),
    "None for a binding": ("/<id>", {"id": None}, "'id' is missing"),
    "a text for an int": ("/<id:int>", {"id": "x"}, "'id' is 'x', which is not an int"),
    "a bool for an int": ("/<id:int>", {"id": True}, "'id' is True, which is not an int"),
    "an infinite float": ("/<x:float>", {"x": float("inf")}, "'x' is inf, which is not a float"),
    "an empty text": ("/<id>", {"id": ""}, "'id' is '', which is not one segment of a path"),
    "a slash": ("/<id>", {"id": "a/b"}, "'id' is 'a/b', which is not one segment of a path"),
    "a segment that browsers remove": ("/<id>", {"id": ".."}, "which is not one segment"),
    "bytes": ("/<id>", {"id": b"x"}, "which is not one segment"),
    "a list for one segment": ("/<id>", {"id": ["x"]}, "which is not one segment"),
    "text that is not Unicode": ("/<id>", {"id": "\ud800"}, "which is not one segment"),
    "a text for a list": ("/<parts*>", {"parts": "ab"}, "'parts' is 'ab', which is not a list"),
    "an empty list": ("/<parts+>", {"parts": []}, "'parts' is empty"),
    "None in a list": ("/<parts+>", {"parts": [None]}, "'parts' is None, which is not one segment"),
    "lists that cannot be told apart": (
        "/<a*>/<b*>",
        {"a": ["1"], "b": ["2"]},
        "the path '/1/2' would be read as other values",
    ),
}


@pytest.mark.parametrize(("pattern", "values", "reason"), REFUSED.values(), ids=REFUSED)
def test_no_url_is_built_with(pattern: str, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(URLError) as caught:
        application_of(pattern).url_for(show, **values)
    assert reason in str(caught.value)


def test_an_error_names_the_route_and_its_endpoint() -> None:
    line = show.__code__.co_firstlineno
    with pytest.raises(URLError) as caught:
        application_of("/<id:int>", "/<a>/<b>").url_for(show, id="x")
    assert str(caught.value) == (
        "No URL can be built for these values.\n"
        f"  Route '* /<id:int> -> show, framework/tests/routing/test_urls.py:{line}': "
        "'id' is 'x', which is not an int.\n"
        f"  Route '* /<a>/<b> -> show, framework/tests/routing/test_urls.py:{line}': "
        "'a' is missing."
    )


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "/links"),
        ({"id": 1}, "/links/1"),
        ({"id": 1, "format": "xml"}, "/links/1/xml"),
        ({"format": "xml"}, "/links?format=xml"),
    ],
)
def test_of_several_routes_the_one_that_takes_most_values_is_used(
    values: dict[str, Any], url: str
) -> None:
    application = application_of("/links", "/links/<id:int>", "/links/<id:int>/<format>", "/all")
    assert application.url_for(show, **values) == url


def test_a_route_is_found_by_its_name() -> None:
    application = Application([Route("/old/<id>", show, name="old"), Route("/<id>", show)])
    assert application.url_for("old", id=1) == "/old/1"
    assert application.url_for(show, id=1) == "/old/1"


class Counter:
    """An endpoint that cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self) -> Response:
        return Response()

    def method(self) -> Response:
        return Response()


def test_endpoints_that_are_methods_or_cannot_be_hashed() -> None:
    counter = Counter()
    assert Application([("/counter", counter)]).url_for(counter) == "/counter"
    application = Application([("/text", "text".upper), ("/other", show)])
    assert application.url_for("text".upper) == "/text"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("shwo", "No route has the name 'shwo'. Did you mean 'show'?"),
        ("x", "No route has the name 'x'. The names are show, blog:post."),
        ("post", "No route has the name 'post'. Did you mean 'blog:post'?"),
        (edit, "No route has the endpoint edit."),
        (7, "url_for takes an endpoint, or the name of a route, not an int."),
    ],
)
def test_an_unknown_target_is_an_error_with_the_nearest(target: Any, message: str) -> None:
    blog = Application([Route("/<id>", page, name="post")])
    application = Application(
        [Route("/", show, name="show"), SubApplication("/blog", blog, name="blog")]
    )
    with pytest.raises(URLError) as caught:
        application.url_for(target)
    assert str(caught.value) == message


def links(url_for: Callable[..., str]) -> str:
    return " ".join([url_for(show), url_for("show"), url_for("top"), url_for("blog:show")])


def make_site() -> Application:
    inner = Application([Route("/show", show, name="show"), Route("/links", links, render_basic)])
    return Application(
        [
            Route("/top", page, name="top"),
            Route("/show", show, name="show"),
            Route("/links", links, render_basic),
            SubApplication("/blog", inner, name="blog"),
            SubApplication("/news", inner, name="news"),
        ]
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/links", "/show /show /top /blog/show"),
        ("/blog/links", "/blog/show /blog/show /top /blog/show"),
        ("/news/links", "/news/show /news/show /top /blog/show"),
    ],
)
def test_names_and_endpoints_are_looked_up_from_the_own_application_outward(
    path: str, text: str
) -> None:
    assert make_site().get_local_client().get(path).text == text


def test_an_endpoint_of_an_embedded_application_is_found_from_outside() -> None:
    blog = Application([Route("/<id>", page)])
    middle = Application([SubApplication("/posts", blog)])
    assert Application([SubApplication("/<user>", middle)]).url_for(page, user="ann", id=1) == (
        "/ann/posts/1"
    )


@pytest.mark.parametrize(
    ("script_name", "url"),
    [("", "/show"), ("/shop", "/shop/show"), ("//evil.example", "/evil.example/show")],
)
def test_a_url_begins_with_the_root_of_the_request(script_name: str, url: str) -> None:
    client = make_site().get_local_client()
    response = client.get("/links", environ_overrides={"SCRIPT_NAME": script_name})
    assert response.text.split()[0] == url


def test_a_middleware_a_render_and_a_render_error_take_url_for() -> None:
    class Linking(Middleware):
        provides = ("home",)

        def request(self, next: Callable[..., Any], url_for: Callable[..., str]) -> Any:
            return next(home=url_for("home"))

    def render(context: str, url_for: Callable[..., str]) -> Response:
        return Response(f"{context} {url_for('home', q=1)}")

    def fail() -> Response:
        raise NotFound

    def render_error(_error: Any, url_for: Callable[..., str]) -> Response:
        return Response(f"back to {url_for('home')}", status=_error.code)

    application = Application(
        [
            Route("/home", lambda home: home, render, name="home"),
            Route("/fail", fail, None, render_error),
        ],
        middlewares=[Linking()],
    )
    client = application.get_local_client()
    assert client.get("/home").text == "/home /home?q=1"
    assert client.get("/fail").text == "back to /home"


def test_the_render_error_of_an_error_handler_takes_url_for() -> None:
    class Linking(ErrorHandler):
        def render_error(self, _error: Any, url_for: Callable[..., str]) -> Response:
            return Response(f"back to {url_for('home')}", status=_error.code)

    application = Application([Route("/home", show, name="home")], error_handler=Linking())
    assert application.get_local_client().get("/missing").text == "back to /home"


def show_external(url_for: Callable[..., str]) -> str:
    return url_for(show, external=True)


@pytest.mark.parametrize(
    ("options", "host", "url"),
    [
        ({"public_url": "https://s.example.org"}, "evil.example", "https://s.example.org/show"),
        ({"public_url": "https://s.example.org/"}, "evil.example", "https://s.example.org/show"),
        ({"public_url": "https://s.example.org/a"}, "evil.example", "https://s.example.org/a/show"),
        ({"trusted_hosts": ["example.org"]}, "example.org:8000", "http://example.org:8000/show"),
    ],
)
def test_absolute_urls_have_a_host_that_was_configured_or_trusted(
    options: dict[str, Any], host: str, url: str
) -> None:
    application = Application(
        [Route("/show", show), Route("/", show_external, render_basic)], **options
    )
    assert application.get_local_client().get("/", headers={"Host": host}).text == url


def test_an_absolute_url_without_a_configured_host_is_an_error() -> None:
    application = Application([Route("/show", show), Route("/", show_external, render_basic)])
    assert application.get_local_client().get("/").status_code == 500
    with pytest.raises(URLError, match="Pass public_url="):
        application.url_for(show, external=True)


def test_outside_of_a_request_the_root_is_that_of_the_public_url() -> None:
    application = application_of("/show", public_url="https://example.org/shop/")
    assert application.url_for(show) == "/shop/show"
    assert application.url_for(show, external=True) == "https://example.org/shop/show"


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org", "https://", "https://a/?q"])
def test_the_public_url_is_checked(url: str) -> None:
    with pytest.raises(ValueError, match="Write the URL of the application's root"):
        Application([], public_url=url)


def test_two_routes_of_one_name_are_a_wiring_problem() -> None:
    with pytest.raises(WiringError) as caught:
        Application([Route("/a", show, name="a"), Route("/b", edit, name="a")])
    assert str(caught.value) == (
        "Route '/b' has a name that Route '/a' in the same application has already.\n"
        "  Rename one of the two."
    )


def test_two_embedded_applications_of_one_name_are_a_wiring_problem() -> None:
    blog = application_of("/")
    with pytest.raises(WiringError, match="has a name that SubApplication"):
        Application([SubApplication("/a", blog, name="x"), SubApplication("/b", blog, name="x")])


@pytest.mark.parametrize("name", ["", "a:b", 5])
def test_the_name_of_a_route_is_a_text_without_colons(name: Any) -> None:
    with pytest.raises(ValueError, match="Use a string without colons"):
        Route("/", show, name=name)


def test_an_added_route_is_found() -> None:
    application = make_site()
    assert application.url_for("top") == "/top"
    application.add(Route("/more", edit, name="more"))
    assert application.url_for("more") == "/more"


_TEXT = st.text(
    st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1
).filter(lambda text: text not in (".", ".."))
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "": _TEXT,
    "int": st.integers(-(10**30), 10**30),
    "float": st.floats(allow_nan=False, allow_infinity=False),
}


@st.composite
def routes_with_values(draw: st.DrawFn) -> tuple[str, dict[str, Any], bool]:
    """Draw a pattern with at most one variadic binding, values for it, and whether to embed it."""
    segments, values = [], {}
    variadic = draw(st.integers(0, 3))
    for number in range(draw(st.integers(0, 4))):
        name, type_name = f"v{number}", draw(st.sampled_from(list(_VALUES)))
        one = _VALUES[type_name]
        if number == variadic:
            operator = draw(st.sampled_from("?*+"))
            values[name] = draw(
                {
                    "?": st.none() | one,
                    "*": st.lists(one, max_size=3),
                    "+": st.lists(one, min_size=1, max_size=3),
                }[operator]
            )
            segments.append(f"<{name}{operator}{type_name}>")
        elif draw(st.booleans()):
            values[name] = draw(one)
            prefix = draw(st.sampled_from(["", "x-", "ü"]))
            segments.append(f"{prefix}<{name}{':' if type_name else ''}{type_name}>")
        else:
            segments.append(draw(st.sampled_from(["a", "b c", "ß", "%41"])))
    pattern = "/" + "/".join(segments)
    if draw(st.booleans()) and segments:
        pattern += "/"
    return pattern, values, draw(st.booleans())


@given(routes_with_values(), st.sampled_from(["", "/root", "/r%ö"]))
def test_a_url_leads_back_to_its_route_with_the_same_values(
    route: tuple[str, dict[str, Any], bool], root: str
) -> None:
    pattern, values, is_embedded = route
    seen = []

    def render(context: dict[str, Any]) -> Response:
        seen.append(context)
        return Response()

    # An endpoint with an argument for each value.
    endpoint = eval(f"lambda {', '.join(values)}: dict({', '.join(f'{v}={v}' for v in values)})")
    application = Application([(pattern, endpoint, render)])
    if is_embedded:
        application = Application([("/<user>/", application)])
    around: dict[str, Any] = {"user": "ann"} if is_embedded else {}
    url = application.url_for(endpoint, **values, **around)
    assert not url.startswith("//")
    response = application.get_local_client().get(
        url, environ_overrides={"SCRIPT_NAME": root.encode().decode("latin-1")}
    )
    assert response.status_code == 200
    assert seen == [values]
