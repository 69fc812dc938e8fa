"""The page of erosion."""

from __future__ import annotations

from dataclasses import dataclass

from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from pages.form import FormPage

FIELDS = ("target_url", "new_alias", "expiry_time", "max_count")


@dataclass(frozen=True)
class ListedLink:
    """A link in the list.

    :param url: the short link
    :param text: the whole visible text
    """

    url: str
    text: str


class ErosionPage(FormPage):
    """The form, and the list of links below it."""

    def fill(self, **texts: str) -> ErosionPage:
        """Fill in fields by name; ``expiry_time`` is in seconds."""
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
        """Create a link and return its URL."""
        self.fill(target_url=target_url, **texts).submit()
        return self.new_link

    @property
    def new_link(self) -> str:
        """The URL in the message about a new link, or an empty string."""
        links = self.browser.find_all("[role=status] a")
        return links[0].text if links else ""

    def values(self) -> dict[str, str]:
        """Return the values of the form."""
        return {name: str(self.field(name).get_property("value")) for name in FIELDS}

    def errors(self) -> dict[str, str]:
        """Return the errors of the fields that are marked as invalid."""
        invalid = self.browser.find_all("[name][aria-invalid=true]")
        return {str(field.get_attribute("name")): self._description_of(field) for field in invalid}

    def _description_of(self, field: WebElement) -> str:
        ids = str(field.get_attribute("aria-describedby")).split()
        return " ".join(self.browser.find(f"[id='{each}']").text for each in ids)

    def links(self) -> list[ListedLink]:
        """Return the links in the list, newest first."""
        listed = self.browser.evaluate(
            "[...document.querySelectorAll('main li:has(a)')]"
            ".map(item => [item.querySelector('a').href, item.innerText])"
        )
        return [ListedLink(url, text) for url, text in listed]

    def listed(self, url: str) -> str:
        """Return the visible text of a link in the list."""
        (text,) = [link.text for link in self.links() if link.url == url]
        return text

    def follow(self, url: str) -> None:
        """Click a link in the list."""
        with self.browser.next_page():
            self.browser.find(f"main li a[href='{url}']").click()

    def go_to(self, page: str) -> ErosionPage:
        """Click a link below the list: ``Older`` or ``Newest``."""
        with self.browser.next_page():
            self.browser.find_link(page).click()
        return self
