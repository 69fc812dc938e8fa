"""The base class of the page objects: a page with one form."""

from __future__ import annotations

from typing import TypeVar

from selenium.webdriver.remote.webelement import WebElement

from harness.browser import Browser

Page = TypeVar("Page", bound="FormPage")


class FormPage:
    """A page with one form.

    :param url: the URL of the app, which ends in a slash
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url

    def open(self: Page) -> Page:
        self.browser.open(self.url)
        return self

    def field(self, name: str) -> WebElement:
        return self.browser.find(f"[name={name}]")

    @property
    def button(self) -> WebElement:
        return self.browser.find("form button")
