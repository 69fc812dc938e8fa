"""Follow every tutorial step by step; ``walker/README.md`` describes the format of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from walker import read_page, walk
from walker.browser import find_browser

APPS = Path(__file__).parents[1]
PAGES = [APPS / name / "TUTORIAL.md" for name in ("tzconvert", "erosion")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_a_tutorial_ends_with_the_files_of_its_app(path, tmp_path):
    programs = find_browser()
    page = read_page(path)
    walk(page, tmp_path, programs)
    if programs is None and any(step.kind == "browse" for step in page.steps):
        pytest.skip(
            "checked without the browser steps: Chromium, chromedriver or selenium is missing"
        )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_every_link_of_a_tutorial_refers_to_a_file(path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
