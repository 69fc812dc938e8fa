"""Render contexts as JSON and as JSONP."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import EnvironBuilder

from clastic import JSONResponse
from clastic.errors import BadRequest
from clastic.http import Request, Response
from clastic.render import JSONPRender, JSONRender, render_json, render_json_dev


def request_for(query_string=""):
    return Request(EnvironBuilder(query_string=query_string).get_environ())


def test_json_is_sent_as_json_without_a_charset():
    response = render_json({"a": [1, "é"]})
    assert isinstance(response, Response)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.get_data() == '{"a":[1,"é"]}'.encode()


def test_json_render_takes_only_the_context():
    with pytest.raises(TypeError):
        render_json(request_for(), {})


@pytest.mark.parametrize(
    ("render", "expected"),
    [
        (JSONRender(indent=1), b'{\n "b": 1,\n "a": 2\n}'),
        (JSONRender(sort_keys=True), b'{"a":2,"b":1}'),
        (render_json_dev, b'{\n  "b": 1,\n  "a": 2\n}'),
        (JSONRender(dev_mode=True, indent=1, sort_keys=True), b'{\n "a": 2,\n "b": 1\n}'),
    ],
    ids=["indented", "sorted", "by render_json_dev", "in dev mode with an indent of its own"],
)
def test_json_is_written_with_the_given_options(render, expected):
    assert render({"b": 1, "a": 2}).get_data() == expected


def test_streamed_json_is_sent_as_it_is_iterated():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield {"number": number}

    response = JSONRender(streaming=True)(rows())
    assert response.headers["Content-Type"] == "application/json"
    chunks = iter(response.iter_encoded())
    assert next(chunks) == b'[{"number":0}'
    assert taken == [0]
    assert b"".join(chunks) == b',{"number":1},{"number":2}]'


def test_streamed_json_closes_the_iterator_it_was_given():
    closed = []

    def rows():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    response = JSONRender(streaming=True)(rows())
    next(iter(response.iter_encoded()))
    response.close()
    assert closed == [True]


def test_jsonp_calls_the_function_that_the_client_names():
    response = JSONPRender()(request_for("callback=app.show_1.$x&other=1"), {"a": "é"})
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_data() == '/**/app.show_1.$x({"a":"é"});'.encode()


def test_jsonp_without_a_callback_is_json():
    render = JSONPRender()
    assert isinstance(render, JSONRender)
    response = render(request_for("other=1"), {"a": 1})
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_data() == b'{"a":1}'


def test_jsonp_with_an_empty_callback_is_json():
    assert JSONPRender()(request_for("callback="), {"a": 1}).get_data() == b'{"a":1}'


def test_jsonp_can_be_streamed():
    response = JSONPRender(streaming=True)(request_for("callback=f"), iter(["<", 2]))
    chunks = [b"/**/f(", b'["\\u003c"', b",2", b"]", b");"]
    assert list(response.iter_encoded()) == chunks


def test_the_parameter_of_jsonp_can_be_renamed():
    render = JSONPRender("jsonp", sort_keys=True)
    assert render(request_for("jsonp=f&callback=g"), {"b": 1, "a": 2}).get_data() == (
        b'/**/f({"a":2,"b":1});'
    )


@pytest.mark.parametrize(
    "callback",
    [
        "alert(1)",
        "a;b",
        "a b",
        "a.",
        ".a",
        "a..b",
        "1a",
        "a[0]",
        "a%0A",
        "f\u00e9",
        "</script>",
        "a" * 129,
    ],
)
def test_jsonp_refuses_callbacks_that_are_not_function_names(callback):
    with pytest.raises(BadRequest) as caught:
        JSONPRender()(request_for(f"callback={callback}"), {})
    assert caught.value.detail == (
        "callback must be the name of a JavaScript function: identifiers separated by dots, of at "
        "most 128 characters in all"
    )


def test_jsonp_accepts_a_name_of_128_characters():
    assert JSONPRender()(request_for(f"callback={'a' * 128}"), {}).status_code == 200


def test_jsonp_text_cannot_end_the_script_or_the_line():
    context = {"x": "</script><!--\u2028\u2029"}
    body = JSONPRender()(request_for("callback=f"), context).get_data()
    assert body == rb'/**/f({"x":"\u003c/script>\u003c!--\u2028\u2029"});'
    assert json.loads(body[len("/**/f(") : -len(");")]) == context


def test_jsonp_in_dev_mode_falls_back_to_the_repr():
    body = JSONPRender(dev_mode=True)(request_for(), [object]).get_data()
    assert json.loads(body) == ["<class 'object'>"]


@pytest.mark.parametrize(
    ("options", "status", "field"),
    [
        ({}, 200, None),
        ({"status": 201}, 201, None),
        ({"headers": {"X-Total": "7"}}, 200, "7"),
        ({"status": 202, "headers": [("X-Total", "7")]}, 202, "7"),
    ],
    ids=["nothing more", "a status", "headers", "a status and headers"],
)
def test_a_json_response_has(options, status, field):
    response = JSONResponse({"a": 1}, **options)
    assert type(response) is Response
    assert (response.status_code, response.headers.get("X-Total")) == (status, field)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_data() == b'{"a":1}'


def test_a_json_response_refuses_values_without_a_json_form():
    with pytest.raises(TypeError, match="nan, which JSON cannot represent"):
        JSONResponse(float("nan"), status=201)
