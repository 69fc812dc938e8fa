"""Test what scripts of other origins may send and read (Fetch standard, section 3.3)."""

from __future__ import annotations

import pytest

from clastic import DELETE, GET, POST, Application, Response, Route
from clastic.middleware import AuthMiddleware, Basic, CORSMiddleware

APP = "https://app.example.org"
OTHER = "https://other.example"
ALLOW_ORIGIN, ALLOW_METHODS = "Access-Control-Allow-Origin", "Access-Control-Allow-Methods"


def fail():
    raise LookupError("uncaught")


def make_site(**options):
    """Make a site whose embedded API permits one origin."""
    calls = []
    cors = CORSMiddleware([APP], **options)
    api = Application(
        [
            GET("/items/<id:int>", lambda id: Response("item")),
            DELETE("/items/<id:int>", lambda id: Response(calls.append(id))),
            POST("/branch/", lambda: Response("branch")),
            Route("/any", lambda: Response(calls.append("any"))),
            GET("/fails", fail),
        ],
        middlewares=[cors],
    )
    guard = AuthMiddleware(Basic(lambda username, password: None))
    site = Application(
        [
            POST("/api/items/<name>", lambda name: Response("of the site")),
            ("/api", api),
            GET("/", lambda: Response("home")),
            Route("/own", lambda: Response("own"), middlewares=[guard, CORSMiddleware([OTHER])]),
        ]
    )
    return site.get_local_client(), calls


def preflight(client, path, method, origin=APP):
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(path, headers=headers)


@pytest.mark.parametrize(
    ("path", "method", "origin", "status"),
    [
        pytest.param("/api/items/1", "GET", APP, 204, id="a method of a route"),
        pytest.param("/api/items/1", "HEAD", APP, 204, id="HEAD of a GET route"),
        pytest.param("/api/items/1", "DELETE", APP, 204, id="another route of the same path"),
        pytest.param("/api/any", "PURGE", APP, 204, id="a route of all methods"),
        pytest.param("/api/branch", "POST", APP, 204, id="a path that redirects"),
        pytest.param("/api/items/1", "PUT", APP, 405, id="a method that no route has"),
        pytest.param("/api/items/1", "delete", APP, 405, id="a method in lower case"),
        pytest.param("/api/items/1", "POST", APP, 405, id="a route of the outer application"),
        pytest.param("/api/items/x", "GET", APP, 405, id="a value that does not match"),
        pytest.param("/api/nowhere", "GET", APP, 404, id="no route"),
        pytest.param("/", "GET", APP, 405, id="a route without the middleware"),
        pytest.param("/api/items/1", "GET", OTHER, 405, id="another origin"),
        pytest.param("/api/any", "GET", OTHER, 403, id="another origin, and all methods"),
        pytest.param("/api/items/1", "GET", "null", 405, id="a sandboxed page"),
        pytest.param("/own", "GET", OTHER, 204, id="a route of all methods behind a guard"),
    ],
)
def test_preflights_are_permitted_for_the_routes_and_methods_there_are(
    path, method, origin, status
):
    client, calls = make_site()
    response = preflight(client, path, method, origin)
    assert response.status_code == status
    assert response.headers.get(ALLOW_METHODS) == (method if status == 204 else None)
    assert response.headers.get(ALLOW_ORIGIN) == (origin if status == 204 else None)
    assert calls == []


def test_a_preflight_tells_what_is_permitted():
    client, _ = make_site(headers=["Authorization", "X-Id"], credentials=True, max_age=600)
    response = preflight(client, "/api/items/1", "GET")
    assert response.data == b""
    assert sorted(response.headers) == [
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", "Authorization, X-Id"),
        ("Access-Control-Allow-Methods", "GET"),
        ("Access-Control-Allow-Origin", APP),
        ("Access-Control-Max-Age", "600"),
        ("Vary", "Access-Control-Request-Method, Origin"),
    ]


@pytest.mark.parametrize(
    ("path", "origin", "allowed", "varies"),
    [
        pytest.param("/api/items/1", APP, APP, True, id="a response"),
        pytest.param("/api/items/1", f"{APP}:443", f"{APP}:443", True, id="its port in full"),
        pytest.param("/api/fails", APP, APP, True, id="an uncaught exception"),
        pytest.param("/api/nowhere", APP, APP, True, id="a miss"),
        pytest.param("/api/items/1", OTHER, None, True, id="another origin"),
        pytest.param("/api/items/1", "null", None, True, id="a sandboxed page"),
        pytest.param("/api/items/1", None, None, True, id="a request without origin"),
        pytest.param("/", APP, None, False, id="a page of the outer application"),
    ],
)
def test_responses_can_be_read_by_the_permitted_origins(path, origin, allowed, varies):
    client, _ = make_site(expose=["X-Total"])
    headers = client.get(path, headers={"Origin": origin} if origin else {}).headers
    assert headers.get(ALLOW_ORIGIN) == allowed
    assert headers.get("Access-Control-Expose-Headers") == (allowed and "X-Total")
    assert "Access-Control-Allow-Credentials" not in headers
    assert ("Origin" in headers.get("Vary", "")) is varies


def test_everybody_gets_the_same_response_where_all_origins_are_permitted():
    app = Application([GET("/", lambda: Response("open"))], middlewares=[CORSMiddleware("*")])
    client = app.get_local_client()
    assert preflight(client, "/", "PUT").status_code == 405
    assert preflight(client, "/nowhere", "GET").status_code == 404
    response = client.get("/", headers={"Origin": OTHER})
    assert response.headers[ALLOW_ORIGIN] == "*"
    assert "Vary" not in response.headers
    assert preflight(client, "/", "GET").headers[ALLOW_ORIGIN] == "*"


def test_the_innermost_of_several_decides():
    inner = Application([GET("/", lambda: Response())], middlewares=[CORSMiddleware([APP])])
    outer = Application(
        [("/in", inner), GET("/", lambda: Response())], middlewares=[CORSMiddleware("*")]
    )
    client = outer.get_local_client()
    for path, allowed in (("/in/", None), ("/", "*")):
        assert client.get(path, headers={"Origin": OTHER}).headers.get(ALLOW_ORIGIN) == allowed
        assert preflight(client, path, "GET", OTHER).headers.get(ALLOW_ORIGIN) == allowed


def test_an_options_request_that_is_no_preflight_reaches_its_route():
    client, calls = make_site()
    assert client.options("/api/any", headers={"Origin": APP}).headers[ALLOW_ORIGIN] == APP
    assert calls == ["any"]


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (
            "*",
            {"credentials": True},
            "CORSMiddleware('*', credentials=True) would let every site act as the visitor. Name "
            "the origins.",
        ),
        (APP, {}, f"origins is a string. Write ['{APP}']."),
        (["*"], {}, "origins has '*', which is not an origin."),
        (["null"], {}, "origins has 'null', which is not an origin."),
        ("*", {"headers": "X-Id"}, "headers is a string. Write ['X-Id']."),
        ("*", {"headers": ["*"]}, "headers has '*', which is not the name of a header."),
        ("*", {"expose": ["X Id"]}, "expose has 'X Id', which is not the name of a header."),
        ("*", {"max_age": -1}, "max_age=-1 is not a number of seconds."),
    ],
)
def test_a_permission_that_cannot_work_is_refused(arguments, options, error):
    with pytest.raises((TypeError, ValueError)) as raised:
        CORSMiddleware(arguments, **options)
    assert str(raised.value).startswith(error)
