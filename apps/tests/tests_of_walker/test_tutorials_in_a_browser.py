"""Follow every tutorial step by step, with the steps in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.chromium import is_installed
from walker import read_page, walk

APPS = Path(__file__).parents[2]


@pytest.mark.skipif(not is_installed(), reason="Chromium or chromedriver is missing")
@pytest.mark.parametrize("app", ["tzconvert", "erosion"])
def test_the_steps_of_a_tutorial_have_the_described_results_in_a_browser(app, tmp_path):
    walk(read_page(APPS / app / "TUTORIAL.md"), tmp_path, uses_browser=True)
