"""What the wire has a part in, through real servers on real ports."""

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
    """Answer with the values of a path, in the order of their names."""
    return Response(" ".join(f"{name}={value!r}" for name, value in sorted(values.items())))


class TestPaths:
    @pytest.mark.parametrize(
        ("target", "status", "body"),
        [
            pytest.param("/text/bob", 200, "name='bob'", id="a text"),
            pytest.param("/text/", 404, None, id="no text"),
            pytest.param("/text/J%C3%BCrg", 200, "name='Jürg'", id="percent-encoded UTF-8"),
            pytest.param("/text/%E2%82%AC%20%F0%9F%92%B6", 200, "name='€ 💶'", id="any of it"),
            pytest.param("/text/a+b%2Bc", 200, "name='a+b+c'", id="a plus sign is a plus sign"),
            pytest.param("/text/a%3Fb%23c", 200, "name='a?b#c'", id="what ends a path, encoded"),
            pytest.param("/text/%25", 200, "name='%'", id="a percent sign, encoded"),
            pytest.param("/text/%zz", 200, "name='%zz'", id="what only looks encoded"),
            pytest.param("/text/a%00b", 200, r"name='a\x00b'", id="an encoded NUL"),
            pytest.param("/t%65xt/bob", 200, "name='bob'", id="a literal, encoded"),
            pytest.param("/text/a%2Fb", 404, None, id="an encoded slash is a slash"),
            pytest.param("/list/a%2Fb", 200, "names=['a', 'b']", id="also between repeated ones"),
            pytest.param("/int/7", 200, "n=7", id="an int"),
            pytest.param("/int/-7", 200, "n=-7", id="a negative one"),
            pytest.param("/int/007", 200, "n=7", id="one with zeros in front"),
            pytest.param("/int/7.0", 404, None, id="a float is no int"),
            pytest.param("/int/%D9%A7", 404, None, id="nor is a digit of another script"),
            pytest.param(f"/int/{'1' * 4300}", 200, f"n={'1' * 4300}", id="an int of 4,300 digits"),
            pytest.param(f"/int/{'1' * 5000}", 404, None, id="none of 5,000 digits"),
            pytest.param("/float/1.5e3", 200, "x=1500.0", id="a float"),
            pytest.param("/float/inf", 404, None, id="infinity is none"),
            pytest.param("/optional", 200, "n=None", id="an optional one that is not there"),
            pytest.param("/optional/7", 200, "n=7", id="an optional one that is"),
            pytest.param("/optional/x", 404, None, id="an optional one that does not fit"),
            pytest.param("/optional/7/8", 404, None, id="an optional one twice"),
            pytest.param("/list", 200, "names=[]", id="any number of them: none"),
            pytest.param("/list/a/b/c", 200, "names=['a', 'b', 'c']", id="any number: three"),
            pytest.param("/some", 404, None, id="at least one: none"),
            pytest.param("/some/1/2", 200, "numbers=[1, 2]", id="at least one: two"),
            pytest.param("/some/1/x", 404, None, id="at least one: one does not fit"),
            pytest.param("/a/b/1/thing/1/2/3", 200, "das=[1, 2, 3] t=1", id="several in one"),
            pytest.param("/feed/7.xml", 200, "id=7", id="a literal around one"),
            pytest.param("/feed/7xxml", 404, None, id="a dot is a dot"),
            pytest.param(
                f"/text/{'x' * 10_240}", 200, f"name='{'x' * 10_240}'", id="10 KB of text"
            ),
            pytest.param(f"/list/{'x/' * 5_119}x", 200, f"names={['x'] * 5_120}", id="of segments"),
            pytest.param(f"/list{'/' * 10_240}x", 302, None, id="of slashes"),
            pytest.param(f"/{'x/' * 5_120}", 404, None, id="10 KB that nothing matches"),
        ],
    )
    def test_lead_to_routes_and_values(
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
        answer = serve(application).ask(target)
        assert answer.status == status
        if body is not None:
            assert answer.text == body

    def test_that_are_not_utf_8_are_bad_requests(self, serve: Serve, request: Any) -> None:
        served = serve(Application([("/<name>", lambda name: Response(ascii(name)))]))
        answer = served.ask("/%FF")
        if "werkzeug" in request.node.name:
            # Werkzeug's server has put a replacement character in its place already.
            assert answer.text == r"'\ufffd'"
        else:
            assert (answer.status, answer.text) == (
                400,
                "400 Bad Request\nThe path of the URL is not valid UTF-8.\n",
            )

    def test_overlapping_ones_go_by_declared_order(self, serve: Serve) -> None:
        served = serve(
            Application(
                [
                    ("/<a>/x", lambda a: Response("first")),
                    ("/y/<b>", lambda b: Response("second")),
                    ("/y/x", lambda: Response("never")),
                    ("/<rest*>", lambda rest: Response("last")),
                ]
            )
        )
        answers = [served.ask(target).text for target in ("/y/x", "/y/z", "/z/z", "/", "/y/x/z")]
        assert answers == ["first", "second", "last", "last", "last"]


class TestMethods:
    def test_another_one_is_not_allowed(self, serve: Serve) -> None:
        served = serve(
            Application([GET("/a", lambda: Response("g")), POST("/a", lambda: Response("p"))])
        )
        answer = served.ask("/a", "DELETE")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
        assert served.ask("/a").text == "g"
        assert served.ask("/a", "POST", b"").text == "p"

    @pytest.mark.parametrize("target", ["/", "/missing", "/boom", "/a", "/page", "/stream"])
    def test_head_gives_the_headers_of_get_and_no_body(self, serve: Serve, target: str) -> None:
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
            if target == "/stream":  # then it is the server that says how long it is
                headers = {b"Content-Type": headers[b"Content-Type"]}
            return status.split(b" ")[1].decode(), headers, body

        get, head = sent("GET"), sent("HEAD")
        assert get[2] != b""
        assert head == (*get[:2], b"")


class TestRedirects:
    @pytest.mark.parametrize("root", ["", "/root", "/deep/er/root"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_keep_method_body_and_query_string(self, serve: Serve, root: str, method: str) -> None:
        def endpoint(request: Request) -> Response:
            told = (request.method, request.root_path, request.args["b"], request.get_data())
            return Response(repr(told))

        application: Any = Application([Route("/a/", endpoint)])
        if root:
            application = DispatcherMiddleware(Response("outside"), {root: application})
        served = serve(application)
        answer = served.ask(f"{root}/a?b=%C3%BC%20%26", method, b"the body")
        assert answer.status == 307
        assert answer.headers["Location"] == f"{root}/a/?b=%C3%BC%20%26"
        answer = served.ask(answer.headers["Location"], method, b"the body")
        assert answer.text == repr((method, root, "ü &", b"the body"))

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
    def test_never_lead_to_another_host(self, serve: Serve, target: str) -> None:
        served = serve(Application([("/<path+>/", lambda path: Response("served"))]))
        here = f"http://127.0.0.1:{served.port}"
        seen = set()
        for _ in range(5):
            answer = served.ask(target)
            assert "Set-Cookie" not in answer.headers
            if answer.status == 200:
                break
            location = answer.headers["Location"]
            assert urljoin(here + target, location).startswith(f"{here}/")
            assert not location.startswith(("//", "/\\"))
            assert location not in seen
            seen.add(location)
            target = urlsplit(location)._replace(fragment="").geturl()
        assert answer.text == "served"

    def test_slash_modes(self, serve: Serve) -> None:
        application = Application(
            [
                Route("/strict/", lambda: Response("strict"), slash_mode=S_STRICT),
                Route("/rewrite/", lambda: Response("rewrite"), slash_mode=S_REWRITE),
                ("/redirect/", lambda: Response("redirect")),
            ]
        )
        served = serve(application)
        assert served.ask("/strict").status == 404
        assert served.ask("/rewrite").text == "rewrite"
        assert (served.ask("/redirect").status, served.ask("/redirect/").status) == (302, 200)


class Session(Middleware):
    """Provides a user, and signs the answer."""

    provides = ("user",)

    def request(self, next: Any, request: Request) -> Any:
        response = next(user=request.args.get("user", "nobody"))
        response.headers["X-User"] = "seen"
        return response


class TestApplications:
    @pytest.mark.parametrize("prefix", ["/", "/a/", "/a"])
    def test_three_deep(self, serve: Serve, prefix: str) -> None:
        def endpoint(name: str, db: str, site: str, user: str = "-") -> Response:
            return Response(f"{name} {db} {site} {user}")

        inner = Application([GET("/<name>/", endpoint)], {"db": "inner", "site": "inner"})
        middle = Application([SubApplication(prefix, inner)], {"db": "middle"}, [Session()])
        outer = Application([SubApplication(prefix, middle)], {"site": "outer"}, [Session()])
        base = prefix.rstrip("/") * 2
        served = serve(outer)
        answer = served.ask(f"{base}/bob/?user=ann")
        assert answer.text == "bob middle outer ann"
        assert answer.headers.get_all("X-User") == ["seen"]
        assert served.ask(f"{base}/bob?user=ann").headers["Location"] == f"{base}/bob/?user=ann"
        assert served.ask(f"{base}/x/y").status == 404

    def test_two_in_one_process_share_nothing(self, serve: Serve) -> None:
        def endpoint(name: str) -> Response:
            return Response(name)

        first = serve(Application([("/", endpoint)], {"name": "first"}))
        second_application = Application([POST("/", endpoint)], {"name": "second"}, [Session()])
        second = serve(second_application)
        second_application.add(("/late", endpoint))
        assert first.ask("/").text == "first"
        assert second.ask("/", "POST", b"").text == "second"
        assert (first.ask("/late").status, second.ask("/late").status) == (404, 200)
        assert "X-User" not in first.ask("/").headers

    def test_routes_added_while_it_is_served(self, serve: Serve) -> None:
        application = Application([("/a", lambda: Response("a"))])
        served = serve(application)
        assert served.ask("/b").status == 404
        with pytest.raises(NameError):
            application.add(("/b", lambda nothing: nothing))
        assert (served.ask("/a").status, served.ask("/b").status) == (200, 404)
        application.add(("/b", lambda: Response("b")))
        assert served.ask("/b").text == "b"


class TestErrors:
    def test_lead_to_the_next_route_until_one_answers(self, serve: Serve) -> None:
        served = serve(
            Application(
                [
                    ("/<a>", lambda a: Forbidden("not " + a, is_breaking=False)),
                    ("/<a:int>", lambda a: Conflict(f"not {a}", is_breaking=False)),
                    ("/x", lambda: Response("x")),
                ]
            )
        )
        assert served.ask("/x").text == "x"
        assert served.ask("/7").text == "409 Conflict\nnot 7\n"
        assert served.ask("/y").text == "403 Forbidden\nnot y\n"

    @pytest.mark.parametrize(
        ("accept", "content_type", "start"),
        [
            (None, "text/plain; charset=utf-8", "404 Not Found\n"),
            ("*/*", "text/plain; charset=utf-8", "404 Not Found\n"),
            ("text/html,*/*;q=0.8", "text/html; charset=utf-8", "<!doctype html>"),
            ("application/json", "application/json", '{"code": 404,'),
            ("application/problem+json", "application/problem+json", '{"type": "'),
            ("application/xml", "application/xml; charset=utf-8", "<?xml version="),
        ],
    )
    def test_read_as_the_client_likes(
        self, serve: Serve, accept: str | None, content_type: str, start: str
    ) -> None:
        answer = serve(Application()).ask("/", headers={"Accept": accept} if accept else {})
        assert (answer.status, answer.headers["Content-Type"]) == (404, content_type)
        assert answer.text.startswith(start)

    def test_of_a_request_are_of_that_request(self, serve: Serve) -> None:
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
        answer = served.ask("/form", "POST", b"colour=red", form)
        assert (answer.status, "'size'" in answer.text) == (400, True)
        assert served.ask("/form", "POST", b"size=7", form).text == "7"
        assert (served.ask("/boom").status, served.ask("/none").status) == (500, 500)


class TestReroute:
    @pytest.mark.parametrize("how", ["endpoint", "raised", "from a middleware"])
    def test_hands_over_the_whole_request(self, serve: Serve, how: str) -> None:
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
        answer = serve(Application([routes[how]])).ask("/old/a%20b?c=d", "POST", b" body")
        assert (answer.status, answer.text) == (202, "/old/a b?c=d body")


def test_text_goes_through_unchanged(serve: Serve) -> None:
    text = "Ünï¢ødé 日本語 💶"
    application = Application(
        [POST("/<name>", lambda name, request: Response(name + request.get_data(as_text=True)))]
    )
    answer = serve(application).ask(f"/{quote(text)}", "POST", text.encode())
    assert answer.text == text * 2
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
