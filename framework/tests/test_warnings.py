"""Test every WiringWarning with its whole message, and applications without any."""

from __future__ import annotations

import functools
import inspect
import os
import re
import warnings
from pathlib import Path
from typing import Any, Optional

import pytest

from clastic import (
    GET,
    Application,
    Middleware,
    NotFound,
    Request,
    Response,
    Route,
    SubApplication,
    WiringError,
    WiringWarning,
)
from clastic.errors import ErrorHandler
from clastic.wiring import WARNING_CODES


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

    def test_an_outer_application_does_not_report_it_again(self) -> None:
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

    def test_a_copy_with_overrides_does_not_report_again(self) -> None:
        with pytest.warns(WiringWarning):
            application = Application([("/", show)], {"database": 1})
        assert application.with_overrides(resources={"database": 2}).resources["database"] == 2

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


class Forgetful(Middleware):
    """Return nothing from its methods."""

    def request(self, next: Any) -> Any:
        next()

    def endpoint(self, next: Any) -> Any:
        result = next()
        if result is None:
            return

    def render(self, next: Any) -> Any:
        try:
            return next()
        finally:
            pass


class Careful(Middleware):
    """Return something, or raise."""

    def request(self, next: Any) -> Any:
        next()
        raise NotFound()

    def endpoint(self, next: Any, request: Any) -> Any:
        if request:
            return next()
        return None

    def render(self, next: Any) -> Any:
        next()
        return Response("another")


def test_a_middleware_without_return_is_reported() -> None:
    assert message([("/", ok)], middlewares=[Careful(), Forgetful()]) == (
        "2 likely mistakes in this application:\n\n"
        f"1. Middleware Forgetful.request ({here(Forgetful.request)}) calls next(), and returns "
        "nothing. [missing-return]\n"
        "  Return the result of next(), or another Response.\n\n"
        f"2. Middleware Forgetful.endpoint ({here(Forgetful.endpoint)}) calls next(), and returns "
        "nothing. [missing-return]\n"
        "  Return the result of next(), or another Response.\n\n"
        "If one is intended, pass ignore=['missing-return'] to the route or the application."
    )


class Site(Application):
    """Set an attribute of another name."""

    requesttype = Request
    default_debug_error_handler_type = ErrorHandler
    routes_by_name = None


class Providing(Middleware):
    """Set attributes of other names."""

    provide = ("user",)
    requests = 0

    def __init__(self) -> None:
        self.uniqe = False

    def request(self, next: Any) -> Any:
        return next()

    def finsh(self, response: Any, environ: Any, route: Any) -> Any:
        return response


class Pages(ErrorHandler):
    """Set an attribute of another name."""

    notfound_type = NotFound


def test_misspelt_attributes_of_subclasses_are_reported() -> None:
    with pytest.warns(WiringWarning) as caught:
        Site([], middlewares=[Providing()], error_handler=Pages())
    _, first = inspect.getsourcelines(Site)
    place = f"{os.path.relpath(__file__)}:{first}"
    assert str(caught[0].message).split("\n\n")[1] == (
        f"1. Class Site ({place}) sets 'requesttype', which the framework does not read. "
        "[misspelt-attribute]\n  Did you mean 'request_type'?"
    )
    problems = caught[0].message.problems  # type: ignore[union-attr]
    found = [(each.what.split("'")[1], each.remedy) for each in problems]
    assert found == [
        ("requesttype", "Did you mean 'request_type'?"),
        ("provide", "Did you mean 'provides'?"),
        ("finsh", "Did you mean 'finish'?"),
        ("uniqe", "Did you mean 'unique'?"),
        ("notfound_type", "Did you mean 'not_found_type'?"),
    ]


def annotated(annotation: Any) -> Any:
    """Return an endpoint that takes ``value`` with an annotation."""

    def show(value: Any) -> Response:
        return Response(str(value))

    show.__annotations__["value"] = annotation
    return show


def test_an_annotation_that_contradicts_the_path_is_reported() -> None:
    def show(id: int) -> Response:
        return Response(str(id))

    assert message([("/<id>", show)]) == (
        f"Route '/<id>' (show, {here(show)}) takes 'id' as int, but its pattern makes it str. "
        "[wrong-annotation]\n"
        "  Correct the annotation, or the binding in the pattern.\n"
        "  If it is intended, pass ignore=['wrong-annotation'] to the route or the application."
    )


@pytest.mark.parametrize(
    ("binding", "annotation", "is_reported"),
    [
        ("<value>", "str", False),
        ("<value>", str, False),
        ("<value>", int, True),
        ("<value>", "int | None", True),
        ("<value>", "Union[int, str]", False),
        ("<value>", "Sequence[str]", False),
        ("<value>", "list[str]", True),
        ("<value>", "UserId", False),
        ("<value>", "Literal['a', 'b']", False),
        ("<value>", "Annotated[int, 'positive']", False),
        ("<value:int>", "int", False),
        ("<value:int>", float, False),
        ("<value:int>", "str", True),
        ("<value:int>", "typing.Optional[int]", False),
        ("<value:float>", "int", True),
        ("<value?int>", "int", True),
        ("<value?int>", "int | None", False),
        ("<value?int>", Optional[int], False),  # noqa: UP045
        ("<value?int>", "t.Optional[str]", True),
        ("<value?>", "object", False),
        ("<value*>", "list[str]", False),
        ("<value*>", list[str], False),
        ("<value+int>", "list[str]", True),
        ("<value+int>", "Sequence[int | None]", False),
        ("<value*>", "str", True),
        ("<value*>", "tuple[str, ...]", True),
        ("<value*>", "list", False),
    ],
    ids=str,
)
def test_the_value_has_the_annotation(binding: str, annotation: Any, is_reported: bool) -> None:
    assert codes([(f"/{binding}", annotated(annotation))]) == ["wrong-annotation"] * is_reported


def test_an_annotation_of_a_value_that_a_decorator_may_convert_is_not_reported() -> None:
    def show(id: int) -> Response:
        return Response(str(id))

    @functools.wraps(show)
    def convert(id: str) -> Response:
        return show(int(id))

    assert codes([("/<id>", convert)]) == []


def test_a_path_value_of_the_prefix_is_reported_where_it_is_embedded() -> None:
    def show(id: int, page: int = 1) -> Response:
        return Response(f"{id} {page}")

    inner = Application([("/<id:int>", show)])
    assert codes([("/<page>", inner)]) == ["wrong-annotation"]


def test_the_documentation_has_a_table_of_all_codes() -> None:
    page = Path(__file__).parents[1] / "docs" / "wiring-errors.md"
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", page.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == WARNING_CODES
