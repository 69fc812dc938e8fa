"""The Flaw page: what a save breaks it shows, and the save that mends it takes it away."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.accessibility import check_accessibility
from harness.served import served_program

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
    """Saves the program, whole or broken."""

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
    """The browser at the Flaw page of the broken program."""
    browser.open(url)
    assert browser.text == "Hello!"
    editor.break_it()
    browser.open_until("the Flaw page", url, lambda: browser.title.startswith("SyntaxError"))
    yield browser
    browser.open("about:blank")


def test_a_broken_save_is_shown_with_its_line(flaw):
    assert flaw.status == 500
    assert flaw.find("h1").text == "SyntaxError"
    assert "'(' was never closed" in flaw.text
    assert 'return Response("<b>Broken</b>\\n")' in flaw.text


def test_the_save_that_mends_it_brings_the_program_back_by_itself(flaw, editor):
    editor.save("Hello again!")
    flaw.wait_for_text("Hello again!")
    assert flaw.status == 200


def test_everybody_can_use_it(flaw):
    check_accessibility(flaw)


@pytest.mark.moments
def test_moment_of_the_flaw_page(flaw, moment):
    moment("flaw")
