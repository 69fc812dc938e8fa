"""Test the pages for developers: errors, statistics and the meta page."""

from __future__ import annotations

import pytest

from harness.accessibility import check_accessibility
from harness.apps import served_program

PATHS = {
    "a table": "stock",
    "an error of the application": "gone",
    "an exception": "items/nothing",
    "no route": "nowhere/at/all",
    "statistics": "_stats/",
    "meta": "_meta/",
    "meta, a few of the routes": "_meta/?find=items",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_page_is_accessible(browser, workshop_url, path):
    browser.open(workshop_url + path)
    check_accessibility(browser)


def test_a_table_shows_markup_as_text(browser, workshop_url):
    browser.open(f"{workshop_url}stock")
    assert "pots & <b>cups</b>" in browser.text
    assert browser.find_all("b") == []


def test_an_error_shows_its_detail_as_text(browser, workshop_url):
    browser.open(f"{workshop_url}gone")
    assert browser.status == 404
    assert "It was <i>here</i> a moment ago." in browser.text


def test_an_exception_shows_the_line_and_the_variables(browser, workshop_url):
    browser.open(f"{workshop_url}items/%3Cu%3Enothing")
    assert browser.status == 500
    assert browser.find("h1").text == "KeyError"
    assert "left = drawers[name]" in browser.text
    assert "'<u>nothing'" in browser.text


def test_the_404_page_lists_the_routes_that_were_tried(browser, workshop_url):
    browser.open(f"{workshop_url}item/tea")
    assert browser.status == 404
    assert "/items/<name>" in browser.text
    assert "Did you mean /items/tea" in browser.text


def test_the_routes_of_the_meta_page_can_be_searched_by_keyboard(browser, workshop_url):
    browser.open(f"{workshop_url}_meta/")
    assert "/stock" in browser.find("#routes").text
    field = browser.find("#routes input")
    browser.tab_to(field)
    with browser.next_page():
        browser.press("items", "\n")
    routes = browser.find("#routes").text
    assert "/items/<name>" in routes
    assert "/stock" not in routes


def test_the_meta_page_does_not_show_the_values_of_resources(browser, workshop_url):
    browser.open(f"{workshop_url}_meta/")
    resources = browser.find("#resources").text
    assert "drawers" in resources
    assert "pots" not in resources


def test_the_meta_page_links_to_each_of_its_sections(browser, workshop_url):
    browser.open(f"{workshop_url}_meta/")
    links = [link.get_attribute("href") for link in browser.find_all("nav a")]
    anchors = [link.rpartition("#")[2] for link in links]
    assert len(anchors) >= 5
    assert [anchor for anchor in anchors if not browser.find_all(f"[id='{anchor}']")] == []


def test_statistics_count_requests(browser, workshop_url):
    browser.open(f"{workshop_url}stock")
    browser.open(f"{workshop_url}_stats/")
    assert ["/stock", "200"] in [row.text.split()[:2] for row in browser.find_all("tr")]


def test_the_debugger_shows_the_exception_and_keeps_its_console_locked(browser, results, programs):
    log = results.logs / "workshop-debugger.log"
    with served_program(programs / "workshop.py", log, "--no-reloader") as url:
        browser.open(f"{url}items/nothing")
        assert (browser.status, browser.find("h1").text) == (500, "KeyError")
        assert "left = drawers[name]" in browser.text
        browser.find(".frame .source, .frame pre").click()
        assert browser.evaluate("window.EVALEX_TRUSTED") is False
        browser.open("about:blank")


@pytest.mark.screenshots
def test_screenshot_of_the_meta_page(browser, workshop_url, take_screenshot):
    browser.open(f"{workshop_url}_meta/")
    take_screenshot("meta")
