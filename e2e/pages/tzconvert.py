"""The page of tzconvert."""

from __future__ import annotations

from datetime import datetime

from selenium.webdriver.support.select import Select

from pages.form import FormPage


class ConverterPage(FormPage):
    """The form, and the answer below it."""

    def fill(self, dt: str, src: str, dst: str) -> ConverterPage:
        """Type a time such as ``2024-03-10T02:30``, and choose zones by their names."""
        self.field("dt").clear()
        self.field("dt").send_keys(keys_of(dt))
        self.choose("src", src)
        self.choose("dst", dst)
        return self

    def choose(self, field: str, zone: str) -> None:
        Select(self.field(field)).select_by_value(zone)

    def labels(self, field: str) -> dict[str, str]:
        """Return the label of each zone in a list, by its name."""
        options: list[tuple[str, str]] = self.browser.evaluate(
            "[...arguments[0].options].map(option => [option.value, option.label])",
            self.field(field),
        )
        return dict(options)

    def values(self) -> dict[str, str]:
        """What the form has in it."""
        names = ("dt", "src", "dst")
        return {name: str(self.field(name).get_property("value")) for name in names}

    def convert(self) -> ConverterPage:
        """Press the button; the answer comes without leaving the page."""
        self.button.click()
        return self

    def convert_without_scripts(self) -> ConverterPage:
        with self.browser.next_page():
            self.button.click()
        return self

    @property
    def answer(self) -> list[str]:
        """The lines that are to be read in the answer."""
        return self.browser.find("[aria-live]").text.splitlines()

    def wait_for_answer(self, *lines: str) -> None:
        self.browser.wait_for(f"answer {lines}", lambda: self.answer == list(lines))

    @property
    def note(self) -> str:
        """What explains an answer; nothing if there is nothing to explain."""
        return self.browser.find("[aria-live] .note").text

    def wait_for_note(self) -> str:
        return self.browser.wait_for("note", lambda: self.note)

    def error_at(self, field: str) -> str:
        """What is said beside a field; nothing unless the field is marked as wrong."""
        element = self.field(field)
        if element.get_attribute("aria-invalid") != "true":
            return ""
        return self.browser.find(f"#{element.get_attribute('aria-describedby')}").text

    def wait_for_error_at(self, field: str) -> str:
        return self.browser.wait_for(f"error at {field}", lambda: self.error_at(field))


def keys_of(dt: str) -> str:
    """The keys that type a time into its field, part after part, as the browser asks for them."""
    time = datetime.fromisoformat(dt)
    return f"{time:%m%d}{time.year:04}{time:%I%M%p}"
