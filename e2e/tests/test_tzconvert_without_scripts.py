"""Test tzconvert with JavaScript disabled: the response to the form is a page with the answer."""

from __future__ import annotations

import pytest

from harness.accessibility import check_accessibility
from pages.tzconvert import ConverterPage

NEW_YORK, LONDON = "America/New_York", "Europe/London"


@pytest.fixture
def page(browser, tzconvert_url):
    browser.allow_scripts(False)
    return ConverterPage(browser, tzconvert_url).open()


def test_the_answer_is_on_the_next_page(browser, page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert_without_scripts()
    assert browser.status == 200
    assert page.answer == [
        "New York (America)",
        "Tue Jun 1 12:00:00 2021",
        "London (Europe)",
        "Tue Jun 1 17:00:00 2021",
    ]


def test_the_form_keeps_the_input(page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert_without_scripts()
    assert page.values() == {"dt": "2021-06-01T12:00", "src": NEW_YORK, "dst": LONDON}


def test_a_second_time_can_be_converted(page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert_without_scripts()
    page.fill("2024-11-03T01:30", NEW_YORK, LONDON).convert_without_scripts()
    assert {"Sun Nov 3 05:30:00 2024", "Sun Nov 3 06:30:00 2024"} <= set(page.answer)
    assert page.note.startswith("Sun Nov 3 01:30:00 2024 occurs twice")


def test_a_skipped_hour_is_explained(page):
    page.fill("2024-03-10T02:30", NEW_YORK, LONDON).convert_without_scripts()
    assert page.note.startswith("Sun Mar 10 02:30:00 2024 is skipped")


def test_an_error_is_shown_beside_its_field_and_the_input_is_kept(browser, page):
    page.fill("0001-01-01T00:00", "Asia/Tokyo", NEW_YORK).convert_without_scripts()
    assert browser.status == 400
    assert "years 1 to 9999" in page.error_at("dt")
    assert (page.answer, page.error_at("src"), page.error_at("dst")) == ([], "", "")
    assert page.values() == {"dt": "0001-01-01T00:00", "src": "Asia/Tokyo", "dst": NEW_YORK}


def test_markup_in_the_input_is_escaped(browser, page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON)
    browser.evaluate("arguments[0].type = 'text'", page.field("dt"))
    page.field("dt").clear()
    page.field("dt").send_keys('"><b id=injected>')
    page.convert_without_scripts()
    assert browser.status == 400
    assert page.field("dt").get_dom_attribute("value") == '"><b id=injected>'
    assert browser.find_all("#injected") == []


def test_an_error_is_accessible(browser, page):
    page.fill("0001-01-01T00:00", "Asia/Tokyo", NEW_YORK).convert_without_scripts()
    check_accessibility(browser)
