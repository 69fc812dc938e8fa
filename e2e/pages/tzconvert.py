"""The page of tzconvert."""

from __future__ import annotations

from datetime import datetime

from selenium.webdriver.support.select import Select

from pages.form import FormPage


class ConverterPage(FormPage):
    """The form and the answer below it."""

    def fill(self, dt: str, src: str, dst: str) -> ConverterPage:
        """Enter a time such as ``2024-03-10T02:30``, and choose zones by name."""
        self.field("dt").clear()
        self.field("dt").send_keys(keys_of(dt))
        self.choose("src", src)
        self.choose("dst", dst)
        return self

    def choose(self, field: str, zone: str) -> None:
        Select(self.field(field)).select_by_value(zone)

    def labels(self, field: str) -> dict[str, str]:
        """Return the labels of the zones in a list, by name."""
        options: list[tuple[str, str]] = self.browser.evaluate(
            "[...arguments[0].options].map(option => [option.value, option.label])",
            self.field(field),
        )
        return dict(options)

    def values(self) -> dict[str, str]:
        """Return the values of the form."""
        names = ("dt", "src", "dst")
        return {name: str(self.field(name).get_property("value")) for name in names}

    def convert(self) -> ConverterPage:
        """Press the button. The script shows the answer without leaving the page."""
        self.button.click()
        return self

    def convert_without_scripts(self) -> ConverterPage:
        with self.browser.next_page():
            self.button.click()
        return self

    @property
    def answer(self) -> list[str]:
        """The visible lines of the answer."""
        return self.browser.find("[aria-live]").text.splitlines()

    def wait_for_answer(self, *lines: str) -> None:
        self.browser.wait_for(f"answer {lines}", lambda: self.answer == list(lines))

    @property
    def note(self) -> str:
        """The note about an answer, or an empty string."""
        return self.browser.find("[aria-live] .note").text

    def wait_for_note(self) -> str:
        return self.browser.wait_for("note", lambda: self.note)

    def error_at(self, field: str) -> str:
        """Return the error of a field, or an empty string if it is not marked as invalid."""
        element = self.field(field)
        if element.get_attribute("aria-invalid") != "true":
            return ""
        return self.browser.find(f"#{element.get_attribute('aria-describedby')}").text

    def wait_for_error_at(self, field: str) -> str:
        return self.browser.wait_for(f"error at {field}", lambda: self.error_at(field))


def keys_of(dt: str) -> str:
    """Return the keys that enter a time into its field in an American browser."""
    time = datetime.fromisoformat(dt)
    return f"{time:%m%d}{time.year:04}{time:%I%M%p}"
