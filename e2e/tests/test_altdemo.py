"""Test altdemo in a browser: logging in and out, notes, an upload, and a streamed response."""

from __future__ import annotations

import pytest

from harness.accessibility import check_accessibility
from pages.altdemo import DemoPage


@pytest.fixture
def page(browser, altdemo_url):
    return DemoPage(browser, altdemo_url).open()


@pytest.fixture
def notes(page):
    """Return the page with the notes of a user who has just logged in."""
    page.go_to("Notes").log_in("Ann")
    return page


def test_a_user_logs_in_and_out(browser, page):
    page.go_to("Log in").log_in("Ann")
    assert (browser.url, page.messages) == (page.url, ["You are logged in as Ann."])
    assert "Hello, Ann! You have opened this page 1 time since you logged in." in browser.text
    page.log_out()
    assert page.messages == ["You are logged out."]
    assert "Ann" not in browser.text


def test_a_private_page_is_shown_after_the_login(browser, page):
    page.go_to("Notes")
    assert page.heading == "Log in"
    page.log_in("Ann")
    assert (browser.url, page.heading) == (f"{page.url}notes", "Notes")


def test_the_back_button_shows_no_notes_after_a_logout(browser, notes):
    notes.add_note("tea").log_out()
    with browser.next_page():
        browser.driver.back()
    assert notes.heading == "Log in"


def test_the_login_can_be_used_by_keyboard(browser, page):
    page.go_to("Log in")
    browser.tab_to(page.field("name"))
    with browser.next_page():
        browser.press("Ann", "\n")
    assert page.messages == ["You are logged in as Ann."]


def test_a_message_is_shown_once_and_a_reload_sends_no_form_again(browser, notes):
    notes.add_note("<b>tea")
    assert (notes.messages, notes.notes) == (["The note is saved."], ["<b>tea"])
    browser.driver.refresh()
    assert (notes.messages, notes.notes) == ([], ["<b>tea"])


def test_two_browsers_have_sessions_of_their_own(second_browser, altdemo_url, notes):
    notes.add_note("tea")
    other = DemoPage(second_browser, altdemo_url).open().go_to("Notes").log_in("Bob")
    assert other.notes == ["There are no notes yet."]


def test_an_uploaded_file_is_described(notes, tmp_path):
    file = tmp_path / "Zoë's tea.txt"
    file.write_bytes(b"tea" * 100_000)
    (message,) = notes.upload(file).messages
    assert message.startswith("Zoë's tea.txt has 300000 bytes. Its SHA-256 is ")


def test_the_request_is_shown_without_the_id_of_the_session(browser, notes):
    notes.go_to("Request")
    assert browser.media_type == "text/html"
    assert "(hidden)" in browser.text
    assert browser.driver.get_cookie("altdemo")["value"] not in browser.text


def test_the_lines_of_a_stream_arrive_one_after_the_other(browser, page):
    times = browser.evaluate(
        """(async () => {
            const times = [];
            const reader = (await fetch("stream")).body.getReader();
            while (!(await reader.read()).done) times.push(performance.now());
            return times;
        })()"""
    )
    assert len(times) == 5
    assert times[-1] - times[0] > 1000


@pytest.mark.parametrize("path", ["", "login", "request"])
def test_a_page_is_accessible(browser, page, path):
    browser.open(page.url + path)
    check_accessibility(browser)


def test_the_notes_and_a_message_are_accessible(browser, notes):
    check_accessibility(browser)


def test_a_long_note_fits(browser, notes):
    notes.add_note("x" * 200)
    check_accessibility(browser)


@pytest.mark.screenshots
def test_screenshot_of_the_notes(notes, take_screenshot):
    notes.add_note("Buy tea")
    take_screenshot("altdemo-notes")
