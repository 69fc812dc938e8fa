"""Test form fields and JSON fields as arguments of endpoints."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from clastic import POST, Application, Request, render_json
from clastic.middleware.form import JSONDataMiddleware, PostDataMiddleware
from clastic.middleware.url import GetParamMiddleware

MULTIPART = "multipart/form-data; boundary=x"


def served(endpoint: Callable[..., Any], *arguments: Any, **options: Any) -> Client:
    middleware = PostDataMiddleware(*arguments, **options)
    routes = [POST("/", endpoint, render_json)]
    return Application(routes, middlewares=[middleware]).get_local_client()


def show(title: Any, count: Any) -> list[Any]:
    return [title, count]


FIELDS = {"title": str, "count": int}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param({"title": "x", "count": "2"}, ["x", 2], id="both"),
        pytest.param({"title": "x"}, ["x", None], id="one of two"),
        pytest.param({"title": "", "count": ""}, ["", None], id="empty ones"),
        pytest.param({"title": ["x", "y"], "count": ["1", "2"]}, ["x", 1], id="the first ones"),
        pytest.param({}, [None, None], id="none"),
        pytest.param(b"title=x&count=two", [None, None], id="a body without a Content-Type"),
    ],
)
def test_url_encoded_fields_are_read(data: Any, expected: list[Any]) -> None:
    assert served(show, FIELDS).post("/", data=data).json == expected


def test_multipart_fields_are_read_beside_a_file() -> None:
    def upload(title: str, request: Request) -> list[str]:
        with request.files["file"].stream as file:
            return [title, file.read().decode()]

    data = {"title": "grün", "file": (io.BytesIO(b"content"), "file.txt")}
    assert served(upload, "title").post("/", data=data).json == ["grün", "content"]


def test_query_parameters_are_not_form_fields() -> None:
    assert served(show, FIELDS).post("/?title=x&count=1").json == [None, None]


def test_query_parameters_and_form_fields_can_be_combined() -> None:
    def compare(title: str, page: int) -> list[Any]:
        return [title, page]

    middlewares = [PostDataMiddleware("title"), GetParamMiddleware({"page": int})]
    application = Application([POST("/", compare, render_json)], middlewares=middlewares)
    client = application.get_local_client()
    assert client.post("/?page=2&title=query", data={"title": "form"}).json == ["form", 2]


def test_a_missing_or_invalid_required_field_is_a_bad_request() -> None:
    client = served(show, FIELDS, required=True)
    response = client.post("/", data={"count": "x"}, headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json["detail"] == (
        "The form field 'title' is missing. "
        "The form field 'count' is invalid; it must be of type int."
    )


def test_a_request_without_a_body_has_no_fields() -> None:
    routes = [("/", show, render_json)]
    optional = Application(routes, middlewares=[PostDataMiddleware(FIELDS)])
    assert optional.get_local_client().get("/").json == [None, None]
    required = Application(routes, middlewares=[PostDataMiddleware(FIELDS, required=True)])
    assert required.get_local_client().get("/").status_code == 400


def test_an_unmatched_request_does_not_read_the_body() -> None:
    class Unreadable(io.BytesIO):
        def read(self, *arguments: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = readinto = read

    client = served(show, FIELDS, required=True)
    response = client.put(
        "/nowhere",
        input_stream=Unreadable(),
        content_type="application/x-www-form-urlencoded",
        content_length=10,
    )
    assert response.status_code == 404


def test_a_form_over_the_limit_is_refused() -> None:
    class Limited(Request):
        max_content_length = 10

    class LimitedApplication(Application):
        request_type = Limited

    routes = [POST("/", show, render_json)]
    application = LimitedApplication(routes, middlewares=[PostDataMiddleware(FIELDS)])
    response = application.get_local_client().post("/", data={"title": "x" * 100})
    assert response.status_code == 413


@given(
    st.binary(),
    st.sampled_from(["application/x-www-form-urlencoded", MULTIPART, "multipart/form-data", "x"]),
)
def test_any_body_is_read_without_an_uncaught_error(body: bytes, content_type: str) -> None:
    response = CLIENT.post("/", data=body, content_type=content_type)
    assert response.status_code in (200, 400)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_part_is_read_without_an_uncaught_error(head: bytes, content: bytes) -> None:
    body = b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    assert CLIENT.post("/", data=body, content_type=MULTIPART).status_code in (200, 400, 413)


@given(st.dictionaries(st.sampled_from(["title", "other"]), st.text()))
def test_any_fields_are_read_back_unchanged(data: dict[str, str]) -> None:
    assert CLIENT.post("/", data=data).json == [data.get("title"), None]


CLIENT = served(show, FIELDS)


class TestJSON:
    @staticmethod
    def client(fields: Any, **options: Any) -> Client:
        def show(value: Any) -> list[str]:
            return [repr(value)]

        routes = [POST("/", show, render_json)]
        middlewares = [JSONDataMiddleware(fields, **options)]
        return Application(routes, middlewares=middlewares).get_local_client()

    @pytest.mark.parametrize(
        ("read", "sent", "expected"),
        [
            pytest.param(str, "x", "x", id="text"),
            pytest.param(str, 5, None, id="a number for text"),
            pytest.param(int, 5, 5, id="an int"),
            pytest.param(int, "5", None, id="text for an int"),
            pytest.param(int, 5.5, None, id="a float for an int"),
            pytest.param(int, True, None, id="a bool for an int"),
            pytest.param(float, 5, 5.0, id="an int for a float"),
            pytest.param(float, 10**400, None, id="an int too large for a float"),
            pytest.param(bool, False, False, id="a bool"),
            pytest.param(bool, 1, None, id="a number for a bool"),
            pytest.param(list, [1], [1], id="a list"),
            pytest.param(dict, {"a": 1}, {"a": 1}, id="a dict"),
            pytest.param(object, [1, "x"], [1, "x"], id="any value"),
            pytest.param(object, None, None, id="null"),
            pytest.param(date.fromisoformat, "2024-02-29", date(2024, 2, 29), id="a function"),
            pytest.param(date.fromisoformat, 5, None, id="a value that a function refuses"),
            pytest.param(UUID, "x", None, id="a value that a class refuses"),
        ],
    )
    def test_a_field_is_converted_to_its_type(self, read: Any, sent: Any, expected: Any) -> None:
        response = self.client({"value": read}).post("/", json={"value": sent, "other": 1})
        assert response.json == [repr(expected)]

    def test_a_field_without_a_type_may_be_any_value(self) -> None:
        assert self.client("value").post("/", json={"value": [1]}).json == ["[1]"]

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            pytest.param(b"", "application/json", id="no body"),
            pytest.param(b"{", "application/json", id="invalid JSON"),
            pytest.param(b"[1]", "application/json", id="not an object"),
            pytest.param(b"[" * 100_000, "application/json", id="deeply nested"),
            pytest.param(b'{"value": 1}', "text/plain", id="another Content-Type"),
            pytest.param(b'{"value": 1}', "", id="no Content-Type"),
        ],
    )
    def test_a_body_that_is_not_a_json_object_has_no_fields(
        self, body: bytes, content_type: str
    ) -> None:
        options = {"data": body, "content_type": content_type}
        assert self.client("value").post("/", **options).json == ["None"]
        response = self.client("value", required=True).post("/", **options)
        assert response.status_code == 400
        assert "The body is not a JSON object" in response.text

    def test_a_missing_or_invalid_required_json_field_is_a_bad_request(self) -> None:
        client = self.client({"value": int}, required=True)
        assert client.post("/", json={"value": 1}).json == ["1"]
        for sent, problem in (({}, "is missing"), ({"value": "x"}, "is invalid")):
            response = client.post("/", json=sent)
            assert response.status_code == 400
            assert f"The JSON field 'value' {problem}; it must be of type int." in response.text

    @given(st.binary(max_size=200))
    def test_any_body_is_read_without_an_uncaught_error(self, body: bytes) -> None:
        assert JSON_CLIENT.post("/", data=body, content_type="application/json").status_code == 200


JSON_CLIENT = TestJSON.client({"value": int})
