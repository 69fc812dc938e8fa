"""Test tzconvert in a browser: the script shows answers without leaving the page."""

from __future__ import annotations

import pytest

from harness.accessibility import check_accessibility
from pages.tzconvert import ConverterPage, keys_of

NEW_YORK, LONDON = "America/New_York", "Europe/London"
IN_NEW_YORK, IN_LONDON = "New York (America)", "London (Europe)"


@pytest.fixture
def page(browser, tzconvert_url):
    return ConverterPage(browser, tzconvert_url).open()


def test_the_answer_is_shown_without_leaving_the_page(browser, page):
    browser.evaluate("window.stays = true")
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert()
    page.wait_for_answer(
        IN_NEW_YORK, "Tue Jun 1 12:00:00 2021", IN_LONDON, "Tue Jun 1 17:00:00 2021"
    )
    assert browser.evaluate("window.stays") is True
    assert browser.url == page.url


def test_the_form_can_be_used_by_keyboard(browser, page):
    browser.tab_to(page.field("dt"))
    browser.press(keys_of("2021-06-01T23:05"))
    browser.tab_to(page.field("src"))
    browser.press("New Yo")
    browser.tab_to(page.field("dst"))
    browser.press("Kathm")
    browser.tab_to(page.button)
    browser.press(" ")
    page.wait_for_answer(
        IN_NEW_YORK, "Tue Jun 1 23:05:00 2021", "Kathmandu (Asia)", "Wed Jun 2 08:50:00 2021"
    )
    assert browser.focused() == page.button


def test_the_focus_is_visible(browser, page):
    for element in (page.field("dt"), page.field("src"), page.field("dst"), page.button):
        browser.tab_to(element)
        assert element.value_of_css_property("outline-style") != "none"


def test_a_skipped_hour_is_explained(page):
    page.fill("2024-03-10T02:30", NEW_YORK, LONDON).convert()
    note = page.wait_for_note()
    assert note.startswith(f"Sun Mar 10 02:30:00 2024 is skipped in {IN_NEW_YORK}")
    assert "Sun Mar 10 06:30" not in " ".join(page.answer)


def test_a_repeated_hour_has_both_readings(page):
    page.fill("2024-11-03T01:30", NEW_YORK, LONDON).convert()
    note = page.wait_for_note()
    assert note.startswith(f"Sun Nov 3 01:30:00 2024 occurs twice in {IN_NEW_YORK}")
    assert {"Sun Nov 3 05:30:00 2024", "Sun Nov 3 06:30:00 2024"} <= set(page.answer)


def test_the_next_answer_replaces_the_previous_one(page):
    page.fill("2024-11-03T01:30", NEW_YORK, LONDON).convert()
    page.wait_for_note()
    page.fill("2024-11-04T01:30", NEW_YORK, NEW_YORK).convert()
    time = "Mon Nov 4 01:30:00 2024"
    page.wait_for_answer(IN_NEW_YORK, time, IN_NEW_YORK, time)


def test_cities_of_the_same_name_have_different_labels(page):
    labels = page.labels("src")
    assert len(set(labels.values())) == len(labels)
    assert labels == page.labels("dst")
    page.fill("2021-06-01T12:00", "Asia/Istanbul", "Europe/Istanbul").convert()
    time = "Tue Jun 1 12:00:00 2021"
    page.wait_for_answer("Istanbul (Asia)", time, "Istanbul (Europe)", time)


def test_the_browser_requires_a_time(browser, page):
    page.convert()
    assert browser.evaluate("arguments[0].matches(':invalid')", page.field("dt")) is True
    assert browser.focused() == page.field("dt")
    assert page.answer == []


def test_a_time_out_of_range_is_an_error_of_its_field(browser, page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert()
    browser.wait_for("answer", lambda: page.answer)
    page.fill("0001-01-01T00:00", "Asia/Tokyo", NEW_YORK).convert()
    assert "years 1 to 9999" in page.wait_for_error_at("dt")
    assert (page.answer, page.error_at("src"), page.error_at("dst")) == ([], "", "")
    assert browser.focused() == page.field("dt")


@pytest.mark.parametrize("field", ["src", "dst"])
def test_an_unknown_zone_is_an_error_of_its_field(browser, page, field):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON)
    browser.evaluate("arguments[0].selectedOptions[0].value = 'Mars/<b>'", page.field(field))
    page.convert()
    assert "Choose a time zone" in page.wait_for_error_at(field)
    other = {"src": "dst", "dst": "src"}[field]
    assert (page.error_at(other), page.error_at("dt")) == ("", "")


def test_the_next_answer_removes_an_error(browser, page):
    page.fill("0001-01-01T00:00", "Asia/Tokyo", NEW_YORK).convert()
    error = page.wait_for_error_at("dt")
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON).convert()
    browser.wait_for("answer", lambda: page.answer)
    assert page.error_at("dt") == ""
    assert error not in browser.text


def test_a_server_that_does_not_respond_is_an_error(browser, page):
    page.fill("2021-06-01T12:00", NEW_YORK, LONDON)
    with browser.offline():
        page.convert()
        browser.wait_for_text("The server does not respond.")
    page.convert()
    browser.wait_for("answer", lambda: page.answer)
    assert "does not respond" not in browser.text


def test_the_form_is_accessible(browser, page):
    check_accessibility(browser)


def test_the_answer_is_accessible(browser, page):
    page.fill("2024-11-03T01:30", NEW_YORK, LONDON).convert()
    page.wait_for_note()
    check_accessibility(browser)


def test_the_errors_are_accessible(browser, page):
    page.fill("0001-01-01T00:00", "Asia/Tokyo", NEW_YORK).convert()
    page.wait_for_error_at("dt")
    check_accessibility(browser)


@pytest.mark.screenshots
def test_screenshot_of_a_repeated_hour(page, take_screenshot):
    page.fill("2024-11-03T01:30", NEW_YORK, LONDON).convert()
    page.wait_for_note()
    take_screenshot("tzconvert-repeated-hour")
