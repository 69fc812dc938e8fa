"""What is told of middlewares: their order, what each requires and provides, where they are."""

import pytest

from clastic.application import Application
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.middleware import Middleware
from clastic.route import GET


def hello():
    return Response("hello")


class Session(Middleware):
    """Finds out who is asking.

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
    """Does its work outside."""

    @staticmethod
    def wsgi_wrapper(application):
        return lambda environ, start_response: application(environ, start_response)


class Named(Middleware):
    def __init__(self, *names):
        self.provides = names

    def request(self, next):
        return next(**dict.fromkeys(self.provides))


@pytest.fixture
def application():
    routes = [
        GET("/", hello),
        GET("/a", hello, middlewares=[Limited(1), Limited(2)]),
        GET("/b", hello, middlewares=[Limited(3), Named("x")]),
        GET("/c", hello, middlewares=[Named("y"), Named("x")]),
        ("/_meta", MetaApplication()),
    ]
    return Application(routes, {"database": 1}, [Session(), Wrapping(), Everything(), Limited(0)])


def test_they_are_told_in_order_the_applications_own_first(application, report):
    told = [
        (each["name"], each["is_everywhere"], each["routes"])
        for each in report(application)["middlewares"]
    ]
    assert told == [
        ("Session", True, 4),
        ("Wrapping", True, 4),
        ("Everything", True, 4),
        ("Limited", True, 4),
        ("Limited", False, 2),
        ("Named", False, 2),
        ("Named", False, 1),
    ]


def test_each_function_is_told_with_what_it_requires_uses_and_provides(application, report):
    session, _, everything, *others = report(application)["middlewares"]
    (request,) = session["sides"]
    assert request["function"]["name"] == "Session.request"
    assert request["function"]["file"].endswith("test_middleware_data.py")
    assert request["requires"] == ["request", "database"]
    assert request["uses"] == ["clock"]
    assert request["provides"] == ["user", "session"]
    assert [(side["side"], side["requires"], side["provides"]) for side in everything["sides"]] == [
        ("request", [], []),
        ("endpoint", ["user"], ["started"]),
        ("render", ["context"], []),
    ]
    assert [each["sides"][0]["provides"] for each in others[2:]] == [["x"], ["y"]]


def test_each_is_told_with_type_and_docstring(application, report):
    session, wrapping, *_ = report(application)["middlewares"]
    assert session["type"].endswith("test_middleware_data.Session")
    assert session["summary"] == "Finds out who is asking."
    assert session["wraps_wsgi"] is False
    assert (wrapping["wraps_wsgi"], wrapping["sides"]) == (True, [])


def test_the_page_has_a_row_for_each_function(application, page):
    header, session, wrapping, *everything = page(application).rows("Middlewares")[:6]
    assert header == ["Middleware", "On", "Around", "Requires", "Provides"]
    assert session[0] == "Session Finds out who is asking."
    assert session[1] == "every route"
    assert session[2].startswith("request Session.request ")
    assert session[3:] == ["request, database can use clock", "user, session"]
    assert wrapping == ["Wrapping Does its work outside. Wraps WSGI too.", "every route", "nothing"]
    assert [row[-3].split()[0] for row in everything] == [
        "request",
        "endpoint",
        "render",
    ]
    assert everything[1][1:] == ["user", "started"]


def test_the_page_tells_how_many_routes_one_is_on(application, page):
    reaches = [row[1] for row in page(application).rows("Middlewares") if len(row) == 5]
    assert reaches[-3:] == ["2 routes", "2 routes", "1 route"]


def test_cells_that_span_rows_leave_the_table_whole(application, page):
    view = page(application)
    rows = list(view.section("Middlewares").iter("tr"))
    spans = [
        sum(int(cell.attrib.get("rowspan", 1)) * int(cell.attrib.get("colspan", 1)) for cell in row)
        for row in rows
    ]
    assert sum(spans) == 5 * len(rows)


def test_that_there_are_none_is_told(page, read):
    view = page(Application([("/_meta", MetaApplication())]))
    assert read(view.section("Middlewares")) == "Middlewares There are none."
    assert read(view.section("Resources")) == "Resources There are none."
