"""Test every WiringWarning with its whole message, and what has none."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest

from clastic import (
    GET,
    Application,
    Middleware,
    Response,
    Route,
    SubApplication,
    WiringError,
    WiringWarning,
)


def here(function: Any) -> str:
    """Return the location of a function in this file as in messages."""
    return f"{os.path.relpath(__file__)}:{function.__code__.co_firstlineno}"


def message(*args: Any, **options: Any) -> str:
    """Return the whole message of the only WiringWarning of an application."""
    with pytest.warns(WiringWarning) as caught:
        Application(*args, **options)
    (warning,) = caught
    return str(warning.message)


def codes(*args: Any, **options: Any) -> list[str | None]:
    """Return the codes of the likely mistakes in an application."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Application(*args, **options)
    return [problem.code for each in caught for problem in each.message.problems]  # type: ignore[union-attr]


def ok() -> Response:
    return Response("ok")


def show(reqest: Any = None) -> Response:
    return Response(str(reqest))


class Audit(Middleware):
    """Take a misspelt argument."""

    def request(self, next: Any, databse: Any = None) -> Any:
        return next() if databse else None


NEAR_MISS = f"""\
Route '/' (endpoint show, {here(show)}) takes 'reqest', which nothing provides, so it always has \
its default. [near-miss]
  Did you mean 'request'?"""


class TestReport:
    def test_one_likely_mistake_is_reported_with_its_code_and_how_to_silence_it(self) -> None:
        assert message([("/", show)]) == (
            f"{NEAR_MISS}\n"
            "  If it is intended, pass ignore=['near-miss'] to the route or the application."
        )

    def test_all_likely_mistakes_are_one_warning(self) -> None:
        text = message([("/", show)], {"database": 1}, [Audit()])
        assert text == (
            "2 likely mistakes in this application:\n\n"
            f"1. Middleware Audit.request ({here(Audit.request)}) takes 'databse', which nothing "
            "provides, so it always has its default. [near-miss]\n"
            "  Found on route '/'.\n"
            "  Did you mean 'database'?\n\n"
            f"2. {NEAR_MISS}\n\n"
            "If one is intended, pass ignore=['near-miss'] to the route or the application."
        )

    def test_the_warning_is_at_the_line_that_constructs_the_application(self) -> None:
        class Site(Application):
            pass

        with pytest.warns(WiringWarning) as caught:
            Site([("/", show)])
        code = self.test_the_warning_is_at_the_line_that_constructs_the_application.__code__
        assert (caught[0].filename, caught[0].lineno) == (__file__, code.co_firstlineno + 5)

    def test_likely_mistakes_can_be_errors(self) -> None:
        with pytest.raises(WiringError) as caught:
            Application([("/", show)], warnings="raise")
        assert str(caught.value) == NEAR_MISS

    def test_likely_mistakes_are_reported_together_with_problems_as_errors(self) -> None:
        with pytest.raises(WiringError) as caught:
            Application([("/", show), ("/a", lambda missing: ok())], warnings="raise")
        assert [each.code for each in caught.value.problems] == [None, "near-miss"]

    @pytest.mark.parametrize(
        ("routes", "options"),
        [
            pytest.param([("/", show)], {"warnings": "ignore"}, id="all, by the application"),
            pytest.param([("/", show)], {"ignore": ["near-miss"]}, id="a code, by the application"),
            pytest.param([Route("/", show, ignore="near-miss")], {}, id="a code, by the route"),
        ],
    )
    def test_likely_mistakes_can_be_ignored(
        self, routes: list[Any], options: dict[str, Any]
    ) -> None:
        assert codes(routes, **options) == []

    def test_what_an_application_is_embedded_in_does_not_report_it_again(self) -> None:
        with pytest.warns(WiringWarning):
            inner = Application([("/", show)], middlewares=[Audit()])
        assert codes([("/a", inner), SubApplication("/b", inner)], {"theme": 1}) == []

    def test_a_name_that_only_the_outer_application_has_is_reported_there(self) -> None:
        inner = Application([("/", show)], middlewares=[Audit()], ignore=["near-miss"])
        assert codes([("/a", inner)], {"database": 1}) == ["near-miss"]

    def test_adding_a_route_reports_that_route_only(self) -> None:
        with pytest.warns(WiringWarning):
            application = Application([("/", show)])
        with pytest.warns(WiringWarning) as caught:
            application.add(("/late", show))
        assert "'/late'" in str(caught[0].message)
        assert "'/'" not in str(caught[0].message)

    def test_a_warning_that_is_an_error_leaves_the_application_as_it_was(self) -> None:
        application = Application([("/", ok)])
        with pytest.raises(WiringWarning):
            application.add(("/late", show))
        assert len(application.routes) == 1

    def test_an_unknown_code_or_mode_is_refused(self) -> None:
        with pytest.raises(
            ValueError,
            match=r"^Route '/' has ignore=\['near-mis'\], and 'near-mis'"
            r" is not the code of a warning\. Did you mean 'near-miss'\?$",
        ):
            GET("/", ok, ignore=["near-mis"])
        with pytest.raises(
            ValueError,
            match=r"^warnings='error' is not one of 'warn', 'raise' and"
            r" 'ignore'\.$",
        ):
            Application([], warnings="error")  # type: ignore[arg-type]


def taking(name: str) -> Any:
    """Return an endpoint with a default for one argument."""
    namespace: dict[str, Any] = {"Response": Response}
    exec(f"def show({name}=None): return Response('')", namespace)
    return namespace["show"]


@pytest.mark.parametrize(
    ("name", "provided", "is_reported"),
    [
        pytest.param("datbase", "database", True, id="a missing letter"),
        pytest.param("dattabase", "database", True, id="an added letter"),
        pytest.param("databsae", "database", True, id="swapped letters"),
        pytest.param("datavase", "database", True, id="another letter"),
        pytest.param("user_name", "username", True, id="another underscore"),
        pytest.param("usr", "user", True, id="a missing letter in a short name"),
        pytest.param("date", "data", False, id="another letter in a short name"),
        pytest.param("user", "users", False, id="a singular"),
        pytest.param("mode", "model", False, id="a short name that begins another"),
        pytest.param("column1", "column2", False, id="another number"),
        pytest.param("created_at", "updated_at", False, id="a similar name"),
        pytest.param("_database", "database", False, id="a private name"),
        pytest.param("database", "database", False, id="the name itself"),
    ],
)
def test_an_argument_with_a_default_has_almost_the_name_of(
    name: str, provided: str, is_reported: bool
) -> None:
    assert codes([("/", taking(name))], {provided: 1}) == ["near-miss"] * is_reported
