"""Tests that fail or wait on purpose; the tests of the harness run them by this file's name."""

from __future__ import annotations

from threading import Event


def test_that_fails(browser, workshop_url):
    browser.open(f"{workshop_url}items/nothing")
    browser.evaluate("console.warn('said on purpose')")
    assert browser.find("h1").text == "Something else"


def test_that_waits(browser, workshop_url, results):
    browser.open(workshop_url)
    (results.folder / "waiting").touch()
    Event().wait(60)
