"""The data of middlewares, resources and the application itself."""

import dataclasses

import pytest

from clastic.application import Application
from clastic.errors import ErrorHandler
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.middleware import Middleware
from clastic.route import GET


def hello():
    return Response("hello")


class Session(Middleware):
    """Find the user.

    By a cookie.
    """

    provides = ("user", "session")

    def request(self, next, request, database, clock=None):
        return next(user="ann", session={})


class Everything(Middleware):
    endpoint_provides = ("started",)

    def request(self, next):
        return next()

    def endpoint(self, next, user):
        return next(started=0)

    def render(self, next, context):
        return next()


class Limited(Middleware):
    def __init__(self, limit):
        self.limit = limit

    def request(self, next):
        return next()


class Wrapping(Middleware):
    """Do the work outside."""

    @staticmethod
    def wsgi_wrapper(application):
        return lambda environ, start_response: application(environ, start_response)


class Named(Middleware):
    def __init__(self, *names):
        self.provides = names

    def request(self, next):
        return next(**dict.fromkeys(self.provides))


class Handler(ErrorHandler):
    def render_error(self, _error):
        return Response("error", status=_error.code)


class TestApplication:
    def test_the_usual_settings_are_named(self, report):
        assert report(Application([("/_meta", MetaApplication())]))["application"] == {
            "type": "clastic.application.Application",
            "debug": False,
            "slash_mode": "redirect",
            "render_factory": None,
            "error_handler": "clastic.errors.handler.ErrorHandler",
            "render_error": None,
        }

    def test_an_error_handler_of_its_own_is_described(self, report):
        application = Application([("/_meta", MetaApplication())], error_handler=Handler())
        data = report(application)["application"]
        assert data["error_handler"].endswith("test_report.Handler")
        assert data["render_error"]["line"] == Handler.render_error.__code__.co_firstlineno

    def test_the_report_has_time_and_parts(self, report):
        data = report(Application([("/_meta", MetaApplication())]))
        assert set(data) == {
            *("title", "gathered_at", "application", "routes", "meta_routes"),
            *("middlewares", "resources", "sections"),
        }
        assert data["gathered_at"].endswith("+00:00")


class TestMiddlewares:
    @pytest.fixture
    def application(self):
        routes = [
            GET("/", hello),
            GET("/a", hello, middlewares=[Limited(1), Limited(2)]),
            GET("/b", hello, middlewares=[Limited(3), Named("x")]),
            GET("/c", hello, middlewares=[Named("y"), Named("x")]),
            ("/_meta", MetaApplication()),
        ]
        middlewares = [Session(), Wrapping(), Everything(), Limited(0)]
        return Application(routes, {"database": 1}, middlewares)

    def test_they_are_in_order_those_of_the_application_first(self, application, report):
        data = [
            (each["name"], each["is_everywhere"], each["routes"])
            for each in report(application)["middlewares"]
        ]
        assert data == [
            ("Session", True, 4),
            ("Wrapping", True, 4),
            ("Everything", True, 4),
            ("Limited", True, 4),
            ("Limited", False, 2),
            ("Named", False, 2),
            ("Named", False, 1),
        ]

    def test_each_function_has_what_it_requires_uses_and_provides(self, application, report):
        session, _, everything, *others = report(application)["middlewares"]
        (request,) = session["sides"]
        assert request["function"]["name"] == "Session.request"
        assert request["function"]["file"].endswith("test_report.py")
        assert request["requires"] == ["request", "database"]
        assert request["uses"] == ["clock"]
        assert request["provides"] == ["user", "session"]
        sides = everything["sides"]
        assert [(side["side"], side["requires"], side["provides"]) for side in sides] == [
            ("request", [], []),
            ("endpoint", ["user"], ["started"]),
            ("render", ["context"], []),
        ]
        assert [each["sides"][0]["provides"] for each in others[2:]] == [["x"], ["y"]]

    def test_each_has_type_and_summary(self, application, report):
        session, wrapping, everything, *_ = report(application)["middlewares"]
        assert session["type"].endswith("test_report.Session")
        assert session["summary"] == "Find the user."
        assert everything["summary"] is None
        assert session["wraps_wsgi"] is False
        assert (wrapping["wraps_wsgi"], wrapping["sides"]) == (True, [])

    def test_the_page_has_a_row_for_each_function(self, application, page):
        rows = page(application).rows("Middlewares")
        assert rows[0].pop("Function").startswith("Session.request ")
        assert rows[0] == {
            "Name": "Session",
            "On": "every route",
            "Summary": "Find the user.",
            "Wraps WSGI": "no",
            "Side": "request",
            "Requires": "request, database",
            "Uses": "clock",
            "Provides": "user, session",
        }
        assert (rows[1]["Wraps WSGI"], rows[1]["Side"]) == ("yes", "none")
        assert [row["Side"] for row in rows[2:5]] == ["request", "endpoint", "render"]
        assert [row["On"] for row in rows[-3:]] == ["2 routes", "2 routes", "1 route"]

    def test_many_names_are_shown_in_one_line(self, page):
        middlewares = [Named("a", "b", "c", "d", "e")]
        (row,) = page(Application([("/_meta", MetaApplication())], None, middlewares)).rows(
            "Middlewares"
        )
        assert row["Provides"] == "a, b, c, d, e"

    def test_none_are_shown_as_none(self, page, read):
        view = page(Application([("/_meta", MetaApplication())]))
        assert read(view.section("Middlewares")) == "Middlewares none"
        assert read(view.section("Resources")) == "Resources none"


class Database:
    def __repr__(self):
        return "Database('canary')"


@dataclasses.dataclass
class Settings:
    name: str
    license: str = dataclasses.field(repr=False)


class Unreadable:
    def to_dict(self):
        raise ValueError("canary")


def with_resources(resources, *shown, routes=()):
    meta = MetaApplication(shown_resources=shown)
    return Application([*routes, ("/_meta", meta)], resources)


class TestResources:
    def test_they_have_names_and_types_but_no_values(self, report):
        application = with_resources({"database": Database(), "size": 50, "mail": print})
        resources = report(application)["resources"]
        assert [each["name"] for each in resources] == ["database", "size", "mail"]
        types = [each["type"].rpartition("test_report.")[2] for each in resources]
        assert types == ["Database", "int", "builtin_function_or_method"]
        assert [(each["is_shown"], each["value"]) for each in resources] == [(False, None)] * 3

    def test_those_of_some_routes_are_counted(self, report, page):
        inner = Application([("/one", hello), ("/two", hello)], {"size": 1, "mail": "x"})
        routes = [
            GET("/a", hello, resources={"size": 2}),
            GET("/b", hello, resources={"size": 3}),
            GET("/c", hello, resources={"size": "large"}),
            GET("/d", hello, resources={"size": 5}),
            ("/in", inner),
        ]
        application = with_resources({"version": "1", "size": 4}, "size", routes=routes)
        resources = [
            (each["name"], each["type"], each["is_everywhere"], each["routes"], each["values"])
            for each in report(application)["resources"]
        ]
        assert resources == [
            ("version", "str", True, 6, 1),
            ("size", "int", True, 2, 1),
            ("size", "int", False, 3, 3),
            ("size", "str", False, 1, 1),
            ("mail", "str", False, 2, 1),
        ]
        rows = page(application).rows("Resources")
        assert [tuple(row.values()) for row in rows] == [
            ("version", "str", "every route", "1", "not shown"),
            ("size", "int", "every route", "1", "4"),
            ("size", "int", "3 routes", "3", "2"),
            ("size", "str", "1 route", "1", "large"),
            ("mail", "str", "2 routes", "1", "not shown"),
        ]

    @pytest.mark.parametrize("shown", [["version"], ("version", "absent"), {"version"}, "version"])
    def test_values_of_shown_resources_are_shown(self, shown, report):
        meta = MetaApplication(shown_resources=shown)
        resources = report(Application([("/_meta", meta)], {"version": "2.4", "v": "canary"}))
        assert [each["value"] for each in resources["resources"]] == ["2.4", None]

    @pytest.mark.parametrize(
        ("name", "value", "shown"),
        [
            pytest.param("api_key", "canary", "[masked]", id="by name"),
            pytest.param("password", 1234, "[masked]", id="a number by name"),
            pytest.param("cookie_secret", ["canary"], "[masked]", id="a list by name"),
            pytest.param(
                "settings",
                {"host": "db", "token": "canary", b"pwd": "canary"},
                {"host": "db", "token": "[masked]", "pwd": "[masked]"},
                id="inside, by name",
            ),
            pytest.param(
                "pairs",
                [("host", "db"), ("password", "canary")],
                [["host", "db"], ["password", "[masked]"]],
                id="in pairs, by name",
            ),
            pytest.param(
                "url",
                "postgres://links:canary@db/links",
                "postgres://links:[masked]@db/links",
                id="in a URL",
            ),
            pytest.param("header", "Bearer canary1234", "Bearer [masked]", id="a bearer token"),
            pytest.param(
                "settings",
                Settings("a", "canary"),
                {"name": "a", "license": "[masked]"},
                id="left out of the repr",
            ),
        ],
    )
    def test_secrets_in_shown_values_are_masked(self, name, value, shown, report, page):
        application = with_resources({name: value}, name)
        (resource,) = report(application)["resources"]
        assert resource["value"] == shown
        assert "canary" not in page(application).html

    def test_values_without_a_form_in_json_are_shown_by_type(self, report):
        iterator = iter(["canary"])
        for value in (Database(), b"canary", iterator, Database):
            (resource,) = report(with_resources({"it": value}, "it"))["resources"]
            assert resource["value"] == f"<{type(value).__name__}>"
        assert next(iterator) == "canary"

    def test_a_value_that_cannot_be_read_has_a_problem(self, report, page):
        application = with_resources({"it": Unreadable()}, "it")
        (resource,) = report(application)["resources"]
        assert (resource["value"], resource["problem"]) == (None, "ValueError")
        view = page(application)
        assert view.rows("Resources")[0]["Value"] == "reading failed with ValueError"
        assert "canary" not in view.html
