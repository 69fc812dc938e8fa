"""What erosion says of a form that it cannot take: beside the field, with what was typed kept."""

from __future__ import annotations

from uuid import uuid4

import pytest

from harness.accessibility import check_accessibility
from pages.erosion import ErosionPage

KEPT = {
    "target_url": "http://example.com/kept",
    "new_alias": "kept",
    "expiry_time": "3600",
    "max_count": "12",
}

PROBLEMS = {
    "no address": ("target_url", "", "Enter the address"),
    "an address that is no URL": ("target_url", "example", "begin with https://"),
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
    "an alias that is a page": ("new_alias", "static", "is a page of this site"),
    "another alias that is a page": ("new_alias", "submit", "is a page of this site"),
    "a negative limit": ("max_count", "-1", "not negative"),
    "a limit that is no number": ("max_count", "many", "a whole number"),
    "a limit beyond all limits": ("max_count", "9" * 30, "a number up to"),
}


@pytest.fixture
def page(browser, erosion_url):
    return ErosionPage(browser, erosion_url).open()


@pytest.mark.parametrize(("field", "text", "message"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_told_at_its_field(browser, page, field, text, message):
    typed = {**KEPT, field: text}
    before = page.links()[0].url
    page.fill(**typed).submit()
    assert browser.status == 400
    assert list(page.errors()) == [field]
    assert message in page.errors()[field]
    assert page.values() == typed
    assert browser.find_all("#injected") == []
    assert page.new_link == ""
    assert page.open().links()[0].url == before


def test_a_link_to_this_site_is_refused(page):
    page.fill(**{**KEPT, "target_url": f"{page.url}kept"}).submit()
    assert "on this site" in page.errors()["target_url"]


def test_a_time_that_cannot_be_chosen_is_refused(browser, page):
    page.fill(**KEPT)
    browser.evaluate("arguments[0].selectedOptions[0].value = '-5'", page.field("expiry_time"))
    page.submit()
    assert list(page.errors()) == ["expiry_time"]
    assert page.values()["target_url"] == KEPT["target_url"]


def test_a_taken_alias_is_refused(browser, page):
    alias = uuid4().hex
    link = page.shorten("http://example.com/first", new_alias=alias)
    page.fill(target_url="http://example.com/second", new_alias=alias).submit()
    assert list(page.errors()) == ["new_alias"]
    assert "taken" in page.errors()["new_alias"]
    assert page.values()["target_url"] == "http://example.com/second"
    assert "http://example.com/first" in page.open().listed(link)


def test_all_problems_are_told_at_once(page):
    page.fill(target_url="example", new_alias="a b", max_count="-1").submit()
    assert list(page.errors()) == ["target_url", "new_alias", "max_count"]


def test_a_mended_form_makes_the_link(page, hello_url):
    page.fill(**{**KEPT, "target_url": "example", "new_alias": ""}).submit()
    link = page.shorten(hello_url)
    assert "0 of 12 clicks" in page.listed(link)
    assert page.errors() == {}


def test_everybody_can_use_the_problems(browser, page):
    page.fill(target_url="example", new_alias="a b", max_count="-1").submit()
    check_accessibility(browser)


@pytest.mark.moments
def test_moment_of_the_problems(page, moment):
    page.fill(target_url="javascript:alert(1)", new_alias="static", max_count="-1").submit()
    moment("erosion-problems")
