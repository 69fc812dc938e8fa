"""Compare Clastic 26 with this version, and the accepted differences with the documentation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
PAGE = FOLDER.parent / "docs" / "coming-from-clastic-26.md"

sys.path.insert(0, str(FOLDER))

from differences import DIFFERENCES, compare, unexplained, unneeded  # noqa: E402


def observe(python: str, *options: str, **environment: str) -> dict[str, dict[str, object]]:
    """Return the answers of the scenarios with the Clastic that an interpreter imports."""
    command = [python, str(FOLDER / "observe.py"), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def found() -> list[str]:
    environment = FOLDER / ".venv"
    subprocess.run([FOLDER / "install", environment, sys.executable], check=True, timeout=600)
    then = observe(str(environment / "bin" / "python"), PYTHONPATH="")
    return list(compare(then, observe(sys.executable)))


def test_all_differences_from_clastic_26_are_listed(found):
    assert unexplained(found) == []


def test_all_listed_differences_exist(found):
    assert unneeded(found) == []


def test_only_two_scenarios_are_warned_about_their_wiring():
    answers = observe(sys.executable, "--strict")
    warned = {name for name, answer in answers.items() if "WiringWarning" in str(answer)}
    # One raises a non-breaking error without falls_through=True; one replaces a middleware.
    assert warned == {"routing.order", "injection.replaced_by_outer"}


def test_the_page_has_a_row_for_each_difference_below_its_heading():
    sections: dict[str, list[str]] = {}
    rows: list[str] = []
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            rows = sections.setdefault(line.lstrip("# "), [])
        elif line.startswith("| ") and not line.startswith("| Clastic 26 |"):
            rows.append(line)
    expected: dict[str, list[str]] = {}
    for difference in DIFFERENCES:
        expected.setdefault(difference.topic, []).append(difference.row)
    assert {heading: rows for heading, rows in sections.items() if rows} == expected


def test_a_difference_that_is_not_listed_is_found():
    found = list(compare({"a: GET /": {"status": 200}}, {"a: GET /": {"status": 500}}))
    assert found == ["a: GET / | status | 200 -> 500"]
    assert unexplained(found) == found
    assert set(unneeded(found)) == {p for each in DIFFERENCES for p in each.patterns}


def test_a_request_that_only_one_version_answers_is_a_difference():
    assert list(compare({}, {"a: GET /": {"status": 200}})) == ["a: GET / | status | null -> 200"]
