"""Test the types: mypy accepts a correct program and finds each error in another one."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("without_coverage")

HERE = Path(__file__).parent
FRAMEWORK = HERE.parents[1]
ACCEPTED, REFUSED = HERE / "accepted.py", HERE / "refused.py"

ERROR = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]")


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, set[tuple[int, str]]]:
    """Return mypy's errors for both programs: line and code."""
    config = FRAMEWORK / "pyproject.toml"
    cache = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-m", "mypy", f"--config-file={config}", f"--cache-dir={cache}"]
    command += ["--strict", "--no-error-summary", "--no-pretty", "--hide-error-context"]
    done = subprocess.run(
        [*command, str(ACCEPTED), str(REFUSED)],
        cwd=FRAMEWORK,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[Path, set[tuple[int, str]]] = {ACCEPTED: set(), REFUSED: set()}
    for line in done.stdout.splitlines():
        match = ERROR.fullmatch(line)
        if match is None:
            assert ": note: " in line, line
            continue
        found[(FRAMEWORK / match["file"]).resolve()].add((int(match["line"]), match["code"]))
    return found


def marked() -> Iterator[tuple[int, set[str]]]:
    """Yield the marked lines with their expected error codes."""
    for number, line in enumerate(REFUSED.read_text(encoding="utf-8").splitlines(), 1):
        _, mark, codes = line.partition("# refused: ")
        if mark:
            yield number, set(codes.split())


def test_the_correct_program_is_accepted(errors: dict[Path, set[tuple[int, str]]]) -> None:
    assert errors[ACCEPTED] == set()


def test_the_correct_program_runs() -> None:
    program = runpy.run_path(str(ACCEPTED))
    assert program["status"] == 200
    client = program["application"].get_local_client()
    assert client.get("/").text == "docs"
    assert client.get("/report").json == {"docs": "https://docs.example/"}
    assert client.get("/links/other").text == "here 404 /links/other"
    assert client.post("/submit", data={"name": "a b"}).text == "here 400 /submit"
    assert client.post("/submit", data={"name": "a", "target": "b"}).status_code == 303
    assert (client.get("/again/a").text, client.get("/old/x").text) == ("b", "legacy")


@pytest.mark.parametrize(
    ("line", "codes"), [pytest.param(*each, id=f"line {each[0]}") for each in marked()]
)
def test_each_marked_error_is_found(
    errors: dict[Path, set[tuple[int, str]]], line: int, codes: set[str]
) -> None:
    found = {code for number, code in errors[REFUSED] if number == line}
    assert found
    assert found <= codes


def test_no_other_error_is_found(errors: dict[Path, set[tuple[int, str]]]) -> None:
    assert {line for line, _ in errors[REFUSED]} == {line for line, _ in marked()}
