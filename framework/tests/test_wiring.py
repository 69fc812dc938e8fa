"""Test every WiringError with its whole message."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from clastic import (
    GET,
    Application,
    MetaApplication,
    Middleware,
    Response,
    Route,
    StaticApplication,
    StaticFileRoute,
    SubApplication,
)
from clastic.errors import ErrorHandler
from clastic.render.ashes_templates import AshesRenderFactory
from clastic.route import inherit_render
from clastic.wiring import WiringError


def here(function: Any) -> str:
    """Return the location of a function in this file as in messages."""
    return f"{os.path.relpath(__file__)}:{function.__code__.co_firstlineno}"


def message(*args: Any, **options: Any) -> str:
    """Return the whole message of the WiringError of an application."""
    with pytest.raises(WiringError) as caught:
        Application(*args, **options)
    assert isinstance(caught.value, NameError)
    return str(caught.value)


def golden(text: str, **places: str) -> str:
    """Format an expected message; a backslash in it continues a long line."""
    return re.sub(r"(?<=\S) {2,}", " ", dedent(text).strip()).format(**places)


def ok() -> Response:
    return Response("ok")


def plain_render(context: Any) -> Response:
    return Response(str(context))


class TestMissingArguments:
    def test_an_endpoint_needs_a_missing_argument(self) -> None:
        def show(id: str, datbase: object) -> Response:
            return Response(f"{id} {datbase}")

        assert message([("/links/<id>", show)], {"database": object()}) == golden(
            """
            Route '/links/<id>' (endpoint show, {show}) needs 'datbase', which nothing provides.
              Available here: id, request, database. Did you mean 'database'?
              Otherwise add it to resources=, or to the provides of a middleware.
            """,
            show=here(show),
        )

    def test_an_endpoint_takes_a_value_of_the_path_by_another_name(self) -> None:
        def show(alias: str) -> Response:
            return Response(alias)

        assert message([("/links/<name>", show)]) == golden(
            """
            Route '/links/<name>' (endpoint show, {show}) needs 'alias', which nothing provides.
              Available here: name, request.
              The endpoint does not take 'name' of the path. Rename one of the two, or add it to \
            resources=, or to the provides of a middleware.
            """,
            show=here(show),
        )

    def test_an_endpoint_needs_an_argument_of_a_built_in_middleware(self) -> None:
        def show(script_root: str, cookie: Any) -> Response:
            return Response(f"{script_root} {cookie}")

        assert message([("/", show)]) == golden(
            """
            2 problems in this application:

            1. Route '/' (endpoint show, {show}) needs 'script_root', which nothing provides.
              Available here: request.
              Add clastic.middleware.url.ScriptRootMiddleware() to middlewares=.

            2. Route '/' (endpoint show, {show}) needs 'cookie', which nothing provides.
              Available here: request.
              Add \
            clastic.middleware.cookie.SignedCookieMiddleware(secret_key=...) to middlewares=.
            """,
            show=here(show),
        )

    def test_a_binding_of_another_framework_has_a_name_that_a_middleware_provides(self) -> None:
        def show(cookie: str) -> Response:
            return Response(cookie)

        remedy = "'{cookie}' in its pattern is literal text; a binding is written <cookie>."
        assert remedy in message([("/{cookie}", show)])

    def test_an_endpoint_is_a_wsgi_application(self) -> None:
        def legacy(environ: Any, start_response: Any) -> Any:
            return [environ, start_response]

        assert message([("/legacy", legacy)]) == golden(
            """
            2 problems in this application:

            1. Route '/legacy' (endpoint legacy, {legacy}) needs 'environ', which nothing provides.
              Available here: request.
              To embed an application, use SubApplication; to hand over to a WSGI app, use \
            RerouteWSGI.

            2. Route '/legacy' (endpoint legacy, {legacy}) needs 'start_response', which nothing \
            provides.
              Available here: request.
              To embed an application, use SubApplication; to hand over to a WSGI app, use \
            RerouteWSGI.
            """,
            legacy=here(legacy),
        )

    def test_a_render_needs_a_missing_argument(self) -> None:
        def page(context: Any, theme: str) -> Response:
            return Response(f"{context} {theme}")

        assert message([("/", ok, page)]) == golden(
            """
            Route '/' (render page, {page}) needs 'theme', which nothing provides.
              Available here: request, context.
              Add it to resources=, or to the provides of a middleware.
            """,
            page=here(page),
        )

    def test_a_middleware_of_many_routes_needs_a_missing_argument(self) -> None:
        class Auth(Middleware):
            def request(self, next: Any, users: object) -> Any:
                return next() if users else None

        routes = [(f"/{name}", ok) for name in ("a", "b", "c", "d", "e")]
        assert message(routes, middlewares=[Auth()]) == golden(
            """
            Middleware Auth.request ({auth}) needs 'users', which nothing provides.
              Found on routes '/a', '/b', '/c' and 2 more.
              Available here: request.
              Add it to resources=, or to the provides of a middleware.
            """,
            auth=here(Auth.request),
        )

    def test_a_middleware_needs_a_value_of_an_inner_one(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="ann")

        class Audit(Middleware):
            def request(self, next: Any, user: str) -> Any:
                return next() if user else None

        assert message([("/", ok)], middlewares=[Audit(), Session()]) == golden(
            """
            Middleware Audit.request ({audit}) needs 'user', which Session provides only to \
            functions inside it.
              Found on route '/'.
              Put Session before Audit in middlewares=.
            """,
            audit=here(Audit.request),
        )

    def test_a_middleware_needs_a_value_that_it_provides_itself(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any, user: str) -> Any:
                return next(user=user)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.request ({session}) needs 'user', which it provides itself.
              Found on route '/'.
              Remove the argument, or let another middleware provide it.
            """,
            session=here(Session.request),
        )

    @pytest.mark.parametrize("foreign", ["{id}", ":id"])
    def test_a_binding_is_written_as_in_another_framework(self, foreign: str) -> None:
        def show(id: str) -> Response:
            return Response(id)

        assert message([(f"/links/{foreign}", show)]) == golden(
            """
            Route '/links/{foreign}' (endpoint show, {show}) needs 'id', which nothing provides.
              Available here: request.
              '{foreign}' in its pattern is literal text; a binding is written <id>.
            """,
            show=here(show),
            foreign=foreign,
        )

    def test_an_unbound_method_instead_of_a_bound_one_is_reported(self) -> None:
        class Links:
            def show(self) -> Response:
                return Response("x")

        assert message([("/", Links.show)]) == golden(
            """
            Route '/' (endpoint Links.show, {show}) needs 'self', which nothing provides.
              Available here: request.
              Pass the method of an instance, not that of the class.
            """,
            show=here(Links.show),
        )


class TestCycles:
    def test_middlewares_that_need_each_other(self) -> None:
        class First(Middleware):
            provides = ("a",)

            def request(self, next: Any, c: str) -> Any:
                return next(a=c)

        class Second(Middleware):
            provides = ("b",)

            def request(self, next: Any, a: str) -> Any:
                return next(b=a)

        class Third(Middleware):
            provides = ("c",)

            def request(self, next: Any, b: str) -> Any:
                return next(c=b)

        assert message([("/", ok)], middlewares=[First(), Second(), Third()]) == golden(
            """
            Middleware First.request ({first}) needs 'c' of Third, which needs 'b' of Second, \
            which needs 'a' of First: a cycle.
              Found on route '/'.
              Move what one of them provides into a separate middleware.
            """,
            first=here(First.request),
        )

    def test_a_middleware_that_needs_a_value_of_a_cycle(self) -> None:
        class Waiting(Middleware):
            def request(self, next: Any, c: str) -> Any:
                return next() if c else None

        class Second(Middleware):
            provides = ("b",)

            def request(self, next: Any, c: str) -> Any:
                return next(b=c)

        class Third(Middleware):
            provides = ("c",)

            def request(self, next: Any, db: str, b: str) -> Any:
                return next(c=db + b)

        middlewares = [Waiting(), Second(), Third()]
        assert message([("/", ok)], {"db": 1}, middlewares) == golden(
            """
            2 problems in this application:

            1. Middleware Waiting.request ({waiting}) needs 'c', which Third provides only \
            to functions inside it.
              Found on route '/'.
              Put Third before Waiting in middlewares=.

            2. Middleware Second.request ({second}) needs 'c' of Third, which needs 'b' of \
            Second: a cycle.
              Found on route '/'.
              Move what one of them provides into a separate middleware.
            """,
            waiting=here(Waiting.request),
            second=here(Second.request),
        )

    def test_an_application_that_embeds_itself_is_reported(self) -> None:
        app = Application([("/", ok)])
        with pytest.raises(WiringError) as caught:
            app.add(("/again", app))
        assert str(caught.value) == golden(
            """
            SubApplication '/again' embeds an application in itself: a cycle.
              Embed another application, or add the routes one by one.
            """
        )


class TestTwoSources:
    def test_a_name_in_the_path_and_the_resources(self) -> None:
        assert message([("/<db>", lambda db: db)], {"db": 1}) == golden(
            """
            Route '/<db>' has two sources for 'db': its path and resources.
              Rename one of them.
            """
        )

    def test_a_name_of_a_middleware_and_the_resources(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="ann")

        assert message([("/", ok)], {"user": 1}, [Session()]) == golden(
            """
            Route '/' has two sources for 'user': resources and middleware Session.
              Rename one of them.
            """
        )

    def test_a_name_of_a_middleware_and_the_path(self) -> None:
        class Session(Middleware):
            endpoint_provides = ("user",)

            def endpoint(self, next: Any) -> Any:
                return next(user="ann")

        assert message([("/<user>", ok)], middlewares=[Session()]) == golden(
            """
            Route '/<user>' has two sources for 'user': its path and middleware Session.
              Rename one of them.
            """
        )

    def test_a_name_of_two_middlewares(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="ann")

        class Token(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user="bob")

        assert message([("/", ok)], middlewares=[Session(), Token()]) == golden(
            """
            Route '/' has two sources for 'user': middleware Session.request ({session}) and \
                further in, middleware Token.request ({token}).
              Rename one of them.
            """,
            session=here(Session.request),
            token=here(Token.request),
        )

    def test_a_name_of_two_middlewares_of_one_type(self) -> None:
        class Login(Middleware):
            provides = ("user",)

            def __init__(self, realm: str) -> None:
                self.realm = realm

            def request(self, next: Any) -> Any:
                return next(user=self.realm)

            def __repr__(self) -> str:
                return f"Login({self.realm!r})"

        inner = Application([("/", ok)], middlewares=[Login("staff")])
        assert message([("/in", inner)], middlewares=[Login("all")]) == golden(
            """
            Route '/in/' has two sources for 'user': middleware Login.request ({login}) of \
                Login('all') and further in, middleware Login.request ({login}) of Login('staff').
              Rename one of them.
            """,
            login=here(Login.request),
        )


class TestReservedNames:
    def test_a_reserved_name_in_resources(self) -> None:
        assert message([("/", ok)], {"request": 1}) == golden(
            """
            The application has a resource 'request', a name reserved for the framework.
              Rename it. The reserved names are request, context, next, url_for, _application, \
            _route, _dispatch_state, _error.
            """
        )

    def test_a_reserved_name_in_the_resources_of_a_route(self) -> None:
        route = Route("/", ok, resources={"next": 1})
        assert message([route]) == golden(
            """
            Route '/' has a resource 'next', a name reserved for the framework.
              Rename it. The reserved names are request, context, next, url_for, _application, \
            _route, _dispatch_state, _error.
            """
        )

    def test_a_reserved_name_in_a_path(self) -> None:
        assert message([("/<context>", ok)]) == golden(
            """
            Route '/<context>' binds 'context' in its pattern, a name reserved for the framework.
              Rename it. The reserved names are request, context, next, url_for, _application, \
            _route, _dispatch_state, _error.
            """
        )

    def test_a_reserved_name_in_provides(self) -> None:
        class Session(Middleware):
            provides = ("request",)

            def request(self, next: Any) -> Any:
                return next(request=1)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session declares 'request' in provides, a name reserved for the framework.
              Rename it. The reserved names are request, context, next, url_for, _application, \
            _route, _dispatch_state, _error.
            """
        )


class TestMisplacedNames:
    def test_an_endpoint_takes_next(self) -> None:
        def show(next: Any) -> Response:
            return Response(next)

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) takes 'next', which is passed only to \
            the methods of a middleware.
              Remove it, or make the function a method of a Middleware.
            """,
            show=here(show),
        )

    def test_an_endpoint_takes_next_with_a_default(self) -> None:
        def show(next: Any = None) -> Response:
            return Response(next)

        assert "takes 'next', which is passed only" in message([("/", show)])

    def test_a_middleware_does_not_take_next_first(self) -> None:
        class Auth(Middleware):
            def request(self, request: Any, next: Any) -> Any:
                return next() if request else None

        assert message([("/", ok)], middlewares=[Auth()]) == golden(
            """
            Middleware Auth.request ({auth}) takes 'request' first, but its first argument must \
            be next.
              Define it as request(self, next, ...).
            """,
            auth=here(Auth.request),
        )

    def test_a_middleware_takes_next_by_keyword_only(self) -> None:
        class Auth(Middleware):
            def request(self, *, next: Any) -> Any:
                return next()

        assert message([("/", ok)], middlewares=[Auth()]) == golden(
            """
            Middleware Auth.request ({auth}) takes 'next' by keyword only.
              Define it as request(self, next, ...).
            """,
            auth=here(Auth.request),
        )

    def test_a_middleware_takes_nothing(self) -> None:
        class Auth(Middleware):
            def endpoint(self) -> Any:
                return None

        assert message([("/", ok)], middlewares=[Auth()]) == golden(
            """
            Middleware Auth.endpoint ({auth}) takes no argument, but its first argument must \
            be next.
              Define it as endpoint(self, next, ...).
            """,
            auth=here(Auth.endpoint),
        )

    def test_an_endpoint_takes_context(self) -> None:
        def show(context: Any) -> Response:
            return Response(context)

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) takes 'context', which is available only on the \
            render side, after the endpoint.
              Use it in the render, or in the render method of a middleware.
            """,
            show=here(show),
        )

    def test_the_request_function_of_a_middleware_takes_context(self) -> None:
        class Auth(Middleware):
            def request(self, next: Any, context: Any) -> Any:
                return next() if context else None

        assert message([("/", ok)], middlewares=[Auth()]) == golden(
            """
            Middleware Auth.request ({auth}) takes 'context', which is available only on the \
            render side, after the endpoint.
              Found on route '/'.
              Use it in the render, or in the render method of a middleware.
            """,
            auth=here(Auth.request),
        )

    def test_an_endpoint_takes_the_error(self) -> None:
        def show(_error: Any) -> Response:
            return Response(_error)

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) takes '_error', which is passed only to render_error.
              Remove it, or make the function a render_error.
            """,
            show=here(show),
        )


class TestProvides:
    def test_next_passes_an_undeclared_name(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(usr="ann")

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.request ({session}) calls next(usr='ann') on line {line}, but 'usr' \
            is not in its provides.
              Available here: user. Did you mean 'user'?
              Use a declared name, or declare it too: provides = ('user', 'usr').
            """,
            session=here(Session.request),
            line=str(Session.request.__code__.co_firstlineno + 1),
        )

    def test_next_does_not_pass_a_declared_name(self) -> None:
        class Session(Middleware):
            endpoint_provides = ("user", "token")

            def endpoint(self, next: Any) -> Any:
                return next("ann")

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.endpoint ({session}) calls next('ann') on line {line} without \
            'token', which it declares in endpoint_provides.
              Call next(user=..., token=...).
            """,
            session=here(Session.endpoint),
            line=str(Session.endpoint.__code__.co_firstlineno + 1),
        )

    def test_next_passes_more_values_than_declared(self) -> None:
        class Session(Middleware):
            provides = ("user",)

            def request(self, next: Any) -> Any:
                return next("ann", "token")

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.request ({session}) calls next('ann', 'token') on line {line} with \
            2 positional arguments, but declares 1 in provides.
              Declare each value that it passes on in provides, in order.
            """,
            session=here(Session.request),
            line=str(Session.request.__code__.co_firstlineno + 1),
        )

    def test_next_passes_a_value_twice(self) -> None:
        class Session(Middleware):
            provides = ("user", "token")

            def request(self, next: Any) -> Any:
                return next("ann", user="bob", token=1)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.request ({session}) calls next('ann', user='bob', token=1) on line \
            {line}, which passes 'user' by position and by name.
              Pass each value once. Positional values are in the declared order.
            """,
            session=here(Session.request),
            line=str(Session.request.__code__.co_firstlineno + 1),
        )

    def test_a_name_is_declared_twice(self) -> None:
        class Session(Middleware):
            provides = ("user",)
            render_provides = ("user",)

            def request(self, next: Any) -> Any:
                return next(user=1)

            def render(self, next: Any) -> Any:
                return next(user=2)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session declares 'user' twice, in provides and render_provides.
              Keep one of the two.
            """
        )

    def test_a_name_is_declared_without_a_function(self) -> None:
        class Session(Middleware):
            provides = ("user",)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session declares provides = ('user',), but has no request method to \
            pass them on.
              Define request(self, next, ...), or remove provides.
            """
        )

    def test_provides_is_a_string_instead_of_a_tuple(self) -> None:
        class Session(Middleware):
            provides = "user"

            def request(self, next: Any) -> Any:
                return next(user=1)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session has provides = 'user', which is not a tuple of names.
              Write provides = ('user',).
            """
        )

    def test_provides_is_not_a_tuple(self) -> None:
        class Session(Middleware):
            provides: Any = None

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session has provides = None, which is not a tuple of names.
              Write provides = ('name', ...).
            """
        )

    def test_a_name_that_is_not_an_identifier(self) -> None:
        class Session(Middleware):
            provides = ("user-id",)

            def request(self, next: Any) -> Any:
                return next(1)

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session declares 'user-id' in provides, which cannot be an argument's name.
              Use a Python identifier that is not a keyword.
            """
        )

    def test_a_name_that_python_normalizes(self) -> None:
        class Physics(Middleware):
            provides = ("\N{MICRO SIGN}",)

            def request(self, next: Any) -> Any:
                return next(1e-6)

        assert message([("/", ok)], middlewares=[Physics()]) == golden(
            """
            Middleware Physics declares '\\xb5' in provides, a name that Python reads as '\\u03bc'.
              Declare the name in that form.
            """
        )

    def test_names_of_an_invalid_middleware_are_not_reported_as_missing(self) -> None:
        class Session(Middleware):
            provides = ("user", "token")

            def request(self, next: Any) -> Any:
                return next(user="ann")

        class Audit(Middleware):
            def request(self, next: Any, token: str) -> Any:
                return next() if token else None

        def show(user: str, usr: str) -> Response:
            return Response(user + usr)

        assert message([("/", show)], middlewares=[Session(), Audit()]) == golden(
            """
            2 problems in this application:

            1. Middleware Session.request ({session}) calls next(user='ann') on line {line} \
            without 'token', which it declares in provides.
              Call next(user=..., token=...).

            2. Route '/' (endpoint show, {show}) needs 'usr', which nothing provides.
              Available here: request.
              Add it to resources=, or to the provides of a middleware.
            """,
            session=here(Session.request),
            line=str(Session.request.__code__.co_firstlineno + 1),
            show=here(show),
        )


class TestMiddlewares:
    def test_a_class_instead_of_an_instance_is_reported(self) -> None:
        class Session(Middleware):
            pass

        assert message([("/", ok)], middlewares=[Session]) == golden(
            """
            Middleware Session is a class, not an instance.
              Write Session(...) in middlewares=.
            """
        )

    def test_a_middleware_function_is_not_callable(self) -> None:
        class Session(Middleware):
            async def request(self, next: Any) -> Any:
                return next()

        session = Session()
        routes = [Route(path, ok, middlewares=[session]) for path in ("/", "/a")]
        assert message(routes) == golden(
            """
            Middleware Session.request ({session}) is an async function, which WSGI does not \
            support.
              Define it with def. To call async code from it, use asyncio.run().
            """,
            session=here(Session.request),
        )

    def test_a_middleware_function_is_misspelled(self) -> None:
        class Session(Middleware):
            def requests(self, next: Any) -> Any:
                return next()

        assert message([("/", ok)], middlewares=[Session()]) == golden(
            """
            Middleware Session.requests ({session}) takes 'next', but only the methods request, \
            endpoint and render are called.
              Rename it. Did you mean 'request'?
            """,
            session=here(Session.requests),
        )

    def test_an_object_that_is_not_a_middleware(self) -> None:
        assert message([("/", ok)], middlewares=["gzip"]) == golden(
            """
            Middleware 'gzip' is not a Middleware.
              Make its class a subclass of clastic.Middleware.
            """
        )

    def test_a_middleware_that_must_not_be_moved_is_included_twice(self) -> None:
        class Lock(Middleware):
            reorderable = False

        route = Route("/", ok, middlewares=[Lock()])
        assert message([route], middlewares=[Lock()]) == golden(
            """
            Middleware Lock is included twice, and is not reorderable, so neither can be left out.
              Found on route '/'.
              Remove one of the two.
            """
        )

    def test_a_middleware_that_must_not_be_moved_is_twice_in_one_list(self) -> None:
        class Lock(Middleware):
            reorderable = False

        assert message([("/", ok)], middlewares=[Lock(), Lock()]) == golden(
            """
            Middleware Lock is included twice, and is not reorderable, so neither can be left out.
              Remove one of the two.
            """
        )

    def test_too_many_nested_middlewares_are_reported(self) -> None:
        class Layer(Middleware):
            unique = False

            def request(self, next: Any) -> Any:
                return next()

            def endpoint(self, next: Any) -> Any:
                return next()

        assert message([("/", ok)], middlewares=[Layer() for _ in range(46)]) == golden(
            """
            Route '/' runs 92 nested methods of middlewares; the maximum is 90.
              Merge several of them into one middleware.
            """
        )

    def test_a_wsgi_wrapper_that_cannot_be_called(self) -> None:
        class Gzip(Middleware):
            wsgi_wrapper: Any = 6

        assert message([("/", ok)], middlewares=[Gzip()]) == golden(
            """
            Middleware Gzip has a wsgi_wrapper that is not callable: 6.
              Use a callable that takes a WSGI application and returns one.
            """
        )

    @pytest.mark.parametrize("outcome", [None, lambda environ: []], ids=["None", "one argument"])
    def test_a_wsgi_wrapper_that_returns_no_wsgi_callable(self, outcome: Any) -> None:
        class Gzip(Middleware):
            def wsgi_wrapper(self, wsgi_app: Any) -> Any:
                return outcome

        assert message([("/", ok)], middlewares=[Gzip()]) == golden(
            """
            The wsgi_wrapper of Gzip returned {outcome}, which is not a WSGI callable.
              Return a callable that takes environ and start_response.
            """,
            outcome=repr(outcome),
        )


class TestCallables:
    def test_star_arguments_are_reported(self) -> None:
        def show(*names: str) -> Response:
            return Response(str(names))

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) takes *names, but arguments are injected by name.
              Name each argument. A decorator can keep the arguments of the decorated function \
            with functools.wraps or clastic.decorators.clastic_decorator.
            """,
            show=here(show),
        )

    def test_keyword_star_arguments_are_reported(self) -> None:
        def show(**values: str) -> Response:
            return Response(str(values))

        assert "takes **values, but arguments are injected by name" in message([("/", show)])

    def test_a_method_without_self_is_reported(self) -> None:
        class Links:
            def show() -> Response:  # type: ignore[misc]
                return Response("x")

        assert message([("/", Links().show)]) == golden(
            """
            Route '/' (endpoint Links.show, {show}) is a method that does not take self.
              Add self as its first argument, or make it a staticmethod.
            """,
            show=here(Links.show),
        )

    def test_an_async_endpoint_is_reported(self) -> None:
        async def show() -> Response:
            return Response("x")

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) is an async function, which WSGI does not \
            support.
              Define it with def. To call async code from it, use asyncio.run().
            """,
            show=here(show),
        )

    def test_a_generator_endpoint_is_reported(self) -> None:
        def show() -> Any:
            yield "x"

        assert message([("/", show)]) == golden(
            """
            Route '/' (endpoint show, {show}) is a generator function, so calling it runs none \
            of its code.
              Return a value. To stream, return Response(generator()).
            """,
            show=here(show),
        )

    def test_a_builtin_without_a_signature_is_reported(self) -> None:
        assert message([("/", dict)]) == golden(
            """
            Route '/' (endpoint dict) has no readable signature.
              Wrap it in a function with named arguments.
            """
        )

    def test_a_positional_only_argument_after_one_without_a_source_is_reported(self) -> None:
        def show(a: int = 1, b: int = 2, /) -> Response:
            return Response(f"{a} {b}")

        assert message([("/<b:int>", show)]) == golden(
            """
            Route '/<b:int>' (endpoint show, {show}) takes 'b' by position only, after 'a', \
            which nothing provides.
              Provide 'a' too, or wrap it in a function with named arguments.
            """,
            show=here(show),
        )

    def test_a_partial_is_reported_by_its_function(self) -> None:
        def show(name: str, db: object) -> Response:
            return Response(f"{name} {db}")

        assert message([("/", partial(show, db=1))]).startswith(
            f"Route '/' (endpoint partial(show), {here(show)}) needs 'name', which nothing"
        )


class TestRenders:
    def test_a_render_argument_without_a_factory(self) -> None:
        assert message([("/", ok, "home.html")]) == golden(
            """
            Route '/' (endpoint ok, {ok}) has the render 'home.html', but no render factory to \
            turn it into a function.
              Pass render_factory= to the application, or a callable as the render.
            """,
            ok=here(ok),
        )

    def test_a_factory_that_returns_no_callable(self) -> None:
        def factory(name: str) -> Any:
            return name.upper()

        assert message([("/", ok, "home")], render_factory=factory) == golden(
            """
            Route '/' (endpoint ok, {ok}) has the render 'home', but its render factory \
            factory ({factory}) returned 'HOME', which is not callable.
              Let the factory return a function that takes context.
            """,
            ok=here(ok),
            factory=here(factory),
        )

    def test_an_embedded_render_left_to_an_application_without_a_factory(self) -> None:
        inner = Application([("/", ok, "home.html")], render_factory=inherit_render)
        assert "has the render 'home.html', but no render factory" in message([("/in", inner)])


class TestTemplates:
    """Broken templates are found before the first request."""

    @pytest.fixture
    def factory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AshesRenderFactory:
        """Return a factory with templates, two of which extend a broken one."""
        monkeypatch.chdir(tmp_path)
        pages = {
            "home.html": '<h1>Home</h1>\n{>"base.html"/}',
            "about.html": '{>"base.html"/}{>"foot.html"/}',
            "base.html": "<p>\n{#items}{name}</p>",
        }
        Path("templates").mkdir()
        for name, text in pages.items():
            Path("templates", name).write_text(text, encoding="utf-8")
        return AshesRenderFactory("templates")

    def test_a_missing_template_is_reported(self, factory: AshesRenderFactory) -> None:
        assert message([("/", ok, "hom.html")], render_factory=factory) == golden(
            """
            Template 'hom.html' does not exist in templates.
              Found on route '/'.
              Available here: home.html, about.html, base.html. Did you mean 'home.html'?
              Correct the name, or create the template.
            """
        )

    def test_a_template_that_does_not_compile(self, factory: AshesRenderFactory) -> None:
        assert message([("/", ok, "base.html")], render_factory=factory) == golden(
            """
            Template 'base.html' ({base}:2) does not compile: unclosed tag: {tag}.
              Found on route '/'.
              The line to correct is: {line}
            """,
            base=os.path.join("templates", "base.html"),
            tag="'{#items}'",
            line="{#items}{name}</p>",
        )

    def test_all_broken_templates_of_several_routes_are_reported(
        self, factory: AshesRenderFactory
    ) -> None:
        routes = [("/", ok, "home.html"), ("/about", ok, "about.html"), ("/fine", ok)]
        assert message(routes, render_factory=factory) == golden(
            """
            2 problems in this application:

            1. Template 'base.html' ({base}:2) does not compile: unclosed tag: {tag}.
              Found on routes '/', '/about'.
              The line to correct is: {line}

            2. Template 'about.html' ({about}:1) uses 'foot.html', which does not exist in \
            templates.
              Found on route '/about'.
              Available here: about.html, home.html, base.html. Did you mean 'about.html'?
              Correct the name, or create the template.
            """,
            about=os.path.join("templates", "about.html"),
            base=os.path.join("templates", "base.html"),
            tag="'{#items}'",
            line="{#items}{name}</p>",
        )

    def test_a_template_of_an_embedded_application_is_reported(
        self, factory: AshesRenderFactory
    ) -> None:
        inner = Application([("/page", ok, "hom.html")], render_factory=inherit_render)
        assert "Found on route '/in/page'." in message([("/in", inner)], render_factory=factory)


class TestRenderError:
    def test_a_missing_argument_of_a_route_is_reported(self) -> None:
        def page(request: Any, _error: Any, theme: str) -> Response:
            return Response(f"{request} {_error} {theme}")

        assert message([Route("/", ok, None, page)]) == golden(
            """
            Route '/' (render_error page, {page}) needs 'theme', which nothing provides.
              Available here: request, _error.
              Add it to resources=, or to the provides of a middleware.
            """,
            page=here(page),
        )

    def test_a_missing_argument_of_an_error_handler_is_reported(self) -> None:
        class Pages(ErrorHandler):
            def render_error(self, request: Any, _error: Any, database: Any) -> Any:
                return Response(f"{request} {_error} {database}")

        assert message([("/", ok)], {"db": 1}, error_handler=Pages()) == golden(
            """
            Error handler Pages.render_error ({pages}) needs 'database', which nothing provides.
              Available here: request, db, _error.
              Add it to resources=, or to the provides of a middleware.
            """,
            pages=here(Pages.render_error),
        )


@pytest.mark.parametrize("wrong", [ErrorHandler, "pages"], ids=["a class", "a name"])
def test_an_object_that_is_not_an_error_handler(wrong: Any) -> None:
    assert message([("/", ok)], error_handler=wrong) == golden(
        """
        The application has the error_handler {wrong!r}, which is not an ErrorHandler.
          Pass an instance of clastic.errors.ErrorHandler or of a subclass.
        """,
        wrong=wrong,
    )


def test_all_problems_of_an_application_are_reported_together() -> None:
    def show(datbase: object) -> Response:
        return Response(str(datbase))

    def edit(next: Any) -> Response:
        return Response(next)

    routes = [("/show", show), ("/edit", edit), ("/fine", ok)]
    assert message(routes, {"database": 1, "request": 2}) == golden(
        """
        3 problems in this application:

        1. The application has a resource 'request', a name reserved for the framework.
          Rename it. The reserved names are request, context, next, url_for, _application, \
        _route, _dispatch_state, _error.

        2. Route '/show' (endpoint show, {show}) needs 'datbase', which nothing provides.
          Available here: request, database. Did you mean 'database'?
          Otherwise add it to resources=, or to the provides of a middleware.

        3. Route '/edit' (endpoint edit, {edit}) takes 'next', which is passed only to \
        the methods of a middleware.
          Remove it, or make the function a method of a Middleware.
        """,
        show=here(show),
        edit=here(edit),
    )


def test_problems_are_available_as_data() -> None:
    with pytest.raises(WiringError) as caught:
        Application([("/", lambda nam: Response(nam))], {"name": "ann"})
    (problem,) = caught.value.problems
    assert (problem.wanted, problem.available) == ("nam", ("request", "name"))


def test_problems_of_an_embedded_application_name_the_whole_pattern() -> None:
    inner = Application([("/show/<db>", lambda db: Response(db))])
    assert message([SubApplication("/in", inner)], {"db": 1}) == golden(
        """
        Route '/in/show/<db>' has two sources for 'db': its path and resources.
          Rename one of them.
        """
    )


class Passing(Middleware):
    """Pass on its own arguments."""

    endpoint_provides = ("user",)

    def request(self, next: Any, request: Any) -> Any:
        return next(request)

    def endpoint(self, next: Any, request: Any) -> Any:
        return next(user=1, request=request)


def test_a_middleware_passes_its_own_argument_on() -> None:
    assert message([("/", ok)], middlewares=[Passing()]) == golden(
        """
        2 problems in this application:

        1. Middleware Passing.request ({request}) calls next(request) on line {first}, but its own \
        argument 'request' is not passed on by it.
          Write next(). The functions inside take 'request' by name.

        2. Middleware Passing.endpoint ({endpoint}) calls next(user=1, request=request) on line \
        {second}, but its own argument 'request' is not passed on by it.
          Write next(user=...). The functions inside take 'request' by name.
        """,
        request=here(Passing.request),
        endpoint=here(Passing.endpoint),
        first=str(Passing.request.__code__.co_firstlineno + 1),
        second=str(Passing.endpoint.__code__.co_firstlineno + 1),
    )


def test_a_list_of_middlewares_is_not_unpacked() -> None:
    page = [Passing()]
    assert message([("/", ok)], middlewares=[page]) == golden(
        """
        Middleware [Passing()] is a list in the list of middlewares.
          Unpack it with *: middlewares=[..., *names].
        """
    )


@pytest.mark.parametrize(
    "factory",
    [None, AshesRenderFactory(templates={"home.html": "home"})],
    ids=["without templates", "with templates"],
)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("render_json", "render_json, from clastic.render"),
        ("render_json_dev", "render_json_dev, from clastic.render"),
        ("render_basic", "render_basic, from clastic.render"),
        ("TabularRender", "TabularRender, from clastic.render"),
        ("plain_render", "plain_render"),
    ],
)
def test_a_render_is_written_in_quotes(factory: Any, name: str, code: str) -> None:
    assert message([("/", ok, name)], render_factory=factory) == golden(
        """
        Route '/' (endpoint ok, {ok}) has the render '{name}', which is a string, not the render \
        of that name.
          Write it without quotes: {code}.
        """,
        ok=here(ok),
        name=name,
        code=code,
    )


def test_a_comma_after_a_route_is_forgotten() -> None:
    route, inner = Route("/", ok), SubApplication("/a", Application())
    with pytest.raises(TypeError) as caught:
        Application([route("/a", ok)])
    assert str(caught.value) == f"{route!r} is a route and was called. Write a comma after it."
    with pytest.raises(TypeError) as caught:
        Application([inner("/a", ok)])
    assert str(caught.value) == f"{inner!r} was called. Write a comma after it."


@pytest.mark.parametrize(
    ("make", "text"),
    [
        pytest.param(
            lambda: Application(middleware=[]),  # type: ignore[arg-type]
            "Application(...) has no argument 'middleware'. Did you mean 'middlewares'?",
            id="middleware of an application",
        ),
        pytest.param(
            lambda: Application(resource={}),  # type: ignore[arg-type]
            "Application(...) has no argument 'resource'. Did you mean 'resources'?",
            id="resource of an application",
        ),
        pytest.param(
            lambda: Route("/", ok, method="GET"),  # type: ignore[arg-type]
            "Route('/', ...) has no argument 'method'. Did you mean 'methods'?",
            id="method of a route",
        ),
        pytest.param(
            lambda: GET("/", ok, rendr=print),  # type: ignore[arg-type]
            "GET('/', ...) has no argument 'rendr'. Did you mean 'render'?",
            id="rendr of a GET route",
        ),
        pytest.param(
            lambda: SubApplication("/", Application(), slash_mode=1),  # type: ignore[arg-type]
            "SubApplication('/', ...) has no argument 'slash_mode'. The arguments are prefix, app, "
            "rebind_render, inherit_slashes, name, falls_through.",
            id="an argument that is close to no other",
        ),
        pytest.param(
            lambda: StaticApplication(".", check_path=1),  # type: ignore[arg-type]
            "StaticApplication(...) has no argument 'check_path'. Did you mean 'check_paths'?",
            id="check_path of a static application",
        ),
        pytest.param(
            lambda: StaticFileRoute("/a", "a", cache=1),  # type: ignore[arg-type]
            "StaticFileRoute('/a', ...) has no argument 'cache'. The arguments are pattern, "
            "file_path, check_file, cache_timeout, mimetype, precompressed, middlewares.",
            id="cache of a static file",
        ),
        pytest.param(
            lambda: MetaApplication(title=1),  # type: ignore[arg-type]
            "MetaApplication(...) has no argument 'title'. Did you mean 'page_title'?",
            id="title of a meta application",
        ),
        pytest.param(
            lambda: Application().serve(prot=5091),
            "serve(...) has no argument 'prot'. Did you mean 'port'?",
            id="prot of serve()",
        ),
        pytest.param(
            lambda: Route("/", ok, middlewares=Middleware()),  # type: ignore[arg-type]
            "Route('/', ...) has middlewares=Middleware(), which is not a list. "
            "Write middlewares=[Middleware()].",
            id="one middleware of a route",
        ),
        pytest.param(
            lambda: Route("/", ok, resources=["db"]),  # type: ignore[arg-type]
            "Route('/', ...) has resources=['db'], which is not a mapping. "
            "Write {'name': value}; middlewares go into middlewares=[...].",
            id="a list of resources of a route",
        ),
        pytest.param(
            lambda: Route("/", ok, Route("/a", ok)),
            f"Route('/', ...) has the render {Route('/a', ok)!r}, a route. Close its parentheses.",
            id="a route as a render",
        ),
    ],
)
def test_an_argument_of_a_constructor_is_misspelt_or_misplaced(make: Any, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == text
