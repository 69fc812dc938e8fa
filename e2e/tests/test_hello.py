"""Test the pages and redirects of hello in a browser."""

from __future__ import annotations

import pytest

from harness.accessibility import check_accessibility


def test_home_greets_the_world(browser, hello_url):
    browser.open(hello_url)
    assert (browser.status, browser.text) == (200, "Hello, world!")


@pytest.mark.parametrize(
    ("path", "greeting"),
    [("Ada", "Hello, Ada!"), ("Zo%C3%AB", "Hello, Zoë!"), ("%3Cb%3EAda", "Hello, <b>Ada!")],
    ids=["a name", "a name beyond ASCII", "a name that looks like markup"],
)
def test_a_name_in_the_path_is_greeted_as_text(browser, hello_url, path, greeting):
    browser.open(hello_url + path)
    assert (browser.media_type, browser.text) == ("text/plain", greeting)


def test_fancy_shows_query_values_and_cookies_as_text(browser, hello_url):
    browser.open(hello_url)
    browser.driver.add_cookie({"name": "session", "value": "42"})
    browser.open(f"{hello_url}fancy?colour=blue&colour=green&markup=<b>bold</b>")
    shown = [cell.text for cell in browser.find_all("td")]
    assert browser.media_type == "text/html"
    assert "<b>bold</b>" in browser.text
    assert {"blue", "green", "42"} <= {word for text in shown for word in text.split()}


@pytest.mark.parametrize("path", ["return-home", "redirect-home"])
def test_a_redirect_returns_to_the_home_page(browser, hello_url, path):
    browser.open(hello_url + path)
    assert browser.url == hello_url
    assert browser.text == "Hello, world!"
    assert browser.evaluate("performance.getEntriesByType('navigation')[0].redirectCount") == 1


def test_an_unknown_path_gets_a_404_page(browser, hello_url):
    browser.open(f"{hello_url}no/such/page")
    assert browser.status == 404
    assert browser.find("h1").text == "404 Not Found"


@pytest.mark.parametrize("path", ["fancy?size=large", "no/such/page"])
def test_a_page_is_accessible(browser, hello_url, path):
    browser.open(hello_url + path)
    check_accessibility(browser)


@pytest.mark.screenshots
def test_screenshot_of_the_fancy_page(browser, hello_url, take_screenshot):
    browser.open(f"{hello_url}fancy?size=large&colour=blue&colour=green")
    take_screenshot("hello-fancy")
