"""Test the dispatch of requests to routes, redirects, misses and errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.exceptions import Forbidden as WerkzeugForbidden
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests
from werkzeug.test import TestResponse
from werkzeug.test import create_environ as make_environ
from werkzeug.test import run_wsgi_app as run_wsgi

from clastic import (
    GET,
    POST,
    S_REDIRECT,
    S_REWRITE,
    S_STRICT,
    Application,
    BaseResponse,
    MethodNotAllowed,
    Middleware,
    NotFound,
    Request,
    RerouteWSGI,
    Response,
    Route,
)
from clastic.errors import Conflict, ErrorHandler, Forbidden, InternalServerError
from clastic.errors import HTTPException as HTTPError
from clastic.middleware import DummyMiddleware
from clastic.render.ashes_templates import AshesRenderFactory


def call(application: Application, path: str = "/", method: str = "GET") -> TestResponse:
    return application.get_local_client().open(path, method=method)


def send(
    application: Application,
    path: str,
    *,
    method: str = "GET",
    root: str = "",
    query: str = "",
) -> tuple[str, dict[str, str]]:
    """Call an application with a path as a server passes it on; return status and headers."""
    environ = make_environ(method=method)
    environ.update(PATH_INFO=path, SCRIPT_NAME=root, QUERY_STRING=query)
    _, status, headers = run_wsgi(application, environ, buffered=True)
    return status, dict(headers)


def text(value: str) -> Callable[[], Response]:
    """Return an endpoint that responds with a text."""
    return lambda: Response(value)


def raising(make: Callable[[], Exception]) -> Callable[[], Response]:
    """Return an endpoint that raises."""

    def endpoint() -> Response:
        raise make()

    return endpoint


def show(context: Any) -> Response:
    return Response(repr(context))


class TestOrder:
    @pytest.mark.parametrize(
        ("patterns", "path", "chosen"),
        [
            pytest.param(["/<a>", "/x"], "/x", "/<a>", id="a binding declared first"),
            pytest.param(["/x", "/<a>"], "/x", "/x", id="a literal declared first"),
            pytest.param(
                ["/x", "/<a>"], "/y", "/<a>", id="the next route if the first does not match"
            ),
            pytest.param(["/<a:int>", "/<a>"], "/7", "/<a:int>", id="a matching type"),
            pytest.param(["/<a:int>", "/<a>"], "/x", "/<a>", id="a type that does not match"),
            pytest.param(
                ["/<a*>", "/x/y"], "/x/y", "/<a*>", id="a variadic binding declared first"
            ),
            pytest.param(["/x/<a>", "/<a>/y"], "/x/y", "/x/<a>", id="overlapping patterns"),
            pytest.param(
                ["/<a>/y", "/x/<a>"], "/x/y", "/<a>/y", id="overlapping patterns in another order"
            ),
            pytest.param(["/x", "/x"], "/x", "/x", id="equal patterns"),
            pytest.param(
                ["/<a?>/x", "/x"], "/x", "/<a?>/x", id="an optional binding without a value"
            ),
        ],
    )
    def test_the_first_matching_route_handles_the_request(
        self, patterns: list[str], path: str, chosen: str
    ) -> None:
        application = Application(
            [
                Route(pattern, lambda which, a=None: Response(which), resources={"which": which})
                for which, pattern in ((f"{rank} {p}", p) for rank, p in enumerate(patterns))
            ],
            warnings="ignore",
        )
        rank = patterns.index(chosen)
        assert call(application, path).text == f"{rank} {chosen}"

    def test_routes_added_at_an_index_are_tried_before_later_ones(self) -> None:
        routes = [("/<a>", lambda a: Response(a)), ("/x", text("second"))]
        application = Application(routes, warnings="ignore")
        application.add(("/x", text("first")), index=0)
        assert call(application, "/x").text == "first"
        assert call(application, "/y").text == "y"


def forbidden(*, is_breaking: bool = False) -> HTTPError:
    return Forbidden("first", is_breaking=is_breaking)


def conflict(*, is_breaking: bool = False) -> HTTPError:
    return Conflict("second", is_breaking=is_breaking)


class TestFallThrough:
    @pytest.mark.parametrize(
        ("routes", "status"),
        [
            pytest.param(
                [("/x", raising(forbidden)), ("/x", text("ok"))],
                200,
                id="a non-breaking error that is raised leads to the next route",
            ),
            pytest.param(
                [("/x", forbidden), ("/x", text("ok"))],
                200,
                id="so does one that is returned",
            ),
            pytest.param(
                [("/x", forbidden), ("/x", raising(conflict))],
                409,
                id="the last error is the response if no other route matches",
            ),
            pytest.param(
                [("/x", forbidden), POST("/x", text("ok"))],
                403,
                id="also if a later route has another method",
            ),
            pytest.param(
                [POST("/x", text("ok")), ("/x", forbidden)],
                403,
                id="also if an earlier route has another method",
            ),
            pytest.param(
                [("/x", forbidden), ("/y", text("ok"))],
                403,
                id="a route of another path is not tried",
            ),
            pytest.param(
                [("/x", lambda: forbidden(is_breaking=True)), ("/x", text("ok"))],
                403,
                id="a breaking error is the response",
            ),
            pytest.param(
                [("/x", forbidden), ("/x", lambda: conflict(is_breaking=True)), ("/x", text("ok"))],
                409,
                id="also after a non-breaking error",
            ),
            pytest.param(
                [("/x", raising(WerkzeugForbidden)), ("/x", text("ok"))],
                403,
                id="errors of Werkzeug are breaking",
            ),
            pytest.param(
                [("/x", forbidden), ("/x", raising(lambda: KeyError("k"))), ("/x", text("ok"))],
                500,
                id="an uncaught exception is breaking",
            ),
            pytest.param(
                [("/x", forbidden, show), ("/<a>", lambda a: a, show)],
                200,
                id="routes with a render fall through too",
            ),
            pytest.param(
                [("/x", forbidden), Route("/x/", text("ok"))],
                302,
                id="a slash redirect is a response",
            ),
        ],
    )
    def test_errors_fall_through_or_end_the_request(self, routes: list[Any], status: int) -> None:
        application = Application(routes, warnings="ignore")
        assert call(application, "/x").status_code == status

    def test_a_middleware_may_let_a_request_fall_through(self) -> None:
        class OnlyAnn(Middleware):
            def request(self, next: Any, request: Request) -> Any:
                return next() if request.args.get("user") == "ann" else forbidden()

        application = Application(
            [
                Route("/", text("for ann"), middlewares=[OnlyAnn()], falls_through=True),
                ("/", text("for all")),
            ]
        )
        assert call(application, "/?user=ann").text == "for ann"
        assert call(application, "/?user=bob").text == "for all"

    def test_one_error_object_may_be_the_response_to_many_requests(self) -> None:
        error = Forbidden("again", is_breaking=False)
        application = Application([("/", raising(lambda: error))])
        answers = {(call(application).status, call(application).text) for _ in range(5)}
        assert answers == {("403 FORBIDDEN", "403 Forbidden\nagain\n")}


class TestMethods:
    @pytest.mark.parametrize(
        ("routes", "method", "status", "allow"),
        [
            pytest.param([GET("/", text("g"))], "GET", 200, None, id="the method of the route"),
            pytest.param([GET("/", text("g"))], "HEAD", 200, None, id="HEAD for a GET route"),
            pytest.param([POST("/", text("p"))], "HEAD", 405, {"POST"}, id="HEAD for a POST route"),
            pytest.param([GET("/", text("g"))], "POST", 405, {"GET", "HEAD"}, id="another method"),
            pytest.param([GET("/", text("g"))], "get", 405, {"GET", "HEAD"}, id="lower case"),
            pytest.param([GET("/", text("g"))], "BREW", 405, {"GET", "HEAD"}, id="unknown method"),
            pytest.param([("/", text("all"))], "BREW", 200, None, id="a route of any method"),
            pytest.param(
                [GET("/", text("g")), POST("/", text("p"))],
                "PUT",
                405,
                {"GET", "HEAD", "POST"},
                id="the methods of all matching routes are allowed",
            ),
            pytest.param(
                [GET("/", text("g")), POST("/", text("p"))], "POST", 200, None, id="second route"
            ),
            pytest.param(
                [GET("/", text("g")), POST("/other", text("p"))],
                "POST",
                405,
                {"GET", "HEAD"},
                id="the methods of other paths are not allowed",
            ),
            pytest.param(
                [GET("/", text("g")), POST("/other", text("p"))], "PUT", 405, {"GET", "HEAD"},
                id="the path comes before the method",
            ),
        ],
    )  # fmt: skip
    def test_a_method_is_handled_or_not_allowed(
        self, routes: list[Any], method: str, status: int, allow: set[str] | None
    ) -> None:
        response = call(Application(routes), "/", method)
        assert response.status_code == status
        assert response.headers.get("Allow") == (", ".join(sorted(allow)) if allow else None)

    def test_a_slash_redirect_requires_an_allowed_method(self) -> None:
        assert call(Application([POST("/a/", text("p"))]), "/a", "GET").status_code == 405

    def test_head_has_the_headers_of_get_and_no_body(self) -> None:
        application = Application([GET("/", text("hello"))])
        head, get = call(application, "/", "HEAD"), call(application, "/")
        assert head.headers == get.headers
        assert (head.data, get.data) == (b"", b"hello")

    def test_a_head_route_before_a_get_route_handles_head(self) -> None:
        head = Route("/", lambda: Response(headers={"X-Own": "yes"}), methods=["HEAD"])
        application = Application([head, GET("/", text("g"))])
        assert call(application, "/", "HEAD").headers["X-Own"] == "yes"
        assert call(application, "/").text == "g"


SLASHES = [
    # pattern, path, and for each slash mode the status or the location of a redirect
    ("/a", "/a", 200, 200, 200),
    ("/a", "/a/", 200, 200, 404),
    ("/a", "/a//", 200, 200, 404),
    ("/a", "//a", "/a", 200, 404),
    ("/a", "//a/", "/a", 200, 404),
    ("/a/", "/a/", 200, 200, 200),
    ("/a/", "/a", "/a/", 200, 404),
    ("/a/", "/a//", "/a/", 200, 404),
    ("/a/", "//a", "/a/", 200, 404),
    ("/a/b/", "///a////b", "/a/b/", 200, 404),
    ("/", "", 200, 200, 200),
    ("/", "/", 200, 200, 200),
    ("/", "//", "/", 200, 404),
    ("/<a>/", "/x", "/x/", 200, 404),
    ("/<a>", "//x", "/x", 200, 404),
    ("/s/<a*>", "/s", 200, 200, 200),
    ("/<a:int>", "/1/", 200, 200, 404),
    ("/<a>.xml", "/b.xml//", 200, 200, 404),
    ("/s/<a?>", "/s/", 200, 200, 404),
    ("/s/<a?>", "/s/x/", 200, 200, 404),
    ("/s/<a+>", "/s/", 404, 404, 404),
    ("/s/<a+>", "/s/x/", 200, 200, 404),
    ("/s/<a*>/b", "/s/b/", 200, 200, 404),
    ("/<a*>", "/", 200, 200, 200),
    ("/<a*>", "//", 200, 200, 404),
    ("/s/<a*>", "/s/", 200, 200, 404),
    ("/s/<a*>", "/s//", 200, 200, 404),
    ("/s/<a*>", "/s/x//y", "/s/x/y", 200, 404),
    ("/s/<a*>", "/s/x//y/", "/s/x/y", 200, 404),
    ("/s/<a*>/", "/s/x/y", "/s/x/y/", 200, 404),
    ("/s/<a?>/", "/s", "/s/", 200, 404),
]


class TestSlashes:
    @pytest.mark.parametrize(
        ("pattern", "path", "redirect", "rewrite", "strict"),
        SLASHES,
        ids=[f"{path!r} for {pattern}" for pattern, path, *_ in SLASHES],
    )
    def test_each_slash_mode_has_its_responses(
        self, pattern: str, path: str, redirect: int | str, rewrite: int, strict: int
    ) -> None:
        for mode, expected in ((S_REDIRECT, redirect), (S_REWRITE, rewrite), (S_STRICT, strict)):
            application = Application([(pattern, lambda a=0: Response("ok"))], slash_mode=mode)
            status, headers = send(application, path)
            if isinstance(expected, str):
                assert (status, headers["Location"]) == ("302 FOUND", expected), mode
                assert send(application, expected)[0] == "200 OK"
            else:
                assert int(status[:3]) == expected, mode

    @pytest.mark.parametrize(
        ("method", "status"),
        [("GET", 302), ("HEAD", 302), ("POST", 307), ("PUT", 307), ("DELETE", 307), ("BREW", 307)],
    )
    def test_a_slash_redirect_keeps_other_methods_than_get(self, method: str, status: int) -> None:
        response = call(Application([("/a/", text("ok"))]), "/a", method)
        assert (response.status_code, response.headers["Location"]) == (status, "/a/")

    @pytest.mark.parametrize(
        ("path", "root", "query", "location"),
        [
            pytest.param("/a", "", "b=1&c=%2F%20+x", "/a/?b=1&c=%2F%20+x", id="a query string"),
            pytest.param("/a", "", "", "/a/", id="no query string"),
            pytest.param("/a", "", "?", "/a/??", id="a question mark"),
            pytest.param("/a", "", "next=http://b/?c#d", "/a/?next=http://b/?c%23d", id="a URL"),
            pytest.param("/a", "", "b=\xc3\xbc", "/a/?b=%C3%BC", id="raw UTF-8 in the query"),
            pytest.param(
                "/a", "", "b=\r\nX: y", "/a/?b=%0D%0AX:%20y", id="a line break in the query"
            ),
            pytest.param("/a", "/root", "", "/root/a/", id="below a root"),
            pytest.param(
                "/a",
                "/r\xc3\xbc\xc3\xbc t",
                "b",
                "/r%C3%BC%C3%BC%20t/a/?b",
                id="a root with spaces and UTF-8",
            ),
            pytest.param(
                "/a", "/r;b=c", "", "/r;b=c/a/", id="characters that need no escape, in a root"
            ),
            pytest.param("/a", "/", "", "/a/", id="a root that is a slash"),
            pytest.param("/\xc3\xbc", "", "", "/%C3%BC/", id="UTF-8 in the path"),
            pytest.param("/100%", "", "", "/100%25/", id="a percent sign"),
            pytest.param("/a?b#c", "", "", "/a%3Fb%23c/", id="characters that would end a path"),
            pytest.param("/a b", "", "", "/a%20b/", id="a space"),
            pytest.param(
                "/a;b=c,d:e@f", "", "", "/a;b=c,d:e@f/", id="characters that need no escape"
            ),
        ],
    )
    def test_the_location_of_a_slash_redirect(
        self, path: str, root: str, query: str, location: str
    ) -> None:
        application = Application([("/<a>/", lambda a: Response(a))])
        status, headers = send(application, path, root=root, query=query)
        assert (status, headers["Location"]) == ("302 FOUND", location)

    @pytest.mark.parametrize(
        ("path", "location"),
        [
            pytest.param("//evil.example", "/evil.example/", id="two slashes"),
            pytest.param("///evil.example", "/evil.example/", id="three slashes"),
            pytest.param("/\\evil.example", "/%5Cevil.example/", id="a slash and a backslash"),
            pytest.param("//\\evil.example", "/%5Cevil.example/", id="two slashes and a backslash"),
            pytest.param(
                "/\\/evil.example", "/%5C/evil.example/", id="a backslash between slashes"
            ),
            pytest.param("/\t/evil.example", "/%09/evil.example/", id="a tab"),
            pytest.param("/a\r\nSet-Cookie: b=c", "/a%0D%0ASet-Cookie:%20b=c/", id="a line break"),
            pytest.param("/\x00", "/%00/", id="a NUL"),
            pytest.param("/http://evil.example", "/http:/evil.example/", id="a whole address"),
            pytest.param("/..//evil.example", "/../evil.example/", id="a step up"),
            pytest.param("/<script>", "/%3Cscript%3E/", id="markup"),
        ],
    )
    def test_a_redirect_never_leaves_the_host(self, path: str, location: str) -> None:
        application = Application([("/<a+>/", lambda a: Response("ok"))])
        status, headers = send(application, path)
        assert (status, headers["Location"]) == ("302 FOUND", location)

    def test_a_missing_path_is_the_root(self) -> None:
        environ = make_environ()
        del environ["PATH_INFO"]  # PEP 3333 allows this for an empty path
        body, _, _ = run_wsgi(Application([("/", text("root"))]), environ, buffered=True)
        assert b"".join(body) == b"root"

    @pytest.mark.parametrize(
        ("slash_mode", "status", "location"),
        [
            pytest.param(S_REDIRECT, "302 FOUND", "/shop/?page=2", id="redirected"),
            pytest.param(S_REWRITE, "200 OK", None, id="served"),
            pytest.param(S_STRICT, "404 NOT FOUND", None, id="not found"),
        ],
    )
    def test_the_root_of_a_mounted_application_ends_in_a_slash(
        self, slash_mode: str, status: str, location: str | None
    ) -> None:
        application = Application([("/", text("root"))], slash_mode=slash_mode)
        answered, headers = send(application, "", root="/shop", query="page=2")
        assert (answered, headers.get("Location")) == (status, location)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "BREW"])
    def test_a_leaf_serves_a_trailing_slash_by_any_method(self, method: str) -> None:
        assert call(Application([("/a", text("ok"))]), "/a/", method).status_code == 200

    @pytest.mark.parametrize("path", ["/a/b/", "/a/b//"])
    def test_a_list_has_no_empty_last_part(self, path: str) -> None:
        application = Application([("/<names*>", lambda names: Response(repr(names)))])
        assert call(application, path).text == "['a', 'b']"

    @pytest.mark.parametrize("mode", [S_REDIRECT, S_REWRITE, S_STRICT])
    @pytest.mark.parametrize("branch", ["/<x>/", "/<other>/"])
    def test_a_branch_serves_the_slash_that_a_leaf_declared_before_it_ignores(
        self, branch: str, mode: str
    ) -> None:
        leaf = ("/<x>", lambda x: Response("leaf"))
        application = Application([leaf, (branch, text("branch"))], slash_mode=mode)
        assert call(application, "/a").text == "leaf"
        assert call(application, "/a/").text == "branch"

    def test_a_branch_leaves_other_methods_to_the_leaf(self) -> None:
        application = Application([GET("/a", text("leaf")), POST("/a/", text("branch"))])
        assert call(application, "/a/").text == "leaf"
        assert call(application, "/a/", "POST").text == "branch"

    def test_a_leaf_of_another_shape_keeps_its_place_before_a_branch(self) -> None:
        routes = [("/<x>", lambda x: Response("leaf")), ("/a/", text("branch"))]
        application = Application(routes, warnings="ignore")
        assert call(application, "/a/").text == "leaf"

    def test_a_slash_redirect_runs_no_middleware(self) -> None:
        class Refusing(Middleware):
            def request(self, next: Any) -> Any:
                return Forbidden()

        application = Application([("/a/", text("ok"))], middlewares=[Refusing()])
        assert call(application, "/a").status_code == 302


class Counting(Middleware):
    """Record the status and the dispatch state of each request."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, list[str]]] = []

    def request(self, next: Any, _dispatch_state: Any) -> Any:
        attempted = [route.pattern for route in _dispatch_state.attempted_routes]
        try:
            response = next()
        except HTTPError as error:
            self.seen.append((error.code, len(_dispatch_state.exceptions), attempted))
            raise
        self.seen.append((response.status_code, len(_dispatch_state.exceptions), attempted))
        return response


class TestMisses:
    @pytest.mark.parametrize("accept", [None, "text/html", "application/json", "application/xml"])
    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/none"), ("DELETE", "/"), ("HEAD", "/x")]
    )
    def test_a_miss_is_the_same_with_a_middleware_that_does_nothing(
        self, method: str, path: str, accept: str | None
    ) -> None:
        headers = {} if accept is None else {"Accept": accept}
        responses = [
            Application([GET("/", text("get")), POST("/", text("post"))], middlewares=middlewares)
            .get_local_client()
            .open(path, method=method, headers=headers)
            for middlewares in ([], [DummyMiddleware()])
        ]
        plain, passed = [(each.status, each.headers, each.data) for each in responses]
        assert plain == passed
        assert plain[0][:3] == ("405" if path == "/" else "404")

    @pytest.mark.parametrize(
        ("routes", "method", "seen"),
        [
            pytest.param([("/x", text("ok"))], "GET", [(200, 0, ["/x"])], id="a hit"),
            pytest.param([("/y", text("ok"))], "GET", [(404, 0, [])], id="no route"),
            pytest.param([], "GET", [(404, 0, [])], id="no routes at all"),
            pytest.param([GET("/x", text("ok"))], "PUT", [(405, 0, ["/x"])], id="another method"),
            pytest.param(
                [("/x", forbidden)],
                "GET",
                [(403, 0, ["/x"]), (403, 1, ["/x"])],
                id="a non-breaking error, and the miss after it",
            ),
            pytest.param(
                [("/x", raising(forbidden)), POST("/x", text("p")), ("/<a>", lambda a: conflict())],
                "GET",
                [
                    (403, 0, ["/x"]),
                    (409, 1, ["/x", "/x", "/<a>"]),
                    (409, 2, ["/x", "/x", "/<a>"]),
                ],
                id="two non-breaking errors with another method between",
            ),
        ],
    )
    def test_a_miss_runs_the_middlewares_of_the_application(
        self, routes: list[Any], method: str, seen: list[Any]
    ) -> None:
        counting = Counting()
        application = Application(routes, middlewares=[counting], warnings="ignore")
        response = call(application, "/x", method)
        assert counting.seen == seen
        assert response.status_code == seen[-1][0]

    def test_a_middleware_can_replace_the_response_to_a_miss(self) -> None:
        class Fallback(Middleware):
            def request(self, next: Any) -> Any:
                response = next()
                return Response("home") if response.status_code == 404 else response

        application = Application([("/a", text("a"))], middlewares=[Fallback()])
        response = call(application, "/nowhere")
        assert (response.status_code, response.text) == (200, "home")

    def test_a_middleware_can_reroute_a_miss(self) -> None:
        legacy = Application([("/<path*>", lambda path: Response(f"legacy {path}"))])

        class Fallback(Middleware):
            def request(self, next: Any) -> Any:
                response = next()
                if response.status_code == 404:
                    raise RerouteWSGI(legacy)
                return response

        application = Application([("/a", text("a"))], middlewares=[Fallback()])
        assert call(application, "/old/page").text == "legacy ['old', 'page']"

    def test_a_middleware_that_fails_on_a_miss_is_an_error(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken(Middleware):
            def request(self, next: Any, request: Request) -> Any:
                return next() if request.path == "/a" else None

        application = Application([("/a", text("a"))], middlewares=[Broken()])
        assert call(application, "/b").status_code == 500
        assert "returned None, which is not a Response." in caplog.text
        remedy = "Each middleware (Broken) must return the result of next(), or a Response."
        assert remedy in caplog.text

    def test_a_miss_does_not_run_the_endpoint_functions_of_middlewares(self) -> None:
        class Data(Middleware):
            def endpoint(self, next: Any) -> Any:
                return {"data": next()}

        render = lambda context: Response(context["data"])  # noqa: E731
        application = Application([("/a", lambda: "a", render)], middlewares=[Data()])
        assert call(application, "/a").text == "a"
        assert call(application, "/b").status_code == 404

    def test_a_miss_skips_middlewares_that_need_values_of_other_routes(self) -> None:
        class ByUser(Middleware):
            def request(self, next: Any, user: str) -> Any:
                return Response(f"for {user}")

        application = Application([("/<user>", text("x"))], middlewares=[ByUser()])
        assert call(application, "/ann").text == "for ann"
        assert call(application, "/a/b").status_code == 404


class TestDispatchState:
    @pytest.mark.parametrize(
        "before",
        [
            pytest.param([("/x", forbidden), POST("/x", text("p"))], id="an error first"),
            pytest.param([POST("/x", text("p")), ("/x", forbidden)], id="another method first"),
        ],
    )
    def test_an_endpoint_can_read_the_dispatch_state(self, before: list[Any]) -> None:
        def endpoint(_dispatch_state: Any, a: str) -> Response:
            return Response(
                f"{[route.pattern for route in _dispatch_state.attempted_routes]} "
                f"{sorted(_dispatch_state.allowed_methods)} {_dispatch_state.exceptions}"
            )

        routes = [*before, ("/y", text("y")), ("/<a>", endpoint)]
        application = Application(routes, warnings="ignore")
        assert call(application, "/x").text == (
            "['/x', '/x', '/<a>'] ['POST'] [Forbidden(403): first]"
        )

    def test_the_repr_has_all_attributes(self) -> None:
        application = Application([("/", lambda _dispatch_state: Response(repr(_dispatch_state)))])
        assert call(application).text == (
            f"<DispatchState attempted_routes={list(application.routes)!r} "
            "allowed_methods=[] exceptions=[]>"
        )

    def test_each_request_has_its_own_state(self) -> None:
        states = []

        def endpoint(_dispatch_state: Any) -> Response:
            states.append(_dispatch_state)
            return Response("ok")

        application = Application([("/", endpoint)])
        call(application)
        call(application)
        assert [len(state.attempted_routes) for state in states] == [1, 1]


class TestRequests:
    @pytest.mark.parametrize(
        ("endpoint", "path", "made"),
        [
            pytest.param(text("ok"), "/", 0, id="an endpoint without request"),
            pytest.param(text("ok"), "/nowhere", 0, id="a miss"),
            pytest.param(raising(NotFound), "/", 0, id="an error"),
            pytest.param(
                lambda request: Response(request.path), "/", 1, id="an endpoint with request"
            ),
        ],
    )
    def test_a_request_object_is_created_only_if_it_is_used(
        self, endpoint: Callable[..., Any], path: str, made: int
    ) -> None:
        environs = []

        class Recorded(Request):
            def __init__(self, environ: Any, *arguments: Any) -> None:
                environs.append(environ)
                super().__init__(environ, *arguments)

        class Custom(Application):
            request_type = Recorded

        call(Custom([("/", endpoint)]), path)
        assert len(environs) == made

    def test_all_routes_that_are_tried_get_the_same_request(self) -> None:
        requests = []

        def endpoint(request: Request) -> Any:
            requests.append(request)
            return forbidden()

        def page(request: Request, _error: Any) -> Response:
            requests.append(request)
            return Response("page")

        first = Route("/", endpoint, falls_through=True)
        application = Application([first, Route("/", endpoint, None, page)])
        assert call(application).text == "page"
        assert len({id(request) for request in requests}) == 1
        assert len(requests) == 3

    @pytest.mark.parametrize("path", ["/", "/nowhere"])
    def test_an_error_of_the_request_type_is_the_response(self, path: str) -> None:
        class Picky(Request):
            def __init__(self, environ: Any, *arguments: Any) -> None:
                raise Conflict("not this one")

        class Custom(Application):
            request_type = Picky

        class Seeing(Middleware):
            def request(self, next: Any, request: Request) -> Any:
                return next()

        response = call(Custom([("/", text("ok"))], middlewares=[Seeing()]), path)
        assert (response.status_code, response.text) == (409, "409 Conflict\nnot this one\n")


class TestErrorsOfWerkzeug:
    @pytest.mark.parametrize("how", [raising, lambda make: make], ids=["raised", "returned"])
    def test_an_error_of_werkzeug_is_sent_like_one_of_the_framework(self, how: Any) -> None:
        application = Application([("/", how(lambda: TooManyRequests("slow down", retry_after=7)))])
        response = call(application)
        assert (response.status_code, response.text) == (
            429,
            "429 Too Many Requests\nslow down\n",
        )
        assert response.headers["Retry-After"] == "7"

    def test_a_missing_form_key_is_named(self) -> None:
        application = Application([POST("/", lambda request: Response(request.form["size"]))])
        response = application.get_local_client().post("/", data={"colour": "red"})
        assert (response.status_code, "'size'" in response.text) == (400, True)

    def test_a_body_over_the_limit_is_too_large(self) -> None:
        class Limited(Request):
            max_content_length = 10

        class Custom(Application):
            request_type = Limited

        application = Custom([POST("/", lambda request: Response(request.get_data()))])
        client = application.get_local_client()
        assert client.post("/", data=b"x" * 10).status_code == 200
        assert client.post("/", data=b"x" * 11).status_code == 413

    def test_a_response_attached_to_an_error_is_sent(self) -> None:
        def endpoint() -> Response:
            raise RequestEntityTooLarge(response=BaseResponse("my own", 413))

        response = call(Application([("/", endpoint)]))
        assert (response.status_code, response.text) == (413, "my own")

    def test_middlewares_get_the_error_of_werkzeug_itself(self) -> None:
        seen = []

        class Observer(Middleware):
            def request(self, next: Any) -> Any:
                try:
                    return next()
                except WerkzeugHTTPException as error:
                    seen.append(error.code)
                    raise

        call(Application([("/", raising(WerkzeugForbidden))], middlewares=[Observer()]))
        assert seen == [403]


def nothing() -> None:
    """Return nothing, as an endpoint."""


def nothing_of_a_context(context: Any) -> None:
    """Return nothing, as a render."""


def place(function: Any) -> str:
    return f"{os.path.relpath(__file__)}:{function.__code__.co_firstlineno}"


NOTHING = f"TypeError: Route '/' (endpoint nothing, {place(nothing)}) returned None, "


class TestNoResponse:
    @pytest.mark.parametrize(
        ("route", "message"),
        [
            pytest.param(
                ("/", nothing),
                f"{NOTHING}which is not a Response.\n  Is its return missing? Return a "
                "Response, or give the route a render that makes one, for example render_basic.\n",
                id="an endpoint without a render",
            ),
            pytest.param(
                ("/", nothing, nothing_of_a_context),
                f"{NOTHING}which is not a Response.\n  Its render nothing_of_a_context, "
                f"{place(nothing_of_a_context)} must return a Response.\n",
                id="a render",
            ),
            pytest.param(
                Route("/", nothing, middlewares=[Middleware(), DummyMiddleware()]),
                f"{NOTHING}which is not a Response.\n  Each middleware (DummyMiddleware) must "
                "return the result of next(), or a Response. Is its return missing? Return a "
                "Response, or give the route a render that makes one, for example render_basic.\n",
                id="an endpoint between middlewares",
            ),
            pytest.param(
                ("/", lambda: Forbidden),
                "which is not a Response.\n  Raise or return Forbidden(), an instance.\n",
                id="the class of an error",
            ),
            pytest.param(
                ("/", lambda: {"a": 1}),
                "returned a dict, which is not a Response.\n",
                id="a context",
            ),
            pytest.param(
                ("/", lambda: "x"), "returned a str, which is not a Response.\n", id="a text"
            ),
            pytest.param(
                ("/", lambda: RerouteWSGI),
                "returned the class RerouteWSGI, which is not a Response",
                id="a class",
            ),
        ],
    )
    def test_the_log_names_the_function_and_the_fix(
        self, route: Any, message: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = call(Application([route]))
        assert response.status_code == 500
        assert "TypeError" not in response.text
        assert message in caplog.text

    def test_the_error_of_a_template_names_the_endpoint_that_returned_none(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        factory = AshesRenderFactory(templates={"home.html": "home"})
        application = Application([("/", nothing, "home.html")], render_factory=factory)
        assert call(application).status_code == 500
        assert f"and endpoint nothing ({place(nothing)}) returned None." in caplog.text

    def test_a_coroutine_is_named(self, caplog: pytest.LogCaptureFixture) -> None:
        coroutines = []

        async def respond() -> Response:
            return Response("late")

        def endpoint() -> Any:
            coroutines.append(respond())
            return coroutines[0]

        assert call(Application([("/", endpoint)])).status_code == 500
        coroutines[0].close()
        assert "a coroutine, which is not a Response.\n  WSGI does not await coroutines: run it "
        assert "run it with asyncio.run()." in caplog.text

    def test_an_object_without_a_repr_is_named_by_its_type(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Hidden:
            def __repr__(self) -> str:
                raise LookupError("no text")

        assert call(Application([("/", Hidden)])).status_code == 500
        assert "returned a Hidden, which is not a Response." in caplog.text


def environ_seen(environ: Any, start_response: Any) -> list[bytes]:
    """Respond with the method, path and body of the request, as a WSGI application."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length).decode()
    start_response("202 Accepted", [("Content-Type", "text/plain")])
    keys = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
    return [" ".join([*(environ[key] for key in keys), body]).encode()]


class TestReroute:
    class ToLegacy(Middleware):
        def request(self, next: Any) -> Any:
            raise RerouteWSGI(environ_seen)

    class BehindAll(Middleware):
        def render(self, next: Any) -> Any:
            raise RerouteWSGI(environ_seen)

    @pytest.mark.parametrize(
        "route",
        [
            pytest.param(("/old/<path*>", RerouteWSGI(environ_seen)), id="an endpoint"),
            pytest.param(
                ("/old/<path*>", raising(lambda: RerouteWSGI(environ_seen))),
                id="an endpoint raises",
            ),
            pytest.param(
                ("/old/<path*>", nothing, lambda context: RerouteWSGI(environ_seen)()),
                id="a render raises",
            ),
            pytest.param(
                Route("/old/<path*>", text("no"), middlewares=[ToLegacy()]),
                id="a middleware raises around the request",
            ),
            pytest.param(
                Route("/old/<path*>", nothing, show, middlewares=[BehindAll()]),
                id="a middleware raises around the render",
            ),
        ],
    )
    def test_the_application_gets_the_environ_unchanged(self, route: Any) -> None:
        application = Application([("/<a>", lambda a: Response(a)), route])
        response = application.get_local_client().post(
            "/old/a//b?c=d", base_url="http://localhost/root", data="body"
        )
        assert response.status_code == 307  # repeated slashes are redirected first
        response = application.get_local_client().post(
            "/old/a/b/?c=d", base_url="http://localhost/root", data="body"
        )
        assert (response.status_code, response.text) == (202, "POST /root /old/a/b/ c=d body")

    def test_outer_middlewares_can_catch_a_reroute(self) -> None:
        class Undo(Middleware):
            def request(self, next: Any) -> Any:
                try:
                    return next()
                except RerouteWSGI as reroute:
                    return Response(f"not sent to {reroute.wsgi_app.__name__}")

        application = Application([("/", RerouteWSGI(environ_seen))], middlewares=[Undo()])
        assert call(application).text == "not sent to environ_seen"

    def test_a_reroute_calls_another_application(self) -> None:
        other = Application([("/in/<a>", lambda a, _application: Response(f"{a} {_application}"))])
        application = Application([("/in/<path*>", RerouteWSGI(other))])
        assert call(application, "/in/x").text == f"x {other}"
        assert call(application, "/in/x/y").status_code == 404

    def test_a_reroute_to_an_error_sends_the_error(self) -> None:
        application = Application([("/", RerouteWSGI(Forbidden("not here")))])
        assert call(application).status_code == 403

    @pytest.mark.parametrize("value", [None, "app:application"])
    def test_a_reroute_requires_a_callable(self, value: Any) -> None:
        with pytest.raises(TypeError) as caught:
            RerouteWSGI(value)
        assert str(caught.value) == f"RerouteWSGI takes a WSGI callable, not {value!r}"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound("again"), id="an error of the framework"),
        pytest.param(WerkzeugForbidden(), id="an error of Werkzeug"),
        pytest.param(RerouteWSGI(environ_seen), id="a reroute"),
    ],
)
def test_the_traceback_of_a_shared_exception_does_not_grow(error: Exception) -> None:
    application = Application([("/", raising(lambda: error))])
    for _ in range(3):
        call(application)
    assert error.__traceback__ is None


class TestErrorHandlers:
    def test_an_error_handler_sets_the_types_of_errors(self) -> None:
        class Lost(NotFound):
            message = "Lost"

        class Wrong(InternalServerError):
            message = "Wrong"

        class NotSo(MethodNotAllowed):
            message = "Not so"

        class Handler(ErrorHandler):
            not_found_type = Lost
            server_error_type = Wrong
            method_not_allowed_type = NotSo

        application = Application(
            [GET("/", text("ok")), ("/boom", lambda: 1 / 0)], error_handler=Handler()
        )
        assert call(application, "/nowhere").text == f"404 Not Found\nLost\n{NotFound.detail}\n"
        assert "Wrong" in call(application, "/boom").text
        response = call(application, "/", "PUT")
        assert ("Not so" in response.text, response.headers["Allow"]) == (True, "GET, HEAD")

    def test_render_error_gets_its_arguments_by_name(self) -> None:
        class Pages(ErrorHandler):
            def render_error(  # type: ignore[override]
                self, request: Request, _error: Any, site: str, _route: Any, **kwargs: Any
            ) -> Response:
                values = (site, request.path, _error.code, _route.pattern, sorted(kwargs))
                return Response(repr(values), _error.code)

        application = Application(
            [("/boom/<a>", lambda a: 1 / 0), GET("/get", text("ok"))],
            {"site": "here"},
            error_handler=Pages(),
        )
        others = ["_application", "_dispatch_state"]
        shown = [call(application, "/boom/x"), call(application, "/get", "PUT")]
        assert [each.text for each in shown] == [
            repr(("here", "/boom/x", 500, "/boom/<a>", [*others, "a"])),
            repr(("here", "/get", 405, "/<_path*>", others)),
        ]

    def test_render_error_renders_the_error_of_an_invalid_path(self) -> None:
        class Pages(ErrorHandler):
            def render_error(self, _error: Any) -> Response:  # type: ignore[override]
                return Response(f"page of {_error.code}", _error.code)

        environ = make_environ()
        environ["PATH_INFO"] = "/\xff"
        body, status, _ = run_wsgi(Application([], error_handler=Pages()), environ, buffered=True)
        assert (status, b"".join(body)) == ("400 BAD REQUEST", b"page of 400")

    def test_the_render_error_of_a_route_overrides_the_handlers(self) -> None:
        class Pages(ErrorHandler):
            def render_error(self, _error: Any) -> Response:  # type: ignore[override]
                return Response("handler", _error.code)

        def page(_error: Any) -> Response:
            return Response("route", _error.code)

        application = Application(
            [Route("/own", forbidden, None, page), ("/other", forbidden)], error_handler=Pages()
        )
        assert call(application, "/own").text == "route"
        assert call(application, "/other").text == "handler"

    @pytest.mark.parametrize(
        ("broken", "logged"),
        [
            pytest.param(raising(lambda: OSError("no paper")), "OSError: no paper", id="raises"),
            pytest.param(nothing, "render_error returned None, which is not", id="returns nothing"),
            pytest.param(raising(forbidden), "Forbidden: ", id="raises another HTTP error"),
        ],
    )
    def test_if_render_error_fails_the_original_error_is_sent(
        self, broken: Callable[[], Any], logged: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        application = Application([Route("/", lambda: Conflict("the real one"), None, broken)])
        with caplog.at_level(logging.ERROR, logger="clastic"):
            response = call(application)
        assert (response.status_code, response.text) == (409, "409 Conflict\nthe real one\n")
        assert "render_error of <BoundRoute * / -> " in caplog.text
        assert "failed on Conflict(409): the real one" in caplog.text
        assert logged in caplog.text

    def test_a_render_error_may_return_another_error(self) -> None:
        application = Application(
            [Route("/", lambda: 1 / 0, None, lambda _error: NotFound("hidden"))]
        )
        response = call(application)
        assert (response.status_code, response.text) == (404, "404 Not Found\nhidden\n")

    def test_an_error_handler_may_reraise_uncaught_exceptions(self) -> None:
        application = Application([("/", lambda: 1 / 0)], error_handler=ErrorHandler(True))
        with pytest.raises(ZeroDivisionError):
            call(application)
        assert call(application, "/nowhere").status_code == 404

    def test_an_environ_may_request_exceptions_but_not_http_errors(self) -> None:
        application = Application([("/boom", lambda: 1 / 0), ("/no", raising(NotFound))])
        client = application.get_local_client()
        throwing = {"x-wsgiorg.throw_errors": True}
        with pytest.raises(ZeroDivisionError):
            client.get("/boom", environ_overrides=throwing)
        assert client.get("/no", environ_overrides=throwing).status_code == 404
        assert client.get("/boom").status_code == 500

    @pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
    def test_exceptions_that_end_the_process_are_not_caught(
        self, exception: type[BaseException]
    ) -> None:
        application = Application([("/", raising(exception))])  # type: ignore[arg-type]
        with pytest.raises(exception):
            call(application)

    def test_an_uncaught_exception_is_logged_and_not_sent_to_the_client(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = call(Application([("/", raising(lambda: ValueError("secret")))]))
        assert response.status_code == 500
        assert "secret" not in response.text
        error_id = response.text.splitlines()[-1].removeprefix("Error id: ")
        assert error_id in caplog.text
        assert "ValueError: secret" in caplog.text

    def test_uncaught_to_response_gets_the_application_and_the_route(self) -> None:
        class Handler(ErrorHandler):
            def uncaught_to_response(
                self, _application: Any, _route: Any, **kwargs: Any
            ) -> HTTPError:
                values = (_application is application, _route.pattern, kwargs["request"].path)
                return Conflict(repr(values))

        application = Application([("/boom", lambda: 1 / 0)], error_handler=Handler())
        assert call(application, "/boom").text == "409 Conflict\n(True, '/boom', '/boom')\n"
