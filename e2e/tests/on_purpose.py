"""Tests that fail or wait on purpose. Only the tests of the harness run this file."""

from __future__ import annotations

from threading import Event


def test_that_fails(browser, workshop_url):
    browser.open(f"{workshop_url}items/nothing")
    browser.evaluate("console.warn('logged on purpose')")
    assert browser.find("h1").text == "Something else"


def test_that_waits(browser, workshop_url, results):
    browser.open(workshop_url)
    (results.folder / "waiting").touch()
    Event().wait(60)
