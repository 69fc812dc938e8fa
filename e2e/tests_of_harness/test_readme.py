"""Test the code on the page about the browser tests."""

from __future__ import annotations

import re


def lines_of(code):
    """Return the lines of code without indentation and empty lines."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def test_the_code_on_the_page_is_in_the_page_object(e2e):
    page = (e2e / "README.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert lines_of(code) in lines_of((e2e / "pages/erosion.py").read_text("utf-8"))
