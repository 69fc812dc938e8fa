"""The pages of altdemo: the login, the notes, and the messages."""

from __future__ import annotations

from pathlib import Path

from pages.form import FormPage


class DemoPage(FormPage):
    """Any page of altdemo."""

    @property
    def heading(self) -> str:
        return self.browser.find("h1").text

    @property
    def messages(self) -> list[str]:
        """The messages about the last action."""
        return [message.text for message in self.browser.find_all("[role=status] p")]

    @property
    def notes(self) -> list[str]:
        return [note.text for note in self.browser.find_all("main li")]

    def go_to(self, link: str) -> DemoPage:
        """Follow a link in the list of the pages."""
        with self.browser.next_page():
            self.browser.find_link(link).click()
        return self

    def log_in(self, name: str) -> DemoPage:
        """Fill in the form of the login page."""
        return self._send("name", name)

    def log_out(self) -> DemoPage:
        with self.browser.next_page():
            self.browser.find("header button").click()
        return self

    def add_note(self, text: str) -> DemoPage:
        return self._send("note", text)

    def upload(self, file: Path) -> DemoPage:
        return self._send("file", str(file))

    def _send(self, name: str, keys: str) -> DemoPage:
        """Fill in a field and send its form."""
        field = self.field(name)
        field.send_keys(keys)
        with self.browser.next_page():
            self.browser.find(f"form:has([name={name}]) button").click()
        return self
