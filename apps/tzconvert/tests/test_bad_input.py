"""Test invalid requests: each gets a 400 that names the field, as JSON or as a page."""

from __future__ import annotations

import json

import pytest

QUESTION = {"dt": "2021-03-14T12:00", "src": "America/New_York", "dst": "Europe/London"}
BAD_FIELDS = [
    pytest.param({"dt": None}, "dt", id="no time"),
    pytest.param({"dt": ""}, "dt", id="an empty time"),
    pytest.param({"dt": "tomorrow"}, "dt", id="a word for a time"),
    pytest.param({"dt": "2021-02-30T12:00"}, "dt", id="no such day"),
    pytest.param({"dt": "2021-03-14T24:00"}, "dt", id="no such hour"),
    pytest.param({"dt": "2021-03-14"}, "dt", id="a day alone"),
    pytest.param({"dt": "2021-3-4T1:2"}, "dt", id="single digits"),
    pytest.param({"dt": "2021-03-14T12:00+01:00"}, "dt", id="an offset"),
    pytest.param({"dt": "2021-03-14T12:00 "}, "dt", id="a space at the end"),
    pytest.param({"dt": "\u0662021-03-14T12:00"}, "dt", id="digits that are not ASCII"),
    pytest.param({"dt": "2021-03-14T12:00\0"}, "dt", id="NUL at the end"),
    pytest.param({"dt": "0000-01-01T00:00"}, "dt", id="the year 0"),
    pytest.param({"dt": "10000-01-01T00:00"}, "dt", id="the year 10000"),
    pytest.param({"dt": "0001-01-01T00:00", "src": "Asia/Tokyo"}, "dt", id="before the year 1"),
    pytest.param({"dt": "9999-12-31T23:59"}, "dt", id="after the year 9999"),
    pytest.param({"dt": "<script>alert(1)</script>"}, "dt", id="markup for a time"),
    pytest.param({"src": None}, "src", id="no zone"),
    pytest.param({"src": "Mars/Olympus"}, "src", id="an unknown zone"),
    pytest.param({"src": "../zones"}, "src", id="a path for a zone"),
    pytest.param({"src": "\0"}, "src", id="NUL for a zone"),
    pytest.param({"src": "america/new_york"}, "src", id="a zone in lower case"),
    pytest.param({"dst": None}, "dst", id="no second zone"),
    pytest.param({"dst": "<b>"}, "dst", id="markup for a zone"),
]


def changed(change: dict[str, object]) -> dict[str, object]:
    """Return QUESTION with changed fields, without fields that are None."""
    return {key: value for key, value in {**QUESTION, **change}.items() if value is not None}


@pytest.mark.parametrize(("change", "field"), BAD_FIELDS)
def test_a_bad_field_is_named_in_json(client, change, field):
    response = client.post("/show", json=changed(change))
    assert (response.status_code, response.content_type) == (400, "application/json")
    assert response.json["field"] == field
    assert response.json["error"].endswith(".")


@pytest.mark.parametrize(("change", "field"), BAD_FIELDS)
def test_a_bad_field_is_marked_on_the_page_and_the_input_is_kept(client, read_page, change, field):
    response = client.post("/show", data=changed(change))
    page = read_page(response.text)
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert page.text_of(f"{field}_error").endswith(".")
    marked = [fields["id"] for _, fields in page.tags if fields.get("aria-invalid") == "true"]
    assert marked == [field]
    typed = changed(change)
    assert page.field("dt")["value"] == str(typed.get("dt", ""))
    assert page.chosen == {
        name: typed[name]
        for name in ("src", "dst")
        if typed.get(name) in QUESTION.values() or typed.get(name) == "Asia/Tokyo"
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(
            '{"dt": 20210314, "src": "UTC", "dst": "UTC"}', "dt", id="a number for a time"
        ),
        pytest.param('{"dt": NaN, "src": "UTC", "dst": "UTC"}', "body", id="NaN for a time"),
        pytest.param(
            '{"dt": "2021-03-14T12:00", "src": ["UTC"], "dst": "UTC"}',
            "src",
            id="a list for a zone",
        ),
        pytest.param(
            '{"dt": "2021-03-14T12:00", "src": "UTC", "dst": {}}', "dst", id="an object for a zone"
        ),
        pytest.param(
            '{"dt": "2021-03-14T12:00", "src": "\\ud800", "dst": "UTC"}',
            "src",
            id="half a character",
        ),
        pytest.param("{}", "dt", id="an empty object"),
        pytest.param("", "body", id="nothing"),
        pytest.param("null", "body", id="null"),
        pytest.param("NaN", "body", id="NaN"),
        pytest.param("[]", "body", id="a list"),
        pytest.param('"2021-03-14T12:00"', "body", id="a text"),
        pytest.param('{"dt": ', "body", id="half an object"),
        pytest.param("dt=2021-03-14T12:00", "body", id="a form"),
        pytest.param("[" * 500, "body", id="a deep list"),
        pytest.param("9" * 500, "body", id="a long number"),
        pytest.param(b"\xff\xfe", "body", id="not UTF-8"),
    ],
)
def test_the_error_of_bad_json_is_json(client, body, field):
    response = client.post("/show", data=body, content_type="application/json")
    assert (response.status_code, response.content_type) == (400, "application/json")
    assert response.json["field"] == field
    assert response.json["error"]


def test_a_body_that_is_too_large_is_a_413(client):
    large = " " * 501
    response = client.post("/show", data=large, content_type="application/json")
    assert (response.status_code, response.json["field"]) == (413, "body")
    response = client.post("/show", data=large, content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.mimetype) == (413, "text/html")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data", ""]
)
def test_the_error_of_another_content_type_is_json(client, content_type):
    response = client.post("/show", data=json.dumps(QUESTION), content_type=content_type)
    assert (response.status_code, response.json["field"]) == (400, "body")


def test_json_may_have_a_suffix_and_a_charset(client):
    for content_type in ("application/json; charset=utf-8", "application/problem+json"):
        response = client.post("/show", data=json.dumps(QUESTION), content_type=content_type)
        assert response.status_code == 200


HUGE = b"a" * 8_000_000


def test_the_error_of_a_huge_object_is_json(server):
    headers = {"Content-Type": "application/json"}
    received = server.request("POST", "/show", HUGE, headers)
    assert (received.status, json.loads(received.text)["field"]) == (413, "body")


def test_the_error_of_a_huge_form_is_on_the_page(server, read_page):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    received = server.request("POST", "/show", HUGE, headers)
    assert received.status == 413
    assert read_page(received.text).text_of("body_error")
