"""Test the ``finish`` method of middlewares, which is called once for every response."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from werkzeug.exceptions import Gone as WerkzeugGone
from werkzeug.test import EnvironBuilder, run_wsgi_app

from clastic import (
    GET,
    POST,
    Application,
    BaseResponse,
    Middleware,
    NotFound,
    Response,
    Route,
    SubApplication,
    redirect,
)
from clastic.application import RerouteWSGI
from clastic.errors import ErrorHandler, RequestEntityTooLarge, ServiceUnavailable
from clastic.wiring import WiringError


class Seen(Middleware):
    """Record each response that it finishes, and mark it with a header."""

    def __init__(self, label: str, seen: list[tuple[str, int]]) -> None:
        self.label, self.seen = label, seen

    def finish(self, response: BaseResponse, environ: dict[str, Any], route: Any) -> BaseResponse:
        self.seen.append((self.label, response.status_code))
        response.headers.add("X-Seen", self.label)
        return response


def fail() -> None:
    raise LookupError("uncaught")


def raise_error(error: Exception) -> Callable[[], None]:
    def endpoint() -> None:
        raise error

    return endpoint


def other_wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("203 Other", [("Content-Type", "text/plain")])
    return [b"other"]


def make_site(seen: list[tuple[str, int]], **options: Any) -> Application:
    """Make a site with an embedded blog; both have a middleware, and so has one route."""
    blog = Application(
        [
            GET("/", lambda: Response("blog")),
            GET("/post/", lambda: Response("post")),
            GET("/fail", fail),
            GET("/gone", lambda: Response("gone", 410)),
            GET("/wsgi/<rest*>", RerouteWSGI(other_wsgi_app)),
        ],
        middlewares=[Seen("blog", seen)],
    )
    return Application(
        [
            GET("/", lambda: Response("home")),
            GET("/context", lambda: "text", lambda context: Response(context)),
            GET("/subclass", lambda: BaseResponse("plain")),
            GET("/raised", raise_error(NotFound("here"))),
            GET("/returned", lambda: NotFound("here")),
            GET("/werkzeug", raise_error(WerkzeugGone())),
            GET("/fails", fail),
            GET("/none", lambda: None),
            GET("/large", raise_error(RequestEntityTooLarge())),
            GET("/passed", raise_error(NotFound(is_breaking=False))),
            GET("/redirect", lambda: redirect("/")),
            GET("/branch/", lambda: Response("branch")),
            POST("/form", lambda: Response("form")),
            GET("/wsgi/<rest*>", RerouteWSGI(other_wsgi_app)),
            Route("/route", lambda: Response("route"), middlewares=[Seen("route", seen)]),
            SubApplication("/blog", blog),
        ],
        middlewares=[Seen("site", seen)],
        **options,
    )


ROWS = [
    pytest.param("/", 200, ["site"], id="a returned response"),
    pytest.param("/context", 200, ["site"], id="a rendered response"),
    pytest.param("/subclass", 200, ["site"], id="a response of another type"),
    pytest.param("/raised", 404, ["site"], id="a raised error"),
    pytest.param("/returned", 404, ["site"], id="a returned error"),
    pytest.param("/werkzeug", 410, ["site"], id="an error of Werkzeug"),
    pytest.param("/fails", 500, ["site"], id="an uncaught exception"),
    pytest.param("/none", 500, ["site"], id="a result that is not a response"),
    pytest.param("/large", 413, ["site"], id="a refused body"),
    pytest.param("/passed", 404, ["site"], id="a non-breaking error, and no other route"),
    pytest.param("/redirect", 302, ["site"], id="a returned redirect"),
    pytest.param("/branch", 302, ["site"], id="a slash redirect"),
    pytest.param("/form", 405, ["site"], id="a wrong method"),
    pytest.param("/nowhere", 404, ["site"], id="a miss"),
    pytest.param("/\udcff", 400, ["site"], id="a path that is not UTF-8"),
    pytest.param("/wsgi/x", 203, ["site"], id="another WSGI application"),
    pytest.param("/route", 200, ["route", "site"], id="a route with its own middleware"),
    pytest.param("/blog/", 200, ["blog", "site"], id="an embedded route"),
    pytest.param("/blog/post", 302, ["blog", "site"], id="a slash redirect of an embedded route"),
    pytest.param("/blog/gone", 410, ["blog", "site"], id="an embedded route with another status"),
    pytest.param(
        "/blog/fail", 500, ["blog", "site"], id="an uncaught exception of an embedded route"
    ),
    pytest.param("/blog/none", 404, ["blog", "site"], id="a miss under the prefix"),
    pytest.param("/blog/\udcff", 400, ["blog", "site"], id="a bad path under the prefix"),
    pytest.param(
        "/blog/wsgi/x", 203, ["blog", "site"], id="another WSGI application in the embedded one"
    ),
    pytest.param("/blogs", 404, ["site"], id="a miss beside the prefix"),
]


def request(application: Application, path: str) -> tuple[int, list[str], bytes]:
    environ = EnvironBuilder().get_environ()
    environ["PATH_INFO"] = path.encode("utf-8", "surrogateescape").decode("latin-1")
    body, status, headers = run_wsgi_app(application, environ)
    return int(status[:3]), headers.getlist("X-Seen"), b"".join(body)


@pytest.mark.parametrize(("path", "status", "labels"), ROWS)
def test_every_response_is_finished_once_innermost_first(
    path: str, status: int, labels: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[str, int]] = []
    with caplog.at_level(logging.CRITICAL):
        assert request(make_site(seen), path)[:2] == (status, labels)
    assert seen == [(label, status) for label in labels]


@pytest.mark.parametrize(("path", "status", "labels"), ROWS)
def test_a_site_without_finish_responds_the_same(
    path: str, status: int, labels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = request(make_site([]), path)
    monkeypatch.setattr(Seen, "finish", None)
    application = make_site([])
    assert all(route.finishing == () for route in application.routes)
    status, labels, body = request(application, path)
    assert (status, labels) == (finished[0], [])
    if status != 500:  # the error ids differ
        assert body == finished[2]


def test_an_error_rendered_by_an_error_handler_is_finished() -> None:
    class Handler(ErrorHandler):
        def render_error(self, _error):
            return Response(f"sorry, {_error.code}", 499)

    seen: list[tuple[str, int]] = []
    status, labels, body = request(make_site(seen, error_handler=Handler()), "/raised")
    assert (status, labels, body) == (499, ["site"], b"sorry, 404")


def test_the_debug_page_is_finished(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[str, int]] = []
    status, labels, body = request(make_site(seen, debug=True), "/fails")
    assert (status, labels) == (500, ["site"])
    assert b"LookupError" in body


def test_a_response_after_a_fall_through_is_finished_by_its_own_route() -> None:
    seen: list[tuple[str, int]] = []
    raise_not_found = raise_error(NotFound(is_breaking=False))
    first = Route("/", raise_not_found, middlewares=[Seen("first", seen)], falls_through=True)
    second = Route("/", lambda: Response("second"), middlewares=[Seen("second", seen)])
    assert request(Application([first, second]), "/") == (200, ["second"], b"second")


def test_a_miss_two_levels_down_is_finished_by_all_outer_applications() -> None:
    seen: list[tuple[str, int]] = []
    inner = Application([GET("/", lambda: Response("x"))], middlewares=[Seen("inner", seen)])
    middle = Application([("/in/<name>", inner)], middlewares=[Seen("middle", seen)])
    outer = Application([("/mid", middle)], middlewares=[Seen("outer", seen)])
    assert request(outer, "/mid/in/a/none")[1] == ["inner", "middle", "outer"]
    assert request(outer, "/mid/none")[1] == ["middle", "outer"]
    assert request(outer, "/none")[1] == ["outer"]


def test_only_the_embedded_application_may_have_a_finish_method() -> None:
    inner = Application([GET("/", lambda: Response("x"))], middlewares=[Seen("inner", [])])
    outer = Application([GET("/", lambda: Response("home")), ("/in", inner)])
    assert request(outer, "/in/none")[1] == ["inner"]
    assert request(outer, "/none")[1] == []


def test_an_application_added_later_finishes_the_misses_under_its_prefix() -> None:
    inner = Application([GET("/", lambda: Response("x"))], middlewares=[Seen("inner", [])])
    application = Application()
    assert request(application, "/in/none")[1] == []
    application.add(("/in", inner))
    application.add(GET("/", lambda: Response("home")))
    application.set_error_handler()
    assert request(application, "/in/none")[1] == ["inner"]


def test_finish_gets_the_environ_and_the_route() -> None:
    given: list[Any] = []

    class Keep(Middleware):
        def finish(self, response, environ, route):
            given.append((environ["PATH_INFO"], route.pattern, route.is_null_route))
            return response

    application = Application([GET("/<name>", lambda name: Response(name))], middlewares=[Keep()])
    request(application, "/ann")
    request(application, "/a/b")
    assert given == [("/ann", "/<name>", False), ("/a/b", "/<_path*>", True)]


def test_finish_gets_a_copy_of_a_shared_response() -> None:
    shared = Response("shared")
    redirection = redirect("/")
    application = Application(
        [GET("/", lambda: shared), GET("/old", lambda: redirection)],
        middlewares=[Seen("site", [])],
    )
    for _ in range(2):
        assert request(application, "/")[1] == ["site"]
        assert request(application, "/old")[1] == ["site"]
    assert "X-Seen" not in shared.headers
    assert "X-Seen" not in redirection.headers


def test_finish_may_return_another_response() -> None:
    class Replace(Middleware):
        def finish(self, response, environ, route):
            return Response("replaced", 202)

    application = Application(
        [GET("/", lambda: Response("x"))], middlewares=[Seen("site", []), Replace()]
    )
    assert request(application, "/") == (202, ["site"], b"replaced")
    assert request(application, "/none") == (202, ["site"], b"replaced")


@pytest.mark.parametrize("path", ["/", "/none"])
def test_an_error_raised_by_finish_is_finished_by_outer_middlewares(path: str) -> None:
    class Unavailable(Middleware):
        def finish(self, response, environ, route):
            raise ServiceUnavailable("the store is away", headers={"Retry-After": "5"})

    seen: list[tuple[str, int]] = []
    application = Application(
        [GET("/", lambda: Response("x"))], middlewares=[Seen("site", seen), Unavailable()]
    )
    status, labels, body = request(application, path)
    assert (status, labels, seen) == (503, ["site"], [("site", 503)])
    assert b"the store is away" in body


@pytest.mark.parametrize("path", ["/", "/none"])
def test_an_exception_in_finish_is_logged_and_a_500(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Middleware):
        def finish(self, response, environ, route):
            raise LookupError("broken")

    seen: list[tuple[str, int]] = []
    application = Application(
        [GET("/", lambda: Response("x"))], middlewares=[Seen("site", seen), Broken()]
    )
    assert request(application, path)[:2] == (500, ["site"])
    assert seen == [("site", 500)]
    assert caplog.text.count("LookupError: broken") == 1


def test_a_finish_method_that_returns_nothing_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Forgetful(Middleware):
        def finish(self, response, environ, route):
            response.headers["X-Seen"] = "it"

    application = Application([GET("/", lambda: Response("x"))], middlewares=[Forgetful()])
    assert request(application, "/")[0] == 500
    assert "Forgetful.finish" in caplog.text
    assert "returned None, which is not a Response. Return the response that was" in caplog.text


def test_a_head_request_is_finished_too() -> None:
    application = make_site([])
    response = application.get_local_client().head("/")
    assert (response.status_code, response.headers["X-Seen"], response.data) == (200, "site", b"")


def test_a_streamed_response_is_finished_before_its_body_is_sent() -> None:
    seen: list[tuple[str, int]] = []
    closed: list[str] = []

    def stream() -> Iterable[bytes]:
        try:
            yield f"{len(seen)} seen".encode()
        finally:
            closed.append("closed")

    application = Application(
        [GET("/", lambda: Response(stream()))], middlewares=[Seen("site", seen)]
    )
    assert application.get_local_client().get("/").data == b"1 seen"
    assert closed == ["closed"]


def test_the_same_middleware_may_provide_values_and_finish() -> None:
    class Both(Middleware):
        provides = ("user",)

        def request(self, next):
            return next(user="ann")

        def finish(self, response, environ, route):
            response.headers["X-Seen"] = "both"
            return response

    application = Application([GET("/", lambda user: Response(user))], middlewares=[Both()])
    assert request(application, "/") == (200, ["both"], b"ann")


def test_a_miss_is_finished_even_if_request_needs_a_path_value() -> None:
    class ByName(Middleware):
        def request(self, next, name):
            return next()

        def finish(self, response, environ, route):
            response.headers["X-Seen"] = "by name"
            return response

    application = Application([GET("/<name>", lambda name: Response(name))], middlewares=[ByName()])
    assert request(application, "/ann")[:2] == (200, ["by name"])
    assert request(application, "/a/b")[:2] == (404, ["by name"])


def test_a_finish_method_with_other_arguments_is_refused() -> None:
    class Injected(Middleware):
        def finish(self, next, request):
            return next()

    with pytest.raises(WiringError) as caught:
        Application(middlewares=[Injected()])
    assert str(caught.value).endswith(
        "cannot be called with a response, an environ and a route.\n"
        "  Define it as finish(self, response, environ, route)."
    )


def test_another_wsgi_application_may_start_again_before_its_body() -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            raise LookupError
        except LookupError:
            start_response("500 Failed", [("Content-Type", "text/plain")], sys.exc_info())
        yield b"failed"

    seen: list[tuple[str, int]] = []
    application = Application([GET("/", RerouteWSGI(failing))], middlewares=[Seen("site", seen)])
    assert request(application, "/") == (500, ["site"], b"failed")
