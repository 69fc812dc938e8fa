"""Test the results of a failing browser test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

RUN_SECONDS = 120
PNG = b"\x89PNG\r\n\x1a\n"


class Run:
    """A finished run of the test that fails on purpose."""

    def __init__(self, e2e: Path, results: Path) -> None:
        self.results = results
        command = [sys.executable, "-m", "pytest", "tests/on_purpose.py::test_that_fails"]
        finished = subprocess.run(
            [*command, f"--junitxml={results}/junit.xml"],
            cwd=e2e,
            env={**os.environ, "E2E_RESULTS": str(results)},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        self.status = finished.returncode
        self.printed = finished.stdout + finished.stderr
        (self.folder,) = (results / "failures").iterdir()

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture(scope="module")
def run(e2e, tmp_path_factory):
    return Run(e2e, tmp_path_factory.mktemp("results"))


pytestmark = pytest.mark.usefixtures("chromium")


def test_the_run_fails_and_prints_the_folder(run):
    assert run.status == 1
    assert str(run.folder) in run.printed.splitlines()
    assert run.folder.name == "on_purpose-test_that_fails"


def test_junit_has_the_failure(run):
    (suite,) = ElementTree.parse(run.results / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")


def test_the_report_has_the_assertion(run):
    assert "assert 'KeyError' == 'Something else'" in run.read("report.txt")


def test_the_screenshot_is_a_png(run):
    assert (run.folder / "browser.png").read_bytes().startswith(PNG)


def test_the_open_page_is_saved(run):
    assert "KeyError" in run.read("browser.html")


def test_the_console_is_saved_with_the_url(run):
    console = run.read("browser.console.txt")
    assert "/items/nothing\n" in console
    assert "logged on purpose" in console


def test_the_log_of_the_app_is_saved(run):
    assert "KeyError: 'nothing'" in run.read("workshop.log")
