"""Test the errors of erosion's form: they are beside the fields, and the input is kept."""

from __future__ import annotations

from uuid import uuid4

import pytest

from harness.accessibility import check_accessibility
from pages.erosion import ErosionPage

VALID = {
    "target_url": "http://example.com/valid",
    "new_alias": "valid",
    "expiry_time": "3600",
    "max_count": "12",
}

PROBLEMS = {
    "no address": ("target_url", "", "Enter the address"),
    "an address without a scheme": ("target_url", "example", "begin with https://"),
    "a script for an address": ("target_url", "javascript:alert(1)", "begin with https://"),
    "data for an address": ("target_url", "data:text/html,<b>x", "begin with https://"),
    "an address with a password": ("target_url", "http://a:b@example.com/", "a password"),
    "an address without a host": ("target_url", "http://", "no host"),
    "an address with a space": ("target_url", "http://example.com/a b", "not contain spaces"),
    "an address that is too long": ("target_url", f"http://a.b/{'x' * 2000}", "too long"),
    "an alias with a space": ("new_alias", "a b", "letters a to z"),
    "an alias with a slash": ("new_alias", "a/b", "letters a to z"),
    "an alias that looks like markup": ("new_alias", '"><b id=injected>', "letters a to z"),
    "an alias that is too long": ("new_alias", "x" * 51, "at most 50"),
    "the name of a folder": ("new_alias", "static", "is a page of this site"),
    "the name of a page": ("new_alias", "submit", "is a page of this site"),
    "a negative limit": ("max_count", "-1", "not negative"),
    "a limit that is not a number": ("max_count", "many", "a whole number"),
    "a limit that is too large": ("max_count", "9" * 30, "a number up to"),
}


@pytest.fixture
def page(browser, erosion_url):
    return ErosionPage(browser, erosion_url).open()


@pytest.mark.parametrize(("field", "text", "message"), PROBLEMS.values(), ids=PROBLEMS)
def test_an_error_is_shown_beside_its_field(browser, page, field, text, message):
    typed = {**VALID, field: text}
    before = [link.url for link in page.links()]
    page.fill(**typed).submit()
    assert browser.status == 400
    assert list(page.errors()) == [field]
    assert message in page.errors()[field]
    assert page.values() == typed
    assert browser.find_all("#injected") == []
    assert page.new_link == ""
    assert [link.url for link in page.open().links()] == before


def test_a_link_to_this_site_is_refused(page):
    page.fill(**{**VALID, "target_url": f"{page.url}valid"}).submit()
    assert "on this site" in page.errors()["target_url"]


def test_a_time_that_is_not_in_the_list_is_refused(browser, page):
    page.fill(**VALID)
    browser.evaluate("arguments[0].selectedOptions[0].value = '-5'", page.field("expiry_time"))
    page.submit()
    assert list(page.errors()) == ["expiry_time"]
    assert page.values()["target_url"] == VALID["target_url"]


def test_a_taken_alias_is_refused(browser, page):
    alias = uuid4().hex
    link = page.shorten("http://example.com/first", new_alias=alias)
    page.fill(target_url="http://example.com/second", new_alias=alias).submit()
    assert list(page.errors()) == ["new_alias"]
    assert "taken" in page.errors()["new_alias"]
    assert page.values()["target_url"] == "http://example.com/second"
    assert "http://example.com/first" in page.open().listed(link)


def test_all_errors_are_shown_at_once(page):
    page.fill(target_url="example", new_alias="a b", max_count="-1").submit()
    assert list(page.errors()) == ["target_url", "new_alias", "max_count"]


def test_a_corrected_form_creates_the_link(page, hello_url):
    page.fill(**{**VALID, "target_url": "example", "new_alias": ""}).submit()
    link = page.shorten(hello_url)
    assert "0 of 12 clicks" in page.listed(link)
    assert page.errors() == {}


def test_the_errors_are_accessible(browser, page):
    page.fill(target_url="example", new_alias="a b", max_count="-1").submit()
    check_accessibility(browser)


@pytest.mark.screenshots
def test_screenshot_of_the_errors(page, take_screenshot):
    page.fill(target_url="javascript:alert(1)", new_alias="static", max_count="-1").submit()
    take_screenshot("erosion-problems")
