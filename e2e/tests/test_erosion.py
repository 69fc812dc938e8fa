"""Test erosion in a browser: links are created, listed, and used until they expire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from werkzeug.wrappers import Response

from clastic.testing import serve
from harness.accessibility import check_accessibility
from harness.web import post_form
from pages.erosion import ErosionPage

PAGE_SIZE = 50


@pytest.fixture
def page(browser, erosion_url):
    return ErosionPage(browser, erosion_url).open()


@pytest.fixture
def alias():
    """Return an unused alias."""
    return f"e2e-{uuid4().hex[:12]}"


def test_a_link_without_an_alias_gets_a_random_one(browser, page, hello_url):
    link = page.shorten(f"{hello_url}Ada")
    assert browser.url == page.url
    assert link.startswith(page.url)
    browser.open(link)
    assert (browser.url, browser.text) == (f"{hello_url}Ada", "Hello, Ada!")


def test_a_link_gets_the_requested_alias(browser, page, hello_url, alias):
    link = page.shorten(f"{hello_url}Ada", new_alias=alias)
    assert link == page.url + alias
    browser.open(link)
    assert browser.text == "Hello, Ada!"


def test_the_form_can_be_used_by_keyboard(browser, page, hello_url, alias):
    browser.tab_to(page.field("target_url"))
    browser.press(f"{hello_url}Ada")
    browser.tab_to(page.field("new_alias"))
    browser.press(alias)
    browser.tab_to(page.field("expiry_time"))
    browser.press("1 h")
    browser.tab_to(page.button)
    with browser.next_page():
        browser.press(" ")
    assert page.new_link == page.url + alias
    assert "1 hour left" in page.listed(page.new_link)


def test_the_focus_is_visible(browser, page):
    for element in (*map(page.field, page.values()), page.button):
        browser.tab_to(element)
        assert element.value_of_css_property("outline-style") != "none"


def test_a_new_link_is_announced_once(browser, page, hello_url):
    link = page.shorten(hello_url)
    count = [listed.url for listed in page.links()].count(link)
    browser.driver.refresh()
    assert page.new_link == ""
    assert ([listed.url for listed in page.links()].count(link), count) == (1, 1)


def test_a_new_link_is_announced_only_to_its_creator(page, hello_url, second_browser):
    link = page.shorten(hello_url)
    other = ErosionPage(second_browser, page.url).open()
    assert other.new_link == ""
    assert link in [listed.url for listed in other.links()]


def test_the_newest_link_is_listed_first_with_its_clicks_and_its_time(page, hello_url):
    link = page.shorten(f"{hello_url}Ada", expiry_time="300", max_count="7")
    assert page.links()[0].url == link
    text = page.listed(link)
    assert f"{hello_url}Ada" in text
    assert "0 of 7 clicks" in text
    assert "5 minutes left" in text or "4 minutes" in text


def test_a_link_shows_its_target_as_text(browser, page, hello_url):
    target = f'{hello_url}"><b/id=injected>&lt;'
    link = page.shorten(target)
    assert target in page.listed(link)
    assert browser.find_all("#injected") == []


def test_three_clicks_in_one_browser_are_counted_as_three(browser, page, hello_url):
    link = page.shorten(f"{hello_url}Ada", max_count="5")
    for _ in range(3):
        page.follow(link)
        assert browser.text == "Hello, Ada!"
        page.open()
    assert "3 of 5 clicks" in page.listed(link)


def test_a_link_without_a_limit_keeps_working(browser, page, hello_url):
    link = page.shorten(f"{hello_url}Ada", max_count="0")
    for _ in range(3):
        browser.open(link)
        assert browser.text == "Hello, Ada!"
    page.open()
    assert "3 clicks" in page.listed(link)


def test_a_used_up_link_is_gone(browser, page, hello_url):
    link = page.shorten(f"{hello_url}Ada", max_count="2")
    for _ in range(2):
        browser.open(link)
        assert browser.text == "Hello, Ada!"
    browser.open(link)
    assert browser.status == 410
    assert browser.find("h1").text == "410 Gone"
    check_accessibility(browser)
    page.open()
    assert "expired" in page.listed(link)


def test_only_one_of_two_browsers_gets_the_last_click(browser, page, hello_url, second_browser):
    link = page.shorten(f"{hello_url}Ada", max_count="1")
    browsers = [browser, second_browser]
    with ThreadPoolExecutor(len(browsers)) as threads:
        list(threads.map(lambda each: each.open(link), browsers))
    statuses = sorted(each.status for each in browsers)
    assert statuses == [200, 410]
    assert sorted(each.url for each in browsers) == sorted([f"{hello_url}Ada", link])
    page.open()
    assert "1 of 1 click" in page.listed(link)


def test_an_unknown_link_is_not_found(browser, erosion_url, alias):
    browser.open(erosion_url + alias)
    assert browser.status == 404
    assert browser.find("h1").text == "404 Not Found"
    check_accessibility(browser)


def test_older_links_are_on_older_pages(page, hello_url):
    for _ in range(PAGE_SIZE + 1):
        assert post_form(f"{page.url}submit", {"target_url": hello_url}) == 303
    newest = page.open().links()
    older = page.go_to("Older").links()
    assert len(newest) == PAGE_SIZE
    assert older
    assert not {link.url for link in newest} & {link.url for link in older}
    assert page.go_to("Newest").links() == newest


def test_a_form_on_another_site_creates_no_link(browser, erosion_url, hello_url, alias):
    form = (
        f'<!doctype html><form action="{erosion_url}submit" method="post">'
        f'<input name="target_url" value="{hello_url}">'
        f'<input name="new_alias" value="{alias}"><button>Win</button></form>'
    )
    with serve(Response(form, mimetype="text/html")) as server:
        browser.open(server.url)
        with browser.next_page():
            browser.find("button").click()
        assert browser.status == 403
    browser.open(erosion_url + alias)
    assert browser.status == 404


def test_the_page_is_accessible(browser, page, hello_url):
    page.shorten(f"{hello_url}{'a-long-address-' * 20}", new_alias=uuid4().hex + "x" * 18)
    check_accessibility(browser)


@pytest.mark.screenshots
def test_screenshot_of_a_new_link(page, hello_url, alias, take_screenshot):
    page.shorten(f"{hello_url}Ada", expiry_time="86400", max_count="10")
    take_screenshot("erosion-new-link")
