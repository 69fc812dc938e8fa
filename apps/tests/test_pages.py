"""The code and the transcripts of the READMEs of the repository and of the framework, executed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from clastic.wiring import WiringError

ROOT = Path(__file__).parents[2]
FRAMEWORK = ROOT / "framework"
WRITTEN_URL = "http://127.0.0.1:5000"


def block(page: Path, language: str) -> str:
    """The only fenced block of a language on a page."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return code


def test_the_first_app_answers_as_the_page_says(tmp_path, serve_app, replay):
    script = tmp_path / "app.py"
    script.write_text(block(ROOT / "README.md", "python"))
    said, printed = replay(ROOT / "README.md", WRITTEN_URL, serve_app(script))
    assert printed == said
    assert len(said) == 2


def test_the_first_app_has_ten_lines():
    code = block(ROOT / "README.md", "python")
    assert len([line for line in code.splitlines() if line]) <= 10


def test_the_example_of_the_framework_answers_as_the_page_says(tmp_path, serve_app, replay):
    script = tmp_path / "app.py"
    script.write_text(block(FRAMEWORK / "README.md", "python"))
    said, printed = replay(FRAMEWORK / "README.md", WRITTEN_URL, serve_app(script))
    assert printed == said
    assert len(said) == 2


def test_a_misspelling_in_it_gives_the_message_on_the_page(tmp_path, monkeypatch):
    code = block(FRAMEWORK / "README.md", "python")
    misspelt = code.replace("greeting, people):", "greeting, peple):")
    assert misspelt != code
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(misspelt)
    with pytest.raises(WiringError) as caught:
        runpy.run_path("app.py")
    assert str(caught.value) == block(FRAMEWORK / "README.md", "text").rstrip()


@pytest.mark.parametrize("page", [ROOT / "README.md", FRAMEWORK / "README.md"], ids=str)
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []
