"""Form fields, as endpoints get them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from clastic import POST, Application, Request, render_json
from clastic.middleware.form import PostDataMiddleware
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
        pytest.param(b"title=x&count=two", [None, None], id="a body without a type"),
    ],
)
def test_url_encoded_fields(data: Any, expected: list[Any]) -> None:
    assert served(show, FIELDS).post("/", data=data).json == expected


def test_multipart_fields_with_a_file_among_them() -> None:
    def upload(title: str, request: Request) -> list[str]:
        with request.files["file"].stream as file:
            return [title, file.read().decode()]

    data = {"title": "grün", "file": (io.BytesIO(b"content"), "file.txt")}
    assert served(upload, "title").post("/", data=data).json == ["grün", "content"]


def test_the_query_is_something_else() -> None:
    assert served(show, FIELDS).post("/?title=x&count=1").json == [None, None]


def test_both_at_once() -> None:
    def compare(title: str, page: int) -> list[Any]:
        return [title, page]

    middlewares = [PostDataMiddleware("title"), GetParamMiddleware({"page": int})]
    application = Application([POST("/", compare, render_json)], middlewares=middlewares)
    client = application.get_local_client()
    assert client.post("/?page=2&title=query", data={"title": "form"}).json == ["form", 2]


def test_a_required_field() -> None:
    client = served(show, FIELDS, required=True)
    response = client.post("/", data={"count": "x"}, headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json["detail"] == (
        "The form field 'title' is missing. "
        "The form field 'count' cannot be read; it has to be of type int."
    )


def test_a_request_without_a_body() -> None:
    routes = [("/", show, render_json)]
    optional = Application(routes, middlewares=[PostDataMiddleware(FIELDS)])
    assert optional.get_local_client().get("/").json == [None, None]
    required = Application(routes, middlewares=[PostDataMiddleware(FIELDS, required=True)])
    assert required.get_local_client().get("/").status_code == 400


def test_a_miss_does_not_read_the_body() -> None:
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
def test_any_body(body: bytes, content_type: str) -> None:
    response = CLIENT.post("/", data=body, content_type=content_type)
    assert response.status_code == 200


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_part(head: bytes, content: bytes) -> None:
    body = b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    assert CLIENT.post("/", data=body, content_type=MULTIPART).status_code in (200, 400, 413)


@given(st.dictionaries(st.sampled_from(["title", "other"]), st.text()))
def test_any_fields(data: dict[str, str]) -> None:
    assert CLIENT.post("/", data=data).json == [data.get("title"), None]


CLIENT = served(show, FIELDS)
