"""The page of erosion."""

from __future__ import annotations

from dataclasses import dataclass

from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from pages.form import FormPage

FIELDS = ("target_url", "new_alias", "expiry_time", "max_count")


@dataclass(frozen=True)
class ListedLink:
    """A link as the page lists it.

    url: the short link. text: all that is to be read of it.
    """

    url: str
    text: str


class ErosionPage(FormPage):
    """The form, and the list of links below it."""

    def fill(self, **texts: str) -> ErosionPage:
        """Type into fields by their names; ``expiry_time`` is chosen by its seconds."""
        for name, text in texts.items():
            if name == "expiry_time":
                Select(self.field(name)).select_by_value(text)
            else:
                self.field(name).clear()
                self.field(name).send_keys(text)
        return self

    def submit(self) -> ErosionPage:
        with self.browser.next_page():
            self.button.click()
        return self

    def shorten(self, target_url: str, **texts: str) -> str:
        """Make a link; returns it as the page says it."""
        self.fill(target_url=target_url, **texts).submit()
        return self.new_link

    @property
    def new_link(self) -> str:
        """The link that the page says is new, once; empty if it says nothing."""
        links = self.browser.find_all("[role=status] a")
        return links[0].text if links else ""

    def values(self) -> dict[str, str]:
        """What the form has in it."""
        return {name: str(self.field(name).get_property("value")) for name in FIELDS}

    def errors(self) -> dict[str, str]:
        """What is said beside the fields that are marked as wrong."""
        wrong = self.browser.find_all("[name][aria-invalid=true]")
        return {str(field.get_attribute("name")): self._said_of(field) for field in wrong}

    def _said_of(self, field: WebElement) -> str:
        places = str(field.get_attribute("aria-describedby")).split()
        return " ".join(self.browser.find(f"[id='{place}']").text for place in places)

    def links(self) -> list[ListedLink]:
        """The links that are listed, the newest first."""
        listed = self.browser.evaluate(
            "[...document.querySelectorAll('main li:has(a)')]"
            ".map(item => [item.querySelector('a').href, item.innerText])"
        )
        return [ListedLink(url, text) for url, text in listed]

    def listed(self, url: str) -> str:
        """What is to be read of a link in the list."""
        (text,) = [link.text for link in self.links() if link.url == url]
        return text

    def follow(self, url: str) -> None:
        """Click a link of the list."""
        with self.browser.next_page():
            self.browser.find(f"main li a[href='{url}']").click()

    def turn_to(self, page: str) -> ErosionPage:
        """Turn to the page that a link below the list names: ``Older`` or ``Newest``."""
        with self.browser.next_page():
            self.browser.find_link(page).click()
        return self
