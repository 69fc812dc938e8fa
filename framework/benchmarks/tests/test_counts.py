"""`make bench-check`: how steps are counted, and how they are compared with the record."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
COMMAND = "make bench-check ARGS=--record"
CASES = [
    *("text", "path", "json", "html", "404", "405", "redirect", "form", "middlewares", "cookie"),
    *("session", "static", "static-304"),
    *("text-render", "path-render", "json-response", "middlewares-render"),
    *(f"routes-1000-{position}" for position in ("first", "last", "missing")),
]


def counts(path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Count the steps, with the record at `path`."""
    command = [sys.executable, str(BENCHMARKS / "counts.py"), "--counts", str(path), *arguments]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A record of this version of Python."""
    path = tmp_path_factory.mktemp("recorded") / "counts.json"
    done = counts(path, "--record")
    assert (done.returncode, done.stdout) == (
        0,
        f"counts.json has the counts for Python {VERSION}.\n",
    )
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def changed(
    directory: Path, recorded: dict[str, Any], cases: dict[str, int], **libraries: str
) -> Path:
    """Write a record with other counts of some cases and other versions of some libraries."""
    record = copy.deepcopy(recorded)
    record[VERSION]["cases"].update(cases)
    record[VERSION]["libraries"].update(libraries)
    path = directory / "counts.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_the_record_has_all_cases_and_the_versions_of_libraries(recorded: dict[str, Any]) -> None:
    assert list(recorded) == [VERSION]
    assert list(recorded[VERSION]["cases"]) == CASES
    assert recorded[VERSION]["libraries"]["werkzeug"] == metadata.version("werkzeug")


def test_counts_do_not_depend_on_the_environment(recorded: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    counts(path, "--record", PYTHONHASHSEED="1", PYTHONOPTIMIZE="1", PYTHONDEVMODE="1")
    assert json.loads(path.read_text(encoding="utf-8")) == recorded


SEEDS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import counts
print(json.dumps(counts.count()))
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_counts_do_not_depend_on_the_seed_of_hashes(seed: str, recorded: dict[str, Any]) -> None:
    command = [sys.executable, "-c", SEEDS, str(BENCHMARKS)]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "COVERAGE_PROCESS_CONFIG": ""}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert json.loads(done.stdout) == recorded[VERSION]


LOOPS = """
import sys
sys.path.insert(0, sys.argv[1])
from cases import Case
from client import environ_of
from counts import steps_of

def application(environ, start_response):
    for _ in range(turns):
        act()
    return ()

counts = []
for act, turns in ((object, 10), (object, 20), (object, 30), (globals, 10)):
    counts.append(steps_of(application, environ_of(Case("loop", "/"))))
print(counts)
"""


@pytest.fixture(scope="module")
def loops() -> list[int]:
    """The counts of 10, 20 and 30 turns of a loop, and of 10 with a call of a builtin in each."""
    command = [sys.executable, "-c", LOOPS, str(BENCHMARKS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    counts: list[int] = json.loads(done.stdout)
    return counts


def test_each_turn_of_a_loop_counts_the_same(loops: list[int]) -> None:
    assert loops[0] < loops[1]
    assert loops[2] - loops[1] == loops[1] - loops[0]


def test_a_call_of_a_builtin_counts_one_step(loops: list[int]) -> None:
    assert loops[3] - loops[0] == 10


def test_an_equal_count_is_not_reported(recorded: dict[str, Any], tmp_path: Path) -> None:
    done = counts(changed(tmp_path, recorded, {}))
    message = f"No case grew by more than 5% (Python {VERSION}).\n"
    assert (done.returncode, done.stdout) == (0, message)


def test_growth_of_less_than_5_percent_is_reported(
    recorded: dict[str, Any], tmp_path: Path
) -> None:
    now = recorded[VERSION]["cases"]["html"]
    done = counts(changed(tmp_path, recorded, {"html": now - 10}))
    assert done.returncode == 0
    assert f"  html: {now - 10:,} steps before, {now:,} now (+0." in done.stdout


def test_growth_of_more_than_5_percent_is_an_error(
    recorded: dict[str, Any], tmp_path: Path
) -> None:
    done = counts(changed(tmp_path, recorded, {"text": 100, "json": 10_000}))
    now = recorded[VERSION]["cases"]
    assert done.returncode == 1
    assert done.stdout == (
        f"  text: 100 steps before, {now['text']:,} now (+{now['text'] - 100:.1f}%) too many\n"
        f"  json: 10,000 steps before, {now['json']:,} now ({now['json'] / 100 - 100:.1f}%)\n"
        f"These cases grew by more than 5% (Python {VERSION}): text.\n"
        f"If the change is worth it, record the new counts: {COMMAND}\n"
    )


def test_other_versions_of_libraries_are_reported(recorded: dict[str, Any], tmp_path: Path) -> None:
    done = counts(changed(tmp_path, recorded, {}, werkzeug="3.1.0"))
    here = metadata.version("werkzeug")
    assert done.returncode == 0
    assert f"The record is of werkzeug 3.1.0; installed is {here}.\n" in done.stdout


UNRECORDED = {
    "no file": (None, f"Python {VERSION}"),
    "another version of Python": ({"2.7": {"libraries": {}, "cases": {}}}, f"Python {VERSION}"),
    "one case": ({VERSION: {"libraries": {}, "cases": {"text": 1}}}, ", ".join(CASES[1:])),
}


@pytest.mark.parametrize(("record", "missing"), UNRECORDED.values(), ids=UNRECORDED.keys())
def test_a_missing_record_is_an_error(
    record: dict[str, Any] | None, missing: str, tmp_path: Path
) -> None:
    path = tmp_path / "counts.json"
    if record is not None:
        path.write_text(json.dumps(record), encoding="utf-8")
    done = counts(path)
    message = f"No counts are recorded for {missing}. Record them: {COMMAND}\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_recording_keeps_the_counts_of_other_versions(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    path.write_text('{"3.99": {"libraries": {}, "cases": {}}}', encoding="utf-8")
    assert counts(path, "--record").returncode == 0
    assert list(json.loads(path.read_text(encoding="utf-8"))) == [VERSION, "3.99"]


def test_a_wrong_response_is_not_counted(tmp_path: Path) -> None:
    source = """
import clastic
clastic.GET = lambda *arguments: ("/", lambda: clastic.Response("Hi!"))
"""
    (tmp_path / "sitecustomize.py").write_text(source, encoding="utf-8")
    done = counts(tmp_path / "counts.json", "--record", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert (
        "\ntext (GET /): expected a body like 'Hello, World!', got b'Hi!'\n" in f"\n{done.stderr}"
    )
    assert not (tmp_path / "counts.json").exists()


UNTOUCHED = """
from wsgiref.util import setup_testing_defaults

from clastic import Application, Response, managed
from counts import steps_of


def show(database):
    return Response(database)


def open_database():
    yield "the database"


for database in ("a plain value", managed(open_database)):
    resources = {"database": database}
    app = Application([("/", lambda: Response("hello")), ("/managed", show)], resources)
    environ = {}
    setup_testing_defaults(environ)
    print(steps_of(app, environ))
"""


def test_a_managed_resource_costs_routes_that_do_not_take_it_nothing() -> None:
    command = [sys.executable, "-c", UNTOUCHED]
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS)}
    printed = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env=environment
    ).stdout
    plain, managed = printed.split()
    assert plain == managed
