"""Test what pages of other origins can send to an application, and what they can read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from clastic import DELETE, GET, POST, Application, Response
from clastic.middleware import CORSMiddleware, CSRFMiddleware, SecurityHeadersMiddleware
from clastic.testing import serve

FETCH = """
fetch(arguments[0], {method: arguments[1], headers: {"X-Id": "1"}})
    .then(response => response.text(), error => error.name)
"""


class Sites(NamedTuple):
    """The URLs of a shop, and the origins of three other sites. ``calls`` is what it was told."""

    shop: str
    stranger: str
    neighbour: str
    partner: str
    calls: list[str]


def make_shop(partner: str, calls: list[str]) -> Application:
    def record(name: str) -> Callable[[], Response]:
        return lambda: Response(str(calls.append(name) or name))

    form = Response('<form action="/buy" method="post"><button>', mimetype="text/html")
    cors = CORSMiddleware([partner], headers=["X-Id"])
    api = [GET("/items", record("get")), DELETE("/items", record("delete"))]
    return Application(
        [GET("/", lambda: form), POST("/buy", record("buy")), ("/api", Application(api))],
        middlewares=[SecurityHeadersMiddleware(), cors, CSRFMiddleware([partner])],
    )


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Serve the shop and a page at three other origins. "localhost" is another site."""
    calls: list[str] = []
    with ExitStack() as stack:
        page = Response("<!doctype html><title>Other</title>", mimetype="text/html")
        ports = [stack.enter_context(serve(page)).port for _ in range(3)]
        partner = f"http://localhost:{ports[2]}"
        shop = stack.enter_context(serve(make_shop(partner, calls)))
        stranger, neighbour = f"http://localhost:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        yield Sites(shop.url, stranger, neighbour, partner, calls)


def send_form(browser, url):
    """Send a form from the open page to a URL, and return the status of the page that follows."""
    with browser.next_page():
        browser.evaluate(
            "(form => {form.method = 'post'; form.action = arguments[0];"
            " document.body.append(form); form.submit()})(document.createElement('form'))",
            url,
        )
    return browser.status


@pytest.mark.parametrize(
    ("site", "calls"),
    [("shop", ["buy"]), ("partner", ["buy"]), ("neighbour", []), ("stranger", [])],
)
def test_a_form_is_accepted_from_the_site_itself_and_a_trusted_one(browser, sites, site, calls):
    browser.open(getattr(sites, site))
    assert send_form(browser, f"{sites.shop}/buy") == (200 if calls else 403)
    assert sites.calls == calls


@pytest.mark.parametrize(
    ("site", "method", "result", "calls"),
    [
        ("partner", "DELETE", "delete", ["delete"]),
        ("partner", "GET", "get", ["get"]),
        ("partner", "PUT", "TypeError", []),
        ("stranger", "DELETE", "TypeError", []),
        ("neighbour", "GET", "TypeError", []),
    ],
)
def test_a_script_is_served_after_its_preflight(browser, sites, site, method, result, calls):
    browser.open(getattr(sites, site))
    assert browser.evaluate(FETCH, f"{sites.shop}/api/items", method) == result
    assert sites.calls == calls
    browser.reset()  # the console has an error for each request that is not permitted


def test_no_other_site_can_embed_a_page(browser, sites):
    browser.open(sites.stranger)
    loaded = browser.evaluate(
        "new Promise(done => {const frame = document.createElement('iframe');"
        " frame.onload = () => done(frame.contentDocument === null); frame.src = arguments[0];"
        " document.body.append(frame)})",
        sites.shop,
    )
    assert loaded
    assert any("frame-ancestors 'none'" in line for line in browser.console())
    browser.reset()  # that is an error
