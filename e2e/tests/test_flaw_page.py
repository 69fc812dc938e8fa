"""Test the Flaw page: it shows the error of a broken file until the file is corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.accessibility import check_accessibility
from harness.apps import served_program

PROGRAM = """\
from clastic import Application, Response


def home():
    return Response("{greeting}\\n")


def create_app():
    return Application([("/", home)]{ending}


if __name__ == "__main__":
    create_app().serve()
"""


class Editor:
    """Write the program, valid or broken."""

    def __init__(self, script: Path) -> None:
        self.script = script

    def save(self, greeting: str, ending: str = ")") -> None:
        self.script.write_text(PROGRAM.format(greeting=greeting, ending=ending))

    def break_it(self) -> None:
        self.save("<b>Broken</b>", ending="")


@pytest.fixture
def editor(tmp_path):
    editor = Editor(tmp_path / "program.py")
    editor.save("Hello!")
    return editor


@pytest.fixture
def url(editor, results):
    with served_program(editor.script, results.logs / "flaw.log") as url:
        yield url


@pytest.fixture
def flaw(browser, editor, url):
    """Break the program and yield the browser with the Flaw page."""
    browser.open(url)
    assert browser.text == "Hello!"
    editor.break_it()
    browser.open_until("the Flaw page", url, lambda: browser.title.startswith("SyntaxError"))
    yield browser
    browser.open("about:blank")


def test_the_page_shows_the_error_and_its_line(flaw):
    assert flaw.status == 500
    assert flaw.find("h1").text == "SyntaxError"
    assert "'(' was never closed" in flaw.text
    assert 'return Response("<b>Broken</b>\\n")' in flaw.text


def test_a_corrected_program_is_shown_without_a_reload_by_the_user(flaw, editor):
    editor.save("Hello again!")
    flaw.wait_for_text("Hello again!")
    assert flaw.status == 200


def test_the_page_is_accessible(flaw):
    check_accessibility(flaw)


@pytest.mark.screenshots
def test_screenshot_of_the_flaw_page(flaw, take_screenshot):
    take_screenshot("flaw")
