"""Replace resources and middlewares in a copy of an application."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clastic import Application, Middleware, Response, Route, SubApplication, managed
from clastic.errors import ErrorHandler
from clastic.render import render_basic
from clastic.testing import overrides
from clastic.wiring import WiringError


class Login(Middleware):
    provides = ("user",)

    def __init__(self, user: str = "nobody") -> None:
        self.user = user

    def request(self, next: Callable[..., Any]) -> Any:
        return next(user=self.user)


class FixedLogin(Login):
    pass


class Refusing(Middleware):
    def request(self, next: Callable[..., Any]) -> Any:
        return Response("refused", status=403)


class Marking(Middleware):
    def __init__(self, mark: str) -> None:
        self.mark = mark

    def finish(self, response: Any, environ: Any, route: Any) -> Any:
        response.headers["X-Mark"] = self.mark
        return response


def show(database: str, user: str = "nobody") -> str:
    return f"{user} in {database}"


def embed(application: Application, levels: int) -> Application:
    for _ in range(levels):
        application = Application([SubApplication("/in", application)])
    return application


def make_application(**options: Any) -> Application:
    options = {"resources": {"database": "production"}, "middlewares": [Login("ann")], **options}
    return Application([("/", show, render_basic)], **options)


def text_of(application: Application, path: str = "/") -> str:
    return application.get_local_client().get(path).text


@pytest.mark.parametrize("levels", range(4), ids="{} levels".format)
def test_a_resource_is_replaced_at_every_level_of_embedding(levels: int) -> None:
    application = embed(make_application(), levels)
    changed = application.with_overrides(resources={"database": "test"})
    path = "/in" * levels + "/"
    assert text_of(changed, path) == "ann in test"
    assert text_of(application, path) == "ann in production"


@pytest.mark.parametrize("levels", range(4), ids="{} levels".format)
def test_a_middleware_is_replaced_at_every_level_of_embedding(levels: int) -> None:
    application = embed(make_application(), levels)
    changed = application.with_overrides(middlewares={Login: Login("bob")})
    path = "/in" * levels + "/"
    assert text_of(changed, path) == "bob in production"
    assert text_of(application, path) == "ann in production"


def test_a_resource_and_a_middleware_of_a_route_are_replaced() -> None:
    route = Route(
        "/", show, render_basic, resources={"database": "own"}, middlewares=[Login("ann")]
    )
    changed = Application([route], resources={"database": "production"}).with_overrides(
        resources={"database": "test"}, middlewares={Login: Login("bob")}
    )
    assert text_of(changed) == "bob in test"
    assert text_of(Application([("/in", changed)]), "/in/") == "bob in test"


def test_a_middleware_of_a_subclass_is_replaced() -> None:
    application = make_application(middlewares=[FixedLogin("ann")])
    changed = application.with_overrides(middlewares={Login: Login("bob")})
    assert text_of(changed) == "bob in production"


def test_the_nearest_type_of_a_middleware_counts() -> None:
    application = make_application(middlewares=[FixedLogin("ann")])
    both = {Login: Login("bob"), FixedLogin: Login("eve")}
    with pytest.raises(WiringError, match="The override of the middleware Login replaces nothing"):
        application.with_overrides(middlewares=both)
    changed = application.with_overrides(middlewares={FixedLogin: Login("eve")})
    assert text_of(changed) == "eve in production"


def test_a_middleware_is_removed() -> None:
    application = make_application(middlewares=[Refusing(), Login("ann")])
    assert text_of(application) == "refused"
    assert text_of(application.with_overrides(without=[Refusing])) == "ann in production"


def test_removing_the_provider_of_a_required_argument_is_a_wiring_error() -> None:
    application = Application([("/", lambda user: user, render_basic)], middlewares=[Login()])
    with pytest.raises(WiringError, match="needs 'user', which nothing provides"):
        application.with_overrides(without=[Login])


def test_a_new_middleware_is_checked() -> None:
    class Faulty(Middleware):
        provides = ("user",)

    with pytest.raises(WiringError, match="but has no request method to pass them on"):
        make_application().with_overrides(middlewares={Login: Faulty()})


@pytest.mark.parametrize("levels", range(3), ids="{} levels".format)
def test_misses_are_finished_by_the_new_middleware(levels: int) -> None:
    application = embed(Application([], middlewares=[Marking("production")]), levels)
    client = application.with_overrides(middlewares={Marking: Marking("test")}).get_local_client()
    assert client.get("/in" * levels + "/missing").headers["X-Mark"] == "test"


def test_a_managed_resource_is_replaced_without_being_opened() -> None:
    def open_database() -> Iterator[str]:
        raise AssertionError("opened")
        yield

    application = make_application(resources={"database": managed(open_database)})
    assert text_of(application.with_overrides(resources={"database": "test"})) == "ann in test"


def test_the_copy_opens_its_own_managed_resources() -> None:
    events = []

    def open_database(path: str) -> Iterator[str]:
        events.append(f"open {path}")
        yield path
        events.append(f"close {path}")

    application = make_application(resources={"database": managed(open_database), "path": "a"})
    changed = application.with_overrides(resources={"path": "b"})
    with application, changed:
        assert (text_of(application), text_of(changed)) == ("ann in a", "ann in b")
    assert events == ["open a", "open b", "close b", "close a"]


def test_the_copy_keeps_class_attributes_and_error_handler() -> None:
    class Shop(Application):
        def __init__(self, name: str, **options: Any) -> None:
            self.name = name
            super().__init__(**options)

    handler = ErrorHandler()
    shop = Shop("books", resources={"database": "production"}, error_handler=handler, health="/h")
    changed = shop.with_overrides(resources={"database": "test"})
    assert (type(changed), changed.name, changed.error_handler) == (Shop, "books", handler)
    assert text_of(changed, "/h/live") == '{"status": "ok"}'


def test_a_route_added_to_the_copy_is_not_in_the_original() -> None:
    application = make_application()
    changed = application.with_overrides(resources={"database": "test"})
    changed.add(("/more", show, render_basic))
    assert text_of(changed, "/more") == "ann in test"
    assert application.get_local_client().get("/more").status_code == 404


def test_an_override_that_replaces_nothing_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(WiringError) as caught:
        make_application().with_overrides(
            resources={"databse": "test"}, middlewares={Marking: Marking("x")}, without=[Refusing]
        )
    assert str(caught.value) == (
        "3 problems in this application:\n\n"
        "1. The override of the resource 'databse' replaces nothing: the application has no such "
        "resource.\n"
        "  Did you mean 'database'?\n\n"
        "2. The override of the middleware Marking replaces nothing: the application has no such "
        "middleware.\n"
        "  Its middlewares are Login.\n\n"
        "3. The override of the middleware Refusing replaces nothing: the application has no such "
        "middleware.\n"
        "  Its middlewares are Login."
    )


@pytest.mark.parametrize(
    "options", [{"middlewares": {"Login": Login()}}, {"without": [Login()]}], ids=["name", "object"]
)
def test_middlewares_are_named_by_type(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="is not a type of middlewares"):
        make_application().with_overrides(**options)


def test_many_copies_leave_no_memory_behind() -> None:
    application = make_application()
    copies = [application.with_overrides(resources={"database": str(n)}) for n in range(100)]
    left = [weakref.ref(each) for each in copies]
    del copies
    gc.collect()
    assert not any(each() for each in left)


def test_overrides_of_the_testing_module_give_a_client_and_close_the_resources() -> None:
    events = []

    def open_database() -> Iterator[str]:
        yield "opened"
        events.append("closed")

    replaced = {"database": managed(open_database)}
    with overrides(make_application(), resources=replaced, without=[Login]) as client:
        assert client.get("/").text == "nobody in opened"
        assert events == []
    assert events == ["closed"]
