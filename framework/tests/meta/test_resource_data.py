"""What is told of resources: names, types, where they are, and values only by permission."""

import dataclasses

import pytest

from clastic.application import Application
from clastic.http import Response
from clastic.meta import MetaApplication
from clastic.route import GET


def hello():
    return Response("hello")


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


def told(application, report, name):
    (resource,) = [each for each in report(application)["resources"] if each["name"] == name]
    return resource


def test_they_are_told_by_name_and_type_without_values(report):
    application = with_resources({"database": Database(), "size": 50, "mail": print})
    resources = report(application)["resources"]
    assert [each["name"] for each in resources] == ["database", "size", "mail"]
    types = [each["type"].rpartition("test_resource_data.")[2] for each in resources]
    assert types == ["Database", "int", "builtin_function_or_method"]
    assert [(each["is_shown"], each["value"]) for each in resources] == [(False, None)] * 3


def test_those_of_some_routes_are_told_with_how_many_these_are(report, page):
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
    assert rows[1:] == [
        ["version", "str", "every route", "not shown"],
        ["size", "int", "every route", "4"],
        ["size", "int", "3 routes", "2 and 2 other values"],
        ["size", "str", "1 route", "large"],
        ["mail", "str", "2 routes", "not shown"],
    ]


@pytest.mark.parametrize("shown", [["version"], ("version", "absent"), {"version"}, "version"])
def test_the_values_of_those_that_are_named_are_shown(shown, report):
    application = Application(
        [("/_meta", MetaApplication(shown_resources=shown))], {"version": "2.4", "v": "canary"}
    )
    assert told(application, report, "version")["value"] == "2.4"
    assert told(application, report, "v")["value"] is None


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("api_key", "canary", "[masked]", id="by name"),
        pytest.param("password", 1234, "[masked]", id="a number by name"),
        pytest.param("cookie_secret", ["canary"], "[masked]", id="all of it by name"),
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
            id="what its repr leaves out",
        ),
    ],
)
def test_a_shown_value_that_looks_secret_is_masked(name, value, shown, report, page):
    application = with_resources({name: value}, name)
    assert told(application, report, name)["value"] == shown
    assert "canary" not in page(application).html


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Database(), id="an object"),
        pytest.param(b"canary", id="bytes"),
        pytest.param(iter(["canary"]), id="an iterator"),
        pytest.param(Database, id="a class"),
    ],
)
def test_a_shown_value_that_is_no_data_is_its_type_alone(value, report):
    application = with_resources({"it": value}, "it")
    assert told(application, report, "it")["value"] == f"<{type(value).__name__}>"


def test_a_shown_iterator_is_not_used_up(report):
    iterator = iter([1])
    report(with_resources({"it": iterator}, "it"))
    assert next(iterator) == 1


def test_a_shown_value_that_cannot_be_looked_into_has_a_problem(report, page):
    application = with_resources({"it": Unreadable()}, "it")
    resource = told(application, report, "it")
    assert (resource["value"], resource["problem"]) == (None, "ValueError")
    view = page(application)
    assert view.rows("Resources")[1][-1] == "looking into it failed with ValueError"
    assert "canary" not in view.html
