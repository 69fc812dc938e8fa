"""Test the accessibility check: it passes a good page and finds the problems of bad ones."""

from __future__ import annotations

import pytest
from werkzeug.wrappers import Response

from clastic.testing import serve
from harness.accessibility import check_accessibility

PAGE = """\
<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A page</title>
<style>:root {{ color-scheme: {schemes}; }}</style>
<main><h1>A page</h1>{inside}</main>
"""

PROBLEMS = {
    "a field without a label": ("<input>", "label"),
    "grey on white": ('<p style="color: #aaa; background: white">Text</p>', "color-contrast"),
    "grey on the dark canvas": ('<p style="color: #555">Text</p>', "1280 dark, 320 dark"),
    "wider than a narrow window": ('<p style="width: 400px">Text</p>', "320 light, 320 dark"),
    "a request to another host": (
        '<img alt="" src="http://127.0.0.1:9/x.png">',
        "127.0.0.1:9/x.png",
    ),
}


@pytest.fixture
def check(browser):
    def run(inside, schemes="light dark"):
        page = Response(PAGE.format(inside=inside, schemes=schemes), mimetype="text/html")
        with serve(page) as server:
            browser.open(server.url)
            check_accessibility(browser)

    return run


def test_a_good_page_passes(check):
    check("<p>Text</p>")


@pytest.mark.parametrize(("inside", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_is_found(check, inside, problem):
    with pytest.raises(pytest.fail.Exception, match=problem):
        check(inside)


def test_a_missing_dark_colour_scheme_is_found(check):
    with pytest.raises(pytest.fail.Exception, match="does not declare both colour schemes"):
        check("<p>Text</p>", schemes="light")
