"""Test applications through real servers on real ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from clastic import (
    GET,
    POST,
    S_REWRITE,
    S_STRICT,
    Application,
    Middleware,
    Request,
    RerouteWSGI,
    Response,
    Route,
    SubApplication,
)
from clastic.errors import Conflict, Forbidden

Serve = Callable[[Any], Any]


def show(**values: Any) -> Response:
    """Respond with path values, in the order of their names."""
    return Response(" ".join(f"{name}={value!r}" for name, value in sorted(values.items())))


class TestPaths:
    @pytest.mark.parametrize(
        ("target", "status", "body"),
        [
            pytest.param("/text/bob", 200, "name='bob'", id="a text"),
            pytest.param("/text/", 404, None, id="no text"),
            pytest.param("/text/J%C3%BCrg", 200, "name='Jürg'", id="percent-encoded UTF-8"),
            pytest.param(
                "/text/%E2%82%AC%20%F0%9F%92%B6",
                200,
                "name='€ 💶'",
                id="other percent-encoded UTF-8",
            ),
            pytest.param("/text/a+b%2Bc", 200, "name='a+b+c'", id="a plus sign is a plus sign"),
            pytest.param(
                "/text/a%3Fb%23c",
                200,
                "name='a?b#c'",
                id="encoded characters that would end a path",
            ),
            pytest.param("/text/%25", 200, "name='%'", id="a percent sign, encoded"),
            pytest.param("/text/%zz", 200, "name='%zz'", id="an invalid percent encoding"),
            pytest.param("/text/a%00b", 200, r"name='a\x00b'", id="an encoded NUL"),
            pytest.param("/t%65xt/bob", 200, "name='bob'", id="an encoded literal"),
            pytest.param("/text/a%2Fb", 404, None, id="an encoded slash is a slash"),
            pytest.param(
                "/list/a%2Fb", 200, "names=['a', 'b']", id="an encoded slash in a variadic binding"
            ),
            pytest.param("/int/7", 200, "n=7", id="an int"),
            pytest.param("/int/-7", 200, "n=-7", id="a negative int"),
            pytest.param("/int/007", 200, "n=7", id="an int with leading zeros"),
            pytest.param("/int/7.0", 404, None, id="a float is not an int"),
            pytest.param("/int/%D9%A7", 404, None, id="a digit of another script is not an int"),
            pytest.param(f"/int/{'1' * 4300}", 200, f"n={'1' * 4300}", id="an int of 4,300 digits"),
            pytest.param(f"/int/{'1' * 5000}", 404, None, id="an int of 5,000 digits"),
            pytest.param("/float/1.5e3", 200, "x=1500.0", id="a float"),
            pytest.param("/float/inf", 404, None, id="infinity is not a float"),
            pytest.param("/optional", 200, "n=None", id="an optional binding without a value"),
            pytest.param("/optional/7", 200, "n=7", id="an optional binding with a value"),
            pytest.param("/optional/x", 404, None, id="an optional binding of another type"),
            pytest.param("/optional/7/8", 404, None, id="an optional binding with two values"),
            pytest.param("/list", 200, "names=[]", id="zero or more: none"),
            pytest.param("/list/a/b/c", 200, "names=['a', 'b', 'c']", id="zero or more: three"),
            pytest.param("/some", 404, None, id="one or more: none"),
            pytest.param("/some/1/2", 200, "numbers=[1, 2]", id="one or more: two"),
            pytest.param("/some/1/x", 404, None, id="one or more: one of another type"),
            pytest.param("/a/b/1/thing/1/2/3", 200, "das=[1, 2, 3] t=1", id="several bindings"),
            pytest.param("/feed/7.xml", 200, "id=7", id="a literal around a binding"),
            pytest.param("/feed/7xxml", 404, None, id="a dot matches only a dot"),
            pytest.param(
                f"/text/{'x' * 10_240}", 200, f"name='{'x' * 10_240}'", id="10 KB of text"
            ),
            pytest.param(
                f"/list/{'x/' * 5_119}x", 200, f"names={['x'] * 5_120}", id="10 KB of segments"
            ),
            pytest.param(f"/list{'/' * 10_240}x", 302, None, id="10 KB of slashes"),
            pytest.param(f"/{'x/' * 5_120}", 404, None, id="10 KB that match no route"),
        ],
    )
    def test_a_path_is_matched_with_its_values(
        self, serve: Serve, target: str, status: int, body: str | None
    ) -> None:
        application = Application(
            [
                ("/text/<name>", lambda name: show(name=name)),
                ("/int/<n:int>", lambda n: show(n=n)),
                ("/float/<x:float>", lambda x: show(x=x)),
                ("/optional/<n?int>", lambda n: show(n=n)),
                ("/list/<names*>", lambda names: show(names=names)),
                ("/some/<numbers+int>", lambda numbers: show(numbers=numbers)),
                ("/a/b/<t:int>/thing/<das+int>", lambda t, das: show(t=t, das=das)),
                ("/feed/<id:int>.xml", lambda id: show(id=id)),
            ]
        )
        response = serve(application).get(target)
        assert response.status == status
        if body is not None:
            assert response.text == body

    def test_a_path_that_is_not_utf_8_is_a_bad_request(self, serve: Serve, request: Any) -> None:
        served = serve(Application([("/<name>", lambda name: Response(ascii(name)))]))
        response = served.get("/%FF")
        if "werkzeug" in request.node.name:
            # Werkzeug's server has inserted a replacement character.
            assert response.text == r"'\ufffd'"
        else:
            assert (response.status, response.text) == (
                400,
                "400 Bad Request\nThe path of the URL is not valid UTF-8.\n",
            )

    def test_overlapping_patterns_are_tried_in_declared_order(self, serve: Serve) -> None:
        served = serve(
            Application(
                [
                    ("/<a>/x", lambda a: Response("first")),
                    ("/y/<b>", lambda b: Response("second")),
                    ("/y/x", lambda: Response("never")),
                    ("/<rest*>", lambda rest: Response("last")),
                ],
                warnings="ignore",
            )
        )
        texts = [served.get(target).text for target in ("/y/x", "/y/z", "/z/z", "/", "/y/x/z")]
        assert texts == ["first", "second", "last", "last", "last"]


class TestMethods:
    def test_another_method_is_not_allowed(self, serve: Serve) -> None:
        served = serve(
            Application([GET("/a", lambda: Response("g")), POST("/a", lambda: Response("p"))])
        )
        response = served.request("DELETE", "/a")
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, POST")
        assert served.get("/a").text == "g"
        assert served.request("POST", "/a", b"").text == "p"

    @pytest.mark.parametrize("target", ["/", "/missing", "/boom", "/a", "/page", "/stream"])
    def test_head_has_the_headers_of_get_and_no_body(self, serve: Serve, target: str) -> None:
        served = serve(
            Application(
                [
                    GET("/", lambda: Response("hello")),
                    GET("/boom", lambda: Forbidden("no")),
                    GET("/stream", lambda: Response(iter(["he", "llo"]))),
                    GET("/a/", lambda: Response("moved")),
                    GET("/page", lambda: "hello", lambda context: Response(context)),
                ]
            )
        )

        def sent(method: str) -> tuple[str, dict[bytes, bytes], bytes]:
            raw = served.send(f"{method} {target} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            head, _, body = raw.partition(b"\r\n\r\n")
            status, *lines = head.split(b"\r\n")
            headers = dict(line.split(b": ", 1) for line in lines)
            del headers[b"Date"]
            if target == "/stream":  # the server adds the length
                headers = {b"Content-Type": headers[b"Content-Type"]}
            return status.split(b" ")[1].decode(), headers, body

        get, head = sent("GET"), sent("HEAD")
        assert get[2] != b""
        assert head == (*get[:2], b"")


class TestRedirects:
    @pytest.mark.parametrize("root", ["", "/root", "/deep/er/root"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_a_redirect_keeps_method_body_and_query_string(
        self, serve: Serve, root: str, method: str
    ) -> None:
        def endpoint(request: Request) -> Response:
            values = (request.method, request.root_path, request.args["b"], request.get_data())
            return Response(repr(values))

        application: Any = Application([Route("/a/", endpoint)])
        if root:
            application = DispatcherMiddleware(Response("outside"), {root: application})
        served = serve(application)
        response = served.request(method, f"{root}/a?b=%C3%BC%20%26", b"the body")
        assert response.status == 307
        assert response.headers["Location"] == f"{root}/a/?b=%C3%BC%20%26"
        response = served.request(method, response.headers["Location"], b"the body")
        assert response.text == repr((method, root, "ü &", b"the body"))

    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "///evil.example",
            "//evil.example//",
            "/\\evil.example",
            "/%5Cevil.example",
            "/%5C%5Cevil.example",
            "/%2Fevil.example",
            "/%2F%2Fevil.example",
            "/%09/evil.example",
            "/%0D%0ASet-Cookie:%20a=b",
            "//evil.example/%0D%0ASet-Cookie:%20a=b",
            "/a?%0D%0ASet-Cookie:%20a=b",
            "//evil.example/..",
            "/.%2F/evil.example",
            "/https:%2F%2Fevil.example",
            "/@evil.example",
            "//user@evil.example:80",
        ],
    )
    def test_a_redirect_never_leads_to_another_host(self, serve: Serve, target: str) -> None:
        served = serve(Application([("/<path+>/", lambda path: Response("served"))]))
        here = f"http://127.0.0.1:{served.port}"
        seen = set()
        for _ in range(5):
            response = served.get(target)
            assert "Set-Cookie" not in response.headers
            if response.status == 200:
                break
            location = response.headers["Location"]
            assert urljoin(here + target, location).startswith(f"{here}/")
            assert not location.startswith(("//", "/\\"))
            assert location not in seen
            seen.add(location)
            target = urlsplit(location)._replace(fragment="").geturl()
        assert response.text == "served"

    def test_each_slash_mode_has_its_responses(self, serve: Serve) -> None:
        application = Application(
            [
                Route("/strict/", lambda: Response("strict"), slash_mode=S_STRICT),
                Route("/rewrite/", lambda: Response("rewrite"), slash_mode=S_REWRITE),
                ("/redirect/", lambda: Response("redirect")),
            ]
        )
        served = serve(application)
        assert served.get("/strict").status == 404
        assert served.get("/rewrite").text == "rewrite"
        assert (served.get("/redirect").status, served.get("/redirect/").status) == (
            302,
            200,
        )


class Session(Middleware):
    """Provide a user, and mark the response."""

    provides = ("user",)

    def request(self, next: Any, request: Request) -> Any:
        response = next(user=request.args.get("user", "nobody"))
        response.headers["X-User"] = "seen"
        return response


class TestApplications:
    @pytest.mark.parametrize("prefix", ["/", "/a/", "/a"])
    def test_applications_are_nested_three_deep(self, serve: Serve, prefix: str) -> None:
        def endpoint(name: str, db: str, site: str, user: str = "-") -> Response:
            return Response(f"{name} {db} {site} {user}")

        inner = Application([GET("/<name>/", endpoint)], {"db": "inner", "site": "inner"})
        middle = Application([SubApplication(prefix, inner)], {"db": "middle"}, [Session()])
        outer = Application([SubApplication(prefix, middle)], {"site": "outer"}, [Session()])
        base = prefix.rstrip("/") * 2
        served = serve(outer)
        response = served.get(f"{base}/bob/?user=ann")
        assert response.text == "bob middle outer ann"
        assert response.headers.get_all("X-User") == ["seen"]
        assert served.get(f"{base}/bob?user=ann").headers["Location"] == f"{base}/bob/?user=ann"
        assert served.get(f"{base}/x/y").status == 404

    def test_two_applications_in_one_process_share_nothing(self, serve: Serve) -> None:
        def endpoint(name: str) -> Response:
            return Response(name)

        first = serve(Application([("/", endpoint)], {"name": "first"}))
        second_application = Application([POST("/", endpoint)], {"name": "second"}, [Session()])
        second = serve(second_application)
        second_application.add(("/late", endpoint))
        assert first.get("/").text == "first"
        assert second.request("POST", "/", b"").text == "second"
        assert (first.get("/late").status, second.get("/late").status) == (404, 200)
        assert "X-User" not in first.get("/").headers

    def test_routes_can_be_added_while_the_application_is_served(self, serve: Serve) -> None:
        application = Application([("/a", lambda: Response("a"))])
        served = serve(application)
        assert served.get("/b").status == 404
        with pytest.raises(NameError):
            application.add(("/b", lambda nothing: nothing))
        assert (served.get("/a").status, served.get("/b").status) == (200, 404)
        application.add(("/b", lambda: Response("b")))
        assert served.get("/b").text == "b"


class TestErrors:
    def test_a_non_breaking_error_falls_through_to_the_next_route(self, serve: Serve) -> None:
        served = serve(
            Application(
                [
                    ("/<a>", lambda a: Forbidden("not " + a, is_breaking=False)),
                    ("/<a:int>", lambda a: Conflict(f"not {a}", is_breaking=False)),
                    ("/x", lambda: Response("x")),
                ],
                warnings="ignore",
            )
        )
        assert served.get("/x").text == "x"
        assert served.get("/7").text == "409 Conflict\nnot 7\n"
        assert served.get("/y").text == "403 Forbidden\nnot y\n"

    @pytest.mark.parametrize(
        ("accept", "content_type", "start"),
        [
            (
                None,
                "text/plain; charset=utf-8",
                "404 Not Found\nThe requested URL was not found on this server.\n",
            ),
            (
                "*/*",
                "text/plain; charset=utf-8",
                "404 Not Found\nThe requested URL was not found on this server.\n",
            ),
            ("text/html,*/*;q=0.8", "text/html; charset=utf-8", "<!doctype html>"),
            ("application/json", "application/json", '{"code": 404,'),
            ("application/problem+json", "application/problem+json", '{"type": "'),
            ("application/xml", "application/xml; charset=utf-8", "<?xml version="),
        ],
    )
    def test_an_error_has_the_format_that_the_client_accepts(
        self, serve: Serve, accept: str | None, content_type: str, start: str
    ) -> None:
        response = serve(Application()).get("/", headers={"Accept": accept} if accept else {})
        assert (response.status, response.headers["Content-Type"]) == (404, content_type)
        assert response.text.startswith(start)

    def test_an_error_does_not_affect_the_next_request(self, serve: Serve) -> None:
        served = serve(
            Application(
                [
                    POST("/form", lambda request: Response(request.form["size"])),
                    ("/boom", lambda: 1 / 0),
                    ("/none", lambda: None),
                ]
            )
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        response = served.request("POST", "/form", b"colour=red", form)
        assert (response.status, "'size'" in response.text) == (400, True)
        assert served.request("POST", "/form", b"size=7", form).text == "7"
        assert (served.get("/boom").status, served.get("/none").status) == (500, 500)


class TestReroute:
    @pytest.mark.parametrize("how", ["endpoint", "raised", "from a middleware"])
    def test_a_reroute_passes_the_whole_request(self, serve: Serve, how: str) -> None:
        def legacy(environ: Any, start_response: Any) -> list[bytes]:
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start_response("202 Accepted", [("Content-Type", "text/plain")])
            return [environ["PATH_INFO"].encode(), b"?", environ["QUERY_STRING"].encode(), body]

        class ToLegacy(Middleware):
            def request(self, next: Any) -> Any:
                raise RerouteWSGI(legacy)

        def rerouting() -> Response:
            raise RerouteWSGI(legacy)

        routes = {
            "endpoint": ("/old/<path*>", RerouteWSGI(legacy)),
            "raised": ("/old/<path*>", rerouting),
            "from a middleware": Route(
                "/old/<path*>", lambda: Response("no"), middlewares=[ToLegacy()]
            ),
        }
        response = serve(Application([routes[how]])).request("POST", "/old/a%20b?c=d", b" body")
        assert (response.status, response.text) == (202, "/old/a b?c=d body")


def test_text_goes_through_unchanged(serve: Serve) -> None:
    text = "Ünï¢ødé 日本語 💶"
    application = Application(
        [POST("/<name>", lambda name, request: Response(name + request.get_data(as_text=True)))]
    )
    response = serve(application).request("POST", f"/{quote(text)}", text.encode())
    assert response.text == text * 2
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
