"""Test hello over HTTP, served by its own file."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

FOLDER = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def url(serve_app):
    return serve_app(FOLDER / "hello.py")


@pytest.fixture
def send(url):
    """Return a function that sends a request and returns the response and its body."""

    def exchange(path: str, method: str = "GET", body: str | None = None, **headers: str):
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        try:
            fields = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, fields)
            response: HTTPResponse = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()

    return exchange


def test_home_says_hello(send):
    response, body = send("/")
    assert (response.status, body) == (200, "Hello, world!\n")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/Ada", "Ada", id="a word"),
        pytest.param("/Zo%C3%AB", "Zoë", id="UTF-8, percent-encoded"),
        pytest.param("/Ada%20Lovelace", "Ada Lovelace", id="a space"),
        pytest.param("/fancy%21", "fancy!", id="almost another route"),
    ],
)
def test_a_name_is_greeted(send, path, name):
    response, body = send(path)
    assert (response.status, body) == (200, f"Hello, {name}!\n")


def test_a_name_is_sent_as_plain_text(send):
    response, body = send("/%3Cscript%3Ealert(1)%3C%2Fscript%3E".replace("%2F", "%5C"))
    assert response.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert body == "Hello, <script>alert(1)<\\script>!\n"


def test_fancy_lists_query_values(send):
    response, body = send("/fancy?size=large&size=small&empty=")
    assert response.getheader("Content-Type") == "application/json"
    assert json.loads(body) == {
        "query": {"size": ["large", "small"], "empty": [""]},
        "form": {},
        "cookies": {},
    }


def test_fancy_lists_form_values_and_query_values(send):
    _, body = send(
        "/fancy?size=large",
        "POST",
        "colour=blue&colour=green",
        Content_Type="application/x-www-form-urlencoded",
    )
    assert json.loads(body) == {
        "query": {"size": ["large"]},
        "form": {"colour": ["blue", "green"]},
        "cookies": {},
    }


def test_fancy_lists_cookies(send):
    _, body = send("/fancy", Cookie="session=42; theme=dark")
    assert json.loads(body)["cookies"] == {"session": "42", "theme": "dark"}


def test_fancy_escapes_all_values_in_the_page_for_a_browser(send):
    response, body = send(
        "/fancy?%3Cb%3Ename=%3Cb%3Evalue",
        "POST",
        "form=%3Ci%3Evalue",
        Accept="text/html",
        Content_Type="application/x-www-form-urlencoded",
        Cookie="cookie=<u>value",
    )
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    for escaped in ("&lt;b&gt;name", "&lt;b&gt;value", "&lt;i&gt;value", "&lt;u&gt;value"):
        assert escaped in body
    for raw in ("<b>", "<i>", "<u>"):
        assert raw not in body


def test_return_home_sets_status_and_location(send):
    response, body = send("/return-home")
    assert (response.status, response.getheader("Location")) == (302, "/")
    assert body == "Back home.\n"


def test_redirect_home_redirects(send):
    response, _ = send("/redirect-home")
    assert (response.status, response.getheader("Location")) == (302, "/")


def test_head_responds_like_get_without_a_body(send):
    response, body = send("/", "HEAD")
    assert (response.status, response.getheader("Content-Length"), body) == (200, "14", "")


def test_an_unknown_path_is_a_404(send):
    response, _ = send("/no/such/page")
    assert response.status == 404


def test_the_commands_of_the_readme_print_what_it_shows(url, replay):
    expected, printed = replay(FOLDER / "README.md", "http://127.0.0.1:5000", url)
    assert printed == expected
    assert len(expected) == 7
