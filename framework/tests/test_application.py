"""Test applications: construction, changes of routes and error handlers, and ``dispatch``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import create_environ as make_environ

from clastic import (
    GET,
    POST,
    S_STRICT,
    Application,
    BaseResponse,
    Middleware,
    Request,
    RerouteWSGI,
    Response,
    Route,
    StaticApplication,
    SubApplication,
)
from clastic.application import DispatchState
from clastic.errors import ErrorHandler, Forbidden, HTTPException, REPLErrorHandler
from clastic.route import InvalidPattern
from clastic.wiring import WiringError


def ok() -> Response:
    return Response("ok")


def get(application: Application, path: str = "/") -> str:
    return application.get_local_client().get(path).get_data(as_text=True)


class Session(Middleware):
    """Provide a user."""

    provides = ("user",)

    def request(self, next: Any) -> Any:
        return next(user="ann")


class TestConstruction:
    def test_an_application_may_be_empty(self) -> None:
        application = Application()
        assert application.get_local_client().get("/").status_code == 404
        assert (application.routes, application.middlewares) == ((), ())
        assert (dict(application.resources), application.render_factory) == ({}, None)

    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param(("/", ok), id="a tuple"),
            pytest.param(["/", ok], id="a list"),
            pytest.param(Route("/", ok), id="a route"),
            pytest.param(GET("/", ok), id="a route of a method"),
            pytest.param(("/", Application([("/", ok)])), id="a prefix and an application"),
            pytest.param(SubApplication("/", Application([("/", ok)])), id="a subapplication"),
            pytest.param(("/", RerouteWSGI(Response("ok"))), id="another WSGI application"),
            pytest.param(("/", lambda: "k", lambda context: Response(f"o{context}")), id="render"),
            pytest.param(("/", lambda: 1 / 0, None, lambda _error: Response("ok")), id="all four"),
        ],
    )
    def test_every_kind_of_route_can_be_given_and_added(self, entry: Any) -> None:
        assert get(Application([entry])) == "ok"
        application = Application()
        application.add(entry)
        assert get(application) == "ok"

    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param("/", id="a pattern alone"),
            pytest.param(("/",), id="a tuple of one"),
            pytest.param(("/", ok, None, None, None), id="a tuple of five"),
            pytest.param(ok, id="an endpoint alone"),
            pytest.param(Application(), id="an application alone"),
            pytest.param(None, id="nothing"),
        ],
    )
    def test_other_objects_than_routes_are_refused(self, entry: Any) -> None:
        with pytest.raises(TypeError) as caught:
            Application([entry])
        assert str(caught.value) == (
            f"{entry!r} is not a route. Routes are Route and SubApplication objects, or tuples "
            "(pattern, endpoint[, render[, render_error]]) or (prefix, application), in a list."
        )

    def test_routes_and_middlewares_may_be_any_iterables(self) -> None:
        def entries() -> Iterator[Any]:
            yield ("/", lambda user, db: Response(f"{user} {db}"))

        application = Application(entries(), {"db": 1}, iter([Session()]))
        assert get(application) == "ann 1"

    def test_later_changes_of_the_arguments_have_no_effect(self) -> None:
        routes, resources = [("/", lambda db: Response(db))], {"db": "first"}
        middlewares: list[Middleware] = []
        application = Application(routes, resources, middlewares)
        routes.append(("/late", ok))
        resources["db"] = "second"
        middlewares.append(Session())
        assert get(application) == "first"
        assert (len(application.routes), application.middlewares) == (1, ())
        with pytest.raises(TypeError):
            application.resources["db"] = "third"  # type: ignore[index]

    def test_construction_calls_no_endpoint_render_or_middleware(self) -> None:
        def fail(*arguments: Any) -> Any:
            raise AssertionError("called while the application is constructed")

        class Failing(Middleware):
            def request(self, next: Any) -> Any:
                fail()

        application = Application(
            [("/", lambda: fail(), lambda context: fail())], {"db": fail}, [Failing()]
        )
        assert application.get_local_client().get("/").status_code == 500

    def test_a_render_factory_is_called_only_during_construction(self) -> None:
        made = []

        def factory(name: str) -> Callable[..., Any]:
            made.append(name)
            return lambda context: Response(name)

        application = Application([("/", lambda: 1, "page")], render_factory=factory)
        assert made == ["page"]
        assert get(application) == get(application) == "page"
        assert made == ["page"]

    def test_the_repr_has_the_numbers_of_routes_and_middlewares(self) -> None:
        application = Application([("/", ok), ("/a", ok)], {"db": 1, "site": 2}, [Session()])
        assert repr(application) == "<Application of 2 routes, 1 middlewares, resources: db, site>"
        assert repr(Application()) == "<Application of 0 routes, 0 middlewares, resources: none>"


class TestOverrides:
    def test_a_subclass_can_set_the_request_type(self) -> None:
        class Named(Request):
            name = "named"

        class Custom(Application):
            request_type = Named

        assert get(Custom([("/", lambda request: Response(request.name))])) == "named"

    def test_a_subclass_can_set_the_response_type_of_its_client(self) -> None:
        class Shouting(Response):
            @property
            def shout(self) -> str:
                return self.get_data(as_text=True).upper()

        class Custom(Application):
            response_type = Shouting

        response: Any = Custom([("/", ok)]).get_local_client().get("/")
        assert (response.shout, response.status_code) == ("OK", 200)
        assert isinstance(response, Shouting)

    @pytest.mark.parametrize(("debug", "name"), [(None, "plain"), (False, "plain"), (True, "full")])
    def test_a_subclass_can_set_the_default_error_handlers(
        self, debug: bool | None, name: str
    ) -> None:
        class Plain(ErrorHandler):
            def render_error(self, _error: Any) -> Response:  # type: ignore[override]
                return Response("plain")

        class Full(ErrorHandler):
            def render_error(self, _error: Any) -> Response:  # type: ignore[override]
                return Response("full")

        class Custom(Application):
            default_error_handler_type = Plain
            default_debug_error_handler_type = Full

        application = Custom(debug=debug)
        assert get(application) == name
        application.set_error_handler(ErrorHandler())
        assert (
            get(application) == "404 Not Found\nThe requested URL was not found on this server.\n"
        )
        application.set_error_handler()
        assert get(application) == name


class TestResponses:
    @pytest.mark.parametrize(
        ("make", "status", "body"),
        [
            pytest.param(lambda: Response("a", 201), 201, b"a", id="a response of the framework"),
            pytest.param(lambda: BaseResponse("b", 202), 202, b"b", id="a response of Werkzeug"),
            pytest.param(lambda: Response(iter(["c", "d"])), 200, b"cd", id="a streamed response"),
            pytest.param(
                lambda: type("Own", (Response,), {})("e"), 200, b"e", id="a response of a subclass"
            ),
            pytest.param(lambda: Forbidden("f"), 403, b"403 Forbidden\nf\n", id="an HTTP error"),
            pytest.param(
                lambda: HTTPException("g", code=299), 299, None, id="an error of an unknown status"
            ),
        ],
    )
    def test_an_endpoint_may_return_every_kind_of_response(
        self, make: Any, status: int, body: bytes | None
    ) -> None:
        response = Application([("/", make)]).get_local_client().get("/")
        assert response.status_code == status
        if body is not None:
            assert response.data == body


class TestAdding:
    def test_routes_are_added_at_the_end_or_at_an_index(self) -> None:
        application = Application([("/b", ok), ("/d", ok)])
        application.add(("/e", ok))
        application.add(("/a", ok), 0)
        application.add(("/in", Application([("/1", ok), ("/2", ok)])), index=2)
        application.add(("/c", ok), -2)
        assert [route.pattern for route in application.iter_routes()] == [
            *("/a", "/b", "/in/1", "/in/2", "/c", "/d", "/e"),
        ]
        assert list(application.iter_routes()) == list(application.routes)

    def test_an_added_route_uses_resources_middlewares_renders_and_slash_mode(self) -> None:
        def factory(name: str) -> Any:
            return lambda context: Response(f"{name} {context}")

        application = Application([], {"db": 1}, [Session()], factory, slash_mode=S_STRICT)
        application.add(("/a/", lambda db, user: (db, user), "page"))
        assert get(application, "/a/") == "page (1, 'ann')"
        assert application.get_local_client().get("/a").status_code == 404

    @pytest.mark.parametrize(
        ("entry", "error"),
        [
            pytest.param(("/new", lambda datbase: ok()), WiringError, id="a missing argument"),
            pytest.param(("new", ok), InvalidPattern, id="an invalid pattern"),
            pytest.param(None, TypeError, id="not a route"),
            pytest.param(
                Route("/new", ok, middlewares=["gzip"]),  # type: ignore[list-item]
                WiringError,
                id="not a middleware",
            ),
            pytest.param(
                Route("/new", ok, middlewares=[type("W", (Middleware,), {"wsgi_wrapper": int})()]),
                TypeError,
                id="a WSGI wrapper that fails",
            ),
            pytest.param(
                ("/<new>", Application([("/<new>", lambda new: ok())])), InvalidPattern, id="prefix"
            ),
        ],
    )
    def test_a_failed_addition_changes_nothing(self, entry: Any, error: type[Exception]) -> None:
        application = Application([("/a", ok)], {"database": 1}, [Session()])
        before = (application.routes, application.error_handler, application.middlewares)
        with pytest.raises(error):
            application.add(entry, 0)
        after = (application.routes, application.error_handler, application.middlewares)
        assert after == before
        assert get(application, "/a") == "ok"
        assert application.get_local_client().get("/new").status_code == 404
        application.add(("/new", ok))
        assert get(application, "/new") == "ok"

    def test_an_embedded_application_with_one_bad_route_adds_no_route(self) -> None:
        inner = Application([("/fine", ok), ("/<db>", lambda db: ok())])
        application = Application([], {"db": 1})
        with pytest.raises(WiringError, match="two sources for 'db'"):
            application.add(("/in", inner))
        assert application.routes == ()


class TestErrorHandlers:
    def test_the_error_handler_can_be_changed(self) -> None:
        class Pages(ErrorHandler):
            def render_error(self, _error: Any, site: str) -> Response:  # type: ignore[override]
                return Response(f"{site} {_error.code}")

        application = Application([("/", ok)], {"site": "here"})
        before = application.error_handler
        application.set_error_handler(Pages())
        assert get(application, "/no") == "here 404"
        assert get(application) == "ok"
        application.set_error_handler()
        assert (
            get(application, "/no")
            == "404 Not Found\nThe requested URL was not found on this server.\n"
        )
        assert type(application.error_handler) is type(before)

    @pytest.mark.parametrize("wrong", ["a misfit", "a class"])
    def test_an_invalid_error_handler_does_not_replace_the_current_one(self, wrong: str) -> None:
        class Misfit(ErrorHandler):
            def render_error(self, _error: Any, nothing: Any) -> Response:  # type: ignore[override]
                return Response(str(nothing))

        handler: Any = Misfit() if wrong == "a misfit" else ErrorHandler
        application = Application()
        before = application.error_handler
        with pytest.raises(WiringError):
            application.set_error_handler(handler)
        assert application.error_handler is before
        assert (
            get(application) == "404 Not Found\nThe requested URL was not found on this server.\n"
        )

    def test_an_error_handler_may_wrap_the_whole_application(self) -> None:
        class Stamped(ErrorHandler):
            @staticmethod
            def wsgi_wrapper(wsgi_app: Any) -> Any:
                def stamped(environ: Any, start_response: Any) -> Any:
                    return [*wsgi_app(environ, start_response), b" stamped"]

                return stamped

        application = Application([("/", ok)], error_handler=Stamped())
        assert get(application) == "ok stamped"
        application.add(("/a", ok))
        assert get(application, "/a") == "ok stamped"
        application.set_error_handler()
        assert get(application) == "ok"

    def test_the_debugger_of_werkzeug_can_be_the_error_handler(self) -> None:
        application = Application([("/", lambda: 1 / 0)], error_handler=REPLErrorHandler())
        response = application.get_local_client().get("/")
        assert response.status_code == 500
        assert "ZeroDivisionError" in response.get_data(as_text=True)
        assert "<!doctype html>" in response.get_data(as_text=True)


class TestDispatching:
    def test_dispatch_uses_the_given_request(self) -> None:
        request = Request(make_environ("/x"))
        seen: list[Request] = []

        def endpoint(request: Request) -> Response:
            seen.append(request)
            return Response("ok")

        response = Application([("/x", endpoint)]).dispatch(request)
        assert isinstance(response, Response)
        assert (response.get_data(), seen[0] is request) == (b"ok", True)

    def test_dispatch_returns_the_wsgi_application_of_a_reroute(self) -> None:
        def legacy(environ: Any, start_response: Any) -> list[bytes]:
            raise AssertionError("called by dispatch")

        request = Request(make_environ("/x"))
        assert Application([("/x", RerouteWSGI(legacy))]).dispatch(request) is legacy

    def test_dispatch_does_not_use_wsgi_wrappers(self) -> None:
        class Closed(Middleware):
            def wsgi_wrapper(self, wsgi_app: Any) -> Any:
                return Response("closed")

        application = Application([("/", ok)], middlewares=[Closed()])
        assert get(application) == "closed"
        response: Any = application.dispatch(Request(make_environ("/")))
        assert response.get_data() == b"ok"


def test_serve_calls_the_development_server(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(
        "clastic.server.serve", lambda *given, **options: calls.append((given, options))
    )
    application = Application()
    application.serve()
    application.serve("::1", 8000, use_reloader=False)
    assert calls == [
        ((application, "127.0.0.1", 5000), {}),
        ((application, "::1", 8000), {"use_reloader": False}),
    ]


class TestTwoApplications:
    def test_two_applications_share_nothing(self) -> None:
        class Pages(ErrorHandler):
            def render_error(self, _error: Any) -> Response:  # type: ignore[override]
                return Response("second lost", _error.code)

        def shared(name: str, _application: Any) -> Response:
            return Response(f"{name} {_application is first}")

        route = Route("/<path+>", lambda path, name: Response(name))
        first = Application([GET("/", shared)], {"name": "one"})
        second = Application(
            [POST("/", shared), route],
            {"name": "two"},
            [Session()],
            error_handler=Pages(),
            warnings="ignore",
        )
        second.add(("/late", ok))
        assert get(first) == "one True"
        assert second.get_local_client().post("/").get_data(as_text=True) == "two False"
        assert (
            get(first, "/late")
            == "404 Not Found\nThe requested URL was not found on this server.\n"
        )
        assert get(second, "/late") == "two"
        first.set_error_handler()
        assert get(second, "/") == "second lost"
        assert first.routes[0].application is first
        assert second.routes[0].application is second

    def test_a_route_can_belong_to_two_applications(self) -> None:
        route = Route("/", lambda _route: Response(str(_route.application.resources["name"])))
        applications = [Application([route], {"name": name}) for name in ("one", "two")]
        assert [get(application) for application in applications] == ["one", "two"]


def test_a_new_dispatch_state_is_empty() -> None:
    state = DispatchState()
    assert (state.attempted_routes, state.allowed_methods, state.exceptions) == ([], set(), [])


PAGE = GET("/", ok)
EMPTY = Application()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param(
            {"resources": ["db"]},
            "The application has resources=['db'], which is not a mapping. "
            "Write {'name': value}; middlewares go into middlewares=[...].",
            id="resources in a list",
        ),
        pytest.param(
            {"middlewares": Middleware()},
            "The application has middlewares=Middleware(), which is not a list. "
            "Write middlewares=[Middleware()].",
            id="one middleware",
        ),
        pytest.param(
            {"middlewares": Session},
            f"The application has middlewares={Session!r}, which is not a list. "
            "Write middlewares=[Session(...)].",
            id="the class of a middleware",
        ),
        pytest.param(
            {"routes": PAGE},
            f"The application has routes={PAGE!r}, which is not a list. Write [route].",
            id="one route",
        ),
        pytest.param(
            {"routes": ("/", ok)},
            f"The application has routes=('/', {ok!r}), which is one route. Write [route].",
            id="one route as a tuple",
        ),
        pytest.param(
            {"routes": EMPTY},
            f"The application has routes={EMPTY!r}, which is not a list. "
            "Embed it: [('/prefix', application)].",
            id="an application",
        ),
        pytest.param(
            {"routes": {"/": ok}},
            f"The application has routes={{'/': {ok!r}}}, which is not a list. Write [route].",
            id="a mapping of routes",
        ),
        pytest.param(
            {"routes": [PAGE, [PAGE]]},
            f"[{PAGE!r}] is a list of routes. Unpack it with *: [..., *routes].",
            id="a list in the list of routes",
        ),
        pytest.param(
            {"routes": [("/static", StaticApplication)]},
            "('/static', StaticApplication) has a class. "
            "Write ('/static', StaticApplication(...)).",
            id="the class of an application",
        ),
        pytest.param(
            {"routes": [GET("/sub", Application())]},
            "GET('/sub', ...) has an application as endpoint. Embed it: ('/sub', application).",
            id="an application as an endpoint",
        ),
    ],
)
def test_misplaced_arguments_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError) as caught:
        Application(**options)
    assert str(caught.value) == text


def test_an_embedded_pattern_that_binds_a_name_of_its_prefix_is_refused() -> None:
    inner = Application([("/of/<id>", lambda id: Response(id))])
    with pytest.raises(InvalidPattern, match=r"^Embedding '/of/<id>' under '/<id>': Invalid"):
        Application([("/<id>", inner)])
