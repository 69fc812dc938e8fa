"""Follow every tutorial step by step, without the steps in a browser.

``walker/README.md`` describes the format; ``tests_of_walker`` carries out the steps in a browser.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from walker import read_page, walk

APPS = Path(__file__).parents[1]
PAGES = [APPS / name / "TUTORIAL.md" for name in ("tzconvert", "erosion")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_a_tutorial_ends_with_the_files_of_its_app(path, tmp_path):
    walk(read_page(path), tmp_path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_every_link_of_a_tutorial_refers_to_a_file(path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
