"""Test erosion under load: several processes, many concurrent users, and killed workers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import psycopg
import pytest
from sqlalchemy import make_url

from .load.client import Request, count, creation, send_all, use
from .load.listing import read_links
from .load.server import Server, served

WORKERS = 4
USERS = 32
# .ci/run sends more requests.
LINKS, VISITS = (2000, 1500) if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else (500, 400)


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """Create an empty database inside a ``with`` block; yield its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'erosion.db'}"
        return
    given = os.environ.get("EROSION_TEST_DB_URL")
    if not given:
        pytest.skip("EROSION_TEST_DB_URL is not set: run this with .ci/postgres")
    url = make_url(given)
    name = f"load_{os.getpid()}_{folder.name}"
    server = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Yield a server that all tests share. Each test uses its own links."""
    app = "erosion:create_app()" if request.param == "sqlite" else "pool_of_two:create_app()"
    folder = tmp_path_factory.mktemp("load")
    with (
        new_database(request.param, folder) as db_url,
        served(db_url, workers=WORKERS, app=app) as server,
    ):
        yield server
        assert "Traceback" not in server.output


def add(server: Server, *requests: Request) -> None:
    assert count(send_all(server.url, requests)) == {303: len(requests)}


def clicks(server: Server, alias: str) -> int:
    return read_links(server.url)[alias].click_count


def test_1000_users_of_a_link_limited_to_100_clicks_get_100_redirects(server):
    add(server, creation("http://example.org/limited", "limited", max_count=100))
    responses = send_all(server.url, [use("limited")] * 1000)
    assert count(responses) == {302: 100, 410: 900}
    assert {response.location for response in responses} == {"http://example.org/limited", ""}
    assert clicks(server, "limited") == 100


def test_links_created_at_once_all_get_different_aliases(server):
    targets = {f"http://example.org/made/{number}" for number in range(LINKS)}
    assert count(send_all(server.url, map(creation, targets))) == {303: LINKS}
    links = {
        alias: link for alias, link in read_links(server.url).items() if link.target_url in targets
    }
    assert {link.target_url for link in links.values()} == targets
    responses = send_all(server.url, map(use, links), users=USERS)
    assert {
        response.request.path: (response.status, response.location) for response in responses
    } == {f"/{alias}": (302, link.target_url) for alias, link in links.items()}


def test_one_of_50_users_who_request_an_alias_at_once_gets_it(server):
    requests = [creation(f"http://example.org/wanted/{number}", "wanted") for number in range(50)]
    responses = send_all(server.url, requests)
    assert count(responses) == {303: 1, 400: 49}
    refused = [response.text for response in responses if response.status == 400]
    assert all("&#x27;wanted&#x27; is taken. Choose another alias." in text for text in refused)
    (won,) = (response.request for response in responses if response.status == 303)
    assert won.form == creation(read_links(server.url)["wanted"].target_url, "wanted").form


def test_killed_workers_lose_no_acknowledged_click_or_link(server):
    add(server, creation("http://example.org/used", "used", max_count=0))
    before = server.output.count("Ready worker")

    def requests() -> Iterator[Request]:
        for number in range(VISITS):
            if number in (VISITS // 4, VISITS // 2):
                server.kill_worker()
            yield use("used")
            yield creation(f"http://example.org/kept/{number}", f"kept-{number}")

    responses = send_all(server.url, requests(), users=USERS)
    server.wait_for_workers(before + 2)
    assert count(responses).keys() <= {0, 302, 303}
    clicked = count(response for response in responses if response.request == use("used"))
    made = {response.request.form for response in responses if response.status == 303}
    links = read_links(server.url)
    listed = {creation(link.target_url, alias).form for alias, link in links.items()}
    assert made <= listed
    assert clicked[302] <= links["used"].click_count <= clicked[302] + clicked.get(0, 0)
    assert count(responses).get(0, 0) <= 2 * USERS


@pytest.fixture
def visited() -> Iterator[tuple[str, list[str]]]:
    """Serve a target page; yield its URL and the list of the requested paths."""
    visits = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as page:
        threading.Thread(target=page.serve_forever).start()
        yield f"http://127.0.0.1:{page.server_port}/page", visits
        page.shutdown()


class Browser(HTTPRedirectHandler):
    """A client that follows redirects and caches them unless ``no-store`` forbids it."""

    def __init__(self) -> None:
        self._remembered: dict[str, str] = {}
        self._opener = build_opener(self, ProxyHandler({}))

    def open(self, url: str) -> str:
        """Open a URL and return the URL after all redirects."""
        with self._opener.open(self._remembered.get(url, url), timeout=30) as page:
            end: str = page.url
            return end

    def redirect_request(self, request, page, status, reason, headers, url):
        if "no-store" not in headers.get("Cache-Control", ""):
            self._remembered[request.full_url] = url
        return super().redirect_request(request, page, status, reason, headers, url)


def test_a_link_followed_three_times_in_one_browser_is_counted_three_times(server, visited):
    url, visits = visited
    add(server, creation(url, "followed", max_count=3))
    browser = Browser()
    assert [browser.open(f"{server.url}/followed") for _ in range(3)] == [url] * 3
    assert visits == ["/page"] * 3
    assert clicks(server, "followed") == 3
