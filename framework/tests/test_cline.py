"""Test the decorators that add routes to an application."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clastic import Application, Middleware, render_json
from clastic.cline import Cline


class NameMiddleware(Middleware):
    provides = ("name",)

    def request(self, next):
        return next("Ann")


@pytest.fixture
def app():
    return Cline(resources={"greeting": "Hello"})


def test_a_decorator_adds_a_route_and_returns_the_function(app):
    @app.route("/<name>")
    def greet(name, greeting):
        return f"{greeting}, {name}!"

    assert app.get_local_client().get("/Ann").text == "Hello, Ann!"
    assert greet("Bob", "Hi") == "Hi, Bob!"
    assert isinstance(app, Application)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch", "head"])
def test_a_decorator_serves_its_method_only(app, method):
    getattr(app, method)("/")(lambda: [method])
    client = app.get_local_client()
    served = [
        each
        for each in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
        if client.open("/", method=each).status_code == 200
    ]
    assert served == (["GET", "HEAD"] if method == "get" else [method.upper()])


def test_a_decorator_takes_the_options_of_a_route(app):
    @app.get("/", render=render_json, middlewares=[NameMiddleware()])
    def show(name):
        return name

    assert app.get_local_client().get("/").json == "Ann"


def test_several_methods_are_given_to_route(app):
    app.route("/", methods=["PUT", "PATCH"])(lambda: "text")
    client = app.get_local_client()
    assert [client.put("/").status_code, client.get("/").status_code] == [200, 405]


def test_a_function_can_be_added_without_a_decorator(app):
    def show():
        return "text"

    assert app.post("/posted", show) is show
    assert app.route("/any", None, show) is show
    client = app.get_local_client()
    assert [client.post("/posted").text, client.delete("/any").text] == ["text", "text"]


def test_one_decorator_can_add_several_functions(app):
    decorate = app.get("/<name>", render=render_json, ignore=["duplicate-route"])
    decorate(lambda name: [1])
    decorate(lambda name: [2])
    assert [route.render_arg for route in app.routes] == [render_json] * 2


def test_a_route_with_a_problem_is_not_added(app):
    with pytest.raises(NameError, match="needs 'gretting', which nothing provides"):
        app.get("/")(lambda gretting: gretting)
    assert app.routes == ()


def test_the_functions_of_the_module_use_one_default_application():
    program = """
from clastic import cline

@cline.get("/")
def home():
    return "home"

cline.post("/form", lambda: "form")
client = cline.DEFAULT_APP.get_local_client()
print(client.get("/").text, client.post("/form").text, cline.run == cline.DEFAULT_APP.serve)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "home form True\n"
