"""Test query parameters and the script root as arguments of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from clastic import GET, Application, Response, render_json
from clastic.middleware.url import GetParamMiddleware, ScriptRootMiddleware
from clastic.wiring import WiringError


class Colour(Enum):
    """An enumeration, which is called with a value."""

    RED = "red"


def served(endpoint: Callable[..., Any], *arguments: Any, **options: Any) -> Client:
    middleware = GetParamMiddleware(*arguments, **options)
    routes = [GET("/", endpoint, render_json)]
    return Application(routes, middlewares=[middleware]).get_local_client()


def one(q: Any) -> list[str]:
    return [repr(q)]


def two(q: Any, page: Any) -> list[Any]:
    return [q, page]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["q", "page"], id="a list"),
        pytest.param(("q", "page"), id="a tuple"),
        pytest.param(iter(["q", "page"]), id="an iterator"),
        pytest.param({"q": str, "page": str}, id="a mapping"),
    ],
)
def test_several_parameters_are_passed(fields: Any) -> None:
    assert served(two, fields).get("/?page=2&q=x&other=1").json == ["x", "2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", None, id="no query"),
        pytest.param("?", None, id="an empty query"),
        pytest.param("?other=1", None, id="another parameter"),
        pytest.param("?Q=1", None, id="the name in another case"),
        pytest.param("?q=x", "x", id="one"),
        pytest.param("?q=", "", id="an empty one"),
        pytest.param("?q", "", id="one without an equals sign"),
        pytest.param("?q=x&q=y", "x", id="the first of several"),
        pytest.param("?q=gr%C3%BCn+1%25", "grün 1%", id="an encoded one"),
        pytest.param("?q=%FF%00", "%FF\x00", id="one that is not UTF-8"),
    ],
)
def test_a_parameter_is_text_by_default(query: str, expected: str | None) -> None:
    assert served(one, "q").get(f"/{query}").json == [repr(expected)]


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        pytest.param(int, "12", 12, id="int"),
        pytest.param(int, "12.5", None, id="not an int"),
        pytest.param(int, "", None, id="an empty int"),
        pytest.param(int, "1" * 5000, None, id="too many digits"),
        pytest.param(float, "1e3", 1000.0, id="float"),
        *(
            pytest.param(float, text, None, id=f"a float that is {text}")
            for text in ("nan", "inf", "-Infinity", "1e999")
        ),
        pytest.param(Decimal, "x", None, id="not a Decimal, an ArithmeticError"),
        pytest.param(ZoneInfo, "Nowhere", None, id="not a zone, a LookupError"),
        pytest.param({"a": 1}.__getitem__, "a", 1, id="a table"),
        pytest.param(UUID, "x", None, id="not a UUID"),
        pytest.param(date.fromisoformat, "2024-02-29", date(2024, 2, 29), id="a date"),
        pytest.param(Colour, "red", Colour.RED, id="an Enum"),
        pytest.param(lambda text: len(5), "x", None, id="a TypeError"),  # type: ignore[arg-type]
        pytest.param(bool, "true", True, id="true"),
        pytest.param(bool, "ON", True, id="on"),
        pytest.param(bool, "0", False, id="0"),
        pytest.param(bool, "no", False, id="no"),
        pytest.param(bool, "maybe", None, id="not a bool"),
        pytest.param(bool, "", None, id="an empty bool"),
    ],
)
def test_a_parameter_is_converted_to_its_type(read: Any, text: str, expected: Any) -> None:
    response = served(one, {"q": read}).get("/", query_string={"q": text})
    assert response.json == [repr(expected)]


class Odd:
    """A callable without a name."""

    def __call__(self, text: str) -> int:
        return int(text)


@pytest.mark.parametrize(
    ("fields", "query", "detail"),
    [
        pytest.param("q", "", "The query parameter 'q' is missing.", id="text"),
        pytest.param(
            {"q": int},
            "",
            "The query parameter 'q' is missing; it must be of type int.",
            id="a number",
        ),
        pytest.param(
            {"q": int},
            "?q=x",
            "The query parameter 'q' is invalid; it must be of type int.",
            id="not a number",
        ),
        pytest.param(
            {"q": bool},
            "?q=maybe",
            "The query parameter 'q' is invalid; it must be of type bool.",
            id="not a bool",
        ),
        pytest.param(
            {"q": Odd()},
            "?q=x",
            "The query parameter 'q' is invalid; it must be of type Odd.",
            id="a callable object",
        ),
    ],
)
def test_a_missing_or_invalid_required_parameter_is_a_bad_request(
    fields: Any, query: str, detail: str
) -> None:
    response = served(one, fields, required=True).get(
        f"/{query}", headers={"Accept": "application/json"}
    )
    assert response.status_code == 400
    assert response.json["detail"] == detail


def test_all_problems_are_reported_together() -> None:
    client = served(two, {"q": str, "page": int}, required=True)
    text = client.get("/?page=x").text
    assert "'q' is missing." in text
    assert "'page' is invalid" in text


def test_a_valid_parameter_is_not_reported() -> None:
    client = served(two, {"q": str, "page": int}, required=True)
    assert "'q'" not in client.get("/?q=x&page=x").text


def test_given_required_parameters_are_passed() -> None:
    client = served(two, {"q": str, "page": int}, required=True)
    assert client.get("/?q=&page=0").json == ["", 0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nowhere", 404, id="an unknown path"),
        pytest.param("GET", "/nowhere?q=1", 404, id="an unknown path with the parameter"),
        pytest.param("POST", "/", 405, id="another method"),
    ],
)
def test_an_unmatched_request_is_a_404_or_405(method: str, path: str, status: int) -> None:
    client = served(one, {"q": int}, required=True)
    assert client.open(path, method=method).status_code == status


@pytest.mark.parametrize("fields", ["user-id", ["q", "class"], {1: int}, "request"], ids=repr)
def test_names_that_cannot_be_arguments_are_refused(fields: Any) -> None:
    with pytest.raises(WiringError, match="Middleware GetParamMiddleware declares"):
        served(one, fields)


def test_no_names_provide_nothing() -> None:
    assert [GetParamMiddleware(params).provides for params in ([], {})] == [(), ()]


def test_a_type_that_is_not_callable_is_refused() -> None:
    with pytest.raises(TypeError) as caught:
        GetParamMiddleware({"q": "int"})  # type: ignore[dict-item]
    assert str(caught.value) == (
        "The type of the field 'q' is 'int', which is not callable. "
        "Use a callable that takes the text, such as int."
    )


def test_middlewares_of_one_configuration_are_equal() -> None:
    assert GetParamMiddleware("q") == GetParamMiddleware(["q"]) == GetParamMiddleware({"q": str})
    assert GetParamMiddleware("q") != GetParamMiddleware({"q": int})
    assert GetParamMiddleware("q") != GetParamMiddleware("q", required=True)
    assert repr(GetParamMiddleware(["q", "page"])) == "GetParamMiddleware('q', 'page')"


@given(st.text(st.characters(max_codepoint=255, exclude_characters="#\r\n")))
def test_any_query_is_read_without_an_uncaught_error(query: str) -> None:
    response = TYPED.get("/", environ_overrides={"QUERY_STRING": query})
    assert response.status_code == (200 if is_utf8(query) else 400)


def is_utf8(text: str) -> bool:
    try:
        text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.text())
def test_any_value_is_read_back_unchanged(value: str) -> None:
    assert PLAIN.get("/", query_string={"q": value}).json == [repr(value)]


PLAIN = served(one, "q")
TYPED = served(two, {"q": Decimal, "page": int})


class TestScriptRoot:
    @pytest.mark.parametrize(
        ("script_name", "expected"),
        [
            pytest.param(None, "", id="no SCRIPT_NAME"),
            pytest.param("", "", id="at the root"),
            pytest.param("/", "", id="a slash only"),
            pytest.param("/app", "/app", id="below the root"),
            pytest.param("/app/v1/", "/app/v1", id="with a trailing slash"),
            pytest.param("/gr\xc3\xbcn 1%", "/gr%C3%BCn%201%25", id="with characters to encode"),
        ],
    )
    def test_the_script_root_is_the_path_of_the_mount(
        self, script_name: str | None, expected: str
    ) -> None:
        def show(script_root: str) -> Response:
            return Response(f"[{script_root}]")

        application = Application([("/", show)], middlewares=[ScriptRootMiddleware()])
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SCRIPT_NAME": script_name}
        if script_name is None:
            del environ["SCRIPT_NAME"]
        (body,) = application(environ, lambda *head: lambda block: None)
        assert body.decode() == f"[{expected}]"

    def test_the_argument_can_have_another_name(self) -> None:
        def show(root: str) -> Response:
            return Response(root)

        application = Application([("/", show)], middlewares=[ScriptRootMiddleware("root")])
        client = application.get_local_client()
        assert client.get("/", base_url="http://localhost/mounted").text == "/mounted"
