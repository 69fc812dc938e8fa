"""Test hello over HTTP, served by its own file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def server(serve_app):
    return serve_app(FOLDER / "hello.py")


def test_home_says_hello(server):
    received = server.get("/")
    assert (received.status, received.text) == (200, "Hello, world!\n")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/Ada", "Ada", id="a word"),
        pytest.param("/Zo%C3%AB", "Zoë", id="UTF-8, percent-encoded"),
        pytest.param("/Ada%20Lovelace", "Ada Lovelace", id="a space"),
        pytest.param("/fancy%21", "fancy!", id="almost another route"),
    ],
)
def test_a_name_is_greeted(server, path, name):
    received = server.get(path)
    assert (received.status, received.text) == (200, f"Hello, {name}!\n")


def test_a_name_is_sent_as_plain_text(server):
    received = server.get("/%3Cscript%3Ealert(1)%3C%5Cscript%3E")
    assert received.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert received.text == "Hello, <script>alert(1)<\\script>!\n"


def test_fancy_lists_query_values(server):
    received = server.get("/fancy?size=large&size=small&empty=")
    assert received.headers["Content-Type"] == "application/json"
    assert json.loads(received.text) == {
        "query": {"size": ["large", "small"], "empty": [""]},
        "form": {},
        "cookies": {},
    }


def test_fancy_lists_form_values_and_query_values(server):
    received = server.request("POST", "/fancy?size=large", "colour=blue&colour=green", FORM)
    assert json.loads(received.text) == {
        "query": {"size": ["large"]},
        "form": {"colour": ["blue", "green"]},
        "cookies": {},
    }


def test_fancy_lists_cookies(server):
    received = server.get("/fancy", {"Cookie": "session=42; theme=dark"})
    assert json.loads(received.text)["cookies"] == {"session": "42", "theme": "dark"}


def test_fancy_escapes_all_values_in_the_page_for_a_browser(server):
    headers = {**FORM, "Accept": "text/html", "Cookie": "cookie=<u>value"}
    query = "%3Cb%3Ename=%3Cb%3Evalue"
    received = server.request("POST", f"/fancy?{query}", "form=%3Ci%3Evalue", headers)
    assert received.headers["Content-Type"] == "text/html; charset=utf-8"
    for escaped in ("&lt;b&gt;name", "&lt;b&gt;value", "&lt;i&gt;value", "&lt;u&gt;value"):
        assert escaped in received.text
    for raw in ("<b>", "<i>", "<u>"):
        assert raw not in received.text


def test_return_home_sets_status_and_location(server):
    received = server.get("/return-home")
    assert (received.status, received.headers["Location"]) == (302, "/")
    assert received.text == "Back home.\n"


def test_redirect_home_redirects(server):
    received = server.get("/redirect-home")
    assert (received.status, received.headers["Location"]) == (302, "/")


def test_head_responds_like_get_without_a_body(server):
    received = server.request("HEAD", "/")
    assert (received.status, received.headers["Content-Length"]) == (200, "14")
    assert received.text == ""


def test_an_unknown_path_is_a_404(server):
    assert server.get("/no/such/page").status == 404


def test_the_commands_of_the_readme_print_what_it_shows(server, replay):
    expected, printed = replay(FOLDER / "README.md", server)
    assert printed == expected
    assert len(expected) == 6
