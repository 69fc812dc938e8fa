"""Test the expiry of erosion's links with a clock that the test sets."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from clastic.testing import serve
from pages.erosion import ErosionPage

SOURCE = Path(__file__).parents[2] / "apps" / "erosion"
MINUTE = 60


@pytest.fixture
def page(browser, clock, tmp_path, monkeypatch):
    """Serve erosion with the clock and an empty database; yield its page."""
    if not SOURCE.is_dir():
        pytest.fail(f"There is no folder {SOURCE}. This test requires the app's source there.")
    monkeypatch.setattr(sys, "path", [str(SOURCE), *sys.path])
    create_app = importlib.import_module("erosion").create_app
    config = {"db_path": str(tmp_path / "erosion.db"), "cookie_secret": "of this test only"}
    application = create_app(config, clock=clock)
    with serve(application) as server:
        yield ErosionPage(browser, f"{server.url}/").open()
        browser.open("about:blank")
    application.close()


def test_a_link_works_until_its_time_is_over(browser, page, clock, hello_url):
    link = page.shorten(f"{hello_url}Ada", expiry_time="300", max_count="0")
    assert "5 minutes left" in page.listed(link)
    clock.advance(5 * MINUTE - 1)
    assert "1 second left" in page.open().listed(link)
    browser.open(link)
    assert browser.text == "Hello, Ada!"


def test_a_link_is_gone_when_its_time_is_over(browser, page, clock, hello_url):
    link = page.shorten(f"{hello_url}Ada", expiry_time="300", max_count="0")
    clock.advance(5 * MINUTE)
    browser.open(link)
    assert browser.status == 410
    assert browser.find("h1").text == "410 Gone"
    assert "expired" in page.open().listed(link)


def test_the_alias_of_an_expired_link_stays_taken(page, clock, hello_url):
    page.shorten(hello_url, new_alias="once", expiry_time="300")
    clock.advance(5 * MINUTE)
    page.fill(target_url=hello_url, new_alias="once").submit()
    assert list(page.errors()) == ["new_alias"]


def test_a_link_without_a_time_limit_never_expires(browser, page, clock, hello_url):
    link = page.shorten(f"{hello_url}Ada", max_count="0")
    clock.advance(50 * 365 * 24 * 60 * MINUTE)
    browser.open(link)
    assert browser.text == "Hello, Ada!"


def test_the_first_page_has_no_links(page):
    assert page.links() == []
    assert page.new_link == ""
