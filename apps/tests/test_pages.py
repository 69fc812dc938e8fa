"""Run the code and the transcripts of the READMEs of the repository and of the framework."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from transcripts import read_blocks

from clastic.wiring import WiringError

ROOT = Path(__file__).parents[2]
FRAMEWORK = ROOT / "framework"


def block(page: Path, language: str) -> str:
    """Return the only code block of a language on a page."""
    (code,) = [block.text for block in read_blocks(page) if block.info == language]
    return code


def test_the_app_of_the_main_readme_responds_as_shown(tmp_path, serve_app, replay):
    script = tmp_path / "app.py"
    script.write_text(block(ROOT / "README.md", "python"))
    expected, printed = replay(ROOT / "README.md", serve_app(script))
    assert printed == expected
    assert len(expected) == 2


def test_the_app_of_the_main_readme_has_at_most_ten_lines():
    code = block(ROOT / "README.md", "python")
    assert len([line for line in code.splitlines() if line]) <= 10


def test_the_app_of_the_framework_readme_responds_as_shown(tmp_path, serve_app, replay):
    script = tmp_path / "app.py"
    script.write_text(block(FRAMEWORK / "README.md", "python"))
    expected, printed = replay(FRAMEWORK / "README.md", serve_app(script))
    assert printed == expected
    assert len(expected) == 2


def test_a_misspelling_in_that_app_raises_the_error_shown(tmp_path, monkeypatch):
    code = block(FRAMEWORK / "README.md", "python")
    misspelt = code.replace("greeting, people):", "greeting, peple):")
    assert misspelt != code
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(misspelt)
    with pytest.raises(WiringError) as caught:
        runpy.run_path("app.py")
    assert str(caught.value) == block(FRAMEWORK / "README.md", "text").rstrip()


@pytest.mark.parametrize("folder", [ROOT, FRAMEWORK], ids=["the main README", "the framework's"])
def test_every_link_refers_to_a_file(folder):
    page = folder / "README.md"
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []
